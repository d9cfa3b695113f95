"""Modules hold one noun each: none is too long, none is a drawer for everything."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE_FOLDERS = (
    *("cli", "server", "schema", "compiled", "resolvers", "db", "formats", "grading"),
    *("demo", "bench", "examples"),
)
LONGEST = 300
DRAWERS = {"base", "common", "helper", "manager", "misc", "service", "tool", "util"}


def source_modules() -> Iterator[Path]:
    yield Path("main.py")
    for folder in SOURCE_FOLDERS:
        for module in (ROOT / folder).rglob("*.py"):
            if not {"migrations", "node_modules"} & {*module.parts}:
                yield module.relative_to(ROOT)


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    lengths = {
        str(module): len((ROOT / module).read_text(encoding="utf-8").splitlines())
        for module in source_modules()
    }

    assert {module: lines for module, lines in lengths.items() if lines > LONGEST} == {}


def test_no_module_is_named_like_a_drawer_for_everything() -> None:
    names = {str(module): {*module.with_suffix("").parts} for module in source_modules()}

    drawers = {
        module
        for module, parts in names.items()
        if {part.strip("_").removesuffix("s") for part in parts} & DRAWERS
    }

    assert drawers == set()


def test_every_package_says_in_its_first_line_what_it_holds() -> None:
    silent = [
        str(module)
        for module in source_modules()
        if module.name == "__init__.py"
        and not (ROOT / module).read_text(encoding="utf-8").startswith('"""')
    ]

    assert silent == []
