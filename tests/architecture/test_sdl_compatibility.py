"""Clients of the last release still work, or CHANGELOG.md tells them what broke.

`released.graphql` is the SDL as clients last got it; `make release-sdl` writes it when a
version is released. A file and not git's history: it is there in every clone, and says the
same however the commits were cut.
"""

from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

ROOT = Path(__file__).parents[2]
RELEASED = Path(__file__).with_name("released.graphql")
CURRENT = ROOT / "schema" / "schema.graphql"
CHANGELOG = ROOT / "CHANGELOG.md"


def breaking_changes(released: str, current: str) -> list[str]:
    changes = find_breaking_changes(build_schema(released), build_schema(current))
    return sorted(change.description for change in changes)


def announced(changelog: str) -> str:
    """Return what stands under Breaking in the changelog's section of what is not yet released."""
    for section in changelog.split("\n## "):
        if section.startswith(("Unreleased", "[Unreleased]")):
            _, _, breaking = section.partition("\n### Breaking\n")
            return breaking.split("\n### ")[0]
    return ""


def test_every_breaking_change_since_the_last_release_is_announced() -> None:
    changes = breaking_changes(
        RELEASED.read_text(encoding="utf-8"), CURRENT.read_text(encoding="utf-8")
    )
    entries = announced(CHANGELOG.read_text(encoding="utf-8"))

    silent = [change for change in changes if change not in entries]

    assert silent == [], "write these sentences into CHANGELOG.md: Unreleased, Breaking"


def test_a_removed_field_is_a_breaking_change() -> None:
    released = "type Query { grade: Float, letter: String }"

    assert breaking_changes(released, "type Query { grade: Float }") == [
        "Field Query.letter was removed."
    ]


def test_an_added_field_breaks_nobody() -> None:
    assert breaking_changes("type Query { a: Int }", "type Query { a: Int, b: Int }") == []


def test_only_the_unreleased_section_announces() -> None:
    changelog = (
        "# Changelog\n\n## Unreleased\n\n### Breaking\n\n- Field A.b was removed.\n\n"
        "### Added\n\n- C\n\n## 0.1.0\n\n### Breaking\n\n- Field D.e was removed.\n"
    )

    assert announced(changelog).strip() == "- Field A.b was removed."
    assert announced("# Changelog\n\n## 0.1.0\n\n### Breaking\n\n- Field D.e was removed.\n") == ""
