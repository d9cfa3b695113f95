"""The example operations of docs/examples."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from resolvers.context import Context
from schema import schema
from tests.docs.markdown import DOCS

EXAMPLES: Final = sorted((DOCS / "examples").glob("*.graphql"))


@dataclass(frozen=True)
class Example:
    query: str
    variables_text: str

    @property
    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.variables_text)
        return found

    async def answer(self, context: Context, **instead: object) -> dict[str, Any]:
        """Return the data of the example's answer, which must have no errors."""
        result = await schema.execute(self.query, {**self.variables, **instead}, context)
        assert result.errors is None
        assert result.data is not None
        return result.data


def read(path: Path) -> Example:
    return Example(path.read_text("utf-8"), path.with_suffix(".variables.json").read_text("utf-8"))


def example(name: str) -> Example:
    return read(DOCS / "examples" / f"{name}.graphql")
