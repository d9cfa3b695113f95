"""``idempotencyKey``: a request that is sent again is answered again, and not done again."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.courses import StoredCourse
from db.event_log import Origin
from db.sql import fetch
from grading import LearnerId, Regraded
from resolvers import regrading
from resolvers.access import Viewer
from resolvers.regrading import save_regraded
from tests.invariants import broken_rules
from tests.schema.execution import AS_STAFF, everything_stored
from tests.schema.heat import ADA, BEA, COURSE_KEY, NOW, POLICY, SCORED, publish_course, record
from tests.schema.overriding import override, setting
from tests.schema.writes import WRITES

LATER = replace(AS_STAFF, now=NOW + timedelta(hours=23, minutes=59))
TOO_LATE = replace(AS_STAFF, now=NOW + timedelta(hours=24, seconds=1))
FROZEN = replace(AS_STAFF, now=datetime(2026, 8, 1, tzinfo=UTC))


@pytest.fixture
async def written(course: StoredCourse) -> StoredCourse:
    """The course in such a state that every write of `WRITES` changes something."""
    await override(setting("lab1", 1))
    kinds = [{**kind, "drop_count": 0} for kind in POLICY["GRADER"]]
    return await publish_course(policy={**POLICY, "GRADER": kinds})


@pytest.mark.parametrize("name", WRITES)
async def test_the_same_request_again_gives_the_first_answer_and_changes_nothing(
    written: StoredCourse, name: str
) -> None:
    write = WRITES[name]
    before = await everything_stored()
    first = await write.send(idempotencyKey="k1")
    stored = await everything_stored()
    assert {table for table in stored if stored[table] != before[table]} >= {
        *("course_grade", "grade_event", "first_answer")
    }

    again = await write.send(LATER, idempotencyKey="k1")

    assert again == first
    assert await everything_stored() == stored
    assert await broken_rules() == []


@pytest.mark.parametrize("name", WRITES)
async def test_what_others_did_meanwhile_is_not_in_the_first_answer(
    written: StoredCourse, name: str
) -> None:
    write = WRITES[name]
    first = await write.send(idempotencyKey="k1")
    await record(written, [ADA], {"p1": (0, 4), "p6": (1, 10)}, scored_at=SCORED + timedelta(30))
    await override(setting("exam", 4, reason="Later."), LATER)
    await override(setting("hw3", 0, reason="Later."), LATER)
    stored = await everything_stored()

    again = await write.send(LATER, idempotencyKey="k1")

    assert again == first
    assert await everything_stored() == stored


@pytest.mark.parametrize("name", WRITES)
async def test_another_input_under_the_key_is_refused(written: StoredCourse, name: str) -> None:
    write = WRITES[name]
    await write.send(idempotencyKey="k1")
    stored = await everything_stored()

    answered = await write.send(idempotencyKey="k1", **write.another)

    assert answered["userErrors"] == [
        {
            "__typename": "InputError",
            "code": "IDEMPOTENCY_KEY_REUSED",
            "message": "Another request was sent under this idempotency key; "
            "take a new key for each request.",
            "field": ["idempotencyKey"],
        }
    ]
    assert await everything_stored() == stored


async def test_another_mutation_under_the_key_is_refused(written: StoredCourse) -> None:
    await WRITES["overrideSubsectionGrade"].send(idempotencyKey="k1")

    answered = await WRITES["removeSubsectionGradeOverride"].send(idempotencyKey="k1")

    assert [error["code"] for error in answered["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_an_input_that_says_the_same_in_other_words_is_the_same(
    written: StoredCourse,
) -> None:
    write = WRITES["overrideSubsectionGrade"]
    first = await write.send(idempotencyKey="k1")

    defaults = {"reason": None, "system": "GRADEBOOK", "allowAbovePossible": False}
    values = {"possibleAll": None, "earnedGraded": 10.0}
    assert await write.send(idempotencyKey="k1", values=values, **defaults) == first


@pytest.mark.parametrize("name", WRITES)
async def test_after_a_day_the_key_is_free_again(written: StoredCourse, name: str) -> None:
    write = WRITES[name]
    await write.send(idempotencyKey="k1")

    answered = await write.send(TOO_LATE, idempotencyKey="k1", **write.another)

    codes = [error["code"] for error in answered["userErrors"]]
    assert "IDEMPOTENCY_KEY_REUSED" not in codes
    ((count,),) = await fetch("select count(*) from first_answer")
    assert count == 1


async def test_the_keys_of_others_are_others(written: StoredCourse) -> None:
    write = WRITES["overrideSubsectionGrade"]
    other = replace(AS_STAFF, viewer=Viewer("other", global_staff=True))
    await write.send(idempotencyKey="k1")

    answered = await write.send(other, idempotencyKey="k1", reason="Mine.")

    assert answered["userErrors"] == []
    assert answered["subsectionGrade"]["override"]["reason"] == "Mine."


async def test_who_may_no_longer_is_refused_though_the_answer_is_there(
    written: StoredCourse,
) -> None:
    write = WRITES["overrideSubsectionGrade"]
    await write.send(idempotencyKey="k1")
    dismissed = replace(
        AS_STAFF, viewer=Viewer("staff", enrolled_in=frozenset({COURSE_KEY}), learner_id=ADA.id)
    )

    answered = await write.send(dismissed, idempotencyKey="k1")

    assert [error["code"] for error in answered["userErrors"]] == ["FORBIDDEN"]
    assert (answered["courseGrade"], answered["events"]) == (None, [])


@pytest.mark.parametrize("name", WRITES)
async def test_the_first_answer_is_given_though_the_grades_are_frozen_now(
    course: StoredCourse, name: str
) -> None:
    await override(setting("lab1", 1))
    await publish_course(policy={**POLICY, "GRADE_CUTOFFS": {"Pass": 0.1}})
    write = WRITES[name]
    almost = replace(AS_STAFF, now=datetime(2026, 7, 30, 23, tzinfo=UTC))
    first = await write.send(almost, idempotencyKey="k1")
    frozen = replace(AS_STAFF, now=datetime(2026, 7, 31, 22, tzinfo=UTC))

    assert await write.send(frozen, idempotencyKey="k1") == first
    refused = await write.send(frozen, idempotencyKey="k2")
    assert [error["code"] for error in refused["userErrors"]] == ["GRADES_FROZEN"]


@pytest.mark.parametrize("name", WRITES)
async def test_a_request_that_was_refused_uses_no_key_up(written: StoredCourse, name: str) -> None:
    write = WRITES[name]
    refused = await write.send(FROZEN, idempotencyKey="k1")
    assert [error["code"] for error in refused["userErrors"]] == ["GRADES_FROZEN"]
    assert await fetch("select count(*) from first_answer") == [(0,)]

    assert "GRADES_FROZEN" not in str(await write.send(idempotencyKey="k1"))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("overrideSubsectionGrade", {"values": {"earnedGraded": 11}}),
        ("overrideSubsectionGrade", {"ifVersion": "9"}),
        ("updateGrade", {"ifVersion": "9"}),
        ("removeSubsectionGradeOverride", {"ifVersion": "9"}),
    ],
)
async def test_a_request_that_can_be_mended_is_sent_again_under_its_key(
    written: StoredCourse, name: str, given: dict[str, Any]
) -> None:
    write = WRITES[name]
    refused = await write.send(idempotencyKey="k1", **given)
    assert len(refused["userErrors"]) == 1

    assert (await write.send(idempotencyKey="k1"))["userErrors"] == []


@pytest.mark.parametrize("key", ["", "x" * 201, "\0", "\ud800"], ids=range(4))
@pytest.mark.parametrize("name", WRITES)
async def test_a_key_that_cannot_be_kept_is_refused(
    written: StoredCourse, name: str, key: str
) -> None:
    stored = await everything_stored()

    answered = await WRITES[name].send(idempotencyKey=key)

    assert [(error["code"], error["field"]) for error in answered["userErrors"]] == [
        ("INVALID_INPUT", ["idempotencyKey"])
    ]
    assert await everything_stored() == stored


@pytest.mark.parametrize("key", ["x" * 200, "ключ 🗝", "'; --"], ids=range(3))
async def test_any_other_text_is_a_key(written: StoredCourse, key: str) -> None:
    write = WRITES["overrideSubsectionGrade"]

    assert await write.send(idempotencyKey=key) == await write.send(idempotencyKey=key)


@pytest.mark.parametrize("name", WRITES)
async def test_sent_ten_times_at_once_it_is_done_once(written: StoredCourse, name: str) -> None:
    write = WRITES[name]

    answers = await asyncio.gather(*(write.send(idempotencyKey="k1") for _ in range(10)))

    assert answers == [answers[0]] * 10
    assert "VERSION" not in str(answers[0])
    assert await fetch("select count(*) from first_answer") == [(1,)]
    requests = await fetch(
        "select count(distinct correlation_id) from grade_event where actor = 'staff'"
        " and cause in ('OVERRIDE_SET', 'OVERRIDE_REMOVED', 'GRADE_UPDATED')"
        " and version > 2"
    )
    assert requests[0][0] <= 1
    assert await broken_rules() == []


async def test_sent_at_once_with_the_version_seen_it_is_no_conflict_with_itself(
    written: StoredCourse,
) -> None:
    write = WRITES["overrideSubsectionGrade"]

    answers = await asyncio.gather(
        *(write.send(idempotencyKey="k1", ifVersion="1") for _ in range(10))
    )

    assert answers == [answers[0]] * 10
    assert answers[0]["userErrors"] == []


async def test_two_inputs_at_once_under_one_key_are_one_change_and_one_refusal(
    written: StoredCourse,
) -> None:
    write = WRITES["overrideSubsectionGrade"]
    other = {"learner": {"username": "bea"}}

    for number in range(5):
        key = f"k{number}"
        answers = await asyncio.gather(
            write.send(idempotencyKey=key, reason=key),
            write.send(idempotencyKey=key, reason=key, **other),
        )
        codes = sorted(error["code"] for one in answers for error in one["userErrors"])
        assert codes == ["IDEMPOTENCY_KEY_REUSED"]
    assert await fetch("select count(*) from override_entry where reason like 'k%'") == [(5,)]


async def test_of_one_whose_grade_cannot_be_stored_nothing_is_and_the_answer_is_kept(
    written: StoredCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def save(
        course: StoredCourse,
        regraded: Mapping[LearnerId, Regraded],
        origin: Origin,
        *,
        now: datetime,
    ) -> None:
        await save_regraded(course, regraded, origin, now=now)
        if ADA.id in regraded:
            raise ZeroDivisionError("after everything was written")

    monkeypatch.setattr(regrading, "save_regraded", save)
    await record(written, [BEA], {"p6": (1, 10)})
    await publish_course(policy={**POLICY, "GRADE_CUTOFFS": {"Pass": 0.03}})
    before = await fetch("select * from course_grade where learner_id = 11")
    write = WRITES["updateGrades"]
    given = {"learners": [{"username": "ada"}, {"username": "bea"}]}

    first = await write.send(idempotencyKey="k1", **given)
    again = await write.send(LATER, idempotencyKey="k1", **given)

    assert again == first
    failed, graded = first["results"]
    assert failed["error"] == {
        "code": "COMPUTATION_FAILED",
        "message": "This learner's grade could not be stored; see the log.",
    }
    assert (graded["error"], graded["courseGrade"]["version"]) == (None, "2")
    assert await fetch("select * from course_grade where learner_id = 11") == before
    told = await fetch("select distinct learner_id from grade_event where cause = 'GRADE_UPDATED'")
    assert told == [(12,)]
    assert await broken_rules() == []
