"""``schema``: the SDL as it is committed, and what differs."""

from pathlib import Path

import pytest

from cli.refusal import CommandRefused
from cli.schema import schema
from schema import schema as contract
from tests.cli.commands import Terminal


def test_the_sdl_is_printed_exactly(terminal: Terminal) -> None:
    assert terminal.succeed("schema") == contract.as_str() + "\n"


def test_the_committed_sdl_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = tmp_path / "schema.graphql"
    monkeypatch.setattr("cli.schema.COMMITTED", committed)
    committed.write_text(contract.as_str() + "\n", encoding="utf-8")

    schema(check=True)

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("there", [True, False])
def test_a_difference_is_refused_and_shown(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: bool,
) -> None:
    committed = tmp_path / "schema.graphql"
    monkeypatch.setattr("cli.schema.COMMITTED", committed)
    if there:
        committed.write_text(contract.as_str() + "\n\ntype Stranger {\n}\n", encoding="utf-8")

    with pytest.raises(CommandRefused) as refused:
        schema(check=True)

    assert (refused.value.code, refused.value.message) == (
        "SCHEMA_DIFFERS",
        "schema/schema.graphql is not what the code says: run `make sdl`.",
    )
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("--- schema/schema.graphql\n+++ code\n")
    assert ("\n-type Stranger {\n" in errors) == there
