"""Who is asking, and what they may see or change: every rule, and nowhere else.

The checks are pure: what they need of the database is in the viewer before an operation begins.
Who may not know of a course is told that there is none; who may, and asks for more than is
theirs, is refused.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from grading import CourseKey, CourseNotFound, Forbidden, LearnerId

STAFF_ROLES = frozenset({"staff", "instructor"})  # Open edX's names of course staff


class Scope(StrEnum):
    """What a service's token lets it do."""

    GRADES_READ = "grades:read"
    GRADES_WRITE = "grades:write"
    COURSES_WRITE = "courses:write"
    EVENTS_READ = "events:read"


@dataclass(frozen=True, slots=True)
class ServiceGrant:
    """What a service may do, and where: everywhere, if neither organisations nor courses are named.

    ``learner_id`` is the only learner whose grades it may touch, None for all.
    """

    scopes: frozenset[Scope]
    organizations: frozenset[str] = frozenset()
    courses: frozenset[CourseKey] = frozenset()
    learner_id: LearnerId | None = None

    def covers(self, course_key: CourseKey) -> bool:
        """Tell whether the grant holds in a course."""
        if not self.organizations and not self.courses:
            return True
        return course_key in self.courses or _organization(course_key) in self.organizations

    @property
    def everywhere(self) -> bool:
        """Tell whether the grant holds in all courses, those to come as well."""
        return not self.organizations and not self.courses


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. ``name`` is for the log and stands as the actor of what they change.

    Global staff may see and change everything, a service what it is granted. A person is course
    staff in some courses and learns in others. ``learner_id`` is who they are among the learners.
    """

    name: str
    global_staff: bool = False
    learner_id: LearnerId | None = None
    staff_of: frozenset[CourseKey] = frozenset()
    enrolled_in: frozenset[CourseKey] = frozenset()
    service: ServiceGrant | None = None
    signed_in: bool = field(default=True)


ANONYMOUS = Viewer("anonymous", signed_in=False)


def may_know_course(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may know that a course exists, with its content and its policy."""
    if viewer.service is not None:
        return viewer.service.covers(course_key)
    return _teaches(viewer, course_key) or course_key in viewer.enrolled_in


def may_know_all_courses(viewer: Viewer) -> bool:
    """Tell whether the viewer may know of every course there is."""
    if viewer.service is not None:
        return viewer.service.everywhere
    return viewer.global_staff


def may_read_all_grades(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may see everybody's grades in a course, hidden results too."""
    if viewer.service is not None:
        return viewer.service.learner_id is None and _granted(viewer, Scope.GRADES_READ, course_key)
    return _teaches(viewer, course_key)


def may_read_grade(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether the viewer may see one learner's grade in a course."""
    if may_read_all_grades(viewer, course_key):
        return True
    if viewer.service is not None:
        return viewer.service.learner_id == learner_id and _granted(
            viewer, Scope.GRADES_READ, course_key
        )
    return is_own_grade(viewer, course_key, learner_id)


def is_own_grade(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether this is the viewer's own grade, in a course that they learn in."""
    return viewer.learner_id == learner_id and course_key in viewer.enrolled_in


def sees_hidden_results(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer sees results that are hidden from learners."""
    if viewer.service is not None:
        return _granted(viewer, Scope.GRADES_READ, course_key)
    return _teaches(viewer, course_key)


def may_edit_grades(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may change grades in a course."""
    if viewer.service is not None:
        return _granted(viewer, Scope.GRADES_WRITE, course_key)
    return _teaches(viewer, course_key)


def may_edit_course(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may change a course's policy and freeze."""
    if viewer.service is not None:
        return _granted(viewer, Scope.COURSES_WRITE, course_key)
    return _teaches(viewer, course_key)


def may_follow_all_events(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may see the grade events of everybody in a course."""
    if viewer.service is not None:
        return viewer.service.learner_id is None and _granted(viewer, Scope.EVENTS_READ, course_key)
    return _teaches(viewer, course_key)


def may_follow_events(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether the viewer may see one learner's grade events in a course."""
    if may_follow_all_events(viewer, course_key):
        return True
    if viewer.service is not None:
        return viewer.service.learner_id == learner_id and _granted(
            viewer, Scope.EVENTS_READ, course_key
        )
    return is_own_grade(viewer, course_key, learner_id)


def may_manage_webhooks(viewer: Viewer, course_keys: Collection[CourseKey] | None) -> bool:
    """Tell whether the viewer may have the events of these courses delivered, None for all."""
    grant = viewer.service
    if grant is None:
        return viewer.global_staff
    if grant.learner_id is not None or not {Scope.COURSES_WRITE, Scope.EVENTS_READ} <= grant.scopes:
        return False
    return grant.everywhere if course_keys is None else all(map(grant.covers, course_keys))


def may_know_all_people(viewer: Viewer) -> bool:
    """Tell whether the viewer may know of everybody, in whatever course."""
    if viewer.service is not None:
        return viewer.service.learner_id is None and viewer.service.everywhere
    return viewer.global_staff


def may_see_email(viewer: Viewer, course_keys: Collection[CourseKey]) -> bool:
    """Tell whether the viewer is staff to somebody who learns in these courses."""
    if viewer.service is not None:
        return False
    return viewer.global_staff or not viewer.staff_of.isdisjoint(course_keys)


def require_global_staff(viewer: Viewer) -> None:
    """Let only those pass who may change everything.

    :raises Forbidden: for all others.
    """
    if not viewer.global_staff or viewer.service is not None:
        raise Forbidden("This is for the staff of the whole platform.")


def require_grades_reader(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> None:
    """Let only those pass who may see this learner's grade.

    :raises CourseNotFound: for those who may not know of the course.
    :raises Forbidden: for all others.
    """
    require_course_known(viewer, course_key)
    if not may_read_grade(viewer, course_key, learner_id):
        raise Forbidden("You may see your own grades only.")


def require_all_grades_reader(viewer: Viewer, course_key: CourseKey) -> None:
    """Let only those pass who may see everybody's grades in a course.

    :raises CourseNotFound: for those who may not know of the course.
    :raises Forbidden: for all others.
    """
    require_course_known(viewer, course_key)
    if not may_read_all_grades(viewer, course_key):
        raise Forbidden("The grades of a whole course are for its staff.")


def require_grades_editor(viewer: Viewer, course_key: CourseKey) -> None:
    """Let only those pass who may change grades in a course.

    :raises CourseNotFound: for those who may not know of the course.
    :raises Forbidden: for all others.
    """
    require_course_known(viewer, course_key)
    if not may_edit_grades(viewer, course_key):
        raise Forbidden("Changing grades is for the staff of the course.")


def require_course_editor(viewer: Viewer, course_key: CourseKey) -> None:
    """Let only those pass who may change a course's policy and freeze.

    :raises CourseNotFound: for those who may not know of the course.
    :raises Forbidden: for all others.
    """
    require_course_known(viewer, course_key)
    if not may_edit_course(viewer, course_key):
        raise Forbidden("Changing how a course is graded is for its staff.")


def require_course_known(viewer: Viewer, course_key: CourseKey) -> None:
    """Let only those pass who may know of a course.

    :raises CourseNotFound: for all others, as if nothing were there.
    """
    if not may_know_course(viewer, course_key):
        raise CourseNotFound(f"There is no course {course_key}, or you may not know of it.")


def _teaches(viewer: Viewer, course_key: CourseKey) -> bool:
    return viewer.global_staff or course_key in viewer.staff_of


def _granted(viewer: Viewer, scope: Scope, course_key: CourseKey) -> bool:
    grant = viewer.service
    return grant is not None and scope in grant.scopes and grant.covers(course_key)


def _organization(course_key: CourseKey) -> str:
    return course_key.removeprefix("course-v1:").split("+", 1)[0].split("/", 1)[0]
