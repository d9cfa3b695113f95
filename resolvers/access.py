"""Who is asking, and what they may see or change: every rule, and nowhere else.

The checks are pure: what they need of the database is in the viewer before an operation begins.
Who may not know of a course is told that there is none; who may, and asks for more than is
theirs, is refused.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from grading import CourseKey, CourseNotFound, Forbidden, LearnerId

STAFF_ROLES = frozenset({"staff", "instructor"})  # Open edX's names of course staff
UNNAMED = "unnamed"  # a token that names nobody


class Scope(StrEnum):
    """What a service's token lets it do."""

    GRADES_READ = "grades:read"
    GRADES_WRITE = "grades:write"
    COURSES_WRITE = "courses:write"
    EVENTS_READ = "events:read"


ABOUT_PEOPLE = frozenset({Scope.GRADES_READ, Scope.GRADES_WRITE, Scope.EVENTS_READ})


@dataclass(frozen=True, slots=True)
class ServiceGrant:
    """What a service may do, and where: everywhere, if neither organisations nor courses are named.

    With ``own_only`` it acts for one person, and sees of what it is granted only what this person
    would see as a learner.
    """

    scopes: frozenset[Scope]
    organizations: frozenset[str] = frozenset()
    courses: frozenset[CourseKey] = frozenset()
    own_only: bool = False

    def covers(self, course_key: CourseKey) -> bool:
        """Tell whether the grant holds in a course."""
        if self.everywhere:
            return True
        return course_key in self.courses or organization_of(course_key) in self.organizations

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


@dataclass(frozen=True, slots=True)
class Reach:
    """Courses: all there are, or those of these keys and of these organisations."""

    everywhere: bool = False
    keys: frozenset[CourseKey] = frozenset()
    organizations: frozenset[str] = frozenset()


ANONYMOUS = Viewer("anonymous", signed_in=False)

_ALL_SCOPES: Final = frozenset(Scope)


def may_know_course(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may know that a course exists, with its content and its policy."""
    return _is_granted(viewer, course_key, _ALL_SCOPES) and (
        _answers_for_all(viewer, course_key) or course_key in viewer.enrolled_in
    )


def may_read_all_grades(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may see everybody's grades in a course, hidden results too."""
    return _may_all(viewer, course_key, Scope.GRADES_READ)


def may_read_grade(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether the viewer may see one learner's grade in a course."""
    return _may(viewer, course_key, learner_id, Scope.GRADES_READ)


def courses_with_grades(viewer: Viewer) -> Reach | None:
    """Return the courses in which the viewer may see anybody's grade, their own too."""
    grant = viewer.service
    if grant is None:
        return Reach(viewer.global_staff, viewer.staff_of | viewer.enrolled_in)
    if Scope.GRADES_READ not in grant.scopes:
        return None
    if grant.own_only:
        return Reach(keys=frozenset(key for key in viewer.enrolled_in if grant.covers(key)))
    return Reach(grant.everywhere, grant.courses, grant.organizations)


def is_own_grade(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether this is the viewer's own grade, in a course that they learn in."""
    return viewer.learner_id == learner_id and course_key in viewer.enrolled_in


def sees_hidden_results(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer sees results that are hidden from learners."""
    return may_read_all_grades(viewer, course_key)


def may_edit_grades(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may change grades in a course."""
    return _may_all(viewer, course_key, Scope.GRADES_WRITE)


def may_edit_course(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may change a course's policy and freeze."""
    return _may_all(viewer, course_key, Scope.COURSES_WRITE)


def may_follow_all_events(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may see the grade events of everybody in a course."""
    return _may_all(viewer, course_key, Scope.EVENTS_READ)


def may_follow_events(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether the viewer may see one learner's grade events in a course."""
    return _may(viewer, course_key, learner_id, Scope.EVENTS_READ)


def may_know_learner(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId) -> bool:
    """Tell whether the viewer may know of somebody who learns in a course."""
    return _may(viewer, course_key, learner_id, *ABOUT_PEOPLE)


def may_know_actors(viewer: Viewer, course_key: CourseKey) -> bool:
    """Tell whether the viewer may know who changed grades in a course, whoever that is."""
    return _is_granted(viewer, course_key, ABOUT_PEOPLE) and _answers_for_all(viewer, course_key)


def may_manage_webhooks(viewer: Viewer, course_keys: Collection[CourseKey] | None) -> bool:
    """Tell whether the viewer may have the events of these courses delivered, None for all."""
    grant = viewer.service
    if grant is None:
        return viewer.global_staff
    if grant.own_only or not {Scope.COURSES_WRITE, Scope.EVENTS_READ} <= grant.scopes:
        return False
    return grant.everywhere if course_keys is None else all(map(grant.covers, course_keys))


def may_know_all_people(viewer: Viewer) -> bool:
    """Tell whether the viewer may know of everybody, in whatever course."""
    grant = viewer.service
    if grant is None:
        return viewer.global_staff
    return grant.everywhere and not grant.own_only and not grant.scopes.isdisjoint(ABOUT_PEOPLE)


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


def organization_of(course_key: CourseKey) -> str:
    """Return the organisation that a course key begins with."""
    return course_key.removeprefix("course-v1:").split("+", 1)[0].split("/", 1)[0]


def _may_all(viewer: Viewer, course_key: CourseKey, scope: Scope) -> bool:
    return _is_granted(viewer, course_key, {scope}) and _answers_for_all(viewer, course_key)


def _may(viewer: Viewer, course_key: CourseKey, learner_id: LearnerId, *scopes: Scope) -> bool:
    return _is_granted(viewer, course_key, scopes) and (
        _answers_for_all(viewer, course_key) or is_own_grade(viewer, course_key, learner_id)
    )


def _is_granted(viewer: Viewer, course_key: CourseKey, scopes: Collection[Scope]) -> bool:
    # A person may do whatever their roles allow, a service one of these things.
    grant = viewer.service
    return grant is None or (grant.covers(course_key) and not grant.scopes.isdisjoint(scopes))


def _answers_for_all(viewer: Viewer, course_key: CourseKey) -> bool:
    # Whose business everybody in the course is, rather than themselves alone.
    if viewer.service is not None:
        return not viewer.service.own_only
    return viewer.global_staff or course_key in viewer.staff_of
