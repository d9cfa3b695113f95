"""Small courses and scores for the tests of the core."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from grading import (
    Algorithm,
    CourseContent,
    CourseKey,
    CourseStructure,
    GradingPolicy,
    Problem,
    RecordedScore,
    Section,
    Subsection,
    SubsectionGrade,
    Total,
    UsageKey,
    content_version,
    policy_of,
)

COURSE = CourseKey("course-v1:edX+Toy+2024")
MONDAY = datetime(2024, 3, 4, 12, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


def block(block_type: str, name: str) -> UsageKey:
    return UsageKey(f"block-v1:edX+Toy+2024+type@{block_type}+block@{name}")


def subsection_key(name: str) -> UsageKey:
    return block("sequential", name)


def problem(name: str, weight: float | None = None, max_score: float | None = 1.0) -> Problem:
    return Problem(block("problem", name), weight=weight, max_score=max_score)


def subsection(name: str, format_: str, *, problems: int = 1, graded: bool = True) -> Subsection:
    """Make a subsection whose problems, ``NAME_1`` onwards, are worth a point each."""
    return Subsection(
        usage_key=subsection_key(name),
        display_name=name,
        format=format_,
        graded=graded,
        problems=tuple(problem(f"{name}_{number}") for number in range(1, problems + 1)),
    )


def structure_of(
    subsections: Iterable[Subsection], *, course_key: CourseKey = COURSE
) -> CourseStructure:
    section = Section(block("chapter", "all"), "All", tuple(subsections))
    return CourseStructure(course_key, "Toy", None, None, (section,))


def content_of(
    subsections: Iterable[Subsection] | CourseStructure,
    policy: GradingPolicy,
    algorithm: Algorithm = Algorithm.EDX_2024,
) -> CourseContent:
    structure = (
        subsections if isinstance(subsections, CourseStructure) else structure_of(subsections)
    )
    return CourseContent(
        structure, policy, algorithm, content_version(structure, policy, algorithm)
    )


def assignment_type(
    name: str, weight: float = 1.0, *, min_count: int = 0, drop_count: int = 0
) -> dict[str, Any]:
    return {"type": name, "min_count": min_count, "drop_count": drop_count, "weight": weight}


def policy(*types: Mapping[str, Any], cutoffs: Mapping[str, float] | None = None) -> GradingPolicy:
    return policy_of(
        {
            "GRADER": list(types),
            "GRADE_CUTOFFS": {"Pass": 0.5} if cutoffs is None else cutoffs,
        }
    )


def score(earned: float | None, possible: float | None = 1.0) -> RecordedScore:
    return RecordedScore(earned, possible, scored_at=TUESDAY, first_scored_at=MONDAY)


def grade_of(
    name: str, earned: float, possible: float = 1.0, *, attempted: bool = True
) -> SubsectionGrade:
    points = Total(earned, possible, MONDAY if attempted else None)
    return SubsectionGrade(subsection_key(name), points, points)


def grades_of(grades: Sequence[SubsectionGrade]) -> dict[UsageKey, SubsectionGrade]:
    return {grade.usage_key: grade for grade in grades}
