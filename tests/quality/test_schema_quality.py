"""The rules of graphql-eslint hold for the schema, and for the operations that we show."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from graphql import build_schema, parse, validate

from tests.shared_material import SHARED, requires_shared

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
ESLINT: Final = HERE / "node_modules" / "eslint" / "bin" / "eslint.js"
SDL: Final = ROOT / "schema" / "schema.graphql"
AGREED: Final = SHARED / "design" / "operations"

pytestmark = [pytest.mark.quality, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def eslint() -> Path:
    """ESLint, with the packages it needs."""
    if shutil.which("node") is not None and ESLINT.is_file():
        return ESLINT
    reason = "Node or the packages of graphql-eslint are not installed (`make quality`)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def complaints(folder: Path) -> str:
    """Return what graphql-eslint has to say of the files in a folder."""
    done = subprocess.run(
        ["node", ESLINT, "--config", HERE / "eslint.config.mjs", "--max-warnings", "0", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def test_the_schema_keeps_the_rules() -> None:
    assert complaints(SDL.parent) == ""


@pytest.mark.parametrize("folder", ["docs/examples", "tests/schema/operations"])
def test_the_operations_keep_the_rules(folder: str) -> None:
    assert complaints(ROOT / folder) == ""


@pytest.mark.shared
@requires_shared
def test_the_agreed_operations_that_can_be_run_already_keep_the_rules(tmp_path: Path) -> None:
    schema = build_schema(SDL.read_text(encoding="utf-8"))
    for path in AGREED.glob("*.graphql"):
        if not validate(schema, parse(path.read_text(encoding="utf-8"))):
            shutil.copy(path, tmp_path)

    assert list(tmp_path.iterdir()) != []
    assert complaints(tmp_path) == ""


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("schema.graphql", "type Query { Shouted: Int }", "require-description"),
        ("schema.graphql", 'type Query { "Loud." Shouted: Int }', "naming-convention"),
        ("operation.graphql", "{ gradeEventsCursor }", "no-anonymous-operations"),
        ("operation.graphql", "query A { nothing }", "fields-on-correct-type"),
    ],
)
def test_what_breaks_a_rule_is_found(tmp_path: Path, name: str, text: str, rule: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert f"@graphql-eslint/{rule}\n" in complaints(tmp_path)
