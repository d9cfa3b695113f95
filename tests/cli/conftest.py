"""A terminal for the tests of commands."""

from pathlib import Path

import pytest

from tests.cli.commands import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """An empty folder to give commands in."""
    return Terminal(tmp_path)
