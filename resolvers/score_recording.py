"""Recording scores: problem scores, touched subsections and course grades in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from db.courses import StoredCourse
from db.event_log import Origin
from db.learner_records import (
    ClassRecord,
    read_records,
    save_record_if_unchanged,
    save_records,
    see_record,
)
from db.problem_scores import NewScore
from db.transaction import grade_transaction, retrying
from db.unlocked_write import may_write_unlocked
from grading import (
    BlockNotFound,
    CourseGrade,
    GradingError,
    LearnerId,
    LearnerRecord,
    RecordedScore,
    Regraded,
    ScoreOutdated,
    UsageKey,
    is_higher_or_equal,
    zero_course_grade,
)
from resolvers.first_answers import FirstTime
from resolvers.regrading import course_grade_version, regrade_records
from resolvers.version_check import version_conflict


class ScoreEntry(NamedTuple):
    """A raw score to record: points ``earned`` (None clears) of points ``possible``, and when.

    ``if_version`` is the version that the course grade must have before the request, None for any.
    """

    learner_id: LearnerId
    usage_key: UsageKey
    earned: float | None
    possible: float
    scored_at: datetime
    only_if_higher: bool = False
    comment: str | None = None
    if_version: str | None = None


class Fate(Enum):
    """What became of a score that was not refused."""

    RECORDED = auto()
    UNCHANGED = auto()
    NOT_HIGHER = auto()


class ScoreOutcome(NamedTuple):
    """What became of one entry: its fate and the grade after it, or why it was refused.

    ``subsection`` is the first that the problem feeds.
    """

    entry: ScoreEntry
    fate: Fate | None = None
    error: GradingError | None = None
    course: StoredCourse | None = None
    course_grade: CourseGrade | None = None
    subsection: UsageKey | None = None


@retrying
async def record_scores(  # noqa: PLR0913 - what, and under which conditions
    course_id: int,
    entries: Sequence[ScoreEntry],
    *,
    origin: Origin,
    now: datetime,
    first: FirstTime[list[ScoreOutcome]] | None = None,
    require_open: Callable[[StoredCourse], None] | None = None,
    known: StoredCourse | None = None,
) -> list[ScoreOutcome]:
    """Record scores in the order given and regrade what they touch, all in one transaction.

    Each entry that cannot be recorded is refused by itself; the others are stored. Of a learner
    whose grade cannot be computed nothing is stored. ``known`` is the course as it was a moment
    ago: with it, what nobody else writes meanwhile is written without a lock.

    :raises GradesFrozen: if ``require_open`` finds the course's grades frozen.
    """
    learner_ids = list(dict.fromkeys(entry.learner_id for entry in entries))
    if known is not None and first is None and len(learner_ids) == 1 and may_write_unlocked():
        # Nobody else writes this learner's grades, as a rule: then locks are two trips too many.
        seen = await see_record(known, learner_ids[0], [entry.usage_key for entry in entries])
        if seen is not None:
            entered = _enter(seen, entries, require_open, now)
            if await save_record_if_unchanged(
                seen, entered.scores, entered.regraded, origin, now=now
            ):
                return entered.outcomes
    async with grade_transaction(course_id, learner_ids):
        if first is not None:
            await first.require()
        stored = await read_records(course_id, learner_ids)
        entered = _enter(stored, entries, require_open, now)
        await save_records(stored.course, entered.scores, entered.regraded, origin, now=now)
        if first is not None and any(one.error is None for one in entered.outcomes):
            await first.keep(entered.outcomes)
    return entered.outcomes


class _Entered(NamedTuple):
    outcomes: list[ScoreOutcome]
    scores: list[NewScore]
    regraded: Mapping[LearnerId, Regraded]


def _enter(
    stored: ClassRecord,
    entries: Sequence[ScoreEntry],
    require_open: Callable[[StoredCourse], None] | None,
    now: datetime,
) -> _Entered:
    course, records = stored.course, stored.learners
    if require_open is not None:
        require_open(course)
    ledger = _Ledger(course, records)
    outcomes = [ledger.enter(entry) for entry in entries]
    regraded, errors = regrade_records(
        course, ledger.records(), ledger.touched(), cleared=ledger.cleared(), now=now
    )
    return _Entered(
        [
            _settled(course, one, records[one.entry.learner_id], regraded, errors)
            for one in outcomes
        ],
        [new for new in ledger.new_scores() if new.learner_id in regraded],
        regraded,
    )


class _Ledger:
    """The learners' scores while entries come in: what is new, and what it touches."""

    def __init__(self, course: StoredCourse, records: Mapping[LearnerId, LearnerRecord]) -> None:
        self._course = course
        self._records = records
        self._scores = {learner_id: dict(record.scores) for learner_id, record in records.items()}
        self._new: dict[tuple[LearnerId, UsageKey], NewScore] = {}

    def enter(self, entry: ScoreEntry) -> ScoreOutcome:
        """Take one entry in, or refuse it."""
        if entry.usage_key not in self._course.content.problems:
            return ScoreOutcome(
                entry,
                error=BlockNotFound(
                    f"{entry.usage_key} is no problem in the present version of {self._course.key}."
                ),
            )
        version = course_grade_version(self._records[entry.learner_id])
        conflict = version_conflict(entry.if_version, version, entry.learner_id)
        if conflict is not None:
            return ScoreOutcome(entry, error=conflict)
        scores = self._scores[entry.learner_id]
        stored = scores.get(entry.usage_key)
        if stored is not None and entry.scored_at < stored.scored_at:
            return ScoreOutcome(
                entry,
                error=ScoreOutdated(
                    f"This score is of {entry.scored_at:%Y-%m-%d %H:%M:%S} UTC; "
                    f"a newer one, of {stored.scored_at:%Y-%m-%d %H:%M:%S} UTC, is stored."
                ),
            )
        if entry.only_if_higher and stored is not None and not _is_improvement(entry, stored):
            return ScoreOutcome(entry, Fate.NOT_HIGHER)
        score = _recorded(entry, stored)
        if score == stored or (stored is None and entry.earned is None):
            return ScoreOutcome(entry, Fate.UNCHANGED)
        scores[entry.usage_key] = score
        self._new[entry.learner_id, entry.usage_key] = NewScore(
            entry.learner_id, entry.usage_key, score, entry.comment
        )
        return ScoreOutcome(entry, Fate.RECORDED)

    def new_scores(self) -> Sequence[NewScore]:
        """Return what is to be stored: the last word on each problem."""
        return list(self._new.values())

    def records(self) -> dict[LearnerId, LearnerRecord]:
        """Return the learners' records with the new scores in them."""
        return {
            learner_id: LearnerRecord(
                record.course_grade, record.subsection_grades, self._scores[learner_id]
            )
            for learner_id, record in self._records.items()
        }

    def touched(self) -> dict[LearnerId, list[UsageKey]]:
        """Return the subsections that new scores feed, by learner."""
        return self._fed_by(self._new)

    def cleared(self) -> dict[LearnerId, list[UsageKey]]:
        """Return the subsections in which a score was taken back, by learner."""
        return self._fed_by(
            {place: new for place, new in self._new.items() if new.score.earned is None}
        )

    def _fed_by(
        self, scores: Mapping[tuple[LearnerId, UsageKey], NewScore]
    ) -> dict[LearnerId, list[UsageKey]]:
        fed: dict[LearnerId, dict[UsageKey, None]] = {}
        for learner_id, usage_key in scores:
            subsections = self._course.content.subsections_of_problem[usage_key]
            fed.setdefault(learner_id, {}).update(
                dict.fromkeys(subsection.usage_key for subsection in subsections)
            )
        return {learner_id: list(usage_keys) for learner_id, usage_keys in fed.items()}


def _is_improvement(entry: ScoreEntry, stored: RecordedScore) -> bool:
    return is_higher_or_equal(
        entry.earned or 0.0,
        entry.possible,
        than_earned=stored.earned or 0.0,
        than_possible=stored.possible or 0.0,
    )


def _recorded(entry: ScoreEntry, stored: RecordedScore | None) -> RecordedScore:
    # The first attempt is the first time there was a score, not the first time one was cleared.
    first = entry.scored_at if stored is None else stored.first_scored_at
    return RecordedScore(entry.earned, entry.possible, entry.scored_at, first)


def _settled(
    course: StoredCourse,
    outcome: ScoreOutcome,
    before: LearnerRecord,
    regraded: Mapping[LearnerId, Regraded],
    errors: Mapping[LearnerId, GradingError],
) -> ScoreOutcome:
    learner_id = outcome.entry.learner_id
    if outcome.error is not None:
        return outcome
    if learner_id in errors:
        return ScoreOutcome(outcome.entry, error=errors[learner_id])
    content = course.content
    (subsection, *_) = content.subsections_of_problem[outcome.entry.usage_key]
    after = regraded.get(learner_id)
    course_grade = before.course_grade if after is None else after.course_grade
    return ScoreOutcome(
        outcome.entry,
        outcome.fate,
        course=course,
        course_grade=course_grade or zero_course_grade(content, learner_id),
        subsection=subsection.usage_key,
    )
