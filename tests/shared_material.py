"""Where ../shared is: golden vectors, real courses and scores, none of which is committed here.

A test that needs it is marked ``shared`` and skipped where the folder is absent. Under CI (the
environment variable) it is not skipped: it fails for want of its file.
"""

import csv
import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

SHARED: Final = Path(__file__).parents[2] / "shared"
OLX_COURSES: Final = SHARED / "data" / "olx"
OULAD: Final = SHARED / "data" / "oulad"
OULAD_SLICE: Final = OULAD / "slice-AAA-2013J"

_LEFT_OUT: Final = not SHARED.is_dir() and not os.environ.get("CI")
_REASON: Final = "needs the folder ../shared"

# Beside the mark ``shared``: ``pytestmark = [pytest.mark.shared, requires_shared]``.
requires_shared: Final = pytest.mark.skipif(_LEFT_OUT, reason=_REASON)


def golden(name: str) -> dict[str, Any]:
    """Read a golden file while a module is collected; without ../shared, skip the module.

    :raises FileNotFoundError: under CI, if ../shared is absent.
    """
    if _LEFT_OUT:
        pytest.skip(_REASON, allow_module_level=True)
    document: dict[str, Any] = json.loads((SHARED / "golden" / name).read_text(encoding="utf-8"))
    return document


def olx_course(name: str) -> Path:
    """Return the folder of a real course export, such as ``openedx-demo-course``."""
    return OLX_COURSES / name


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
