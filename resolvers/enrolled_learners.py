"""Finding the learners that a request names, all at once."""

import asyncio
from collections.abc import Sequence

from db.courses import StoredCourse
from db.learners import Learner
from grading import GradingError, LearnerNotEnrolled
from resolvers.context import Context
from resolvers.learners import LearnerRef, require_learner
from resolvers.loaders import Enrolled


async def enrolled_learners(
    context: Context, course: StoredCourse, refs: Sequence[LearnerRef | GradingError]
) -> list[Learner | GradingError]:
    """Return the learner that each name means, or why there is none in this course.

    A refusal among the names stays one.
    """
    if len(refs) == 1:  # a task for it would take longer than to find it
        learners = [await _learner_or_error(context, course, refs[0])]
    else:
        # One at a time would read one at a time: the loaders batch what is asked for together.
        found = await asyncio.gather(
            *(_learner_or_error(context, course, ref) for ref in refs), return_exceptions=True
        )
        learners = [_raised(one) for one in found]
    ids = [one.id for one in learners if isinstance(one, Learner)]
    enrollments = await context.loaders.enrollment.load_many(
        [Enrolled(course, learner_id) for learner_id in ids]
    )
    enrolled = {one.learner_id for one in enrollments if one is not None}
    return [
        LearnerNotEnrolled(
            f"Learner {one.username!r} is not enrolled in {course.key}.", field=["learner"]
        )
        if isinstance(one, Learner) and one.id not in enrolled
        else one
        for one in learners
    ]


async def _learner_or_error(
    context: Context, course: StoredCourse, ref: LearnerRef | GradingError
) -> Learner | GradingError:
    found: Learner | GradingError
    if isinstance(ref, GradingError):
        found = ref
    else:
        try:
            found = await require_learner(context, ref, course)
        except GradingError as error:
            found = error
    if isinstance(found, GradingError):
        found.field = ("learner",)
    return found


def _raised(found: Learner | GradingError | BaseException) -> Learner | GradingError:
    if isinstance(found, BaseException) and not isinstance(found, GradingError):
        raise found
    return found
