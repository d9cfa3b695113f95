"""docs/visibility.md: results are shown and counted as its table says, and its example is true."""

from datetime import datetime, timedelta
from typing import Final

import pytest

from grading import ShowCorrectness
from tests.docs.markdown import DOCS, section, table
from tests.schema.execution import Asking
from tests.schema.heat import DUE, NOW
from tests.schema.test_visibility import AS_ADA, course_with, grade

TEXT: Final = (DOCS / "visibility.md").read_text(encoding="utf-8")
RULES: Final = table(section(TEXT, "When a result is visible"))


def test_its_table_has_every_rule() -> None:
    assert [row[0].strip("`") for row in RULES] == list(ShowCorrectness)


@pytest.mark.parametrize("row", RULES, ids=lambda row: row[0])
async def test_a_rule_shows_and_counts_as_its_table_says(database: str, row: list[str]) -> None:
    rule, before, afterwards, *visibility = row
    await course_with({"exam": ShowCorrectness(rule.strip("`"))})

    found = [await seen(now) for now in (NOW, DUE + timedelta(seconds=1))]

    assert found == list(zip([before, afterwards], visibility, strict=True))


async def seen(now: datetime) -> tuple[str, str]:
    answered = await grade(Asking(AS_ADA.viewer, now=now))
    exam = answered["subsectionGrades"][-1]
    counted = answered["displayPercent"] == "71%"
    shown = exam["gradedTotal"] is not None
    said = {(True, True): "shown and counted", (True, False): "counted, not shown"}
    return said.get((counted, shown), "neither"), f"`{exam['visibility']}`"


async def test_its_example_is_what_staff_and_the_learner_see(database: str) -> None:
    await course_with({"exam": ShowCorrectness.PAST_DUE})
    rows = table(section(TEXT, "An example"))

    found = [await columns(asking) for asking in (Asking(), AS_ADA)]

    assert [[row[3], row[4]] for row in rows] == [list(pair) for pair in zip(*found, strict=True)]


async def columns(asking: Asking) -> list[str]:
    answered = await grade(asking)
    shares = [one["displayWeightedPercent"] for one in answered["assignmentTypeGrades"]]
    return [
        *("null" if share is None else share for share in shares),
        f"{answered['displayPercent']}, {answered['letterGrade']}",
    ]
