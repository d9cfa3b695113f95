"""Course grades as learners see them: over what is visible, with nothing that tells of the rest."""

from collections.abc import Mapping
from dataclasses import replace

from grading.computation import compute
from grading.content import CourseContent
from grading.course_grade import CourseGrade
from grading.digest import digest_number
from grading.keys import UsageKey
from grading.subsection_grade import SubsectionGrade
from grading.visibility import LearnersView, withholds_figures


def grade_as_seen(
    grade: CourseGrade,
    content: CourseContent,
    grades: Mapping[UsageKey, SubsectionGrade],
    view: LearnersView,
) -> CourseGrade:
    """Return a course grade with the figures that remain to who may not see everything.

    ``content`` is the version that the grade was computed with, ``grades`` are its parts. Version
    and time of the stored grade move with hidden results as well, so others take their places.
    """
    if not view.uncounted:
        return grade
    seen = compute(content, grades, view)
    if not attempted_as_seen(content, grades, view):
        return replace(
            grade,
            percent=0.0,
            unrounded=0.0,
            letter_grade=None,
            passed=False,
            passed_at=None,
            version=0,
            last_updated=None,
            concealed=seen.concealed,
        )
    letter_grade, passed = seen.verdict
    last_updated = max(
        (
            one.last_updated
            for key, one in grades.items()
            if key not in view.uncounted and one.last_updated is not None
        ),
        default=None,
    )
    return replace(
        grade,
        percent=seen.percent,
        unrounded=seen.unrounded,
        letter_grade=letter_grade,
        passed=passed,
        # Nobody noted when what is visible alone passed first.
        passed_at=None if withholds_figures(content, view) else grade.passed_at,
        version=digest_number(
            [
                seen.unrounded,
                seen.concealed,
                letter_grade,
                passed,
                None if last_updated is None else last_updated.isoformat(),
            ]
        ),
        last_updated=last_updated,
        concealed=seen.concealed,
    )


def attempted_as_seen(
    content: CourseContent, grades: Mapping[UsageKey, SubsectionGrade], view: LearnersView
) -> bool:
    """Tell whether there is anything that a learner knows of: an attempt, or a visible override."""
    return any(
        grade.attempted or (grade.overridden and key not in view.uncounted)
        for key, grade in grades.items()
        if key in content.subsections
    )
