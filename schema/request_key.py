"""Idempotency keys: what a request asks for, in one line that tells it from another."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Any, Final

import orjson
import strawberry

from grading import InvalidInput
from resolvers.first_answers import RequestKey
from resolvers.storable import is_storable

MAX_KEY: Final = 200  # characters

DESCRIPTION: Final = (
    "Any text of 1 to 200 characters that you make up for this request. The same key again "
    "within 24 hours gives the first answer and changes nothing; with another input it is "
    "refused. A request that was refused uses no key up."
)


def request_key(mutation: str, input: Any) -> RequestKey | None:  # noqa: ANN401 - any input type
    """Return the key of a mutation's input, with the fingerprint of all else in it.

    :raises InvalidInput: if it is empty, too long, or no text that can be kept.
    """
    key: str | None = input.idempotency_key
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or not is_storable(key):
        raise InvalidInput(
            f"An idempotency key has 1 to {MAX_KEY} characters, none of them NUL or half a "
            "character.",
            field=["idempotencyKey"],
        )
    said = _said(input)
    del said["idempotency_key"]
    canonical = orjson.dumps([mutation, said], option=orjson.OPT_SORT_KEYS)
    return RequestKey(key, sha256(canonical).hexdigest())


def _said(value: Any) -> Any:  # noqa: ANN401 - as JSON
    if is_dataclass(value):
        said = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: _said(one) for name, one in said.items() if one is not strawberry.UNSET}
    match value:
        case list():
            return [_said(one) for one in value]
        case Enum():
            return value.name
        case datetime():
            return value.isoformat()
        case str():
            # Half a character, which JSON can spell, is none that orjson writes.
            return value.encode("utf-8", "surrogatepass").hex()
    return value
