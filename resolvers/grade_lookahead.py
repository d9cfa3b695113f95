"""Looking ahead: what a question for a grade will read, in one statement instead of three."""

import asyncio
from collections.abc import Iterable, Sequence

from grading import CourseKey, GradingError
from resolvers import access
from resolvers.context import Context
from resolvers.learner_ref import LearnerRef, learner_id_of
from resolvers.loaders import Enrolled, GradeAsked
from resolvers.storable import is_storable


async def look_ahead(
    context: Context,
    course_keys: Sequence[CourseKey],
    refs: Iterable[LearnerRef | GradingError | None],
) -> None:
    """Give the loaders these courses and learners, None for the viewer, and the grades.

    Nothing is shown to anybody here: whoever asks the loaders then asks the rules as well, and
    reads what was not found here.
    """
    named = {_named(context, ref) for ref in refs} - {None}
    known = [key for key in course_keys if access.may_know_course(context.viewer, key)]
    asked = [GradeAsked(key, one) for key in known for one in named if one is not None]
    if len(asked) == 1:
        await _look_ahead(context, asked[0])
    else:
        await asyncio.gather(*(_look_ahead(context, one) for one in asked))


def _named(context: Context, ref: LearnerRef | GradingError | None) -> LearnerRef | None:
    if ref is None and context.viewer.learner_id is not None:
        return LearnerRef("user_id", str(context.viewer.learner_id))
    if not isinstance(ref, LearnerRef) or not is_storable(ref.name):
        return None
    return None if ref.kind == "user_id" and learner_id_of(ref.name) is None else ref


async def _look_ahead(context: Context, asked: GradeAsked) -> None:
    loaders = context.loaders
    found = await loaders.grade_asked.load(asked)
    loaders.course.prime(asked.course_key, None if found is None else found.course)
    if found is None:
        return
    learner = found.learner
    match asked.learner.kind:
        case "username":
            loaders.learner_by_username.prime(asked.learner.name, learner)
        case "external_user_key":
            loaders.learner_by_external_user_key.prime(asked.learner.name, learner)
    if learner is not None:
        loaders.learner.prime(learner.id, learner)
        loaders.enrollment.prime(Enrolled(found.course, learner.id), found.enrollment)
        loaders.course_grade.prime(Enrolled(found.course, learner.id), found.course_grade)
