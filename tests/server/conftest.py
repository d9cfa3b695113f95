"""Settings that come from the test alone, never from the machine it runs on."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no COURSEGRADE_ variable and no `.env` to read."""
    for name in [name for name in os.environ if name.upper().startswith("COURSEGRADE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
