"""Exports that lie unpacked in a folder."""

import os
from pathlib import Path, PurePosixPath

from formats.olx.limits import Limits
from formats.olx.wanted import is_skipped_folder, is_wanted
from grading import InvalidCourse, InvalidInput


def read_folder(root: Path, limits: Limits) -> dict[str, bytes]:
    """Read the wanted files of a folder, by their path in it.

    :raises InvalidCourse: if a link leaves the folder, or there is too much in it.
    :raises InvalidInput: if something in it cannot be read.
    """
    root = root.resolve()
    found: dict[str, bytes] = {}
    entries = total = 0
    for place, folders, names in os.walk(root, onerror=_refuse):
        folder = Path(place)
        folders[:] = sorted(name for name in folders if not is_skipped_folder(name))
        entries += len(folders) + len(names)
        if entries > limits.members:
            raise InvalidCourse([f"The folder holds more than {limits.members} files."])
        for name in folders:
            if (folder / name).is_symlink():
                # Followed, it could lead out of the folder or round in a circle.
                raise InvalidCourse([f"{_relative(folder / name, root)} is a link to a folder."])
        for name in sorted(names):
            path = folder / name
            if is_wanted(PurePosixPath(_relative(path, root))):
                data = _content(path, root, limits)
                total += len(data)
                if total > limits.read_size:
                    raise InvalidCourse(
                        [f"Its XML and JSON files hold more than {limits.read_size} bytes."]
                    )
                found[_relative(path, root)] = data
    return found


def _refuse(error: OSError) -> None:
    raise InvalidInput(f"The folder cannot be read: {error.strerror}.") from error


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _content(path: Path, root: Path, limits: Limits) -> bytes:
    name = _relative(path, root)
    target = path.resolve()
    if not target.is_relative_to(root):
        raise InvalidCourse([f"{name} is a link that leaves the folder."])
    if not target.is_file():
        raise InvalidCourse([f"{name} is not a file."])
    try:
        with target.open("rb") as file:
            data = file.read(limits.file_size + 1)
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror}.") from error
    if len(data) > limits.file_size:
        raise InvalidCourse([f"{name} is larger than {limits.file_size} bytes."])
    return data
