"""Section grades: a chapter's points for one learner."""

from typing import TYPE_CHECKING, Self

import strawberry

import grading
from resolvers.breakdown import Breakdown
from schema.score import Score
from schema.structure import Section
from schema.subsection_grade import SubsectionGrade

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.type(description="One learner's points in one section.")
class SectionGrade:
    course: strawberry.Private["Course"]
    breakdown: strawberry.Private[Breakdown]
    value: strawberry.Private[grading.Section]
    section: Section = strawberry.field(description="The section.")

    @classmethod
    def of(cls, value: grading.Section, breakdown: Breakdown, course: "Course") -> Self:
        return cls(
            course=course,
            breakdown=breakdown,
            value=value,
            section=Section.of(value, course.at_version(breakdown.course)),
        )

    @strawberry.field(
        description="Graded totals of the section, without subsections that are hidden from the "
        "viewer; null where all of them are."
    )
    def score(self) -> Score | None:
        keys = [one.usage_key for one in self.value.subsections]
        grades = [
            self.breakdown.subsection_grade(key)
            for key in keys
            if not self.breakdown.view.conceals(key)
        ]
        if keys and not grades:
            return None
        return Score.of(grading.section_total(grades), self.breakdown.course.content.algorithm)

    @strawberry.field(description="The grades of its subsections, in course order.")
    def subsection_grades(self) -> list[SubsectionGrade]:
        keys = (one.usage_key for one in self.value.subsections)
        return SubsectionGrade.all_of(keys, self.breakdown, self.course)
