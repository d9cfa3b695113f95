"""What the README says is so: examples and answers, commands, settings, columns, folders."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.main import get_group

from cli.app import app
from events import EventStream
from formats.csv_rows import Columns
from formats.learners_csv import LEARNER_COLUMNS
from formats.scores_csv import SCORE_COLUMNS
from resolvers.context import Context
from server.event_stream import GradeEventLog
from server.limit_settings import LimitSettings
from server.settings import Settings
from tests.docs.examples import EXAMPLES, Example, example, read
from tests.docs.markdown import DOCUMENTS, README, ROOT, blocks, section, table

TEXT = README.read_text(encoding="utf-8")
COMMANDS = get_group(app).commands
PATIENCE = 30.0  # seconds


def _shown() -> list[tuple[Example, object]]:
    """Return the README's operations with their variables, and the answers printed below them."""
    found = [block for block in blocks(TEXT) if block.language in {"graphql", "json"}]
    assert [block.language for block in found] == ["graphql", "json", "json"] * 3
    return [
        (Example(query.text, variables.text), json.loads(answer.text))
        for query, variables, answer in zip(found[::3], found[1::3], found[2::3], strict=True)
    ]


def test_its_operations_are_those_of_the_examples_to_the_letter() -> None:
    examples = [read(path) for path in EXAMPLES]

    assert [shown in examples for shown, _ in _shown()] == [True, True, True]


async def test_its_answers_are_the_true_ones(demonstration: Context) -> None:
    for shown, answer in _shown():
        assert {"data": await shown.answer(demonstration)} == answer


async def test_its_curl_commands_ask_something_that_is_answered(demonstration: Context) -> None:
    question, stream = [
        json.loads(body)["query"] for body in re.findall(r"-d '(.*?)'\n", TEXT, re.DOTALL)
    ]

    assert await Example(question, "{}").answer(demonstration) == {
        "courseGrade": {"displayPercent": "80%"}
    }
    async with EventStream(GradeEventLog()) as events, asyncio.timeout(PATIENCE):
        context = replace(demonstration, events=events)
        async with aclosing(Example(stream, "{}").pushed(context)) as pushed:
            upcoming = asyncio.ensure_future(anext(pushed))
            while not events.followers:
                await asyncio.sleep(0.001)
            await example("05_record_scores").answer(context)
            event = (await upcoming)["gradeEvents"]
    assert (event["__typename"], event["learner"]) == (
        "SubsectionGradeChanged",
        {"fullName": "Saoirse Kinnevan"},
    )


@pytest.mark.clients
@pytest.mark.slow
async def test_its_program_begins_without_a_gap_and_is_told_of_a_change(live_server: str) -> None:
    clients = ROOT / "tests" / "clients"
    if shutil.which("node") is None or not (clients / "node_modules").is_dir():
        reason = "Node or the clients' packages are not installed (`make clients`)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    (program,) = [block.text for block in blocks(TEXT) if block.language == "js"]
    place = live_server.removeprefix("http://")
    watching = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "--eval", program.replace("127.0.0.1:8000", place)),
        cwd=clients,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert watching.stdout is not None
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
            assert await watching.stdout.readline() == b"58 learners\n"
            # At least one of the two changes the grade, whoever has used the server before.
            for points in (0, 1):
                await http.post(f"{live_server}/graphql", json=_handing_in(points))
            line = await watching.stdout.readline()
    finally:
        watching.kill()
        await watching.wait()

    assert re.fullmatch(rb"Saoirse Kinnevan 0\.(78|81)\n", line)


def _handing_in(points: int) -> dict[str, object]:
    recording = example("05_record_scores")
    variables = recording.variables
    for score in variables["input"]["scores"]:
        score |= {"scoreGiven": points, "timestamp": datetime.now(UTC).isoformat()}
    return {"query": recording.query, "variables": variables}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_document_names_exists_with_its_options(document: Path) -> None:
    calls = re.findall(r"main\.py ([^\n`|]+)", document.read_text(encoding="utf-8"))
    for call in calls:
        name, *words = call.split()
        if name == "--help":
            continue
        known = {option for each in COMMANDS[name].params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, call


def test_every_command_is_in_the_readme() -> None:
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", TEXT)] == []


def test_every_make_target_that_a_document_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(
            r"(?:`|^)make ([a-z-]+)", document.read_text("utf-8"), re.MULTILINE
        )
    }

    assert {"run", "test"} <= named
    assert named <= targets


def _default(field: FieldInfo) -> str:
    value = field.default
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "" if text is None else f"`{text}`"


def test_the_table_of_settings_is_that_of_the_code() -> None:
    assert table(section(TEXT, "Settings")) == [
        [f"`COURSEGRADE_{name.upper()}`", _default(field), field.description]
        for name, field in Settings.model_fields.items()
        if name not in LimitSettings.model_fields  # docs/limits.md
    ]


@pytest.mark.parametrize(
    ("file", "columns"), [("learners.csv", LEARNER_COLUMNS), ("scores.csv", SCORE_COLUMNS)]
)
def test_the_columns_of_a_file_are_those_that_are_read(file: str, columns: Columns) -> None:
    rows = table(TEXT.partition(f"`{file}`:\n")[2])

    assert sorted(row[0].strip("`") for row in rows) == sorted(columns.known)
    required = {row[0].strip("`") for row in rows if row[1].endswith("required")}
    assert required - set(columns.either) == set(columns.required)


def test_the_map_lists_every_folder_of_the_repository() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("needs git and a work tree of it")
    folders = {
        name.split("/")[0]
        for name in listing.stdout.split("\0")
        if "/" in name and not name.startswith(".") and (ROOT / name).is_file()
    }

    listed = [row[0] for row in table(section(TEXT, "Where things are"))]

    assert sorted(listed) == sorted(f"[{name}/]({name})" for name in folders)


def test_compose_takes_what_the_readme_writes_into_its_env_file() -> None:
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    written = re.findall(r'^echo "(\w+)=.*>> \.env$', TEXT, re.MULTILINE)

    assert written == ["POSTGRES_PASSWORD", "COURSEGRADE_JWT_SECRET"]
    assert [name for name in written if f"${{{name}:?" not in compose] == []
