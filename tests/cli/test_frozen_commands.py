"""Every command that writes grades, given for a course whose grades are frozen."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Final

import pytest
import typer

from cli.app import app
from cli.session import read_settings, session
from demo import COURSE
from demo.outline import COURSE_KEY
from grading import CourseKey
from resolvers.courses import require_course
from resolvers.demonstration import load_demonstration
from resolvers.freezing import set_frozen
from tests.cli.commands import Terminal

SUBSECTION: Final = "midterm"
SCORE: Final = "block-v1:CourseGrade+DEMO101+2026+type@problem+block@star_day"
WRITES_NO_GRADES: Final = frozenset(
    {
        *("serve", "migrate", "import-learners", "grant-role", "revoke-role"),
        *("relay", "schema", "doctor", "token", "export-grades"),
    }
)
# What each is given, and how it says that nothing is done.
REFUSED: Final = {
    "regrade": ((COURSE_KEY,), "GRADES_FROZEN"),
    "import-scores": (("scores.csv",), "GRADES_FROZEN"),
    "import-grades": ((COURSE_KEY, "overrides.csv"), "GRADES_FROZEN"),
    "simulate": (("--days-per-second", "1000000", "--limit", "20"), "GRADES_FROZEN"),
    "import-course": (
        (str(COURSE), "--algorithm", "EDX_2022"),
        "its grades are frozen and stay as they are",
    ),
}


@pytest.fixture
def frozen(terminal: Terminal) -> Terminal:
    """A terminal whose database has the demonstration course, frozen by hand."""
    asyncio.run(_freeze(f"sqlite:///{terminal.folder / 'coursegrade.sqlite3'}"))
    terminal.write(
        "scores.csv",
        "user_id,usage_key,score_given,score_maximum,timestamp",
        f"101,{SCORE},0,1,2026-11-01T00:00:00Z",
    )
    terminal.write(
        "overrides.csv",
        f"user_id,course_id,new_override-{SUBSECTION}",
        f"101,{COURSE_KEY},1",
    )
    return terminal


async def _freeze(url: str) -> None:
    async with session(read_settings(database_url=url)) as context:
        await load_demonstration(context)
        course = await require_course(context, CourseKey(COURSE_KEY))
        await set_frozen(context, course, frozen=True, reason="marks are final")


def _grades(folder: Path) -> list[object]:
    database = sqlite3.connect(folder / "coursegrade.sqlite3")
    try:
        return [
            database.execute(f"select * from {table} order by id").fetchall()
            for table in ("problem_score", "subsection_grade", "course_grade", "grade_event")
        ]
    finally:
        database.close()


def test_every_command_is_known_to_write_grades_or_not() -> None:
    names = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]

    assert names == WRITES_NO_GRADES | REFUSED.keys()


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(REFUSED))
def test_a_command_stores_and_announces_nothing_of_frozen_grades(
    frozen: Terminal, command: str
) -> None:
    arguments, refusal = REFUSED[command]
    before = _grades(frozen.folder)

    told = frozen.run(command, *arguments)

    assert refusal in told.output + told.errors
    assert told.status == (0 if command == "import-course" else 1)
    assert _grades(frozen.folder) == before
