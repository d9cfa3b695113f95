"""All of the Open University's classes: to another policy and back, and recomputed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import doctor_grades
from cli.finding import Verdict
from db.connection import connected
from db.sql import execute, fetch
from resolvers.courses import StoredCourse
from resolvers.grade_jobs import JobState
from resolvers.grading_policy import AssignmentTypeRow, WantedPolicy, change_policy
from resolvers.job_running import run_job
from server.settings import Settings
from tests.factories import NOW, context_of
from tests.oulad import import_oulad
from tests.shared_material import OULAD, requires_shared

pytestmark = [pytest.mark.slow, pytest.mark.shared, requires_shared]

LATER = NOW + timedelta(days=1)
GRADES = (
    "select course_id, learner_id, course_version_id, percent, unrounded, letter_grade, passed,"
    " algorithm, grading_policy_hash from course_grade order by course_id, learner_id"
)
SUBSECTION_GRADES = (
    "select course_id, learner_id, block_id, course_version_id, earned_all, possible_all,"
    " earned_graded, possible_graded, percent_graded, first_attempted_at, visible_blocks_hash,"
    " version from subsection_grade order by course_id, learner_id, block_id"
)


async def values() -> list[list[tuple[Any, ...]]]:
    """Return all that grades are worth, and what they were computed under."""
    return [[tuple(row) for row in await fetch(sql)] for sql in (GRADES, SUBSECTION_GRADES)]


def own_policy(course: StoredCourse) -> WantedPolicy:
    policy = course.content.policy
    return WantedPolicy(
        [
            AssignmentTypeRow(
                kind.name, kind.short_label, kind.weight, kind.min_count, kind.drop_count
            )
            for kind in policy.assignment_types
        ],
        {cutoff.letter_grade: cutoff.threshold for cutoff in policy.cutoffs},
    )


def other_policy(course: StoredCourse) -> WantedPolicy:
    """Halve all weights, ask for one assignment more, drop the worst, and pass at a quarter."""
    own = own_policy(course)
    return WantedPolicy(
        [
            AssignmentTypeRow(
                row.name, row.short_label, row.weight / 2, row.min_count + 1, row.drop_count + 1
            )
            for row in own.types
        ],
        {"Pass": 0.25},
    )


async def regrade_under(wanted: Sequence[tuple[StoredCourse, WantedPolicy]]) -> int:
    """Change the policies and do what is to be done; return how many grades were looked at."""
    looked_at = 0
    for course, policy in wanted:
        context = context_of(now=LATER)
        changed = await change_policy(context, course, policy)
        assert changed.job is not None
        done = await run_job(context, changed.job)
        assert (done.state, done.processed) == (JobState.COMPLETED, done.total)
        looked_at += done.total
    return looked_at


async def differing(database_url: str) -> list[str]:
    """Return what the doctor finds wrong with any grade."""
    settings = Settings.model_validate({"database_url": database_url})
    found = await doctor_grades.findings(settings, mend=False)
    return [one.sentence for one in found if one.verdict is not Verdict.FINE]


async def test_all_presentations_come_back_from_another_policy_bit_for_bit(
    database_url: str, tmp_path: Path
) -> None:
    async with connected(database_url):
        courses = await import_oulad(OULAD, tmp_path / "oulad")
        before = await values()
    assert await differing(database_url) == []

    async with connected(database_url):
        graded = await regrade_under([(course, other_policy(course)) for course in courses])
        meanwhile = await values()
        await regrade_under([(course, own_policy(course)) for course in courses])
        after = await values()

    assert (len(courses), graded) == (22, len(before[0]))
    moved = [old[4] != new[4] for old, new in zip(before[0], meanwhile[0], strict=True)]
    assert sum(moved) > 0.9 * graded
    assert after == before

    async with connected(database_url):
        await execute(
            "update subsection_grade set earned_all = earned_all + 1, earned_graded ="
            " earned_graded + 1 where id = (select min(id) from subsection_grade)"
        )
    (found,) = await differing(database_url)
    assert found.startswith("Grades: learner ")
    assert "SCORES_CHANGED" in found
