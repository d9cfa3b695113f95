"""The GraphQL contract: types, root fields, and how refusals become errors."""

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.errors import log, told_to_clients
from schema.extensions import FreshLoaders, StandardValidation
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.user_error import GradesFrozenError, InputError, ScoreOutOfRangeError


class Schema(strawberry.Schema):
    """Strawberry's schema, in which every error has a code and no bug tells its text.

    Refusals are logged in a line, and only bugs with a traceback.
    """

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        request_id = _request_id(None if execution_context is None else execution_context.context)
        for error in errors:
            log(error, request_id)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: object | None = None,
        root_value: object | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        # Here and not in an extension: what fails outside of all extensions is a bug, too.
        result = await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
        )
        if result.errors:
            request_id = _request_id(context_value)
            result.errors = [told_to_clients(error, request_id) for error in result.errors]
        return result


def _request_id(context: object) -> str:
    return context.request_id if isinstance(context, Context) else "unknown"


def _build() -> Schema:
    built = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[InputError, GradesFrozenError, ScoreOutOfRangeError],
        extensions=[FreshLoaders, StandardValidation],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    # Strawberry keeps @oneOf to itself; graphql-core's rules and introspection have to know.
    for kind in built._schema.type_map.values():  # noqa: SLF001
        if isinstance(kind, GraphQLInputObjectType):
            kind.is_one_of = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of
    return built


schema = _build()
