"""The GraphQL contract: types, root fields, and how refusals become errors."""

from graphql import GraphQLInputObjectType
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter

from compiled import CompiledExecutor
from schema.extensions import FreshLoaders, KnownDocument
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.served_schema import ServedSchema
from schema.subscription import Subscription
from schema.time_limit import TimeLimit
from schema.user_error import (
    GradesFrozenError,
    InputError,
    ScoreOutOfRangeError,
    VersionConflictError,
)


def _build() -> ServedSchema:
    built = ServedSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[InputError, GradesFrozenError, ScoreOutOfRangeError, VersionConflictError],
        extensions=[TimeLimit, FreshLoaders, KnownDocument],
        execution_context_class=CompiledExecutor,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    # Strawberry keeps @oneOf to itself; graphql-core's rules and introspection have to know.
    for kind in built._schema.type_map.values():  # noqa: SLF001
        if isinstance(kind, GraphQLInputObjectType):
            kind.is_one_of = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of
    return built


schema = _build()
