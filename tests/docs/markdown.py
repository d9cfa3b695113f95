"""Pieces of our own Markdown files: fenced blocks, tables, links, what is set in code type."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
DOCS: Final = ROOT / "docs"
DOCUMENTS: Final = [
    README,
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.rglob("*.md")),
]

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks, each with the number of the line before its first."""
    return [
        Block(match[1], match[2], document.count("\n", 0, match.start(2)))
        for match in _BLOCK.finditer(document)
    ]


def prose(document: str) -> str:
    """Return a document without its fenced blocks."""
    return _BLOCK.sub("", document)


def section(document: str, title: str) -> str:
    """Return what stands under a heading, up to the next one of any level."""
    _, found, rest = document.partition(f"# {title}\n")
    assert found, f"there is no heading {title!r}"
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str) -> list[list[str]]:
    """Return the rows of the first table of a text, without its head."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def links(document: str) -> list[str]:
    """Return where the links and pictures of a document lead."""
    return _LINK.findall(prose(document))


def anchors(document: str) -> set[str]:
    """Return the anchors that a Markdown viewer makes of the headings."""
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(prose(document))]
    return {title.replace(" ", "-") for title in plain}


def code_words(document: str) -> list[str]:
    """Return what is set in code type within the prose."""
    return _CODE.findall(prose(document))
