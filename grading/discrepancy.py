"""Discrepancies: where a stored grade is not what its own scores make of it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grading.computation import compute
from grading.content import CourseContent
from grading.course_grade import CourseGrade
from grading.errors import ComputationFailed
from grading.keys import LearnerId, UsageKey
from grading.regrading import LearnerRecord, regrade
from grading.subsection_grade import SubsectionGrade


class DiscrepancyReason(StrEnum):
    """Why a stored grade is not what a new computation gives."""

    GRADING_POLICY_CHANGED = "GRADING_POLICY_CHANGED"
    COURSE_CONTENT_CHANGED = "COURSE_CONTENT_CHANGED"
    SCORES_CHANGED = "SCORES_CHANGED"
    WRONG_FIGURES = "WRONG_FIGURES"
    CANNOT_BE_COMPUTED = "CANNOT_BE_COMPUTED"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A learner whose stored grade is not what it should be.

    ``stored`` is None where there should be a grade and is none; ``recomputed`` is None where no
    grade can be computed. ``subsections`` are those whose points differ.
    """

    learner_id: LearnerId
    stored: CourseGrade | None
    recomputed: CourseGrade | None
    reasons: tuple[DiscrepancyReason, ...]
    subsections: tuple[UsageKey, ...] = ()


def discrepancy(
    present: CourseContent,
    then: CourseContent | None,
    learner_id: LearnerId,
    record: LearnerRecord,
    *,
    now: datetime,
) -> Discrepancy | None:
    """Compare a learner's stored grade with a new computation; None where they agree.

    ``then`` is the content that the stored grade was computed with, None where it is not known.
    """
    stored = record.course_grade
    try:
        regraded = regrade(
            present, learner_id, _within(present, record), recompute=present.subsections, now=now
        )
    except ComputationFailed:
        return Discrepancy(learner_id, stored, None, (DiscrepancyReason.CANNOT_BE_COMPUTED,))
    differing = tuple(
        key
        for key, grade in regraded.subsection_grades.items()
        if _points(grade) != _points(record.subsection_grades.get(key))
    )
    after = regraded.course_grade
    if not differing and _figures(stored) == _figures(after):
        return None
    fresh = any(_counts_the_same(regraded.subsection_grades[key], record) for key in differing)
    reasons = tuple(_reasons(present, then, record, scores_changed=fresh))
    return Discrepancy(learner_id, stored, after if after.persisted else None, reasons, differing)


def _reasons(
    present: CourseContent,
    then: CourseContent | None,
    record: LearnerRecord,
    *,
    scores_changed: bool,
) -> list[DiscrepancyReason]:
    stored = record.course_grade
    reasons: list[DiscrepancyReason] = []
    if stored is not None:
        reasons += [DiscrepancyReason[why.name] for why in stored.staleness(present)]
        if then is not None and not _adds_up(then, stored, record.subsection_grades):
            reasons.append(DiscrepancyReason.WRONG_FIGURES)
    if scores_changed or not reasons:
        reasons.append(DiscrepancyReason.SCORES_CHANGED)
    return reasons


def _counts_the_same(grade: SubsectionGrade, record: LearnerRecord) -> bool:
    stored = record.subsection_grades.get(grade.usage_key)
    return stored is None or stored.visible_blocks_hash == grade.visible_blocks_hash


def _adds_up(
    then: CourseContent, stored: CourseGrade, grades: Mapping[UsageKey, SubsectionGrade]
) -> bool:
    computation = compute(then, grades)
    return (computation.unrounded, computation.percent, computation.letter_grade) == (
        stored.unrounded,
        stored.percent,
        stored.letter_grade,
    ) and computation.passed == stored.passed


def _within(content: CourseContent, record: LearnerRecord) -> LearnerRecord:
    known = {
        key: grade for key, grade in record.subsection_grades.items() if key in content.subsections
    }
    return LearnerRecord(record.course_grade, known, record.scores)


def _points(grade: SubsectionGrade | None) -> tuple[float, ...] | None:
    if grade is None:
        return None
    return (
        grade.computed_all_total.earned,
        grade.computed_all_total.possible,
        grade.computed_graded_total.earned,
        grade.computed_graded_total.possible,
    )


def _figures(grade: CourseGrade | None) -> tuple[object, ...] | None:
    if grade is None or not grade.persisted:
        return None
    return (grade.unrounded, grade.percent, grade.letter_grade, grade.passed)
