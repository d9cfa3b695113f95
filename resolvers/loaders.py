"""Batched reads: what one operation asks for piece by piece, read in few statements."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from aiodataloader import DataLoader

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
from db.grade_statistics import ClassOutcomes, SelectedSubsection
from db.gradebook import GradebookCounts, Selected
from db.learners import Learner
from db.override_entries import HistoryPage, Overridable, OverrideEntry
from grading import CourseGrade, CourseKey, LearnerId, RecordedScore, SubsectionGrade, UsageKey
from resolvers.observation import observing

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MAX_BATCH_SIZE = 500


class Enrolled(NamedTuple):
    """A learner in a course: what grades are loaded by."""

    course: StoredCourse
    learner_id: LearnerId


class PastVersion(NamedTuple):
    """A version that a course has or had, by name."""

    course_id: int
    version: str


class BatchLoader(DataLoader[Key, Value]):
    """A loader that can stop reading."""

    def __init__(self, *, reading: set[asyncio.Task[Any]], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self._reading = reading

    def stop(self) -> None:
        """Cancel what is being read: nobody waits for it any more."""
        for task in self._reading:
            task.cancel()


def batching(
    read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]],
) -> DataLoader[Key, Value | None]:
    """Make a loader of a function from keys to what is found; what is not found loads as None."""
    # aiodataloader would run the batch in the context of whoever asked first, perhaps inside that
    # one's transaction: it runs in the context of the operation instead.
    context = contextvars.copy_context()
    name = read.__name__.strip("_")

    async def found(keys: list[Key]) -> Mapping[Key, Value]:
        with observing(name, len(keys)):
            return await read(keys)

    async def batch(keys: list[Key]) -> list[Value | None]:
        task = asyncio.create_task(found(keys), context=context.copy())
        reading.add(task)
        task.add_done_callback(reading.discard)
        values = await task
        return [values.get(key) for key in keys]

    reading = set[asyncio.Task[Any]]()
    return BatchLoader(reading=reading, batch_load_fn=batch, max_batch_size=MAX_BATCH_SIZE)


class Loaders:
    """The loaders of one operation. To be made inside a running event loop."""

    def __init__(self) -> None:
        self.course: DataLoader[CourseKey, StoredCourse | None] = batching(courses.present_courses)
        self.course_by_id: DataLoader[int, StoredCourse | None] = batching(
            courses.present_courses_by_id
        )
        self.past_version: DataLoader[PastVersion, StoredCourse | None] = batching(_past_versions)
        self.learner: DataLoader[LearnerId, Learner | None] = batching(learners.learners_by_id)
        self.learner_by_username: DataLoader[str, Learner | None] = batching(_by_username)
        self.learner_by_external_user_key: DataLoader[str, Learner | None] = batching(
            _by_external_user_key
        )
        self.course_keys: DataLoader[LearnerId, frozenset[CourseKey] | None] = batching(
            enrollments.course_keys_of
        )
        self.enrollment: DataLoader[Enrolled, Enrollment | None] = batching(_enrollments)
        self.course_grade: DataLoader[Enrolled, CourseGrade | None] = batching(_course_grades)
        self.subsection_grades: DataLoader[Enrolled, Mapping[UsageKey, SubsectionGrade] | None] = (
            batching(_subsection_grades)
        )
        self.recorded_scores: DataLoader[Enrolled, Mapping[UsageKey, RecordedScore] | None] = (
            batching(_recorded_scores)
        )

        self.gradebook_counts: DataLoader[Selected, GradebookCounts | None] = batching(
            gradebook.gradebook_counts
        )
        self.course_outcomes: DataLoader[Selected, ClassOutcomes | None] = batching(
            grade_statistics.course_outcomes
        )
        self.subsection_percents: DataLoader[SelectedSubsection, dict[float, int] | None] = (
            batching(grade_statistics.subsection_percents)
        )

        self.override_entries: DataLoader[HistoryPage, list[OverrideEntry] | None] = batching(
            override_entries.override_entries
        )
        self.override_count: DataLoader[Overridable, int | None] = batching(
            override_entries.count_override_entries
        )

    def forget(self) -> None:
        """Forget what was read, so that it is read again."""
        for loader in self._all():
            loader.clear_all()

    def stop(self) -> None:
        """Stop reading: whoever asked has left, or was answered."""
        for loader in self._all():
            loader.stop()

    def _all(self) -> Iterable[BatchLoader[Any, Any]]:
        return vars(self).values()


async def _past_versions(keys: list[PastVersion]) -> Mapping[PastVersion, StoredCourse]:
    found = await courses.versions_by_name(
        (key.course_id for key in keys), (key.version for key in keys)
    )
    return {PastVersion(one.id, one.content.version): one for one in found}


async def _by_username(names: list[str]) -> Mapping[str, Learner]:
    return await learners.learners_by_name("username", names)


async def _by_external_user_key(keys: list[str]) -> Mapping[str, Learner]:
    return await learners.learners_by_name("external_user_key", keys)


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
