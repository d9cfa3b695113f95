"""Which of the database's troubles pass by themselves, and what is told of them."""

import pytest

from db.errors import (
    DBConnectionError,
    IntegrityError,
    OperationalError,
    RetryableError,
    StatementTimeout,
)
from resolvers.outages import CONTENDED, TIMED_OUT, UNAVAILABLE, Outage, outage_of


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (StatementTimeout("canceling statement"), TIMED_OUT),
        (RetryableError("deadlock detected"), CONTENDED),
        (DBConnectionError("connection refused"), UNAVAILABLE),
        (OperationalError("no such table"), None),
        (IntegrityError("not null"), None),
        (RuntimeError("a bug"), None),
    ],
)
def test_a_trouble_that_passes_is_told_from_a_bug(error: Exception, outage: Outage | None) -> None:
    assert outage_of(error) == outage
