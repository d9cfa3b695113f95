"""The interface of everything that can be fetched again by its id."""

from typing import Final

import strawberry

ID_DESCRIPTION: Final = "Opaque global id; use it as the cache key. Never parse it."


@strawberry.interface(description="Anything that can be fetched again by its global id.")
class Node:
    id: strawberry.ID = strawberry.field(description=ID_DESCRIPTION)
