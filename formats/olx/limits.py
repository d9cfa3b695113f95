"""How much an export may hold before it is refused."""

from dataclasses import dataclass
from typing import Final

_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for an untrusted export; sizes in bytes.

    ``unpacked_size`` bounds an archive with its static files, ``read_size`` only what is read of
    it. ``ratio`` is unpacked to packed; it counts from ``ratio_from`` bytes on, because small
    files of XML shrink better than any honest course as a whole.
    """

    file_size: int = 50 * _MEGABYTE
    read_size: int = 200 * _MEGABYTE
    unpacked_size: int = 4096 * _MEGABYTE
    members: int = 50_000
    ratio: int = 100
    ratio_from: int = 20 * _MEGABYTE
    depth: int = 30
    blocks: int = 100_000
    points: float = 1e9
    faults_named: int = 50
