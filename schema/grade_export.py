"""``exportGrades``: a file of a class's grades, made by a job."""

from enum import Enum

import strawberry

import grading
from resolvers import courses, grade_exports
from resolvers.context import Context
from resolvers.gradebook_filter import ALL_ACTIVE
from schema.course import Course
from schema.grade_job import GradeJob
from schema.gradebook_filter import GradebookFilter
from schema.user_error import UserError, user_error_of


@strawberry.enum(description="What an exported file looks like.")
class GradeExportFormat(Enum):
    GRADE_REPORT_CSV = strawberry.enum_value(
        "GRADE_REPORT_CSV",
        description="Open edX's grade report: percents of every graded subsection.",
    )
    PROBLEM_REPORT_CSV = strawberry.enum_value(
        "PROBLEM_REPORT_CSV",
        description="Open edX's problem grade report: points of every problem.",
    )
    OVERRIDES_CSV = strawberry.enum_value(
        "OVERRIDES_CSV",
        description="The columns of Open edX's bulk-grade tool, for `importGrades`.",
    )
    PARQUET = strawberry.enum_value(
        "PARQUET", description="For analysts: one row a learner and graded subsection."
    )


_FORMATS = {
    GradeExportFormat.GRADE_REPORT_CSV: grade_exports.ExportFormat.GRADE_REPORT,
    GradeExportFormat.PROBLEM_REPORT_CSV: grade_exports.ExportFormat.PROBLEM_REPORT,
    GradeExportFormat.OVERRIDES_CSV: grade_exports.ExportFormat.OVERRIDES,
    GradeExportFormat.PARQUET: grade_exports.ExportFormat.PARQUET,
}


@strawberry.input(description="Whose grades, in which course and format.")
class ExportGradesInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    format: GradeExportFormat | None = strawberry.field(
        default=GradeExportFormat.GRADE_REPORT_CSV, description="What the file looks like."
    )
    filter: GradebookFilter | None = strawberry.field(
        default=None, description="Which learners; all active ones when not given."
    )


@strawberry.type(description="The job that does it.")
class GradeJobPayload:
    job: GradeJob | None = strawberry.field(
        description="The job; null where `userErrors` say why there is none."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing is done.")


async def export_grades(context: Context, input: ExportGradesInput) -> GradeJobPayload:
    """Ask for a file."""
    try:
        course = await courses.require_course(context, input.course_key)
        job = await grade_exports.start_export(
            context,
            course,
            _FORMATS[input.format or GradeExportFormat.GRADE_REPORT_CSV],
            ALL_ACTIVE if input.filter is None else input.filter.asked(),
        )
    except grading.GradingError as error:
        return GradeJobPayload(job=None, user_errors=[user_error_of(error)])
    return GradeJobPayload(job=GradeJob.of(job, Course.of(course)), user_errors=[])
