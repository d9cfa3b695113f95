"""The scores CSV: what learners earned for problems, and when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from formats.csv_cells import learner_id_in, moment_in, points_in, text_in
from formats.csv_rows import Columns, RefusedLine, read_rows
from grading import CourseKey, InvalidInput, LearnerId, UsageKey, parse_usage_key

SCORE_COLUMNS: Final = Columns(
    required=("usage_key", "score_given", "score_maximum", "timestamp"),
    either=("user_id", "username"),
)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One learner's raw score for one problem; ``raw_earned`` None clears it.

    At least one of ``user_id`` and ``username`` is given. ``course_key`` is the problem's course.
    ``scored_at`` is in UTC.
    """

    line: int
    user_id: LearnerId | None
    username: str | None
    course_key: CourseKey
    usage_key: UsageKey
    raw_earned: float | None
    raw_possible: float
    scored_at: datetime


def read_scores(lines: Iterable[str]) -> Iterator[ScoreRow | RefusedLine]:
    """Yield each line as a score or as refused, in file order.

    :raises InvalidInput: at once, if the columns are not those of a scores CSV.
    """
    return read_rows(lines, SCORE_COLUMNS, _score_row)


def _score_row(line: int, cells: Sequence[str]) -> ScoreRow:
    usage_key, score_given, score_maximum, timestamp, user_id, username = cells
    learner_id = learner_id_in(user_id) if user_id else None
    name = text_in(username, "username", at_most=150)
    if learner_id is None and name is None:
        raise InvalidInput("It names no learner.")
    course, problem = _keys(usage_key)
    return ScoreRow(
        line,
        learner_id,
        name,
        course,
        problem,
        points_in(score_given, "score_given") if score_given else None,
        points_in(score_maximum, "score_maximum"),
        moment_in(timestamp, "timestamp"),
    )


@lru_cache(maxsize=4096)
def _keys(text: str) -> tuple[CourseKey, UsageKey]:
    # A class writes the same few hundred keys again and again.
    usage_key = parse_usage_key(text)
    course = usage_key.removeprefix("block-v1:").partition("+type@")[0]
    return CourseKey(f"course-v1:{course}"), usage_key
