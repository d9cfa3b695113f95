"""The changes that clients can ask for."""

from typing import Annotated, TypeAlias

import strawberry

from schema import bulk_override as bulk
from schema import grade_export as exporting
from schema import grade_import as importing
from schema import grade_jobs as jobs
from schema import override_grades as overriding
from schema import record_scores as recording
from schema import set_grades_frozen as freezing
from schema import update_grades as updating
from schema import update_grading_policy as policies
from schema import webhook_changes
from schema.bulk_override import (
    BulkOverrideSubsectionGradesInput,
    BulkOverrideSubsectionGradesPayload,
)
from schema.grade_export import ExportGradesInput, GradeJobPayload
from schema.grade_import import ImportGradesInput
from schema.grade_jobs import CancelGradeJobInput, CancelGradeJobPayload
from schema.info import Info
from schema.override_grades import (
    OverrideSubsectionGradeInput,
    OverrideSubsectionGradePayload,
    RemoveSubsectionGradeOverrideInput,
)
from schema.record_scores import RecordScoresInput, RecordScoresPayload
from schema.set_grades_frozen import SetGradesFrozenInput, SetGradesFrozenPayload
from schema.update_grades import (
    UpdateGradeInput,
    UpdateGradePayload,
    UpdateGradesInput,
    UpdateGradesPayload,
)
from schema.update_grading_policy import UpdateGradingPolicyInput, UpdateGradingPolicyPayload
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
OverrideSubsectionGrade: TypeAlias = Annotated[
    OverrideSubsectionGradeInput,
    strawberry.argument(description="Which subsection grade, and the points that are to count."),
]
RemoveSubsectionGradeOverride: TypeAlias = Annotated[
    RemoveSubsectionGradeOverrideInput, strawberry.argument(description="Which override.")
]
BulkOverrideSubsectionGrades: TypeAlias = Annotated[
    BulkOverrideSubsectionGradesInput,
    strawberry.argument(description="The overrides, all of one course."),
]
SetGradesFrozen: TypeAlias = Annotated[
    SetGradesFrozenInput, strawberry.argument(description="Which course, and whether.")
]
UpdateGradingPolicy: TypeAlias = Annotated[
    UpdateGradingPolicyInput,
    strawberry.argument(description="The policy that a course is to have."),
]
ImportGrades: TypeAlias = Annotated[
    ImportGradesInput, strawberry.argument(description="The file, of one course.")
]
ExportGrades: TypeAlias = Annotated[
    ExportGradesInput, strawberry.argument(description="Whose grades, and in which format.")
]
CancelGradeJob: TypeAlias = Annotated[
    CancelGradeJobInput, strawberry.argument(description="Which job.")
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
        description="CourseGradeFactory.iter(force_update=True): up to 100 learners at once, more "
        "in a job; one failing learner never stops the rest."
    )
    async def update_grades(self, info: Info, input: UpdateGrades) -> UpdateGradesPayload:
        return await updating.update_grades(info.context, input)

    @strawberry.mutation(
        description="Score publish (LTI AGS words): raw scores for scorable blocks. Regrades the "
        "touched subsections and courses in the same transaction."
    )
    async def record_scores(self, info: Info, input: RecordScores) -> RecordScoresPayload:
        return await recording.record_scores(info.context, input)

    @strawberry.mutation(description="Set or replace an override on one subsection grade.")
    async def override_subsection_grade(
        self, info: Info, input: OverrideSubsectionGrade
    ) -> OverrideSubsectionGradePayload:
        return await overriding.override(info.context, input)

    @strawberry.mutation(description="Remove an override: the computed grade counts again.")
    async def remove_subsection_grade_override(
        self, info: Info, input: RemoveSubsectionGradeOverride
    ) -> OverrideSubsectionGradePayload:
        return await overriding.remove(info.context, input)

    @strawberry.mutation(
        description="Up to 1,000 overrides in one call, with a result for every item."
    )
    async def bulk_override_subsection_grades(
        self, info: Info, input: BulkOverrideSubsectionGrades
    ) -> BulkOverrideSubsectionGradesPayload:
        return await bulk.bulk_override(info.context, input)

    @strawberry.mutation(
        description="Freeze all grade writes of a course by hand, or open them again."
    )
    async def set_grades_frozen(self, info: Info, input: SetGradesFrozen) -> SetGradesFrozenPayload:
        return await freezing.set_grades_frozen(info.context, input)

    @strawberry.mutation(
        description="Replace the grading policy, and regrade whoever has a grade in a job; with "
        "`dryRun` only say what would change."
    )
    async def update_grading_policy(
        self, info: Info, input: UpdateGradingPolicy
    ) -> UpdateGradingPolicyPayload:
        return await policies.update_grading_policy(info.context, input)

    @strawberry.mutation(
        description="Overrides from a file in the columns of Open edX's bulk-grade tool, set by a "
        "job with a result for every line."
    )
    async def import_grades(self, info: Info, input: ImportGrades) -> GradeJobPayload:
        return await importing.import_grades(info.context, input)

    @strawberry.mutation(
        description="A file of a class's grades, made by a job; its `downloadUrl` is where to get "
        "it, with the right to see all grades of the course."
    )
    async def export_grades(self, info: Info, input: ExportGrades) -> GradeJobPayload:
        return await exporting.export_grades(info.context, input)

    @strawberry.mutation(description="End a job before it is done; what it has done stays.")
    async def cancel_grade_job(self, info: Info, input: CancelGradeJob) -> CancelGradeJobPayload:
        return await jobs.cancel_grade_job(info.context, input)

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
