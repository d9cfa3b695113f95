"""Who may be told which grade events, and what a learner is told of them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from db.courses import StoredCourse
from db.event_log import EventFilter, LoggedEvent
from grading import (
    Forbidden,
    InvalidInput,
    LearnerId,
    SubsectionGradeChanged,
    Visibility,
    learners_view,
)
from resolvers import access
from resolvers.access import Viewer
from resolvers.context import Context


def require_signed_in(viewer: Viewer) -> None:
    """Let only those pass of whom it is known who they are.

    :raises Forbidden: for all others.
    """
    if not viewer.signed_in:
        raise Forbidden("Grade events are for those who have signed in.")


def require_event_reader(viewer: Viewer, course: StoredCourse, learner_id: LearnerId) -> None:
    """Let only those pass who may see this learner's events.

    :raises CourseNotFound: for those who may not know of the course.
    :raises Forbidden: for all others.
    """
    access.require_course_known(viewer, course.key)
    if not access.may_follow_events(viewer, course.key, learner_id):
        raise Forbidden("You may see the events of your own grades only.")


async def permitted_filter(context: Context, asked: EventFilter) -> EventFilter:
    """Narrow what is asked for to what the viewer may see.

    Staff and services see everybody in their courses, learners see themselves.

    :raises Forbidden: if nothing would be left, or others than the viewer are asked for.
    :raises InvalidInput: if it cannot be told whether all events are meant or the viewer's own.
    """
    viewer = context.viewer
    require_signed_in(viewer)
    if asked.course_ids is None and _may_follow_everything(viewer):
        return asked
    courses = await _courses(context, asked.course_ids)
    everybody = {one.id for one in courses if access.may_follow_all_events(viewer, one.key)}
    own_id = viewer.learner_id
    themselves = {
        one.id
        for one in courses
        if own_id is not None and access.may_follow_events(viewer, one.key, own_id)
    } - everybody
    if not everybody and not themselves and (courses or asked.course_ids is None):
        raise Forbidden("You may see no grade events of these courses.")
    if not themselves or own_id is None:
        return replace(asked, course_ids=everybody)
    if asked.learner_ids is None:
        if everybody:
            raise InvalidInput(
                "Ask for the courses that you teach apart from those that you learn in, or name "
                "yourself as the learner."
            )
        return replace(asked, course_ids=themselves, learner_ids={own_id})
    if set(asked.learner_ids) <= {own_id}:
        return replace(asked, course_ids=everybody | themselves)
    if not everybody:
        raise Forbidden("You may see the events of your own grades only.")
    return replace(asked, course_ids=everybody)


def as_seen_by(
    viewer: Viewer, course: StoredCourse, logged: LoggedEvent, now: datetime
) -> LoggedEvent | None:
    """Return the event as the viewer may see it, None where there is nothing to see.

    Staff are told it as it is. A learner is told of results that are not hidden, and of the
    course grade that these made.
    """
    change = logged.change
    if access.sees_hidden_results(viewer, course.key) or access.may_follow_all_events(
        viewer, course.key
    ):
        return None if change.seen_only else logged
    if isinstance(change, SubsectionGradeChanged):
        # Of what the course has no more it is not known whether it was hidden.
        if change.usage_key not in course.content.subsections:
            return None
        view = learners_view(course.content, now)
        return logged if view.visibility(change.usage_key) is Visibility.VISIBLE else None
    seen = change.as_seen()
    if seen is None or seen is change:
        return None if seen is None else logged
    return replace(logged, change=seen)


def _may_follow_everything(viewer: Viewer) -> bool:
    grant = viewer.service
    if grant is None:
        return viewer.global_staff
    return access.Scope.EVENTS_READ in grant.scopes and grant.everywhere and not grant.own_only


async def _courses(context: Context, ids: Collection[int] | None) -> list[StoredCourse]:
    if ids is not None:
        found = await context.loaders.course_by_id.load_many(list(ids))
        return [course for course in found if course is not None]
    viewer = context.viewer
    keys = viewer.staff_of | viewer.enrolled_in
    if viewer.service is not None and not viewer.service.own_only:
        if viewer.service.organizations:
            raise InvalidInput("Name the courses whose events you want.")
        keys = viewer.service.courses
    named = await context.loaders.course.load_many(sorted(keys))
    return [course for course in named if course is not None]
