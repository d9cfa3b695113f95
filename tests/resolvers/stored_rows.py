"""Everything that is stored, to tell whether anything changed."""

from typing import Any

from db.sql import fetch

TABLES = (
    "course",
    "course_version",
    "course_publication",
    "block",
    "learner",
    "enrollment",
    "problem_score",
    "subsection_grade",
    "course_grade",
    "override_entry",
    "grade_event",
    "first_answer",
)
_ORDER = {"course_publication": "course_id"}


async def stored_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of every table, time stamps and versions included."""
    return {
        table: [
            tuple(row)
            for row in await fetch(f"select * from {table} order by {_ORDER.get(table, 'id')}")
        ]
        for table in TABLES
    }


async def counts() -> dict[str, int]:
    """Count the rows of every table."""
    return {table: len(rows) for table, rows in (await stored_rows()).items()}
