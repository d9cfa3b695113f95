"""``updateGradingPolicy``: another policy, looked at first or applied with a regrade."""

from typing import Self

import strawberry

import grading
from resolvers import courses, grading_policy
from resolvers.content_effect import ContentEffect
from resolvers.context import Context
from resolvers.grading_policy import AssignmentTypeRow, PolicyChange, WantedPolicy
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.grade_job import GradeJob
from schema.policy import GradingPolicy
from schema.scalars import GradeFraction
from schema.user_error import UserError, user_error_of


@strawberry.input(description="What a row of the grading policy is to be.")
class AssignmentTypeInput:
    name: str = strawberry.field(description="edX `type`, e.g. `Homework`.")
    short_label: str | None = strawberry.field(
        default=None, description="The label that columns of this type begin with."
    )
    weight: GradeFraction = strawberry.field(description="The share of the course grade.")
    min_count: int = strawberry.field(description="Assignments expected.")
    drop_count: int = strawberry.field(default=0, description="Lowest scores left out.")


@strawberry.input(description="A letter and what is to earn it.")
class GradeCutoffInput:
    letter_grade: str = strawberry.field(description="The letter.")
    threshold: GradeFraction = strawberry.field(
        description="The smallest course percent that earns it."
    )


@strawberry.input(description="The policy that a course is to have.")
class UpdateGradingPolicyInput:
    course_key: grading.CourseKey = strawberry.field(description="The course.")
    assignment_types: list[AssignmentTypeInput] = strawberry.field(
        description="All rows, in order. What the present policy says of a type beside these, such "
        "as its category, is kept."
    )
    grade_cutoffs: list[GradeCutoffInput] = strawberry.field(description="All letters.")
    regrade: bool | None = strawberry.field(
        default=True,
        description="Regrade whoever has a stored grade; without it grades are stale until they "
        "are updated.",
    )
    if_hash: str | None = strawberry.field(
        default=None, description="The hash that the change was made from."
    )
    dry_run: bool | None = strawberry.field(
        default=False, description="Only say what would change; store nothing."
    )

    def wanted(self) -> WantedPolicy:
        """Return the policy that is asked for.

        :raises DuplicateItem: if a letter has two cutoffs.
        """
        cutoffs: dict[str, float] = {}
        for at, one in enumerate(self.grade_cutoffs):
            if one.letter_grade in cutoffs:
                raise grading.DuplicateItem(
                    f"The letter {one.letter_grade!r} has two cutoffs.",
                    field=["gradeCutoffs", str(at), "letterGrade"],
                )
            cutoffs[one.letter_grade] = one.threshold
        rows = [
            AssignmentTypeRow(one.name, one.short_label, one.weight, one.min_count, one.drop_count)
            for one in self.assignment_types
        ]
        return WantedPolicy(rows, cutoffs)


@strawberry.type(description="A row of the policy that seems to have another name now.")
class RenamedAssignmentType:
    before: str = strawberry.field(description="The name that is gone.")
    after: str = strawberry.field(description="The name that the row seems to have now.")
    uncounted_subsection_count: int = strawberry.field(
        description="Graded subsections that still have the old name as their type: they do not "
        "count until that is changed."
    )

    @classmethod
    def of(cls, value: grading.RenamedType) -> Self:
        return cls(
            before=value.before,
            after=value.after,
            uncounted_subsection_count=value.uncounted,
        )


@strawberry.type(description="What a policy would make of one learner's grade.")
class PreviewedGrade:
    before: CourseGrade = strawberry.field(description="The stored grade.")
    percent: GradeFraction = strawberry.field(description="The course percent it would become.")
    letter_grade: str | None = strawberry.field(description="The letter it would become.")
    passed: bool = strawberry.field(description="Whether the learner would pass.")

    @classmethod
    def of(cls, value: grading.PreviewedGrade, course: Course) -> Self:
        return cls(
            before=CourseGrade.of(value.before, course),
            percent=GradeFraction(value.after.percent),
            letter_grade=value.after.letter_grade,
            passed=value.after.passed,
        )


@strawberry.type(description="What a policy would change, before anything is stored.")
class GradingPolicyPreview:
    learner_count: int = strawberry.field(description="Learners with a stored grade.")
    percent_changed_count: int = strawberry.field(
        description="Learners whose rounded percent would be another."
    )
    letter_grade_changed_count: int = strawberry.field(
        description="Learners whose letter would be another."
    )
    passed_changed_count: int = strawberry.field(
        description="Learners who would begin or cease to pass."
    )
    failed_count: int = strawberry.field(description="Learners whose grade could not be computed.")
    changes: list[PreviewedGrade] = strawberry.field(
        description="At most 100 learners: those whose letter or pass would be another, by user "
        "id, and then those whose percent alone would."
    )

    @classmethod
    def of(cls, effect: ContentEffect) -> Self:
        course = Course.of(effect.course)
        return cls(
            learner_count=effect.counts.learners,
            percent_changed_count=effect.counts.percents,
            letter_grade_changed_count=effect.counts.letters,
            passed_changed_count=effect.counts.passes,
            failed_count=effect.failed,
            changes=[PreviewedGrade.of(one, course) for one in effect.shown],
        )


@strawberry.type(description="The policy, and what becomes of the grades.")
class UpdateGradingPolicyPayload:
    grading_policy: GradingPolicy | None = strawberry.field(
        description="The new policy, with what is odd about it; null where it was refused."
    )
    job: GradeJob | None = strawberry.field(
        description="The regrade of whoever has a grade; null where nobody is concerned."
    )
    preview: GradingPolicyPreview | None = strawberry.field(
        description="With `dryRun`: what would change."
    )
    renamed_assignment_types: list[RenamedAssignmentType] = strawberry.field(
        description="Types that are gone, where new ones seem to be the same."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was refused.")

    @classmethod
    def of(cls, change: PolicyChange) -> Self:
        course = Course.of(change.course)
        return cls(
            grading_policy=GradingPolicy.of(course),
            job=None if change.job is None else GradeJob.of(change.job, course),
            preview=None if change.effect is None else GradingPolicyPreview.of(change.effect),
            renamed_assignment_types=[RenamedAssignmentType.of(one) for one in change.renamed],
            user_errors=[],
        )


async def update_grading_policy(
    context: Context, input: UpdateGradingPolicyInput
) -> UpdateGradingPolicyPayload:
    """Change a course's policy, or say what that would do."""
    try:
        course = await courses.require_course(context, input.course_key)
        wanted = input.wanted()
        if input.dry_run:
            change = await grading_policy.preview_policy(
                context, course, wanted, if_hash=input.if_hash
            )
        else:
            change = await grading_policy.change_policy(
                context,
                course,
                wanted,
                if_hash=input.if_hash,
                regrade=input.regrade is not False,
            )
    except grading.GradingError as error:
        return UpdateGradingPolicyPayload(
            grading_policy=None,
            job=None,
            preview=None,
            renamed_assignment_types=[],
            user_errors=[user_error_of(error)],
        )
    return UpdateGradingPolicyPayload.of(change)
