"""What all tests with clients from npm need."""

import os
import shutil

import pytest

from tests.clients.npm import FOLDER


@pytest.fixture(scope="module", autouse=True)
def node() -> str:
    """Node, which has the packages it needs."""
    found = shutil.which("node")
    if found is not None and (FOLDER / "node_modules").is_dir():
        return found
    reason = "Node or the clients' packages are not installed (`make clients`)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
