"""How a course structure is written into a column, and read back."""

from pydantic import TypeAdapter

from grading import CourseStructure

_STRUCTURE = TypeAdapter(CourseStructure)


def structure_to_text(structure: CourseStructure) -> str:
    """Write a structure as JSON."""
    return _STRUCTURE.dump_json(structure).decode()


def structure_from_text(text: str) -> CourseStructure:
    """Read a structure back, equal to the one that was written."""
    return _STRUCTURE.validate_json(text)
