"""Tortoise's migration executor, with schema editors that have two of its faults mended."""

from collections.abc import Sequence

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_editor import (
    AsyncpgSchemaEditor,
    BaseSchemaEditor,
    SqliteSchemaEditor,
)
from tortoise.models import Model


class _IndexedColumns(BaseSchemaEditor):
    """Indexes columns. Tortoise writes a foreign key's field name, which is no column.

    PostgreSQL refuses that; SQLite takes the unknown name for a text and indexes nothing.
    """

    def _get_index_sql(  # noqa: PLR0913, PLR0917
        self,
        model: type[Model],
        field_names: Sequence[str],
        safe: bool = False,  # noqa: FBT001, FBT002
        index_name: str | None = None,
        index_type: str | None = None,
        extra: str | None = None,
    ) -> str:
        # The name comes from the fields all the same: by it Tortoise finds the index again.
        fields = list(field_names)
        return super()._get_index_sql(
            model,
            self._resolve_fields_to_columns(model, fields),
            safe,
            index_name or self._generate_index_name("idx", model, fields),
            index_type,
            extra,
        )


class SqliteEditor(_IndexedColumns, SqliteSchemaEditor):
    """Cuts scripts where statements end; Tortoise's cuts at every semicolon, also in comments."""

    async def _run_sql(self, sql: str) -> None:
        if self.collect_sql:
            await super()._run_sql(sql)
        else:
            await self.client.execute_script(sql)


class PostgresEditor(_IndexedColumns, AsyncpgSchemaEditor):
    """Nothing else is wrong there."""


class Executor(MigrationExecutor):
    """Applies migrations through a connection, which may be a transaction's."""

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> BaseSchemaEditor:  # noqa: FBT001, FBT002
        sqlite = self.connection.capabilities.dialect == "sqlite"
        editor = SqliteEditor if sqlite else PostgresEditor
        return editor(self.connection, atomic=atomic, collect_sql=collect_sql)

    async def ensure_record(self) -> None:
        """Create the table of applied migrations unless it is there."""
        await self.recorder.ensure_schema(self._schema_editor(atomic=False))
