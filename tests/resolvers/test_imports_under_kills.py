"""Imports whose workers are killed at any moment: each override is set exactly once."""

from datetime import UTC, datetime

import pytest

from db.connection import connected
from db.grade_jobs import JobState
from db.sql import fetch
from resolvers import grade_imports
from resolvers.grade_imports import ImportRequest, start_import
from tests.factories import COURSE, context_of, enroll, publish_content, record
from tests.invariants import broken_rules
from tests.resolvers.test_jobs_under_kills import killed_now_and_then, slow_down

pytestmark = pytest.mark.slow

CLASS = 20


async def test_each_override_is_set_exactly_once_whoever_is_killed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_imports, "CHUNK", 1)
    async with connected(database_url):
        course = await publish_content()
        learner_ids = await enroll(course, CLASS)
        for learner_id in learner_ids:
            await record(course, learner_id, {"exam_1": 0.5})
        await slow_down()
        lines = ["user_id,course_id,new_override-exam"]
        lines += [f"{learner_id},{COURSE},1" for learner_id in learner_ids]
        context = context_of(now=datetime.now(UTC))
        job = await start_import(context, course, ImportRequest(lines))

        done, kills = await killed_now_and_then(database_url, job)

        assert kills > 0
        assert (done.state, done.processed, done.saved) == (JobState.COMPLETED, CLASS, CLASS)
        told = await fetch(
            "select count(*), count(distinct learner_id) from grade_event"
            " where cause = 'BULK_IMPORT' and kind = 'COURSE_GRADE_CHANGED'"
        )
        assert tuple(told[0]) == (CLASS, CLASS)
        entries = await fetch("select count(*), count(distinct learner_id) from override_entry")
        assert tuple(entries[0]) == (CLASS, CLASS)
        assert await fetch("select count(*) from import_line where changes is null") == [(0,)]
        assert await broken_rules() == []
