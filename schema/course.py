"""Courses: what is taught, how it is graded, and who is graded in it."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated

import strawberry

import grading
from resolvers import course_grades, freezing, grade_statistics, gradebook, learners
from resolvers.course_list import permissions_of
from resolvers.courses import StoredCourse
from resolvers.grade_lookahead import look_ahead
from schema.course_grade import CourseGrade
from schema.cursor import parse_position
from schema.global_id import global_id
from schema.grade_permissions import GradePermissions
from schema.grade_statistics import STAFF_ONLY, Buckets, GradeStatistics
from schema.gradebook import GradebookConnection
from schema.gradebook_filter import BY_USERNAME, Filter, GradebookOrder, asked_filter
from schema.grades_freeze import GradesFreeze
from schema.info import Info
from schema.learner import LearnerRefInput, named
from schema.node import Node
from schema.policy import GradingPolicy
from schema.structure import Section, Subsection


@strawberry.type(description="A course run, in its present version.")
class Course(Node):
    stored: strawberry.Private[StoredCourse]
    known_subsections: strawberry.Private[dict[grading.UsageKey, Subsection]]
    course_key: grading.CourseKey = strawberry.field(description="The course's key.")
    display_name: str | None = strawberry.field(description="The course's title.")
    start: datetime | None = strawberry.field(description="When the course begins.")
    end: datetime | None = strawberry.field(description="When the course ends; null for never.")
    course_version: str | None = strawberry.field(
        description="The present version: changes when content, policy or algorithm do."
    )

    @classmethod
    def of(cls, stored: StoredCourse) -> "Course":
        return _wrapped(stored)

    def at_version(self, stored: StoredCourse) -> "Course":
        """Return the course as another of its versions has it."""
        return self if stored is self.stored else Course.of(stored)

    async def read_grade(self, info: Info, learner_id: grading.LearnerId) -> CourseGrade:
        """Return a learner's stored grade in the course, or the zero grade."""
        return CourseGrade.of(await course_grades.read(info.context, self.stored, learner_id), self)

    async def read_grade_of(self, info: Info, ref: LearnerRefInput | None) -> CourseGrade | None:
        """Return a learner's grade in the course, the viewer's own where none is named.

        None if there is no such learner that the viewer may know of.
        """
        await look_ahead(info.context, [self.course_key], [named(ref)])
        if ref is None:
            own_id = await learners.own_learner_id(info.context, self.stored)
            return None if own_id is None else await self.read_grade(info, own_id)
        learner = await learners.find_learner(info.context, ref.ref(), self.stored)
        return None if learner is None else await self.read_grade(info, learner.id)

    def subsection_of(self, usage_key: grading.UsageKey) -> Subsection:
        """Return one of the course's subsections, the same object every time."""
        known = self.known_subsections.get(usage_key)
        if known is None:
            known = Subsection.of(self.stored.content.subsections[usage_key], self)
            self.known_subsections[usage_key] = known
        return known

    def id_of_block(self, type_name: str, usage_key: grading.UsageKey) -> strawberry.ID:
        """Make the global id of one of the course's sections or subsections."""
        return global_id(type_name, self.stored.id, self.stored.block_ids[usage_key])

    @strawberry.field(description="How the course is graded.")
    def grading_policy(self) -> GradingPolicy:
        return GradingPolicy.of(self)

    @strawberry.field(
        description="Whether, since when and why the grades of the course no longer change."
    )
    def grades_freeze(self, info: Info) -> GradesFreeze:
        freeze = freezing.present_freeze(info.context, self.stored)
        return GradesFreeze.of(freeze, info.context.now())

    @strawberry.field(description="Chapters, in course order.")
    def sections(self) -> list[Section]:
        return [Section.of(section, self) for section in self.stored.content.structure.sections]

    @strawberry.field(
        description="Gradebook columns, in course order. Bounded by the course, so a plain list."
    )
    def subsections(
        self,
        graded: Annotated[
            bool | None,
            strawberry.argument(description="Only those that are, or are not, graded."),
        ] = None,
        assignment_type: Annotated[
            str | None, strawberry.argument(description="Only those of this type's name.")
        ] = None,
    ) -> list[Subsection]:
        return [
            self.subsection_of(key)
            for key, subsection in self.stored.content.subsections.items()
            if graded in (None, subsection.graded) and assignment_type in (None, subsection.format)
        ]

    @strawberry.field(description="One subsection; null when the course has none of this key.")
    def subsection(
        self,
        usage_key: Annotated[
            grading.UsageKey, strawberry.argument(description="The subsection's usage key.")
        ],
    ) -> Subsection | None:
        if usage_key not in self.stored.content.subsections:
            return None
        return self.subsection_of(usage_key)

    @strawberry.field(
        description="A learner's grade in the course, or the zero grade. Null only when the "
        "learner is unknown to the viewer."
    )
    async def course_grade(
        self,
        info: Info,
        learner: Annotated[
            LearnerRefInput | None,
            strawberry.argument(description="Whose grade; the viewer's own when not given."),
        ] = None,
    ) -> CourseGrade | None:
        return await self.read_grade_of(info, learner)

    @strawberry.field(
        description="CourseGradeFactory.iter: one entry for every learner that the filter lets "
        "through, those without a grade included. Staff only."
    )
    async def gradebook(
        self,
        info: Info,
        filter: Filter = None,
        order_by: Annotated[
            GradebookOrder | None,
            strawberry.argument(description="The order; by user name when not given."),
        ] = BY_USERNAME,
        first: Annotated[
            int | None,
            strawberry.argument(description="How many, at most 100; 20 when not given."),
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="A cursor of this order, under whatever filter: what follows it."
            ),
        ] = None,
        last: Annotated[
            int | None, strawberry.argument(description="How many from the end, at most 100.")
        ] = None,
        before: Annotated[
            str | None, strawberry.argument(description="A cursor: what precedes it.")
        ] = None,
    ) -> GradebookConnection:
        order = (order_by or BY_USERNAME).asked()
        request = gradebook.PageRequest(
            first=first,
            after=parse_position(after, self.stored, order),
            last=last,
            before=parse_position(before, self.stored, order),
            wanted=asked_filter(filter),
            order=order,
        )
        page = await gradebook.read_page(info.context, self.stored, request)
        return GradebookConnection(course=self, request=request, page=page)

    @strawberry.field(
        description="The figures of the stored course grades, with the letters and passes that "
        f"are stored with them. {STAFF_ONLY}"
    )
    async def grade_statistics(
        self, info: Info, filter: Filter = None, buckets: Buckets = 10
    ) -> GradeStatistics:
        value = await grade_statistics.read_course_statistics(
            info.context,
            self.stored,
            asked_filter(filter),
            buckets=10 if buckets is None else buckets,
        )
        return GradeStatistics.of(value, info.context.now())

    @strawberry.field(description="What the viewer may do in the course.")
    def viewer_permissions(self, info: Info) -> GradePermissions:
        return GradePermissions.of(permissions_of(info.context, self.stored), self.stored)


# Of versions, which never change: the same object for all who ask, with the subsections it knows.
@lru_cache(maxsize=64)
def _wrapped(stored: StoredCourse) -> Course:
    structure = stored.content.structure
    return Course(
        id=global_id("Course", stored.id),
        stored=stored,
        known_subsections={},
        course_key=stored.key,
        display_name=structure.display_name,
        start=structure.start,
        end=structure.end,
        course_version=stored.content.version,
    )
