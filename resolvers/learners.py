"""Finding learners by any of their names."""

from dataclasses import dataclass
from typing import Literal

from db.courses import StoredCourse
from db.enrollments import Enrollment
from db.learners import Learner
from grading import LearnerId, LearnerNotFound
from grading.keys import MAX_LEARNER_ID
from resolvers import access
from resolvers.context import Context
from resolvers.loaders import Enrolled
from resolvers.storable import is_storable

__all__ = [
    "Enrollment",
    "Learner",
    "LearnerRef",
    "find_learner",
    "learner_id_of",
    "read_enrollment",
    "read_learner",
    "require_learner",
]

MAX_LEARNER_ID_DIGITS = len(str(MAX_LEARNER_ID))


@dataclass(frozen=True, slots=True)
class LearnerRef:
    """One way to name a learner, with the name."""

    kind: Literal["user_id", "username", "external_user_key"]
    name: str


async def read_learner(context: Context, learner_id: LearnerId) -> Learner:
    """Return a learner who is known to exist.

    :raises LearnerNotFound: if there is none after all.
    """
    learner = await context.loaders.learner.load(learner_id)
    if learner is None:
        raise LearnerNotFound(f"There is no learner whose user_id is {learner_id}.")
    return learner


async def read_enrollment(
    context: Context, course: StoredCourse, learner_id: LearnerId
) -> Enrollment | None:
    """Return a learner's enrollment in a course, active or not; None if there never was one."""
    return await context.loaders.enrollment.load(Enrolled(course, learner_id))


async def find_learner(context: Context, ref: LearnerRef) -> Learner | None:
    """Return the learner that is meant, None if there is none that the viewer may know of."""
    if not access.may_read_grades(context.viewer) or not is_storable(ref.name):
        return None
    match ref.kind:
        case "user_id":
            number = learner_id_of(ref.name)
            return None if number is None else await context.loaders.learner.load(number)
        case "username":
            return await context.loaders.learner_by_username.load(ref.name)
        case "external_user_key":
            return await context.loaders.learner_by_external_user_key.load(ref.name)


async def require_learner(context: Context, ref: LearnerRef) -> Learner:
    """Return the learner that is meant.

    :raises LearnerNotFound: if there is none.
    """
    learner = await find_learner(context, ref)
    if learner is None:
        raise LearnerNotFound(f"There is no learner whose {ref.kind} is {ref.name!r}.")
    return learner


def learner_id_of(text: str) -> LearnerId | None:
    """Return the user id that a text spells, None if it cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_LEARNER_ID_DIGITS):
        return None
    number = int(text)
    return LearnerId(number) if 0 < number <= MAX_LEARNER_ID else None
