"""The GraphQL contract: types, root fields, and how refusals become errors."""

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from resolvers.context import Context
from schema.errors import log
from schema.extensions import ErrorsWithCodes, FreshLoaders
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.user_error import GradesFrozenError, InputError, ScoreOutOfRangeError


class Schema(strawberry.Schema):
    """Strawberry's schema, which logs refusals in a line and only bugs with a traceback."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        context: Any = None if execution_context is None else execution_context.context
        request_id = context.request_id if isinstance(context, Context) else "unknown"
        for error in errors:
            log(error, request_id)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[InputError, GradesFrozenError, ScoreOutOfRangeError],
    extensions=[FreshLoaders, ErrorsWithCodes],
    config=StrawberryConfig(scalar_map=SCALARS),
)
