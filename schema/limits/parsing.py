"""Parsing, which stops where a document is too long."""

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, parse

from schema.limits.limits import Limits
from schema.limits.refusals import refused


def parse_within(text: str, limits: Limits) -> DocumentNode:
    """Parse a document, unless it has too many characters, tokens or comments.

    :raises GraphQLError: if it has, or is no document.
    """
    if len(text) > limits.characters:
        what = "The document has too many characters"
        raise refused("TOO_LONG", what, len(text), limits.characters)
    try:
        return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
    except GraphQLSyntaxError as error:
        raise _told(error, limits) from error


def _told(error: GraphQLSyntaxError, limits: Limits) -> GraphQLError:
    # The parser stops at the first that is too much, and has a text for it, but no code.
    message = error.message.removeprefix("Syntax Error: ")
    if message == f"Document contains more than {limits.tokens} tokens. Parsing aborted.":
        what = "The document has too many tokens"
        return refused("TOO_MANY_TOKENS", what, f"more than {limits.tokens:,}", limits.tokens)
    if message == f"Document contains more than {limits.comments} comments. Parsing aborted.":
        what = "The document has too many comments"
        return refused("TOO_MANY_COMMENTS", what, f"more than {limits.comments:,}", limits.comments)
    if message == "Document is nested too deeply. Parsing aborted.":
        what = "The document is nested too deeply"
        return refused("TOO_DEEP", what, f"more than {limits.depth:,}", limits.depth)
    return error
