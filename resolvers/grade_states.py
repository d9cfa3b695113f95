"""What tells whether all that staff see of a learner's grade is as it was: without reading it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from resolvers import access
from resolvers.batch_loader import BatchLoader
from resolvers.context import Context
from resolvers.loaders import Enrolled


class GradeState(NamedTuple):
    """A state of a learner's grade, its parts and the course that they are shown by.

    The ``subject`` is a learner in one version of a course. The ``state`` is a revision, by the
    transaction that last wrote any of the learner's grades. Not ``keepable`` is what was read
    before the revision was: perhaps before that transaction.
    """

    subject: Enrolled
    state: int
    keepable: bool


def grade_states(
    context: Context, asked: Sequence[Enrolled], *, parts_only: bool
) -> list[GradeState | None]:
    """Return the states of grades, or of their ``parts_only``, that are shown as they are stored.

    None where something is hidden from the viewer, now or later, and where the revision was not
    read: nothing is read for it.
    """
    loaders, at_hand = context.loaders, context.loaders.enrollment.at_hand
    grades: list[BatchLoader[Enrolled, Any]] = [loaders.subsection_grades]
    if not parts_only:
        grades.append(loaders.course_grade)
    read = [loader for loader in grades if loader.was_asked]
    courses = {one.course for one in asked}
    open_to_viewer = {one for one in courses if access.sees_hidden_results(context.viewer, one.key)}
    states: list[GradeState | None] = []
    for one in asked:
        enrollment, tick = at_hand(one)
        if enrollment is None or one.course not in open_to_viewer:
            states.append(None)
            continue
        older = read and any(loader.was_asked_before(tick, one) for loader in read)
        states.append(GradeState(one, enrollment.revision, not older))
    return states
