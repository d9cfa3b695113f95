"""Imports: the lines that a job takes in, and what became of each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db.grade_jobs import JobError
from db.sql import among, as_bool, execute, execute_many, fetch, id_array
from db.upsert import Upsert, upsert_rows
from grading import GradingError, LearnerId, UsageKey

_LINES: Final = "select id, line, learner_id, wanted, changes, code, message from import_line where"
_ADD_LINES: Final = Upsert(
    table="import_line",
    columns={
        "job_id": "bigint",
        "line": "int",
        "learner_id": "bigint",
        "wanted": "text",
        "code": "text",
        "message": "text",
    },
)


@dataclass(frozen=True, slots=True)
class ImportManner:
    """How lines are taken in: only to see what would change, or all of them or none."""

    dry_run: bool
    all_or_nothing: bool
    reason: str


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line as it came: points by subsection, None to remove an override, or why not.

    ``learner_id`` is None where the line names nobody in the course.
    """

    line: int
    learner_id: LearnerId | None
    wanted: Mapping[UsageKey, float | None]
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """A line and what became of it: ``changes``, or ``error``; neither while it waits.

    ``id`` is its place among a job's lines.
    """

    id: int
    line: int
    learner_id: LearnerId | None
    wanted: Mapping[UsageKey, float | None]
    changes: Mapping[str, Any] | None
    error: tuple[str, str] | None


async def add_import(job_id: int, manner: ImportManner, lines: Iterable[WantedLine]) -> None:
    """Add the lines of a job. To be called in the transaction that adds it."""
    await execute(
        "insert into job_import (job_id, dry_run, all_or_nothing, reason) values ($1, $2, $3, $4)",
        job_id,
        manner.dry_run,
        manner.all_or_nothing,
        manner.reason,
    )
    await upsert_rows(
        _ADD_LINES,
        [
            (
                job_id,
                one.line,
                one.learner_id,
                json.dumps(one.wanted),
                *(one.refusal or (None, None)),
            )
            for one in lines
        ],
    )


async def import_manner(job_id: int) -> ImportManner:
    """Return how a job takes lines in."""
    ((dry_run, all_or_nothing, reason),) = await fetch(
        "select dry_run, all_or_nothing, reason from job_import where job_id = $1", job_id
    )
    return ImportManner(as_bool(dry_run), as_bool(all_or_nothing), reason)


async def lines_of_learners(job_id: int, learner_ids: Iterable[LearnerId]) -> list[ImportedLine]:
    """Return the lines about these learners that were not refused, in file order."""
    rows = await fetch(
        f"{_LINES} job_id = $1 and {among('learner_id', 2)} and code is null order by id",
        job_id,
        id_array(learner_ids),
    )
    return [_line(row) for row in rows]


async def imported_lines(job_id: int, *, after: int = 0, limit: int) -> list[ImportedLine]:
    """Return a page of a job's lines, in file order."""
    rows = await fetch(
        f"{_LINES} job_id = $1 and id > $2 order by id limit $3", job_id, after, limit
    )
    return [_line(row) for row in rows]


async def refused_lines(job_id: int, *, after: int = 0, limit: int) -> list[JobError]:
    """Return a page of the lines of a job that were refused, in file order."""
    rows = await fetch(
        "select id, learner_id, code, message, line from import_line"
        " where job_id = $1 and id > $2 and code is not null order by id limit $3",
        job_id,
        after,
        limit,
    )
    return [JobError(*row) for row in rows]


async def keep_changes(changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep what lines, by their numbers, made of the grades."""
    await execute_many(
        "update import_line set changes = $2 where id = $1",
        [(line_id, json.dumps(one)) for line_id, one in changes.items()],
    )


async def refuse_lines(job_id: int, failures: Mapping[LearnerId, GradingError]) -> None:
    """Keep why lines about these learners were not taken in."""
    await execute_many(
        "update import_line set code = $3, message = $4 where job_id = $1 and learner_id = $2"
        " and code is null",
        [(job_id, learner_id, one.code, one.message) for learner_id, one in failures.items()],
    )


async def delete_old_lines(*, older_than: datetime) -> int:
    """Delete the lines of imports that ended before a moment; return how many there were."""
    return await execute(
        "delete from import_line where job_id in"
        " (select id from grade_job where kind = 'IMPORT' and finished_at < $1)",
        older_than,
    )


def _line(row: Sequence[Any]) -> ImportedLine:
    return ImportedLine(
        row[0],
        row[1],
        row[2],
        json.loads(row[3]),
        None if row[4] is None else json.loads(row[4]),
        None if row[5] is None else (row[5], row[6]),
    )
