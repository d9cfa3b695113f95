"""The settings of one block, as Open edX reads them from XML attributes and policy.json."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from formats.olx.course_warning import CourseWarningCode, Place
from formats.olx.reading import Reading
from grading import UsageKey

_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set on one block itself; a value that cannot be read is noted and counts as unset."""

    usage_key: UsageKey
    file: str
    attributes: Mapping[str, str]
    metadata: Mapping[str, object]
    reading: Reading

    def names(self) -> set[str]:
        """Return the names of everything set here."""
        return {*self.attributes, *self.metadata}

    def value(self, name: str) -> object:
        """Return a value without reading it as anything; policy.json wins over the attribute."""
        if name in self.metadata:
            return self.metadata[name]
        text = self.attributes.get(name)
        if text is None:
            return None
        # Studio writes what is no plain text as JSON: "&quot;2030-01-01&quot;", true, null.
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text

    def text(self, name: str) -> str | None:
        """Return a text; one that happens to look like a number stays as it is written."""
        value = self.value(name)
        if value is None or isinstance(value, str):
            return value
        return self.attributes.get(name, str(value)) if name not in self.metadata else str(value)

    def flag(self, name: str) -> bool | None:
        """Return a boolean."""
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return value
        spelled = str(value).strip().lower()
        if spelled not in _TRUE | _FALSE:
            self._note_unreadable(name, "true or false")
            return None
        return spelled in _TRUE

    def whole_number(self, name: str) -> int | None:
        """Return a whole number."""
        value = self.value(name)
        if value is None:
            return None
        try:
            return int(str(value))
        except ValueError:
            self._note_unreadable(name, "a whole number")
            return None

    def points(self, name: str) -> float | None:
        """Return a number of points; one that nobody could earn is a fault of the course."""
        value = self.value(name)
        if value is None or value == "":
            return None
        try:
            points = float(value) if isinstance(value, int | float | str) else math.nan
        except (ValueError, OverflowError):
            points = math.nan
        most = self.reading.limits.points
        if not 0 <= points <= most:
            shown = str(value)[:40]
            self.reading.faults.add(
                self.file,
                f"{name} of {block_name(self.usage_key)} must be a number from 0 to "
                f"{most:.0f}, not {shown!r}.",
            )
            return None
        return points

    def moment(self, name: str) -> datetime | None:
        """Return a point in time; one without a zone is in UTC."""
        value = self.value(name)
        if value is None or value == "":
            return None
        try:
            moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
            if moment is not None:
                zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                return zoned.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self._note_unreadable(name, "a date")
        return None

    def _note_unreadable(self, name: str, expected: str) -> None:
        self.reading.notes.add(
            CourseWarningCode.UNREADABLE_VALUE,
            f"{{count}} block(s) have a {name} that is not {expected}; it counts as not set",
            Place(
                f"{block_name(self.usage_key)}: {str(self.value(name))[:40]!r}",
                self.usage_key,
                self.file,
            ),
        )


def block_name(usage_key: UsageKey) -> str:
    """Return the short name of a block as exports write it: ``problem/a1b2``."""
    return usage_key.partition("+type@")[2].replace("+block@", "/")
