"""What is measured: CourseGrade, the floor and the peers, each started as its maker says."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypedDict

from pydantic import SecretStr

from bench.databases import run_script
from bench.floor_app import DATABASE_URL
from bench.npm import install
from bench.subject import FLOOR, MERCURIUS, NAIVE, OURS, POSTGRAPHILE
from bench.target import FloorTarget, Place, PostGraphileTarget, Target
from server.serve import as_environment
from server.settings import Settings
from server.trial_tokens import TrialToken, sign

SERVE: Final = (sys.executable, "main.py", "serve")
PEERS: Final = Path(__file__).parent / "peers"
_SECRET: Final = "a secret of the bench, known to everybody"  # noqa: S105
_UVICORN: Final = (
    "import sys, uvicorn; uvicorn.run(sys.argv[1], factory=True, port=int(sys.argv[2]),"
    " log_level='warning', access_log=False)"
)


class _OnNode(TypedDict):
    command: Sequence[str]
    settings: Mapping[str, str]
    port: int
    folder: Path


def targets_on(engine: str, url: str, port: Callable[[], int], place: Place) -> Sequence[Target]:
    """Return all that run on an engine, each on a port of its own, with its packages installed."""
    found: list[Target] = [ours(url, port(), place), floor(url, port())]
    if engine == "postgres":
        found += [mercurius(url, port()), postgraphile(url, port())]
    return [*found, naive(url, port())]


def ours(url: str, port: int, place: Place) -> Target:
    """Return CourseGrade as an operator runs it."""
    settings = production(url, port)
    return Target(
        OURS, SERVE, as_environment(settings), port, headers=staff_headers(settings), place=place
    )


def production(url: str, port: int, *, sockets: int = 0) -> Settings:
    """Return an operator's settings: tokens, limits, metrics and the log are on.

    Only the rate of a user is not limited, which one load would soon exceed, and an operation has
    a minute: on a machine that is busy with other things a full queue may take as long. So many
    ``sockets``, if any, may one user have from one address.
    """
    settings = Settings(
        database_url=SecretStr(url),
        port=port,
        development=False,
        jwt_secret=SecretStr(_SECRET),
        metrics_token=SecretStr("a token of the bench"),
        rate_points_per_second=0,
        operation_timeout=60,
        log_level="info",
        log_format="json",
    )
    if not sockets:
        return settings
    allowed = ("sockets_per_user", "sockets_per_address", "sockets_per_worker")
    return settings.model_copy(update=dict.fromkeys(allowed, sockets))


def staff_headers(settings: Settings) -> Mapping[str, str]:
    """Return what a request of global staff brings along."""
    staff = TrialToken("bench", staff=True)
    token = sign(settings, staff, now=datetime.now(UTC), lifetime=timedelta(days=1))
    return {"authorization": f"Bearer {token}"}


def naive(url: str, port: int) -> Target:
    """Return Strawberry and Tortoise as a first version is written."""
    command = [sys.executable, "-c", _UVICORN, "bench.peers.naive.app:create_app", str(port)]
    return Target(NAIVE, command, {DATABASE_URL: url}, port, slow=True)


def mercurius(url: str, port: int) -> Target:
    """Return Mercurius with graphql-jit."""
    return Target(MERCURIUS, **_on_node(PEERS / "mercurius", url, port))


def postgraphile(url: str, port: int) -> Target:
    """Return PostGraphile on a schema of its own, which is made here, in our database."""
    folder = PEERS / "postgraphile"
    for script in ("shape.sql", "recording.sql"):
        run_script(url, (folder / script).read_text(encoding="utf-8"))
    return PostGraphileTarget(POSTGRAPHILE, **_on_node(folder, url, port))


def _on_node(folder: Path, url: str, port: int) -> _OnNode:
    install(folder)
    return {
        # Node comes from npm as well: its version is pinned like all else, and new enough.
        "command": [str(folder / "node_modules" / ".bin" / "node"), "server.mjs", url, str(port)],
        "settings": {"NODE_ENV": "production"},
        "port": port,
        "folder": folder,
    }


def floor(url: str, port: int) -> FloorTarget:
    """Return the least that could answer: raw driver, SQL by hand, orjson, bare ASGI."""
    command = [sys.executable, "-c", _UVICORN, "bench.floor_app:create_app", str(port)]
    return FloorTarget(FLOOR, command, {DATABASE_URL: url}, port)
