"""Finding objects again by their global ids."""

import asyncio
from collections.abc import Sequence

from grading import TooManyItems, UsageKey
from resolvers import access, course_grades, courses, learners, webhooks
from resolvers.context import Context
from resolvers.learners import LearnerRef
from schema.course import Course
from schema.course_grade import CourseGrade
from schema.global_id import parse_global_id
from schema.grade_jobs import find_job_of_number
from schema.gradebook import GradebookEntry
from schema.info import Info
from schema.learner import User
from schema.node import Node
from schema.structure import Section
from schema.subsection_grade import SubsectionGrade
from schema.webhook import Webhook

MAX_NODES = 100


async def find_nodes(info: Info, ids: Sequence[str]) -> list[Node | None]:
    """Return the objects of these ids, None for each that the viewer may not know of.

    :raises InvalidInput: if one of the ids is none that this service made.
    :raises TooManyItems: if there are more than 100.
    """
    if len(ids) > MAX_NODES:
        raise TooManyItems(f"{len(ids)} ids are more than {MAX_NODES}.")
    return list(await asyncio.gather(*(find_node(info, one) for one in ids)))


async def find_node(info: Info, id: str) -> Node | None:  # noqa: PLR0911 - one for each type
    """Return the object of a global id, None if there is none that the viewer may know of.

    :raises InvalidInput: if the id is none that this service made.
    """
    target = parse_global_id(id)
    match target.type_name, target.numbers:
        case "User", (learner_id,):
            found = await learners.find_learner(
                info.context, LearnerRef("user_id", str(learner_id))
            )
            return None if found is None else User.of(found)
        case "Course", (course_id,):
            return await _course(info.context, course_id)
        case ("Section" | "Subsection") as kind, (course_id, block):
            return _block(await _course(info.context, course_id), kind, block)
        case ("CourseGrade" | "GradebookEntry") as kind, (course_id, learner_id):
            return await _of_learner(info.context, kind, course_id, learner_id)
        case ("SubsectionGrade" | "SubsectionGradeOverride") as kind, (
            course_id,
            learner_id,
            block,
        ):
            grade = await _subsection_grade(info, course_id, learner_id, block)
            return grade if grade is None or kind == "SubsectionGrade" else grade.present_override()
        case "GradeJob", (job_id,):
            return await find_job_of_number(info.context, job_id)
        case "Webhook", (webhook_id,):
            kept = await webhooks.find_webhook(info.context, webhook_id)
            return None if kept is None else Webhook.of(kept)
        case _:
            return None


async def _subsection_grade(
    info: Info, course_id: int, learner_id: int, block: int
) -> SubsectionGrade | None:
    grade = await _of_learner(info.context, "CourseGrade", course_id, learner_id)
    if not isinstance(grade, CourseGrade):
        return None
    usage_key = grade.course.stored.usage_keys.get(block)
    return None if usage_key is None else await grade.read_subsection_grade(info, usage_key)


async def _course(context: Context, course_id: int) -> Course | None:
    found = await courses.find_course_by_id(context, course_id)
    return None if found is None else Course.of(found)


def _block(course: Course | None, kind: str, block: int) -> Node | None:
    usage_key: UsageKey | None = None if course is None else course.stored.usage_keys.get(block)
    if course is None or usage_key is None:
        return None
    if kind == "Subsection":
        known = usage_key in course.stored.content.subsections
        return course.subsection_of(usage_key) if known else None
    return next(
        (
            Section.of(section, course)
            for section in course.stored.content.structure.sections
            if section.usage_key == usage_key
        ),
        None,
    )


async def _of_learner(
    context: Context, kind: str, course_id: int, learner_id: int
) -> CourseGrade | GradebookEntry | None:
    course = await _course(context, course_id)
    if course is None:
        return None
    ref = LearnerRef("user_id", str(learner_id))
    learner = await learners.find_learner(context, ref, course.stored)
    if learner is None or not access.may_read_grade(context.viewer, course.course_key, learner.id):
        return None
    if kind == "CourseGrade":
        grade = await course_grades.read(context, course.stored, learner.id)
        return CourseGrade.of(grade, course)
    if not access.may_read_all_grades(context.viewer, course.course_key):
        return None
    enrollment = await learners.read_enrollment(context, course.stored, learner.id)
    return None if enrollment is None else GradebookEntry.of(learner.id, course)
