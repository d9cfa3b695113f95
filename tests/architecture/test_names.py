"""Our top-level names belong to nobody else: both doors into the program import the same code."""

import sys
from importlib.metadata import packages_distributions

OURS = {
    *("cli", "server", "schema", "resolvers", "db", "formats", "grading"),
    *("demo", "explorer", "main"),
}


def test_no_installed_distribution_owns_one_of_our_top_level_names() -> None:
    owners = packages_distributions()

    strangers = {name: set(owners.get(name, ())) - {"coursegrade"} for name in OURS}

    assert {name: found for name, found in strangers.items() if found} == {}


def test_no_top_level_name_of_ours_hides_one_of_the_standard_library() -> None:
    assert OURS & sys.stdlib_module_names == set()
