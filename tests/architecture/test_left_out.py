"""A test that could not run is said loudly, and is a failure under CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEFT_OUT = Path(__file__).parents[2] / ".ci" / "left_out.py"

SUITE = """
import pytest

def test_runs(): pass

@pytest.mark.xfail
def test_is_expected_to_fail(): assert False
"""
SKIPPED = """
@pytest.mark.parametrize("engine", [1, 2])
def test_asks_postgres(engine): pytest.skip("needs PostgreSQL")
"""
NOT_APPLICABLE = """
def test_waits_for_a_lock(): pytest.skip("not applicable: SQLite has one writer")
"""
SKIPPED_MODULE = """
pytest.skip("needs Chromium", allow_module_level=True)
"""


def run_suite(folder: Path, suite: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    module, report = folder / "test_suite.py", folder / "report.xml"
    module.write_text(suite, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", module],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
    )
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, LEFT_OUT, report],
        env=environment | ({"CI": "true"} if ci else {}),
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("suite", "sentence"),
    [
        pytest.param(SUITE + SKIPPED, "  2 x needs PostgreSQL", id="tests"),
        pytest.param(SUITE + SKIPPED_MODULE, "  1 x needs Chromium", id="module"),
    ],
)
def test_what_was_left_out_is_listed_and_fails_under_ci_only(
    suite: str, sentence: str, tmp_path: Path
) -> None:
    here = run_suite(tmp_path, suite, ci=False)
    under_ci = run_suite(tmp_path, suite, ci=True)

    assert (here.returncode, under_ci.returncode) == (0, 1)
    assert sentence in here.stdout.splitlines()
    assert sentence in under_ci.stdout.splitlines()


@pytest.mark.parametrize("suite", [SUITE, SUITE + NOT_APPLICABLE])
def test_a_suite_that_left_nothing_out_passes_without_a_word(suite: str, tmp_path: Path) -> None:
    under_ci = run_suite(tmp_path, suite, ci=True)

    assert (under_ci.returncode, under_ci.stdout) == (0, "")
