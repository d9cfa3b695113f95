"""The course as grading sees it, made from the outline of an export."""

from collections.abc import Callable
from typing import TypeVar

from formats.olx import block_types
from formats.olx.block import Block
from formats.olx.course_warning import CourseWarningCode, Notes
from formats.olx.reading import Reading
from formats.olx.settings import Settings
from formats.olx.subsection_problems import SubsectionProblems, is_for_learners
from grading import CourseStructure, Section, ShowCorrectness, Subsection

_Value = TypeVar("_Value")


def course_structure(course: Block, reading: Reading) -> CourseStructure:
    """Return the course's sections with all that can be scored in them."""
    problems = SubsectionProblems(reading)
    return CourseStructure(
        reading.course_key,
        course.settings.text("display_name"),
        course.settings.moment("start"),
        course.settings.moment("end"),
        tuple(
            _section(course, chapter, problems, reading.notes)
            for chapter in _only(block_types.CHAPTER, course, reading.notes)
        ),
    )


def _section(course: Block, chapter: Block, problems: SubsectionProblems, notes: Notes) -> Section:
    return Section(
        chapter.usage_key,
        chapter.settings.text("display_name"),
        tuple(
            _subsection((sequential, chapter, course), problems, notes)
            for sequential in _only(block_types.SEQUENTIAL, chapter, notes)
        ),
    )


def _only(block_type: str, parent: Block, notes: Notes) -> list[Block]:
    met = []
    for block in parent.children:
        if block.block_type != block_type:
            notes.add(
                CourseWarningCode.OUTSIDE_SUBSECTION,
                "{count} block(s) are in no subsection; they and what is in them count for nothing",
                block.place,
            )
        elif is_for_learners(block, notes):
            met.append(block)
    return met


def _subsection(
    lineage: tuple[Block, Block, Block], problems: SubsectionProblems, notes: Notes
) -> Subsection:
    sequential = lineage[0]
    found, selections = problems.read(sequential)
    return Subsection(
        sequential.usage_key,
        sequential.settings.text("display_name"),
        _inherited(lineage, lambda settings: settings.text("format")) or "",
        _inherited(lineage, lambda settings: settings.flag("graded")) or False,
        _inherited(lineage, lambda settings: settings.moment("due")),
        _show_correctness(lineage, notes),
        found,
        selections,
    )


def _inherited(
    lineage: tuple[Block, ...], setting: Callable[[Settings], _Value | None]
) -> _Value | None:
    # What a sequential does not set itself it has from its chapter, and that from the course.
    values = (setting(block.settings) for block in lineage)
    return next((value for value in values if value is not None), None)


def _show_correctness(lineage: tuple[Block, Block, Block], notes: Notes) -> ShowCorrectness:
    value = _inherited(lineage, lambda settings: settings.text("show_correctness"))
    if not value:
        return ShowCorrectness.ALWAYS
    try:
        return ShowCorrectness(value)
    except ValueError:
        notes.add(
            CourseWarningCode.UNREADABLE_VALUE,
            f"{{count}} subsection(s) have the unknown show_correctness {value[:40]!r}; results "
            "are always shown",
            lineage[0].place,
        )
        return ShowCorrectness.ALWAYS
