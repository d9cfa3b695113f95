"""A terminal for the tests of commands, and a NATS server for those that need one."""

from pathlib import Path

import pytest

from tests.cli.commands import Terminal
from tests.events.conftest import nats_server

__all__ = ["nats_server"]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """An empty folder to give commands in."""
    return Terminal(tmp_path)
