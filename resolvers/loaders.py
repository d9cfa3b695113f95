"""Batched reads: what one operation asks for piece by piece, read in few statements."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeVar

from db import (
    course_grades,
    courses,
    enrollments,
    grade_statistics,
    gradebook,
    learners,
    override_entries,
    problem_scores,
    subsection_grades,
)
from db.courses import StoredCourse
from db.enrollments import Enrollment
from db.grade_lookup import FoundGrade, LearnerColumn, look_up_grades
from db.learners import Learner
from grading import CourseGrade, CourseKey, LearnerId, RecordedScore, SubsectionGrade, UsageKey
from resolvers.batch_loader import Batched, LoaderSet
from resolvers.learner_ref import LearnerRef

Value = TypeVar("Value")

_COLUMNS: Final[Mapping[str, LearnerColumn]] = {
    "user_id": "id",
    "username": "username",
    "external_user_key": "external_user_key",
}


class Enrolled(NamedTuple):
    """A learner in a course: what grades are loaded by."""

    course: StoredCourse
    learner_id: LearnerId


class GradeAsked(NamedTuple):
    """A grade by the names that a client has for the course and the learner."""

    course_key: CourseKey
    learner: LearnerRef


class PastVersion(NamedTuple):
    """A version that a course has or had, by name."""

    course_id: int
    version: str


async def _past_versions(keys: list[PastVersion]) -> Mapping[PastVersion, StoredCourse]:
    found = await courses.versions_by_name(
        (key.course_id for key in keys), (key.version for key in keys)
    )
    return {PastVersion(one.id, one.content.version): one for one in found}


async def _by_username(names: list[str]) -> Mapping[str, Learner]:
    return await learners.learners_by_name("username", names)


async def _by_external_user_key(keys: list[str]) -> Mapping[str, Learner]:
    return await learners.learners_by_name("external_user_key", keys)


async def _grades_asked(keys: list[GradeAsked]) -> Mapping[GradeAsked, FoundGrade]:
    found: dict[GradeAsked, FoundGrade] = {}
    for kind, column in _COLUMNS.items():
        # Two keys may mean the same: "7" and "007".
        pairs = {key: _pair(key) for key in keys if key.learner.kind == kind}
        if pairs:
            grades = await look_up_grades(column, set(pairs.values()))
            found.update({key: grades[pair] for key, pair in pairs.items() if pair in grades})
    return found


def _pair(key: GradeAsked) -> tuple[CourseKey, str | LearnerId]:
    name = key.learner.name
    return key.course_key, LearnerId(int(name)) if key.learner.kind == "user_id" else name


async def _enrollments(keys: list[Enrolled]) -> Mapping[Enrolled, Enrollment]:
    found = await enrollments.enrollments(_course_ids(keys), _learner_ids(keys))
    return _of_keys(keys, found)


async def _course_grades(keys: list[Enrolled]) -> Mapping[Enrolled, CourseGrade]:
    found = await course_grades.course_grades(_course_ids(keys), _learner_ids(keys))
    return _of_keys(keys, found)


async def _subsection_grades(
    keys: list[Enrolled],
) -> Mapping[Enrolled, Mapping[UsageKey, SubsectionGrade]]:
    found = await subsection_grades.subsection_grades(_courses(keys), _learner_ids(keys))
    return _of_keys(keys, found)


async def _recorded_scores(
    keys: list[Enrolled],
) -> Mapping[Enrolled, Mapping[UsageKey, RecordedScore]]:
    found = await problem_scores.recorded_scores(_courses(keys), _learner_ids(keys))
    return _of_keys(keys, found)


def _courses(keys: Iterable[Enrolled]) -> list[StoredCourse]:
    return list({key.course for key in keys})


def _course_ids(keys: Iterable[Enrolled]) -> set[int]:
    return {key.course.id for key in keys}


def _learner_ids(keys: Iterable[Enrolled]) -> set[LearnerId]:
    return {key.learner_id for key in keys}


def _of_keys(
    keys: Iterable[Enrolled], found: Mapping[tuple[int, LearnerId], Value]
) -> dict[Enrolled, Value]:
    return {
        key: found[key.course.id, key.learner_id]
        for key in keys
        if (key.course.id, key.learner_id) in found
    }


class Loaders(LoaderSet):
    """The loaders of one operation. To be made inside a running event loop."""

    course = Batched(courses.present_courses)
    course_by_id = Batched(courses.present_courses_by_id)
    past_version = Batched(_past_versions)
    learner = Batched(learners.learners_by_id)
    learner_by_username = Batched(_by_username)
    learner_by_external_user_key = Batched(_by_external_user_key)
    course_keys = Batched(enrollments.course_keys_of)
    enrollment = Batched(_enrollments)
    grade_asked = Batched(_grades_asked)
    course_grade = Batched(_course_grades)
    subsection_grades = Batched(_subsection_grades)
    recorded_scores = Batched(_recorded_scores)

    gradebook_counts = Batched(gradebook.gradebook_counts)
    course_outcomes = Batched(grade_statistics.course_outcomes)
    subsection_percents = Batched(grade_statistics.subsection_percents)

    override_count = Batched(override_entries.count_override_entries)
    override_entries = Batched(override_entries.override_entries)
