"""What is wrong with a course, gathered so that all of it is said at once."""

from collections.abc import Sequence

from grading import InvalidCourse


class Faults:
    """The faults found so far, each with the file that it is in."""

    def __init__(self, named: int) -> None:
        self._named = named
        self._found: dict[str, None] = {}

    def add(self, file: str, text: str) -> None:
        """Note a fault; the same one twice counts once."""
        self._found[f"{file}: {text}"] = None

    def raise_any(self, also: Sequence[str] = ()) -> None:
        """Refuse the course if anything was found.

        :raises InvalidCourse: naming the faults, and how many more there are than it names.
        """
        if not self._found:
            return
        found = [*self._found, *also]
        more = len(found) - self._named
        raise InvalidCourse([*found[: self._named], *([f"And {more} more."] if more > 0 else [])])
