"""Scores that come in as they once did, or as they might: step by step, at a chosen speed."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from db.courses import StoredCourse
from db.problem_scores import recorded_scores
from demo.generate import HISTORY_ENDS, scores_after
from demo.outline import COURSE_KEY
from demo.roster import people
from formats.csv_rows import RefusedLine
from formats.scores_csv import ScoreRow
from grading import Cause, GradingError, InvalidInput, LearnerId, ScoreOutdated, UsageKey
from resolvers import access
from resolvers.context import Context
from resolvers.courses import open_check
from resolvers.progress import Progress, batches, unseen
from resolvers.score_recording import Fate, ScoreEntry, record_scores
from resolvers.score_rows import check_rows

STEP: Final = timedelta(hours=1)  # of the course's time: scores of one hour come in together
MAX_TOGETHER: Final = 100  # scores in one transaction


@dataclass(frozen=True, slots=True)
class Programme:
    """What is to be played, oldest first, and the lines that cannot be."""

    scores: Sequence[ScoreEntry]
    refused: Sequence[RefusedLine] = ()


@dataclass(slots=True)
class Played:
    """What became of the scores that were played; ``reached`` is the date of the last."""

    recorded: int = 0
    unchanged: int = 0
    outdated: int = 0
    refused: list[GradingError] = field(default_factory=list)
    reached: datetime | None = None

    @property
    def scores(self) -> int:
        """Return how many scores were played."""
        return self.recorded + self.unchanged + self.outdated + len(self.refused)


async def programme_of_file(
    context: Context, course: StoredCourse, rows: Iterable[ScoreRow | RefusedLine]
) -> Programme:
    """Check the lines of a scores file, all of them, and put them in the order of their dates."""
    own: list[ScoreRow | RefusedLine] = [
        RefusedLine(row.line, f"It is of {row.course_key}, not of {course.key}.", InvalidInput.code)
        if isinstance(row, ScoreRow) and row.course_key != course.key
        else row
        for row in rows
    ]
    checked = await check_rows(context, own, now=context.now())
    in_order = sorted(checked.entries, key=lambda one: (one.entry.scored_at, one.line))
    return Programme([one.entry for one in in_order], checked.refused)


async def programme_of_demonstration(
    context: Context, course: StoredCourse, *, seed: int = 0
) -> Programme:
    """Invent how the demonstration course goes on after the newest score of its learners.

    The same seed and the same stored scores give the same programme. It is never empty: after the
    end of the course comes its end again, four weeks later and with other luck.

    :raises InvalidInput: if it is another course, which must not get invented scores.
    """
    if course.key != COURSE_KEY:
        raise InvalidInput(
            f"Scores are invented for {COURSE_KEY} alone; for {course.key} name a file of scores "
            "to play."
        )
    ids = {person.username: LearnerId(person.user_id) for person in people()}
    stored = await recorded_scores([course], ids.values())
    dates = (score.scored_at for scores in stored.values() for score in scores.values())
    newest = max(dates, default=HISTORY_ENDS)
    return await programme_of_file(
        context,
        course,
        [
            ScoreRow(
                line, ids[username], username, course.key, UsageKey(problem), given, maximum, moment
            )
            for line, (username, problem, given, maximum, moment) in enumerate(
                scores_after(newest, seed=seed), start=1
            )
        ],
    )


async def play(  # noqa: PLR0913
    context: Context,
    course: StoredCourse,
    scores: Sequence[ScoreEntry],
    *,
    days_per_second: float,
    ended: asyncio.Event | None = None,
    shown: Progress = unseen,
) -> Played:
    """Record scores, oldest first, as fast as the days of their dates go by.

    Each step is a transaction; ``ended`` ends it before the next one. Whoever cannot keep up with
    the speed plays as fast as possible. ``shown`` counts scores.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    """
    access.require_grades_editor(context.viewer, course.key)
    # Also where nothing is to be played because of it.
    open_check(context, context.now())(course)
    ended = ended or asyncio.Event()
    played = Played()
    clock = asyncio.get_running_loop().time
    began = clock()
    for step in steps_of(scores):
        days = (step[0].scored_at - scores[0].scored_at) / timedelta(days=1)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), max(0.0, began + days / days_per_second - clock()))
        if ended.is_set():
            break
        await _record(await context.for_operation(), course, step, played)
        shown(played.scores, len(scores))
    return played


def steps_of(scores: Iterable[ScoreEntry]) -> Iterator[list[ScoreEntry]]:
    """Yield what comes in together: the scores of an hour, but never more than a hundred."""
    hour: list[ScoreEntry] = []
    for score in scores:
        if hour and score.scored_at - hour[0].scored_at >= STEP:
            yield from batches(hour, MAX_TOGETHER)
            hour = []
        hour.append(score)
    yield from batches(hour, MAX_TOGETHER)


async def _record(
    context: Context, course: StoredCourse, step: Sequence[ScoreEntry], played: Played
) -> None:
    now = context.now()
    require_open = open_check(context, now)
    require_open(course)
    origin = context.origin(Cause.SCORE_RECORDED)
    for outcome in await record_scores(
        course.id, step, origin=origin, now=now, require_open=require_open
    ):
        match outcome.error:
            case ScoreOutdated():
                played.outdated += 1
            case GradingError() as error:
                played.refused.append(error)
            case None if outcome.fate is Fate.RECORDED:
                played.recorded += 1
            case None:
                played.unchanged += 1
    played.reached = step[-1].scored_at
    context.after_change()
