"""What the columns of exported and imported files stand for in a course."""

from collections.abc import Mapping

from db.grade_exports import ExportFormat
from formats.gradebook_csv import short_ids
from grading import UsageKey
from grading.content import CourseContent


def graded_ids(content: CourseContent) -> Mapping[UsageKey, str]:
    """Return what the columns of each graded subsection end in, in course order."""
    return short_ids(key for key, one in content.subsections.items() if one.graded)


def columns_of(content: CourseContent, format: ExportFormat) -> int:
    """Return about how many cells a file has for each learner."""
    graded = [one for one in content.subsections.values() if one.graded]
    if format is ExportFormat.PROBLEM_REPORT:
        return 5 + 2 * sum(len(one.problems) for one in graded)
    if format is ExportFormat.GRADE_REPORT:
        return 7 + 2 * len(graded)
    return 6 + 5 * len(graded) if format is ExportFormat.OVERRIDES else 20 * len(graded)
