"""One learner's grade as files tell of it, whatever their format."""

from collections.abc import Mapping
from dataclasses import dataclass

from grading import Computation, CourseGrade, LearnerId, RecordedScore, SubsectionGrade, UsageKey
from grading.content import CourseContent


@dataclass(frozen=True, slots=True)
class ExportedGrade:
    """A learner with all that was graded; ``email`` None where nobody may see it.

    ``computation`` is of the same grades. ``scores`` are empty where a format needs none.
    """

    learner_id: LearnerId
    username: str
    email: str | None
    external_user_key: str | None
    active: bool
    mode: str | None
    cohort: str | None
    course_grade: CourseGrade
    grades: Mapping[UsageKey, SubsectionGrade]
    computation: Computation
    scores: Mapping[UsageKey, RecordedScore]

    def subsection_grade(self, content: CourseContent, usage_key: UsageKey) -> SubsectionGrade:
        """Return the stored grade of a subsection, or its zero grade."""
        return self.grades.get(usage_key) or content.zero_grades[usage_key]
