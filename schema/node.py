"""The interface of everything that can be fetched again by its id."""

import strawberry


@strawberry.interface(description="Anything that can be fetched again by its global id.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque global id; use it as the cache key. Never parse it."
    )
