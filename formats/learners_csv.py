"""The learners CSV: who is graded, and in which courses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from formats.csv_cells import flag_in, learner_id_in, text_in
from formats.csv_rows import Columns, RefusedLine, read_rows
from grading import CourseKey, InvalidInput, LearnerId, parse_course_key
from grading.keys import parse_course_role

LEARNER_COLUMNS: Final = Columns(
    required=("user_id", "username"),
    optional=(
        "full_name",
        "email",
        "external_user_key",
        "course_key",
        "mode",
        "cohort",
        "active",
        "role",
    ),
)


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """A learner and, if ``course_key`` is given, the enrolment in that course.

    ``role`` is what they are in it beside a learner, in Open edX's words: ``staff``, ...
    """

    line: int
    user_id: LearnerId
    username: str
    full_name: str | None = None
    email: str | None = None
    external_user_key: str | None = None
    course_key: CourseKey | None = None
    mode: str | None = None
    cohort: str | None = None
    active: bool = True
    role: str | None = None


def read_learners(lines: Iterable[str]) -> Iterator[LearnerRow | RefusedLine]:
    """Yield each line as a learner or as refused, in file order.

    :raises InvalidInput: at once, if the columns are not those of a learners CSV.
    """
    return read_rows(lines, LEARNER_COLUMNS, _learner_row)


def _learner_row(line: int, cells: Sequence[str]) -> LearnerRow:
    user_id, username, full_name, email, external_user_key, *enrollment = cells
    course_key, mode, cohort, active, role = enrollment
    name = text_in(username, "username", at_most=150)
    if name is None:
        raise InvalidInput("username is empty.")
    address = text_in(email, "email", at_most=254)
    if address is not None and "@" not in address:
        raise InvalidInput(f"email must have an @: {address[:40]!r}.")
    return LearnerRow(
        line=line,
        user_id=learner_id_in(user_id),
        username=name,
        full_name=text_in(full_name, "full_name", at_most=255),
        email=address,
        external_user_key=text_in(external_user_key, "external_user_key", at_most=255),
        course_key=parse_course_key(course_key) if course_key else None,
        mode=text_in(mode, "mode", at_most=100),
        cohort=text_in(cohort, "cohort", at_most=255),
        active=flag_in(active, "active") is not False,
        role=parse_course_role(role) if role else None,
    )
