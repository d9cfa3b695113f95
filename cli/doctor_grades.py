"""What is wrong with stored grades: each that differs from its recomputation, and why."""

from typing import TYPE_CHECKING, Final

from cli.finding import Finding, fine, note, wrong

if TYPE_CHECKING:
    from db.courses import StoredCourse
    from grading import Discrepancy
    from server.settings import Settings

_AT_ONCE: Final = 100  # learners mended in one transaction


async def findings(settings: "Settings", *, mend: bool) -> list[Finding]:
    """Recompute every grade of every course; with ``mend`` regrade whoever differs."""
    from cli.session import session
    from resolvers.course_grades import update_many
    from resolvers.progress import batches
    from resolvers.reconciliation import every_course, find_discrepancies

    found = []
    async with session(settings) as context:
        async for course in every_course(context):
            differing = [one async for one in find_discrepancies(context, course)]
            found += [_finding(course, one, mend=mend) for one in differing]
            if not differing:
                found.append(fine(f"Grades: all of {course.key} are what their scores make."))
            if mend:
                for batch in batches([one.learner_id for one in differing], _AT_ONCE):
                    await update_many(context, course, batch, force=True)
    return found


def _finding(course: "StoredCourse", one: "Discrepancy", *, mend: bool) -> Finding:
    reasons = ", ".join(reason.value for reason in one.reasons)
    stored = "none" if one.stored is None else f"{one.stored.percent:.0%}"
    should = "none" if one.recomputed is None else f"{one.recomputed.percent:.0%}"
    sentence = (
        f"Grades: learner {one.learner_id} in {course.key} has {stored} and should have {should} "
        f"({reasons})."
    )
    if mend:
        return note(sentence, "It was regraded.")
    return wrong(sentence, "Run `main.py doctor --recompute --mend`.")
