"""docs/corrections.md: its examples, one after the other, are answered as it says."""

import json

from resolvers.context import Context
from schema import schema
from tests.docs.markdown import DOCS, blocks

PAGE = DOCS / "corrections.md"


async def test_its_examples_are_answered_as_it_says(demonstration: Context) -> None:
    examples = blocks(PAGE.read_text(encoding="utf-8"))
    asked, said = examples[::2], examples[1::2]
    assert [one.language for one in asked] == ["graphql"] * 4
    assert [one.language for one in said] == ["json"] * 4

    for question, answer in zip(asked, said, strict=True):
        result = await schema.execute(question.text, None, demonstration)
        assert result.errors is None
        assert result.data == json.loads(answer.text), f"line {question.line}"
