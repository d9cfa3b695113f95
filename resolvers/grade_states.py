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
    says that some of what is asked for was read already: perhaps before that transaction.
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
    read = {
        (one.course.id, one.learner_id)
        for loader in (loaders.subsection_grades, *(() if parts_only else (loaders.course_grade,)))
        for one in loader.asked_keys()
    }
    sees_all = {
        course: access.sees_hidden_results(context.viewer, course.key)
        for course in {one.course for one in asked}
    }
    states: list[GradeState | None] = []
    for course, learner_id in asked:
        enrollment = loaders.enrollment.at_hand(Enrolled(course, learner_id))
        states.append(
            GradeState(course, learner_id, enrollment.revision, (course.id, learner_id) in read)
            if enrollment is not None and sees_all[course]
            else None
        )
    return states
