"""The grade so far: over attempted work only."""

from collections.abc import Mapping
from dataclasses import replace

from grading.computation import counted_subsections, grade_assignment_type
from grading.content import CourseContent
from grading.keys import UsageKey
from grading.rounding import course_percent
from grading.subsection_grade import SubsectionGrade
from grading.visibility import EVERYTHING, LearnersView


def current_percent(
    content: CourseContent,
    grades: Mapping[UsageKey, SubsectionGrade],
    view: LearnersView = EVERYTHING,
) -> float | None:
    """Return the course percent over attempted subsections in view, None where there are none.

    Assignment types with attempted work share out the whole weight; nothing fills up to the
    expected number, and a drop never takes a type's last attempted subsection.
    """
    shares = weights = 0.0
    for kind in content.policy.assignment_types:
        attempted = [
            counted
            for counted in counted_subsections(content, kind, grades)
            if counted.grade.engaged and counted.subsection.usage_key not in view.uncounted
        ]
        if attempted:
            so_far = replace(
                kind, min_count=0, drop_count=min(max(kind.drop_count, 0), len(attempted) - 1)
            )
            shares += grade_assignment_type(so_far, attempted).weighted_percent
            weights += kind.weight
    return course_percent(shares / weights) if weights > 0 else None
