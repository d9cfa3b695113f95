"""The application: Strawberry's own view over HTTP and sockets, and a queue for each subscriber."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from bench.peers.naive.grade import CourseKey, GradeFraction, User


@strawberry.type
class GradeSnapshot:
    percent: GradeFraction
    letter_grade: str | None
    passed: bool

    @classmethod
    def of(cls, content: dict[str, Any]) -> "GradeSnapshot":
        return cls(
            percent=content["percent"],
            letter_grade=content["letterGrade"],
            passed=content["passed"],
        )


@strawberry.type
class CourseGradeChanged:
    id: strawberry.ID
    cursor: str
    occurred_at: datetime
    learner: User
    before: GradeSnapshot | None
    after: GradeSnapshot

    @classmethod
    def of(cls, content: dict[str, Any]) -> "CourseGradeChanged":
        before = content["before"]
        return cls(
            id=content["id"],
            cursor=content["cursor"],
            occurred_at=datetime.fromisoformat(content["occurredAt"]),
            learner=User(username=content["learner"]["username"]),
            before=None if before is None else GradeSnapshot.of(before),
            after=GradeSnapshot.of(content["after"]),
        )


_queues: set[asyncio.Queue[CourseGradeChanged]] = set()


@strawberry.type
class Query:
    @strawberry.field
    def subscribers(self) -> int:
        return len(_queues)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def announce(self, event: JSON) -> bool:
        change = CourseGradeChanged.of(event)  # type: ignore[arg-type]
        for queue in _queues:
            queue.put_nowait(change)
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def course_grade_changed(
        self,
        course_key: CourseKey,  # noqa: ARG002 - there is one course
    ) -> AsyncGenerator[CourseGradeChanged, None]:
        queue: asyncio.Queue[CourseGradeChanged] = asyncio.Queue()
        _queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            _queues.discard(queue)


schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    config=StrawberryConfig(
        scalar_map={
            CourseKey: strawberry.scalar(name="CourseKey"),
            GradeFraction: strawberry.scalar(name="GradeFraction"),
        }
    ),
)


def create_app() -> Starlette:
    """Build the application."""
    view = GraphQL[None, None](schema, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
    return Starlette(routes=[Route("/graphql", view), WebSocketRoute("/graphql", view)])
