"""The chart: well-formed SVG whose bars are as long as the figures say."""

import re
from xml.etree import ElementTree as ET

from bench.chart import chart
from bench.results import Result
from bench.subject import ARITHMETIC, BULK_WRITE, FLOOR, OBJECTS, OURS, REGRADE
from tests.bench.rounds import result_of, rounds_of

SVG = "{http://www.w3.org/2000/svg}"


def test_the_chart_is_svg_with_a_bar_for_each_server_of_each_workload() -> None:
    drawing = ET.fromstring(chart([result_of("W1"), result_of("W2")]))  # noqa: S314 - our own

    assert drawing.tag == f"{SVG}svg"
    assert len(drawing.findall(f"{SVG}rect")) == 8


def test_bars_are_as_long_as_what_is_done_in_the_same_time() -> None:
    drawing = ET.fromstring(chart([result_of()]))  # noqa: S314 - our own

    ours, floor, mercurius, naive = (
        float(bar.attrib["width"]) for bar in drawing.findall(f"{SVG}rect")
    )

    assert abs(ours / floor - 0.99) < 0.01
    assert abs(mercurius / floor - 99 / 130) < 0.01
    assert naive < floor / 40


def test_no_bar_or_figure_leaves_the_picture() -> None:
    text = chart([result_of("W1"), result_of("W3")])
    drawing = ET.fromstring(text)  # noqa: S314 - our own
    _, _, width, height = (float(number) for number in drawing.attrib["viewBox"].split())

    for bar in drawing.findall(f"{SVG}rect"):
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) < width
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height


def test_the_chart_has_colours_for_dark_and_light_pages() -> None:
    schemes = re.findall(r"prefers-color-scheme: (\w+)", chart([result_of()]))

    assert sorted(schemes) == ["dark", "light"]


def test_the_parts_of_the_floor_have_no_bars() -> None:
    rounds = {name: rounds_of(100.0) for name in (OURS, FLOOR, ARITHMETIC, BULK_WRITE, OBJECTS)}

    drawing = ET.fromstring(chart([Result.of("sqlite", REGRADE, rounds, {})]))  # noqa: S314

    assert len(drawing.findall(f"{SVG}rect")) == 3
