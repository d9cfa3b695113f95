"""A bar chart of how much work servers do in the same processor time, as SVG."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.results import Result
from bench.subject import FLOOR, MERCURIUS, NAIVE, OBJECTS, OURS, POSTGRAPHILE, STOCK
from bench.workloads import SUBJECTS

_LABEL: Final = "What is done in the same processor time; the floor is 100 %"
_WIDTH: Final = 760
_LEFT: Final = 170  # where bars begin
_ROOM: Final = 90  # for the figure behind the longest bar
_BAR: Final = 14
_GAP: Final = 30  # between workloads, with the title of the next
_TOP: Final = 46
_CLASSES: Final = {
    OURS: "ours",
    FLOOR: "floor",
    MERCURIUS: "peer",
    POSTGRAPHILE: "peer",
    NAIVE: "peer",
    STOCK: "peer",
    OBJECTS: "peer",
}  # without the floor's parts
# Colours with enough contrast on white and on black, for a viewer that ignores the media query.
_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #6e7781 }
.title { font-size: 14px; font-weight: 600 }
.figure { font-variant-numeric: tabular-nums }
.ours { fill: #1a7f64 } .floor { fill: #8c959f } .peer { fill: #b35900 }
@media (prefers-color-scheme: light) { text { fill: #24292f } }
@media (prefers-color-scheme: dark) {
  text { fill: #d0d7de } .ours { fill: #3fb98f } .floor { fill: #6e7781 } .peer { fill: #e0823d }
}
"""


def chart(results: Sequence[Result]) -> str:
    """Draw a group of bars for each workload; the floor's bar is 100 % long."""
    longest = max(_work(result, name) for result in results for name in _shown(result))
    scale = (_WIDTH - _LEFT - _ROOM) / longest
    body: list[str] = []
    y = _TOP
    for result in results:
        body.extend(_group(result, y, scale))
        y += _GAP + len(_shown(result)) * (_BAR + 3)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y - 8}" role="img"'
        f' aria-label="{_LABEL}">'
    )
    title = f'<text class="title" x="0" y="16">{_LABEL}</text>'
    return "\n".join([head, f"<style>{_STYLE}</style>", title, *body, "</svg>\n"])


def _group(result: Result, y: int, scale: float) -> Iterator[str]:
    subject = SUBJECTS[result.workload]
    yield f'<text class="title" x="0" y="{y}">{subject.name} {subject.title}</text>'
    for place, name in enumerate(_shown(result)):
        work = _work(result, name)
        length = max(1.0, work * scale)
        top = y + 8 + place * (_BAR + 3)
        figure = f"{work:.0%}" if work >= 0.1 else f"{work:.1%}"
        yield f'<text x="{_LEFT - 8}" y="{top + 11}" text-anchor="end">{name}</text>'
        yield (
            f'<rect class="{_CLASSES[name]}" x="{_LEFT}" y="{top}" width="{length:.1f}"'
            f' height="{_BAR}" rx="2"/>'
        )
        yield (f'<text class="figure" x="{_LEFT + length + 6:.1f}" y="{top + 11}">{figure}</text>')


def _shown(result: Result) -> list[str]:
    return [name for name in result.figures if name in _CLASSES]


def _work(result: Result, name: str) -> float:
    """Return what a server does in the time in which the floor does 1."""
    return result.figures[FLOOR].cpu / result.figures[name].cpu
