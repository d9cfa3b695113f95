"""A front-end team's build: types from the committed SDL and the operations, under strict rules."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import httpx
import pytest
from graphql import parse, print_ast, validate

from tests.factories import COURSE
from tests.operations.documents import (
    SDL,
    committed_schema,
    files,
    operations,
)
from tests.server.live_server import serving, settings_of, with_course
from tests.shared_material import requires_shared

FOLDER: Final = Path(__file__).parent
PROGRAMS: Final = FOLDER / "node_modules" / ".bin"
PATIENCE: Final = 120  # seconds
PAGES: Final = ("app.ts", "jobs.ts")

pytestmark = [pytest.mark.clients, pytest.mark.slow, pytest.mark.shared, requires_shared]


def used_by(page: str) -> set[str]:
    """Return the operations whose generated documents a page asks or follows."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    return set(re.findall(r"\.(?:ask|follow)\(\s*(\w+)Document\b", text))


@dataclass(frozen=True)
class FrontEnd:
    """A folder with the pages, and with what was generated for them."""

    folder: Path

    @cached_property
    def persisted(self) -> dict[str, str]:
        """The documents by the ids that a client sends instead of them."""
        text = (self.folder / "generated" / "persisted-documents.json").read_text("utf-8")
        found: dict[str, str] = json.loads(text)
        return found

    def type_faults(self) -> list[str]:
        """Return what the type checker finds."""
        checked = subprocess.run(
            [str(PROGRAMS / "tsc"), "--project", "tsconfig.json", "--pretty", "false"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        # What explains a fault stands below it, indented.
        faults = [line for line in checked.stdout.splitlines() if not line.startswith(" ")]
        assert (checked.returncode != 0) == bool(faults), checked
        return faults


def built(folder: Path, sdl: Path) -> FrontEnd:
    """Generate the types in a folder, and copy there the pages of which no operation waits."""
    documents = folder / "operations"
    documents.mkdir()
    for name, document in files().items():
        (documents / name).write_text(print_ast(document), encoding="utf-8")
    done = subprocess.run(
        [str(PROGRAMS / "graphql-codegen"), "--config", "codegen.ts"],
        cwd=FOLDER,
        env={
            **os.environ,
            "SDL": str(sdl),
            "OPERATIONS": f"{documents}/*.graphql",
            "GENERATED": f"{folder}/generated/",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("client.ts", "tsconfig.json", *PAGES):
        shutil.copyfile(FOLDER / name, folder / name)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules", target_is_directory=True)
    return FrontEnd(folder)


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """Node and the packages."""
    if shutil.which("node") is not None and PROGRAMS.is_dir():
        return
    reason = "Node or the packages of tests/codegen are not installed (`make codegen`)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def front_end(packages: None, tmp_path_factory: pytest.TempPathFactory) -> FrontEnd:
    """The front end, built from the committed SDL."""
    return built(tmp_path_factory.mktemp("front_end"), SDL)


def test_the_pages_use_every_operation() -> None:
    assert set().union(*map(used_by, PAGES)) == set(operations())


def test_the_types_of_every_operation_hold_under_strict_rules(front_end: FrontEnd) -> None:
    assert (front_end.folder / "app.ts").is_file()
    assert front_end.type_faults() == []


def test_a_field_that_may_be_null_now_is_found_by_the_pages(tmp_path: Path) -> None:
    changed, times = re.subn(
        r"(type User implements Node \{.*?  username: String)!",
        r"\1",
        SDL.read_text(encoding="utf-8"),
        count=1,
        flags=re.DOTALL,
    )
    assert times == 1
    sdl = tmp_path / "changed.graphql"
    sdl.write_text(changed, encoding="utf-8")

    faults = built(tmp_path, sdl).type_faults()

    assert faults != []
    assert {re.sub(r"\(.*", "", fault) for fault in faults} == {"app.ts"}
    assert "'string | null | undefined' is not assignable" in faults[0]


def test_the_persisted_documents_are_the_operations_and_valid(front_end: FrontEnd) -> None:
    faults = {
        name: validate(committed_schema(), parse(text))
        for name, text in front_end.persisted.items()
    }
    names = [
        re.findall(r"\b(?:query|mutation|subscription) (\w+)", text)
        for text in front_end.persisted.values()
    ]

    assert all(re.fullmatch("[0-9a-f]{40}", name) for name in front_end.persisted)
    assert [fault for fault in faults.values() if fault] == []
    assert sorted(names) == sorted([name] for name in operations())


async def test_a_server_of_trusted_documents_alone_takes_each_by_its_id(
    front_end: FrontEnd, database_url: str
) -> None:
    path = front_end.folder / "generated" / "persisted-documents.json"
    settings = settings_of(database_url, trusted_documents="only", trusted_documents_file=path)
    (editor,) = [
        name for name, text in front_end.persisted.items() if text.startswith("query PolicyEditor")
    ]
    async with serving(settings) as live, httpx.AsyncClient() as client:
        await with_course()

        async def codes_of(**body: object) -> set[str]:
            answer = (await client.post(live.graphql, json=body)).json()
            return {error["extensions"]["code"] for error in answer.get("errors", [])}

        variables = {"courseKey": COURSE}
        assert await codes_of(documentId=editor, variables=variables) == set()
        # The others lack variables, or are subscriptions: but they are known.
        for name in front_end.persisted:
            assert "DOCUMENT_NOT_TRUSTED" not in await codes_of(documentId=name)
        assert await codes_of(query="{ __typename }") == {"DOCUMENT_NOT_TRUSTED"}
