"""Course roles: given to people, and taken away, by operators."""

from db.course_roles import CourseRole, delete_course_role, save_course_roles
from grading import CourseKey
from grading.keys import parse_course_role
from resolvers import access
from resolvers.context import Context
from resolvers.courses import require_course
from resolvers.learners import LearnerRef, require_learner


async def grant_role(context: Context, username: str, course_key: CourseKey, role: str) -> None:
    """Give somebody a role in a course; one that is had already stays.

    :raises Forbidden: if the viewer may not change everything.
    :raises CourseNotFound: if there is no such course.
    :raises LearnerNotFound: if nobody has this user name.
    :raises MalformedKey: if this cannot be the name of a role.
    """
    await save_course_roles(
        [await _course_role(context, username, course_key, role)], now=context.now()
    )


async def revoke_role(context: Context, username: str, course_key: CourseKey, role: str) -> bool:
    """Take a role in a course away from somebody; tell whether they had it.

    :raises Forbidden: if the viewer may not change everything.
    :raises CourseNotFound: if there is no such course.
    :raises LearnerNotFound: if nobody has this user name.
    :raises MalformedKey: if this cannot be the name of a role.
    """
    return await delete_course_role(await _course_role(context, username, course_key, role))


async def _course_role(
    context: Context, username: str, course_key: CourseKey, role: str
) -> CourseRole:
    access.require_global_staff(context.viewer)
    course = await require_course(context, course_key)
    learner = await require_learner(context, LearnerRef("username", username))
    return CourseRole(course.id, learner.id, parse_course_role(role))
