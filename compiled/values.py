"""What a resolver may return where there has to be a value."""

from collections.abc import Iterable
from inspect import iscoroutine

from graphql import Undefined
from strawberry.execution import optimized_is_awaitable

from compiled.refusals import NotCompiled


def check_object(value: object) -> None:
    """Let pass what can be completed as it is.

    :raises Exception: if it is one, which stands for a failure.
    :raises TypeError: if it is null.
    :raises NotCompiled: if it has to be awaited.
    """
    if isinstance(value, Exception):
        raise value
    if value is None or value is Undefined:
        raise TypeError("null where there must be a value")
    if optimized_is_awaitable(value):
        raise NotCompiled("an awaitable where a value was expected")


def abandon(values: Iterable[object]) -> None:
    """Close coroutines that a resolver has made, and that nobody is going to await."""
    for value in values:
        if iscoroutine(value):
            value.close()
