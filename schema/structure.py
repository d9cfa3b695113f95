"""The course's parts: sections and subsections."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

import strawberry

import grading
from resolvers import grade_statistics
from schema.grade_statistics import STAFF_ONLY, Buckets, GradeStatistics
from schema.gradebook_filter import Filter, asked_filter
from schema.info import Info
from schema.node import Node
from schema.policy import AssignmentType

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.type(description="A chapter: a named row of subsections.")
class Section(Node):
    course: strawberry.Private["Course"]
    section: strawberry.Private[grading.Section]
    usage_key: grading.UsageKey = strawberry.field(description="The chapter's usage key.")
    display_name: str | None = strawberry.field(description="The chapter's title.")

    @classmethod
    def of(cls, section: grading.Section, course: "Course") -> Self:
        return cls(
            id=course.id_of_block("Section", section.usage_key),
            course=course,
            section=section,
            usage_key=section.usage_key,
            display_name=section.display_name,
        )

    @strawberry.field(description="The subsections, in course order.")
    def subsections(self) -> "list[Subsection]":
        return [self.course.subsection_of(one.usage_key) for one in self.section.subsections]


@strawberry.type(description="A sequential: edX's assignment, LTI AGS / OneRoster's line item.")
class Subsection(Node):
    course: strawberry.Private["Course"]
    subsection: strawberry.Private[grading.Subsection]
    usage_key: grading.UsageKey = strawberry.field(description="The sequential's usage key.")
    display_name: str | None = strawberry.field(description="The subsection's title.")
    short_label: str | None = strawberry.field(
        description="The gradebook's column label, e.g. `HW 03`; null where it does not count."
    )
    graded: bool = strawberry.field(
        description="Whether the subsection may count in the course grade."
    )
    assignment_type: AssignmentType | None = strawberry.field(
        description="edX `format`. Null when ungraded, or when no assignment type of the policy "
        "has this name."
    )
    due: datetime | None = strawberry.field(description="When work is due; null for never.")

    @classmethod
    def of(cls, subsection: grading.Subsection, course: "Course") -> Self:
        content = course.stored.content
        kind = next(
            (
                kind
                for kind in content.policy.assignment_types
                if subsection.graded and kind.name == subsection.format
            ),
            None,
        )
        return cls(
            id=course.id_of_block("Subsection", subsection.usage_key),
            course=course,
            subsection=subsection,
            usage_key=subsection.usage_key,
            display_name=subsection.display_name,
            short_label=course.stored.short_labels.get(subsection.usage_key),
            graded=subsection.graded,
            assignment_type=None if kind is None else AssignmentType.of(kind, course),
            due=subsection.due,
        )

    @strawberry.field(description="The section that the subsection is in.")
    def section(self) -> Section:
        return Section.of(
            self.course.stored.content.sections[self.subsection.usage_key], self.course
        )

    @strawberry.field(
        description="The figures of the subsection's grades: of those who attempted it or have "
        f"an override. {STAFF_ONLY}"
    )
    async def grade_statistics(
        self, info: Info, filter: Filter = None, buckets: Buckets = 10
    ) -> GradeStatistics:
        value = await grade_statistics.read_subsection_statistics(
            info.context,
            self.course.stored,
            self.usage_key,
            asked_filter(filter),
            buckets=10 if buckets is None else buckets,
        )
        return GradeStatistics.of(value, info.context.now())
