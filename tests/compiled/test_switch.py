"""Compiled execution is on unless somebody turns it off."""

from collections.abc import Iterator

import pytest

from schema import schema
from server.app import create_app
from server.settings import Settings
from tests.compiled.executors import COMPILED, STOCK


@pytest.fixture(autouse=True)
def compiled() -> Iterator[None]:
    before = schema.execution_context_class
    schema.compile_selections(on=True)
    yield
    schema.execution_context_class = before


@pytest.mark.parametrize("on", [True, False])
def test_a_setting_turns_it_off(on: bool) -> None:
    create_app(Settings(compiled_execution=on, development=True))

    assert schema.execution_context_class is (COMPILED if on else STOCK)
