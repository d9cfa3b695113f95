"""Columns whose values are kept as they were written."""

from collections.abc import Hashable, Sequence
from typing import Any

from compiled.columns import Column, arguments_of
from compiled.completion import Completion
from compiled.fields import SelectedField
from compiled.kept_values import Keeping
from compiled.run import Run


class KeptColumn(Column):
    """A field whose values depend on its objects' marks and on a few variables, on nothing else."""

    def __init__(
        self,
        selected: SelectedField,
        completion: Completion,
        keeping: Keeping,
        variables: Sequence[str],
    ) -> None:
        super().__init__(selected, completion)
        self._keeping, self._variables = keeping, variables

    async def completed(self, objects: Sequence[Any], run: Run) -> list[Any]:
        kept = run.executor.kept_values
        chosen = None if kept is None else self._chosen(run)
        if kept is None or chosen is None:
            return await super().completed(objects, run)
        selected = self.selected
        marks = self._keeping.marks(objects, run.info(selected), **arguments_of(selected, run))
        done: list[Any] = kept.find(chosen, marks)
        missing = [at for at, value in enumerate(done) if value is None]
        if missing:
            completed = await super().completed([objects[at] for at in missing], run)
            for at, value in zip(missing, completed, strict=True):
                mark = marks[at]
                done[at] = kept.keep(chosen, mark, value) if mark and mark.keepable else value
        return done

    def _chosen(self, run: Run) -> Hashable | None:
        """Return what stands for the selection with its variables; None where nothing can."""
        if not self._variables:
            return self
        coerced = run.executor.variable_values.coerced
        chosen = (self, *(_hashable(coerced.get(name, ...)) for name in self._variables))
        try:
            hash(chosen)
        except TypeError:
            return None
        return chosen


def _hashable(value: object) -> object:
    return (list, *map(_hashable, value)) if isinstance(value, list) else (type(value), value)
