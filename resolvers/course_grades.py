"""Course grades: the verbs of Open edX's CourseGradeFactory, ``read``, ``update``, ``iterate``."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from db.courses import StoredCourse
from db.enrollments import enrolled_ids
from grading import (
    Cause,
    Computation,
    CourseGrade,
    LearnerId,
    LearnerNotEnrolled,
    SubsectionGrade,
    UsageKey,
    compute,
    zero_course_grade,
)
from resolvers import access
from resolvers.context import Context
from resolvers.courses import freeze
from resolvers.loaders import Enrolled, PastVersion
from resolvers.regrading import GradeResult, regrade_each

CHUNK = 500  # learners a transaction: a writer who waits for one waits some 100 ms


@dataclass(frozen=True)
class Breakdown:
    """A course grade's parts, under the version of the course that it was computed with."""

    course: StoredCourse
    learner_id: LearnerId
    grades: Mapping[UsageKey, SubsectionGrade]

    @cached_property
    def computation(self) -> Computation:
        """Return the figures that the parts add up to."""
        return compute(self.course.content, self.grades)

    @cached_property
    def dropped(self) -> frozenset[UsageKey]:
        """Return the subsections that a drop rule leaves out."""
        return self.computation.dropped

    def subsection_grade(self, usage_key: UsageKey) -> SubsectionGrade:
        """Return the stored grade of a subsection, or its zero grade."""
        return self.grades.get(usage_key) or self.course.content.zero_grades[usage_key]


async def read(context: Context, course: StoredCourse, learner_id: LearnerId) -> CourseGrade:
    """Return the stored grade, or the zero grade; never writes."""
    access.require_grades_reader(context.viewer, course.key, learner_id)
    stored = await context.loaders.course_grade.load(Enrolled(course, learner_id))
    return stored or zero_course_grade(course.content, learner_id)


async def read_breakdown(
    context: Context, course: StoredCourse, course_grade: CourseGrade
) -> Breakdown:
    """Return the parts that a course grade was computed from, and the computation itself."""
    access.require_grades_reader(context.viewer, course.key, course_grade.learner_id)
    then = course
    if course_grade.course_version != course.content.version:
        past = PastVersion(course.id, course_grade.course_version)
        then = await context.loaders.past_version.load(past) or course
    # Not by the present version: where an earlier one was published again, it may have been read
    # when some of the blocks did not exist.
    enrolled = Enrolled(then, course_grade.learner_id)
    grades = await context.loaders.subsection_grades.load(enrolled) or {}
    return Breakdown(then, course_grade.learner_id, grades)


async def update(
    context: Context, course: StoredCourse, learner_id: LearnerId, *, force: bool = False
) -> GradeResult:
    """Recompute and store one learner's course grade.

    Stored subsection grades are reused unless ``force`` recomputes them from their scores.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    :raises LearnerNotEnrolled: if the learner was never enrolled.
    """
    (result,) = await update_many(context, course, [learner_id], force=force)
    if isinstance(result.error, LearnerNotEnrolled):
        raise result.error
    return result


async def update_many(
    context: Context, course: StoredCourse, learner_ids: Sequence[LearnerId], *, force: bool
) -> list[GradeResult]:
    """Recompute and store several learners' grades; one who fails never stops the rest.

    :raises Forbidden: if the viewer may not change grades.
    :raises GradesFrozen: if the course's grades are frozen.
    """
    access.require_grades_editor(context.viewer, course.key)
    now = context.now()
    freeze(context, course).require_open(now)
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
        await regrade_each(course.id, enrolled, force=force, origin=origin, now=now)
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
    freeze(context, course).require_open(now)
    last: LearnerId | None = None
    while learner_ids := await enrolled_ids(course.id, after=last, limit=CHUNK):
        last = learner_ids[-1]
        origin = context.origin(Cause.GRADE_UPDATED)
        results = await regrade_each(course.id, learner_ids, force=force, origin=origin, now=now)
        context.after_change()
        yield results
