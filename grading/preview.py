"""Previews: what other content would make of a stored grade, before anything is stored."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from grading.content import CourseContent
from grading.course_grade import CourseGrade
from grading.keys import LearnerId
from grading.regrading import LearnerRecord, regrade


@dataclass(frozen=True, slots=True)
class PreviewedGrade:
    """A learner's stored course grade, and what it would become."""

    before: CourseGrade
    after: CourseGrade

    @property
    def percent_changes(self) -> bool:
        """Tell whether the rounded percent would be another."""
        return self.before.percent != self.after.percent

    @property
    def letter_changes(self) -> bool:
        """Tell whether the letter would be another."""
        return self.before.letter_grade != self.after.letter_grade

    @property
    def pass_changes(self) -> bool:
        """Tell whether the learner would begin or cease to pass."""
        return self.before.passed != self.after.passed

    @property
    def changes(self) -> bool:
        """Tell whether the learner would see any of these change."""
        return self.percent_changes or self.letter_changes or self.pass_changes


@dataclass(frozen=True, slots=True)
class EffectOnGrades:
    """How many of ``learners`` with a stored grade would have another, and in what.

    ``letters`` and ``passes`` count those among ``percents`` and beside them.
    """

    learners: int = 0
    percents: int = 0
    letters: int = 0
    passes: int = 0

    def with_more(self, previews: Iterable[PreviewedGrade]) -> "EffectOnGrades":
        """Return the counts with these learners in them."""
        effect = self
        for one in previews:
            effect = EffectOnGrades(
                effect.learners + 1,
                effect.percents + one.percent_changes,
                effect.letters + one.letter_changes,
                effect.passes + one.pass_changes,
            )
        return effect


def preview(
    content: CourseContent, learner_id: LearnerId, record: LearnerRecord, *, now: datetime
) -> PreviewedGrade | None:
    """Return what this content would make of a learner's grade, None where none is stored.

    :raises ComputationFailed: if the figures leave the range of numbers.
    """
    before = record.course_grade
    if before is None:
        return None
    known = {
        key: grade for key, grade in record.subsection_grades.items() if key in content.subsections
    }
    after = regrade(
        content,
        learner_id,
        replace(record, subsection_grades=known),
        recompute=content.subsections,
        now=now,
    )
    return PreviewedGrade(before, after.course_grade)
