"""What is odd in an export but no reason to refuse it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from grading import UsageKey

_EXAMPLES_NAMED: Final = 3


class CourseWarningCode(StrEnum):
    """What is odd; in the order in which warnings are listed."""

    DEFAULT_POLICY_USED = "DEFAULT_POLICY_USED"
    UNKNOWN_POLICY_KEY = "UNKNOWN_POLICY_KEY"
    UNKNOWN_BLOCK_TYPE = "UNKNOWN_BLOCK_TYPE"
    MISSING_FILE = "MISSING_FILE"
    ORPHANED_FILE = "ORPHANED_FILE"
    DRAFT_LEFT_OUT = "DRAFT_LEFT_OUT"
    SETTINGS_WITHOUT_BLOCK = "SETTINGS_WITHOUT_BLOCK"
    MISSING_URL_NAME = "MISSING_URL_NAME"
    DUPLICATE_BLOCK = "DUPLICATE_BLOCK"
    OUTSIDE_SUBSECTION = "OUTSIDE_SUBSECTION"
    STAFF_ONLY = "STAFF_ONLY"
    RESTRICTED_TO_GROUPS = "RESTRICTED_TO_GROUPS"
    RANDOMISED_CONTENT = "RANDOMISED_CONTENT"
    GROUPS_UNLIKE_BRANCHES = "GROUPS_UNLIKE_BRANCHES"
    SEPARATE_DATE = "SEPARATE_DATE"
    UNREADABLE_VALUE = "UNREADABLE_VALUE"
    UNKNOWN_ATTRIBUTE = "UNKNOWN_ATTRIBUTE"
    UNKNOWN_RESPONSE_TYPE = "UNKNOWN_RESPONSE_TYPE"
    NOTHING_TO_EARN = "NOTHING_TO_EARN"
    UNKNOWN_MAX_SCORE = "UNKNOWN_MAX_SCORE"


@dataclass(frozen=True, slots=True)
class CourseWarning:
    """One oddity, or many of the same kind with how often it occurs in the message.

    ``usage_key`` and ``file`` say where, when it occurs once.
    """

    code: CourseWarningCode
    message: str
    usage_key: UsageKey | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something odd is; ``name`` is how a message calls it.

    ``position`` tells places apart that share all the rest.
    """

    name: str = ""
    usage_key: UsageKey | None = None
    file: str | None = None
    position: tuple[UsageKey, int] | None = None


class Notes:
    """The oddities met so far, grouped so that three hundred of a kind make one warning."""

    def __init__(self) -> None:
        self._groups: dict[tuple[CourseWarningCode, str], dict[Place, None]] = {}

    def add(self, code: CourseWarningCode, text: str, place: Place) -> None:
        """Note an oddity; the same text groups, and the same place counts once.

        ``{count}`` in the text becomes the number of places.
        """
        self._groups.setdefault((code, text), {})[place] = None

    def warnings(self) -> tuple[CourseWarning, ...]:
        """Return a warning for every group, in the order of the codes, then of their meeting."""
        order = list(CourseWarningCode)
        groups = sorted(self._groups.items(), key=lambda item: order.index(item[0][0]))
        return tuple(_warning(code, text, list(places)) for (code, text), places in groups)


def _warning(code: CourseWarningCode, text: str, places: list[Place]) -> CourseWarning:
    names = list(dict.fromkeys(place.name for place in places if place.name))
    named = ", ".join(names[:_EXAMPLES_NAMED])
    if len(names) > _EXAMPLES_NAMED:
        named += ", ..."
    message = text.replace("{count}", str(len(places))) + (f" ({named})." if named else ".")
    if len(places) > 1:
        return CourseWarning(code, message)
    return CourseWarning(code, message, places[0].usage_key, places[0].file)
