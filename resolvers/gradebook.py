"""The gradebook: pages of a course's learners, by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.courses import StoredCourse
from db.gradebook import (
    BY_USERNAME,
    EnrolledLearner,
    GradebookCounts,
    GradebookOrder,
    Position,
    Selected,
    gradebook_page,
)
from db.gradebook_filter import ALL_ACTIVE, GradebookFilter
from grading import InvalidInput, LearnerId, MalformedCursor, TooManyItems
from resolvers import access
from resolvers.context import Context
from resolvers.gradebook_filter import checked_filter, checked_order
from resolvers.loaders import Enrolled
from resolvers.storable import is_storable

__all__ = [
    "EnrolledLearner",
    "GradebookCounts",
    "Page",
    "PageRequest",
    "Position",
    "count_learners",
    "read_page",
]

MAX_PAGE = 100
_WHOLE = 10_000  # learners read at a time, where all are wanted
DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class Page:
    """A row of learners in an order, and whether there are more on either side.

    ``enrolled`` are the same learners, as their grades are read by.
    """

    learners: Sequence[EnrolledLearner]
    enrolled: Sequence[Enrolled]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page: the ``first`` learners ``after`` a place, or the ``last`` ``before`` one.

    Of those whom ``wanted`` lets through, in an ``order``.
    """

    first: int | None = None
    after: Position | None = None
    last: int | None = None
    before: Position | None = None
    wanted: GradebookFilter = ALL_ACTIVE
    order: GradebookOrder = BY_USERNAME

    @property
    def backwards(self) -> bool:
        """Tell whether the page is counted from its end."""
        return self.last is not None or self.before is not None

    def size(self) -> int:
        """Return how many learners are asked for, 20 where no number is given.

        :raises InvalidInput: if both directions are asked for, or a size below 0.
        :raises TooManyItems: if more than 100 are asked for.
        """
        if self.backwards and (self.first is not None or self.after is not None):
            raise InvalidInput("Page with first and after, or with last and before, not with both.")
        argument, size = ("last", self.last) if self.backwards else ("first", self.first)
        if size is None:
            return DEFAULT_PAGE
        if size < 0:
            raise InvalidInput(f"{argument} must not be negative.")
        if size > MAX_PAGE:
            raise TooManyItems(f"{argument} may be at most {MAX_PAGE}; page on with the cursor.")
        return size


async def read_page(context: Context, course: StoredCourse, request: PageRequest) -> Page:
    """Return a page of learners.

    :raises InvalidInput: if both directions are asked for, a size below 0, or what no learner
        could be or come in the order of.
    :raises SubsectionNotFound: if the course has no subsection that is asked about.
    :raises TooManyItems: if more than 100 are asked for.
    :raises MalformedCursor: if no learner could have the place that is given.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    size, backwards = request.size(), request.backwards
    wanted = checked_filter(context.viewer, course, request.wanted)
    order = checked_order(course, request.order)
    after, before = request.after, request.before
    beyond = before or after
    if beyond is not None and not _is_possible(beyond):
        raise MalformedCursor("This is no place in a gradebook.")
    # One more than asked for shows whether there are more.
    found = await gradebook_page(
        course, wanted=wanted, order=order, limit=size + 1, beyond=beyond, backwards=backwards
    )
    more = len(found) > size
    learners = found[len(found) - min(size, len(found)) :] if backwards else found[:size]
    return Page(
        learners,
        _remembered(context, course, learners),
        has_next=before is not None if backwards else more,
        has_previous=more if backwards else after is not None,
    )


async def read_learner_ids(
    context: Context, course: StoredCourse, wanted: GradebookFilter = ALL_ACTIVE
) -> list[LearnerId]:
    """Return all learners whom a filter lets through, by user name.

    :raises InvalidInput: if no learner could be what is asked for.
    :raises SubsectionNotFound: if the course has no subsection that is asked about.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    checked = checked_filter(context.viewer, course, wanted)
    found: list[EnrolledLearner] = []
    while page := await gradebook_page(
        course, wanted=checked, limit=_WHOLE, beyond=found[-1].place if found else None
    ):
        found += page
        if len(page) < _WHOLE:
            break
    if len(found) <= MAX_PAGE:
        _remembered(context, course, found)
    return [one.learner.id for one in found]


async def count_learners(
    context: Context, course: StoredCourse, wanted: GradebookFilter = ALL_ACTIVE
) -> GradebookCounts:
    """Count the active learners of a course, and those whom a filter lets through.

    :raises InvalidInput: if no learner could be what is asked for.
    :raises SubsectionNotFound: if the course has no subsection that is asked about.
    """
    access.require_all_grades_reader(context.viewer, course.key)
    selected = Selected(course, checked_filter(context.viewer, course, wanted))
    return await context.loaders.gradebook_counts.load(selected) or GradebookCounts(0, 0)


def _remembered(
    context: Context, course: StoredCourse, found: Sequence[EnrolledLearner]
) -> list[Enrolled]:
    """Have a page's learners and enrollments at hand; return what these are found by."""
    learners = {one.learner.id: one.learner for one in found}
    enrolled = [Enrolled(course, learner_id) for learner_id in learners]
    context.loaders.learner.prime_all(learners)
    context.loaders.enrollment.prime_all(
        {key: one.enrollment for key, one in zip(enrolled, found, strict=True)}
    )
    return enrolled


def _is_possible(place: Position) -> bool:
    return is_storable(place.username) and (
        not isinstance(place.value, str) or is_storable(place.value)
    )
