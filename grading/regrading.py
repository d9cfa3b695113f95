"""One learner's regrade: what is stored and known in, what is to be stored out."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grading.computation import compute
from grading.content import CourseContent
from grading.course_grade import (
    CourseGrade,
    PassingStatus,
    revised_course_grade,
    zero_course_grade,
)
from grading.errors import ComputationFailed
from grading.events import (
    CourseGradeSnapshot,
    GradeChange,
    SeenGrades,
    course_changes,
    subsection_changes,
)
from grading.keys import LearnerId, UsageKey
from grading.override import SubsectionGradeOverride
from grading.score import RecordedScore
from grading.seen_grade import attempted_as_seen
from grading.subsection_grade import SubsectionGrade, is_to_be_stored, revised
from grading.visibility import LearnersView, learners_view, withholds_figures


@dataclass(frozen=True, slots=True)
class LearnerRecord:
    """All that is stored of one learner in one course."""

    course_grade: CourseGrade | None = None
    subsection_grades: Mapping[UsageKey, SubsectionGrade] = field(default_factory=dict)
    scores: Mapping[UsageKey, RecordedScore] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Regraded:
    """What a regrade comes to.

    ``subsection_grades_to_store`` and ``course_grade_to_store`` differ from what is stored, in
    value or in the content they were computed under; nothing else needs writing. ``changes`` are
    what happened to values, in causal order.
    """

    course_grade: CourseGrade
    subsection_grades: Mapping[UsageKey, SubsectionGrade]
    subsection_grades_to_store: tuple[SubsectionGrade, ...]
    course_grade_to_store: CourseGrade | None
    changes: tuple[GradeChange, ...] = ()


def regrade(  # noqa: PLR0913 - a learner, what is stored, what is to be done, and when
    content: CourseContent,
    learner_id: LearnerId,
    record: LearnerRecord,
    *,
    recompute: Iterable[UsageKey],
    cleared: Collection[UsageKey] = (),
    overrides: Mapping[UsageKey, SubsectionGradeOverride | None] | None = None,
    now: datetime,
) -> Regraded:
    """Recompute these subsections from their scores, then the course grade.

    The other subsections keep their stored grades. ``cleared`` are subsections in which a score
    was taken back: they are stored even when nothing in them counts as attempted. ``overrides``
    are set, or removed where they are None, in subsections that are recomputed as well.

    :raises ComputationFailed: if the figures leave the range of numbers.
    """
    grades = dict(record.subsection_grades)
    to_store = []
    overrides = overrides or {}
    # The percents that are stored beside the points are the algorithm's.
    rounded_alike = (
        record.course_grade is not None and record.course_grade.algorithm is content.algorithm
    )
    for usage_key in dict.fromkeys([*recompute, *overrides]):
        stored = record.subsection_grades.get(usage_key)
        computed = content.subsection_grade(content.subsections[usage_key], record.scores)
        grade = revised(stored, computed)
        if stored is not None and not rounded_alike:
            grade = grade._replace(course_version=content.version)
        if usage_key in overrides:
            grade = grade._replace(override=overrides[usage_key])
        if grade != stored and is_to_be_stored(grade, score_deleted=usage_key in cleared):
            if stored is None or _values(grade) != _values(stored):
                grade = grade.next_version(now)
            grades[usage_key] = grade
            to_store.append(grade)
    subsections_changed = subsection_changes(
        learner_id, record.subsection_grades, {grade.usage_key: grade for grade in to_store}
    )
    previous = record.course_grade or zero_course_grade(content, learner_id)
    if not (previous.persisted or _attempted(content, grades)):
        return Regraded(previous, grades, tuple(to_store), None, tuple(subsections_changed))
    computation = compute(content, grades)
    if not math.isfinite(computation.unrounded):
        raise ComputationFailed("The scores of this learner add up to no finite number.")
    course_grade = revised_course_grade(previous, computation, content, now=now)
    seen = _seen_grades(content, record, grades, now)
    return Regraded(
        course_grade,
        grades,
        tuple(to_store),
        None if course_grade == record.course_grade else course_grade,
        (*subsections_changed, *course_changes(previous, course_grade, seen)),
    )


def _values(grade: SubsectionGrade) -> tuple[object, ...]:
    return (
        grade.computed_all_total,
        grade.computed_graded_total.earned,
        grade.computed_graded_total.possible,
        None if grade.override is None else grade.override.points,
    )


def _seen_grades(
    content: CourseContent,
    record: LearnerRecord,
    after: Mapping[UsageKey, SubsectionGrade],
    now: datetime,
) -> SeenGrades | None:
    view = learners_view(content, now)
    if not view.uncounted:
        return None
    before = record.subsection_grades
    known = record.course_grade is not None, True
    attempted = tuple(attempted_as_seen(content, one, view) for one in (before, after))
    if known == attempted and not withholds_figures(content, view):
        return None
    return SeenGrades(_seen(content, before, view), _seen(content, after, view))


def _seen(
    content: CourseContent, grades: Mapping[UsageKey, SubsectionGrade], view: LearnersView
) -> CourseGradeSnapshot | None:
    computation = compute(content, grades, view)
    if computation.concealed or not attempted_as_seen(content, grades, view):
        return None
    return CourseGradeSnapshot(
        computation.percent,
        computation.letter_grade,
        computation.passed,
        PassingStatus.PASSING if computation.passed else PassingStatus.FAILING,
    )


def _attempted(content: CourseContent, grades: Mapping[UsageKey, SubsectionGrade]) -> bool:
    return any(grade.engaged for key, grade in grades.items() if key in content.subsections)
