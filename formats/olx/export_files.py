"""The files of an export that say how it is graded, by their path inside the course."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from formats.olx.archive import read_archive
from formats.olx.folder import read_folder
from formats.olx.limits import Limits
from grading import InvalidCourse, InvalidInput

COURSE_FILE: Final = "course.xml"
_LIBRARY_FILE: Final = "library.xml"
_GZIP_MAGIC: Final = b"\x1f\x8b"


def read_export(path: Path, limits: Limits) -> Mapping[str, bytes]:
    """Read the XML and JSON files of a folder or ``.tar.gz``, keyed relative to ``course.xml``.

    :raises InvalidInput: if there is nothing to read.
    :raises InvalidCourse: if it is no course export, or a hostile one.
    """
    if path.is_dir():
        files = read_folder(path, limits)
    elif _is_gzip(path):
        files = read_archive(path, limits)
    else:
        raise InvalidInput(f"{path.name!r} is neither a folder nor a .tar.gz archive.")
    return _below(_course_folder(files), files)


def _is_gzip(path: Path) -> bool:
    if not path.is_file():
        raise InvalidInput(f"There is no course export at {path.name!r}.")
    try:
        with path.open("rb") as file:
            return file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    except OSError as error:
        raise InvalidInput(f"{path.name!r} cannot be read: {error.strerror}.") from error


def _course_folder(files: Mapping[str, bytes]) -> PurePosixPath:
    # Studio packs everything into one top folder, whose name may well be "course": the outermost
    # course.xml is the root, and course/course.xml inside it is the run of that name.
    found = _outermost(COURSE_FILE, files)
    if not found and _outermost(_LIBRARY_FILE, files):
        raise InvalidCourse(["It is a content library, not a course."])
    if not found:
        raise InvalidCourse(["There is no course.xml in it, nor in a folder at its top."])
    if len(found) > 1:
        names = ", ".join(str(place / COURSE_FILE) for place in sorted(found))
        raise InvalidCourse([f"It holds several courses: {names}."])
    return found[0]


def _outermost(name: str, files: Mapping[str, bytes]) -> list[PurePosixPath]:
    if name in files:
        return [PurePosixPath()]
    paths = (PurePosixPath(file) for file in files if file.count("/") == 1)
    return [path.parent for path in paths if path.name == name]


def _below(folder: PurePosixPath, files: Mapping[str, bytes]) -> dict[str, bytes]:
    if not folder.parts:
        return dict(files)
    prefix = f"{folder}/"
    return {
        name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)
    }
