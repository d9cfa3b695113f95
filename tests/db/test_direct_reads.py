import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from db.connection import client, connected
from db.errors import OperationalError
from db.observation import statements_observed
from db.sql import execute, fetch, id_array
from db.sqlite_backend import READERS, SqliteConnections
from db.sqlite_direct import PAUSE, STRIDES, DirectReader
from db.sqlite_thread import fetch as fetch_here
from db.together import fetch_together
from db.transaction import transaction
from tests.conftest import run_apart
from tests.db.counter_models import CREATE_COUNTER, Counter

T = TypeVar("T")

COUNT_TO = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)"
    " select max(i) from n"
)
LONG = STRIDES * 1_000
VALUES = (
    "select 1, -9223372036854775808, 0.1, 1e300, 'é \U0001f600', x'00ff', null, true,"
    " '2026-01-01 00:00:00+00:00', $1, $2 union all select total, learner_id, 0, 0, '', '',"
    " '', '', changed_at, '', '' from counter order by 1"
)


@pytest.fixture
async def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    monkeypatch.setattr("db.sqlite_direct.PATIENCE", 60)  # the machine may be busy
    path = tmp_path / "grades.sqlite3"
    async with connected(f"sqlite:///{path}", models="tests.db.counter_models"):
        await execute(CREATE_COUNTER.format(timestamp="timestamp"))
        await execute("insert into counter (course_id, learner_id, total) values (1, 7, 0)")
        yield path


async def was_direct(work: Coroutine[Any, Any, T]) -> tuple[bool, T]:
    """Tell whether something was done before it could wait for anybody, and what it returned."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    direct = task.done()
    return direct, await task


async def outcome(work: Coroutine[Any, Any, object]) -> object:
    try:
        return repr(await work)
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)


def in_another_process(file: Path, *sql: str) -> str:
    """Run statements one by one; return what the last one gave."""
    program = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for sql in sys.argv[2:]: rows = db.execute(sql).fetchall()\n"
        "print(rows)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(file), *sql],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    ).stdout.strip()


@pytest.fixture
async def reader(file: Path) -> AsyncIterator[DirectReader]:
    opened = DirectReader(str(file))
    yield opened
    opened.close()


async def test_a_short_read_waits_for_nobody(file: Path) -> None:
    assert await was_direct(fetch("select total from counter")) == (True, [(0,)])
    assert await was_direct(fetch_together(["select 1", "select $1"], 2)) == (
        True,
        [[(1,)], [(2,)]],
    )
    assert await was_direct(client().execute_query_dict("select total from counter")) == (
        True,
        [{"total": 0}],
    )


async def test_the_rows_are_those_of_the_ordinary_way(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rows() -> tuple[bool, list[str]]:
        direct, first = await was_direct(fetch(VALUES, "text", b"bytes"))
        together = await fetch_together([VALUES, "select $3"], "a", 2**62, 5)
        models = await Counter.all().values()
        _, named = await client().execute_query("select * from counter where total = ?", [0])
        mappings = await client().execute_query_dict("select * from counter")
        columns = named[0].keys(), named[0]["changed_at"]
        return direct, [repr(found) for found in (first, together, models, columns, mappings)]

    await execute("update counter set changed_at = '2026-01-02 03:04:05.000006+00:00'")
    direct, found = await rows()
    monkeypatch.setattr(DirectReader, "may_read", lambda *_: False)
    ordinary, expected = await rows()
    assert (direct, ordinary) == (True, False)
    assert found == expected


async def test_what_others_committed_is_seen_at_once(file: Path) -> None:
    for total in (1, 2, 3):
        in_another_process(file, f"update counter set total = {total}")
        assert await was_direct(fetch("select total from counter")) == (True, [(total,)])
        await execute("update counter set total = total + 10")
        assert await was_direct(fetch("select total from counter")) == (True, [(total + 10,)])


async def test_what_nobody_committed_is_not_seen(file: Path) -> None:
    written, read = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with transaction():
            await execute("update counter set total = 1")
            assert await was_direct(fetch("select total from counter")) == (False, [(1,)])
            written.set()
            await read.wait()

    writing = asyncio.create_task(write())
    await written.wait()
    assert await was_direct(fetch("select total from counter")) == (True, [(0,)])
    read.set()
    await writing
    assert await was_direct(fetch("select total from counter")) == (True, [(1,)])


async def test_no_read_keeps_the_log_from_being_emptied(file: Path) -> None:
    await execute("update counter set total = 1")
    await fetch("select total from counter")
    await fetch_together(["select total from counter", "select 1"])
    await fetch("select 1 from counter, json_each($1)", id_array(range(LONG)))  # too long
    with pytest.raises(OperationalError):
        await fetch_together(["select total from counter", "select nothing"])
    assert in_another_process(file, "pragma wal_checkpoint(truncate)") == "[(0, 0, 0)]"


async def test_the_file_may_be_written_anew_and_its_tables_altered(file: Path) -> None:
    assert await fetch("select * from counter where total = 1") == []
    columns = len((await fetch("select * from counter"))[0])
    in_another_process(
        file,
        "pragma wal_checkpoint(truncate)",
        "alter table counter add column extra integer default 5",
        "vacuum",
        "update counter set total = 4",
    )
    direct, ((*row,),) = await was_direct(fetch("select * from counter"))
    assert (direct, len(row), row[-1]) == (True, columns + 1, 5)


@pytest.mark.parametrize("before", ["select 1", "pragma query_only = off"])
async def test_nothing_can_be_written(before: str, reader: DirectReader) -> None:
    await reader.read(before, partial(fetch_here, before, ()))
    for sql in ("update counter set total = 1", "create table other (x)", "drop table counter"):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await reader.read(sql, partial(fetch_here, sql, ()))
    assert await fetch("select total from counter") == [(0,)]


async def test_a_database_in_memory_has_no_other_connection() -> None:
    async with connected("sqlite://:memory:", models="tests.db.counter_models"):
        await execute("create table t (x)")
        assert await was_direct(fetch("select x from t")) == (False, [])


async def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "a b%41?mode=rwc&é#.sqlite3"
    async with connected(f"sqlite:///{path}", models="tests.db.counter_models"):
        await execute("create table t (x)")
        assert await was_direct(fetch("select x from t")) == (True, [])
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208


@pytest.mark.parametrize(
    ("sql", "args"),
    [
        ("select nothing from counter", ()),
        ("select * from nowhere", ()),
        ("select select", ()),
        ("select 1; select 2", ()),
        ("select $1, $2", (1,)),
        ("select $1", (1, 2)),
        ("select $1", (2**63,)),
        ("select $1", (object(),)),
        ("select $1", ("\ud800",)),
        ("select json_extract($1, '$')", ("{",)),
        ("select abs(-9223372036854775808)", ()),
    ],
)
async def test_errors_are_those_of_the_ordinary_way(
    sql: str, args: tuple[object, ...], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await outcome(fetch(sql, *args))
    monkeypatch.setattr(DirectReader, "may_read", lambda *_: False)
    assert found == await outcome(fetch(sql, *args))
    assert isinstance(found, tuple)


async def test_a_damaged_file_is_told_of_as_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_another_process(file, "pragma wal_checkpoint(truncate)")
    with file.open("r+b") as damaged:
        size = damaged.seek(0, os.SEEK_END)
        damaged.seek(100)
        damaged.write(b"\xff" * (size - 100))
    in_another_process(file, "pragma user_version = 1")  # so that nobody trusts what it remembers
    found = await outcome(fetch("select total from counter"))
    monkeypatch.setattr(DirectReader, "may_read", lambda *_: False)
    assert found == await outcome(fetch("select total from counter"))
    assert found == (OperationalError, "database disk image is malformed")


@pytest.mark.parametrize("read_before", [True, False])
async def test_a_vanished_file_is_as_ever(
    read_before: bool, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if read_before:
        await fetch("select total from counter")
        await asyncio.gather(*(fetch(COUNT_TO + ", counter", LONG) for _ in range(READERS)))
    os.unlink(file)  # noqa: PTH108
    found = await outcome(fetch("select total from counter"))
    monkeypatch.setattr(DirectReader, "may_read", lambda *_: False)
    assert found == await outcome(fetch("select total from counter"))
    assert found == ("[(0,)]" if read_before else (OperationalError, "disk I/O error"))


async def test_a_long_read_is_left_to_a_thread_and_comes_back_when_it_is_short(file: Path) -> None:
    assert await was_direct(fetch(COUNT_TO, 1)) == (True, [(1,)])
    assert await was_direct(fetch(COUNT_TO, LONG)) == (False, [(LONG,)])
    for _ in range(PAUSE):
        assert await was_direct(fetch("select 1")) == (True, [(1,)])
        assert await was_direct(fetch(COUNT_TO, 2)) == (False, [(2,)])
    assert await was_direct(fetch(COUNT_TO, 3)) == (True, [(3,)])


async def test_a_slow_disk_makes_a_read_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await was_direct(fetch(COUNT_TO, 1_000)) == (True, [(1_000,)])
    monkeypatch.setattr("db.sqlite_direct.PATIENCE", 0)
    assert await was_direct(fetch(COUNT_TO, 1_000)) == (False, [(1_000,)])


async def test_long_queries_without_number_are_not_all_remembered(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.sqlite_direct.PATIENCE", 0)
    for number in range(600):
        await fetch(f"select {number} from json_each($1)", id_array(range(1_000)))
    direct = cast(SqliteConnections, client())._direct
    assert direct is not None
    assert 0 < len(direct._pauses) <= 512


async def test_many_short_reads_leave_others_their_turn(file: Path) -> None:
    turns: list[int] = []

    async def read() -> None:
        for _ in range(STRIDES * 2 + 1):
            await fetch("select 1")
            done.append(1)

    async def look() -> None:
        while len(done) <= STRIDES * 2:
            turns.append(len(done))
            await asyncio.sleep(0)

    done: list[int] = []
    await asyncio.gather(read(), look())
    assert turns == [STRIDES, STRIDES * 2]


async def test_another_loop_reads_in_a_thread(file: Path) -> None:
    database = cast(SqliteConnections, client())
    assert run_apart(was_direct(database.fetch_rows("select total from counter", ()))) == (
        False,
        [(0,)],
    )


async def test_reads_of_either_kind_are_counted_once(file: Path, statements: list[str]) -> None:
    observed: list[str] = []

    def observe(sql: str) -> nullcontext[None]:
        observed.append(sql)
        return nullcontext()

    with statements_observed(observe):
        await fetch(COUNT_TO, 1)
        await fetch(COUNT_TO, LONG)
        await fetch_together(["select 1", "select 2"])
        with pytest.raises(OperationalError):
            await fetch("select nothing")
    expected = [COUNT_TO, COUNT_TO, "select 1; select 2", "select nothing"]
    assert observed == expected
    assert statements == expected


async def test_a_closed_database_is_opened_again(file: Path) -> None:
    await client().close()
    assert await was_direct(fetch("select total from counter")) == (False, [(0,)])
    assert await was_direct(fetch("select total from counter")) == (True, [(0,)])
