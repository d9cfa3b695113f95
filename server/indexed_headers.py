"""Requests whose headers are found by name, and not by a search among all of them."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope


class IndexedHeaders(Headers):
    """Headers that were decoded once."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._values: dict[str, list[str]] = {}
        for name, value in self.raw:
            self._values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as a mapping's
        values = self._values.get(key.lower())
        return default if values is None else values[0]

    def getlist(self, key: str) -> list[str]:
        return self._values.get(key.lower(), [])


class IndexedRequest(Request):
    """A request with such headers."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._headers = IndexedHeaders(scope)
