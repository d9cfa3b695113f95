"""Nothing that is committed names a package registry or a path of one machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# In pieces, or this file would be the first to break the rule.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("npmjs", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]
MACHINE_FOLDERS = ("work", "farm", "root", "tmp/bash_jobs", r"home/[a-z]\w*", r"Users/[A-Za-z]\w*")

REGISTRY_HOST = re.compile("|".join(map(re.escape, REGISTRY_HOSTS)))
MACHINE_PATH = re.compile(rf"(?<![\w.$*}}\])-])/(?:{'|'.join(MACHINE_FOLDERS)})/")
RESOLVED_ADDRESS = re.compile(r'"resolved":\s*"[a-z+]*https?:')
INDEX_OPTION = re.compile(r"--(?:extra-)?index-url|--find-links|https?://|file://")

MACHINE_SPECIFIC_LOCKS = {"Pipfile.lock", "poetry.lock", "uv.lock", "yarn.lock"}


def committed_files() -> list[Path]:
    """Return what git holds or would take with the next `git add`, without binary files.

    :raises pytest.skip.Exception: if this is no git work tree.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("needs git and a work tree of it")
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def lines_that_match(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    found = []
    for file in files:
        if not file.is_file():  # deleted and not yet committed, or a link to nowhere
            continue
        content = file.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_that_match(REGISTRY_HOST, committed_files()) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_that_match(MACHINE_PATH, committed_files()) == []


def test_no_npm_lock_says_where_its_packages_came_from() -> None:
    locks = [file for file in committed_files() if file.name == "package-lock.json"]

    assert locks != []
    assert lines_that_match(RESOLVED_ADDRESS, locks) == []


def test_no_requirements_file_names_an_index() -> None:
    requirements = [file for file in committed_files() if file.parent == ROOT / "requirements"]

    assert requirements != []
    assert lines_that_match(INDEX_OPTION, requirements) == []


def test_python_is_locked_by_requirement_files_alone() -> None:
    assert [file for file in committed_files() if file.name in MACHINE_SPECIFIC_LOCKS] == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("cd /" + "work/main", id="workplace"),
        pytest.param('"/' + 'home/ann/coursegrade"', id="home"),
        pytest.param("(/" + "root/.cache)", id="root"),
    ],
)
def test_a_path_of_one_machine_is_recognised(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["../work/plan", "home/work/", "https://example.com/work/1"])
def test_a_path_that_every_machine_has_is_let_pass(line: str) -> None:
    assert not MACHINE_PATH.search(line)
