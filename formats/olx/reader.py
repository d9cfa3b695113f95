"""Reads a course export as Studio makes it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Only the type of an element; what parses it is defusedxml.
from xml.etree.ElementTree import Element

from formats.olx import block_types
from formats.olx.course import course_structure
from formats.olx.course_policy import read_grading_policy, read_metadata
from formats.olx.course_warning import CourseWarning
from formats.olx.document import UnreadableDocument, parse_xml
from formats.olx.export_files import COURSE_FILE, read_export
from formats.olx.faults import Faults
from formats.olx.limits import Limits
from formats.olx.outline import Outline
from formats.olx.reading import Reading
from formats.olx.without_effect import note_left_over, note_settings_without_effect
from grading import (
    Algorithm,
    CourseContent,
    CourseKey,
    CourseStructure,
    GradingPolicy,
    InvalidCourse,
    InvalidGradingPolicy,
    MalformedKey,
    PolicyWarning,
    content_version,
    course_key_of,
    policy_warnings,
)

_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class ImportedCourse:
    """A course as its export describes it, and what is odd in the export and in the policy."""

    content: CourseContent
    warnings: tuple[CourseWarning, ...]
    policy_warnings: tuple[PolicyWarning, ...]

    @property
    def messages(self) -> tuple[str, ...]:
        """Return all that is odd, in words."""
        return (
            *(warning.message for warning in self.policy_warnings),
            *(warning.message for warning in self.warnings),
        )


def read_course(
    path: Path,
    *,
    course_key: CourseKey | None = None,
    algorithm: Algorithm = Algorithm.EDX_2024,
    limits: Limits = _LIMITS,
) -> ImportedCourse:
    """Read a folder or a ``.tar.gz``; ``course_key`` replaces the key that the export has.

    :raises InvalidInput: if there is nothing to read at ``path``.
    :raises InvalidCourse: naming every fault, or why the export is not trusted.
    :raises InvalidGradingPolicy: if the policy is all that is wrong, naming every fault of it.
    """
    files = read_export(path, limits)
    root = _root(files[COURSE_FILE])
    run = root.get("url_name") or root.get("slug") or ""
    faults = Faults(limits.faults_named)
    reading = Reading(course_key or _course_key(root, run), run, files, limits, faults)
    policy = _policy(reading)
    structure = _structure(root, reading)
    if isinstance(policy, InvalidGradingPolicy):
        faults.raise_any(also=policy.faults)
        raise policy
    faults.raise_any()
    version = content_version(structure, policy, algorithm)
    content = CourseContent(structure, policy, algorithm, version)
    return ImportedCourse(content, reading.notes.warnings(), policy_warnings(content))


def _root(data: bytes) -> Element:
    try:
        root = parse_xml(data)
    except UnreadableDocument as error:
        raise InvalidCourse([f"{COURSE_FILE}: {error}"]) from error
    if root.tag != block_types.COURSE:
        raise InvalidCourse([f"{COURSE_FILE}: It must hold a <course>, not <{root.tag[:40]}>."])
    return root


def _course_key(root: Element, run: str) -> CourseKey:
    parts = {"org": root.get("org"), "course": root.get("course"), "url_name": run}
    missing = [name for name, value in parts.items() if not value]
    if missing:
        raise InvalidCourse([f"{COURSE_FILE}: It has no {' and no '.join(missing)}."])
    try:
        return course_key_of(root.get("org", ""), root.get("course", ""), run)
    except MalformedKey as error:
        raise InvalidCourse([f"{COURSE_FILE}: {error.message}"]) from error


def _policy(reading: Reading) -> GradingPolicy | InvalidGradingPolicy:
    # Kept, not raised: what is wrong with the course itself is to be said as well.
    try:
        return read_grading_policy(reading)
    except InvalidGradingPolicy as error:
        return error


def _structure(root: Element, reading: Reading) -> CourseStructure:
    metadata = read_metadata(reading)
    outline = Outline(reading, metadata)
    course = outline.course(root, reading.run, COURSE_FILE)
    if course is None:
        reading.faults.raise_any()
        raise InvalidCourse([f"course/{reading.run}.xml: It is not there."])
    if not any(child.block_type == block_types.CHAPTER for child in course.children):
        reading.faults.add(course.file, "It has no chapter.")
    structure = course_structure(course, reading)
    for block in outline.blocks.values():
        note_settings_without_effect(block, reading)
    note_left_over(outline, metadata, reading)
    return structure
