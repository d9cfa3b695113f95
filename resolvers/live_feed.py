"""Following together: one reader for all who ask the same and may see the same."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeAlias, TypeVar

from db.event_log_state import Place
from events import Member, Stretch
from resolvers.access import Viewer
from resolvers.context import Context

__all__ = ["LiveFeed", "Member", "Place", "catching_up", "reached"]

R = TypeVar("R")

# What is told of events, each at its place; None where an event could not be told.
Told: TypeAlias = AsyncGenerator[tuple[Place, R] | None, None]
Read: TypeAlias = Callable[[Context], Told[R]]

logger = logging.getLogger(__name__)


def catching_up(
    context: Context, place: Place | None = None, *, at_least: Place | None = None
) -> Context:
    """Return the same circumstances for whoever follows until nothing is left to be read."""
    stretch = Stretch(begins_at=place, until_present=True, at_least=at_least)
    return replace(context, stretch=stretch)


def reached(context: Context) -> Place | None:
    """Return the place where nothing was left to be read; None where following came to an end."""
    return None if context.stretch is None else context.stretch.reached


@dataclass(frozen=True)
class _SharedContext(Context):
    """The circumstances of a reader: before each event, those leave whom it is not read for."""

    part_with_changed: Callable[[], Awaitable[None]] = field(kw_only=True)

    async def present_viewer(self) -> Viewer:
        await self.part_with_changed()
        return self.viewer


class LiveFeed(Generic[R]):
    """One reader, and its members, whose rights are those at the beginning of their operations.

    It ends where an event could not be told to all: each member has to ask by itself then.
    """

    def __init__(self, context: Context, place: Place, read: Read[R]) -> None:
        if context.events is None:
            raise RuntimeError("there is no stream of events to be followed")
        self._failed = False
        self._feed = context.events.feed(place)
        self._claims: dict[Viewer, dict[Member[Place, R], Context]] = {}
        nameless = replace(
            context.for_event(context.viewer),
            claimed=None,
            stretch=Stretch(begins_at=place, for_many=True),
        )
        shared = _SharedContext(**_values(nameless), part_with_changed=self._part_with_changed)
        self._reading = asyncio.create_task(self._run(read(shared)))

    @property
    def ended(self) -> bool:
        """Tell whether nobody can follow any more."""
        return self._feed.closed

    async def follow(self, member: Member[Place, R], context: Context) -> AsyncGenerator[R, None]:
        """Have a member told what comes, and yield what it did not take at once.

        It ends for a member that lacks what others were told or has fallen behind, for one whose
        rights have changed, and with the feed: see `afterwards`.
        """
        if not self._feed.join(member):
            return
        self._enter(member, context)
        try:
            async with aclosing(member.overdue()) as overdue:
                async for result in overdue:
                    if await _has_other_rights(context):
                        return
                    yield result
        finally:
            self._leave(member, context)

    async def afterwards(self, member: Member[Place, R], context: Context) -> Context | None:
        """Return how a member goes on that does not follow any more; None if all has ended.

        Whose rights have changed stays alone: what they asked for is read with their first rights.
        """
        if member.ended:
            return None
        if self._failed or await _has_other_rights(context):
            return replace(context, stretch=Stretch(begins_at=member.place))
        return catching_up(context, member.place, at_least=self._feed.place)

    def _enter(self, member: Member[Place, R], context: Context) -> None:
        if context.claimed is not None and context.rights_may_change:
            self._claims.setdefault(context.claimed, {})[member] = context

    def _leave(self, member: Member[Place, R], context: Context) -> None:
        self._feed.leave(member)
        if context.claimed is not None and (alike := self._claims.get(context.claimed)):
            alike.pop(member, None)
            if not alike:
                del self._claims[context.claimed]
        if not len(self._feed):
            self._feed.disband()
            self._reading.cancel()

    async def _run(self, results: Told[R]) -> None:
        try:
            async with aclosing(results):
                async for told in results:
                    if told is None:
                        self._failed = True
                        return
                    await self._feed.tell(*told)
            self._feed.end()
        except Exception as error:  # noqa: BLE001 - whom it concerns meets it again
            self._failed = True
            logger.info("those who followed together go on alone: %s", error)
        finally:
            self._feed.disband()

    async def _part_with_changed(self) -> None:
        # What is told was made for the rights that they had.
        for alike in list(self._claims.values()):
            members = list(alike)
            if members and await _has_other_rights(alike[members[0]]):
                for member in members:
                    self._feed.let_go(member)


async def _has_other_rights(context: Context) -> bool:
    return await context.present_viewer() != context.viewer


def _values(context: Context) -> dict[str, Any]:
    return {one.name: getattr(context, one.name) for one in fields(context)}
