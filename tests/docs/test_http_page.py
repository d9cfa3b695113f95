"""The page on HTTP says what the code does: each limit, and each code."""

import re

from server.settings import Settings
from tests.docs.markdown import DOCS, ROOT, section, table

PAGE = (DOCS / "http.md").read_text(encoding="utf-8")
EDGE = (
    "http_endpoint.py",
    "negotiation.py",
    "presence.py",
    "refusals.py",
    "request_body.py",
    "request_head.py",
)
PREFIX = "COURSEGRADE_"


def test_every_limit_is_the_settings_default() -> None:
    told = {
        setting.strip("`"): float(re.sub(r"[^\d.]", "", limit))
        for _, limit, setting in table(section(PAGE, "Limits"))
        if setting
    }

    assert len(told) == 6
    assert told == {
        name: Settings.model_fields[name.removeprefix(PREFIX).lower()].default for name in told
    }


def test_every_code_of_a_refusal_is_told_with_its_status() -> None:
    source = "".join((ROOT / "server" / name).read_text(encoding="utf-8") for name in EDGE)
    raised = set(re.findall(r"Refused\(\s*(\d{3}), \"(\w+)\"", source))

    told = {(row[0], row[1].strip("`")) for row in table(PAGE[PAGE.index("| status |") :])}

    assert len(raised) == 11
    assert raised <= told
