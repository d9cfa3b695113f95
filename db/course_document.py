"""How a course structure is written into a column, and read back."""

from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from grading import CourseStructure, Subsection

_STRUCTURE = TypeAdapter(CourseStructure)


def structure_to_text(structure: CourseStructure) -> str:
    """Write a structure as JSON."""
    return _STRUCTURE.dump_json(structure).decode()


def structure_from_text(text: str) -> CourseStructure:
    """Read a structure back, equal to the one that was written; times are in UTC."""
    structure = _STRUCTURE.validate_json(text)
    sections = tuple(
        replace(section, subsections=tuple(_with_utc(each) for each in section.subsections))
        for section in structure.sections
    )
    start, end = _in_utc(structure.start), _in_utc(structure.end)
    return replace(structure, start=start, end=end, sections=sections)


def _with_utc(subsection: Subsection) -> Subsection:
    return replace(subsection, due=_in_utc(subsection.due))


def _in_utc(moment: datetime | None) -> datetime | None:
    # Pydantic's UTC is printed otherwise than datetime's, and content is named by how it prints.
    return None if moment is None else moment.astimezone(UTC)
