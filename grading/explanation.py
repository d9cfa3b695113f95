"""How a course grade came about, in the numbers of its own computation."""

from collections.abc import Iterator
from dataclasses import dataclass

from grading.algorithm import Algorithm
from grading.breakdown import single_entries
from grading.computation import AssignmentTypeGrade, Computation
from grading.content import CourseContent
from grading.keys import UsageKey
from grading.policy import GradeCutoff
from grading.visibility import EVERYTHING, LearnersView


@dataclass(frozen=True, slots=True)
class ExplainedEntry:
    """One subsection or placeholder. The points of a ``hidden`` one count and are not shown:
    ``percent`` is None.
    """

    usage_key: UsageKey | None
    label: str
    detail: str
    percent: float | None
    dropped: bool
    overridden: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class AssignmentTypeExplanation:
    """One assignment type: what counted, what was dropped, and the sentence that sums it up."""

    grade: AssignmentTypeGrade
    entries: tuple[ExplainedEntry, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way from points to percent, letter and pass.

    ``unrounded`` is the sum of the types' shares, ``rounding`` the step from it to ``percent``.
    Both are None where all that counts is hidden from who looks.
    """

    algorithm: Algorithm
    assignment_types: tuple[AssignmentTypeExplanation, ...]
    unrounded: float | None
    percent: float | None
    cutoff: GradeCutoff | None
    passing_threshold: float | None
    passed: bool
    sum_text: str
    rounding_text: str
    verdict_text: str


def explain(
    computation: Computation, content: CourseContent, view: LearnersView = EVERYTHING
) -> Explanation:
    """Explain a computation that was made under this content and for this view."""
    policy = content.policy
    concealed = computation.concealed
    cutoff = None if concealed else policy.cutoff_reached(computation.percent)
    return Explanation(
        algorithm=content.algorithm,
        assignment_types=tuple(
            AssignmentTypeExplanation(
                grade, tuple(_entries(grade, content, view)), _type_text(grade, content, view)
            )
            for grade in computation.assignment_type_grades
        ),
        unrounded=None if concealed else computation.unrounded,
        percent=None if concealed else computation.percent,
        cutoff=cutoff,
        passing_threshold=policy.passing_threshold,
        passed=computation.verdict[1],
        sum_text=_NOTHING_YET if concealed else _sum_text(computation),
        rounding_text=_NOTHING_YET
        if concealed
        else (
            f"{_percentage(computation.unrounded)} + 0.05 %, rounded to a whole percent, "
            f"is {_percentage(computation.percent)}."
        ),
        verdict_text=_NOTHING_YET
        if concealed
        else _verdict(computation, cutoff, policy.passing_threshold),
    )


_NOTHING_YET = "All that counts is hidden for now."


def _entries(
    grade: AssignmentTypeGrade, content: CourseContent, view: LearnersView
) -> Iterator[ExplainedEntry]:
    for at, entry in enumerate(single_entries(grade, content.algorithm)):
        if at >= len(grade.counted):
            yield ExplainedEntry(None, entry.label, entry.detail, entry.percent, entry.dropped)
            continue
        counted = grade.counted[at]
        key = counted.grade.usage_key
        if view.conceals(key):
            name = counted.subsection.display_name
            detail = f"{entry.label} - {name} - counts, and is not shown"
            yield ExplainedEntry(key, entry.label, detail, None, dropped=False, hidden=True)
            continue
        yield ExplainedEntry(
            key,
            entry.label,
            entry.detail + (", overridden" if counted.grade.overridden else ""),
            entry.percent,
            entry.dropped,
            overridden=counted.grade.overridden,
        )


def _sum_text(computation: Computation) -> str:
    shares = [
        _number(grade.weighted_percent)
        for grade in computation.assignment_type_grades
        if not grade.concealed
    ]
    return f"{' + '.join(shares)}{' ' if shares else ''}= {_number(computation.unrounded)}"


def _type_text(grade: AssignmentTypeGrade, content: CourseContent, view: LearnersView) -> str:
    kind = grade.assignment_type
    subsections = content.graded_subsections_by_type.get(kind.name, ())
    left_out = sum(one.usage_key in view.uncounted for one in subsections)
    if grade.concealed:
        return f"{kind.name}: hidden for now ({left_out} left out); the others share its weight"
    overridden = sum(
        one.grade.overridden and not view.conceals(one.grade.usage_key) for one in grade.counted
    )
    parts = [f"{len(grade.counted)} counted"]
    if overridden:
        parts.append(f"{overridden} overridden")
    if grade.placeholder_count:
        parts.append(f"{grade.placeholder_count} not yet released and zero")
    if grade.dropped:
        parts.append(f"{len(grade.dropped)} dropped")
    if left_out:
        parts.append(f"{left_out} hidden and left out")
    stretched = (
        f" x {_number(grade.stretch)} for the weight of what is hidden"
        if grade.stretch != 1.0
        else ""
    )
    return (
        f"{kind.name}: average {_number(grade.percent)} ({', '.join(parts)}) "
        f"x weight {_number(kind.weight)}{stretched} = {_number(grade.weighted_percent)}"
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
