"""The demonstration course as its learners walk through it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from demo import COURSE

COURSE_KEY: Final = "course-v1:CourseGrade+DEMO101+2026"

# When each section was opened to the class. Not in the export: grading does not look at it.
_OPENED: Final = {
    "finding_your_way": datetime(2026, 9, 7, 6, tzinfo=UTC),
    "the_turning_sky": datetime(2026, 9, 21, 6, tzinfo=UTC),
    "the_moon": datetime(2026, 10, 5, 6, tzinfo=UTC),
    "halfway": datetime(2026, 10, 12, 6, tzinfo=UTC),
    "wandering_stars": datetime(2026, 10, 26, 6, tzinfo=UTC),
    "light_from_far_away": datetime(2026, 11, 9, 6, tzinfo=UTC),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A problem, and how many answers it asks for: its raw maximum."""

    usage_key: str
    answers: int
    one_attempt: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A subsection with its problems; practice has no ``format`` and no ``due``."""

    name: str
    format: str
    opens: datetime
    due: datetime | None
    questions: tuple[Question, ...]


def tasks() -> list[Task]:
    """Read the subsections of the course, in course order."""
    (run,) = (COURSE / "course").iterdir()
    return [
        _task(sequential, _OPENED[chapter.attrib["url_name"]])
        for chapter in _read_file(run)
        for sequential in _read(chapter, "chapter")
    ]


def _task(pointer: Element, opens: datetime) -> Task:
    sequential = _read(pointer, "sequential")
    due = sequential.get("due")
    return Task(
        name=pointer.attrib["url_name"],
        format=sequential.get("format", ""),
        opens=opens,
        due=datetime.fromisoformat(due) if due else None,
        questions=tuple(
            _question(problem) for vertical in sequential for problem in _read(vertical, "vertical")
        ),
    )


def _question(pointer: Element) -> Question:
    problem = _read(pointer, "problem")
    run = COURSE_KEY.removeprefix("course-v1:")
    return Question(
        usage_key=f"block-v1:{run}+type@problem+block@{pointer.attrib['url_name']}",
        answers=sum(element.tag.endswith("response") for element in problem),
        one_attempt=problem.get("max_attempts") == "1",
    )


def _read(pointer: Element, folder: str) -> Element:
    return _read_file(COURSE / folder / f"{pointer.attrib['url_name']}.xml")


def _read_file(path: Path) -> Element:
    return ElementTree.fromstring(path.read_bytes())
