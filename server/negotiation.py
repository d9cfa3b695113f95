"""What a client would like to be answered in, from its Accept header."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from strawberry.http.streaming import HTTPStreamTransport

from server.refusals import Refused

JSON: Final = "application/json"
GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
# Which one a client gets that takes both alike: the first.
JSON_TYPES: Final = (JSON, GRAPHQL_RESPONSE)

Format = str | HTTPStreamTransport

_QUALITY: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True)
class MediaRange:
    """One of the things that a client accepts."""

    text: str
    kind: str
    parameters: Mapping[str, str]
    quality: float

    def specificity(self, offer: Format) -> int | None:
        """Return how exactly it means what we could send, None if it does not mean it.

        A stream never ends: who gets one must have asked for it by name.
        """
        if isinstance(offer, HTTPStreamTransport):
            return 2 if offer.accepts(self.text) else None
        if self.parameters.get("charset", "utf-8").lower() != "utf-8":
            return None
        return {offer: 2, "application/*": 1, "*/*": 0}.get(self.kind)


def acceptable(accept: str, streams: Iterable[HTTPStreamTransport]) -> list[Format]:
    """Return what may be sent to a client: what it likes best first, then in its own order.

    :raises Refused: if it accepts nothing that we have.
    """
    ranges = _ranges(accept.strip() or "*/*")
    offers: list[Format] = [*JSON_TYPES, *streams]
    ranked: list[tuple[float, int, int, Format]] = []
    for ours, offer in enumerate(offers):
        meant = [
            (-specificity, place)
            for place, one in enumerate(ranges)
            if (specificity := one.specificity(offer)) is not None
        ]
        if meant:
            _, place = min(meant)  # the most exact one says how much it is liked
            if ranges[place].quality > 0:
                ranked.append((-ranges[place].quality, place, ours, offer))
    if not ranked:
        raise Refused(406, "NOT_ACCEPTABLE", f"Accept {', '.join(JSON_TYPES)}, or a stream.")
    return [offer for *_, offer in sorted(ranked, key=lambda one: one[:3])]


@lru_cache(maxsize=64)
def _ranges(accept: str) -> tuple[MediaRange, ...]:
    return tuple(_range(part) for part in _split(accept, ","))


def _range(text: str) -> MediaRange:
    kind, *rest = _split(text, ";") or [""]
    parameters = {}
    for parameter in rest:
        name, _, value = parameter.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    quality = parameters.pop("q", "1")
    return MediaRange(
        text,
        kind.lower(),
        parameters,
        float(quality) if _QUALITY.fullmatch(quality) else 0.0,
    )


def _split(text: str, separator: str) -> list[str]:
    """Split at the separators that are not in quotes."""
    parts = [""]
    quoted = False
    for character in text:
        quoted ^= character == '"'
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]
