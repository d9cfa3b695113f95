"""The gradebook: a connection over a course's learners, with a grade or a reason for each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import strawberry

import grading
from compiled import in_batches, kept_by
from resolvers import course_grades, gradebook, learners
from resolvers.gradebook import GradebookCounts, Page, PageRequest, Position
from resolvers.gradebook_filter import GradebookOrder
from resolvers.regrading import GradeResult
from schema.course_grade import CourseGrade
from schema.cursor import gradebook_cursor
from schema.global_id import global_id
from schema.info import Info
from schema.learner import Enrollment, User
from schema.node import ID_DESCRIPTION, Node
from schema.page_info import PageInfo
from schema.settled_grades import SETTLED, marks_of_entries
from schema.user_error import GradeErrorCode

if TYPE_CHECKING:
    from schema.course import Course

Entries = Sequence["GradebookEntry"]


@strawberry.type(description="Why there is no grade.")
class GradeReadError:
    code: GradeErrorCode = strawberry.field(description="The kind of failure.")
    message: str = strawberry.field(description="The failure in words.")

    @classmethod
    def of(cls, error: grading.GradingError) -> Self:
        return cls(code=GradeErrorCode[error.code], message=error.message)


async def _learners_of(entries: Entries, info: Info) -> list[User]:
    found = await learners.read_learners(info.context, [one.enrolled.learner_id for one in entries])
    return [User.of(learner) for learner in found]


async def _enrollments_of(entries: Entries, info: Info) -> list[Enrollment]:
    found = await learners.read_enrollments(info.context, [one.enrolled for one in entries])
    enrollments = []
    for entry, enrollment in zip(entries, found, strict=True):
        if enrollment is None:
            raise grading.LearnerNotEnrolled(
                f"Learner {entry.enrolled.learner_id} is not enrolled in {entry.course.course_key}."
            )
        enrollments.append(Enrollment.of(enrollment))
    return enrollments


async def _course_grades_of(entries: Entries, info: Info) -> list[CourseGrade | None]:
    unread = [one.enrolled for one in entries if one.result is None]
    read = iter(await course_grades.read_many(info.context, unread) if unread else ())
    grades = [next(read) if one.result is None else one.result.course_grade for one in entries]
    return [
        None if grade is None else CourseGrade.of(grade, entry.course)
        for grade, entry in zip(grades, entries, strict=True)
    ]


def _id_of(self: "GradebookEntry") -> strawberry.ID:
    course, learner_id = self.enrolled
    return global_id("GradebookEntry", course.id, learner_id)


@strawberry.type(
    description="edX `GradeResult`: a grade, or the reason why there is none; a learner is never "
    "silently left out."
)
class GradebookEntry(Node):
    id: strawberry.ID = strawberry.field(resolver=_id_of, description=ID_DESCRIPTION)
    course: strawberry.Private["Course"]
    enrolled: strawberry.Private[learners.Enrolled]  # what its parts are read by
    result: strawberry.Private[GradeResult | None] = None

    @classmethod
    def of(
        cls, learner_id: grading.LearnerId, course: "Course", result: GradeResult | None = None
    ) -> Self:
        enrolled = learners.Enrolled(course.stored, learner_id)
        return cls(course=course, enrolled=enrolled, result=result)

    @strawberry.field(description="The learner.", metadata=in_batches(_learners_of))
    async def learner(self, info: Info) -> User:
        (learner,) = await _learners_of([self], info)
        return learner

    @strawberry.field(description="The learner's enrollment.", metadata=in_batches(_enrollments_of))
    async def enrollment(self, info: Info) -> Enrollment:
        (enrollment,) = await _enrollments_of([self], info)
        return enrollment

    @strawberry.field(
        description="The grade; null where `error` says why there is none.",
        metadata={**in_batches(_course_grades_of), **kept_by(marks_of_entries, SETTLED)},
    )
    async def course_grade(self, info: Info) -> CourseGrade | None:
        (grade,) = await _course_grades_of([self], info)
        return grade

    @strawberry.field(description="Why there is no grade; null where there is one.")
    def error(self) -> GradeReadError | None:
        if self.result is None or self.result.error is None:
            return None
        return GradeReadError.of(self.result.error)


@strawberry.type(description="One row of the gradebook, with its place.")
class GradebookEdge:
    place: strawberry.Private[Position]
    order: strawberry.Private[GradebookOrder]
    node: GradebookEntry = strawberry.field(description="The row.")

    @strawberry.field(description="The row's place, for `after` and `before`.")
    def cursor(self) -> str:
        return gradebook_cursor(self.node.course.stored, self.order, self.place)


@strawberry.type(description="A page of the gradebook.")
class GradebookConnection:
    course: strawberry.Private["Course"]
    request: strawberry.Private[PageRequest]
    page: strawberry.Private[Page]

    @strawberry.field(description="The rows with their places.")
    def edges(self) -> list[GradebookEdge]:
        order = self.request.order
        return [
            GradebookEdge(
                place=one.place,
                order=order,
                node=GradebookEntry(course=self.course, enrolled=enrolled),
            )
            for one, enrolled in zip(self.page.learners, self.page.enrolled, strict=True)
        ]

    @strawberry.field(description="Where the page stands.")
    def page_info(self) -> PageInfo:
        page = self.page
        cursors = [
            gradebook_cursor(self.course.stored, self.request.order, one.place)
            for one in (*page.learners[:1], *page.learners[-1:])
        ]
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )

    @strawberry.field(description="The rows.")
    def nodes(self) -> list[GradebookEntry]:
        course = self.course
        return [GradebookEntry(course=course, enrolled=one) for one in self.page.enrolled]

    @strawberry.field(description="Active enrollments in the course.")
    async def total_count(self, info: Info) -> int:
        return (await self._counts(info)).total

    @strawberry.field(description="Those that match `filter`.")
    async def filtered_count(self, info: Info) -> int:
        return (await self._counts(info)).filtered

    async def _counts(self, info: Info) -> GradebookCounts:
        return await gradebook.count_learners(info.context, self.course.stored, self.request.wanted)
