"""Filters and orders of the gradebook."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

import grading
from resolvers import gradebook_filter as asked
from schema.learner import LearnerRefInput
from schema.passing_status import PassingStatus
from schema.scalars import GradeFraction
from schema.subsection_grade_status import SubsectionGradeStatus


@strawberry.input(description="Percents as fractions of one. Both ends included.")
class GradeRange:
    min: GradeFraction | None = strawberry.field(
        default=None, description="The lowest; none when not given."
    )
    max: GradeFraction | None = strawberry.field(
        default=None, description="The highest; none when not given."
    )

    def asked(self) -> asked.PercentRange:
        """Return the range as the resolvers know it."""
        return asked.PercentRange(self.min, self.max)


@strawberry.input(description="What to ask of one subsection's grades.")
class SubsectionGradeFilter:
    usage_key: grading.UsageKey = strawberry.field(description="The subsection.")
    percent: GradeRange | None = strawberry.field(
        default=None,
        description="The percent that counts. Learners who neither attempted the subsection nor "
        "have an override are in no range: they have no percent.",
    )
    status: list[SubsectionGradeStatus] | None = strawberry.field(
        default=None, description="Only those in one of these states."
    )

    def asked(self) -> asked.SubsectionFilter:
        """Return the filter as the resolvers know it."""
        return asked.SubsectionFilter(
            self.usage_key,
            None if self.percent is None else self.percent.asked(),
            None
            if self.status is None
            else frozenset(asked.SubsectionStatus[one.name] for one in self.status),
        )


@strawberry.input(
    description="Which learners of a course are meant: those of whom all that is given holds. An "
    "empty list lets nobody through, save where it excludes."
)
class GradebookFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Case-insensitive part of user name, full name, e-mail or external user key; "
        "of the e-mail only for those who may see it.",
    )
    learners: list[LearnerRefInput] | None = strawberry.field(
        default=None, description="Only these, at most 100; who is not enrolled is not found."
    )
    cohort: str | None = strawberry.field(default=None, description="Only those in this cohort.")
    enrollment_mode: str | None = strawberry.field(
        default=None, description="Only those on this enrollment track, such as `verified`."
    )
    include_inactive: bool | None = strawberry.field(
        default=False, description="Also learners who have left the course."
    )
    exclude_course_roles: list[str] | None = strawberry.field(
        default=None,
        description="Without those who have one of these roles in the course, in Open edX's "
        "words such as `staff` or `beta_testers`; `all` stands for any role.",
    )
    course_percent: GradeRange | None = strawberry.field(
        default=None,
        description="The rounded course percent. Learners without a grade count as 0.",
    )
    subsection: SubsectionGradeFilter | None = strawberry.field(
        default=None, description="What to ask of one subsection's grades."
    )
    letter_grades: list[str] | None = strawberry.field(
        default=None, description="Only those with one of these letters."
    )
    passing_status: list[PassingStatus] | None = strawberry.field(
        default=None, description="Only those who stand at one of these."
    )
    has_override: bool | None = strawberry.field(
        default=None,
        description="Only those with, or without, an override in any of the course's subsections.",
    )
    updated_since: datetime | None = strawberry.field(
        default=None,
        description="Only those whose course grade was last updated at this moment or later.",
    )

    def asked(self) -> asked.GradebookFilter:
        """Return the filter as the resolvers know it.

        :raises InvalidInput: if the id of a learner is no user's id.
        :raises TooManyItems: if there are more than 100 learners.
        """
        return asked.GradebookFilter(
            search=self.search,
            learners=None
            if self.learners is None
            else asked.named_learners([one.ref() for one in self.learners]),
            cohort=self.cohort,
            mode=self.enrollment_mode,
            include_inactive=bool(self.include_inactive),
            excluded_roles=frozenset(self.exclude_course_roles or ()),
            course_percent=None if self.course_percent is None else self.course_percent.asked(),
            subsection=None if self.subsection is None else self.subsection.asked(),
            letter_grades=None if self.letter_grades is None else frozenset(self.letter_grades),
            passing_statuses=None
            if self.passing_status is None
            else frozenset(grading.PassingStatus[one.name] for one in self.passing_status),
            has_override=self.has_override,
            updated_since=self.updated_since,
        )


@strawberry.enum(description="What the gradebook can be in the order of.")
class GradebookOrderField(Enum):
    USERNAME = strawberry.enum_value("USERNAME", description="The user name, by code points.")
    FULL_NAME = strawberry.enum_value(
        "FULL_NAME", description="The full name, by code points, A to Z as a to z."
    )
    COURSE_PERCENT = strawberry.enum_value(
        "COURSE_PERCENT", description="The rounded course percent."
    )
    SUBSECTION_PERCENT = strawberry.enum_value(
        "SUBSECTION_PERCENT", description="The percent that counts in one subsection."
    )
    LAST_UPDATED = strawberry.enum_value(
        "LAST_UPDATED", description="When the course grade was last updated."
    )


@strawberry.enum(description="Which way an order goes.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The lowest, or earliest, first.")
    DESC = strawberry.enum_value("DESC", description="The highest, or latest, first.")


@strawberry.input(
    description="An order of learners. Ties are in the order of user names, going up. Learners "
    "without a value (no grade, not attempted, no name) come last in both directions."
)
class GradebookOrder:
    field: GradebookOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which way."
    )
    usage_key: grading.UsageKey | None = strawberry.field(
        default=None, description="Needed for SUBSECTION_PERCENT."
    )

    def asked(self) -> asked.GradebookOrder:
        """Return the order as the resolvers know it."""
        return asked.GradebookOrder(
            asked.OrderField[self.field.name],
            self.direction is OrderDirection.DESC,
            self.usage_key,
        )


BY_USERNAME = GradebookOrder(field=GradebookOrderField.USERNAME)

Filter = Annotated[
    GradebookFilter | None,
    strawberry.argument(description="Only these learners; all active ones when not given."),
]


def asked_filter(given: GradebookFilter | None) -> asked.GradebookFilter:
    """Return the filter that an argument stands for: all active learners where it is not given."""
    return asked.ALL_ACTIVE if given is None else given.asked()
