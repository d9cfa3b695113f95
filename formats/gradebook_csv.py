"""The gradebook CSV of Open edX's bulk-grade tool: grades out, overrides in.

Each graded subsection has five columns, which end in the beginning of its block id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from formats.csv_cells import learner_id_in, points_in, text_in
from formats.csv_rows import Columns, RefusedLine, read_rows
from formats.csv_writing import Cell
from grading import CourseKey, InvalidInput, LearnerId, UsageKey, parse_course_key

SHORTEST_ID: Final = 8
REMOVE: Final = "remove"
_WHO: Final = ("user_id", "username", "student_key", "course_id", "track", "cohort")
_PARTS: Final = ("name", "grade", "original_grade", "previous_override", "new_override")


@dataclass(frozen=True, slots=True)
class SubsectionCells:
    """One learner's points in one subsection, as a line has them; None for an empty cell.

    ``grade`` is what counts, ``original`` what the work earned, ``override`` what staff set.
    """

    name: str | None
    grade: float | None
    original: float | None
    override: float | None


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """What one line asks for: points by subsection, None to remove an override."""

    line: int
    user_id: LearnerId
    username: str | None
    course_key: CourseKey
    overrides: Mapping[UsageKey, float | None] = field(default_factory=dict)


def short_ids(usage_keys: Iterable[UsageKey]) -> dict[UsageKey, str]:
    """Return what a subsection's columns end in: eight characters of its id, or more.

    Open edX always takes eight, and leaves out the second of two that begin alike.
    """
    blocks = {key: key.rpartition("@")[2] for key in usage_keys}
    return {key: _shortest(block, blocks.values()) for key, block in blocks.items()}


def gradebook_header(ids: Iterable[str]) -> list[str]:
    """Return the names of the columns, in order."""
    return [*_WHO, *(f"{part}-{short}" for short in ids for part in _PARTS)]


def gradebook_cells(who: Sequence[Cell], subsections: Iterable[SubsectionCells]) -> list[Cell]:
    """Return one learner's line; ``who`` has the first six cells. New overrides are left empty."""
    cells = [*who]
    for one in subsections:
        cells += [one.name, one.grade, one.original, one.override, None]
    return cells


def read_overrides(
    lines: Iterable[str], ids: Mapping[UsageKey, str]
) -> Iterator[OverrideRow | RefusedLine]:
    """Yield each line as overrides or as refused, in file order.

    An empty cell changes nothing; ``remove`` takes an override away.

    :raises InvalidInput: at once, if the columns are not those of this course's gradebook.
    """
    optional = [name for name in _WHO if name not in {"user_id", "course_id"}]
    subsections = list(ids)
    for short in ids.values():
        optional += [f"{part}-{short}" for part in _PARTS]
    columns = Columns(required=("user_id", "course_id"), optional=tuple(optional))

    def row_of(line: int, cells: Sequence[str]) -> OverrideRow:
        user_id, course_id, username, _, _, _, *rest = cells
        overrides: dict[UsageKey, float | None] = {}
        for at, usage_key in enumerate(subsections):
            wanted = rest[at * len(_PARTS) + _PARTS.index("new_override")]
            if wanted.lower() == REMOVE:
                overrides[usage_key] = None
            elif wanted:
                overrides[usage_key] = points_in(wanted, f"new_override-{ids[usage_key]}")
        if not user_id:
            raise InvalidInput("It names no learner.")
        return OverrideRow(
            line,
            learner_id_in(user_id),
            text_in(username, "username", at_most=150),
            parse_course_key(course_id),
            overrides,
        )

    return read_rows(lines, columns, row_of)


def _shortest(block: str, others: Iterable[str]) -> str:
    rivals = [other for other in others if other != block]
    for length in range(SHORTEST_ID, len(block)):
        if not any(other.startswith(block[:length]) for other in rivals):
            return block[:length]
    return block
