"""The locked requirement files are complete, agree with pyproject.toml and with each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)")

Pins = dict[str, set[str]]


def pins_of(file_name: str) -> Pins:
    """Return each package's locked versions; several, where Python versions differ."""
    pins: Pins = {}
    for line in (ROOT / "requirements" / file_name).read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            pins.setdefault(canonicalize_name(match["name"]), set()).add(match["version"])
    return pins


def declared(group: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"run": project["project"]["dependencies"], **project["dependency-groups"]}
    return [Requirement(line) for line in groups[group]]


@pytest.mark.parametrize(("group", "file_name"), [("run", "run.txt"), ("dev", "dev.txt")])
def test_every_declared_dependency_is_locked_at_a_version_it_allows(
    group: str, file_name: str
) -> None:
    pins = pins_of(file_name)

    stale = [
        str(requirement)
        for requirement in declared(group)
        if not (versions := pins.get(canonicalize_name(requirement.name)))
        or not all(requirement.specifier.contains(version) for version in versions)
    ]

    assert stale == [], "run `make lock`"


def test_what_runs_is_what_was_tested() -> None:
    run, dev = pins_of("run.txt"), pins_of("dev.txt")

    assert run != {}
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("file_name", ["run.txt", "dev.txt"])
def test_every_locked_package_has_hashes(file_name: str) -> None:
    text = (ROOT / "requirements" / file_name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    without = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and "--hash=sha256:" not in following
    ]

    assert without == []
