"""The parts of one course grade, and what of them the viewer may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from db.courses import StoredCourse
from grading import (
    EVERYTHING,
    Computation,
    LearnerId,
    LearnersView,
    SubsectionGrade,
    UsageKey,
    Visibility,
    compute,
    course_visibility,
    current_percent,
)


@dataclass(frozen=True)
class Breakdown:
    """A course grade's parts, under the version of the course that it was computed with.

    ``learners_view`` is what learners see of them, ``view`` what the viewer does. ``supposed``
    are subsections with points that are only supposed: they count, hidden or not.
    """

    course: StoredCourse
    learner_id: LearnerId
    grades: Mapping[UsageKey, SubsectionGrade]
    learners_view: LearnersView
    view: LearnersView = EVERYTHING
    supposed: frozenset[UsageKey] = frozenset()

    @cached_property
    def computation(self) -> Computation:
        """Return the figures that the parts add up to, as far as the viewer may see them."""
        return self._computed(self.view.without(self.supposed))

    @cached_property
    def dropped(self) -> frozenset[UsageKey]:
        """Return the subsections that a drop rule leaves out, those that are hidden excepted."""
        return self.computation.dropped - self.view.hidden.keys()

    @cached_property
    def visibility(self) -> Visibility:
        """Return whether learners see anything of the course grade."""
        if not self.learners_view.uncounted:
            return Visibility.VISIBLE
        seen = self._computed(self.learners_view)
        return course_visibility(self.course.content, self.learners_view, concealed=seen.concealed)

    @property
    def current_percent(self) -> float | None:
        """Return the percent over attempted work that the viewer may see, None without any."""
        return current_percent(self.course.content, self.grades, self.view)

    def subsection_grade(self, usage_key: UsageKey) -> SubsectionGrade:
        """Return the stored grade of a subsection, or its zero grade."""
        return self.grades.get(usage_key) or self.course.content.zero_grades[usage_key]

    def _computed(self, view: LearnersView) -> Computation:
        return compute(self.course.content, self.grades, view)
