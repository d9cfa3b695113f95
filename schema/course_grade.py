"""Course grades: one learner's grade in one course, and all that it is made of."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

import grading
from compiled import in_batches, kept_by
from resolvers import course_grades, grade_events, what_if
from resolvers.breakdown import Breakdown
from schema import grade_parts
from schema.assignment_type_grade import AssignmentTypeGrade
from schema.explanation import GradeExplanation, GradingAlgorithm
from schema.global_id import global_id
from schema.grade_event import GradeEventConnection, GradeEventType, kinds_of
from schema.info import Info
from schema.learner import Enrollment, User
from schema.node import Node
from schema.passing_status import PassingStatus
from schema.percentage import Decimals, percentage_or_nothing
from schema.scalars import GradeFraction
from schema.section_grade import SectionGrade
from schema.settled_grades import SETTLED, marks_of_parts
from schema.subsection_grade import SubsectionGrade
from schema.visibility import GradeVisibility
from schema.what_if import CourseGradePreview, WhatIfScoreInput

if TYPE_CHECKING:
    from schema.course import Course

_KEPT = kept_by(marks_of_parts, SETTLED)


@strawberry.enum(description="Why a stored grade may not be what a new computation would give.")
class GradeStaleness(Enum):
    GRADING_POLICY_CHANGED = strawberry.enum_value(
        "GRADING_POLICY_CHANGED", description="The policy has changed since."
    )
    COURSE_CONTENT_CHANGED = strawberry.enum_value(
        "COURSE_CONTENT_CHANGED", description="The course's content has changed since."
    )


@strawberry.type(
    description="One learner's grade in one course. Where results are hidden from the viewer, it "
    "is computed over the visible ones alone, as if the course had no others."
)
class CourseGrade(Node):
    value: strawberry.Private[grading.CourseGrade]
    # What it is made of, where that is at hand already.
    known_breakdown: strawberry.Private[Breakdown | None]
    course: Annotated["Course", strawberry.lazy("schema.course")] = strawberry.field(
        description="The course."
    )

    @classmethod
    def of(
        cls, value: grading.CourseGrade, course: "Course", breakdown: Breakdown | None = None
    ) -> Self:
        return cls(
            id=global_id("CourseGrade", course.stored.id, value.learner_id),
            value=value,
            known_breakdown=breakdown,
            course=course,
        )

    # A page has a hundred of these: what is not asked for is not made.
    @strawberry.field(
        description="Policy grade; work not attempted counts as zero (Canvas `finalScore`). Null "
        "where all that counts is hidden from the viewer: `visibility` says why."
    )
    def percent(self) -> GradeFraction | None:
        return None if self.value.concealed else GradeFraction(self.value.percent)

    @strawberry.field(
        description="What `percent` was rounded from, as a fraction of one; null where that is."
    )
    def unrounded_percent(self) -> float | None:
        return None if self.value.concealed else self.value.unrounded

    @strawberry.field(
        description="From the cutoffs; null when none is reached, or `percent` is null."
    )
    def letter_grade(self) -> str | None:
        return self.value.letter_grade

    @strawberry.field(
        description="Whether the lowest cutoff above zero is reached; false when there is none, "
        "or `percent` is null."
    )
    def passed(self) -> bool:
        return self.value.passed

    @strawberry.field(
        description="Where the learner stands; NOT_ATTEMPTED as well where nothing counts yet "
        "that the viewer may see."
    )
    def passing_status(self) -> PassingStatus:
        return PassingStatus[self.value.passing_status.name]

    @strawberry.field(
        description="First time passed; kept after a later fail. Null while part of the grade is "
        "hidden from the viewer."
    )
    def passed_at(self) -> datetime | None:
        return self.value.passed_at

    @strawberry.field(description="Whether the learner did anything at all.")
    def attempted(self) -> bool:
        return self.value.attempted

    @strawberry.field(description="False for the zero grade of a learner who has no stored grade.")
    def persisted(self) -> bool:
        return self.value.persisted

    @strawberry.field(
        description="When a value of the grade last changed (PersistentCourseGrade.modified); "
        "null when not persisted. Where results are hidden from the viewer, when a visible one "
        "last changed."
    )
    def last_updated(self) -> datetime | None:
        return self.value.last_updated

    @strawberry.field(
        description="Changes with every value that the viewer may see; `0` when not stored."
    )
    def version(self) -> str:
        return str(self.value.version)

    @strawberry.field(description="The rounding that the grade was computed with.")
    def algorithm(self) -> GradingAlgorithm:
        return GradingAlgorithm[self.value.algorithm.name]

    @strawberry.field(
        description="The policy that the grade was computed with; null when not persisted."
    )
    def grading_policy_hash(self) -> str | None:
        return self.value.grading_policy_hash if self.value.persisted else None

    @strawberry.field(
        description="The course version that the grade was computed with; null when not persisted."
    )
    def course_version(self) -> str | None:
        return self.value.course_version if self.value.persisted else None

    @strawberry.field(
        description="The learner who is graded.", metadata=in_batches(grade_parts.learners_of)
    )
    async def learner(self, info: Info) -> User:
        (learner,) = await grade_parts.learners_of([self], info)
        return learner

    @strawberry.field(
        description="The learner's enrollment; null if there never was one.",
        metadata=in_batches(grade_parts.enrollments_of),
    )
    async def enrollment(self, info: Info) -> Enrollment | None:
        (enrollment,) = await grade_parts.enrollments_of([self], info)
        return enrollment

    @strawberry.field(description="`percent` as text for people: `83%`; null where that is null.")
    def display_percent(self, decimals: Decimals = 0) -> str | None:
        return percentage_or_nothing(self.percent(), decimals or 0)

    @strawberry.field(
        description="Stored under another policy or course version than the present one."
    )
    async def staleness(self, info: Info) -> list[GradeStaleness]:
        reasons = await course_grades.read_staleness(info.context, self.course.stored, self.value)
        return [GradeStaleness[reason.name] for reason in reasons]

    @strawberry.field(
        description="Whether the *learner* may see this grade now, and if not why not: hidden "
        "where all graded work is. Parts that are hidden have a `visibility` of their own.",
        metadata=in_batches(grade_parts.visibilities_of),
    )
    async def visibility(self, info: Info) -> GradeVisibility:
        (visibility,) = await grade_parts.visibilities_of([self], info)
        return visibility

    @strawberry.field(
        description="The grade over attempted work only (Canvas `currentScore`). Null when "
        "nothing is attempted that the viewer may see.",
        metadata=in_batches(grade_parts.current_percents_of),
    )
    async def current_percent(self, info: Info) -> GradeFraction | None:
        (percent,) = await grade_parts.current_percents_of([self], info)
        return percent

    @strawberry.field(
        description="grade_breakdown: one row for every row of the policy.",
        metadata={**in_batches(grade_parts.assignment_type_grades_of), **_KEPT},
    )
    async def assignment_type_grades(self, info: Info) -> list[AssignmentTypeGrade]:
        (grades,) = await grade_parts.assignment_type_grades_of([self], info)
        return grades

    @strawberry.field(
        description="The sections with their totals, in course order.",
        metadata={**in_batches(grade_parts.section_grades_of), **_KEPT},
    )
    async def section_grades(self, info: Info) -> list[SectionGrade]:
        (grades,) = await grade_parts.section_grades_of([self], info)
        return grades

    @strawberry.field(
        description="The grades of the subsections, in course order.",
        metadata={**in_batches(grade_parts.subsection_grades_of), **_KEPT},
    )
    async def subsection_grades(
        self,
        info: Info,
        graded: Annotated[
            bool | None,
            strawberry.argument(description="Only those that are, or are not, graded."),
        ] = None,
        assignment_type: Annotated[
            str | None, strawberry.argument(description="Only those of this type's name.")
        ] = None,
        usage_keys: Annotated[
            list[grading.UsageKey] | None, strawberry.argument(description="Only these.")
        ] = None,
    ) -> list[SubsectionGrade]:
        (grades,) = await grade_parts.subsection_grades_of(
            [self], info, graded, assignment_type, usage_keys
        )
        return grades

    @strawberry.field(
        description="The grade of one subsection; null when the course has none of this key.",
        metadata={**in_batches(grade_parts.subsection_grade_of), **_KEPT},
    )
    async def subsection_grade(
        self,
        info: Info,
        usage_key: Annotated[
            grading.UsageKey, strawberry.argument(description="The subsection's usage key.")
        ],
    ) -> SubsectionGrade | None:
        return await self.read_subsection_grade(info, usage_key)

    @strawberry.field(description="What happened to the learner's grades here, newest first.")
    async def history(
        self,
        info: Info,
        types: Annotated[
            list[GradeEventType] | None, strawberry.argument(description="Only these kinds.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, at most 500.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor: what is older than it.")
        ] = None,
    ) -> GradeEventConnection:
        asked = grade_events.EventFilter(
            {self.course.stored.id}, {self.value.learner_id}, kinds_of(types)
        )
        page = await grade_events.read_history(info.context, asked, first=first, after=after)
        return GradeEventConnection.of(page, self.course.at_version, after=after)

    @strawberry.field(description="How the grade came about, step by step.")
    async def explanation(self, info: Info) -> GradeExplanation:
        (breakdown,) = await grade_parts.breakdowns_of([self], info)
        content = breakdown.course.content
        explanation = grading.explain(breakdown.computation, content, breakdown.view)
        return GradeExplanation.of(explanation, self.course.at_version(breakdown.course))

    @strawberry.field(
        description="The grade that these scores would give if they were recorded now; nothing is "
        "stored. A result that is hidden from the viewer does not count in it, unless something is "
        "supposed for it."
    )
    async def what_if(
        self,
        info: Info,
        scores: Annotated[list[WhatIfScoreInput], strawberry.argument(description="At most 100.")],
    ) -> CourseGradePreview:
        course = self.course
        supposed = [one.supposed() for one in scores]
        learner_id = self.value.learner_id
        breakdown = await what_if.preview(info.context, course.stored, learner_id, supposed)
        return CourseGradePreview.of(breakdown, course)

    async def read_subsection_grade(
        self, info: Info, usage_key: grading.UsageKey
    ) -> SubsectionGrade | None:
        """Return one subsection's grade, None when the course has none of this key."""
        (grade,) = await grade_parts.subsection_grade_of([self], info, usage_key)
        return grade
