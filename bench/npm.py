"""Installing the packages of a peer from npm, at the versions of its lock."""

import shutil
import subprocess
from pathlib import Path


def install(folder: Path) -> None:
    """Install what the folder's lock says, unless that is there already.

    :raises SystemExit: if there is no npm, or it fails.
    """
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed: the peers of other languages come from there.")
    print(f"Installing {folder.name} from npm ...", flush=True)
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=False)
    if done.returncode:
        raise SystemExit(f"npm could not install {folder.name}.")
