"""Commands as a person gives them: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "main.py"


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a command: no settings but these."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("COURSEGRADE_")
    }
    return inherited | {"PYTHONDONTWRITEBYTECODE": "1"} | variables


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True)
class Terminal:
    """A folder to give commands in; their default database is in it."""

    folder: Path
    variables: tuple[tuple[str, str], ...] = ()

    def run(self, *arguments: str | Path) -> Told:
        """Run ``main.py`` to its end."""
        done = subprocess.run(
            [sys.executable, MAIN, *arguments],
            cwd=self.folder,
            env=environment(**dict(self.variables)),
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Told(done.returncode, done.stdout, done.stderr)

    def succeed(self, *arguments: str | Path) -> str:
        """Run ``main.py``, which must have nothing to complain of; return what it said."""
        told = self.run(*arguments)
        assert (told.status, told.errors) == (0, ""), told.errors
        return told.output

    def write(self, name: str, *lines: str) -> Path:
        """Write a file in the folder."""
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path
