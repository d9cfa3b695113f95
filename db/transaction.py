"""All or nothing, one writer per learner, and another try for who lost a race."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from tortoise.transactions import in_transaction

from db.asyncpg_backend import AsyncpgPool
from db.connection import client, dialect, in_a_transaction
from db.errors import RetryableError, TransactionManagementError

P = ParamSpec("P")
T = TypeVar("T")

STRIPES = 1024  # locks a course: learners that share one wait for each other
ATTEMPTS = 3

# Keys of two numbers are other locks than those of one, which are the stripes'.
FREEZE_LOCKS = 1
# Whoever publishes takes it alone, those who look whether anything was published share it: they
# share the row as well, and so many of them at once would never let the other have it.
PUBLICATION_LOCKS = 2

# Numbers of our own go into these texts: what is sent together with BEGIN has no parameters.
# `order by` in the subquery: all transactions take their locks in the same order. The course's
# lock is shared by all who write grades; whoever freezes them waits for those who have begun.
_LOCK_STRIPES = (
    "with course as materialized"
    f" (select pg_advisory_xact_lock_shared({FREEZE_LOCKS}, {{course}}))"
    " select pg_advisory_xact_lock(stripe) from course,"
    " (select stripe from unnest('{{{stripes}}}'::bigint[]) as stripe order by stripe) as ordered"
)
# Rows are asked for by their keys: to plan that anew for a few takes longer than to do it. But a
# plan that was made while a table was empty is kept while it fills, and reads all of it again.
_SAME_PLANS = "set local plan_cache_mode = force_generic_plan"
_NEW_PLANS = "set local plan_cache_mode = force_custom_plan"
_FEW = 10  # learners
_LOCK_COURSE = f"select pg_advisory_xact_lock({FREEZE_LOCKS}, {{course}})"


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Store everything written in the block, or nothing if it raises.

    Inside another transaction it is a savepoint. Never yield to a subscriber, load through a
    dataloader or wait for another connection inside.
    """
    async with in_transaction():
        yield


@asynccontextmanager
async def grade_transaction(course_id: int, learner_ids: Iterable[int]) -> AsyncIterator[None]:
    """Write grades of these learners with nobody else writing theirs in this course.

    What is read inside is what the last writer stored. PostgreSQL locks one stripe a learner
    before anything is read; SQLite has only one writer at a time anyway.

    :raises TransactionManagementError: inside another transaction, where the locks come too late.
    """
    if in_a_transaction():
        raise TransactionManagementError("a grade transaction cannot be part of another one")
    keys = stripes(course_id, learner_ids)
    locks = _LOCK_STRIPES.format(course=course_lock(course_id), stripes=",".join(map(str, keys)))
    async with _opened(f"{locks}; {_SAME_PLANS if len(keys) <= _FEW else _NEW_PLANS}"):
        yield


@asynccontextmanager
async def freeze_transaction(course_id: int) -> AsyncIterator[None]:
    """Freeze or open a course's grades with nobody writing any of them meanwhile.

    Whoever writes grades afterwards reads what is stored here.

    :raises TransactionManagementError: inside another transaction, where the lock comes too late.
    """
    if in_a_transaction():
        raise TransactionManagementError("a freeze cannot be part of another transaction")
    async with _opened(_LOCK_COURSE.format(course=course_lock(course_id))):
        yield


def _opened(locks: str) -> AbstractAsyncContextManager[object]:
    # What is read afterwards is as new as the locks: a statement of its own sees what was
    # committed before it began, and the locks are taken before the first one.
    if dialect() == "postgres":
        return cast(AsyncpgPool, client()).transaction(locks)
    return transaction()


def stripes(course_id: int, learner_ids: Iterable[int]) -> list[int]:
    """Return the lock keys that stand for these learners of a course, in order."""
    return sorted({course_id * STRIPES + learner_id % STRIPES for learner_id in learner_ids})


def course_lock(course_id: int) -> int:
    """Return the key among `FREEZE_LOCKS` that stands for a course."""
    return course_id % 2**31


def retrying(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run the whole of a function again, three times in all, when its transaction lost a race.

    Inside another transaction it runs once: only the outermost one can begin anew.
    """

    @wraps(function)
    async def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        if not in_a_transaction():
            for number in range(1, ATTEMPTS):
                try:
                    return await function(*args, **kwargs)
                except RetryableError:
                    await asyncio.sleep(random.uniform(0.005, 0.02) * 2**number)  # noqa: S311
        return await function(*args, **kwargs)

    return attempt
