"""Grading policies: assignment types with their weights and drops, and the cutoffs."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from grading.digest import canonical_digest
from grading.errors import InvalidGradingPolicy

MAX_ASSIGNMENT_TYPES: Final = 100
MAX_COUNT: Final = 1_000
MAX_NUMBER: Final = 1_000_000
MAX_LETTER_LENGTH: Final = 255

# Open edX's policy for a course that names none; each of the two keys is replaced as a whole.
DEFAULT_POLICY: Final[Mapping[str, Any]] = {
    "GRADER": [
        {
            "type": "Homework",
            "short_label": "HW",
            "min_count": 12,
            "drop_count": 2,
            "weight": 0.15,
        },
        {"type": "Lab", "min_count": 12, "drop_count": 2, "weight": 0.15},
        {
            "type": "Midterm Exam",
            "short_label": "Midterm",
            "min_count": 1,
            "drop_count": 0,
            "weight": 0.3,
        },
        {
            "type": "Final Exam",
            "short_label": "Final",
            "min_count": 1,
            "drop_count": 0,
            "weight": 0.4,
        },
    ],
    "GRADE_CUTOFFS": {"Pass": 0.5},
}


@dataclass(frozen=True, slots=True)
class AssignmentType:
    """One row of the policy, such as Homework or Final Exam.

    ``min_count`` assignments are expected: missing ones count as zero. The ``drop_count`` lowest
    are left out. ``weight`` is the share of the course grade, as a fraction.
    """

    name: str
    short_label: str
    weight: float
    min_count: int
    drop_count: int
    category: str
    section_type: str
    show_only_average: bool = False
    hide_average: bool = False
    starting_index: int = 1


@dataclass(frozen=True, slots=True)
class GradeCutoff:
    """A letter and the smallest course percent, as a fraction, that earns it."""

    letter_grade: str
    threshold: float


@dataclass(frozen=True)
class GradingPolicy:
    """How subsection grades become a course grade, a letter and a pass.

    ``cutoffs`` are highest first; of equal ones, the first named wins. ``source`` is the policy's
    own JSON text: its spelling is part of the hash.
    """

    assignment_types: tuple[AssignmentType, ...]
    cutoffs: tuple[GradeCutoff, ...]
    source: str
    hash: str

    @cached_property
    def passing_threshold(self) -> float | None:
        """Return the lowest cutoff above zero, None where nothing can be passed."""
        positive = [cutoff.threshold for cutoff in self.cutoffs if cutoff.threshold > 0]
        return min(positive) if positive else None

    @property
    def weight_sum(self) -> float:
        """Return the sum of the weights."""
        return math.fsum(kind.weight for kind in self.assignment_types)

    def cutoff_reached(self, percent: float) -> GradeCutoff | None:
        """Return the highest cutoff that a course percent reaches."""
        return next((cutoff for cutoff in self.cutoffs if percent >= cutoff.threshold), None)

    def letter_grade(self, percent: float) -> str | None:
        """Return the letter of a course percent, None below every cutoff."""
        cutoff = self.cutoff_reached(percent)
        return None if cutoff is None else cutoff.letter_grade

    def passes(self, percent: float) -> bool:
        """Tell whether a course percent passes; without a positive cutoff none does."""
        threshold = self.passing_threshold
        return threshold is not None and percent >= threshold


def parse_policy(source: str) -> GradingPolicy:
    """Read a policy from the JSON text of Open edX's ``grading_policy.json``.

    :raises InvalidGradingPolicy: naming every fault.
    """
    try:
        document = json.loads(source)
    except RecursionError as error:
        raise InvalidGradingPolicy(["It is nested too deeply."]) from error
    except ValueError as error:
        raise InvalidGradingPolicy(["It is not JSON."]) from error
    return policy_of(document)


def policy_of(document: object) -> GradingPolicy:
    """Read a policy from a decoded JSON document; missing top keys take Open edX's defaults.

    :raises InvalidGradingPolicy: naming every fault.
    """
    if not isinstance(document, Mapping):
        raise InvalidGradingPolicy(["It must be a JSON object."])
    whole = {**DEFAULT_POLICY, **document}
    faults: list[str] = []
    kinds = _assignment_types(whole["GRADER"], faults)
    cutoffs = _cutoffs(whole["GRADE_CUTOFFS"], faults)
    if faults:
        raise InvalidGradingPolicy(faults)
    try:
        source = json.dumps(whole, ensure_ascii=False, allow_nan=False)
        source.encode()
        digest = canonical_digest(whole)
    except RecursionError as error:
        raise InvalidGradingPolicy(["It is nested too deeply."]) from error
    except ValueError as error:
        raise InvalidGradingPolicy(["It holds a number or a text that JSON cannot."]) from error
    return GradingPolicy(tuple(kinds), tuple(cutoffs), source, digest)


def _assignment_types(entries: object, faults: list[str]) -> list[AssignmentType]:
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        faults.append("GRADER must be a list of assignment types.")
        return []
    if len(entries) > MAX_ASSIGNMENT_TYPES:
        faults.append(
            f"GRADER has {len(entries)} assignment types; {MAX_ASSIGNMENT_TYPES} is most."
        )
        return []
    return [
        kind
        for position, entry in enumerate(entries, start=1)
        if (kind := _assignment_type(entry, f"Assignment type {position}", faults)) is not None
    ]


def _assignment_type(entry: object, place: str, faults: list[str]) -> AssignmentType | None:
    if not isinstance(entry, Mapping):
        faults.append(f"{place} must be a JSON object.")
        return None
    known = len(faults)
    missing = [key for key in ("type", "min_count", "drop_count") if key not in entry]
    if missing:
        faults.append(f"{place} has no {' and no '.join(missing)}.")
    name = entry.get("type", "")
    if not isinstance(name, str):
        faults.append(f"{place}: type must be text.")
        name = ""
    place = f"{place} ({name})" if name else place
    min_count = _whole_number(
        _read_as_edx_reads(entry.get("min_count", 0)), f"{place}: min_count", faults
    )
    drop_count = _whole_number(entry.get("drop_count", 0), f"{place}: drop_count", faults)
    starting_index = _whole_number(
        entry.get("starting_index", 1), f"{place}: starting_index", faults, most=MAX_NUMBER
    )
    weight = _number(entry.get("weight", 0), f"{place}: weight", faults)
    texts = {}
    for key in ("short_label", "category", "section_type"):
        texts[key] = entry.get(key) or name
        if not isinstance(texts[key], str):
            faults.append(f"{place}: {key} must be text.")
    if len(faults) > known:
        return None
    return AssignmentType(
        name=name,
        weight=weight,
        min_count=min_count,
        drop_count=drop_count,
        starting_index=starting_index,
        show_only_average=bool(entry.get("show_only_average", False)),
        hide_average=bool(entry.get("hide_average", False)),
        **texts,
    )


def _read_as_edx_reads(min_count: object) -> object:
    # Open edX reads min_count through int(float(...)), so "12" and 12.0 are legal.
    try:
        return int(float(min_count))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return min_count


# The bounds are far beyond any course; without them one policy could fill the memory with
# placeholders, or lead to an average that no double can hold.
def _whole_number(value: object, place: str, faults: list[str], *, most: int = MAX_COUNT) -> int:
    if not isinstance(value, int) or abs(value) > most:
        faults.append(f"{place} must be a whole number between -{most} and {most}.")
        return 0
    return int(value)


def _number(value: object, place: str, faults: list[str]) -> float:
    # Written so that NaN, which is on neither side of anything, is refused.
    if not isinstance(value, int | float) or not -MAX_NUMBER <= value <= MAX_NUMBER:
        faults.append(f"{place} must be a number between -{MAX_NUMBER} and {MAX_NUMBER}.")
        return 0.0
    return float(value)


def _cutoffs(document: object, faults: list[str]) -> list[GradeCutoff]:
    if not isinstance(document, Mapping):
        faults.append("GRADE_CUTOFFS must be a JSON object of letters and numbers.")
        return []
    cutoffs = []
    for letter, value in document.items():
        if len(letter) > MAX_LETTER_LENGTH or "\0" in letter:
            faults.append(
                f"Cutoff {letter[:MAX_LETTER_LENGTH]!r} must be named with at most "
                f"{MAX_LETTER_LENGTH} characters, none of them NUL."
            )
        cutoffs.append(GradeCutoff(letter, _number(value, f"Cutoff {letter!r}", faults)))
    return sorted(cutoffs, key=lambda cutoff: cutoff.threshold, reverse=True)
