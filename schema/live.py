"""Subscriptions: what many ask for in the same words is executed and encoded once an event."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, cast
from weakref import WeakValueDictionary

import orjson
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLSchema, located_error
from graphql.execution import Executor, create_source_event_stream, execute_subscription_event
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.access import ANONYMOUS, Viewer
from resolvers.context import Context
from resolvers.live_feed import LiveFeed, Member, Place, catching_up, reached
from resolvers.shared_work import SharedWork
from schema.documents import NotRunnable, Operation
from schema.errors import log, told_to_clients
from schema.limits import without_suggestions
from schema.operation_notes import noted
from schema.time_limit import in_time

KEPT: Final = 1_000
# What is told beside an event, such as the present grade, may be this old, in seconds. Those who
# follow live get an event within milliseconds of each other.
SHARED_FOR: Final = 1.0


@dataclass
class SharedResult(ExecutionResult):
    """A result that many may be sent."""

    @cached_property
    def json(self) -> bytes:
        """The result as JSON."""
        body: dict[str, object] = {"data": self.data}
        if self.errors:
            body["errors"] = [error.formatted for error in self.errors]
        return orjson.dumps(body)

    @cached_property
    def text(self) -> str:
        """The result as JSON, decoded."""
        return self.json.decode()


class Told(Protocol):
    """What a stream tells of; what has the same ``told_id`` is the same for all who are alike."""

    @property
    def told_id(self) -> str: ...


class Placed(Told, Protocol):
    """What a stream tells of at a place in the log."""

    @property
    def place(self) -> Place: ...


# Sends a result and notes that, if nobody has to wait for it; tells whether it did.
Offer: TypeAlias = Callable[[SharedResult], bool]


class Likeness(NamedTuple):
    """What those have in common who are sent the same results."""

    stream: object
    text: str
    operation_name: str | None
    variables: bytes
    rights: Viewer


class Group:
    """Those who ask in the same words, may see the same, and follow the same stream."""


@dataclass(frozen=True)
class LiveRequest:
    """A subscription that a client asks for."""

    text: str
    operation: Operation
    operation_name: str | None
    variables: Mapping[str, Any]
    extensions: Mapping[str, Any] | None
    context: Context

    def likeness(self, viewer: Viewer) -> Likeness:
        """Return what those have in common with it whom its results may be shared with.

        ``viewer`` has the rights of this moment, which may not be those at the beginning.
        """
        resuming = self.operation.resuming_variables
        shared = {name: value for name, value in self.variables.items() if name not in resuming}
        rights = replace(viewer, name="")
        variables = orjson.dumps(shared, option=orjson.OPT_SORT_KEYS)
        return Likeness(self.context.events, self.text, self.operation_name, variables, rights)


class LiveOperations:
    """Runs subscriptions, whatever they are sent over."""

    def __init__(self, schema: GraphQLSchema, executor_class: type[Executor[Any]]) -> None:
        self._schema = schema
        self._executor_class = executor_class
        self._groups: WeakValueDictionary[Likeness, Group] = WeakValueDictionary()
        self._feeds: WeakValueDictionary[Likeness, LiveFeed[SharedResult]] = WeakValueDictionary()
        self._executions: OrderedDict[tuple[Group, str], SharedWork[SharedResult]] = OrderedDict()

    async def results(
        self, request: LiveRequest, offer: Offer | None = None
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Yield a result for each event; an error that ends the stream as PreExecutionError.

        What was missed comes first, for each by itself; from then on many follow together. Results
        that ``offer`` takes are not yielded.
        """
        began = request.context
        context: Context | None = catching_up(began)
        try:
            while context is not None:
                async with aclosing(self._by_itself(replace(request, context=context))) as results:
                    async for result in results:
                        yield result
                place = reached(context)
                if place is None:
                    return
                member = Member(place, offer or _refuse)
                feed = self._feed(request, place)
                async with aclosing(feed.follow(member, began)) as overdue:
                    async for result in overdue:
                        yield result
                context = await feed.afterwards(member, began)
        except NotRunnable as refused:
            yield refusal(refused.errors, began)
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything
            located = located_error(error, list(request.operation.node.selection_set.selections))
            yield refusal([located], began)

    def _feed(self, request: LiveRequest, place: Place) -> LiveFeed[SharedResult]:
        likeness = request.likeness(request.context.viewer)
        feed = self._feeds.get(likeness)
        if feed is None or feed.ended:

            def read(context: Context) -> AsyncGenerator[tuple[Place, SharedResult] | None, None]:
                return self._for_many(replace(request, context=context))

            feed = self._feeds[likeness] = LiveFeed(request.context, place, read)
        return feed

    async def _for_many(
        self, request: LiveRequest
    ) -> AsyncGenerator[tuple[Place, SharedResult] | None, None]:
        noted.set(None)  # in the reader's own task: it is the operation of none of them
        async with aclosing(self._told(request)) as told:
            async for event, result in told:
                place = cast(Placed, event).place
                yield None if result.data is None else (place, result)

    async def _by_itself(self, request: LiveRequest) -> AsyncGenerator[ExecutionResult, None]:
        async with aclosing(self._told(request)) as told:
            async for _, result in told:
                if result.data is None:
                    # Who went on behind an event that could not be told would never get it.
                    yield PreExecutionError(data=None, errors=result.errors)
                    return
                yield result

    async def _told(self, request: LiveRequest) -> AsyncGenerator[tuple[Told, SharedResult], None]:
        executor = self._executor(request)
        source = await _source(executor)
        viewer = request.context.viewer
        group = self._groups.setdefault(request.likeness(viewer), Group())
        async with aclosing(source) as events:
            async for event in events:
                present = await request.context.present_viewer()
                if present != viewer:
                    viewer = present
                    group = self._groups.setdefault(request.likeness(viewer), Group())
                yield event, await self._result(group, executor, event, viewer)

    def _executor(self, request: LiveRequest) -> "Executor[Context]":
        built = self._executor_class.build(
            self._schema,
            request.operation.document,
            None,
            request.context,
            dict(request.variables),
            request.operation_name,
            is_awaitable=cast(Any, optimized_is_awaitable),
            operation_extensions=request.extensions,
        )
        if isinstance(built, list):
            raise NotRunnable(*built)
        return built

    async def _result(
        self, group: Group, executor: "Executor[Context]", event: Told, viewer: Viewer
    ) -> SharedResult:
        key = (group, event.told_id)
        execution = self._executions.get(key)
        if execution is None or execution.is_older_than(SHARED_FOR):
            execution = self._executions[key] = SharedWork(_executed(executor, event, viewer))
            if len(self._executions) > KEPT:
                self._executions.popitem(last=False)
        result = await execution.result()
        if result.errors and self._executions.get(key) is execution:
            del self._executions[key]  # who resumes must not be told the same failure again
        return result


def refusal(errors: list[GraphQLError], context: Context) -> PreExecutionError:
    """Make the result that ends an operation, and log why."""
    for error in errors:
        log(error, context.request_id)
    return PreExecutionError(data=None, errors=told(errors, context))


def told(errors: list[GraphQLError], context: Context) -> list[GraphQLError]:
    """Return errors as this viewer is told them."""
    heard = [told_to_clients(error, context.request_id) for error in errors]
    if context.viewer == ANONYMOUS:
        return [without_suggestions(error) for error in heard]
    return heard


def _refuse(_: SharedResult) -> bool:
    return False


async def _source(executor: "Executor[Context]") -> AsyncGenerator[Told, None]:
    found = create_source_event_stream(executor)
    stream = await found if executor.is_awaitable(found) else found
    if isinstance(stream, CoreResult):
        raise NotRunnable(*(stream.errors or ()))
    return cast("AsyncGenerator[Told, None]", cast("AsyncIterable[Told]", stream))


async def _executed(executor: "Executor[Context]", event: Told, viewer: Viewer) -> SharedResult:
    one = executor.build_per_event_executor(event)
    one.context_value = context = executor.context_value.for_event(viewer)
    async with in_time():
        executing = execute_subscription_event(one)
        result = await executing if one.is_awaitable(executing) else cast(CoreResult, executing)
    for error in result.errors or ():
        log(error, context.request_id)
    errors = [told_to_clients(error, context.request_id) for error in result.errors or ()]
    return SharedResult(data=result.data, errors=errors or None)
