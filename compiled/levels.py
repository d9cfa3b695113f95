"""Objects of a level: of one type, or of the types of an interface or a union."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLAbstractType, GraphQLObjectType
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from compiled.completion import Completion
from compiled.fields import Place
from compiled.run import Run
from compiled.selections import Selection
from compiled.together import together
from compiled.values import check_object


class Level(Completion):
    """Objects of one type, where a field is selected."""

    def __init__(
        self,
        kind: GraphQLObjectType,
        definition: StrawberryObjectDefinition,
        place: Place,
        selection: Selection,
    ) -> None:
        self.kind, self.waits = kind, selection.waits
        self._place, self._origin, self._selection = place, definition.origin, selection
        # Strawberry's own check of a class lets all its instances pass, but those that were cast.
        self._trusted = kind.is_type_of is None
        self._castable = definition.is_type_of is None

    def complete(self, values: Sequence[Any], run: Run) -> Any:  # noqa: ANN401
        self._check(values, run)
        return self._selection.function(values, run)

    async def completed(self, values: Sequence[Any], run: Run) -> list[Any]:
        done: list[Any] = (
            await self.complete(values, run) if self.waits else self.complete(values, run)
        )
        return done

    def _check(self, values: Sequence[Any], run: Run) -> None:
        origin = self._origin
        if self._trusted:
            strange = [one for one in values if one.__class__ is not origin]
        elif self._castable:
            strange = [
                one
                for one in values
                if one.__class__ is not origin or hasattr(one, TYPE_CAST_ATTRIBUTE)
            ]
        else:
            strange = list(values)
        for value in strange:
            check_object(value)
            if self.kind.is_type_of is not None:
                fits = self.kind.is_type_of(value, run.raw_info(self._place))
                if fits is not True:
                    raise TypeError(f"no {self.kind.name}")


class Variants(Completion):
    """Objects of an interface or a union: those of each type together."""

    def __init__(
        self,
        kind: GraphQLAbstractType,
        place: Place,
        levels: dict[str, Level],
    ) -> None:
        self._kind, self._place, self._levels = kind, place, levels
        self.waits = any(level.waits for level in levels.values())

    def complete(self, values: Sequence[Any], run: Run) -> list[Any]:
        grouped = self._grouped(values, run)
        done = [
            level.complete([values[at] for at in places], run) for level, places in grouped.items()
        ]
        return self._in_order(len(values), grouped, done)

    async def completed(self, values: Sequence[Any], run: Run) -> list[Any]:
        grouped = self._grouped(values, run)
        completing = [
            level.completed([values[at] for at in places], run) for level, places in grouped.items()
        ]
        done = [await completing[0]] if len(completing) == 1 else await together(*completing)
        return self._in_order(len(values), grouped, done)

    def _grouped(self, values: Sequence[Any], run: Run) -> dict[Level, list[int]]:
        info = run.raw_info(self._place)
        resolve = self._kind.resolve_type or run.executor.type_resolver
        grouped: dict[Level, list[int]] = {}
        for at, value in enumerate(values):
            check_object(value)
            name = resolve(value, info, self._kind)
            level = self._levels.get(name) if isinstance(name, str) else None
            if level is None:
                raise TypeError(f"no {self._kind.name}")
            grouped.setdefault(level, []).append(at)
        return grouped

    @staticmethod
    def _in_order(
        size: int, grouped: dict[Level, list[int]], done: Sequence[list[Any]]
    ) -> list[Any]:
        placed: list[Any] = [None] * size
        for places, items in zip(grouped.values(), done, strict=True):
            for at, item in zip(places, items, strict=True):
                placed[at] = item
        return placed
