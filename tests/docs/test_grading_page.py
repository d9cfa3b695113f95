"""docs/grading.md: its examples give what it says, and scores fare as its table says."""

import doctest
import math
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from db.problem_scores import recorded_scores
from grading import CourseKey, GradingError, LearnerId, UsageKey
from resolvers.context import Context
from resolvers.courses import require_course
from resolvers.learners import LearnerRef
from resolvers.score_recording import Fate
from resolvers.scores import ScoreRequest, record
from tests.docs.markdown import DOCS, blocks, section, table

PAGE = DOCS / "grading.md"
TEXT = PAGE.read_text(encoding="utf-8")

COURSE = CourseKey("course-v1:CourseGrade+DEMO101+2026")
PROBLEM = UsageKey("block-v1:CourseGrade+DEMO101+2026+type@problem+block@five_magnitudes")
NEVER_CAME = LearnerId(125)


def test_its_examples_give_what_it_says() -> None:
    runner = doctest.DocTestRunner()
    names: dict[str, object] = {}
    report: list[str] = []
    for block in blocks(TEXT):
        example = doctest.DocTestParser().get_doctest(
            block.text, names, PAGE.name, str(PAGE), block.line
        )
        runner.run(example, clear_globs=False, out=report.append)
        names = example.globs

    assert "".join(report) == ""
    assert runner.tries > 50


class Points(NamedTuple):
    """A cell such as ``3/4 at 10``: points earned of points possible, at an hour of a day."""

    earned: float | None
    possible: float
    at: datetime

    @classmethod
    def of(cls, cell: str) -> "Points | None":
        if cell == "-":
            return None
        points, _, hour = cell.partition(" at ")
        earned, _, possible = points.partition("/")
        return cls(
            None if earned == "null" else float(earned),
            float(possible),
            datetime(2026, 11, 21, int(hour), tzinfo=UTC),
        )


@pytest.mark.parametrize("row", table(section(TEXT, "Scores that come in")), ids=" | ".join)
async def test_a_score_that_comes_in_fares_as_the_table_says(
    row: list[str], demonstration: Context
) -> None:
    before, sent, only_if_higher, outcome, after = row
    if (stored := Points.of(before)) is not None:
        assert await _record(demonstration, stored) == "applied"
    incoming = Points.of(sent)
    assert incoming is not None

    assert await _record(demonstration, incoming, only_if_higher == "yes") == outcome

    assert await _stored(demonstration) == Points.of(after)


async def _record(context: Context, points: Points, only_if_higher: bool = False) -> str:
    course = await require_course(context, COURSE)
    (result,) = await record(
        context,
        course,
        [
            ScoreRequest(
                LearnerRef("user_id", str(NEVER_CAME)),
                PROBLEM,
                points.earned,
                points.possible,
                points.at,
                only_if_higher,
            )
        ],
    )
    error = result if isinstance(result, GradingError) else result.error
    if error is not None:
        return error.code
    assert not isinstance(result, GradingError)
    return "kept" if result.fate is Fate.NOT_HIGHER else "applied"


async def _stored(context: Context) -> Points | None:
    course = await require_course(context, COURSE)
    found = await recorded_scores([course], [NEVER_CAME])
    score = found.get((course.id, NEVER_CAME), {}).get(PROBLEM)
    if score is None:
        return None
    assert score.possible is not None
    assert score.earned is None or math.isfinite(score.earned)
    return Points(score.earned, score.possible, score.scored_at)
