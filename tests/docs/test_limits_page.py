"""What the page of limits says is so: settings, defaults, codes, and the cost that it shows."""

import json
import re

from schema import schema
from schema.limits import CODES
from server.limit_settings import LimitSettings
from tests.docs.markdown import ROOT, blocks, section, table
from tests.schema.test_operations import GRADEBOOK, operation

TEXT = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = table(section(TEXT, "Measures"))


def test_its_table_is_that_of_the_code() -> None:
    assert [row[:3] for row in ROWS] == [
        [
            f"`COURSEGRADE_{name.upper()}`",
            "" if field.default is None else f"`{field.default}`",
            field.description,
        ]
        for name, field in LimitSettings.model_fields.items()
    ]


def test_every_code_of_a_refused_document_is_told() -> None:
    assert set(re.findall(r"`([A-Z_]+)`", " ".join(row[3] for row in ROWS))) == {
        *CODES,
        "DOCUMENT_NOT_TRUSTED",
        "GRAPHQL_VALIDATION_FAILED",
        "RATE_LIMITED",
    }


def test_the_cost_that_it_shows_is_that_of_a_gradebook_page() -> None:
    (shown,) = [json.loads(block.text) for block in blocks(TEXT) if block.language == "json"]
    document = schema.documents.read(operation(GRADEBOOK))
    (page,) = document._operations.values()

    assert shown == {"cost": {"requested": page.price.with_variables({}), "limit": 5_000}}
