"""``grant-role`` and ``revoke-role``."""

import sqlite3
from contextlib import closing

import pytest

from demo import COURSE as DEMO
from demo.outline import COURSE_KEY
from tests.cli.commands import Terminal

pytestmark = pytest.mark.slow  # each test runs a row of commands


@pytest.fixture
def school(terminal: Terminal) -> Terminal:
    """A database with the course, and Tess, who is known and nothing yet."""
    terminal.succeed("import-course", DEMO)
    terminal.succeed("import-learners", terminal.write("people.csv", "user_id,username", "7,tess"))
    return terminal


def roles(terminal: Terminal) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(terminal.folder / "coursegrade.sqlite3")) as database:
        return list(
            database.execute(
                "select l.username, c.key, r.role from course_role r join learner l on"
                " l.id = r.learner_id join course c on c.id = r.course_id order by 3"
            )
        )


def test_a_role_is_given_and_taken_away(school: Terminal) -> None:
    given = school.succeed("grant-role", "tess", COURSE_KEY, "staff")
    again = school.succeed("grant-role", "tess", COURSE_KEY, "staff")
    had = roles(school)
    taken = school.succeed("revoke-role", "tess", COURSE_KEY, "staff")
    twice = school.run("revoke-role", "tess", COURSE_KEY, "staff")

    assert given == again == f"tess has the role staff in {COURSE_KEY}\n"
    assert had == [("tess", COURSE_KEY, "staff")]
    assert taken == f"tess no longer has the role staff in {COURSE_KEY}\n"
    assert roles(school) == []
    assert (twice.status, twice.errors) == (
        1,
        f"NO_SUCH_ROLE: tess does not have the role staff in {COURSE_KEY}.\n",
    )


def test_roles_come_from_the_learners_csv_too(school: Terminal) -> None:
    file = school.write(
        "more.csv",
        "user_id,username,course_key,role",
        f"7,tess,{COURSE_KEY},instructor",
        f"8,ulf,{COURSE_KEY},",
    )

    told = school.succeed("import-learners", file)

    assert "        1 roles added\n" in told
    assert roles(school) == [("tess", COURSE_KEY, "instructor")]


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (
            ("nobody", COURSE_KEY, "staff"),
            "LEARNER_NOT_FOUND: There is no learner whose username is 'nobody'.\n",
        ),
        (
            ("tess", "course-v1:No+Such+Course", "staff"),
            (
                "COURSE_NOT_FOUND: There is no course course-v1:No+Such+Course, or you may not"
                " know of it.\n"
            ),
        ),
        (
            ("tess", COURSE_KEY, "Boss"),
            (
                "INVALID_INPUT: 'Boss' is no role in a course; Open edX has staff, instructor, "
                "beta_testers and others.\n"
            ),
        ),
    ],
)
def test_a_role_of_nobody_or_nowhere_is_refused(
    school: Terminal, arguments: tuple[str, str, str], refusal: str
) -> None:
    for command in ("grant-role", "revoke-role"):
        told = school.run(command, *arguments)

        assert (told.status, told.output, told.errors) == (1, "", refusal)
    assert roles(school) == []
