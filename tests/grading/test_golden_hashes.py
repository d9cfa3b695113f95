"""Hashes of policies and of visible blocks against Open edX's."""

from typing import Any

import pytest

from grading import VisibleBlock, parse_policy, policy_of, visible_blocks_digest
from grading.digest import canonical_json
from tests.shared_material import golden

pytestmark = pytest.mark.shared

HASHES = golden("hashes.json")


def test_no_hash_is_left_out() -> None:
    assert {name: len(rows) for name, rows in HASHES.items() if name != "format"} == {
        "grading_policy_hash": 8,
        "visible_blocks_hash": 6,
    }


@pytest.mark.parametrize("row", HASHES["grading_policy_hash"])
def test_a_policys_hash_is_open_edxs(row: dict[str, Any]) -> None:
    read = policy_of(row["policy"])

    assert canonical_json(row["policy"]) == row["canonical_json"]
    assert read.hash == row["hash"]
    assert parse_policy(read.source).hash == row["hash"]


@pytest.mark.parametrize("row", HASHES["visible_blocks_hash"])
def test_the_hash_of_visible_blocks_is_open_edxs(row: dict[str, Any]) -> None:
    blocks = [
        VisibleBlock(block["locator"], block["weight"], block["raw_possible"], block["graded"])
        for block in row["blocks"]
    ]

    assert visible_blocks_digest(row["course_key"], blocks) == row["hash"]
