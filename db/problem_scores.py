"""Problem scores: the latest raw score of each learner for each problem."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Rows
from db.courses import StoredCourse, usage_keys_by_course
from db.sql import as_datetime, fetch, id_array, matching
from db.together import Write
from db.upsert import Upsert, upsert_rows
from grading import LearnerId, RecordedScore, UsageKey

_SAVE: Final = Upsert(
    table="problem_score",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "block_id": "bigint",
        "earned": "double precision",
        "possible": "double precision",
        "scored_at": "timestamptz",
        "first_scored_at": "timestamptz",
        "comment": "text",
        "updated_at": "timestamptz",
    },
    key=("course_id", "learner_id", "block_id"),
)

_SCORES: Final = (
    "select course_id, learner_id, block_id, earned, possible, scored_at, first_scored_at"
    " from problem_score where "
)


@dataclass(frozen=True, slots=True)
class NewScore:
    """A score to be stored, with the remark that came with it."""

    learner_id: LearnerId
    usage_key: UsageKey
    score: RecordedScore
    comment: str | None = None


async def recorded_scores(
    courses: Collection[StoredCourse], learner_ids: Iterable[LearnerId]
) -> dict[tuple[int, LearnerId], dict[UsageKey, RecordedScore]]:
    """Return each learner's scores by problem; nothing for a learner without any."""
    rows = await fetch(
        recorded_scores_query(),
        id_array(course.id for course in courses),
        id_array(learner_ids),
    )
    return recorded_scores_in(rows, courses)


def recorded_scores_query(*, one: bool = False) -> str:
    """Ask for what `recorded_scores_in` understands: courses are in `$1`, learners in `$2`."""
    return f"{_SCORES}{matching('course_id', 1, one=one)} and {matching('learner_id', 2, one=one)}"


def recorded_scores_in(
    rows: Rows, courses: Collection[StoredCourse]
) -> dict[tuple[int, LearnerId], dict[UsageKey, RecordedScore]]:
    """Return the scores that were asked for, of problems that the courses know."""
    keys = usage_keys_by_course(courses)
    found: dict[tuple[int, LearnerId], dict[UsageKey, RecordedScore]] = {}
    for course_id, learner_id, block_id, earned, possible, scored_at, first_scored_at in rows:
        if (usage_key := keys[course_id].get(block_id)) is not None:
            at = as_datetime(scored_at)
            first = at if first_scored_at == scored_at else as_datetime(first_scored_at)
            found.setdefault((course_id, learner_id), {})[usage_key] = RecordedScore(
                earned, possible, at, first
            )
    return found


async def save_scores(course: StoredCourse, scores: Sequence[NewScore], *, now: datetime) -> None:
    """Store scores in place of earlier ones, all or none."""
    await upsert_rows(*scores_write(course, scores, now=now))


def scores_write(
    course: StoredCourse, scores: Sequence[NewScore], *, now: datetime
) -> Write[Upsert]:
    """Say what is to be stored in place of earlier scores."""
    return Write(
        _SAVE,
        [
            (
                course.id,
                new.learner_id,
                course.block_ids[new.usage_key],
                new.score.earned,
                new.score.possible,
                new.score.scored_at,
                new.score.first_scored_at,
                new.comment,
                now,
            )
            for new in scores
        ],
    )
