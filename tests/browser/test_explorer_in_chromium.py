"""The explorer in a real Chromium, on a real server with the demonstration course."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str | None:
    """Return what the check lacks on this machine, None where it can run."""
    if shutil.which("node") is None:
        return "Node"
    if not (HERE / "node_modules").is_dir():
        return "the packages of tests/browser (run `npm ci` there)"
    if not (HERE.parents[1] / "explorer" / "dist" / "index.html").is_file():
        return "a built explorer (run `make explorer`)"
    if not (os.environ.get("CHROMIUM") or any(map(shutil.which, BROWSERS))):
        return "Chromium"
    return None


@pytest.mark.browser
def test_a_person_can_run_the_examples(live_server: str, tmp_path: Path) -> None:
    if (lacking := missing()) is not None:
        reason = f"needs {lacking}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    done = subprocess.run(
        ["node", HERE / "explorer.check.mjs", live_server, tmp_path],
        check=False,
        capture_output=True,
        text=True,
        timeout=150,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["examples"] > 0
    assert (tmp_path / seen["screenshot"]).stat().st_size > 20_000
