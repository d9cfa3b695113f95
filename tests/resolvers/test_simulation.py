"""Scores played into a course: which, in what order, at what pace, and what they leave behind."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.courses import StoredCourse
from db.event_log import LoggedEvent, end_of_log, events_after
from db.event_log_state import BEGINNING
from demo.generate import HISTORY_ENDS
from demo.outline import COURSE_KEY
from examples.oulad.convert import convert
from formats.csv_rows import RefusedLine, open_csv
from formats.learners_csv import read_learners
from formats.olx import read_course
from formats.scores_csv import ScoreRow, read_scores
from grading import (
    CourseKey,
    CourseNotFound,
    GradesFrozen,
    InvalidInput,
    LearnerId,
    UsageKey,
)
from resolvers.access import ANONYMOUS
from resolvers.course_import import publish_course
from resolvers.courses import require_course
from resolvers.demonstration import load_demonstration
from resolvers.learner_import import import_learners
from resolvers.score_import import import_scores
from resolvers.score_recording import ScoreEntry
from resolvers.simulation import (
    play,
    programme_of_demonstration,
    programme_of_file,
    steps_of,
)
from tests.factories import (
    COURSE,
    NOW,
    content_of,
    context_of,
    enroll,
    problem_key,
    publish_content,
    record,
)
from tests.shared_material import OULAD_SLICE, requires_shared

pytestmark = pytest.mark.slow  # each test plays a term

FAST = 1e9  # days in a second
DEMONSTRATION = CourseKey(COURSE_KEY)


def entry(
    hours: float, *, learner: int = 1, problem: str = "exam_1", earned: float = 1.0
) -> ScoreEntry:
    moment = NOW + timedelta(hours=hours)
    return ScoreEntry(LearnerId(learner), problem_key(problem), earned, 1.0, moment)


def row(line: int, hours: float, learner: int = 1, problem: str = "exam_1") -> ScoreRow:
    moment = NOW + timedelta(hours=hours)
    key = problem_key(problem)
    return ScoreRow(line, LearnerId(learner), None, COURSE, key, 1.0, 1.0, moment)


async def class_of(learners: int) -> StoredCourse:
    course = await publish_content()
    await enroll(course, learners)
    return course


async def logged() -> list[LoggedEvent]:
    return list(await events_after(BEGINNING, limit=10_000))


def test_scores_of_an_hour_come_in_together_and_a_hundred_at_most() -> None:
    scores = [entry(0), entry(0.5), entry(0.99), entry(1), entry(30)]
    crowd = [entry(0, learner=number) for number in range(250)]

    assert list(steps_of(scores)) == [scores[:3], scores[3:4], scores[4:]]
    assert [len(step) for step in steps_of(crowd)] == [100, 100, 50]
    assert list(steps_of([])) == []


async def test_a_file_is_played_in_the_order_of_its_dates(database: str) -> None:
    course = await class_of(2)
    rows = [row(2, 5), row(3, 1, learner=2), row(4, 1, problem="hw1_1"), row(5, 0, learner=2)]

    programme = await programme_of_file(context_of(), course, rows)

    assert programme.refused == []
    assert [(one.learner_id, one.scored_at - NOW) for one in programme.scores] == [
        (2, timedelta(0)),
        (2, timedelta(hours=1)),
        (1, timedelta(hours=1)),
        (1, timedelta(hours=5)),
    ]


async def test_lines_that_cannot_be_played_are_named(database: str) -> None:
    course = await class_of(1)
    elsewhere = CourseKey("course-v1:Other+C+R")
    foreign = ScoreRow(
        3, LearnerId(1), None, elsewhere, UsageKey("block-v1:Other+C+R+type@problem+block@x"),
        1.0, 1.0, NOW,
    )  # fmt: skip
    bad = RefusedLine(5, "Bad.", "INVALID_INPUT")
    rows: list[ScoreRow | RefusedLine] = [row(2, 0), foreign, row(4, 0, learner=9), bad]

    programme = await programme_of_file(context_of(), course, rows)

    assert len(programme.scores) == 1
    assert programme.refused == [
        RefusedLine(3, f"It is of {elsewhere}, not of {COURSE}.", "INVALID_INPUT"),
        RefusedLine(4, "There is no learner whose user_id is 9.", "LEARNER_NOT_FOUND"),
        bad,
    ]


@pytest.mark.shared
@requires_shared
async def test_a_real_class_is_played_as_it_would_be_imported(
    database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    convert(OULAD_SLICE, folder)
    context = context_of()
    content = read_course(folder / "courses" / "AAA-2013J").content
    course = (await publish_course(context, content)).course
    await import_learners(context, read_learners(open_csv(folder / "learners.csv")))

    def rows() -> Iterator[ScoreRow | RefusedLine]:
        return read_scores(open_csv(folder / "scores.csv"))

    programme = await programme_of_file(context, course, rows())
    played = await play(context, course, programme.scores, days_per_second=FAST)
    imported = await import_scores(context, rows)

    assert (programme.refused, played.recorded) == ([], 1631)
    assert (imported.lines, imported.unchanged, imported.recorded) == (1631, 1631, 0)
    events = await logged()
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert len({event.origin.correlation_id for event in events}) > 100


async def test_every_step_is_a_change_of_its_own_with_its_events(database: str) -> None:
    course = await class_of(2)
    scores = [entry(0), entry(0.5, learner=2), entry(2, earned=0.0), entry(4)]
    shown: list[tuple[int, int | None]] = []

    played = await play(
        context_of(),
        course,
        scores,
        days_per_second=FAST,
        shown=lambda done, total: shown.append((done, total)),
    )

    assert (played.recorded, played.scores, played.reached) == (4, 4, NOW + timedelta(hours=4))
    assert shown == [(2, 4), (3, 4), (4, 4)]
    steps: dict[str, set[int]] = {}
    for event in await logged():
        learners = steps.setdefault(event.origin.correlation_id, set())
        learners.add(event.change.learner_id)
    assert list(steps.values()) == [{1, 2}, {1}, {1}]


async def test_what_is_known_older_or_impossible_is_counted(database: str) -> None:
    course = await class_of(3)
    await record(course, LearnerId(1), {"exam_1": 1.0})
    await record(course, LearnerId(2), {"exam_1": 1.0}, at=NOW + timedelta(days=1))

    played = await play(
        context_of(),
        course,
        [entry(0), entry(0, learner=2), entry(0, learner=3, problem="none_1"), entry(0, learner=3)],
        days_per_second=FAST,
    )

    assert (played.recorded, played.unchanged, played.outdated) == (1, 1, 1)
    assert [error.code for error in played.refused] == ["BLOCK_NOT_FOUND"]


@pytest.mark.parametrize("after", [0.0, 0.1])
async def test_it_waits_for_the_day_and_ends_when_told_to(database: str, after: float) -> None:
    course = await class_of(1)
    ended = asyncio.Event()

    def end(done: int, total: int | None) -> None:
        asyncio.get_running_loop().call_later(after, ended.set)

    # Without an end it would wait a day, and without a pace the second would be there at once.
    pace = 1 / 86_400
    played = await play(
        context_of(), course, [entry(0), entry(24)], days_per_second=pace, ended=ended, shown=end
    )

    assert (played.recorded, played.reached) == (1, NOW)


async def test_nobody_but_a_writer_plays_and_nothing_into_frozen_grades(database: str) -> None:
    content = content_of()
    over = replace(content.structure, end=NOW - timedelta(days=31))
    course = await publish_content(replace(content, structure=over))
    await enroll(course, 1)

    with pytest.raises(GradesFrozen):
        await play(
            context_of(freeze_after=timedelta(days=30)), course, [entry(0)], days_per_second=FAST
        )
    with pytest.raises(CourseNotFound):
        await play(context_of(ANONYMOUS), course, [entry(0)], days_per_second=FAST)
    assert await logged() == []


async def test_invented_scores_go_on_after_the_history_and_repeat_themselves(
    database: str,
) -> None:
    context = context_of()
    await load_demonstration(context)
    course = await require_course(context, DEMONSTRATION)

    first = await programme_of_demonstration(context, course)
    again = await programme_of_demonstration(context, course)
    other = await programme_of_demonstration(context, course, seed=1)

    moments = [one.scored_at for one in first.scores]
    assert (len(moments), first.refused) == (442, [])
    assert moments == sorted(moments)
    assert moments[0] >= HISTORY_ENDS
    assert first == again
    assert first != other

    begin = await end_of_log()
    early = await play(context, course, first.scores[:100], days_per_second=FAST)
    rest = await programme_of_demonstration(context, course)
    assert early.recorded == 100
    assert rest.scores == first.scores[100:]
    assert len(await events_after(begin, limit=1_000)) > 50


async def test_invented_scores_never_run_out(database: str) -> None:
    context = context_of()
    await load_demonstration(context)
    course = await require_course(context, DEMONSTRATION)

    reached: list[datetime] = []
    for _ in range(3):
        programme = await programme_of_demonstration(context, course)
        played = await play(context, course, programme.scores, days_per_second=FAST)
        assert (played.recorded, played.scores) == (len(programme.scores),) * 2
        assert played.reached is not None
        reached.append(played.reached)

    weeks = [(moment - HISTORY_ENDS) // timedelta(weeks=4) for moment in reached]
    assert weeks == [0, 1, 2]


async def test_scores_are_invented_for_the_demonstration_alone(database: str) -> None:
    course = await class_of(1)

    with pytest.raises(InvalidInput, match="name a file of scores"):
        await programme_of_demonstration(context_of(), course)
