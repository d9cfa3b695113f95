"""A throw-away PostgreSQL cluster on a free port, from the machine's own server programs."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Nothing here outlives the tests, so nothing needs to reach a disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "timezone": "UTC",
}


def server_programs() -> Path | None:
    """Find the folder with initdb and pg_ctl, of the newest version there is."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name)
    )
    if installed:
        return installed[-1]
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found else None


def _server_user() -> str | None:
    """Name whom the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Run a private server; give the beginning of its databases' URLs, up to the last slash."""
    memory = Path("/dev/shm")  # noqa: S108
    folder = Path(
        tempfile.mkdtemp(prefix="coursegrade-", dir=memory if os.access(memory, os.W_OK) else None)
    )
    user = _server_user()
    if user:
        shutil.chown(folder, user)
    port = _free_port()

    def run(program: str, *arguments: str) -> None:
        # Not pipes: the server would inherit them and keep them open.
        with (folder / "output").open("ab") as output:
            done = subprocess.run(
                [str(programs / program), "-D", str(folder / "data"), *arguments],
                check=False,
                cwd=folder,
                user=user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{(folder / 'output').read_text()}")

    options = {**SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
    try:
        run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        run(
            *("pg_ctl", "start", "-w", "-l", str(folder / "log")),
            *("-o", " ".join(f"-c {name}={value}" for name, value in options.items())),
        )
        yield f"postgres://postgres@127.0.0.1:{port}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)
