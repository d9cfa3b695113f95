"""The example operations of docs/examples."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from strawberry.types.execution import PreExecutionError

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

    @property
    def follows(self) -> bool:
        """Tell whether it is a subscription."""
        return "\nsubscription " in self.query

    async def answer(self, context: Context, **instead: object) -> dict[str, Any]:
        """Return the data of the example's answer, which must have no errors."""
        result = await schema.execute(self.query, {**self.variables, **instead}, context)
        assert result.errors is None
        assert result.data is not None
        return result.data

    async def pushed(
        self, context: Context, **instead: object
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the data of what the example, a subscription, is sent; none may have errors."""
        variables = {**self.variables, **instead}
        async with aclosing(await schema.stream(self.query, variables, context)) as results:
            async for result in results:
                assert not isinstance(result, PreExecutionError), result.errors
                assert result.errors is None
                assert result.data is not None
                yield result.data


def read(path: Path) -> Example:
    return Example(path.read_text("utf-8"), path.with_suffix(".variables.json").read_text("utf-8"))


def example(name: str) -> Example:
    return read(DOCS / "examples" / f"{name}.graphql")
