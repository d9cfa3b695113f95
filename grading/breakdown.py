"""The breakdown of a course grade, entry for entry as Open edX writes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grading.algorithm import Algorithm
from grading.computation import AssignmentTypeGrade, Computation, compute
from grading.content import CourseContent
from grading.keys import UsageKey


@dataclass(frozen=True, slots=True)
class BreakdownEntry:
    """One line of a section breakdown: a subsection, a placeholder, or an average.

    ``usage_key`` is None for placeholders and averages. ``mark`` says why an entry was dropped.
    """

    percent: float
    label: str
    category: str
    detail: str
    prominent: bool = False
    mark: str | None = None
    usage_key: UsageKey | None = None

    @property
    def dropped(self) -> bool:
        """Tell whether the drop rule leaves this entry out."""
        return self.mark is not None


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """A category's share of the course grade, with Open edX's text for it."""

    percent: float
    detail: str


def section_breakdown(computation: Computation, algorithm: Algorithm) -> tuple[BreakdownEntry, ...]:
    """Return the entries of every assignment type, in policy order."""
    return tuple(
        entry
        for grade in computation.assignment_type_grades
        for entry in assignment_type_breakdown(grade, algorithm)
    )


def grade_breakdown(computation: Computation) -> Mapping[str, CategoryShare]:
    """Return each category's share; of two types with one category the later is shown."""
    return {
        grade.assignment_type.category: CategoryShare(
            grade.weighted_percent,
            f"{grade.assignment_type.category} = {grade.weighted_percent:.2%} "
            f"of a possible {grade.assignment_type.weight:.2%}",
        )
        for grade in computation.assignment_type_grades
    }


def assignment_type_breakdown(
    grade: AssignmentTypeGrade, algorithm: Algorithm
) -> list[BreakdownEntry]:
    """Return one type's entries in course order and, unless it is hidden, their average."""
    kind = grade.assignment_type
    average_text = _percentage(grade.percent, algorithm)
    if len(grade.counted) + grade.placeholder_count == 1:
        only = grade.counted[0].grade.usage_key if grade.counted else None
        detail = f"{kind.section_type} = {average_text}"
        return [
            BreakdownEntry(
                percent=grade.percent,
                label=kind.short_label,
                category=kind.category,
                detail=detail,
                prominent=True,
                usage_key=only,
            )
        ]
    entries = [] if kind.show_only_average else list(single_entries(grade, algorithm))
    if not kind.hide_average:
        entries.append(
            BreakdownEntry(
                percent=grade.percent,
                label=f"{kind.short_label} Avg",
                category=kind.category,
                detail=f"{kind.section_type} Average = {average_text}",
                prominent=True,
            )
        )
    return entries


def single_entries(grade: AssignmentTypeGrade, algorithm: Algorithm) -> Iterator[BreakdownEntry]:
    """Yield an entry for every subsection and placeholder of a type, in course order."""
    kind = grade.assignment_type
    mark = f"The lowest {kind.drop_count} {kind.section_type} scores are dropped."
    count = len(grade.counted) + grade.placeholder_count
    for at in range(count):
        index = at + kind.starting_index
        percent, usage_key = 0.0, None
        detail = f"{kind.section_type} {index} Unreleased - 0% (?/?)"
        if at < len(grade.counted):
            counted = grade.counted[at]
            percent, usage_key = counted.percent, counted.grade.usage_key
            points = counted.grade.graded_total
            detail = (
                f"{kind.section_type} {index} - {counted.subsection.display_name} - "
                f"{_percentage(percent, algorithm)} ({points.earned:.3g}/{points.possible:.3g})"
            )
        yield BreakdownEntry(
            percent=percent,
            label=kind.short_label if count == 1 else f"{kind.short_label} {index:02d}",
            category=kind.category,
            detail=detail,
            mark=mark if at in grade.dropped else None,
            usage_key=usage_key,
        )


def short_labels(content: CourseContent) -> dict[UsageKey, str]:
    """Return the gradebook's label of every subsection that counts, such as ``HW 03``.

    The numbers are those of the course's own order; a learner who meets other problems may see
    a subsection under another number in the breakdown.
    """
    entries = section_breakdown(compute(content, {}), content.algorithm)
    labels: dict[UsageKey, str] = {}
    for entry in entries:
        if entry.usage_key is not None:
            labels.setdefault(entry.usage_key, entry.label)
    return labels


def _percentage(fraction: float, algorithm: Algorithm) -> str:
    return f"{fraction:.{algorithm.text_decimals}%}"
