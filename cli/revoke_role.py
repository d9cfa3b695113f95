"""``revoke-role``: a role in a course taken away."""

import asyncio
from typing import Annotated

import typer

from cli.refusal import CommandRefused
from grading import CourseKey, parse_course_key


def revoke_role(
    username: Annotated[str, typer.Argument(help="Whose role.")],
    course_key: Annotated[str, typer.Argument(help="For example course-v1:ORG+COURSE+RUN.")],
    role: Annotated[str, typer.Argument(help="The role, such as staff.")],
) -> None:
    """Take a role in a course away; whoever watches its grades by it is cut off within a second."""
    if not asyncio.run(_revoke(username, parse_course_key(course_key), role)):
        raise CommandRefused(
            "NO_SUCH_ROLE", f"{username} does not have the role {role} in {course_key}."
        )
    typer.echo(f"{username} no longer has the role {role} in {course_key}")


async def _revoke(username: str, course_key: CourseKey, role: str) -> bool:
    from cli.session import read_settings, session
    from resolvers.role_assignment import revoke_role as revoke

    async with session(read_settings()) as context:
        return await revoke(context, username, course_key, role)
