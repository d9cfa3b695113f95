"""``importGrades``: overrides from a file in the columns of Open edX's bulk-grade tool."""

import io

import strawberry

import grading
from resolvers import courses, grade_imports
from resolvers.context import Context
from schema.bulk_override import ErrorPolicy
from schema.course import Course
from schema.grade_export import GradeJobPayload
from schema.grade_job import GradeJob
from schema.request_key import DESCRIPTION as KEY
from schema.request_key import request_key
from schema.user_error import user_error_of


@strawberry.input(description="A file of overrides, and how it is to be taken in.")
class ImportGradesInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    csv: str = strawberry.field(
        description="The file, in the columns that `exportGrades` writes as OVERRIDES_CSV: "
        "`user_id`, `course_id`, and `new_override-…` with the points that are to count. An empty "
        "cell changes nothing, `remove` takes an override away. At most 100,000 lines."
    )
    dry_run: bool | None = strawberry.field(
        default=False,
        description="Only say, in the job's `importedLines`, what would change; store no grade.",
    )
    error_policy: ErrorPolicy | None = strawberry.field(
        default=ErrorPolicy.REJECT_FAILED_ITEMS,
        description="What becomes of the other lines when some are refused. At most 1,000 lines "
        "can be all or nothing.",
    )
    reason: str | None = strawberry.field(
        default=None,
        description="Why, in at most 300 characters; `Bulk Grade Import` when not given.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


async def import_grades(context: Context, input: ImportGradesInput) -> GradeJobPayload:
    """Ask for overrides to be set."""
    try:
        key = request_key("importGrades", input)
        course = await courses.require_course(context, input.course_key)
        request = grade_imports.ImportRequest(
            io.StringIO(input.csv),
            dry_run=bool(input.dry_run),
            all_or_nothing=input.error_policy is ErrorPolicy.REJECT_EVERYTHING,
            reason=input.reason,
        )
        job = await grade_imports.start_import(context, course, request, key=key)
    except grading.GradingError as error:
        return GradeJobPayload(job=None, user_errors=[user_error_of(error)])
    return GradeJobPayload(job=GradeJob.of(job, Course.of(course)), user_errors=[])
