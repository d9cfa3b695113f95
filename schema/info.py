"""What Strawberry hands to every field, typed."""

import strawberry

from resolvers.context import Context

Info = strawberry.Info[Context, None]
