"""Running operations as the server does, and looking at what they leave behind."""

import inspect
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise import Model

from db import models
from db.event_log import LoggedEvent
from db.event_log_state import Place
from db.sql import fetch
from events import EventStream
from resolvers.access import ANONYMOUS, Viewer
from resolvers.context import Context
from schema import schema
from schema.limits import Limits, enforce
from tests.schema.heat import NOW

STAFF: Final = Viewer("staff", global_staff=True)
FREEZE_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True)
class Asking:
    """Who asks, and when."""

    viewer: Viewer = STAFF
    now: datetime = NOW
    freeze_after: timedelta | None = FREEZE_AFTER
    request_id: str = "request-1"
    events: EventStream[LoggedEvent, Place] | None = None

    def context(self) -> Context:
        return Context(
            viewer=self.viewer,
            now=lambda: self.now,
            freeze_after=self.freeze_after,
            request_id=self.request_id,
            events=self.events,
        )


AS_STAFF: Final = Asking()
AS_NOBODY: Final = Asking(viewer=ANONYMOUS)


def without_limits() -> None:
    """Let a test ask for as much as it likes, until it ends."""
    enforce(
        Limits(
            characters=10**6,
            tokens=10**6,
            depth=100,
            aliases=10**5,
            fields=10**5,
            repeats=10**5,
            cost=10**6,
        )
    )


async def response(
    document: str,
    variables: dict[str, Any] | None = None,
    asking: Asking = AS_STAFF,
    operation_name: str | None = None,
) -> dict[str, Any]:
    """Execute a document; return ``data`` and, where there are any, ``errors``."""
    result = await schema.execute(
        document, variables, asking.context(), operation_name=operation_name
    )
    errors = [
        {
            "message": error.message,
            "path": error.path,
            "code": (error.extensions or {}).get("code"),
        }
        for error in result.errors or []
    ]
    return {"data": result.data} | ({"errors": errors} if errors else {})


async def data(document: str, asking: Asking = AS_STAFF, /, **variables: object) -> dict[str, Any]:
    """Return the data of a document that must be answered without errors."""
    answered = await response(document, variables, asking)
    assert "errors" not in answered, answered["errors"]
    answer: dict[str, Any] = answered["data"]
    return answer


async def refusal(
    document: str, asking: Asking = AS_STAFF, /, **variables: object
) -> dict[str, Any]:
    """Return the one error of a document that must be refused, and leave everything as it is."""
    before = await everything_stored()
    answered = await response(document, variables, asking)
    (error,) = answered["errors"]
    assert await everything_stored() == before
    assert isinstance(error, dict)
    return error


async def refused_change(
    document: str, asking: Asking = AS_STAFF, /, **variables: object
) -> dict[str, Any]:
    """Return the payload of a mutation that must leave everything as it is."""
    before = await everything_stored()
    (payload,) = (await data(document, asking, **variables)).values()
    assert await everything_stored() == before
    assert isinstance(payload, dict)
    return payload


async def everything_stored() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    tables = sorted(
        str(model._meta.db_table)
        for _, model in inspect.getmembers(models, inspect.isclass)
        if issubclass(model, Model) and model is not Model
    )
    return {
        table: [tuple(row) for row in await fetch(f"select * from {table} order by 1")]
        for table in tables
    }
