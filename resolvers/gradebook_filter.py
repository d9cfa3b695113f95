"""Filters and orders of the gradebook, checked before anything is read."""

import math
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from db.courses import StoredCourse
from db.gradebook import BY_USERNAME, GradebookOrder, OrderField
from db.gradebook_filter import (
    ALL_ACTIVE,
    GradebookFilter,
    NamedLearners,
    PercentRange,
    SubsectionFilter,
    SubsectionStatus,
)
from grading import InvalidInput, SubsectionNotFound, TooManyItems, UsageKey
from grading.keys import parse_course_role
from resolvers import access
from resolvers.access import Viewer
from resolvers.learners import LearnerRef, learner_id_of
from resolvers.storable import is_storable

__all__ = [
    "ALL_ACTIVE",
    "BY_USERNAME",
    "GradebookFilter",
    "GradebookOrder",
    "NamedLearners",
    "OrderField",
    "PercentRange",
    "SubsectionFilter",
    "SubsectionStatus",
    "checked_filter",
    "checked_order",
    "named_learners",
]

MAX_ITEMS: Final = 100
MAX_TEXT: Final = 255


def named_learners(refs: Iterable[LearnerRef]) -> NamedLearners:
    """Return who is named; a name that nobody can have names nobody.

    :raises TooManyItems: if there are more than 100.
    """
    names: dict[str, set[str]] = {"user_id": set(), "username": set(), "external_user_key": set()}
    given = list(refs)
    _require_few("learners", given)
    for ref in given:
        if is_storable(ref.name):
            names[ref.kind].add(ref.name)
    ids = (learner_id_of(name) for name in names["user_id"])
    return NamedLearners(
        frozenset(one for one in ids if one is not None),
        frozenset(names["username"]),
        frozenset(names["external_user_key"]),
    )


def checked_filter(
    viewer: Viewer, course: StoredCourse, wanted: GradebookFilter
) -> GradebookFilter:
    """Return a filter as it is compared with what is stored, for whoever asks.

    E-mail addresses are searched for those alone who may see them.

    :raises InvalidInput: if nothing that is stored could ever be compared with it.
    :raises SubsectionNotFound: if the course has no such subsection.
    :raises TooManyItems: if a list has more than 100 items.
    """
    for name, text in (
        ("search", wanted.search),
        ("cohort", wanted.cohort),
        ("enrollmentMode", wanted.mode),
    ):
        _require_text(name, text)
    if wanted.search is not None and len(wanted.search.splitlines()) > 1:
        raise InvalidInput("search must be one line.")
    _require_few("excludeCourseRoles", wanted.excluded_roles)
    for role in sorted(wanted.excluded_roles):
        parse_course_role(role)
    _require_few("letterGrades", wanted.letter_grades or ())
    for letter in wanted.letter_grades or ():
        _require_text("letterGrades", letter)
    _require_range("coursePercent", wanted.course_percent)
    if wanted.subsection is not None:
        _require_subsection(course, wanted.subsection.usage_key)
        _require_range("subsection.percent", wanted.subsection.percent)
    search = (wanted.search or "").strip().casefold() or None
    by_email = search is not None and access.may_see_email(viewer, [course.key])
    return replace(wanted, search=search, search_email=by_email)


def checked_order(course: StoredCourse, order: GradebookOrder) -> GradebookOrder:
    """Return an order that learners of this course can be in.

    :raises InvalidInput: if a subsection is missing, or named where none is needed.
    :raises SubsectionNotFound: if the course has no such subsection.
    """
    by_subsection = order.field is OrderField.SUBSECTION_PERCENT
    if by_subsection != (order.usage_key is not None):
        raise InvalidInput(
            "orderBy: SUBSECTION_PERCENT needs a usageKey."
            if by_subsection
            else f"orderBy: usageKey is for SUBSECTION_PERCENT, not for {order.field}."
        )
    if order.usage_key is not None:
        _require_subsection(course, order.usage_key)
    return order


def _require_subsection(course: StoredCourse, usage_key: UsageKey) -> None:
    if usage_key not in course.content.subsections:
        raise SubsectionNotFound(
            f"{usage_key} is no subsection in the present version of {course.key}."
        )


def _require_text(name: str, text: str | None) -> None:
    if text is not None and (len(text) > MAX_TEXT or not is_storable(text)):
        raise InvalidInput(
            f"{name} may have at most {MAX_TEXT} characters, none of them NUL or half a character."
        )


def _require_range(name: str, percent: PercentRange | None) -> None:
    if percent is None:
        return
    bounds = [bound for bound in (percent.minimum, percent.maximum) if bound is not None]
    if not all(math.isfinite(bound) for bound in bounds):
        raise InvalidInput(f"{name}: min and max must be finite numbers.")
    if bounds != sorted(bounds):
        raise InvalidInput(f"{name}: min must not be above max.")


def _require_few(name: str, items: Collection[object]) -> None:
    if len(items) > MAX_ITEMS:
        raise TooManyItems(f"{name} has {len(items)} items; {MAX_ITEMS} is most.")
