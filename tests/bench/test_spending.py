"""On what processor time is spent: packages by their folders, shares that sum up."""

import cProfile
import time

from bench.processes import ROOT
from bench.profiled import LOOP, package_of, seconds_by_package
from bench.spending import shares


def test_files_belong_to_our_folders_to_packages_or_to_python() -> None:
    installed = "/somewhere/site-packages"

    assert package_of(str(ROOT / "grading" / "score.py")) == "grading"
    assert package_of(f"{installed}/uvicorn/server.py") == "uvicorn"
    assert package_of(f"{installed}/six.py") == "six"
    assert package_of(time.struct_time.__module__) == "Python's library"


def test_what_is_built_in_counts_where_it_is_called() -> None:
    profile = cProfile.Profile(time.thread_time)
    with profile:
        sum(range(2_000_000))

    found = seconds_by_package(profile, total=100.0)

    assert set(found) <= {"tests", LOOP, "Python's library"}
    assert abs(sum(found.values()) - 100.0) < 1e-6


def test_shares_are_said_from_the_largest_and_small_ones_together() -> None:
    spent = {"db": 6.0, "server": 3.0, "a": 0.2, "b": 0.2, "c": 0.6}

    assert shares(spent) == "db 60%, server 30%, c 6%, others 4%"
    assert shares({"db": 3.0, "server": 1.0}) == "db 75%, server 25%"
