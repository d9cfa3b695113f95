"""How grades and refusals are written into a first answer, and read back."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from grading import (
    Algorithm,
    CourseGrade,
    GradingError,
    OverrideSystem,
    SubsectionGrade,
    SubsectionGradeOverride,
    Total,
)


def course_grade_body(grade: CourseGrade) -> dict[str, object]:
    """Write a course grade."""
    return asdict(grade)


def course_grade_of(body: dict[str, Any]) -> CourseGrade:
    """Read a course grade, equal to the one that was written."""
    return CourseGrade(
        **{
            **_with_times(body, "passed_at", "last_updated"),
            "algorithm": Algorithm(body["algorithm"]),
        }
    )


def subsection_grade_body(grade: SubsectionGrade) -> dict[str, object]:
    """Write a subsection grade with its override."""
    return {
        **grade._asdict(),
        "computed_all_total": grade.computed_all_total._asdict(),
        "computed_graded_total": grade.computed_graded_total._asdict(),
        "override": None if grade.override is None else asdict(grade.override),
    }


def subsection_grade_of(body: dict[str, Any]) -> SubsectionGrade:
    """Read a subsection grade, equal to the one that was written."""
    return SubsectionGrade(
        **{
            **_with_times(body, "last_updated"),
            "computed_all_total": _total(body["computed_all_total"]),
            "computed_graded_total": _total(body["computed_graded_total"]),
            "override": None if body["override"] is None else _override(body["override"]),
        }
    )


def error_body(error: GradingError) -> dict[str, object]:
    """Write a refusal that is about one item of a request."""
    return {"kind": type(error).__name__, **vars(error)}


def error_of(body: dict[str, Any]) -> GradingError:
    """Read a refusal, of the same class and with the same particulars."""
    particulars = dict(body)
    kind, message = particulars.pop("kind"), particulars.pop("message")
    error: GradingError = _kinds()[kind](message, **particulars)
    return error


def _kinds() -> dict[str, Any]:
    found: list[type[GradingError]] = [GradingError]
    for kind in found:
        found += kind.__subclasses__()
    return {kind.__name__: kind for kind in found}


def _total(body: dict[str, Any]) -> Total:
    return Total(**_with_times(body, "first_attempted_at"))


def _override(body: dict[str, Any]) -> SubsectionGradeOverride:
    return SubsectionGradeOverride(
        **{
            **_with_times(body, "created_at", "updated_at"),
            "system": OverrideSystem(body["system"]),
        }
    )


def _with_times(body: dict[str, Any], *names: str) -> dict[str, Any]:
    times = {
        name: None if body[name] is None else datetime.fromisoformat(body[name]) for name in names
    }
    return {**body, **times}
