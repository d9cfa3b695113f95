"""The source of a level: a function that completes all its objects in one loop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from compiled.columns import Column
from compiled.fields import SelectedField
from compiled.leaves import Leaf
from compiled.together import together

INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class InlineLeaf:
    """A leaf that is read and written inside of the loop."""

    selected: SelectedField
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class TypeName:
    """The name of the level's type."""

    response_name: str
    name: str


Part = InlineLeaf | TypeName | Column


class Writer:
    """Writes one level's function."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self.waits = any(isinstance(part, Column) and part.waits for part in parts)
        self.names: dict[str, Any] = {"together": together}
        self._head: list[str] = []
        self._loop: list[str] = []
        self._entries: list[str] = []
        self._columns: list[str] = []

    def source(self) -> str:
        """Return the function's source; what it uses is in ``names`` then."""
        waiting: list[int] = []
        for at, part in enumerate(self._parts):
            match part:
                case TypeName():
                    self._entries.append(f"{part.response_name!r}: {part.name!r}")
                case InlineLeaf():
                    self._write_leaf(at, part)
                case Column():
                    self._write_column(at, part)
                    if part.waits:
                        waiting.append(at)
        lines = [
            f"{'async ' if self.waits else ''}def complete(objects, run):",
            "if not objects:",
            INDENT + "return []",
            *self._head,
            *_awaiting(waiting),
            *self._whole_loop(),
        ]
        return ("\n" + INDENT).join(lines) + "\n"

    def _whole_loop(self) -> list[str]:
        entries = "{" + ", ".join(self._entries) + "}"
        objects = ", ".join(["one", *(f"value_{at}" for at in self._columns)])
        given = "objects"
        if self._columns:
            given = f"zip(objects, {', '.join(f'column_{at}' for at in self._columns)})"
        if not self._loop:
            return [f"return [{entries} for {objects} in {given}]"]
        return [
            "done = []",
            "add = done.append",
            f"for {objects} in {given}:",
            *(INDENT + line for line in self._loop),
            INDENT + f"add({entries})",
            "return done",
        ]

    def _write_column(self, at: int, column: Column) -> None:
        self.names[f"field_{at}"] = column
        if not column.waits:
            self._head.append(f"column_{at} = field_{at}.complete(objects, run)")
        self._columns.append(str(at))
        self._entries.append(f"{column.selected.response_name!r}: value_{at}")

    def _write_leaf(self, at: int, part: InlineLeaf) -> None:
        value = f"value_{at}"
        self._loop.append(f"{value} = {self._read(at, part.selected)}")
        self.names[f"written_{at}"] = part.leaf.written
        if part.leaf.as_it_is is None:
            self._loop.append(f"{value} = written_{at}({value})")
        else:
            self._loop.append(f"if not {part.leaf.as_it_is.format(value)}:")
            self._loop.append(f"{INDENT}{value} = written_{at}({value})")
        self._entries.append(f"{part.selected.response_name!r}: {value}")

    def _read(self, at: int, selected: SelectedField) -> str:
        if selected.function is None:
            return f"one.{selected.attribute}"
        self.names[f"field_{at}"] = selected
        self.names[f"resolve_{at}"] = selected.function
        given = ["one"] if selected.takes_self else []
        if selected.source_parameter is not None:
            given.append(f"{selected.source_parameter}=one")
        if selected.info_parameter is not None:
            self._head.append(f"info_{at} = run.info(field_{at})")
            given.append(f"{selected.info_parameter}=info_{at}")
        if selected.takes_arguments:
            self._head.append(f"arguments_{at} = run.arguments(field_{at})")
            given.append(f"**arguments_{at}")
        return f"resolve_{at}({', '.join(given)})"


def _awaiting(waiting: Sequence[int]) -> list[str]:
    called = [f"field_{at}.completed(objects, run)" for at in waiting]
    if not called:
        return []
    if len(called) == 1:
        return [f"column_{waiting[0]} = await {called[0]}"]
    columns = ", ".join(f"column_{at}" for at in waiting)
    return [f"{columns} = await together({', '.join(called)})"]
