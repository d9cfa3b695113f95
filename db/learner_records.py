"""All that is stored of learners in a course: read in one trip, and replaced in one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from db.course_grades import course_grades_in, course_grades_query, course_grades_write
from db.courses import StoredCourse, present_courses_in, present_courses_query
from db.enrollments import new_revisions
from db.event_log import Origin, events_write
from db.problem_scores import (
    NewScore,
    recorded_scores_in,
    recorded_scores_query,
    scores_write,
)
from db.sql import id_array
from db.subsection_grades import (
    save_overrides,
    subsection_grades_in,
    subsection_grades_query,
    subsection_grades_write,
)
from db.together import Write, fetch_together, write_together
from grading import LearnerId, LearnerRecord, Regraded, UsageKey


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """The present version of a course, and what is stored of some who learn in it."""

    course: StoredCourse
    learners: Mapping[LearnerId, LearnerRecord]


async def read_records(course_id: int, learner_ids: Collection[LearnerId]) -> ClassRecord:
    """Read a course and all that is stored of these learners. To be called under their locks."""
    present, grades, subsections, scores = await fetch_together(
        [
            present_courses_query(),
            course_grades_query(),
            subsection_grades_query(),
            recorded_scores_query(),
        ],
        id_array([course_id]),
        id_array(learner_ids),
    )
    course = (await present_courses_in(present))[course_id]
    course_grades = course_grades_in(grades)
    subsection_grades = subsection_grades_in(subsections, [course])
    recorded = recorded_scores_in(scores, [course])
    return ClassRecord(
        course,
        {
            learner_id: LearnerRecord(
                course_grades.get((course_id, learner_id)),
                subsection_grades.get((course_id, learner_id), {}),
                recorded.get((course_id, learner_id), {}),
            )
            for learner_id in learner_ids
        },
    )


async def save_records(
    course: StoredCourse,
    scores: Collection[NewScore],
    regraded: Mapping[LearnerId, Regraded],
    origin: Origin,
    *,
    now: datetime,
) -> None:
    """Store new scores, the grades that they changed, and the events that tell of it.

    To be called under the learners' locks.
    """
    changes = [change for one in regraded.values() for change in one.changes]
    await write_together(
        [
            scores_write(course, list(scores), now=now),
            *_grade_writes(course, regraded),
            events_write(course.id, changes, origin, now=now),
        ]
    )


async def save_grades(
    course: StoredCourse,
    regraded: Mapping[LearnerId, Regraded],
    *,
    overridden: Collection[tuple[LearnerId, UsageKey]] = (),
) -> None:
    """Store the grades that regrades changed, without a word to anybody.

    The overrides of those that are ``overridden`` are stored as well, or that they have none. To
    be called under the learners' locks.
    """
    await write_together(_grade_writes(course, regraded, {one for one, _ in overridden}))
    await save_overrides(
        course,
        [(one, regraded[one].subsection_grades[usage_key]) for one, usage_key in overridden],
    )


def _grade_writes(
    course: StoredCourse,
    regraded: Mapping[LearnerId, Regraded],
    overridden: Collection[LearnerId] = (),
) -> list[Write]:
    grades = [
        (learner_id, grade)
        for learner_id, one in regraded.items()
        for grade in one.subsection_grades_to_store
    ]
    course_grades = [
        one.course_grade_to_store
        for one in regraded.values()
        if one.course_grade_to_store is not None
    ]
    changed = {learner_id for learner_id, _ in grades} | {one.learner_id for one in course_grades}
    changed.update(overridden)
    return [
        subsection_grades_write(course, grades),
        course_grades_write(course, course_grades),
        new_revisions(course.id, changed),
    ]
