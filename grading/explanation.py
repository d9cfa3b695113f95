"""How a course grade came about, in the numbers of its own computation."""

from dataclasses import dataclass

from grading.algorithm import Algorithm
from grading.breakdown import BreakdownEntry, single_entries
from grading.computation import AssignmentTypeGrade, Computation
from grading.content import CourseContent
from grading.policy import GradeCutoff


@dataclass(frozen=True, slots=True)
class AssignmentTypeExplanation:
    """One assignment type: what counted, what was dropped, and the sentence that sums it up."""

    grade: AssignmentTypeGrade
    entries: tuple[BreakdownEntry, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way from points to percent, letter and pass.

    ``unrounded`` is the sum of the types' shares, ``rounding`` the step from it to ``percent``.
    """

    algorithm: Algorithm
    assignment_types: tuple[AssignmentTypeExplanation, ...]
    unrounded: float
    percent: float
    cutoff: GradeCutoff | None
    passing_threshold: float | None
    passed: bool
    sum_text: str
    rounding_text: str
    verdict_text: str


def explain(computation: Computation, content: CourseContent) -> Explanation:
    """Explain a computation that was made under this content."""
    policy = content.policy
    cutoff = policy.cutoff_reached(computation.percent)
    shares = [grade.weighted_percent for grade in computation.assignment_type_grades]
    return Explanation(
        algorithm=content.algorithm,
        assignment_types=tuple(
            AssignmentTypeExplanation(
                grade, tuple(single_entries(grade, content.algorithm)), _type_text(grade)
            )
            for grade in computation.assignment_type_grades
        ),
        unrounded=computation.unrounded,
        percent=computation.percent,
        cutoff=cutoff,
        passing_threshold=policy.passing_threshold,
        passed=computation.passed,
        sum_text=" + ".join(_number(share) for share in shares)
        + f"{' ' if shares else ''}= {_number(computation.unrounded)}",
        rounding_text=(
            f"{_percentage(computation.unrounded)} + 0.05 %, rounded to a whole percent, "
            f"is {_percentage(computation.percent)}."
        ),
        verdict_text=_verdict(computation, cutoff, policy.passing_threshold),
    )


def _type_text(grade: AssignmentTypeGrade) -> str:
    kind = grade.assignment_type
    parts = [f"{len(grade.counted)} counted"]
    if grade.placeholder_count:
        parts.append(f"{grade.placeholder_count} not yet released and zero")
    if grade.dropped:
        parts.append(f"{len(grade.dropped)} dropped")
    return (
        f"{kind.name}: average {_number(grade.percent)} ({', '.join(parts)}) "
        f"x weight {_number(kind.weight)} = {_number(grade.weighted_percent)}"
    )


def _verdict(computation: Computation, cutoff: GradeCutoff | None, threshold: float | None) -> str:
    reached = (
        "reaches no cutoff"
        if cutoff is None
        else f"reaches {cutoff.letter_grade} (from {_percentage(cutoff.threshold)})"
    )
    if threshold is None:
        passing = "nothing can be passed, since no cutoff is above zero"
    else:
        verb = "passes" if computation.passed else "does not pass"
        passing = f"it {verb} (from {_percentage(threshold)})"
    return f"{_percentage(computation.percent)} {reached}; {passing}."


def _percentage(fraction: float) -> str:
    return f"{_number(fraction * 100)} %"


def _number(value: float) -> str:
    return f"{value:.6g}"
