"""``updateGrade`` and ``updateGrades``: recompute and store course grades."""

import strawberry

import grading
from resolvers import courses, grade_events, grade_updates
from resolvers.context import Context
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.grade_event import GradeEvent, grade_event_of
from schema.grade_job import GradeJob
from schema.gradebook import GradebookEntry
from schema.gradebook_filter import GradebookFilter
from schema.info import Info
from schema.learner import LearnerRefInput
from schema.request_key import DESCRIPTION as KEY
from schema.request_key import request_key
from schema.user_error import UserError, user_error_of


@strawberry.input(description="Whose grade in which course to recompute.")
class UpdateGradeInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    learner: LearnerRefInput = strawberry.field(description="Whose grade.")
    force_update_subsections: bool | None = strawberry.field(
        default=False, description="Recompute every subsection from its scores first."
    )
    if_version: str | None = strawberry.field(
        default=None,
        description="The `version` of the course grade that you have seen, `0` for none stored: "
        "VERSION_CONFLICT when the stored one is another by now.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The recomputed grade.")
class UpdateGradePayload:
    correlation_id: strawberry.Private[str | None]
    course_grade: CourseGrade | None = strawberry.field(
        description="The grade; null where `userErrors` say why there is none."
    )
    user_errors: list[UserError] = strawberry.field(description="Why there is no grade.")

    @strawberry.field(description="What was announced; empty when nothing changed.")
    async def events(self, info: Info) -> list[GradeEvent]:
        return await events_of_change(info, self.course_grade, self.correlation_id)


@strawberry.input(description="Whose grades in which course to recompute.")
class UpdateGradesInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    learners: list[LearnerRefInput] | None = strawberry.field(
        default=None,
        description="Learners to regrade, at most 1,000; none given: all that match `filter`.",
    )
    filter: GradebookFilter | None = strawberry.field(
        default=None,
        description="Which learners, where none are named; all active ones when not given.",
    )
    force_update_subsections: bool | None = strawberry.field(
        default=True, description="Recompute every subsection from its scores first."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The recomputed grades; one failing learner never stops the rest.")
class UpdateGradesPayload:
    results: list[GradebookEntry] | None = strawberry.field(
        description="A grade or an error for every learner who is enrolled, in the order of the "
        "input; null when nothing was done, or a job does it."
    )
    job: GradeJob | None = strawberry.field(
        description="The job that more than 100 learners become; null otherwise."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was done, or which of `learners` are unknown or not enrolled."
    )


async def events_of_change(
    info: Info, course_grade: CourseGrade | None, correlation_id: str | None
) -> list[GradeEvent]:
    """Return what a change announced of the learner whose grade it led to."""
    if course_grade is None or correlation_id is None:
        return []
    course, learner_id = course_grade.course, course_grade.value.learner_id
    announced = await grade_events.read_announced(
        info.context, course.stored, [learner_id], correlation_id
    )
    return [grade_event_of(one, course.at_version) for one in announced]


async def update_grade(context: Context, input: UpdateGradeInput) -> UpdateGradePayload:
    """Recompute one learner's course grade."""
    course: Course | None = None
    try:
        key = request_key("updateGrade", input)
        stored = await courses.require_course(context, input.course_key)
        course = Course.of(stored)
        made = await grade_updates.update(
            context,
            stored,
            input.learner.ref(),
            force=bool(input.force_update_subsections),
            if_version=input.if_version,
            key=key,
        )
    except grading.GradingError as error:
        errors = [user_error_of(error, course=course)]
        return UpdateGradePayload(course_grade=None, user_errors=errors, correlation_id=None)
    grade, failure = made.result.course_grade, made.result.error
    return UpdateGradePayload(
        course_grade=None if grade is None else CourseGrade.of(grade, course),
        user_errors=[] if failure is None else [user_error_of(failure)],
        correlation_id=made.correlation_id,
    )


async def update_grades(context: Context, input: UpdateGradesInput) -> UpdateGradesPayload:
    """Recompute several learners' course grades."""
    try:
        key = request_key("updateGrades", input)
        course = await courses.require_course(context, input.course_key)
        refs = None if input.learners is None else [one.ref_or_refusal() for one in input.learners]
        force = input.force_update_subsections is not False
        wanted = None if input.filter is None else input.filter.asked()
        updates = await grade_updates.update_many(
            context, course, refs, wanted=wanted, force=force, key=key
        )
    except grading.GradingError as error:
        return UpdateGradesPayload(results=None, job=None, user_errors=[user_error_of(error)])
    wrapped = Course.of(course)
    entries: list[GradebookEntry] = []
    errors: list[UserError] = []
    for at, one in enumerate(updates.results):
        if isinstance(one, grading.GradingError):
            errors.append(user_error_of(one, "learners", str(at)))
        elif one is not None:
            entries.append(GradebookEntry.of(one.learner_id, wrapped, one))
    job = None if updates.job is None else GradeJob.of(updates.job, wrapped)
    return UpdateGradesPayload(
        results=entries if job is None else None, job=job, user_errors=errors
    )
