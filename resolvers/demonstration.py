"""The demonstration course, loaded as anybody's course is."""

from dataclasses import replace

from db.learners import learners_by_id, learners_by_name
from demo import COURSE, LEARNERS, ROLES, SCORES
from demo.corrections import CORRECTIONS, Correction
from demo.outline import COURSE_KEY
from formats.csv_rows import open_csv
from formats.learners_csv import LearnerRow, read_learners
from formats.olx import read_course
from formats.scores_csv import read_scores
from grading import CourseKey, DuplicateItem, OverrideSystem, UsageKey
from resolvers import access, overrides
from resolvers.access import Viewer
from resolvers.context import Context
from resolvers.course_import import publish_course
from resolvers.courses import find_course, require_course
from resolvers.learner_import import import_learners
from resolvers.learners import LearnerRef, require_learner
from resolvers.overrides import Overridable, OverrideRequest, OverrideValues
from resolvers.score_import import import_scores


async def demonstration_is_loaded(context: Context) -> bool:
    """Tell whether the demonstration course is in the store."""
    return await find_course(context, CourseKey(COURSE_KEY)) is not None


async def load_demonstration(context: Context) -> None:
    """Store the demonstration course, its people, scores and corrections; again is no news.

    :raises Forbidden: if the viewer may not change everything.
    :raises DuplicateItem: if somebody else has an id or a name of its learners; nothing is stored.
    """
    access.require_global_staff(context.viewer)
    await _require_no_strangers()
    await publish_course(context, read_course(COURSE).content)
    learners = await import_learners(context, read_learners(open_csv(LEARNERS)))
    if not learners.stored:
        raise DuplicateItem(f"The demonstration is not loaded: {learners.refused[0].reason}")
    await import_learners(context, read_learners(open_csv(ROLES)))
    await import_scores(context, lambda: read_scores(open_csv(SCORES)))
    corrections: dict[tuple[str, str], list[Correction]] = {}
    for one in CORRECTIONS:
        corrections.setdefault((one.learner, one.usage_key), []).append(one)
    for some in corrections.values():
        await _correct(context, some)


async def _correct(context: Context, corrections: list[Correction]) -> None:
    """Make what is missing of the corrections of one result: its history says what was made."""
    course = await require_course(context, CourseKey(COURSE_KEY))
    ref = LearnerRef("username", corrections[0].learner)
    usage_key = UsageKey(corrections[0].usage_key)
    learner = await require_learner(context, ref)
    made = await overrides.count_history(context, Overridable(course, learner.id, usage_key))
    for one in corrections[made:]:
        staff = replace(context, viewer=Viewer(one.by, staff_of=frozenset({course.key})))
        request = OverrideRequest(
            ref,
            usage_key,
            None if one.earned is None else OverrideValues(one.earned),
            OverrideSystem[one.system],
            one.reason,
        )
        await overrides.change_override(staff, course, request, key=None)


async def _require_no_strangers() -> None:
    rows = [
        row
        for file in (LEARNERS, ROLES)
        for row in read_learners(open_csv(file))
        if isinstance(row, LearnerRow)
    ]
    ours = {row.user_id: row.username for row in rows}
    by_id = await learners_by_id(ours)
    by_name = await learners_by_name("username", ours.values())
    for learner in (*by_id.values(), *by_name.values()):
        if ours.get(learner.id) != learner.username:
            raise DuplicateItem(
                f"The demonstration is not loaded: learner {learner.id}, {learner.username!r}, "
                "has the id or the name of one of its learners."
            )
