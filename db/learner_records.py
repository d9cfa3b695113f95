"""All that is stored of learners in a course: read in one trip, and replaced in one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.asyncpg_together import all_queries
from db.connection import Rows
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
from db.sql import fetch, id_array
from db.subsection_grades import (
    GRADES_IN_ARRAYS,
    rows_of_arrays,
    save_overrides,
    subsection_grades_in,
    subsection_grades_query,
    subsection_grades_write,
)
from db.together import Write, fetch_together, write_together
from db.unlocked_write import Seen, write_if_unchanged
from db.upsert import Upsert
from grading import LearnerId, LearnerRecord, Regraded, UsageKey

# For PostgreSQL.
_SEE_ONE: Final = (
    all_queries(
        (
            present_courses_query(one=True),
            course_grades_query(one=True),
            f"{recorded_scores_query(one=True)} and block_id = any($3::bigint[])",
        )
    )
    + ", (select revision from enrollment where course_id = $1 and learner_id = $2)"
    + f", s.* from ({GRADES_IN_ARRAYS}) s"
)


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """The present version of a course, and what is stored of some who learn in it."""

    course: StoredCourse
    learners: Mapping[LearnerId, LearnerRecord]


@dataclass(frozen=True, slots=True)
class SeenRecord(ClassRecord):
    """The same of one learner, seen without a lock; ``seen`` None where nothing guards it."""

    seen: Seen | None


async def read_records(course_id: int, learner_ids: Collection[LearnerId]) -> ClassRecord:
    """Read a course and all that is stored of these learners. To be called under their locks."""
    found = await fetch_together(
        [
            present_courses_query(),
            course_grades_query(),
            subsection_grades_query(),
            recorded_scores_query(),
        ],
        id_array([course_id]),
        id_array(learner_ids),
    )
    return await _class_record(course_id, learner_ids, found)


async def see_record(
    known: StoredCourse, learner_id: LearnerId, problems: Iterable[UsageKey]
) -> SeenRecord | None:
    """Read a course and what is stored of one learner, as of one moment, without a lock.

    For PostgreSQL. Of the scores there are those of the subsections that these problems feed, and
    of the grades of other subsections it is not said when they were stored. None if another
    version of the course than the known one is present by now.
    """
    fed = known.content.subsections_of_problem
    met = set()
    for usage_key in problems:
        for subsection in fed.get(usage_key, ()):
            met.add(subsection.usage_key)
            met.update([problem.usage_key for problem in subsection.problems])
    course_id = known.id
    ((present, grades, scores, revision, *arrays),) = await fetch(
        _SEE_ONE,
        course_id,
        learner_id,
        [known.block_ids[usage_key] for usage_key in met],
    )
    record = await _class_record(
        course_id, [learner_id], [present, grades, rows_of_arrays(arrays), scores]
    )
    course = record.course
    if course.version_id != known.version_id:
        return None
    freeze = course.freeze_by_hand
    return SeenRecord(
        course,
        record.learners,
        # Of who was never enrolled nothing tells whether it has changed.
        Seen(
            course_id,
            learner_id,
            revision,
            course.version_id,
            None if freeze is None else freeze.frozen,
        )
        if revision is not None
        else None,
    )


async def _class_record(
    course_id: int, learner_ids: Collection[LearnerId], found: Sequence[Rows]
) -> ClassRecord:
    present, grades, subsections, scores = found
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
    writes = _record_writes(course, scores, regraded, origin, now)
    changed = {new.learner_id for new in scores} | _changed(regraded)
    await write_together([*writes, new_revisions(course.id, changed)])


async def save_record_if_unchanged(
    stored: SeenRecord,
    scores: Collection[NewScore],
    regraded: Mapping[LearnerId, Regraded],
    origin: Origin,
    *,
    now: datetime,
) -> bool:
    """Do the same for one learner without a lock, if it still stands on what is stored.

    Tell whether all of it was done, or nothing.
    """
    writes = [
        write
        for write in _record_writes(stored.course, scores, regraded, origin, now)
        if write.rows
    ]
    if not writes:
        return True
    return stored.seen is not None and await write_if_unchanged(stored.seen, writes)


def _record_writes(
    course: StoredCourse,
    scores: Collection[NewScore],
    regraded: Mapping[LearnerId, Regraded],
    origin: Origin,
    now: datetime,
) -> list[Write[Upsert]]:
    changes = [change for one in regraded.values() for change in one.changes]
    return [
        scores_write(course, list(scores), now=now),
        *_grade_writes(course, regraded),
        events_write(course.id, changes, origin, now=now),
    ]


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
    changed = {one for one, _ in overridden} | _changed(regraded)
    await write_together([*_grade_writes(course, regraded), new_revisions(course.id, changed)])
    await save_overrides(
        course,
        [(one, regraded[one].subsection_grades[usage_key]) for one, usage_key in overridden],
    )


def _grade_writes(
    course: StoredCourse, regraded: Mapping[LearnerId, Regraded]
) -> list[Write[Upsert]]:
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
    return [subsection_grades_write(course, grades), course_grades_write(course, course_grades)]


def _changed(regraded: Mapping[LearnerId, Regraded]) -> set[LearnerId]:
    return {
        learner_id
        for learner_id, one in regraded.items()
        if one.subsection_grades_to_store or one.course_grade_to_store is not None
    }
