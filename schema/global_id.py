"""Global ids: opaque to clients, a type's name and numbers to us."""

import base64
import binascii
import re
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import strawberry

from grading import InvalidInput

MAX_NUMBER = 2**63 - 1
_TEXT = re.compile(r"([A-Za-z]{1,40})((?::[0-9]{1,19}){1,3})")


@dataclass(frozen=True, slots=True)
class GlobalId:
    """What a global id stands for: a GraphQL type, and the numbers that tell one from another."""

    type_name: str
    numbers: tuple[int, ...]

    def encoded(self) -> strawberry.ID:
        """Return the id as clients see it."""
        return global_id(self.type_name, *self.numbers)


# A gradebook is paged through again and again: the ids of its rows are made once.
@lru_cache(maxsize=16_384)
def global_id(type_name: str, *numbers: int) -> strawberry.ID:
    """Make a global id."""
    return _encoded(":".join([type_name, *map(str, numbers)]))


def global_ids(type_name: str, *numbers: int, lasts: Iterable[int]) -> list[strawberry.ID]:
    """Make global ids that differ in their last number only."""
    beginning = ":".join([type_name, *map(str, numbers), ""])
    # Base64 takes three bytes at a time: what follows the last three that all have in common is
    # the same for many learners, whose ids end with the same subsections.
    whole = len(beginning) - len(beginning) % 3
    head, rest = _base64(beginning[:whole]), beginning[whole:]
    return [strawberry.ID(head + _known_base64(f"{rest}{last}")) for last in lasts]


def _encoded(text: str) -> strawberry.ID:
    return strawberry.ID(_base64(text))


def _base64(text: str) -> str:
    # Of letters, digits and colons no base64 has a + or a /: it is the URL-safe one as well.
    return b2a_base64(text.encode(), newline=False).decode().rstrip("=")


_known_base64: Final = lru_cache(maxsize=4096)(_base64)


def parse_global_id(text: str) -> GlobalId:
    """Read a global id back.

    :raises InvalidInput: if it is none that this service made.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"{text[:80]!r} is no id of this service.") from error
    match = _TEXT.fullmatch(decoded)
    if match is None:
        raise InvalidInput(f"{text[:80]!r} is no id of this service.")
    numbers = tuple(int(number) for number in match[2].removeprefix(":").split(":"))
    parsed = GlobalId(match[1], numbers)
    # One object, one id: not the same numbers spelled otherwise, and none that no table can hold.
    if max(numbers) > MAX_NUMBER or parsed.encoded() != text:
        raise InvalidInput(f"{text[:80]!r} is no id of this service.")
    return parsed
