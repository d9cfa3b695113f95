"""Where results are kept: JSON and a chart in build, and for readers the page and its chart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from bench.chart import chart
from bench.measure import machine
from bench.results import Result, table
from bench.rounds import Plan

PAGE: Final = Path(__file__).parent / "README.md"
CHART: Final = Path(__file__).parent / "ratios.svg"
BUILD: Final = Path("build")
BEGIN: Final = "<!-- written by `python -m bench requests --publish` -->"
END: Final = "<!-- until here -->"


def keep(results: Sequence[Result], plan: Plan, *, public: bool) -> None:
    """Write results below build; with ``public`` into the page and its chart as well."""
    BUILD.mkdir(exist_ok=True)
    content = {
        "at": datetime.now(UTC),
        "machine": machine(),
        "plan": plan,
        "results": [result.as_json() for result in results],
    }
    (BUILD / "bench.json").write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    engines = {result.engine for result in results}
    shown = "postgres" if "postgres" in engines else min(engines)
    drawing = chart([result for result in results if result.engine == shown])
    (BUILD / "ratios.svg").write_text(drawing, encoding="utf-8")
    if public:
        CHART.write_text(drawing, encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(with_tables(page, results, plan), encoding="utf-8")


def with_tables(page: str, results: Sequence[Result], plan: Plan) -> str:
    """Return the page with the tables of these results in their place.

    :raises ValueError: if the page does not mark where that is.
    """
    before, marked, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (marked and ended):
        raise ValueError(f"the page lacks {BEGIN!r} or {END!r}")
    return f"{before}{BEGIN}\n\n{_tables(results, plan)}\n\n{END}{after}"


def _tables(results: Sequence[Result], plan: Plan) -> str:
    parts = [f"{machine()}. {plan.rounds} rounds of {plan.seconds:g} s each."]
    for engine in dict.fromkeys(result.engine for result in results):
        found = [result for result in results if result.engine == engine]
        parts.append(f"### Requests, {engine}\n\n{table(found)}")
    return "\n\n".join(parts)
