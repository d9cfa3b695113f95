"""Small course exports, written by the tests that read them."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from formats.olx import CourseWarning, CourseWarningCode, ImportedCourse, read_course
from grading import Problem, Subsection, UsageKey

KEY = "course-v1:Org+C1+R1"
HOMEWORK = {"type": "Homework", "min_count": 1, "drop_count": 0, "weight": 1.0}
ONE_TYPE = {
    "GRADER": [HOMEWORK],
    "GRADE_CUTOFFS": {"Pass": 0.5},
}
CHOICE = "<multiplechoiceresponse><choicegroup/></multiplechoiceresponse>"


def block(block_type: str, name: str) -> UsageKey:
    return UsageKey(f"block-v1:Org+C1+R1+type@{block_type}+block@{name}")


def problem(name: str, attributes: str = "") -> str:
    return f'<problem url_name="{name}" display_name="{name}" {attributes}>{CHOICE}</problem>'


def files_of(
    subsection: str = problem("p1"),
    *,
    attributes: str = 'graded="true" format="Homework"',
    course: str = "",
    chapter: str = "",
    settings: Mapping[str, object] | None = None,
    policy: Mapping[str, object] = ONE_TYPE,
) -> dict[str, str]:
    """Return a course of one chapter and one sequential, all in course.xml."""
    root = (
        f'<course org="Org" course="C1" url_name="R1" {course}>'
        f'<chapter url_name="ch1" {chapter}>'
        f'<sequential url_name="s1" {attributes}>{subsection}</sequential>'
        "</chapter></course>"
    )
    return {
        "course.xml": root,
        "policies/R1/policy.json": json.dumps(settings or {}),
        "policies/R1/grading_policy.json": json.dumps(policy),
    }


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def imported(folder: Path, files: Mapping[str, str | bytes]) -> ImportedCourse:
    return read_course(write(folder, files))


def only_subsection(course: ImportedCourse) -> Subsection:
    (subsection,) = course.content.structure.subsections()
    return subsection


def problems(
    folder: Path, subsection: str, said: Mapping[str, object] | None = None
) -> tuple[Problem, ...]:
    files = files_of(subsection, settings=said)
    return only_subsection(imported(folder, files)).problems


def names(found: tuple[Problem, ...]) -> list[str]:
    return [one.usage_key.rpartition("@")[2] for one in found]


def warnings_of(course: ImportedCourse) -> list[tuple[CourseWarningCode, str]]:
    return [(warning.code, warning.message) for warning in course.warnings]


def only_warning(course: ImportedCourse) -> CourseWarning:
    (warning,) = course.warnings
    return warning


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def write_archive(
    path: Path,
    files: Mapping[str, str | bytes],
    *more: tuple[tarfile.TarInfo, bytes],
    top: str = "course",
) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info, _ = member(f"{top}/{name}" if top else name, data)
            archive.addfile(info, io.BytesIO(data))
        for info, data in more:
            archive.addfile(info, io.BytesIO(data))
    return path
