"""``schema``: the GraphQL contract as text."""

from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from cli.refusal import CommandRefused

COMMITTED = Path(__file__).parent.parent / "schema" / "schema.graphql"
LINES_SHOWN = 40


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare it with schema/schema.graphql instead.")
    ] = False,
) -> None:
    """Print the GraphQL schema in its definition language."""
    from schema import schema as contract

    sdl = contract.as_str() + "\n"
    if not check:
        typer.echo(sdl, nl=False)
        return
    committed = COMMITTED.read_text(encoding="utf-8") if COMMITTED.is_file() else ""
    if committed != sdl:
        difference = unified_diff(
            committed.splitlines(), sdl.splitlines(), "schema/schema.graphql", "code", lineterm=""
        )
        for line in islice(difference, LINES_SHOWN):
            typer.echo(line, err=True)
        raise CommandRefused(
            "SCHEMA_DIFFERS", "schema/schema.graphql is not what the code says: run `make sdl`."
        )
