"""What the documents tell receivers to do finds true what is true, and nothing else."""

import json
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.event_log_state import BEGINNING
from db.webhooks import WebhookKind
from resolvers.delivery_requests import Outgoing, headers_of
from resolvers.webhook_terms import new_terms
from tests.docs.markdown import DOCS, blocks

EXAMPLES = {
    block.language: block.text
    for block in blocks((DOCS / "deliveries.md").read_text(encoding="utf-8"))
}
TERMS = new_terms(WebhookKind.EVENTS, "https://hooks.example.org/")
BODY = '{"who": "Zoë"}'.encode()


def sent(age: int = 0) -> dict[str, str]:
    now = datetime.fromtimestamp(time.time() - age, UTC)
    return headers_of(TERMS, Outgoing(BODY, "application/json", "1", BEGINNING), now)


def cases() -> list[tuple[str, dict[str, str], bytes, bool]]:
    return [
        (TERMS.secret, sent(), BODY, True),
        ("another", sent(), BODY, False),
        (TERMS.secret, sent(), BODY + b" ", False),
        (TERMS.secret, sent() | {"CourseGrade-Timestamp": str(int(time.time()) + 1)}, BODY, False),
        (TERMS.secret, sent(age=600), BODY, False),
        (TERMS.secret, sent() | {"CourseGrade-Signature": "v1="}, BODY, False),
    ]


def test_the_example_in_python() -> None:
    namespace: dict[str, Any] = {}
    exec(EXAMPLES["python"], namespace)  # noqa: S102
    tried = cases()

    told = [namespace["is_genuine"](secret, given, body) for secret, given, body, _ in tried]

    assert told == [expected for *_, expected in tried]


def test_the_example_in_node(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        reason = "Node is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    tried = cases()
    (tmp_path / "genuine.mjs").write_text(EXAMPLES["js"], encoding="utf-8")
    given = [
        [secret, {name.lower(): value for name, value in headers.items()}, body.decode()]
        for secret, headers, body, _ in tried
    ]
    program = (
        'import { isGenuine } from "./genuine.mjs";'
        f"console.log(JSON.stringify({json.dumps(given)}.map("
        "([secret, headers, body]) => isGenuine(secret, headers, Buffer.from(body)))));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "--eval", program],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == [expected for *_, expected in tried]


def test_a_secret_is_long_and_never_the_same() -> None:
    assert len({new_terms(WebhookKind.EVENTS, "").secret for _ in range(9)}) == 9
    assert len(TERMS.secret) >= 43
    assert TERMS.secret not in repr(TERMS)
