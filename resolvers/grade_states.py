"""What tells whether all that staff see of a learner's grade is as it was: without reading it."""

from collections.abc import Sequence
from typing import NamedTuple

from db.courses import StoredCourse
from grading import LearnerId
from resolvers import access
from resolvers.context import Context
from resolvers.loaders import Enrolled


class GradeState(NamedTuple):
    """A state of a learner's grade, its parts and the course that they are shown by.

    The ``subject`` is a learner in a course. The ``state`` is the course's version, and a revision
    by the transaction that last wrote any of the learner's grades. Not ``keepable`` is what was
    read before the revision was: perhaps before that transaction.
    """

    subject: tuple[int, LearnerId]
    state: tuple[StoredCourse, int]
    keepable: bool


def grade_states(
    context: Context, asked: Sequence[Enrolled], *, parts_only: bool
) -> list[GradeState | None]:
    """Return the states of grades, or of their ``parts_only``, that are shown as they are stored.

    None where something is hidden from the viewer, now or later, and where the revision was not
    read: nothing is read for it.
    """
    loaders = context.loaders
    parts, grades = loaders.subsection_grades, loaders.course_grade
    sees_all = {
        course: access.sees_hidden_results(context.viewer, course.key)
        for course in {one.course for one in asked}
    }
    states: list[GradeState | None] = []
    for one in asked:
        course, learner_id = one
        enrollment, tick = loaders.enrollment.at_hand(one)
        if enrollment is None or not sees_all[course]:
            states.append(None)
            continue
        older = parts.was_asked_before(tick, one) or (
            not parts_only and grades.was_asked_before(tick, one)
        )
        state = (course, enrollment.revision)
        states.append(GradeState((course.id, learner_id), state, not older))
    return states
