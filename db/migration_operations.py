"""Schema changes that Tortoise cannot make: constraints, partial indexes, triggers."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State

from db.connection import Client

_END_OF_TABLE = re.compile(r"\)\s*(?:/\*.*?\*/\s*)?$", re.DOTALL)


class _SchemaSQL(TortoiseOperation):
    """SQL beside Tortoise's models: it changes the schema and no model."""

    async def _run(self, editor: BaseSchemaEditor, sql: str) -> None:
        if sql:
            await editor._run_sql(sql)  # noqa: SLF001

    async def database_forward(
        self,
        app_label: str,  # noqa: ARG002
        old_state: State,  # noqa: ARG002
        new_state: State,  # noqa: ARG002
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        """Make the change."""
        if state_editor is not None:
            await self.forward(state_editor)

    async def database_backward(
        self,
        app_label: str,  # noqa: ARG002
        old_state: State,  # noqa: ARG002
        new_state: State,  # noqa: ARG002
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        """Undo the change."""
        if state_editor is not None:
            await self.backward(state_editor)

    async def forward(self, editor: BaseSchemaEditor) -> None:
        """Make the change."""
        raise NotImplementedError

    async def backward(self, editor: BaseSchemaEditor) -> None:
        """Undo the change."""
        raise NotImplementedError


class DialectSQL(_SchemaSQL):
    """One change said to each engine in its own words; an empty text does nothing there."""

    def __init__(
        self,
        *,
        sqlite: str = "",
        postgres: str = "",
        sqlite_backward: str = "",
        postgres_backward: str = "",
    ) -> None:
        self._forward = {"sqlite": sqlite, "postgres": postgres}
        self._backward = {"sqlite": sqlite_backward, "postgres": postgres_backward}
        self.reversible = bool(sqlite_backward or postgres_backward)

    def describe(self) -> str:
        """Say what is done."""
        return "Run SQL of the dialect"

    async def forward(self, editor: BaseSchemaEditor) -> None:
        """Make the change."""
        await self._run(editor, self._forward[editor.DIALECT])

    async def backward(self, editor: BaseSchemaEditor) -> None:
        """Undo the change."""
        await self._run(editor, self._backward[editor.DIALECT])


class Backfill(_SchemaSQL):
    """New columns filled from old ones, by a function of ours instead of the engines' own.

    `read` selects rows, `row_of` turns each into the arguments of `write`.
    """

    reversible = True

    def __init__(
        self, read: str, write: str, row_of: Callable[[Sequence[Any]], Sequence[object]]
    ) -> None:
        self.read = read
        self.write = write
        self.row_of = row_of

    def describe(self) -> str:
        """Say what is done."""
        return f"Fill in: {self.write}"

    async def forward(self, editor: BaseSchemaEditor) -> None:
        """Fill the columns."""
        if editor.collect_sql:
            await self._run(editor, f"-- for each row of: {self.read}: {self.write}")
            return
        client = cast(Client, editor.client)
        rows = [self.row_of(row) for row in await client.fetch_rows(self.read, ())]
        if rows:
            await client.run_many(self.write, rows)

    async def backward(self, editor: BaseSchemaEditor) -> None:
        """Leave the columns to their removal."""


class AddChecks(_SchemaSQL):
    """CHECK constraints of one table, by name; the expressions must suit both engines.

    SQLite cannot add a constraint to a table, so the table is made anew with its rows, indexes
    and triggers, in the order of steps that SQLite's manual asks for. Foreign keys must be off
    meanwhile, or the old table's removal would empty those that point to it: `db.migrate` does
    that.
    """

    def __init__(self, table: str, checks: Mapping[str, str]) -> None:
        self.table = table
        self.checks = dict(checks)

    def describe(self) -> str:
        """Say what is done."""
        return f"Add the checks {', '.join(self.checks)} to {self.table}"

    async def forward(self, editor: BaseSchemaEditor) -> None:
        """Add the constraints."""
        if editor.DIALECT == "postgres":
            added = ", ".join(f"add {clause}" for clause in self._clauses())
            await self._run(editor, f'alter table "{self.table}" {added}')
        elif editor.collect_sql:
            await self._run(editor, f"-- {self.table} is made anew with {self._clauses()}")
        else:
            await self._remake(editor, self._with_checks)

    async def backward(self, editor: BaseSchemaEditor) -> None:
        """Remove the constraints."""
        if editor.DIALECT == "postgres":
            dropped = ", ".join(f'drop constraint "{name}"' for name in self.checks)
            await self._run(editor, f'alter table "{self.table}" {dropped}')
        elif editor.collect_sql:
            await self._run(editor, f"-- {self.table} is made anew without {self._clauses()}")
        else:
            await self._remake(editor, self._without_checks)

    def _clauses(self) -> list[str]:
        return [f'constraint "{name}" check ({sql})' for name, sql in self.checks.items()]

    def _addition(self) -> str:
        return "".join(f",\n    {clause}" for clause in self._clauses())

    def _with_checks(self, definition: str) -> str:
        end = _END_OF_TABLE.search(definition)
        if end is None:
            raise ValueError(f"the definition of {self.table} has no end: {definition}")
        return f"{definition[: end.start()].rstrip()}{self._addition()}\n)"

    def _without_checks(self, definition: str) -> str:
        return definition.replace(self._addition(), "")

    async def _remake(self, editor: BaseSchemaEditor, redefine: Callable[[str], str]) -> None:
        client = cast(Client, editor.client)
        if (await client.fetch_rows("pragma foreign_keys", ()))[0][0]:
            raise RuntimeError("a table is made anew only while foreign keys are off")
        table, draft = self.table, f"new__{self.table}"
        rows = await client.fetch_rows(
            "select type, sql from sqlite_master where tbl_name = $1 and sql is not null", (table,)
        )
        definition = next(sql for kind, sql in rows if kind == "table")
        indexes = [sql for kind, sql in rows if kind == "index"]
        triggers = [sql for kind, sql in rows if kind == "trigger"]
        steps = [
            redefine(definition).replace(f'"{table}"', f'"{draft}"', 1),
            f'insert into "{draft}" select * from "{table}"',
        ]
        if "AUTOINCREMENT" in definition.upper():
            # Ids of deleted rows are not given out again.
            steps += [
                f"delete from sqlite_sequence where name = '{draft}'",
                f"update sqlite_sequence set name = '{draft}' where name = '{table}'",
            ]
        steps += [f'drop table "{table}"', f'alter table "{draft}" rename to "{table}"']
        for step in [*steps, *indexes, *triggers]:
            await client.run(step, ())


class DropChecks(AddChecks):
    """CHECK constraints that one table had until now, by name."""

    def describe(self) -> str:
        """Say what is done."""
        return f"Drop the checks {', '.join(self.checks)} of {self.table}"

    async def forward(self, editor: BaseSchemaEditor) -> None:
        """Remove the constraints."""
        await super().backward(editor)

    async def backward(self, editor: BaseSchemaEditor) -> None:
        """Add the constraints again."""
        await super().forward(editor)
