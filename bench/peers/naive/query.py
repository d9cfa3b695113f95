"""The queries: one grade, and pages of the gradebook."""

import strawberry

from bench.peers.naive import models
from bench.peers.naive.grade import CourseGrade, CourseKey, User


@strawberry.input(one_of=True)
class LearnerRef:
    username: str | None = strawberry.UNSET


@strawberry.type
class GradebookEntry:
    row: strawberry.Private[models.Enrollment]

    @strawberry.field
    async def learner(self) -> User:
        learner = await self.row.learner
        return User(username=learner.username)

    @strawberry.field
    async def course_grade(self) -> CourseGrade | None:
        row = await models.CourseGrade.get_or_none(
            course=self.row.course_id,  # type: ignore[attr-defined]
            learner=self.row.learner_id,  # type: ignore[attr-defined]
        )
        return None if row is None else CourseGrade.of(row)


@strawberry.type
class GradebookConnection:
    nodes: list[GradebookEntry]


@strawberry.type
class Course:
    row: strawberry.Private[models.Course]

    @strawberry.field
    async def gradebook(self, first: int, after: str | None = None) -> GradebookConnection:
        enrollments = models.Enrollment.filter(course=self.row, active=True)
        if after is not None:
            enrollments = enrollments.filter(learner__username__gt=after)
        rows = await enrollments.order_by("learner__username").limit(first)
        return GradebookConnection(nodes=[GradebookEntry(row=row) for row in rows])


@strawberry.type
class Query:
    @strawberry.field
    async def course(self, course_key: CourseKey) -> Course | None:
        row = await models.Course.get_or_none(key=course_key)
        return None if row is None else Course(row=row)

    @strawberry.field
    async def course_grade(self, course_key: CourseKey, learner: LearnerRef) -> CourseGrade | None:
        course = await models.Course.get(key=course_key)
        person = await models.Learner.get(username=learner.username)
        row = await models.CourseGrade.get_or_none(course=course, learner=person)
        return None if row is None else CourseGrade.of(row)
