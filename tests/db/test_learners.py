from datetime import timedelta
from typing import Any

import pytest

from db.errors import IntegrityError
from db.learners import Learner, learners_by_id, learners_by_name, save_learners
from db.sql import as_datetime, fetch
from grading import LearnerId
from grading.keys import MAX_LEARNER_ID
from tests.factories import NOW

ADA = Learner(LearnerId(7), "ada", "Ada Lovelace", "ada@example.org", "sis-7")
ZOE = Learner(LearnerId(MAX_LEARNER_ID), "Zoë 'x' 😀", None, None, None)


async def dates() -> list[Any]:
    rows = await fetch("select created_at, updated_at from learner order by id")
    return [(as_datetime(row[0]), as_datetime(row[1])) for row in rows]


async def test_a_learner_is_found_by_every_name(database: str) -> None:
    await save_learners([ADA, ZOE], now=NOW)

    assert await learners_by_id([ADA.id, ZOE.id, LearnerId(8)]) == {ADA.id: ADA, ZOE.id: ZOE}
    assert await learners_by_name("username", ["ada", ZOE.username, "nobody"]) == {
        "ada": ADA,
        ZOE.username: ZOE,
    }
    assert await learners_by_name("external_user_key", ["sis-7", "ada", ""]) == {"sis-7": ADA}


async def test_names_are_not_folded(database: str) -> None:
    await save_learners([ADA, Learner(LearnerId(8), "ADA")], now=NOW)

    assert await learners_by_name("username", ["Ada", "ada ", "ADA"]) == {
        "ADA": Learner(LearnerId(8), "ADA")
    }


async def test_what_is_known_of_a_learner_is_replaced(database: str) -> None:
    await save_learners([ADA], now=NOW)
    renamed = Learner(ADA.id, "countess", None, "a@example.org", "sis-8")
    later = NOW + timedelta(days=1)

    await save_learners([renamed], now=later)

    assert await learners_by_id([ADA.id]) == {ADA.id: renamed}
    assert await learners_by_name("username", ["ada"]) == {}
    assert await dates() == [(NOW, later)]


@pytest.mark.parametrize(
    "thief",
    [Learner(LearnerId(8), "ada"), Learner(LearnerId(8), "bea", external_user_key="sis-7")],
    ids=["username", "external_user_key"],
)
async def test_a_name_that_another_has_is_refused_and_nothing_is_stored(
    database: str, thief: Learner
) -> None:
    await save_learners([ADA], now=NOW)

    with pytest.raises(IntegrityError):
        await save_learners([Learner(LearnerId(9), "cyd"), thief], now=NOW)

    assert await fetch("select count(*) from learner") == [(1,)]
    assert await learners_by_id([ADA.id]) == {ADA.id: ADA}


async def test_nobody_is_found_among_none(database: str) -> None:
    await save_learners([], now=NOW)

    assert await learners_by_id([]) == {}
    assert await learners_by_name("username", []) == {}


async def test_more_learners_than_a_statement_holds_are_all_stored(database: str) -> None:
    many = [Learner(LearnerId(number), f"u{number}") for number in range(1, 12_002)]

    await save_learners(many, now=NOW)

    assert len(await learners_by_id(LearnerId(number) for number in range(1, 20_000))) == 12_001
