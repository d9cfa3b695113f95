"""The one computation of a course grade: subsection grades in, figures out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from grading.content import CourseContent
from grading.keys import UsageKey
from grading.policy import AssignmentType
from grading.rounding import course_percent, round_half_even
from grading.structure import Subsection
from grading.subsection_grade import SubsectionGrade
from grading.visibility import EVERYTHING, LearnersView

# The class would make itself in twice the time.
_made: Final = tuple.__new__


class CountedSubsection(NamedTuple):
    """A subsection that takes part in an assignment type, with its rounded percent."""

    subsection: Subsection
    grade: SubsectionGrade
    percent: float


class AssignmentTypeGrade(NamedTuple):
    """What one row of the policy comes to.

    ``counted`` are its subsections in course order, ``placeholder_count`` the zeros that fill up
    to the expected number after them; ``dropped`` are positions from 0 over both. ``percent`` is
    the average after drops; ``weighted_percent`` is its share of the course grade. ``concealed``
    when all of it is hidden from who looks: the figures are then 0 and stand for nothing. The
    weight of what is concealed is shared by the others: ``stretch`` is what multiplies theirs.
    """

    assignment_type: AssignmentType
    counted: tuple[CountedSubsection, ...]
    placeholder_count: int
    dropped: frozenset[int]
    percent: float
    weighted_percent: float
    concealed: bool = False
    stretch: float = 1.0

    @property
    def dropped_subsections(self) -> tuple[CountedSubsection, ...]:
        """Return the subsections that the drop rule leaves out, in course order."""
        return tuple(self.counted[at] for at in sorted(self.dropped) if at < len(self.counted))


class Computation(NamedTuple):
    """A course grade's figures. ``unrounded`` is the sum of the weighted percents, in order.

    ``concealed`` when all that counts is hidden from who looks: the figures then stand for nothing.
    """

    unrounded: float
    percent: float
    letter_grade: str | None
    passed: bool
    assignment_type_grades: tuple[AssignmentTypeGrade, ...]
    concealed: bool = False

    @property
    def verdict(self) -> tuple[str | None, bool]:
        """Return letter and pass: none for a grade of which nothing is to be seen."""
        return (None, False) if self.concealed else (self.letter_grade, self.passed)

    @property
    def dropped(self) -> frozenset[UsageKey]:
        """Return the subsections that a drop rule leaves out of the course grade."""
        return frozenset(
            counted.grade.usage_key
            for grade in self.assignment_type_grades
            for counted in grade.dropped_subsections
        )


def average_after_drops(percents: Sequence[float], drop_count: int) -> tuple[float, frozenset[int]]:
    """Return the mean of the percents that are kept, and the positions that are dropped.

    Of equal percents the later is dropped first. The sum runs in the given order, as doubles. A
    negative ``drop_count`` drops nothing but still divides by the larger number, as Open edX does.
    """
    dropped: frozenset[int] = frozenset()
    if drop_count > 0:
        falling = sorted(range(len(percents)), key=percents.__getitem__, reverse=True)
        dropped = frozenset(falling[-drop_count:])
    # Not sum(): since Python 3.12 it compensates for rounding, and grades would differ.
    kept = 0.0
    for at, value in enumerate(percents):
        if at not in dropped:
            kept += value
    divisor = len(percents) - drop_count
    return (kept / divisor if divisor > 0 else kept), dropped


def grade_assignment_type(
    kind: AssignmentType, counted: Sequence[CountedSubsection]
) -> AssignmentTypeGrade:
    """Average one assignment type's subsections and weigh the result."""
    placeholder_count = max(kind.min_count - len(counted), 0)
    percents = [one.percent for one in counted]
    percents.extend([0.0] * placeholder_count)
    percent, dropped = average_after_drops(percents, kind.drop_count)
    return AssignmentTypeGrade(
        kind, tuple(counted), placeholder_count, dropped, percent, percent * kind.weight
    )


def compute(
    content: CourseContent,
    grades: Mapping[UsageKey, SubsectionGrade],
    view: LearnersView = EVERYTHING,
) -> Computation:
    """Compute a course grade; a subsection that ``grades`` lacks has its zero grade.

    With a learner's view, what is hidden does not count, neither with its points nor as zeros:
    fewer subsections are expected of its assignment type, a drop never takes the last of them,
    and types that are hidden wholly leave their weight to the others.
    """
    if view.uncounted:
        type_grades = _visible_type_grades(content, grades, view)
    else:
        type_grades = tuple(
            grade_assignment_type(kind, counted_subsections(content, kind, grades))
            for kind in content.policy.assignment_types
        )
    unrounded = 0.0
    for type_grade in type_grades:
        unrounded += type_grade.weighted_percent
    percent = course_percent(unrounded)
    return Computation(
        unrounded,
        percent,
        content.policy.letter_grade(percent),
        content.policy.passes(percent),
        type_grades,
        concealed=_is_concealed(type_grades),
    )


def _is_concealed(type_grades: Sequence[AssignmentTypeGrade]) -> bool:
    weighty = [grade for grade in type_grades if grade.assignment_type.weight]
    # What fills up to an expected number is not yet anything to be seen.
    return any(grade.concealed for grade in weighty) and not any(grade.counted for grade in weighty)


def _visible_type_grades(
    content: CourseContent, grades: Mapping[UsageKey, SubsectionGrade], view: LearnersView
) -> tuple[AssignmentTypeGrade, ...]:
    found = [
        _visible_type_grade(content, kind, grades, view) for kind in content.policy.assignment_types
    ]
    whole = shown = 0.0
    for grade in found:
        whole += grade.assignment_type.weight
        shown += 0.0 if grade.concealed else grade.assignment_type.weight
    if shown == whole or shown <= 0:
        return tuple(found)
    stretch = whole / shown
    return tuple(
        grade._replace(weighted_percent=grade.weighted_percent * stretch, stretch=stretch)
        for grade in found
    )


def _visible_type_grade(
    content: CourseContent,
    kind: AssignmentType,
    grades: Mapping[UsageKey, SubsectionGrade],
    view: LearnersView,
) -> AssignmentTypeGrade:
    subsections = content.graded_subsections_by_type.get(kind.name, ())
    hidden = sum(one.usage_key in view.uncounted for one in subsections)
    counted = [
        one
        for one in counted_subsections(content, kind, grades)
        if one.subsection.usage_key not in view.uncounted
    ]
    if not hidden:
        return grade_assignment_type(kind, counted)
    if not counted:
        return AssignmentTypeGrade(kind, (), 0, frozenset(), 0.0, 0.0, concealed=True)
    expected = max(kind.min_count - hidden, len(counted))
    fewer = replace(kind, min_count=expected, drop_count=min(kind.drop_count, expected - 1))
    return grade_assignment_type(fewer, counted)._replace(assignment_type=kind)


def counted_subsections(
    content: CourseContent, kind: AssignmentType, grades: Mapping[UsageKey, SubsectionGrade]
) -> list[CountedSubsection]:
    """Return the graded subsections of a type that are worth anything, in course order."""
    decimals = content.algorithm.subsection_decimals
    zero_grades = content.zero_grades
    counted: list[CountedSubsection] = []
    for subsection in content.graded_subsections_by_type.get(kind.name, ()):
        key = subsection.usage_key
        grade = grades.get(key) or zero_grades[key]
        # The property asks the same, but this is done for every subsection of every learner.
        total = grade.computed_graded_total if grade.override is None else grade.graded_total
        earned, possible, _ = total
        if possible > 0:
            value = round_half_even(earned / possible, decimals)
            counted.append(_made(CountedSubsection, (subsection, grade, value)))
    return counted
