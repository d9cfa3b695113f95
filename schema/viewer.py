"""The viewer: who is asking, and the courses in which they may see a grade."""

import base64
import binascii
from typing import Annotated, Self

import strawberry

from grading import CourseKey, MalformedCursor, MalformedKey, parse_course_key
from resolvers import course_list, learners
from resolvers.course_list import CoursePage
from schema.course import Course
from schema.info import Info
from schema.learner import User
from schema.page_info import PageInfo


@strawberry.type(description="A course, with its place.")
class CourseEdge:
    cursor: str = strawberry.field(description="The course's place, for `after`.")
    node: Course = strawberry.field(description="The course.")


@strawberry.type(description="A page of courses, in the order of their keys.")
class CourseConnection:
    edges: list[CourseEdge] = strawberry.field(description="The courses with their places.")
    nodes: list[Course] = strawberry.field(description="The courses.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @classmethod
    def of(cls, page: CoursePage, *, after: str | None) -> Self:
        nodes = [Course.of(one) for one in page.courses]
        edges = [CourseEdge(cursor=course_cursor(one.course_key), node=one) for one in nodes]
        return cls(
            edges=edges,
            nodes=nodes,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )

    @strawberry.field(description="How many courses there are on all pages together.")
    async def total_count(self, info: Info) -> int:
        return await course_list.count_courses(info.context)


@strawberry.type(description="Who is asking.")
class Viewer:
    @strawberry.field(
        description="The person; null for a service, and for somebody whom the service does not "
        "know as a user."
    )
    async def user(self, info: Info) -> User | None:
        own = await learners.own_learner(info.context)
        return None if own is None else User.of(own)

    @strawberry.field(
        description="Courses in which the viewer may see any grade, in the order of their keys."
    )
    async def courses(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, at most 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor: what follows it.")
        ] = None,
    ) -> CourseConnection:
        place = None if after is None else parse_course_cursor(after)
        page = await course_list.read_course_page(info.context, first=first, after=place)
        return CourseConnection.of(page, after=after)


def course_cursor(key: CourseKey) -> str:
    """Make the cursor of a course's place in the list."""
    return base64.urlsafe_b64encode(f"c:{key}".encode()).decode().rstrip("=")


def parse_course_cursor(cursor: str) -> CourseKey:
    """Read a cursor back.

    :raises MalformedCursor: if this service did not make it.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        key = parse_course_key(text.removeprefix("c:"))
    except (binascii.Error, ValueError, MalformedKey) as error:
        raise MalformedCursor(f"{cursor[:80]!r} is no cursor of this list.") from error
    if course_cursor(key) != cursor:
        raise MalformedCursor(f"{cursor[:80]!r} is no cursor of this list.")
    return key
