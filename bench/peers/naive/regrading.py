"""A forced regrade as a first version is written: learner by learner, object by object."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import uvloop
from tortoise.transactions import in_transaction

from bench.classroom import COURSE, content
from bench.peers.naive import models
from bench.rounds import Clock
from bench.workloads import SUBSECTIONS
from db.event_payload import payload_of
from grading import (
    Cause,
    CourseContent,
    LearnerId,
    LearnerRecord,
    RecordedScore,
    Regraded,
    SubsectionGrade,
    UsageKey,
    regrade,
)


async def regrade_objects(learner_ids: Sequence[LearnerId], version_id: int) -> None:
    """Regrade these learners, who have no grades yet."""
    course_content, now = content(SUBSECTIONS), datetime.now(UTC)
    for learner_id in learner_ids:
        async with in_transaction():
            await _regrade(course_content, version_id, learner_id, now)


async def _regrade(
    course_content: CourseContent, version_id: int, learner_id: LearnerId, now: datetime
) -> None:
    course = await models.Course.get(key=COURSE)
    learner = await models.Learner.get(id=learner_id)
    blocks = {UsageKey(one.usage_key): one for one in await models.Block.filter(course=course)}
    keys = {one.id: key for key, one in blocks.items()}
    scores = await models.ProblemScore.filter(course=course, learner=learner)
    cells = await models.SubsectionGrade.filter(course=course, learner=learner)
    grade = await models.CourseGrade.get_or_none(course=course, learner=learner)
    if cells or grade is not None:
        raise SystemExit("The naive regrade is written for learners without grades.")
    known = {
        keys[one.block_id]: RecordedScore(  # type: ignore[attr-defined]
            one.earned, one.possible, one.scored_at, one.first_scored_at
        )
        for one in scores
    }
    regraded = regrade(
        course_content,
        learner_id,
        LearnerRecord(scores=known),
        recompute=tuple(course_content.subsections),
        now=now,
    )
    for stored in regraded.subsection_grades_to_store:
        cell = _cell(course_content, stored)
        cell.course, cell.learner, cell.block = course, learner, blocks[stored.usage_key]
        cell.course_version_id = version_id
        await cell.save()
    await _save_grade(version_id, course, learner, regraded)
    await _announce(course, learner, regraded, now)


def _cell(course_content: CourseContent, stored: SubsectionGrade) -> models.SubsectionGrade:
    return models.SubsectionGrade(
        earned_all=stored.computed_all_total.earned,
        possible_all=stored.computed_all_total.possible,
        earned_graded=stored.computed_graded_total.earned,
        possible_graded=stored.computed_graded_total.possible,
        first_attempted_at=stored.computed_all_total.first_attempted_at,
        percent_graded=stored.graded_total.percent(course_content.algorithm.subsection_decimals),
        visible_blocks_hash=stored.visible_blocks_hash,
        version=stored.version,
        updated_at=stored.last_updated,
    )


async def _save_grade(
    version_id: int, course: models.Course, learner: models.Learner, regraded: Regraded
) -> None:
    grade = regraded.course_grade
    await models.CourseGrade(
        course=course,
        learner=learner,
        course_version_id=version_id,
        percent=grade.percent,
        unrounded=grade.unrounded,
        letter_grade=grade.letter_grade,
        passed=grade.passed,
        passed_at=grade.passed_at,
        algorithm=grade.algorithm.value,
        grading_policy_hash=grade.grading_policy_hash,
        version=grade.version,
        updated_at=grade.last_updated,
    ).save()


async def _announce(
    course: models.Course, learner: models.Learner, regraded: Regraded, now: datetime
) -> None:
    request = uuid4().hex
    for change in regraded.changes:
        await models.GradeEvent(
            course=course,
            learner=learner,
            kind=change.kind.value,
            version=change.version,
            payload=payload_of(change),
            cause=Cause.GRADE_UPDATED.value,
            actor="bench",
            correlation_id=request,
            created_at=now,
        ).save()


async def _main(url: str, version_id: int, count: int) -> None:
    async with models.connected(url):
        with Clock() as clock:
            await regrade_objects([LearnerId(one) for one in range(1, 1 + count)], version_id)
    print(json.dumps({"seconds": clock.seconds, "cpu": clock.cpu}))


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
