"""The application: Strawberry's own view, and Tortoise's own connections."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from bench.floor_app import DATABASE_URL
from bench.peers.naive import grade, models
from bench.peers.naive.mutation import Mutation
from bench.peers.naive.query import Query

schema = strawberry.Schema(
    Query,
    Mutation,
    config=StrawberryConfig(
        scalar_map={
            grade.CourseKey: strawberry.scalar(name="CourseKey"),
            grade.UsageKey: strawberry.scalar(name="UsageKey"),
            grade.GradeFraction: strawberry.scalar(name="GradeFraction"),
        }
    ),
)


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    async with models.connected(os.environ[DATABASE_URL]):
        yield


def create_app() -> Starlette:
    """Build the application."""
    return Starlette(routes=[Route("/graphql", GraphQL(schema))], lifespan=_lifespan)
