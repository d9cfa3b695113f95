"""Hints at names, which are not for everybody to hear."""

import re
from typing import Final

from graphql import GraphQLError

# graphql-core says it of names that are not in the schema; no name has a question mark.
_HINT: Final = re.compile(r"\s*Did you mean [^?]*\?")


def without_suggestions(error: GraphQLError) -> GraphQLError:
    """Return the error without the names that might have been meant."""
    message = _HINT.sub("", error.message)
    if message == error.message:
        return error
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=error.extensions,
    )
