"""``grant-role``: somebody made staff of a course."""

import asyncio
from typing import Annotated

import typer

from grading import CourseKey, parse_course_key


def grant_role(
    username: Annotated[
        str, typer.Argument(help="Whose role; import-learners makes people known.")
    ],
    course_key: Annotated[str, typer.Argument(help="For example course-v1:ORG+COURSE+RUN.")],
    role: Annotated[
        str, typer.Argument(help="staff, instructor, or another of Open edX's course roles.")
    ],
) -> None:
    """Give somebody a role in a course: staff and instructors may see and change its grades."""
    asyncio.run(_grant(username, parse_course_key(course_key), role))
    typer.echo(f"{username} has the role {role} in {course_key}")


async def _grant(username: str, course_key: CourseKey, role: str) -> None:
    from cli.session import read_settings, session
    from resolvers.role_assignment import grant_role as grant

    async with session(read_settings()) as context:
        await grant(context, username, course_key, role)
