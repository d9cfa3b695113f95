"""What course grades are made of, read for all grades of a page at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resolvers import course_grades, learners
from resolvers.breakdown import Breakdown
from schema.assignment_type_grade import AssignmentTypeGrade
from schema.info import Info
from schema.learner import Enrollment, User
from schema.scalars import GradeFraction
from schema.section_grade import SectionGrade
from schema.subsection_grade import SubsectionGrade
from schema.visibility import GradeVisibility

if TYPE_CHECKING:
    import grading
    from schema.course_grade import CourseGrade

Grades = Sequence["CourseGrade"]


async def breakdowns_of(grades: Grades, info: Info) -> list[Breakdown]:
    """Return the parts of each grade; those that are at hand are not read."""
    unread = [grade for grade in grades if grade.known_breakdown is None]
    read = iter(
        await course_grades.read_breakdowns(
            info.context, [(grade.course.stored, grade.value) for grade in unread]
        )
        if unread
        else ()
    )
    return [grade.known_breakdown or next(read) for grade in grades]


async def learners_of(grades: Grades, info: Info) -> list[User]:
    """Return who has each grade."""
    found = await learners.read_learners(info.context, [one.value.learner_id for one in grades])
    return [User.of(learner) for learner in found]


async def enrollments_of(grades: Grades, info: Info) -> list[Enrollment | None]:
    """Return the enrollment of who has each grade."""
    found = await learners.read_enrollments(
        info.context,
        [learners.Enrolled(one.course.stored, one.value.learner_id) for one in grades],
    )
    return [None if one is None else Enrollment.of(one) for one in found]


async def visibilities_of(grades: Grades, info: Info) -> list[GradeVisibility]:
    """Return whether learners see each grade."""
    breakdowns = await breakdowns_of(grades, info)
    return [GradeVisibility[one.visibility.name] for one in breakdowns]


async def current_percents_of(grades: Grades, info: Info) -> list[GradeFraction | None]:
    """Return each grade over attempted work."""
    percents = [one.current_percent for one in await breakdowns_of(grades, info)]
    return [None if one is None else GradeFraction(one) for one in percents]


async def assignment_type_grades_of(grades: Grades, info: Info) -> list[list[AssignmentTypeGrade]]:
    """Return what each row of the policy comes to in each grade."""
    breakdowns = await breakdowns_of(grades, info)
    return [
        AssignmentTypeGrade.all_of(breakdown, grade.course)
        for grade, breakdown in zip(grades, breakdowns, strict=True)
    ]


async def section_grades_of(grades: Grades, info: Info) -> list[list[SectionGrade]]:
    """Return each grade's sections with their totals."""
    breakdowns = await breakdowns_of(grades, info)
    return [
        [
            SectionGrade.of(section, breakdown, grade.course)
            for section in breakdown.course.content.structure.sections
        ]
        for grade, breakdown in zip(grades, breakdowns, strict=True)
    ]


async def subsection_grades_of(
    grades: Grades,
    info: Info,
    graded: bool | None = None,
    assignment_type: str | None = None,
    usage_keys: "list[grading.UsageKey] | None" = None,
) -> list[list[SubsectionGrade]]:
    """Return each grade's subsections that are asked for."""
    breakdowns = await breakdowns_of(grades, info)
    asked = {
        course: [
            key
            for key, subsection in course.content.subsections.items()
            if graded in (None, subsection.graded)
            and assignment_type in (None, subsection.format)
            and (usage_keys is None or key in usage_keys)
        ]
        for course in {one.course for one in breakdowns}
    }
    return [
        SubsectionGrade.all_of(asked[breakdown.course], breakdown, grade.course)
        for grade, breakdown in zip(grades, breakdowns, strict=True)
    ]


async def subsection_grade_of(
    grades: Grades, info: Info, usage_key: "grading.UsageKey"
) -> list[SubsectionGrade | None]:
    """Return one subsection of each grade, None where the course has none of this key."""
    breakdowns = await breakdowns_of(grades, info)
    return [
        SubsectionGrade.of(usage_key, breakdown, grade.course)
        if usage_key in breakdown.course.content.subsections
        else None
        for grade, breakdown in zip(grades, breakdowns, strict=True)
    ]
