"""Course grades: one learner's grade in one course, and all that it is made of."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

import grading
from resolvers import course_grades, grade_events, learners, what_if
from resolvers.breakdown import Breakdown
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
from schema.subsection_grade import SubsectionGrade
from schema.visibility import GradeVisibility
from schema.what_if import CourseGradePreview, WhatIfScoreInput

if TYPE_CHECKING:
    from schema.course import Course


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
    percent: GradeFraction | None = strawberry.field(
        description="Policy grade; work not attempted counts as zero (Canvas `finalScore`). Null "
        "where all that counts is hidden from the viewer: `visibility` says why."
    )
    unrounded_percent: float | None = strawberry.field(
        description="What `percent` was rounded from, as a fraction of one; null where that is."
    )
    letter_grade: str | None = strawberry.field(
        description="From the cutoffs; null when none is reached, or `percent` is null."
    )
    passed: bool = strawberry.field(
        description="Whether the lowest cutoff above zero is reached; false when there is none, "
        "or `percent` is null."
    )
    passing_status: PassingStatus = strawberry.field(
        description="Where the learner stands; NOT_ATTEMPTED as well where nothing counts yet "
        "that the viewer may see."
    )
    passed_at: datetime | None = strawberry.field(
        description="First time passed; kept after a later fail. Null while part of the grade is "
        "hidden from the viewer."
    )
    attempted: bool = strawberry.field(description="Whether the learner did anything at all.")
    persisted: bool = strawberry.field(
        description="False for the zero grade of a learner who has no stored grade."
    )
    last_updated: datetime | None = strawberry.field(
        description="When a value of the grade last changed (PersistentCourseGrade.modified); "
        "null when not persisted. Where results are hidden from the viewer, when a visible one "
        "last changed."
    )
    version: str = strawberry.field(
        description="Changes with every value that the viewer may see; `0` when not stored."
    )
    algorithm: GradingAlgorithm = strawberry.field(
        description="The rounding that the grade was computed with."
    )
    grading_policy_hash: str | None = strawberry.field(
        description="The policy that the grade was computed with; null when not persisted."
    )
    course_version: str | None = strawberry.field(
        description="The course version that the grade was computed with; null when not persisted."
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
            percent=None if value.concealed else GradeFraction(value.percent),
            unrounded_percent=None if value.concealed else value.unrounded,
            letter_grade=value.letter_grade,
            passed=value.passed,
            passing_status=PassingStatus[value.passing_status.name],
            passed_at=value.passed_at,
            attempted=value.attempted,
            persisted=value.persisted,
            last_updated=value.last_updated,
            version=str(value.version),
            algorithm=GradingAlgorithm[value.algorithm.name],
            grading_policy_hash=value.grading_policy_hash if value.persisted else None,
            course_version=value.course_version if value.persisted else None,
        )

    @strawberry.field(description="The learner who is graded.")
    async def learner(self, info: Info) -> User:
        return User.of(await learners.read_learner(info.context, self.value.learner_id))

    @strawberry.field(description="The learner's enrollment; null if there never was one.")
    async def enrollment(self, info: Info) -> Enrollment | None:
        enrollment = await learners.read_enrollment(
            info.context, self.course.stored, self.value.learner_id
        )
        return None if enrollment is None else Enrollment.of(enrollment)

    @strawberry.field(description="`percent` as text for people: `83%`; null where that is null.")
    def display_percent(self, decimals: Decimals = 0) -> str | None:
        return percentage_or_nothing(self.percent, decimals or 0)

    @strawberry.field(
        description="Stored under another policy or course version than the present one."
    )
    async def staleness(self, info: Info) -> list[GradeStaleness]:
        reasons = await course_grades.read_staleness(info.context, self.course.stored, self.value)
        return [GradeStaleness[reason.name] for reason in reasons]

    @strawberry.field(
        description="Whether the *learner* may see this grade now, and if not why not: hidden "
        "where all graded work is. Parts that are hidden have a `visibility` of their own."
    )
    async def visibility(self, info: Info) -> GradeVisibility:
        breakdown = await self._breakdown(info)
        return GradeVisibility[breakdown.visibility.name]

    @strawberry.field(
        description="The grade over attempted work only (Canvas `currentScore`). Null when "
        "nothing is attempted that the viewer may see."
    )
    async def current_percent(self, info: Info) -> GradeFraction | None:
        breakdown = await self._breakdown(info)
        percent = breakdown.current_percent
        return None if percent is None else GradeFraction(percent)

    @strawberry.field(description="grade_breakdown: one row for every row of the policy.")
    async def assignment_type_grades(self, info: Info) -> list[AssignmentTypeGrade]:
        breakdown = await self._breakdown(info)
        return AssignmentTypeGrade.all_of(breakdown, self.course)

    @strawberry.field(description="The sections with their totals, in course order.")
    async def section_grades(self, info: Info) -> list[SectionGrade]:
        breakdown = await self._breakdown(info)
        return [
            SectionGrade.of(section, breakdown, self.course)
            for section in breakdown.course.content.structure.sections
        ]

    @strawberry.field(description="The grades of the subsections, in course order.")
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
        breakdown = await self._breakdown(info)
        return [
            SubsectionGrade.of(key, breakdown, self.course)
            for key, subsection in breakdown.course.content.subsections.items()
            if graded in (None, subsection.graded)
            and assignment_type in (None, subsection.format)
            and (usage_keys is None or key in usage_keys)
        ]

    @strawberry.field(
        description="The grade of one subsection; null when the course has none of this key."
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
        breakdown = await self._breakdown(info)
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
        breakdown = await self._breakdown(info)
        if usage_key not in breakdown.course.content.subsections:
            return None
        return SubsectionGrade.of(usage_key, breakdown, self.course)

    async def _breakdown(self, info: Info) -> Breakdown:
        if self.known_breakdown is not None:
            return self.known_breakdown
        return await course_grades.read_breakdown(info.context, self.course.stored, self.value)
