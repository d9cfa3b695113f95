"""Several statements as one, which is one round trip to PostgreSQL."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\$(\d+)")

# A statement with arrays as its parameters, and its rows.
WithRows = tuple[str, Sequence[Sequence[object]]]


@lru_cache(maxsize=64)
def all_queries(queries: tuple[str, ...]) -> str:
    """Make one row of several queries with the same parameters: the rows of each in an array."""
    # A statement sees the database as of one moment, and so do they all.
    return "select " + ", ".join(f"array(select q from ({query}) q)" for query in queries)


@lru_cache(maxsize=64)
def all_writes(widths: tuple[int, ...], statements: tuple[str, ...]) -> str:
    """Make one statement of several, each with so many parameters of its own."""
    texts = []
    before = 0
    for width, statement in zip(widths, statements, strict=True):
        texts.append(_shifted(statement, before))
        before += width
    *first, last = texts
    if not first:
        return last
    named = ", ".join(f"w{number} as ({text})" for number, text in enumerate(first))
    return f"with {named} {last}"


def combined(writes: Sequence[WithRows]) -> tuple[str, list[object]]:
    """Make one statement of several, with the columns of their rows as its parameters."""
    columns = [list(zip(*rows, strict=True)) for _, rows in writes]
    sql = all_writes(tuple(map(len, columns)), tuple(statement for statement, _ in writes))
    return sql, [column for each in columns for column in each]


def _shifted(statement: str, by: int) -> str:
    return _PLACEHOLDER.sub(lambda found: f"${int(found[1]) + by}", statement)
