"""The gradebook: pages of a course's learners in any order, and how many there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from db.connection import Rows, dialect
from db.courses import StoredCourse
from db.enrollments import Enrollment
from db.gradebook_filter import ALL_ACTIVE, ENGAGED, GradebookFilter, Roster
from db.learners import Learner
from db.sql import as_bool, as_datetime, fetch
from grading import LearnerId, UsageKey


class OrderField(StrEnum):
    """What the gradebook can be in the order of."""

    USERNAME = "USERNAME"
    FULL_NAME = "FULL_NAME"
    COURSE_PERCENT = "COURSE_PERCENT"
    SUBSECTION_PERCENT = "SUBSECTION_PERCENT"
    LAST_UPDATED = "LAST_UPDATED"


@dataclass(frozen=True, slots=True)
class GradebookOrder:
    """An order of learners: by a value, then by user name, then by id.

    ``descending`` turns the value around. Learners who have no value come last either way.
    ``usage_key`` names the subsection of SUBSECTION_PERCENT.
    """

    field: OrderField = OrderField.USERNAME
    descending: bool = False
    usage_key: UsageKey | None = None


BY_USERNAME: Final = GradebookOrder()


class Position(NamedTuple):
    """A place in an order of learners. ``value`` is None for no value, and by user name."""

    username: str
    learner_id: LearnerId
    value: float | str | datetime | None = None


class EnrolledLearner(NamedTuple):
    """A learner with the enrollment and the value in the order, as a page lists them."""

    learner: Learner
    enrollment: Enrollment
    value: float | str | datetime | None = None

    @property
    def place(self) -> Position:
        """The place in the order."""
        return Position(self.learner.username, self.learner.id, self.value)


class Selected(NamedTuple):
    """The learners of a course that a filter lets through."""

    course: StoredCourse
    wanted: GradebookFilter = ALL_ACTIVE


class GradebookCounts(NamedTuple):
    """How many learners are active in the course, and how many a filter lets through."""

    total: int
    filtered: int


_TOTAL: Final = "select count(*) from enrollment where course_id = $1 and active"


async def gradebook_page(  # noqa: PLR0913
    course: StoredCourse,
    *,
    wanted: GradebookFilter = ALL_ACTIVE,
    order: GradebookOrder = BY_USERNAME,
    limit: int,
    beyond: Position | None = None,
    backwards: bool = False,
) -> list[EnrolledLearner]:
    """Return the first ``limit`` learners beyond a place in an order.

    ``backwards`` returns the last ``limit`` before that place, in the same order.
    """
    roster = Roster(course, wanted)
    roster.join_learners()
    value = _value_of(order, roster)
    keys = _Keys(value, descending=order.descending, backwards=backwards)
    if beyond is not None:
        roster.require(keys.beyond(beyond, roster))
    columns = (
        "l.id, l.username, l.full_name, l.email, l.external_user_key, e.active, e.mode, e.cohort,"
        f" e.revision, {value or 'null'}"
    )
    tail = f"order by {keys.order} limit ${roster.bind(limit)}"
    rows = await fetch(roster.sql(columns, tail=tail), *roster.args)
    page = _enrolled(course.id, rows, order)
    return page[::-1] if backwards else page


async def gradebook_counts(selections: Iterable[Selected]) -> dict[Selected, GradebookCounts]:
    """Count the learners of each selection, in a statement each."""
    found = {}
    for one in selections:
        filtered = Roster(*one)
        total = "" if one.wanted == ALL_ACTIVE else f", ({_TOTAL})"
        ((*counts,),) = await fetch(filtered.sql(f"count(*){total}"), *filtered.args)
        found[one] = GradebookCounts(total=counts[-1], filtered=counts[0])
    return found


class _Keys:
    """What an order compares, one after the other, in SQL.

    A value may be missing, and goes up or down, while user names go up beneath it. ``backwards``
    turns all of it around.
    """

    def __init__(self, value: str | None, *, descending: bool, backwards: bool) -> None:
        # The same order on both engines, and in every database whatever its collation.
        name = 'l.username collate "C"' if dialect() == "postgres" else "l.username"
        down = descending != backwards
        self._value = value
        self._names = f"({name}, l.id)"
        self._names_down = down if value is None else backwards
        self._down = down
        self._backwards = backwards
        direction = "desc" if self._names_down else "asc"
        self.order = f"{name} {direction}, l.id {direction}"
        if value is not None:
            missing = f"({value} is null) {'desc' if backwards else 'asc'}"
            self.order = f"{missing}, {value} {'desc' if down else 'asc'}, {self.order}"

    def beyond(self, place: Position, roster: Roster) -> str:
        """Say that a learner comes beyond a place."""
        username, learner_id = roster.bind(place.username), roster.bind(place.learner_id)
        sign = "<" if self._names_down else ">"
        names = f"{self._names} {sign} (${username}, ${learner_id})"
        if self._value is None:
            return names
        if place.value is None:
            if self._backwards:
                return f"({self._value} is not null or {names})"
            return f"({self._value} is null and {names})"
        at = roster.bind(place.value)
        further = f"{self._value} {'<' if self._down else '>'} ${at}"
        unknown = "" if self._backwards else f" or {self._value} is null"
        return f"({further}{unknown} or ({self._value} = ${at} and {names}))"


def _value_of(order: GradebookOrder, roster: Roster) -> str | None:
    if order.field in {OrderField.COURSE_PERCENT, OrderField.LAST_UPDATED}:
        roster.join_grades()
    if order.usage_key is not None:
        roster.join_subsection("o", order.usage_key)
    # Both engines fold the letters of ASCII alone, then compare code points.
    full_name = 'l.full_name collate "C"' if dialect() == "postgres" else "l.full_name"
    return {
        OrderField.USERNAME: None,
        OrderField.FULL_NAME: f"lower({full_name})",
        OrderField.COURSE_PERCENT: "g.percent",
        OrderField.SUBSECTION_PERCENT: f"case when {ENGAGED.format('o')} then o.percent_graded end",
        OrderField.LAST_UPDATED: "g.updated_at",
    }[order.field]


def _enrolled(course_id: int, rows: Rows, order: GradebookOrder) -> list[EnrolledLearner]:
    dated = order.field is OrderField.LAST_UPDATED
    return [
        EnrolledLearner(
            Learner(number, username, full_name, email, key),
            Enrollment(course_id, number, as_bool(active), mode, cohort, revision),
            as_datetime(value) if dated else value,
        )
        for number, username, full_name, email, key, active, mode, cohort, revision, value in rows
    ]
