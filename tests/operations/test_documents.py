"""The design's operations are valid against the committed SDL, and each is run by a test."""

import re
from pathlib import Path

import pytest

from tests.operations.documents import faults_of, files, operations
from tests.shared_material import requires_shared

pytestmark = [pytest.mark.shared, requires_shared]


def test_twelve_documents_have_twenty_one_operations() -> None:
    assert len(files()) == 12
    assert len(operations()) == 21


def test_every_operation_is_valid() -> None:
    assert {name: faults_of(name) for name in operations() if faults_of(name)} == {}


def test_every_operation_is_run_by_a_test() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )

    assert [
        name
        for name in operations()
        if not re.search(rf'(ask|ask_twice|following)\(\s*"{name}"', tests)
    ] == []
