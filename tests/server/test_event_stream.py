"""The stream of grade events: which wakers a process gets, and places as a relay sends them."""

import pytest

from db.event_log_state import Place
from events.nats_wake import NatsWaker
from events.notify import PostgresWaker
from events.sqlite_watch import SqliteWaker
from server.event_stream import format_place, parse_place, wakers_of

POSTGRES = "postgres://grader:sesame@db:5432/grades"


@pytest.mark.parametrize(
    ("database_url", "nats_url", "kinds"),
    [
        ("sqlite:///grades.sqlite3", None, [SqliteWaker]),
        ("sqlite://:memory:", None, []),
        (POSTGRES, None, [PostgresWaker]),
        (POSTGRES, "nats://127.0.0.1:4222", [PostgresWaker, NatsWaker]),
    ],
)
def test_the_database_and_nats_decide_who_wakes(
    database_url: str, nats_url: str | None, kinds: list[type]
) -> None:
    assert [type(waker) for waker in wakers_of(database_url, nats_url)] == kinds


def test_with_nats_nobody_listens_to_postgresql() -> None:
    (alone,) = wakers_of(POSTGRES, None)
    announcing, _ = wakers_of(POSTGRES, "nats://127.0.0.1:4222")

    assert vars(alone)["_listens"] is True
    assert vars(announcing)["_listens"] is False


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place(2**63 - 1, 12)

    assert format_place(place) == "9223372036854775807.12"
    assert parse_place(format_place(place)) == place


@pytest.mark.parametrize("text", ["", "1", "1.", "a.b", "1.2.3"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_place(text)
