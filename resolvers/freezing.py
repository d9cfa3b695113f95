"""Freezing a course's grades by hand, and opening them again."""

from typing import Final

from db import courses
from db.courses import StoredCourse
from db.transaction import freeze_transaction, retrying
from grading import FreezeByHand, GradesFreeze, InvalidInput, freeze_of
from resolvers import access
from resolvers.context import Context
from resolvers.storable import is_storable

MAX_REASON: Final = 1_000


def present_freeze(context: Context, course: StoredCourse) -> GradesFreeze:
    """Return the freeze of a course as it is, whether or not the viewer may write through it."""
    return freeze_of(course.content.structure.end, context.freeze_after, course.freeze_by_hand)


async def set_frozen(
    context: Context, course: StoredCourse, *, frozen: bool, reason: str | None = None
) -> StoredCourse:
    """Freeze a course's grades by hand or open them; return the course as it is then.

    Grades that are opened before the date has come freeze again by the date. What is as it should
    be stays as it is: the moment since when is kept.

    :raises Forbidden: if the viewer may not change how the course is graded.
    :raises InvalidInput: if the reason cannot be stored.
    """
    access.require_course_editor(context.viewer, course.key)
    reason = (reason or "").strip() or None
    if reason is not None and (len(reason) > MAX_REASON or not is_storable(reason)):
        raise InvalidInput(
            f"A reason has at most {MAX_REASON} characters, none of them NUL or half a character.",
            field=["reason"],
        )
    changed = await _set(context, course.id, frozen=frozen, reason=reason)
    context.forget_reads()
    return changed


@retrying
async def _set(
    context: Context, course_id: int, *, frozen: bool, reason: str | None
) -> StoredCourse:
    async with freeze_transaction(course_id):
        # Nor does anybody publish meanwhile: another policy is either stored before, or refused.
        await courses.lock_course(course_id)
        course = (await courses.present_courses_by_id([course_id]))[course_id]
        wanted = _by_hand(context, course, frozen=frozen, reason=reason)
        if wanted == course.freeze_by_hand:
            return course
        await courses.set_freeze(course_id, wanted)
        return (await courses.present_courses_by_id([course_id]))[course_id]


def _by_hand(
    context: Context, course: StoredCourse, *, frozen: bool, reason: str | None
) -> FreezeByHand | None:
    now = context.now()
    before = course.freeze_by_hand
    by_date = freeze_of(course.content.structure.end, context.freeze_after)
    if not frozen and not by_date.frozen(now):
        return None
    if before is not None and (before.frozen, before.reason) == (frozen, reason):
        return before
    since = before.since if before is not None and before.frozen == frozen else now
    return FreezeByHand(frozen, since, context.viewer.name, reason)
