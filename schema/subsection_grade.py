"""Subsection grades: one learner's points in one subsection."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

import grading
from resolvers import learners, subsection_grades
from resolvers.breakdown import Breakdown
from resolvers.overrides import Overridable
from schema.global_id import global_ids
from schema.info import Info
from schema.learner import User
from schema.node import Node
from schema.override import OverrideHistoryConnection, SubsectionGradeOverride
from schema.percentage import Decimals, percentage_or_nothing
from schema.scalars import GradeFraction
from schema.score import ProblemScore, Score
from schema.structure import Subsection
from schema.subsection_grade_status import SubsectionGradeStatus
from schema.visibility import GradeVisibility

if TYPE_CHECKING:
    from schema.course import Course


@strawberry.type(
    description="One learner's grade in one subsection. What is hidden from the viewer is null, "
    "never zero; `visibility` says why."
)
class SubsectionGrade(Node):
    breakdown: strawberry.Private[Breakdown]
    course: strawberry.Private["Course"]
    value: strawberry.Private[grading.SubsectionGrade]
    hidden: strawberry.Private[bool]

    @classmethod
    def of(cls, usage_key: grading.UsageKey, breakdown: Breakdown, course: "Course") -> Self:
        (grade,) = cls.all_of([usage_key], breakdown, course)
        return grade

    @classmethod
    def all_of(
        cls, usage_keys: Iterable[grading.UsageKey], breakdown: Breakdown, course: "Course"
    ) -> list[Self]:
        """Wrap the grades of several subsections."""
        stored, concealed, keys = breakdown.course, breakdown.view.hidden, list(usage_keys)
        block_ids = [stored.block_ids[usage_key] for usage_key in keys]
        ids = global_ids("SubsectionGrade", stored.id, breakdown.learner_id, lasts=block_ids)
        return [
            cls(
                id=id_,
                breakdown=breakdown,
                course=course,
                value=breakdown.subsection_grade(usage_key),
                hidden=usage_key in concealed,
            )
            for usage_key, id_ in zip(keys, ids, strict=True)
        ]

    # A page has a thousand of these, of which few fields are asked: each is made when it is.
    @strawberry.field(description="The subsection that is graded.")
    def subsection(self) -> Subsection:
        return self.course.at_version(self.breakdown.course).subsection_of(self.value.usage_key)

    @strawberry.field(description="Whether any problem was ever attempted, graded or not.")
    def attempted(self) -> bool:
        return self.value.attempted

    @strawberry.field(
        description="When the first problem was first attempted; kept when scores are cleared."
    )
    def first_attempted_at(self) -> datetime | None:
        return self.value.first_attempted_at

    @strawberry.field(
        description="Graded points earned of possible; 0 where nothing is possible. Null where "
        "hidden from the viewer."
    )
    def percent_graded(self) -> GradeFraction | None:
        if self.hidden:
            return None
        decimals = self.breakdown.course.content.algorithm.subsection_decimals
        total = self.value.graded_total
        return GradeFraction(grading.percent(total.earned, total.possible, decimals))

    @strawberry.field(
        description="Whether the learner may see this grade now, and if not why not. Staff see it "
        "in any case."
    )
    def visibility(self) -> GradeVisibility:
        return GradeVisibility[self.breakdown.learners_view.visibility(self.value.usage_key).name]

    @strawberry.field(
        description="Left out of the course grade by the drop rule; false where hidden from the "
        "viewer."
    )
    def dropped(self) -> bool:
        return self.value.usage_key in self.breakdown.dropped

    @strawberry.field(
        description="The course version that it was computed under; null when not stored, or "
        "hidden from the viewer."
    )
    def course_version(self) -> str | None:
        return self.value.course_version if self._stored else None

    @strawberry.field(
        description="When a value of it last changed; null when not stored, or hidden from the "
        "viewer."
    )
    def last_updated(self) -> datetime | None:
        return self.value.last_updated if self._stored else None

    @strawberry.field(
        description="Changes with every value; `0` when not stored, or hidden from the viewer."
    )
    def version(self) -> str:
        return str(self.value.version if self._stored else 0)

    @strawberry.field(description="The learner who is graded.")
    async def learner(self, info: Info) -> User:
        return User.of(await learners.read_learner(info.context, self.breakdown.learner_id))

    @strawberry.field(
        description="Whether there is anything behind the figures. Whether something hidden "
        "is overridden is hidden, too."
    )
    def status(self) -> SubsectionGradeStatus:
        if self.value.overridden and not self.hidden:
            return SubsectionGradeStatus.OVERRIDDEN
        if self.value.attempted:
            return SubsectionGradeStatus.ATTEMPTED
        return SubsectionGradeStatus.NOT_ATTEMPTED

    @strawberry.field(
        description="The score over graded problems, which counts in the course: the override "
        "where there is one. Null where hidden from the viewer."
    )
    def graded_total(self) -> Score | None:
        return self._score(self.value.graded_total)

    @strawberry.field(
        description="The score over graded and ungraded problems; null where hidden from the "
        "viewer."
    )
    def all_total(self) -> Score | None:
        return self._score(self.value.all_total)

    @strawberry.field(
        description="What the learner's own work earned over graded problems, whatever the "
        "override says. Null where hidden from the viewer."
    )
    def computed_graded_total(self) -> Score | None:
        return self._score(self.value.computed_graded_total)

    @strawberry.field(
        description="What the learner's own work earned over graded and ungraded problems, "
        "whatever the override says. Null where hidden from the viewer."
    )
    def computed_all_total(self) -> Score | None:
        return self._score(self.value.computed_all_total)

    @strawberry.field(
        description="What staff put in the place of the computed points; null for nothing."
    )
    def override(self) -> SubsectionGradeOverride | None:
        return self.present_override()

    @strawberry.field(
        description="What was ever done to the override, newest first; kept when it is removed."
    )
    async def override_history(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, at most 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor: what is older than it.")
        ] = None,
    ) -> OverrideHistoryConnection:
        if self.hidden:
            return OverrideHistoryConnection.nothing()
        return await OverrideHistoryConnection.read(info, self._place, first=first, after=after)

    def present_override(self) -> SubsectionGradeOverride | None:
        """Return the override that counts, None where there is none to be seen."""
        if self.hidden:
            return None
        return SubsectionGradeOverride.of(self.value.override, self._place)

    def _score(self, total: grading.Total) -> Score | None:
        if self.hidden:
            return None
        return Score.of(total, self.breakdown.course.content.algorithm)

    @property
    def _stored(self) -> bool:
        return self.value.persisted and not self.hidden

    @property
    def _place(self) -> Overridable:
        return Overridable(self.breakdown.course, self.breakdown.learner_id, self.value.usage_key)

    @strawberry.field(description="`percentGraded` as text for people: `83%`, `82.6%`.")
    def display_percent(self, decimals: Decimals = 0) -> str | None:
        return percentage_or_nothing(self.percent_graded(), decimals or 0)

    @strawberry.field(
        description="Weighted problem scores, in content order; empty where hidden from the viewer."
    )
    async def problem_scores(self, info: Info) -> list[ProblemScore]:
        scores = await subsection_grades.read_problem_scores(
            info.context, self.breakdown, self.value.usage_key
        )
        problems = self.breakdown.course.content.problems
        return [ProblemScore.of(one, problems[one.usage_key].display_name) for one in scores]
