"""Loaders that read what is asked for together in one batch, outside of all transactions."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

from aiodataloader import DataLoader

from resolvers.observation import observing

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Read: TypeAlias = Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]

MAX_BATCH_SIZE = 500


class BatchLoader(DataLoader[Key, Value | None], Generic[Key, Value]):
    """A loader by a function from keys to what is found; what is not found loads as None.

    It can stop reading. ``tick`` counts up, for all loaders that are asked about what comes first.
    """

    def __init__(
        self,
        read: Read[Key, Value],
        context: contextvars.Context,
        tick: Callable[[], int] | None = None,
    ) -> None:
        # Not aiodataloader's own: it takes longer to look at what it is given than a batch does.
        self.loop = asyncio.get_running_loop()
        self._cache = {}
        self._tick = tick or count(1).__next__
        self._read = read
        # aiodataloader would run the batch in the context of whoever asked first, perhaps inside
        # that one's transaction: it runs in the context of the operation instead.
        self._context = context
        self._found: dict[Key, tuple[Value | None, int]] = {}
        self._asked_at: dict[Key, int] = {}
        self._asked: list[tuple[Key, asyncio.Future[Value | None]]] = []
        self._reading = set[asyncio.Task[None]]()

    def get_cache_key(self, key: Key) -> Key:
        """Return what a key is found by: itself."""
        return key

    async def batch_load_fn(self, keys: list[Key]) -> list[Value | None]:
        """Read a batch."""
        with observing(_name(self._read), len(keys)):
            found = await self._read(keys)
        return [found.get(key) for key in keys]

    def do_resolve_reject(self, key: Key, future: "asyncio.Future[Value | None]") -> None:
        """Take a key into the next batch."""
        self._asked_at[key] = self._tick()
        self._asked.append((key, future))
        if len(self._asked) == 1:
            # Not at once: whoever is about to run may ask for more.
            self.loop.call_soon(self.loop.call_soon, self._dispatch)

    def prime(self, key: Key, value: Value | None) -> Self:
        """Have what was found elsewhere at hand, unless it was asked for already."""
        if key not in self._cache and key not in self._found:
            self._asked_at[key] = tick = self._tick()
            self._found[key] = value, tick
        return self

    def prime_all(self, found: Mapping[Key, Value]) -> None:
        """Have at hand what was found elsewhere all at once, as `prime` does for one."""
        tick = self._tick()
        new = {key: (value, tick) for key, value in found.items()}
        for known in new.keys() & (self._cache.keys() | self._found.keys()):
            del new[known]
        self._found.update(new)
        self._asked_at.update(dict.fromkeys(new, tick))

    def load(self, key: Key) -> "asyncio.Future[Value | None]":
        """Return what is found, in the next batch if it is not at hand."""
        future = self._cache.get(key)
        if future is None and key in self._found:
            future = self._cache[key] = self.loop.create_future()
            future.set_result(self._found[key][0])
        return super().load(key) if future is None else future

    def load_many(self, keys: Iterable[Key]) -> "asyncio.Future[list[Value | None]]":
        """Return what is found of each, in the next batch if it is not at hand."""
        asked = list(keys)
        found = self._found
        if all(key in found for key in asked):
            # A future for each of a page's learners would take longer than all the rest.
            at_hand = self.loop.create_future()
            at_hand.set_result([found[key][0] for key in asked])
            return at_hand
        return super().load_many(asked)

    def clear(self, key: Key) -> Self:
        """Forget what was found by a key."""
        self._found.pop(key, None)
        self._asked_at.pop(key, None)
        return super().clear(key)

    def clear_all(self) -> Self:
        """Forget all that was found."""
        self._found.clear()
        self._asked_at.clear()
        return super().clear_all()

    def at_hand(self, key: Key) -> tuple[Value | None, int]:
        """Return what was found by a key, and when; None where nothing was, or is not read yet."""
        return self._found.get(key) or (None, 0)

    @property
    def was_asked(self) -> bool:
        """Whether any key was asked for, so that asking `was_asked_before` is worth it."""
        return bool(self._asked_at)

    def was_asked_before(self, tick: int, key: Key) -> bool:
        """Tell whether a key was asked for before, so that what is found may be older."""
        return self._asked_at.get(key, tick) < tick

    def stop(self) -> None:
        """Cancel what is being read: nobody waits for it any more."""
        for task in self._reading:
            task.cancel()

    def _dispatch(self) -> None:
        asked, self._asked = self._asked, []
        for start in range(0, len(asked), MAX_BATCH_SIZE):
            batch = asked[start : start + MAX_BATCH_SIZE]
            task = self.loop.create_task(self._answer(batch), context=self._context.copy())
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def _answer(self, asked: Sequence[tuple[Key, asyncio.Future[Value | None]]]) -> None:
        keys = [key for key, _ in asked]
        try:
            values = await self.batch_load_fn(keys)
        except asyncio.CancelledError:
            for _, future in asked:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            for key, future in asked:
                self.clear(key)  # it may be tried again
                if not future.done():
                    future.set_exception(error)
        else:
            for (key, future), value in zip(asked, values, strict=True):
                if not future.done():
                    future.set_result(value)
                if self._cache.get(key) is future:  # it was not forgotten meanwhile
                    self._found[key] = value, self._tick()


@cache
def _name(read: Read[Any, Any]) -> str:
    return getattr(read, "__name__", "batch").strip("_")


class Batched(Generic[Key, Value]):
    """An attribute that is a loader, made when it is first asked for."""

    def __init__(self, read: Read[Key, Value]) -> None:
        self._read = read

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, loaders: None, owner: type) -> "Batched[Key, Value]": ...
    @overload
    def __get__(self, loaders: "LoaderSet", owner: type) -> BatchLoader[Key, Value]: ...
    def __get__(
        self, loaders: "LoaderSet | None", owner: type
    ) -> "Batched[Key, Value] | BatchLoader[Key, Value]":
        if loaders is None:
            return self
        made = BatchLoader(self._read, loaders.context, loaders.tick)
        # From now on the attribute is found before this descriptor is.
        loaders.__dict__[self._name] = loaders.made[self._name] = made
        return made


class LoaderSet:
    """Loaders that read in the context in which they are made, all of them."""

    def __init__(self) -> None:
        self.context = contextvars.copy_context()
        self.tick = count(1).__next__
        self.made: dict[str, BatchLoader[Any, Any]] = {}

    def forget(self) -> None:
        """Forget what was read, so that it is read again."""
        for loader in self.made.values():
            loader.clear_all()

    def stop(self) -> None:
        """Stop reading: whoever asked has left, or was answered."""
        for loader in self.made.values():
            loader.stop()
