import pytest

from db.errors import IntegrityError
from db.sql import (
    among,
    among_texts,
    as_bool,
    as_datetime,
    execute,
    execute_many,
    fetch,
    id_array,
    text_array,
)
from db.upsert import Upsert, upsert_rows

COUNTER = Upsert(
    "counter",
    columns={
        "course_id": "bigint",
        "learner_id": "bigint",
        "total": "bigint",
        "passed": "boolean",
        "changed_at": "timestamptz",
    },
    key=("course_id", "learner_id"),
)
INSERT = "insert into counter (course_id, learner_id, total)"
MORNING = as_datetime("2026-11-01T08:00:00+00:00")
NOON = as_datetime("2026-11-01T12:00:00+00:00")


async def stored() -> list[tuple[object, ...]]:
    rows = await fetch(
        "select learner_id, total, passed, changed_at from counter order by learner_id"
    )
    return [(row[0], row[1], as_bool(row[2]), as_datetime(row[3])) for row in rows]


async def test_execute_returns_how_many_rows_it_touched(counters: str) -> None:
    assert await execute(f"{INSERT} values (1, 8, $1), (1, 9, $1)", 4) == 2
    assert await execute("update counter set total = $1 where learner_id > $2", 5, 7) == 2
    assert await execute("update counter set total = 1 where learner_id = 99") == 0
    assert await execute("delete from counter") == 3


async def test_a_write_may_return_rows(counters: str) -> None:
    rows = await fetch("update counter set total = total + $1 returning learner_id, total", 3)
    assert [tuple(row) for row in rows] == [(7, 3)]
    assert (await stored())[0][1] == 3


async def test_among_finds_any_number_of_ids_and_texts(counters: str) -> None:
    await execute_many(
        f"{INSERT} values ($1, $2, $3)",
        [(1, learner, 0) for learner in range(100, 110)],
    )
    ids = f"select learner_id from counter where {among('learner_id', 2)} and course_id = $1"
    rows = await fetch(ids, 1, id_array([7, 105, *range(1_000, 60_000)]))
    assert sorted(row[0] for row in rows) == [7, 105]
    assert list(await fetch(ids, 1, id_array([]))) == []
    texts = f"select count(*) from counter where {among_texts('cast(learner_id as text)', 1)}"
    assert (await fetch(texts, text_array(["7", "it's", 'a "b"', "ü"])))[0][0] == 1


async def test_an_upsert_inserts_and_updates(counters: str) -> None:
    await upsert_rows(COUNTER, [(1, 7, 5, True, NOON), (1, 8, 6, False, None)])
    assert await stored() == [(7, 5, True, NOON), (8, 6, False, None)]


async def test_an_upsert_of_many_pieces_is_complete(counters: str) -> None:
    await upsert_rows(COUNTER, [(2, learner, 1, False, NOON) for learner in range(12_345)])
    assert (await fetch("select count(*), sum(total) from counter where course_id = 2"))[0][
        0:2
    ] == (12_345, 12_345)


async def test_an_upsert_that_fails_late_stores_nothing(counters: str) -> None:
    rows: list[tuple[object, ...]] = [(2, learner, 1, False, NOON) for learner in range(6_000)]
    rows.append((None, 1, 1, False, NOON))
    with pytest.raises(IntegrityError):
        await upsert_rows(COUNTER, rows)
    assert len(await stored()) == 1


async def test_an_upsert_may_keep_columns_compute_others_and_skip_rows(counters: str) -> None:
    upsert = Upsert(
        COUNTER.table,
        columns=COUNTER.columns,
        key=COUNTER.key,
        update=["changed_at"],
        expressions={"total": "counter.total + excluded.total"},
        only_if="counter.changed_at is null or excluded.changed_at > counter.changed_at",
    )
    await upsert_rows(upsert, [(1, 7, 5, True, NOON)])
    await upsert_rows(upsert, [(1, 7, 5, True, MORNING)])
    assert await stored() == [(7, 5, False, NOON)]


async def test_an_upsert_without_updates_keeps_what_is_there(counters: str) -> None:
    upsert = Upsert(COUNTER.table, columns=COUNTER.columns, key=COUNTER.key, update=[])
    await upsert_rows(upsert, [(1, 7, 5, True, NOON), (1, 8, 5, True, NOON)])
    assert await stored() == [(7, 0, False, None), (8, 5, True, NOON)]


async def test_an_upsert_of_nothing_does_nothing(counters: str) -> None:
    await upsert_rows(COUNTER, [])
    assert len(await stored()) == 1


def test_nothing_stays_nothing() -> None:
    assert as_datetime(None) is None
    assert as_bool(None) is None
