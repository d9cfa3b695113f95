"""The changes that clients can ask for."""

from typing import Annotated, TypeAlias

import strawberry

from schema import record_scores as recording
from schema import update_grades as updating
from schema import webhook_changes
from schema.info import Info
from schema.record_scores import RecordScoresInput, RecordScoresPayload
from schema.update_grades import (
    UpdateGradeInput,
    UpdateGradePayload,
    UpdateGradesInput,
    UpdateGradesPayload,
)
from schema.webhook_changes import (
    RegisterWebhookInput,
    RemoveWebhookInput,
    RemoveWebhookPayload,
    RetryWebhookInput,
    UpdateWebhookInput,
    WebhookPayload,
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
RegisterWebhook: TypeAlias = Annotated[
    RegisterWebhookInput, strawberry.argument(description="Who is to be told of what.")
]
UpdateWebhook: TypeAlias = Annotated[
    UpdateWebhookInput, strawberry.argument(description="What is to be different.")
]
RetryWebhook: TypeAlias = Annotated[
    RetryWebhookInput, strawberry.argument(description="Which webhook.")
]
RemoveWebhook: TypeAlias = Annotated[
    RemoveWebhookInput, strawberry.argument(description="Which webhook.")
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

    @strawberry.mutation(
        description="Have grade events delivered to a URL, signed, in order, and again until they "
        "are taken. For global staff, and services with `courses:write` and `events:read` for all "
        "that is asked for."
    )
    async def register_webhook(self, info: Info, input: RegisterWebhook) -> WebhookPayload:
        return await webhook_changes.register_webhook(info.context, input)

    @strawberry.mutation(
        description="Change where a webhook leads or what it is for, pause it, or give it another "
        "secret. Its place in the log stays."
    )
    async def update_webhook(self, info: Info, input: UpdateWebhook) -> WebhookPayload:
        return await webhook_changes.update_webhook(info.context, input)

    @strawberry.mutation(
        description="Deliver to a webhook again, at once, from where it stopped; where the log no "
        "longer has that place, from the oldest event that is kept."
    )
    async def retry_webhook(self, info: Info, input: RetryWebhook) -> WebhookPayload:
        return await webhook_changes.retry_webhook(info.context, input)

    @strawberry.mutation(description="Deliver no more to a webhook, and forget it.")
    async def remove_webhook(self, info: Info, input: RemoveWebhook) -> RemoveWebhookPayload:
        return await webhook_changes.remove_webhook(info.context, input)
