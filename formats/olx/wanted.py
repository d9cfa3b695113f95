"""Which files of an export are read: those that can say something about grades."""

from pathlib import PurePosixPath
from typing import Final

# static/ is media; drafts/ is what learners do not see; the rest is text without grades.
SKIPPED_FOLDERS: Final = frozenset({"about", "assets", "info", "static", "tabs", "textbooks"})
DRAFTS_FOLDER: Final = "drafts"
_SUFFIXES: Final = frozenset({".json", ".xml"})
_ASSET_LIST: Final = "assets.json"


def is_wanted(path: PurePosixPath) -> bool:
    """Tell whether a file, by its path inside an export, is worth reading."""
    return (
        path.suffix in _SUFFIXES
        and path.name != _ASSET_LIST
        and not path.name.startswith(".")
        and not any(is_skipped_folder(part) for part in path.parts[:-1])
    )


def is_skipped_folder(name: str) -> bool:
    """Tell whether nothing in a folder of this name is read."""
    return name in SKIPPED_FOLDERS or name.startswith(".")
