"""Mutated course exports: read or refused in words, never anything else."""

import gzip
import io
import os
import random
import shutil
import tarfile
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from formats.olx import ImportedCourse, read_course
from grading import GradingError, InvalidCourse, InvalidGradingPolicy
from tests.formats.olx.written_course import files_of
from tests.fuzz.bounds import MOST, most_memory, read_or_refused
from tests.fuzz.mutations import mutated
from tests.shared_material import olx_course, requires_shared

DEMO: Final = Path(__file__).parents[2] / "demo" / "course"
TOY: Final = {name: content.encode() for name, content in files_of().items()}
# Of what fits into seconds: FUZZ_TIMES=100 does a hundred times as much.
TIMES: Final = int(os.environ.get("FUZZ_TIMES", "1"))
REAL: Final = ("demo-test-course", "openedx-demo-course", "oxa_kitchen_sink")

Files = dict[str, bytes]


def files_in(folder: Path) -> Files:
    """Read what says something about grades."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".xml", ".json"} and "static" not in path.parts
    }


def written(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def packed(files: Files) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"course/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def read_all(folder: Path, files: Files, chance: random.Random, times: int) -> Counter[str]:
    """Read the course again and again, each time with another file mutated; count what happened."""
    written(folder, files)
    names = sorted(files)
    weights = [8 if "polic" in name or name.startswith("course") else 1 for name in names]
    outcomes: Counter[str] = Counter()
    for _ in range(times):
        (name,) = chance.choices(names, weights)
        (folder / name).write_bytes(mutated(files[name], chance))
        outcome = read_or_refused(lambda: read_course(folder))
        (folder / name).write_bytes(files[name])
        outcomes[type(outcome).__name__] += 1
        assert isinstance(outcome, ImportedCourse | GradingError)
        if isinstance(outcome, InvalidCourse | InvalidGradingPolicy):
            assert all(outcome.faults)
    return outcomes


def test_a_small_course_with_a_mutated_file_is_read_or_refused(tmp_path: Path) -> None:
    outcomes = read_all(tmp_path, TOY, random.Random(1), 600 * TIMES)

    assert min(outcomes["ImportedCourse"], outcomes["InvalidCourse"]) > 50
    assert outcomes["InvalidGradingPolicy"] > 20


@pytest.mark.slow
def test_the_demonstration_course_with_a_mutated_file_is_read_or_refused(tmp_path: Path) -> None:
    before = most_memory()

    outcomes = read_all(tmp_path, files_in(DEMO), random.Random(2), 150 * TIMES)

    assert min(outcomes["ImportedCourse"], outcomes["InvalidCourse"]) > 20
    assert most_memory() - before < MOST


@pytest.mark.slow
@pytest.mark.shared
@requires_shared
@pytest.mark.parametrize("name", REAL)
def test_real_courses_with_a_mutated_file_are_read_or_refused(tmp_path: Path, name: str) -> None:
    outcomes = read_all(tmp_path, files_in(olx_course(name)), random.Random(name), 40 * TIMES)

    assert outcomes["InvalidCourse"] > 5


@pytest.mark.slow
def test_mutated_archives_are_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(3)
    archive = packed(files_in(DEMO))
    path = tmp_path / "course.tar.gz"
    before = most_memory()
    outcomes: Counter[str] = Counter()
    for _ in range(200 * TIMES):
        inside = chance.random() < 0.7
        data = mutated(archive, chance) if inside else archive
        compressed = gzip.compress(data, compresslevel=1, mtime=0)
        path.write_bytes(compressed if inside else b"\x1f\x8b" + mutated(compressed, chance)[2:])
        outcomes[type(read_or_refused(lambda: read_course(path))).__name__] += 1

    assert outcomes["InvalidCourse"] > 100
    assert most_memory() - before < MOST


@pytest.mark.slow
def test_mutated_headers_of_an_archive_are_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(4)
    archive = packed(TOY)
    headers = [
        place for place in range(0, len(archive), 512) if archive[place + 257 :][:5] == b"ustar"
    ]
    path = tmp_path / "course.tar.gz"
    for _ in range(500 * TIMES):
        changed = bytearray(archive)
        for _ in range(chance.choice((1, 1, 3))):
            place = chance.choice(headers) + chance.randrange(512)
            changed[place] = chance.randrange(256)
        _sign(changed, headers)
        path.write_bytes(gzip.compress(bytes(changed), compresslevel=1, mtime=0))
        read_or_refused(lambda: read_course(path))
    assert sorted(tmp_path.iterdir()) == [path]


def _sign(archive: bytearray, headers: list[int]) -> None:
    """Make the checksums right again, so that what is wrong is not told by them."""
    for place in headers:
        archive[place + 148 : place + 156] = b" " * 8
        total = sum(archive[place : place + 512])
        archive[place + 148 : place + 156] = b"%06o\x00 " % total


def test_names_that_no_file_system_takes_are_refused(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "course")
    for name in (b"\xff.xml", b"a\nb.xml", b"\xf0\x9f\x92\xa3.xml"):
        Path(os.fsdecode(os.fsencode(tmp_path / "course" / "problem") + b"/" + name)).write_bytes(
            b"<problem/>"
        )
        read_or_refused(lambda: read_course(tmp_path / "course"))
