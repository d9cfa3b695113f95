"""Writes learners.csv and scores.csv anew, always the same: ``python -m demo.generate``.

What a learner does follows from ``roster.py`` (ability and story), from the course (opening and
due dates, number of answers) and from one seeded generator a learner. Only its ``random()`` is
used: that alone is promised to give the same numbers in every version of Python.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from demo import LEARNERS, SCORES
from demo.outline import COURSE_KEY, Question, Task, tasks
from demo.roster import Person, Story, people

# The history ends in the middle of the course: homework 8 is open, the final is still to come.
HISTORY_ENDS: Final = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)

LEARNER_COLUMNS: Final = (
    "user_id",
    "username",
    "full_name",
    "email",
    "external_user_key",
    "course_key",
    "mode",
    "cohort",
    "active",
)
SCORE_COLUMNS: Final = ("username", "usage_key", "score_given", "score_maximum", "timestamp")

_MAX_ATTEMPTS: Final = 3
_LATE_START: Final = datetime(2026, 10, 5, tzinfo=UTC)
_STORY_ENDS: Final = {
    Story.DROPPED_OUT: datetime(2026, 10, 12, tzinfo=UTC),
    Story.LEFT: datetime(2026, 9, 30, tzinfo=UTC),
    Story.NEVER_CAME: datetime(2026, 9, 7, tzinfo=UTC),
}
_OF_THE_UNIVERSITY: Final = 0.4
_VERIFIED_OF_THE_OTHERS: Final = 0.3
_SOUTHERN: Final = 0.35
# How likely a subsection is done at all, by story; the others do nearly everything.
_DILIGENCE: Final = {Story.PERFECT: 1.0, Story.PATCHY: 0.55, Story.STRUGGLING: 0.85}
_USUAL_DILIGENCE: Final = 0.95
# The course gets harder: this much of one's ability is lost, at most, by its last subsection.
_GROWTH_OF_DIFFICULTY: Final = 0.18

# From the end of the history to the end of the course, and a little more.
_REST_OF_THE_COURSE: Final = timedelta(weeks=4)

Score = tuple[str, str, int, int, datetime]


def learner_rows() -> Iterator[tuple[str, ...]]:
    """Yield the lines of learners.csv."""
    for person in people():
        chance = _chance(f"learner {person.user_id}")
        of_the_university = chance() < _OF_THE_UNIVERSITY
        yield (
            str(person.user_id),
            person.username,
            person.full_name,
            f"{person.username}@{'example.org' if of_the_university else 'example.com'}",
            f"STAR-{person.user_id * 37 % 10_000:04}" if of_the_university else "",
            COURSE_KEY,
            "verified" if of_the_university or chance() < _VERIFIED_OF_THE_OTHERS else "audit",
            "Southern sky" if chance() < _SOUTHERN else "Northern sky",
            "false" if person.story is Story.LEFT else "true",
        )


def score_rows() -> Iterator[tuple[str, ...]]:
    """Yield the lines of scores.csv, oldest first."""
    course = tasks()
    scores = [score for person in people() for score in _autumn_of(person, course)]
    for username, usage_key, given, maximum, moment in sorted(scores, key=_moment_of):
        if moment < HISTORY_ENDS:
            yield username, usage_key, str(given), str(maximum), f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def scores_after(newest: datetime, *, seed: int = 0) -> list[Score]:
    """Return how the history goes on after a moment, to the end of the course, oldest first.

    After the end of the course comes what follows on the history once more, four weeks later and
    with other luck, and so on for ever. Seed 0 goes on with the history's own luck.
    """
    course = tasks()
    times = max(0, (newest - HISTORY_ENDS) // _REST_OF_THE_COURSE)
    while True:
        later = _REST_OF_THE_COURSE * times
        luck = f" {seed}.{times}" if seed or times else ""
        found = [
            (username, usage_key, given, maximum, moment + later)
            for person in people()
            for username, usage_key, given, maximum, moment in _autumn_of(person, course, luck)
            if moment >= HISTORY_ENDS and moment + later > newest
        ]
        if found:
            return sorted(found, key=_moment_of)
        times += 1


def _moment_of(score: Score) -> datetime:
    return score[4]


def _chance(seed: str) -> Callable[[], float]:
    return Random(seed).random  # noqa: S311 - it must repeat itself, not keep a secret


def _autumn_of(person: Person, course: list[Task], luck: str = "") -> Iterator[Score]:
    chance = _chance(f"scores {person.user_id}{luck}")
    ends = _STORY_ENDS.get(person.story, datetime.max.replace(tzinfo=UTC))
    for position, task in enumerate(course):
        difficulty = _GROWTH_OF_DIFFICULTY * position / len(course)
        does_it = chance() < _likelihood(person, task)
        begins = _beginning(person, task, chance)
        if not does_it or begins is None:
            continue
        moment = begins
        for question in task.questions:
            moment += timedelta(seconds=60 + int(chance() * 600))
            for given, when in _attempts(person, question, difficulty, moment, chance):
                if when < ends:
                    yield person.username, question.usage_key, given, question.answers, when


def _likelihood(person: Person, task: Task) -> float:
    if person.story is Story.PERFECT:
        return 1.0
    if task.due is None:
        return 0.3 + 0.4 * person.ability
    if task.format in {"Midterm", "Final"}:
        return 0.97
    return _DILIGENCE.get(person.story, _USUAL_DILIGENCE)


def _beginning(person: Person, task: Task, chance: Callable[[], float]) -> datetime | None:
    """Return when the learner sits down to it, None if it was over before they came."""
    closes = task.due or task.opens + timedelta(days=20)
    opens = task.opens
    if person.story is Story.LATE:
        opens = max(opens, _LATE_START)
    # Exams open for two days; everything else is put off: the root of a chance lies near its end.
    if task.format in {"Midterm", "Final"}:
        opens = max(opens, closes - timedelta(days=2))
    days = (closes - opens).days
    put_off = max(chance(), chance())
    hour = 7 + int(chance() * 14)
    if days < 1:
        return None
    day = (opens + timedelta(days=int(put_off * days))).replace(hour=0, minute=0, second=0)
    return day + timedelta(hours=hour, seconds=int(chance() * 3600))


def _attempts(
    person: Person,
    question: Question,
    difficulty: float,
    moment: datetime,
    chance: Callable[[], float],
) -> Iterator[tuple[int, datetime]]:
    """Yield the first attempt and every later one that is better."""
    known = 1.0 if person.story is Story.PERFECT else 0.25 + 0.75 * person.ability - difficulty
    right = [chance() < known for _ in range(question.answers)]
    yield sum(right), moment
    tries = 1 if question.one_attempt else _MAX_ATTEMPTS
    for _ in range(1, tries):
        persists = chance() < 0.2 + 0.5 * person.ability
        if all(right) or not persists:
            return
        moment += timedelta(seconds=120 + int(chance() * 5400))
        again = [done or chance() < 0.6 * known for done in right]
        if again != right:
            yield sum(again), moment
        right = again


def write(learners: Path, scores: Path) -> None:
    """Write both files."""
    for path, columns, rows in (
        (learners, LEARNER_COLUMNS, learner_rows()),
        (scores, SCORE_COLUMNS, score_rows()),
    ):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


if __name__ == "__main__":
    write(LEARNERS, SCORES)
