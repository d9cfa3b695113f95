"""The floor of the five workloads: what somebody writes who wants these five answers only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import orjson

from bench.class_grade import class_grade
from bench.floor_database import Database

_STRIPES: Final = 1024


class Floor:
    """The five answers, from a database."""

    def __init__(self, database: Database, blocks: Mapping[int, str]) -> None:
        self._database = database
        self._blocks = blocks
        self._blocks_by_key = {usage_key: block for block, usage_key in blocks.items()}
        self.answers: dict[str, Callable[[Any], Awaitable[object]]] = {
            "/W1": self._grade,
            "/W2": self._grade_with_cells,
            "/W3": self._page_with_cells,
            "/W4": self._page,
            "/W5": self._record,
        }

    @classmethod
    async def of(cls, database: Database) -> "Floor":
        """Read the usage keys, which never change."""
        rows = await database.fetch(database.sql["blocks"])
        return cls(database, dict(rows))

    async def _grade(self, asked: Any) -> object:  # noqa: ANN401
        database = self._database
        username = asked["learner"]["username"]
        (row,) = await database.fetch(database.sql["grade"], asked["course"], username)
        return {"courseGrade": _grade_body(*row[:5])}

    async def _grade_with_cells(self, asked: Any) -> object:  # noqa: ANN401
        database = self._database
        username = asked["learner"]["username"]
        (row,) = await database.fetch(database.sql["grade"], asked["course"], username)
        cells = await database.fetch(database.sql["cells"], row[5], row[6])
        body = _grade_body(*row[:5])
        body["subsectionGrades"] = self._cell_bodies(cells)
        return {"courseGrade": body}

    async def _page(self, asked: Any) -> object:  # noqa: ANN401
        rows = await self._page_rows(asked, 100)
        nodes = [
            {"learner": {"username": row[1]}, "courseGrade": _grade_body(*row[3:])} for row in rows
        ]
        return {"course": {"gradebook": {"nodes": nodes}}}

    async def _page_with_cells(self, asked: Any) -> object:  # noqa: ANN401
        rows = await self._page_rows(asked, 50)
        database = self._database
        ids = [row[0] for row in rows]
        cells = await database.fetch(database.sql["page_cells"], rows[0][2], database.ids(ids))
        by_learner: dict[int, list[Any]] = {learner: [] for learner in ids}
        for learner, *cell in cells:
            by_learner[learner].append(cell)
        nodes = []
        for row in rows:
            body = _grade_body(*row[3:])
            body["subsectionGrades"] = self._cell_bodies(by_learner[row[0]])
            nodes.append({"learner": {"username": row[1]}, "courseGrade": body})
        return {"course": {"gradebook": {"nodes": nodes}}}

    async def _page_rows(self, asked: Any, limit: int) -> Sequence[Any]:  # noqa: ANN401
        sql = self._database.sql["page"]
        return await self._database.fetch(sql, asked["course"], asked["after"] or "", limit)

    def _cell_bodies(self, cells: Sequence[Any]) -> list[object]:
        blocks = self._blocks
        return [
            {
                "subsection": {"usageKey": blocks[block]},
                "gradedTotal": {"earned": earned, "possible": possible},
                "attempted": bool(attempted),
                "percentGraded": percent,
            }
            for block, earned, possible, attempted, percent in cells
        ]

    async def _record(self, asked: Any) -> object:  # noqa: ANN401
        (score,) = asked["input"]["scores"]
        database = self._database
        sql = database.sql
        # As in a product, somebody must look up whose score and which problem it is.
        username = score["learner"]["username"]
        (found,) = await database.fetch(sql["grade"], asked["input"]["courseKey"], username)
        course, learner = found[5:]
        problem = self._blocks_by_key[score["usageKey"]]
        subsection = self._blocks_by_key[_subsection_of(score["usageKey"])]
        earned, possible = score["scoreGiven"], score["scoreMaximum"]
        percent = round(earned / possible, 4)
        scored_at = database.moment(datetime.fromisoformat(score["timestamp"]))
        now = database.moment(datetime.now(UTC))
        async with database.transaction(course * _STRIPES + learner % _STRIPES) as fetch:
            (before,) = await fetch(sql["grade"], asked["input"]["courseKey"], username)
            cells = await fetch(sql["cells"], course, learner)
            old = next(cell for cell in cells if cell[0] == subsection)
            after = class_grade([percent if cell[0] == subsection else cell[4] for cell in cells])
            place = (course, learner, problem)
            await fetch(sql["score"], *place, earned, possible, scored_at, now)
            place = (course, learner, subsection)
            ((cell_version,),) = await fetch(
                sql["subsection"], *place, earned, possible, percent, now
            )
            ((version,),) = await fetch(
                sql["course"],
                *(course, learner, after.percent, after.unrounded, after.letter, after.passed, now),
            )
            points = {"before": [old[1], old[2]], "after": [earned, possible]}
            grades = {
                "before": _event_body(before[0], before[1], passed=before[2]),
                "after": _event_body(after.percent, after.letter, passed=after.passed),
                "first_time_passed": False,
            }
            await fetch(
                sql["event"],
                *(course, learner, cell_version),
                orjson.dumps({"usage_key": self._blocks[subsection], **points}).decode(),
                version,
                orjson.dumps(grades).decode(),
                *(uuid4().hex, now),
            )
        grade = {"percent": after.percent, "version": str(version)}
        return {"recordScores": {"results": [{"courseGrade": grade}]}}


def _grade_body(
    percent: float,
    letter: str | None,
    passed: bool,  # noqa: FBT001
    updated_at: str,
    version: int,
) -> dict[str, object]:
    return {
        "percent": percent,
        "letterGrade": letter,
        "passed": bool(passed),
        "passingStatus": "PASSING" if passed else "FAILING",
        "lastUpdated": f"{updated_at[:10]}T{updated_at[11:].partition('+')[0]}Z",
        "version": str(version),
    }


def _event_body(percent: float, letter: str | None, *, passed: bool) -> list[object]:
    return [percent, letter, bool(passed), "PASSING" if passed else "FAILING"]


def _subsection_of(problem: str) -> str:
    return problem.replace("@problem+block@p", "@sequential+block@s")
