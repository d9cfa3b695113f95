"""The event log: what is in it, in which order it is read, and what is kept of it."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.connection import connected
from db.event_log import (
    EventFilter,
    LoggedEvent,
    Origin,
    append_events,
    end_of_log,
    events_after,
    events_before,
    events_of_request,
    has_incomplete_events,
    limit_of_log,
)
from db.event_log_state import (
    BEGINNING,
    MAX_ID,
    Place,
    begin_new_epoch_after_restore,
    log_state,
    prune_events,
    read_log_state,
)
from db.event_payload import change_of, payload_of
from db.migrate import migrate
from db.sql import execute, fetch
from db.transaction import grade_transaction, transaction
from grading import (
    Cause,
    CourseGradeChanged,
    CourseGradeSnapshot,
    CourseKey,
    EventKind,
    GradeChange,
    LearnerId,
    PassingStatus,
    PassingStatusChanged,
    Points,
    SubsectionGradeChanged,
)
from tests.factories import COURSE, NOW, ORIGIN, content_of, enroll, publish_content, subsection_key

ADA, BEA, CYD = (LearnerId(number) for number in (1, 2, 3))
FIRST, SECOND = 1, 2  # the courses
HOMEWORK: Final = subsection_key("hw1")
ONLY_POSTGRES: Final = pytest.mark.parametrize(
    "engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
NOTHING: Final = CourseGradeSnapshot(0.0, None, False, PassingStatus.FAILING)
HALF: Final = CourseGradeSnapshot(0.5, "C", True, PassingStatus.PASSING)
ONE_OF_EACH: Final[list[GradeChange]] = [
    SubsectionGradeChanged(ADA, 3, HOMEWORK, Points(0.0, 2.0), Points(1.0, 2.0)),
    CourseGradeChanged(ADA, 2, NOTHING, HALF, first_time_passed=True),
    PassingStatusChanged(ADA, 2, PassingStatus.FAILING, PassingStatus.PASSING, True),
    PassingStatusChanged(BEA, 1, PassingStatus.NOT_ATTEMPTED, PassingStatus.FAILING, False),
]


class RolledBack(Exception):
    pass


@pytest.fixture
async def classroom(database: str) -> None:
    """Two courses with three learners in each."""
    for key, number in ((COURSE, FIRST), (CourseKey("course-v1:edX+Other+2024"), SECOND)):
        course = await publish_content(content_of(course_key=key))
        assert course.id == number
        await enroll(course, 3)


def change(learner_id: LearnerId = ADA, version: int = 1) -> SubsectionGradeChanged:
    return SubsectionGradeChanged(learner_id, version, HOMEWORK, None, Points(1.0, 2.0))


async def append(
    *changes: GradeChange,
    course_id: int = FIRST,
    origin: Origin = ORIGIN,
    minute: int = 0,
) -> None:
    now = NOW + timedelta(minutes=minute)
    async with transaction():
        await append_events(course_id, changes or [change()], origin, now=now)


async def everything() -> list[LoggedEvent]:
    return await events_after(BEGINNING, limit=1_000)


def told(events: Iterable[LoggedEvent]) -> list[tuple[int, int, int]]:
    return [(one.course_id, one.change.learner_id, one.change.version) for one in events]


async def test_what_was_written_is_read_back_as_it_was(classroom: None, engine: str) -> None:
    await append(*ONE_OF_EACH)

    events = await everything()

    assert [one.change for one in events] == ONE_OF_EACH
    assert [one.id for one in events] == [1, 2, 3, 4]
    assert {(one.course_id, one.origin, one.occurred_at) for one in events} == {
        (FIRST, ORIGIN, NOW)
    }
    assert [one.place.id for one in events] == [1, 2, 3, 4]
    (xid,) = {one.place.xid for one in events}
    assert xid == 0 if engine == "sqlite" else xid > 0


async def test_an_event_of_nobody_has_no_actor(classroom: None) -> None:
    origin = Origin(Cause.BULK_IMPORT, None, "f" * 32)
    await append(origin=origin)

    (event,) = await everything()

    assert event.origin == origin


async def test_what_is_rolled_back_was_never_there(classroom: None) -> None:
    async def undone() -> None:
        async with grade_transaction(FIRST, [ADA]):
            await append_events(FIRST, [change()], ORIGIN, now=NOW)
            assert await fetch("select count(*) from grade_event") == [(1,)]
            raise RolledBack

    with pytest.raises(RolledBack):
        await undone()

    assert await everything() == []
    assert await events_before(None, limit=10) == []


async def test_no_changes_are_no_statement(classroom: None, statements: list[str]) -> None:
    statements.clear()

    await append_events(FIRST, [], ORIGIN, now=NOW)

    assert statements == []


async def test_the_log_is_read_in_pages_that_miss_and_repeat_nothing(classroom: None) -> None:
    for version in range(1, 8):
        await append(change(version=version), change(BEA, version))
    place, read, sizes = BEGINNING, [], []

    while page := await events_after(place, limit=5):
        read += told(page)
        sizes.append(len(page))
        place = page[-1].place

    assert sizes == [5, 5, 4]
    assert read == [(FIRST, learner, version) for version in range(1, 8) for learner in (ADA, BEA)]


async def test_the_log_is_read_backwards_in_the_same_order(classroom: None) -> None:
    for version in range(1, 8):
        await append(change(version=version))
    forwards = await everything()

    first = await events_before(None, limit=4)
    second = await events_before(first[-1].place, limit=4)

    assert [*first, *second] == forwards[::-1]
    assert await events_before(second[-1].place, limit=4) == []


FILTERS = [
    (EventFilter(), [1, 2, 3, 4, 5, 6]),
    (EventFilter(course_ids=[FIRST]), [1, 2, 3, 4]),
    (EventFilter(course_ids=[SECOND, FIRST]), [1, 2, 3, 4, 5, 6]),
    (EventFilter(course_ids=[]), []),
    (EventFilter(learner_ids={BEA}), [4, 6]),
    (EventFilter(learner_ids={BEA}, course_ids={SECOND}), [6]),
    (EventFilter(learner_ids=[]), []),
    (EventFilter(kinds={EventKind.SUBSECTION_GRADE_CHANGED}), [1, 5, 6]),
    (EventFilter(kinds={EventKind.COURSE_GRADE_CHANGED}), [2]),
    (
        EventFilter(
            kinds={EventKind.COURSE_GRADE_NOW_PASSED, EventKind.COURSE_GRADE_NOW_FAILED},
            learner_ids=[ADA, CYD],
        ),
        [3],
    ),
    (EventFilter(kinds=[]), []),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
async def test_a_filter_selects_the_same_in_the_log_and_live(
    classroom: None, asked: EventFilter, expected: list[int]
) -> None:
    await append(*ONE_OF_EACH)
    await append(change(), change(BEA), course_id=SECOND)

    assert [one.id for one in await events_after(BEGINNING, limit=10, asked=asked)] == expected
    assert [one.id for one in await events_before(None, limit=10, asked=asked)] == expected[::-1]
    assert [one.id for one in await everything() if asked.admits(one)] == expected


async def test_what_one_request_announced_is_found_by_its_correlation(classroom: None) -> None:
    mine, other = (Origin(Cause.GRADE_UPDATED, "staff", letter * 32) for letter in "ab")
    await append(change(), change(BEA), change(CYD), origin=mine)
    await append(change(version=2), origin=other)
    await append(change(version=3), origin=mine)
    await append(change(version=4), origin=mine, course_id=SECOND)

    found = await events_of_request(FIRST, [ADA, CYD], mine.correlation_id)

    assert told(found) == [(FIRST, ADA, 1), (FIRST, CYD, 1), (FIRST, ADA, 3)]
    assert await events_of_request(FIRST, [], mine.correlation_id) == []


async def test_the_end_of_the_log_is_behind_everything_and_before_what_comes(
    classroom: None,
) -> None:
    await append()
    end = await end_of_log()

    assert await events_after(end, limit=10) == []
    await append(change(version=2))

    assert told(await events_after(end, limit=10)) == [(FIRST, ADA, 2)]
    assert (await end_of_log()) > end


async def test_an_empty_log_has_an_end(classroom: None) -> None:
    end = await end_of_log()
    assert await limit_of_log() >= end
    await append()

    assert told(await events_after(end, limit=10)) == [(FIRST, ADA, 1)]


@ONLY_POSTGRES
async def test_an_open_transaction_holds_back_what_came_after_it(classroom: None) -> None:
    written, released = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with grade_transaction(FIRST, [ADA]):
            await append_events(FIRST, [change(ADA)], ORIGIN, now=NOW)
            written.set()
            await released.wait()

    await append(change(CYD))
    end = await end_of_log()
    writing = asyncio.create_task(slow())
    await written.wait()
    await append(change(BEA), change(BEA, 2))

    # Bea's events are committed; whoever read them now would step over Ada's.
    assert told(await everything()) == [(FIRST, CYD, 1)]
    assert await fetch("select count(*) from grade_event") == [(3,)]
    assert (await has_incomplete_events(), await end_of_log()) == (True, end)
    ((last_xid, last_id),) = await fetch("select xid, id from grade_event order by id desc limit 1")
    assert end < Place(last_xid, last_id) <= await limit_of_log()
    released.set()
    await writing

    assert told(await events_after(end, limit=10)) == [
        (FIRST, ADA, 1),
        (FIRST, BEA, 1),
        (FIRST, BEA, 2),
    ]
    assert not await has_incomplete_events()


@ONLY_POSTGRES
async def test_a_cursor_made_while_a_transaction_is_open_is_before_its_events(
    classroom: None,
) -> None:
    written, released = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with grade_transaction(FIRST, [ADA]):
            await append_events(FIRST, [change(ADA)], ORIGIN, now=NOW)
            written.set()
            await released.wait()

    writing = asyncio.create_task(slow())
    await written.wait()
    cursor = await end_of_log()
    await append(change(BEA))
    released.set()
    await writing

    assert told(await events_after(cursor, limit=10)) == [(FIRST, ADA, 1), (FIRST, BEA, 1)]


@ONLY_POSTGRES
async def test_what_came_after_a_rolled_back_transaction_is_not_held_back(classroom: None) -> None:
    written, released = asyncio.Event(), asyncio.Event()

    async def undone() -> None:
        async with grade_transaction(FIRST, [ADA]):
            await append_events(FIRST, [change(ADA)], ORIGIN, now=NOW)
            written.set()
            await released.wait()
            raise RolledBack

    writing = asyncio.create_task(undone())
    await written.wait()
    await append(change(BEA))
    assert await everything() == []
    released.set()
    with pytest.raises(RolledBack):
        await writing

    assert told(await everything()) == [(FIRST, BEA, 1)]


async def write(chance: random.Random, committed: set[tuple[int, int, int]]) -> None:
    """Change grades again and again, and note what was committed; a quarter is rolled back."""
    for _ in range(15):
        course_id, learner = chance.choice([FIRST, SECOND]), chance.choice([ADA, BEA, CYD])
        with suppress(RolledBack):
            async with grade_transaction(course_id, [learner]):
                ((last,),) = await fetch(
                    "select coalesce(max(version), 0) from grade_event"
                    " where course_id = $1 and learner_id = $2",
                    course_id,
                    learner,
                )
                await append_events(course_id, [change(learner, last + 1)], ORIGIN, now=NOW)
                await asyncio.sleep(chance.choice([0, 0, 0.002]))
                if chance.random() < 0.25:
                    raise RolledBack
            committed.add((course_id, learner, last + 1))


async def test_a_reader_beside_many_writers_gets_everything_once_and_in_order(
    classroom: None,
) -> None:
    committed: set[tuple[int, int, int]] = set()
    seen: list[LoggedEvent] = []

    async def read() -> None:
        while page := await events_after(seen[-1].place if seen else BEGINNING, limit=3):
            seen.extend(page)

    async def read_until(writing: "asyncio.Future[list[None]]") -> None:
        while not writing.done():
            await read()
            await asyncio.sleep(0)
        await read()

    await read_until(asyncio.gather(*(write(random.Random(seed), committed) for seed in range(8))))

    assert len(committed) > 60
    assert len(seen) == len(committed)
    assert set(told(seen)) == committed
    versions: dict[tuple[int, int], list[int]] = defaultdict(list)
    for course_id, learner, version in told(seen):
        versions[course_id, learner].append(version)
    assert versions == {who: list(range(1, len(found) + 1)) for who, found in versions.items()}
    assert [one.place for one in seen] == sorted(one.place for one in seen)


async def test_a_fresh_log_is_kept_from_its_beginning(classroom: None) -> None:
    state = await read_log_state()

    assert state.retained == BEGINNING
    assert len(state.epoch) == 32
    assert await log_state() == state


async def test_each_database_has_an_epoch_of_its_own(database_url: str, blank_url: str) -> None:
    await migrate(blank_url)
    epochs = []
    for url in (database_url, blank_url):
        async with connected(url):
            epochs.append((await log_state()).epoch)

    assert len(set(epochs)) == 2


async def test_pruning_deletes_what_is_old_and_notes_since_when_the_log_is_kept(
    classroom: None,
) -> None:
    await append(*(change(version=version) for version in (1, 2)), minute=0)
    await append(change(version=3), minute=1)
    await append(change(version=4), minute=2)
    before = await everything()
    epoch = (await read_log_state()).epoch

    pruned = await prune_events(older_than=NOW + timedelta(minutes=2))

    assert pruned == 3
    assert await everything() == before[3:]
    state = await log_state()
    assert (state.epoch, state.retained) == (epoch, before[2].place)
    assert await read_log_state() == state


async def test_pruning_what_is_not_there_changes_nothing(classroom: None) -> None:
    await append(minute=5)
    state = await read_log_state()

    assert await prune_events(older_than=NOW + timedelta(minutes=5)) == 0
    assert await read_log_state() == state
    assert len(await everything()) == 1


async def test_pruning_goes_in_pieces(classroom: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.event_log_state._PRUNED_AT_ONCE", 3)
    await append(*(change(version=version) for version in range(1, 9)))
    last = (await everything())[-1]

    assert await prune_events(older_than=NOW + timedelta(minutes=1)) == 8
    assert (await read_log_state()).retained == last.place
    assert await everything() == []


async def test_after_everything_was_pruned_ids_go_on_and_a_new_cursor_is_none_of_the_past(
    classroom: None,
) -> None:
    await append(change(), change(version=2))
    await prune_events(older_than=NOW + timedelta(minutes=1))

    end = await end_of_log()
    await append(change(version=3))

    assert end >= (await read_log_state()).retained
    (event,) = await events_after(end, limit=10)
    assert (event.id, event.change.version) == (3, 3)


async def test_a_database_that_goes_on_keeps_its_epoch(classroom: None) -> None:
    await append()
    state = await read_log_state()

    assert await begin_new_epoch_after_restore() is False
    assert await read_log_state() == state
    assert len(await everything()) == 1


@ONLY_POSTGRES
async def test_a_restored_database_begins_a_new_epoch_and_keeps_its_events(
    classroom: None,
) -> None:
    await append(change(version=1))
    await append(change(version=2))
    old = await read_log_state()
    # As in a dump of a server that had counted further than this one.
    await execute("update grade_event set xid = xid + 1000000")
    await execute("update event_log_state set retained_xid = 7, retained_id = 7")
    assert await everything() == []

    assert await begin_new_epoch_after_restore() is True

    state = await log_state()
    assert state.epoch != old.epoch
    assert (len(state.epoch), state.retained) == (32, BEGINNING)
    await append(change(version=3))
    events = await everything()
    assert [one.change.version for one in events] == [1, 2, 3]
    assert [one.place.xid for one in events[:2]] == [0, 0]
    assert await begin_new_epoch_after_restore() is False


def test_no_place_is_behind_the_last_one() -> None:
    assert BEGINNING < Place(0, 1) < Place(0, MAX_ID) < Place(1, 0) < Place(MAX_ID, MAX_ID)


POINTS = st.builds(Points, st.floats(allow_nan=False), st.floats(allow_nan=False, min_value=0))
SNAPSHOTS = st.builds(
    CourseGradeSnapshot,
    percent=st.floats(0, 1),
    letter_grade=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    passed=st.booleans(),
    passing_status=st.sampled_from(PassingStatus),
)
IDS, VERSIONS = st.integers(1, 2**63 - 1).map(LearnerId), st.integers(1, 2**31 - 1)
CHANGES = st.one_of(
    st.builds(
        SubsectionGradeChanged,
        IDS,
        VERSIONS,
        st.just(HOMEWORK),
        st.none() | POINTS.filter(lambda one: abs(one.earned) < 1e300 and one.possible < 1e300),
        POINTS.filter(lambda one: abs(one.earned) < 1e300 and one.possible < 1e300),
    ),
    st.builds(CourseGradeChanged, IDS, VERSIONS, st.none() | SNAPSHOTS, SNAPSHOTS, st.booleans()),
    st.builds(
        PassingStatusChanged,
        IDS,
        VERSIONS,
        st.sampled_from(PassingStatus),
        st.sampled_from(PassingStatus),
        st.booleans(),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES)
def test_every_change_survives_its_payload(changed: GradeChange) -> None:
    read = change_of(changed.kind, changed.learner_id, changed.version, payload_of(changed))

    assert read == changed
    assert read.kind is changed.kind
