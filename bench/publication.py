"""Where results are kept: JSON and a chart in build, and for readers the page and its charts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from bench.chart import chart
from bench.measure import machine
from bench.results import Result, spending, table
from bench.rounds import Plan

PAGE: Final = Path(__file__).parent / "README.md"
BUILD: Final = Path("build")
END: Final = "<!-- until here -->"


def begin(engine: str) -> str:
    """Return the mark that an engine's tables stand behind."""
    return f"<!-- written by `python -m bench workloads {engine} --publish` -->"


def keep(engine: str, results: Sequence[Result], plan: Plan, *, public: bool) -> None:
    """Write an engine's results below build; with ``public`` into the page beside a chart, too."""
    BUILD.mkdir(exist_ok=True)
    content = {
        "at": datetime.now(UTC),
        "machine": machine(),
        "plan": plan,
        "results": [result.as_json() for result in results],
    }
    name = f"ratios-{engine}.svg"
    (BUILD / f"bench-{engine}.json").write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    drawing = chart(results)
    (BUILD / name).write_text(drawing, encoding="utf-8")
    if public:
        (PAGE.parent / name).write_text(drawing, encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(with_table(page, engine, results, plan), encoding="utf-8")


def with_table(page: str, engine: str, results: Sequence[Result], plan: Plan) -> str:
    """Return the page with these results in the place of the engine's.

    :raises ValueError: if the page does not mark where that is.
    """
    mark = begin(engine)
    before, marked, rest = page.partition(mark)
    _, ended, after = rest.partition(END)
    if not (marked and ended):
        raise ValueError(f"the page lacks {mark!r} or {END!r}")
    parts = (
        f"{before}{mark}",
        f"![What is done in the same processor time, on {engine}](ratios-{engine}.svg)",
        said(plan),
        table(results),
        spending(results),
        f"{END}{after}",
    )
    return "\n\n".join(parts)


def said(plan: Plan) -> str:
    """Say on which machine how much was measured."""
    return (
        f"{machine()}, {datetime.now(UTC):%-d %B %Y}. W1 to W5: {plan.rounds} rounds of"
        f" {plan.seconds:g} s each. W6: {plan.subscribers:,} subscribers, {plan.rounds} rounds of"
        f" {plan.changes} events. W7: {plan.learners:,} learners, {plan.regrades} rounds; objects:"
        f" {plan.sample:,} learners, their time scaled to {plan.learners:,}."
    )
