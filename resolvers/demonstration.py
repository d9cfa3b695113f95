"""The demonstration course, loaded as anybody's course is."""

from db.learners import learners_by_id, learners_by_name
from demo import COURSE, LEARNERS, SCORES
from demo.outline import COURSE_KEY
from formats.csv_rows import open_csv
from formats.learners_csv import LearnerRow, read_learners
from formats.olx import read_course
from formats.scores_csv import read_scores
from grading import CourseKey, DuplicateItem
from resolvers import access
from resolvers.context import Context
from resolvers.course_import import publish_course
from resolvers.courses import find_course
from resolvers.learner_import import import_learners
from resolvers.score_import import import_scores


async def demonstration_is_loaded(context: Context) -> bool:
    """Tell whether the demonstration course is in the store."""
    return await find_course(context, CourseKey(COURSE_KEY)) is not None


async def load_demonstration(context: Context) -> None:
    """Store the demonstration course, its learners and their scores; again is no news.

    :raises Forbidden: if the viewer may not change everything.
    :raises DuplicateItem: if somebody else has an id or a name of its learners; nothing is stored.
    """
    access.require_global_staff(context.viewer)
    await _require_no_strangers()
    await publish_course(context, read_course(COURSE).content)
    learners = await import_learners(context, read_learners(open_csv(LEARNERS)))
    if not learners.stored:
        raise DuplicateItem(f"The demonstration is not loaded: {learners.refused[0].reason}")
    await import_scores(context, lambda: read_scores(open_csv(SCORES)))


async def _require_no_strangers() -> None:
    rows = [row for row in read_learners(open_csv(LEARNERS)) if isinstance(row, LearnerRow)]
    ours = {row.user_id: row.username for row in rows}
    by_id = await learners_by_id(ours)
    by_name = await learners_by_name("username", ours.values())
    for learner in (*by_id.values(), *by_name.values()):
        if ours.get(learner.id) != learner.username:
            raise DuplicateItem(
                f"The demonstration is not loaded: learner {learner.id}, {learner.username!r}, "
                "has the id or the name of one of its learners."
            )
