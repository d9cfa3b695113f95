"""One execution: what its fields are given, made once for all objects of a level."""

import logging
from collections.abc import Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, cast

from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments

from compiled.fields import Place, SelectedField
from compiled.refusals import NotCompiled

if TYPE_CHECKING:
    from compiled.executor import CompiledExecutor

logger = logging.getLogger(__name__)


def _no_path(_info: object) -> NoReturn:
    raise NotCompiled("a resolver asks for its path, which every object has another of")


@cache
def _without_path(kind: Any) -> Any:  # noqa: ANN401
    return type("InfoOfALevel", (kind,), {"__slots__": (), "path": property(_no_path)})


class Run:
    """What the fields of one execution are given."""

    __slots__ = ("_arguments", "_infos", "executor")

    def __init__(self, executor: "CompiledExecutor") -> None:
        self.executor = executor
        self._infos: dict[SelectedField, Any] = {}
        self._arguments: dict[SelectedField, dict[str, Any]] = {}

    def raw_info(self, place: Place) -> Any:  # noqa: ANN401
        """Make graphql-core's info of a field, without a path."""
        raw = self.executor.build_resolve_info(
            place.definition,
            [one.node for one in place.details],
            place.parent,
            None,  # type: ignore[arg-type]
        )
        return _without_path(cast(Hashable, type(raw)))._make(raw)

    def info(self, selected: SelectedField) -> Any:  # noqa: ANN401
        """Return Strawberry's info of a field."""
        info = self._infos.get(selected)
        if info is None:
            kind = self.executor.converter.config.info_class
            info = kind(_raw_info=self.raw_info(selected.place), _field=selected.field)
            self._infos[selected] = info
        return info

    def arguments(self, selected: SelectedField) -> dict[str, Any]:
        """Return a field's arguments, coerced and converted as Strawberry does."""
        arguments = self._arguments.get(selected)
        if arguments is None:
            arguments = self._arguments[selected] = self._read(selected)
        return arguments

    def _read(self, selected: SelectedField) -> dict[str, Any]:
        executor = self.executor
        if (read := selected.arguments(executor.converter)) is not None:
            try:
                return read.values(executor.variable_values)
            except Exception as error:  # noqa: BLE001 - a scalar may raise anything
                name = selected.response_name
                logger.debug("the library reads the arguments of %s: %s", name, error)
        given = get_argument_values(
            selected.place.definition,
            selected.place.details[0].node,
            executor.variable_values,
            None,
            executor.hide_suggestions,
        )
        return convert_arguments(
            given,
            selected.field.arguments,
            scalar_registry=executor.converter.scalar_registry,
            config=executor.converter.config,
            info=self.info(selected),
        )
