import asyncio
import logging
import sqlite3
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from db.event_log_state import BEGINNING
from events import EventStream, Pace
from events.sqlite_watch import SqliteWaker
from grading import LearnerId
from tests.events.bell import Bell
from tests.events.grade_log import GradeLog, change_grade, enroll_everybody, versions
from tests.events.waiting import soon, until

REPEAT_THE_LAST_EVENT = """
import sqlite3, sys
columns = "course_id, learner_id, kind, payload, cause, correlation_id, created_at"
connection = sqlite3.connect(sys.argv[1], timeout=10)
for version in (2, 3, 4):
    with connection:
        connection.execute(
            f"insert into grade_event ({columns}, version)"
            f" select {columns}, {version} from grade_event order by id desc limit 1"
        )
"""


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def test_commits_of_another_process_are_seen(database: str) -> None:
    path = Path(database.removeprefix("sqlite:///"))
    await enroll_everybody()
    await change_grade(1, LearnerId(1))
    stream = EventStream(GradeLog(), wakers=[SqliteWaker(path)], pace=Pace(poll=3_600))
    async with stream, aclosing(stream.follow(1, after=BEGINNING)) as events:
        assert await versions(events, 1) == [1]
        rest = asyncio.create_task(versions(events, 3))
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", REPEAT_THE_LAST_EVENT, str(path)
        )
        assert await soon(other.wait()) == 0
        assert await rest == [2, 3, 4]


async def test_a_file_at_rest_wakes_nobody_and_a_commit_wakes_once(tmp_path: Path) -> None:
    path, bell = tmp_path / "strange name #1%.sqlite3", Bell()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("pragma journal_mode = wal")
    writer.execute("create table note (text)")
    watching = asyncio.create_task(SqliteWaker(path).run(bell))
    await until(lambda: bell.rung == 1)  # for what was written before the watch began

    await asyncio.sleep(0.1)
    assert bell.rung == 1
    writer.execute("insert into note values ('x')")
    await until(lambda: bell.rung == 2)
    await asyncio.sleep(0.1)
    assert bell.rung == 2

    watching.cancel()
    await asyncio.wait([watching])
    writer.close()


async def test_a_file_that_cannot_be_read_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, bell = tmp_path / "later.sqlite3", Bell()
    with caplog.at_level(logging.INFO):
        watching = asyncio.create_task(SqliteWaker(path).run(bell))
        await until(lambda: bool(caplog.messages))
        assert not path.exists()
        sqlite3.connect(path).close()
        await until(lambda: bell.rung == 1)
        watching.cancel()
        await soon(asyncio.wait([watching]))
    assert caplog.messages == [
        "watching the SQLite file failed and is tried again",
        "watching the SQLite file works again",
    ]
