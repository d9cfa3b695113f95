"""What is odd but legal in a grading policy, given the course that it grades."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from grading.computation import counted_subsections
from grading.content import CourseContent
from grading.policy import AssignmentType

_WEIGHT_SUM_TOLERANCE = 1e-9


class PolicyWarningCode(StrEnum):
    """What is odd."""

    WEIGHTS_DO_NOT_SUM_TO_ONE = "WEIGHTS_DO_NOT_SUM_TO_ONE"
    FEWER_SUBSECTIONS_THAN_MIN_COUNT = "FEWER_SUBSECTIONS_THAN_MIN_COUNT"
    DROP_COUNT_NOT_BELOW_COUNT = "DROP_COUNT_NOT_BELOW_COUNT"
    GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE = "GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE"
    ASSIGNMENT_TYPE_WITHOUT_SUBSECTION = "ASSIGNMENT_TYPE_WITHOUT_SUBSECTION"
    NO_PASSING_CUTOFF = "NO_PASSING_CUTOFF"


@dataclass(frozen=True, slots=True)
class PolicyWarning:
    """One oddity; ``assignment_type`` is the name it is about, None for the whole policy."""

    code: PolicyWarningCode
    message: str
    assignment_type: str | None = None


def policy_warnings(content: CourseContent) -> tuple[PolicyWarning, ...]:
    """Return the oddities of the whole policy, then of each type, then of the subsections."""
    return (
        *_whole_policy(content),
        *(
            warning
            for kind in content.policy.assignment_types
            for warning in _one_type(content, kind)
        ),
        *_subsections(content),
    )


def _whole_policy(content: CourseContent) -> Iterator[PolicyWarning]:
    weight_sum = content.policy.weight_sum
    if abs(weight_sum - 1) > _WEIGHT_SUM_TOLERANCE:
        effect = (
            f"no grade can exceed {weight_sum:.2%}" if weight_sum < 1 else "grades can exceed 100 %"
        )
        yield PolicyWarning(
            PolicyWarningCode.WEIGHTS_DO_NOT_SUM_TO_ONE,
            f"The weights add up to {weight_sum:.6g}, not 1: {effect}.",
        )
    if content.policy.passing_threshold is None:
        yield PolicyWarning(
            PolicyWarningCode.NO_PASSING_CUTOFF, "No cutoff is above zero: nobody can pass."
        )


def _one_type(content: CourseContent, kind: AssignmentType) -> Iterator[PolicyWarning]:
    count = len(counted_subsections(content, kind, {}))
    if count == 0:
        yield PolicyWarning(
            PolicyWarningCode.ASSIGNMENT_TYPE_WITHOUT_SUBSECTION,
            f"No graded subsection worth points is a {kind.name!r}: "
            f"its {kind.weight:.2%} cannot be earned.",
            kind.name,
        )
    elif count < kind.min_count:
        yield PolicyWarning(
            PolicyWarningCode.FEWER_SUBSECTIONS_THAN_MIN_COUNT,
            f"{kind.name!r} expects {kind.min_count} subsections and has {count}: "
            "the missing ones count as zero.",
            kind.name,
        )
    if kind.drop_count and kind.drop_count >= max(count, kind.min_count):
        yield PolicyWarning(
            PolicyWarningCode.DROP_COUNT_NOT_BELOW_COUNT,
            f"{kind.name!r} drops {kind.drop_count} of {max(count, kind.min_count)}: "
            "nothing is left to count.",
            kind.name,
        )


def _subsections(content: CourseContent) -> Iterator[PolicyWarning]:
    known = {kind.name for kind in content.policy.assignment_types}
    for name, subsections in content.graded_subsections_by_type.items():
        if name not in known:
            yield PolicyWarning(
                PolicyWarningCode.GRADED_SUBSECTION_WITHOUT_ASSIGNMENT_TYPE,
                f"{len(subsections)} graded subsection(s) are of type {name!r}, "
                "which the policy does not know: they do not count.",
                name,
            )
