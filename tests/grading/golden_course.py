"""Golden cases as values of the core: a policy and subsections, and what they come to."""

from collections.abc import Mapping, Sequence
from typing import Any

from grading import (
    Algorithm,
    BreakdownEntry,
    Computation,
    CourseContent,
    GradingPolicy,
    Subsection,
    SubsectionGrade,
    Total,
    UsageKey,
    compute,
    grade_breakdown,
    section_breakdown,
)
from tests.grading.courses import MONDAY, content_of, subsection_key

_KEY_BEFORE_ID = subsection_key("")


def content_of_rows(
    rows: Sequence[Mapping[str, Any]], policy: GradingPolicy, algorithm: Algorithm
) -> CourseContent:
    subsections = [
        Subsection(
            usage_key=subsection_key(row["id"]),
            display_name=row["display_name"],
            format=row["format"],
            graded=row["graded"],
        )
        for row in rows
    ]
    return content_of(subsections, policy, algorithm)


def grades_of_rows(rows: Sequence[Mapping[str, Any]]) -> dict[UsageKey, SubsectionGrade]:
    grades = {}
    for row in rows:
        points = Total(row["earned"], row["possible"], MONDAY if row.get("attempted") else None)
        key = subsection_key(row["id"])
        grades[key] = SubsectionGrade(key, points, points)
    return grades


def computed(
    rows: Sequence[Mapping[str, Any]], policy: GradingPolicy, algorithm: Algorithm
) -> Computation:
    return compute(content_of_rows(rows, policy, algorithm), grades_of_rows(rows))


def section_rows(computation: Computation, algorithm: Algorithm) -> list[dict[str, Any]]:
    """Return our section breakdown in the golden files' form."""
    return [_section_row(entry) for entry in section_breakdown(computation, algorithm)]


def _section_row(entry: BreakdownEntry) -> dict[str, Any]:
    return {
        "percent": entry.percent,
        "label": entry.label,
        "category": entry.category,
        "detail": entry.detail,
        "prominent": entry.prominent,
        "dropped": entry.dropped,
        "mark": entry.mark,
        "subsection_id": entry.usage_key and entry.usage_key.removeprefix(_KEY_BEFORE_ID),
    }


def category_rows(computation: Computation) -> list[dict[str, Any]]:
    """Return our grade breakdown in the golden files' form."""
    return [
        {"category": category, "percent": share.percent, "detail": share.detail}
        for category, share in grade_breakdown(computation).items()
    ]
