"""The fields of one type that are selected together, and the function that completes them."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from compiled.run import Run
from compiled.writing import Part, Writer

LevelFunction = Callable[[Sequence[Any], Run], Any]


class Selection:
    """What is selected of a type; ``waits`` where completing it takes awaiting."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._writer = Writer(parts)
        self.waits = self._writer.waits

    @cached_property
    def function(self) -> LevelFunction:
        """The function, made when the first object of the type is met."""
        source, names = self._writer.source(), self._writer.names
        exec(compile(source, "<compiled selection>", "exec"), names)  # noqa: S102
        function: LevelFunction = names["complete"]
        return function
