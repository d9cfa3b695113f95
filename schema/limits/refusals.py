"""Refusals: each says what was found, what is allowed, and has a code of its own."""

from typing import Final

from graphql import GraphQLError

# Of all documents and operations that ask for more than they may, except where it is too fast.
CODES: Final = frozenset(
    {
        "INTROSPECTION_DISABLED",
        "TOO_COSTLY",
        "TOO_DEEP",
        "TOO_LONG",
        "TOO_MANY_ALIASES",
        "TOO_MANY_COMMENTS",
        "TOO_MANY_DIRECTIVES",
        "TOO_MANY_FIELDS",
        "TOO_MANY_FRAGMENTS",
        "TOO_MANY_ITEMS",
        "TOO_MANY_OPERATIONS",
        "TOO_MANY_REPEATS",
        "TOO_MANY_ROOT_FIELDS",
        "TOO_MANY_TOKENS",
    }
)


def refused(code: str, what: str, found: int | str, allowed: int) -> GraphQLError:
    """Make the refusal of a document that has more of something than is allowed."""
    number = f"{found:,}" if isinstance(found, int) else found
    return GraphQLError(f"{what}: {number}, allowed are {allowed:,}.", extensions={"code": code})
