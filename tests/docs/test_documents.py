"""Links lead somewhere, and the code that the documents speak of exists."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from grading import PolicyWarningCode
from tests.docs.markdown import (
    DOCS,
    DOCUMENTS,
    ROOT,
    anchors,
    code_words,
    links,
    section,
    table,
)

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)

PACKAGES = ("cli", "server", "schema", "resolvers", "db", "events", "formats", "grading", "demo")
FILE = re.compile(r"[\w./-]+/[\w.-]+\.(?:py|graphql|md|toml|csv|mjs|txt|yaml)")
NAME = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    dead = []
    for link in links(text):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = document.parent / file if file else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            dead.append(link)

    assert dead == []


@each_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    words = code_words(document.read_text(encoding="utf-8"))

    assert [word for word in words if FILE.fullmatch(word) and not (ROOT / word).exists()] == []


@each_document
def test_every_name_of_the_code_exists(document: Path) -> None:
    words = code_words(document.read_text(encoding="utf-8"))

    names = {word for word in words if NAME.fullmatch(word) and not FILE.fullmatch(word)}

    assert sorted(name for name in names if not _exists(name)) == []


def _exists(name: str) -> bool:
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            if not hasattr(found, part) and part not in getattr(found, "__annotations__", ()):
                return False
            found = getattr(found, part, None)
        return True
    return False


def test_every_decision_is_listed_with_its_title_and_has_all_parts() -> None:
    folder = DOCS / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    rows = table((folder / "README.md").read_text(encoding="utf-8"))

    assert [page.name[:4] for page in pages] == [f"{at:04}" for at in range(1, len(pages) + 1)]
    assert [row[0] for row in rows] == [f"[{page.name[:4]}]({page.name})" for page in pages]
    for page, (_, title) in zip(pages, rows, strict=True):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]}: {title}\n")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
            "Alternatives",
        ]


def test_every_warning_about_policies_is_explained() -> None:
    text = (DOCS / "grading.md").read_text(encoding="utf-8")

    rows = table(section(text, "Policies").partition("with warnings")[2])

    assert {row[0].strip("`") for row in rows} == set(PolicyWarningCode)
