"""Finding learners by any of their names."""

from collections.abc import Sequence
from typing import cast

from db.courses import StoredCourse
from db.enrollments import Enrollment
from db.learners import Learner
from grading import CourseKey, LearnerId, LearnerNotFound
from resolvers import access
from resolvers.context import Context
from resolvers.learner_ref import LearnerRef, learner_id_of
from resolvers.loaders import Enrolled
from resolvers.storable import is_storable

__all__ = [
    "Enrolled",
    "Enrollment",
    "Learner",
    "LearnerRef",
    "find_actor",
    "find_learner",
    "learner_id_of",
    "may_see_email",
    "own_learner",
    "own_learner_id",
    "read_enrollment",
    "read_enrollments",
    "read_learner",
    "read_learners",
    "require_learner",
]

_SPELLED = {  # as clients write them
    "user_id": "userId",
    "username": "username",
    "external_user_key": "externalUserKey",
}


async def read_learners(context: Context, learner_ids: Sequence[LearnerId]) -> list[Learner]:
    """Return learners who are known to exist.

    :raises LearnerNotFound: if one of them does not after all.
    """
    found = await context.loaders.learner.load_many(learner_ids)
    for learner_id, learner in zip(learner_ids, found, strict=True):
        if learner is None:
            raise LearnerNotFound(f"There is no learner whose userId is {learner_id}.")
    return cast("list[Learner]", found)


async def read_learner(context: Context, learner_id: LearnerId) -> Learner:
    """Return a learner who is known to exist.

    :raises LearnerNotFound: if there is none after all.
    """
    (learner,) = await read_learners(context, [learner_id])
    return learner


async def read_enrollments(
    context: Context, asked: Sequence[Enrolled]
) -> Sequence[Enrollment | None]:
    """Return enrollments, active or not; None for each that never was."""
    return await context.loaders.enrollment.load_many(asked)


async def read_enrollment(
    context: Context, course: StoredCourse, learner_id: LearnerId
) -> Enrollment | None:
    """Return a learner's enrollment in a course, active or not; None if there never was one."""
    return await context.loaders.enrollment.load(Enrolled(course, learner_id))


async def find_learner(
    context: Context, ref: LearnerRef, course: StoredCourse | None = None
) -> Learner | None:
    """Return the learner that is meant, None if there is none that the viewer may know of.

    Staff of a course know those who were ever enrolled in it. Without ``course`` all courses of
    theirs are asked.
    """
    learner = await _named(context, ref) if context.viewer.signed_in else None
    if learner is None or not await _is_known(context, learner.id, course):
        return None
    return learner


async def own_learner(context: Context) -> Learner | None:
    """Return who the viewer is among the learners, None if nobody."""
    viewer = context.viewer
    if viewer.learner_id is not None:
        return await context.loaders.learner.load(viewer.learner_id)
    if viewer.service is None and viewer.global_staff and viewer.name != access.UNNAMED:
        # Everybody else was looked up before the operation began.
        return await context.loaders.learner_by_username.load(viewer.name)
    return None


async def own_learner_id(context: Context, course: StoredCourse) -> LearnerId | None:
    """Return the number of the viewer among the learners, None if they are nobody."""
    viewer = context.viewer
    if viewer.learner_id is not None and access.is_own_grade(viewer, course.key, viewer.learner_id):
        return viewer.learner_id  # who learns here was looked up before the operation began
    own = await own_learner(context)
    return None if own is None else own.id


async def find_actor(
    context: Context, username: str | None, course_key: CourseKey
) -> Learner | None:
    """Return who changed something in a course, None if that is nobody whom the viewer may know."""
    if username is None:
        return None
    ref = LearnerRef("username", username)
    if access.may_know_actors(context.viewer, course_key):
        return await _named(context, ref)
    return await find_learner(context, ref)


async def _is_known(context: Context, learner_id: LearnerId, course: StoredCourse | None) -> bool:
    viewer = context.viewer
    if access.may_know_all_people(viewer) or viewer.learner_id == learner_id:
        return True
    keys = await read_course_keys(context, learner_id)
    if course is not None:
        return course.key in keys and access.may_know_learner(viewer, course.key, learner_id)
    return any(access.may_know_learner(viewer, key, learner_id) for key in keys)


async def read_course_keys(context: Context, learner_id: LearnerId) -> frozenset[CourseKey]:
    """Return the courses that a learner was ever enrolled in."""
    return await context.loaders.course_keys.load(learner_id) or frozenset()


async def may_see_email(context: Context, learner_id: LearnerId) -> bool:
    """Tell whether the viewer is staff to this learner."""
    viewer = context.viewer
    keys: frozenset[CourseKey] = frozenset()
    if viewer.staff_of and not viewer.global_staff:
        keys = await read_course_keys(context, learner_id)
    return access.may_see_email(viewer, keys)


async def _named(context: Context, ref: LearnerRef) -> Learner | None:
    if not is_storable(ref.name):
        return None
    match ref.kind:
        case "user_id":
            number = learner_id_of(ref.name)
            return None if number is None else await context.loaders.learner.load(number)
        case "username":
            return await context.loaders.learner_by_username.load(ref.name)
        case "external_user_key":
            return await context.loaders.learner_by_external_user_key.load(ref.name)


async def require_learner(
    context: Context, ref: LearnerRef, course: StoredCourse | None = None
) -> Learner:
    """Return the learner that is meant.

    :raises LearnerNotFound: if there is none that the viewer may know of.
    """
    learner = await find_learner(context, ref, course)
    if learner is None:
        raise LearnerNotFound(f"There is no learner whose {_SPELLED[ref.kind]} is {ref.name!r}.")
    return learner
