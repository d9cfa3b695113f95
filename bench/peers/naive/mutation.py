"""The mutation: a score recorded, graded and announced in one transaction."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import strawberry
from tortoise.transactions import in_transaction

from bench.class_grade import class_grade
from bench.peers.naive import models
from bench.peers.naive.grade import CourseGrade, CourseKey, UsageKey
from bench.peers.naive.query import LearnerRef


@strawberry.input
class ScoreInput:
    learner: LearnerRef
    usage_key: UsageKey
    score_given: float
    score_maximum: float
    timestamp: datetime


@strawberry.input
class RecordScoresInput:
    course_key: CourseKey
    scores: list[ScoreInput]


@strawberry.type
class ScoreResult:
    course_grade: CourseGrade


@strawberry.type
class RecordScoresPayload:
    results: list[ScoreResult]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def record_scores(self, input: RecordScoresInput) -> RecordScoresPayload:
        async with in_transaction():
            course = await models.Course.get(key=input.course_key)
            results = [await _record(course, score) for score in input.scores]
        return RecordScoresPayload(results=results)


async def _record(course: models.Course, score: ScoreInput) -> ScoreResult:
    now = datetime.now(UTC)
    learner = await models.Learner.get(username=score.learner.username)
    grade = await models.CourseGrade.select_for_update().get(course=course, learner=learner)
    problem = await models.Block.get(course=course, usage_key=score.usage_key)
    key = score.usage_key.replace("@problem+block@p", "@sequential+block@s")
    subsection = await models.Block.get(course=course, usage_key=key)
    await models.ProblemScore.update_or_create(
        course=course,
        learner=learner,
        block=problem,
        defaults={
            "earned": score.score_given,
            "possible": score.score_maximum,
            "scored_at": score.timestamp,
            "updated_at": now,
        },
    )
    cell = await models.SubsectionGrade.get(course=course, learner=learner, block=subsection)
    points = {"before": [cell.earned_graded, cell.possible_graded]}
    cell.earned_all = cell.earned_graded = score.score_given
    cell.possible_all = cell.possible_graded = score.score_maximum
    cell.percent_graded = round(score.score_given / score.score_maximum, 4)
    cell.version += 1
    cell.updated_at = now
    await cell.save()
    cells = await models.SubsectionGrade.filter(course=course, learner=learner).order_by("block_id")
    after = class_grade([one.percent_graded for one in cells])
    figures = {"before": [grade.percent, grade.letter_grade, grade.passed]}
    grade.percent, grade.unrounded = after.percent, after.unrounded
    grade.letter_grade, grade.passed = after.letter, after.passed
    if after.passed and grade.passed_at is None:
        grade.passed_at = now
    grade.version += 1
    grade.updated_at = now
    await grade.save()
    points["after"] = [score.score_given, score.score_maximum]
    figures["after"] = [after.percent, after.letter, after.passed]
    request = uuid4().hex
    for kind, version, payload in (
        ("SUBSECTION_GRADE_CHANGED", cell.version, {"usage_key": key, **points}),
        ("COURSE_GRADE_CHANGED", grade.version, figures),
    ):
        await models.GradeEvent.create(
            course=course,
            learner=learner,
            kind=kind,
            version=version,
            payload=json.dumps(payload),
            cause="SCORE_RECORDED",
            actor="bench",
            correlation_id=request,
            created_at=now,
        )
    return ScoreResult(course_grade=CourseGrade.of(grade))
