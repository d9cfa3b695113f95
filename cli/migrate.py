"""``migrate``: the database brought to the newest schema."""

import asyncio

import typer


def migrate() -> None:
    """Bring the database of COURSEGRADE_DATABASE_URL to the newest schema."""
    from cli.session import read_settings
    from db.migrate import migrate as apply_missing

    applied = asyncio.run(apply_missing(read_settings().database_url.get_secret_value()))
    for name in applied or ["up to date"]:
        typer.echo(name)
