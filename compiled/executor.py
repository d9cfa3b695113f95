"""The executor: Strawberry's own, which completes what it can a level at a time."""

import logging
from collections.abc import Callable
from typing import Any, cast

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from compiled.completion import Completion
from compiled.kept_values import KeptValues
from compiled.plans import Plan, completion_of, give_up, plan_of
from compiled.refusals import NotCompiled
from compiled.run import Run

logger = logging.getLogger(__name__)


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes values by compiled functions; where one fails, as Strawberry's own would.

    The stock executor resolves the root fields, and hands every object and every list to
    ``complete_object_value`` and ``complete_list_value``. What is compiled stands in for those,
    and raises where anything is other than usual: then the stock methods complete the same value
    again, and have the last word on every error, its path, and what becomes null.
    """

    # Where values are kept that orjson writes into the answer; None where it is not written so.
    kept_values: KeptValues | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.converter = cast(Any, self.schema)._strawberry_schema.schema_converter  # noqa: SLF001
        self._begin()

    def _begin(self) -> None:
        self._run = Run(self)
        self._plan: Plan | None = None
        middleware = self.middleware_manager and self.middleware_manager.middlewares
        if not (middleware or self.converter.exception_handlers or self.abort_signal):
            self._plan = plan_of(self)

    def build_per_event_executor(self, payload: Any) -> "CompiledExecutor":  # noqa: ANN401
        executor = cast(CompiledExecutor, super().build_per_event_executor(payload))
        executor._begin()  # noqa: SLF001
        return executor

    def complete_object_value(self, *asked: Any) -> Any:  # noqa: ANN401
        return self._complete(super().complete_object_value, *asked)

    def complete_list_value(self, *asked: Any) -> Any:  # noqa: ANN401
        return self._complete(super().complete_list_value, *asked)

    def complete_abstract_value(self, *asked: Any) -> Any:  # noqa: ANN401
        return self._complete(super().complete_abstract_value, *asked)

    def _complete(self, stock: Callable[..., Any], *asked: Any) -> Any:  # noqa: ANN401
        kind, details, info, _, value, position = asked
        if self._plan is None or position is not None:
            return stock(*asked)
        completion = completion_of(self, self._plan, info, kind, details)
        if completion is None:
            return stock(*asked)
        if completion.waits:
            return self._completed(completion, stock, asked)
        try:
            return completion.complete([value], self._run)[0]
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything
            self._fail(error, asked)
        return stock(*asked)

    async def _completed(
        self, completion: Completion, stock: Callable[..., Any], asked: tuple[Any, ...]
    ) -> Any:  # noqa: ANN401
        value = asked[4]
        try:
            (done,) = await completion.completed([value], self._run)
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything
            self._fail(error, asked)
        else:
            return done
        again = stock(*asked)
        return await again if self.is_awaitable(again) else again

    def _fail(self, error: Exception, asked: tuple[Any, ...]) -> None:
        kind, details, info, *_ = asked
        logger.debug("%s is completed again: %s", info.field_name, error, exc_info=error)
        if isinstance(error, NotCompiled) and self._plan is not None:
            give_up(self._plan, kind, details)
        # The rest of the execution, too: what fails first decides what becomes null.
        self._plan = None
