"""Exports packed as ``.tar.gz``: read as a stream into memory, so nothing is ever unpacked."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from formats.olx.limits import Limits
from formats.olx.wanted import is_wanted
from grading import InvalidCourse

_BLOCK: Final = tarfile.BLOCKSIZE
_DRAIN: Final = 64 * 1024
# What a tar may spend on naming one member: long names and extended headers are read into memory.
_HEADER_SIZE: Final = 1024 * 1024


class _Bounded(BufferedIOBase):
    """A decompressed stream that refuses to grow beyond what it is allowed."""

    def __init__(self, packed: BinaryIO, limits: Limits) -> None:
        self._packed = packed
        self._stream = gzip.GzipFile(fileobj=packed)
        self._limits = limits
        self.position = 0
        self.allowed = _HEADER_SIZE

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, fewer only at the end."""
        wanted = _DRAIN if size is None or size < 0 else size
        if self.position + wanted > self.allowed:
            raise InvalidCourse(["A name in the archive is longer than any file's is."])
        data = self._stream.read(wanted)
        self.position += len(data)
        if self.position > self._limits.unpacked_size:
            raise InvalidCourse(
                [f"The archive holds more than {self._limits.unpacked_size} bytes."]
            )
        if self.position > max(self._limits.ratio_from, self._packed.tell() * self._limits.ratio):
            raise InvalidCourse(
                [f"The archive grows to more than {self._limits.ratio} times its size."]
            )
        return data


def read_archive(path: Path, limits: Limits) -> dict[str, bytes]:
    """Read the wanted files of a ``.tar.gz``, by their path in it.

    :raises InvalidCourse: if it is damaged, too large, or holds anything but files and folders
        with names that stay inside it.
    """
    with path.open("rb") as packed:
        stream = _Bounded(packed, limits)
        try:
            files = dict(_files(stream, limits))
            _expect_nothing_more(stream)
        except (EOFError, OSError, zlib.error, tarfile.TarError) as error:
            raise InvalidCourse(["The archive is damaged or cut off."]) from error
        except (UnicodeError, ValueError) as error:
            raise InvalidCourse(["The archive names a file in a way nobody can read."]) from error
    return files


def _files(stream: _Bounded, limits: Limits) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    total = 0
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as archive:
        for number, member in enumerate(archive, start=1):
            if number > limits.members:
                raise InvalidCourse([f"The archive holds more than {limits.members} files."])
            stream.allowed = stream.position + member.size + _BLOCK + _HEADER_SIZE
            path = _safe_path(member)
            if not member.isreg():
                continue
            if str(path) in seen:
                raise InvalidCourse([f"The archive holds {path} twice."])
            seen.add(str(path))
            if not is_wanted(path):
                continue
            total += member.size
            if member.size > limits.file_size:
                raise InvalidCourse([f"{path} is larger than {limits.file_size} bytes."])
            if total > limits.read_size:
                raise InvalidCourse(
                    [f"Its XML and JSON files hold more than {limits.read_size} bytes."]
                )
            content = archive.extractfile(member)
            yield str(path), b"" if content is None else content.read()


def _safe_path(member: tarfile.TarInfo) -> PurePosixPath:
    name = member.name
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or "\0" in name or ".." in path.parts:
        raise InvalidCourse([f"The archive holds {name[:200]!r}, which lies outside of it."])
    if member.issym() or member.islnk():
        raise InvalidCourse([f"The archive holds {name[:200]!r}, which is a link."])
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise InvalidCourse([f"The archive holds {name[:200]!r}, which is no file or folder."])
    return path


def _expect_nothing_more(stream: _Bounded) -> None:
    # tarfile takes a broken header for the end of the archive: half a course would look whole.
    # Reading on also lets gzip compare its checksum.
    stream.allowed = stream.position + _DRAIN
    while data := stream.read(_DRAIN):
        if data.strip(b"\0"):
            raise InvalidCourse(["The archive is damaged or cut off."])
        stream.allowed = stream.position + _DRAIN
