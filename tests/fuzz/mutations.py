"""Files as they arrive when something went wrong, or somebody meant harm."""

import random
from collections.abc import Callable
from typing import Final

_DOCTYPE: Final = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %s "%s">' % (name.encode(), b"&%s;" % before.encode() * 10)
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + b"]>"
)
_PIECES: Final = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\x1a", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
    *(b"<", b">", b"&", b'"', b"'", b"]]>", b"<![CDATA[", b"<!--", b"<?x?>", b"&a;", b"&#0;"),
    *(b"<a>", b"</a>", b"<problem/>", b'<vertical url_name="x"/>', b'url_name="../../x"'),
    *(b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"Infinity", b"-1", b"1e999", b"true"),
    *(b"9" * 400, b'"' * 50, b"\n" * 50, b",,,,", b"\xe2\x80\xae", b"\xf0\x9f\x92\xa3", b"0x1F"),
    *(b"2026-02-30T25:61:00Z", b"9999-12-31T23:59:59+14:00", b"block-v1:x", b"=cmd()"),
)
_WORDS: Final = (
    b"true", b"false", b"null", b"0", b"1", b"-1", b"1.5", b"1e308", b"nan", b"", b"x" * 3_000,
    b"[]", b"{}", b"[1]", b'"a"', b"99999999999999999999",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the content with something wrong in it, or several things."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        data = chance.choice(_MUTATIONS)(data, chance)
    return data


def _flip_bits(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data or b"\x00")
    for _ in range(chance.choice((1, 1, 4, 30))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _remove(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(data))
    return data[:place] + chance.choice(_PIECES) + data[place:]


def _nest(data: bytes, chance: random.Random) -> bytes:
    place, depth = chance.randint(0, len(data)), chance.choice((10, 500, 20_000))
    opening, closing = chance.choice(
        ((b"<a>", b"</a>"), (b"<vertical>", b"</vertical>"), (b"[", b"]"), (b'{"a":', b"}"))
    )
    return data[:place] + opening * depth + closing * depth + data[place:]


def _swap_a_value(data: bytes, chance: random.Random) -> bytes:
    # What stands between quotes, or between a colon and a comma: where values are.
    marks = [place for place, byte in enumerate(data) if byte in b'":,']
    if len(marks) < 2:
        return data
    number = chance.randrange(len(marks) - 1)
    return data[: marks[number] + 1] + chance.choice(_WORDS) + data[marks[number + 1] :]


def _encode(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(chance.choice(("utf-16", "utf-32", "utf-7", "cp037", "utf-8-sig")), "ignore")


def _declare_entities(data: bytes, chance: random.Random) -> bytes:
    place = data.find(b">") + 1
    return data[:place] + chance.choice((_DOCTYPE, b"<!DOCTYPE x>")) + data[place:] + b"&j;"


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((1, 10, 100, 1_000)))


_MUTATIONS: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    *(_flip_bits, _cut, _remove, _repeat, _insert, _insert),
    *(_nest, _swap_a_value, _swap_a_value, _swap_a_value, _encode, _declare_entities),
)
