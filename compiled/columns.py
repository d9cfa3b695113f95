"""Columns: the values of one field for all objects of a level, resolved and completed."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from compiled.completion import Completion
from compiled.fields import SelectedField
from compiled.refusals import NotCompiled
from compiled.run import Run
from compiled.together import together
from compiled.values import abandon


class Column:
    """One field of a level; ``waits`` where its values have to be awaited."""

    def __init__(self, selected: SelectedField, completion: Completion) -> None:
        self.selected, self.completion = selected, completion
        self.waits = selected.resolves_async or completion.waits

    def complete(self, objects: Sequence[Any], run: Run) -> list[Any]:
        """Return the completed values, one for each object."""
        values = self._values(objects, run)
        try:
            return self.completion.complete(values, run)
        except NotCompiled:
            self._abandon(values)
            raise

    async def completed(self, objects: Sequence[Any], run: Run) -> list[Any]:
        """Return the completed values, one for each object, awaiting what has to be."""
        if self.selected.resolves_async:
            values = await self._awaited(objects, run)
        else:
            values = self._values(objects, run)
        try:
            return await self.completion.completed(values, run)
        except NotCompiled:
            self._abandon(values)
            raise

    def _abandon(self, values: Sequence[Any]) -> None:
        if self.selected.function is not None:
            abandon(values)

    def _values(self, objects: Sequence[Any], run: Run) -> Sequence[Any]:
        selected = self.selected
        if selected.batch is not None:
            return _one_each(
                objects, selected.batch(objects, run.info(selected), **arguments_of(selected, run))
            )
        if selected.function is None:
            attribute = selected.attribute
            return [getattr(one, attribute) for one in objects]
        return _each(selected.function, selected, objects, run)

    async def _awaited(self, objects: Sequence[Any], run: Run) -> Sequence[Any]:
        selected = self.selected
        if selected.batch is not None:
            values = await selected.batch(
                objects, run.info(selected), **arguments_of(selected, run)
            )
            return _one_each(objects, values)
        waiting = _each(cast(Callable[..., Any], selected.function), selected, objects, run)
        return [await waiting[0]] if len(waiting) == 1 else await together(*waiting)


def arguments_of(selected: SelectedField, run: Run) -> dict[str, Any]:
    """Return the arguments of a field; nothing for one that takes none."""
    return run.arguments(selected) if selected.takes_arguments else {}


def _each(
    function: Callable[..., Any], selected: SelectedField, objects: Sequence[Any], run: Run
) -> list[Any]:
    arguments = arguments_of(selected, run)
    if selected.info_parameter is not None:
        arguments = {**arguments, selected.info_parameter: run.info(selected)}
    keyword = selected.source_parameter
    if keyword is not None:
        return [function(**{**arguments, keyword: one}) for one in objects]
    if selected.takes_self:
        return [function(one, **arguments) for one in objects]
    return [function(**arguments) for _ in objects]


def _one_each(objects: Sequence[Any], values: Sequence[Any]) -> Sequence[Any]:
    if len(values) != len(objects):
        raise ValueError(f"{len(values)} values for {len(objects)} objects")
    return values
