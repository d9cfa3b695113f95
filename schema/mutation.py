"""The changes that clients can ask for."""

from typing import Annotated, TypeAlias

import strawberry

from schema import record_scores as recording
from schema import update_grades as updating
from schema.info import Info
from schema.record_scores import RecordScoresInput, RecordScoresPayload
from schema.update_grades import (
    UpdateGradeInput,
    UpdateGradePayload,
    UpdateGradesInput,
    UpdateGradesPayload,
)

UpdateGrade: TypeAlias = Annotated[
    UpdateGradeInput, strawberry.argument(description="Whose grade in which course.")
]
UpdateGrades: TypeAlias = Annotated[
    UpdateGradesInput, strawberry.argument(description="Whose grades in which course.")
]
RecordScores: TypeAlias = Annotated[
    RecordScoresInput, strawberry.argument(description="The scores, all of one course.")
]


@strawberry.type(description="The changes that clients can ask for.")
class Mutation:
    @strawberry.mutation(
        description="CourseGradeFactory.update: compute, store and return one learner's course "
        "grade."
    )
    async def update_grade(self, info: Info, input: UpdateGrade) -> UpdateGradePayload:
        return await updating.update_grade(info.context, input)

    @strawberry.mutation(
        description="CourseGradeFactory.iter(force_update=True): up to 100 learners; one failing "
        "learner never stops the rest."
    )
    async def update_grades(self, info: Info, input: UpdateGrades) -> UpdateGradesPayload:
        return await updating.update_grades(info.context, input)

    @strawberry.mutation(
        description="Score publish (LTI AGS words): raw scores for scorable blocks. Regrades the "
        "touched subsections and courses in the same transaction."
    )
    async def record_scores(self, info: Info, input: RecordScores) -> RecordScoresPayload:
        return await recording.record_scores(info.context, input)
