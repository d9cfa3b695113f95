"""Course grades: the verbs of Open edX's CourseGradeFactory, ``read``, ``update``, ``iterate``."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from db.courses import StoredCourse
from db.enrollments import enrolled_ids
from grading import (
    EVERYTHING,
    Cause,
    CourseGrade,
    LearnerId,
    LearnerNotEnrolled,
    LearnersView,
    Staleness,
    SubsectionGrade,
    UsageKey,
    grade_as_seen,
    learners_view,
    zero_course_grade,
)
from resolvers import access
from resolvers.breakdown import Breakdown
from resolvers.context import Context
from resolvers.courses import open_check
from resolvers.first_answers import FirstTime
from resolvers.loaders import Enrolled, PastVersion
from resolvers.regrading import GradeResult, regrade_each

CHUNK = 500  # learners a transaction: a writer who waits for one waits some 100 ms


async def read(context: Context, course: StoredCourse, learner_id: LearnerId) -> CourseGrade:
    """Return the stored grade, or the zero grade, as the viewer may see it; never writes."""
    (grade,) = await read_many(context, [Enrolled(course, learner_id)])
    return grade


async def read_many(context: Context, asked: Sequence[Enrolled]) -> list[CourseGrade]:
    """Return the stored grades, or the zero grades, as the viewer may see them; never writes."""
    for course, learner_id in asked:
        access.require_grades_reader(context.viewer, course.key, learner_id)
    stored = await context.loaders.course_grade.load_many(asked)
    grades = [
        grade or zero_course_grade(one.course.content, one.learner_id)
        for one, grade in zip(asked, stored, strict=True)
    ]
    if all(access.sees_hidden_results(context.viewer, one.course.key) for one in asked):
        return grades
    seen = (_seen(context, one.course, grade) for one, grade in zip(asked, grades, strict=True))
    return await asyncio.gather(*seen)


async def _seen(context: Context, course: StoredCourse, grade: CourseGrade) -> CourseGrade:
    if access.sees_hidden_results(context.viewer, course.key):
        return grade
    then = await _course_then(context, course, grade)
    view = learners_view(course.content, context.now(), then.content)
    if not view.uncounted:
        return grade
    parts = await _parts(context, then, grade.learner_id)
    return grade_as_seen(grade, then.content, parts, view)


async def read_breakdown(
    context: Context, course: StoredCourse, course_grade: CourseGrade
) -> Breakdown:
    """Return the parts that a course grade was computed from, and the computation itself."""
    (breakdown,) = await read_breakdowns(context, [(course, course_grade)])
    return breakdown


async def read_breakdowns(
    context: Context, asked: Sequence[tuple[StoredCourse, CourseGrade]]
) -> list[Breakdown]:
    """Return the parts of course grades, each with its computation."""
    for course, grade in asked:
        access.require_grades_reader(context.viewer, course.key, grade.learner_id)
    thens = await _courses_then(context, asked)
    parts = await context.loaders.subsection_grades.load_many(
        [Enrolled(then, grade.learner_id) for then, (_, grade) in zip(thens, asked, strict=True)]
    )
    views = _Views(context)
    return [
        Breakdown(then, grade.learner_id, grades or {}, *views.of(course, then))
        for then, (course, grade), grades in zip(thens, asked, parts, strict=True)
    ]


class _Views:
    """What is seen of courses' versions: by learners, and by the viewer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._now = context.now()
        self._known: dict[tuple[StoredCourse, StoredCourse], tuple[LearnersView, LearnersView]] = {}

    def of(self, course: StoredCourse, then: StoredCourse) -> tuple[LearnersView, LearnersView]:
        """Return what learners see now of what ``then`` has, and what the viewer does."""
        if (course, then) not in self._known:
            theirs = learners_view(course.content, self._now, then.content)
            sees_all = access.sees_hidden_results(self._context.viewer, course.key)
            self._known[course, then] = theirs, EVERYTHING if sees_all else theirs
        return self._known[course, then]


async def read_staleness(
    context: Context, course: StoredCourse, course_grade: CourseGrade
) -> tuple[Staleness, ...]:
    """Return what has changed since a course grade was computed."""
    reasons = course_grade.staleness(course.content)
    if Staleness.GRADING_POLICY_CHANGED not in reasons:
        return reasons
    then = await _course_then(context, course, course_grade)
    return course_grade.staleness(course.content, then.content)


async def _courses_then(
    context: Context, asked: Sequence[tuple[StoredCourse, CourseGrade]]
) -> list[StoredCourse]:
    if all(grade.course_version == course.content.version for course, grade in asked):
        return [course for course, _ in asked]
    return await asyncio.gather(*(_course_then(context, course, grade) for course, grade in asked))


async def _course_then(
    context: Context, course: StoredCourse, course_grade: CourseGrade
) -> StoredCourse:
    if course_grade.course_version == course.content.version:
        return course
    past = PastVersion(course.id, course_grade.course_version)
    return await context.loaders.past_version.load(past) or course


async def _parts(
    context: Context, then: StoredCourse, learner_id: LearnerId
) -> Mapping[UsageKey, SubsectionGrade]:
    # Not by the present version: where an earlier one was published again, it may have been read
    # when some of the blocks did not exist.
    return await context.loaders.subsection_grades.load(Enrolled(then, learner_id)) or {}


async def update(  # noqa: PLR0913 - whom, how, and under which conditions
    context: Context,
    course: StoredCourse,
    learner_id: LearnerId,
    *,
    force: bool = False,
    if_version: str | None = None,
    first: FirstTime[list[GradeResult]] | None = None,
) -> GradeResult:
    """Recompute and store one learner's course grade.

    Stored subsection grades are reused unless ``force`` recomputes them from their scores.
    ``if_version`` is the version that the stored grade must have, None for any.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises LearnerNotEnrolled: if the learner was never enrolled.
    :raises VersionConflict: if the stored grade has another version than ``if_version``.
    """
    (result,) = await update_many(
        context, course, [learner_id], force=force, if_version=if_version, first=first
    )
    if isinstance(result.error, LearnerNotEnrolled):
        raise result.error
    return result


async def update_many(  # noqa: PLR0913 - whom, how, and under which conditions
    context: Context,
    course: StoredCourse,
    learner_ids: Sequence[LearnerId],
    *,
    force: bool,
    if_version: str | None = None,
    first: FirstTime[list[GradeResult]] | None = None,
) -> list[GradeResult]:
    """Recompute and store several learners' grades; one who fails never stops the rest.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    """
    access.require_grades_editor(context.viewer, course.key)
    now = context.now()
    require_open = open_check(context, now)
    require_open(course)
    enrollments = await context.loaders.enrollment.load_many(
        [Enrolled(course, learner_id) for learner_id in learner_ids]
    )
    enrolled = [
        learner_id
        for learner_id, enrollment in zip(learner_ids, enrollments, strict=True)
        if enrollment is not None
    ]
    origin = context.origin(Cause.GRADE_UPDATED)
    regraded = (
        await regrade_each(
            course.id,
            enrolled,
            force=force,
            origin=origin,
            now=now,
            if_version=if_version,
            first=first,
            require_open=require_open,
        )
        if enrolled
        else []
    )
    context.after_change()
    results = {result.learner_id: result for result in regraded}
    return [
        results.get(learner_id)
        or GradeResult(
            learner_id,
            error=LearnerNotEnrolled(f"Learner {learner_id} is not enrolled in {course.key}."),
        )
        for learner_id in learner_ids
    ]


async def iterate(
    context: Context, course: StoredCourse, *, force: bool
) -> AsyncIterator[list[GradeResult]]:
    """Regrade everybody ever enrolled, a chunk at a time; one who fails never stops the rest.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    """
    access.require_grades_editor(context.viewer, course.key)
    now = context.now()
    require_open = open_check(context, now)
    require_open(course)
    last: LearnerId | None = None
    while learner_ids := await enrolled_ids(course.id, after=last, limit=CHUNK):
        last = learner_ids[-1]
        origin = context.origin(Cause.GRADE_UPDATED)
        results = await regrade_each(
            course.id, learner_ids, force=force, origin=origin, now=now, require_open=require_open
        )
        context.after_change()
        yield results
