"""CourseGrade served, with a profile of the event loop's thread between two signals.

Run as `python -m bench.profiled FILE`; SIGUSR1 begins and ends, and then the file is written.
"""

import cProfile
import json
import pstats
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench.processes import ROOT
from server.serve import serve
from server.settings import Settings

LOOP: Final = "event loop and sockets"
_BUILT_IN: Final = "~"


def seconds_by_package(profile: cProfile.Profile, total: float) -> dict[str, float]:
    """Sum up by package; what is built in counts where it is called, what is left is the loop's."""
    found: dict[str, float] = {}
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file != _BUILT_IN:
            found[package_of(file)] = found.get(package_of(file), 0.0) + own
            continue
        for (caller, _, _), (_, _, spent, _) in callers.items():
            name = LOOP if caller == _BUILT_IN else package_of(caller)
            found[name] = found.get(name, 0.0) + spent
    found[LOOP] = found.get(LOOP, 0.0) + max(0.0, total - sum(found.values()))
    return found


def package_of(file: str) -> str:
    """Name the package that a file is of: ours by its folder, others by theirs, else Python's."""
    path = Path(file)
    if "site-packages" in path.parts:
        return Path(path.parts[path.parts.index("site-packages") + 1]).stem
    return path.relative_to(ROOT).parts[0] if path.is_relative_to(ROOT) else "Python's library"


def main() -> None:
    """Serve until killed."""
    profile = cProfile.Profile(time.thread_time)
    begun: list[float] = []

    def switch(*_: object) -> None:
        if begun:
            profile.disable()
            total = time.thread_time() - begun.pop()
            Path(sys.argv[1]).write_text(json.dumps(seconds_by_package(profile, total)))
        else:
            begun.append(time.thread_time())
            profile.enable()

    signal.signal(signal.SIGUSR1, switch)
    serve(Settings())


if __name__ == "__main__":
    main()
