"""Entity tags: how a client asks whether what it has is what it would be answered."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST: Final = re.compile(rf"{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")
_ANY: Final = "*"


def entity_tag(media_type: str, body: bytes) -> str:
    """Make the strong tag of an answer: equal for the same bytes of the same type, and no others.

    It is made of the very answer, so that it knows of all that the answer depends on: what is
    stored, what the viewer may see, and the time.
    """
    digest = blake2b(body, digest_size=16, person=media_type.encode()[-16:])
    return f'"{digest.hexdigest()}"'


def is_held(tag: str, headers: Sequence[str]) -> bool:
    """Tell whether a request's `If-None-Match` headers have a tag; malformed ones have none.

    Weak tags are compared by their text, as is right where nothing is asked for in parts.
    """
    held = ", ".join(headers).strip()
    if held == _ANY:
        return True
    return _LIST.fullmatch(held) is not None and tag in _TAG.findall(held)
