"""Writing a migration for what changed in the models."""

from pathlib import Path

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.operations import AlterModelOptions
from tortoise.migrations.writer import MigrationWriter, format_migration_name

from db.connection import MIGRATIONS, MODELS, database_config


async def unwritten_changes(*, models: str = MODELS, migrations: str = MIGRATIONS) -> list[str]:
    """Describe what the models have and the migrations lack; no database is asked."""
    writers = await _writers(models, migrations)
    return [operation.describe() for writer in writers for operation in writer.operations]


async def make_migration(
    name: str, *, models: str = MODELS, migrations: str = MIGRATIONS
) -> list[Path]:
    """Write the next migration, `NNNN_name.py`, and return where; nothing if nothing changed.

    Constraints, partial indexes and triggers are added to it by hand with
    `db.migration_operations`, and each operation it holds is reviewed.
    """
    writers = await _writers(models, migrations)
    for writer in writers:
        writer.name = format_migration_name(int(writer.name[:4]), name)
    return [Path(writer.write()) for writer in writers]


async def _writers(models: str, migrations: str) -> list[MigrationWriter]:
    config = database_config("sqlite://:memory:", models=models, migrations=migrations)
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        if context.apps is None:
            raise RuntimeError("Tortoise found no models")
        writers = await MigrationAutodetector(context.apps, config["apps"]).changes()
    for writer in writers:
        # Options never reach the database, and Tortoise finds some changed that are not.
        writer.operations = [
            operation
            for operation in writer.operations
            if not isinstance(operation, AlterModelOptions)
        ]
    return [writer for writer in writers if writer.operations]
