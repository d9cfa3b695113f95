"""``updateGrade`` and ``updateGrades``: recompute and store course grades."""

import asyncio
from collections.abc import Sequence

import strawberry

import grading
from resolvers import course_grades, courses, grade_events, gradebook, learners
from resolvers.context import Context
from resolvers.courses import StoredCourse
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.grade_event import GradeEvent, grade_event_of
from schema.gradebook import GradebookEntry
from schema.info import Info
from schema.learner import LearnerRefInput
from schema.user_error import UserError, user_error_of

MAX_LEARNERS = 100


@strawberry.input(description="Whose grade in which course to recompute.")
class UpdateGradeInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    learner: LearnerRefInput = strawberry.field(description="Whose grade.")
    force_update_subsections: bool | None = strawberry.field(
        default=False, description="Recompute every subsection from its scores first."
    )


@strawberry.type(description="The recomputed grade.")
class UpdateGradePayload:
    course_grade: CourseGrade | None = strawberry.field(
        description="The grade; null where `userErrors` say why there is none."
    )
    user_errors: list[UserError] = strawberry.field(description="Why there is no grade.")

    @strawberry.field(description="What was announced; empty when nothing changed.")
    async def events(self, info: Info) -> list[GradeEvent]:
        if self.course_grade is None:
            return []
        course, learner_id = self.course_grade.course, self.course_grade.value.learner_id
        announced = await grade_events.read_announced(info.context, course.stored, [learner_id])
        return [grade_event_of(one, course.at_version) for one in announced]


@strawberry.input(description="Whose grades in which course to recompute.")
class UpdateGradesInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    learners: list[LearnerRefInput] | None = strawberry.field(
        default=None,
        description="Learners to regrade, at most 100; none given: all active ones.",
    )
    force_update_subsections: bool | None = strawberry.field(
        default=True, description="Recompute every subsection from its scores first."
    )


@strawberry.type(description="The recomputed grades; one failing learner never stops the rest.")
class UpdateGradesPayload:
    results: list[GradebookEntry] | None = strawberry.field(
        description="A grade or an error for every learner who is enrolled, in the order of the "
        "input; null when nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was done, or which of `learners` are unknown or not enrolled."
    )


async def update_grade(context: Context, input: UpdateGradeInput) -> UpdateGradePayload:
    """Recompute one learner's course grade."""
    try:
        course = await courses.require_course(context, input.course_key)
        learner = await learners.require_learner(context, input.learner.ref(), course)
        result = await course_grades.update(
            context, course, learner.id, force=bool(input.force_update_subsections)
        )
    except grading.GradingError as error:
        return UpdateGradePayload(course_grade=None, user_errors=[user_error_of(error)])
    return UpdateGradePayload(
        course_grade=None
        if result.course_grade is None
        else CourseGrade.of(result.course_grade, Course.of(course)),
        user_errors=[] if result.error is None else [user_error_of(result.error)],
    )


async def update_grades(context: Context, input: UpdateGradesInput) -> UpdateGradesPayload:
    """Recompute several learners' course grades."""
    try:
        course = await courses.require_course(context, input.course_key)
        places, errors = await _learners(context, course, input.learners)
        results = await course_grades.update_many(
            context, course, list(places), force=input.force_update_subsections is not False
        )
    except grading.GradingError as error:
        return UpdateGradesPayload(results=None, user_errors=[user_error_of(error)])
    wrapped = Course.of(course)
    entries = []
    for one in results:
        if isinstance(one.error, grading.LearnerNotEnrolled):
            errors.append(user_error_of(one.error, *places[one.learner_id]))
        else:
            entries.append(GradebookEntry.of(one.learner_id, wrapped, one))
    return UpdateGradesPayload(results=entries, user_errors=errors)


async def _learners(
    context: Context, course: StoredCourse, refs: Sequence[LearnerRefInput] | None
) -> tuple[dict[grading.LearnerId, tuple[str, ...]], list[UserError]]:
    # The learners with their places in the input, and what is wrong with the others.
    if refs is None:
        request = gradebook.PageRequest(first=MAX_LEARNERS)
        page = await gradebook.read_page(context, course, request)
        if page.has_next:
            raise grading.TooManyItems(
                f"{course.key} has more than {MAX_LEARNERS} learners; name those to regrade."
            )
        return {one.learner.id: () for one in page.learners}, []
    if len(refs) > MAX_LEARNERS:
        raise grading.TooManyItems(
            f"{len(refs)} learners are more than {MAX_LEARNERS}; send them in several requests.",
            field=["learners"],
        )
    found = await asyncio.gather(*(_learner_id(context, course, ref) for ref in refs))
    places: dict[grading.LearnerId, tuple[str, ...]] = {}
    errors: list[UserError] = []
    for at, one in enumerate(found):
        if isinstance(one, grading.GradingError):
            errors.append(user_error_of(one, "learners", str(at)))
        elif one in places:
            twice = grading.DuplicateItem("This learner is named twice.")
            errors.append(user_error_of(twice, "learners", str(at)))
        else:
            places[one] = ("learners", str(at))
    return places, errors


async def _learner_id(
    context: Context, course: StoredCourse, ref: LearnerRefInput
) -> grading.LearnerId | grading.GradingError:
    try:
        return (await learners.require_learner(context, ref.ref(), course)).id
    except grading.GradingError as error:
        return error
