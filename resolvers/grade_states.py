"""What tells whether all that staff see of a learner's grade is as it was: without reading it."""

from collections.abc import Sequence
from typing import NamedTuple

from db.courses import StoredCourse
from grading import LearnerId
from resolvers import access
from resolvers.context import Context
from resolvers.loaders import Enrolled


class GradeState(NamedTuple):
    """A state of a learner's grade, its parts and the course that they are shown by.

    ``revision`` is of the transaction that last wrote any of the learner's grades. ``read_before``
    says that some of what is asked for was read before the revision was: perhaps before that
    transaction.
    """

    course: StoredCourse
    learner_id: LearnerId
    revision: int
    read_before: bool


def grade_states(
    context: Context, asked: Sequence[Enrolled], *, parts_only: bool
) -> list[GradeState | None]:
    """Return the states of grades, or of their ``parts_only``, that are shown as they are stored.

    None where something is hidden from the viewer, now or later, and where the revision was not
    read: nothing is read for it.
    """
    loaders = context.loaders
    read = [loaders.subsection_grades, *(() if parts_only else (loaders.course_grade,))]
    sees_all = {
        course: access.sees_hidden_results(context.viewer, course.key)
        for course in {one.course for one in asked}
    }
    states: list[GradeState | None] = []
    for one in asked:
        enrollment, tick = loaders.enrollment.at_hand(one)
        if enrollment is None or not sees_all[one.course]:
            states.append(None)
        else:
            before = any(loader.was_asked_before(tick, one) for loader in read)
            states.append(GradeState(*one, enrollment.revision, before))
    return states
