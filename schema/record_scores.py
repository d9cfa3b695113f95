"""``recordScores``: raw scores in, grades out, in one transaction."""

from datetime import datetime
from typing import Self

import strawberry

import grading
from resolvers import courses, scores
from resolvers.context import Context
from resolvers.grade_lookahead import look_ahead
from resolvers.score_recording import Fate, ScoreOutcome
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.info import Info
from schema.learner import LearnerRefInput
from schema.request_key import DESCRIPTION as KEY
from schema.request_key import request_key
from schema.subsection_grade import SubsectionGrade
from schema.user_error import UserError, user_error_of


@strawberry.input(description="A raw score of one learner for one problem.")
class ScoreInput:
    learner: LearnerRefInput = strawberry.field(description="Whose score.")
    usage_key: grading.UsageKey = strawberry.field(description="The scorable block (problem).")
    score_given: float | None = strawberry.field(
        default=None,
        description="Raw points earned, 0 or more; may exceed `scoreMaximum`. Null clears the "
        "score. Zero is a score.",
    )
    score_maximum: float = strawberry.field(description="Raw points possible, 0 or more.")
    timestamp: datetime = strawberry.field(
        description="When it was scored: not older than the stored one, else SCORE_OUTDATED."
    )
    only_if_higher: bool | None = strawberry.field(
        default=False,
        description="Keep the stored score when it is higher (edX `only_if_higher`).",
    )
    comment: str | None = strawberry.field(
        default=None, description="A remark to keep with the score, at most 1000 characters."
    )
    if_version: str | None = strawberry.field(
        default=None,
        description="The `version` of the learner's course grade that you have seen before this "
        "request, `0` for none stored: VERSION_CONFLICT when the stored one is another by now.",
    )


@strawberry.input(description="Raw scores of learners of one course.")
class RecordScoresInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    scores: list[ScoreInput] = strawberry.field(description="At most 100 scores.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="What became of one score.")
class ScoreResult:
    outcome: strawberry.Private[ScoreOutcome | None]
    index: int = strawberry.field(description="The score's place in the input, from 0.")
    applied: bool = strawberry.field(
        description="Whether the stored score is now this one. False also where the stored one "
        "was higher and `onlyIfHigher` kept it."
    )
    course_grade: CourseGrade | None = strawberry.field(
        description="The learner's course grade after the change."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was refused.")

    @classmethod
    def of(cls, index: int, outcome: ScoreOutcome | grading.GradingError, present: Course) -> Self:
        error = outcome if isinstance(outcome, grading.GradingError) else outcome.error
        if error is not None or isinstance(outcome, grading.GradingError):
            errors = (
                []
                if error is None
                else [user_error_of(error, "scores", str(index), course=present)]
            )
            return cls(
                outcome=None, index=index, applied=False, course_grade=None, user_errors=errors
            )
        course, grade = outcome.course, outcome.course_grade
        return cls(
            outcome=outcome,
            index=index,
            applied=outcome.fate is not Fate.NOT_HIGHER,
            course_grade=None
            if course is None or grade is None
            else CourseGrade.of(grade, Course.of(course)),
            user_errors=[],
        )

    @strawberry.field(
        description="The grade, after the change, of the first subsection that has the problem."
    )
    async def subsection_grade(self, info: Info) -> SubsectionGrade | None:
        if self.outcome is None or self.outcome.subsection is None or self.course_grade is None:
            return None
        return await self.course_grade.read_subsection_grade(info, self.outcome.subsection)


@strawberry.type(description="What became of the scores.")
class RecordScoresPayload:
    results: list[ScoreResult] = strawberry.field(
        description="One for every score, in the order of the input; empty when all are refused "
        "together."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why all of them were refused together."
    )


async def record_scores(context: Context, input: RecordScoresInput) -> RecordScoresPayload:
    """Record raw scores and answer with the grades that they lead to."""
    try:
        key = request_key("recordScores", input)
        requests = [_request(at, score) for at, score in enumerate(input.scores)]
        refs = [request.learner for request in requests[: scores.MAX_SCORES]]
        await look_ahead(context, [input.course_key], refs)
        course = await courses.require_course(context, input.course_key)
        outcomes = await scores.record(context.for_change(), course, requests, key=key)
    except grading.GradingError as error:
        return RecordScoresPayload(results=[], user_errors=[user_error_of(error)])
    present = Course.of(course)
    return RecordScoresPayload(
        results=[ScoreResult.of(at, outcome, present) for at, outcome in enumerate(outcomes)],
        user_errors=[],
    )


def _request(at: int, score: ScoreInput) -> scores.ScoreRequest:
    try:
        learner = score.learner.ref()
    except grading.GradingError as error:
        error.field = ("scores", str(at), "learner")
        raise
    return scores.ScoreRequest(
        learner=learner,
        usage_key=score.usage_key,
        earned=score.score_given,
        possible=score.score_maximum,
        scored_at=score.timestamp,
        only_if_higher=bool(score.only_if_higher),
        comment=score.comment,
        if_version=score.if_version,
    )
