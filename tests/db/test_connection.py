from pathlib import Path

import pytest

from db.connection import client, connect, connected, database_config, dialect, disconnect
from db.database_url import PostgresServer, SqliteFile, parse_database_url
from db.errors import InvalidDatabaseUrl, MissingDatabaseFolder, UnreachableDatabase
from db.sql import fetch
from db.transaction import transaction
from tests.db.counter_models import Counter

MODELS = "tests.db.counter_models"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:///grades.sqlite3", SqliteFile("grades.sqlite3")),
        ("sqlite:////var/lib/grades.sqlite3", SqliteFile("/var/lib/grades.sqlite3")),
        ("sqlite://:memory:", SqliteFile(":memory:")),
        ("postgres://u@h/d", PostgresServer("h", 5432, "d", "u", None)),
        ("postgresql://u:p%40%2F@h:1/d", PostgresServer("h", 1, "d", "u", "p@/")),
        ("postgres://u:p@[::1]:1/d", PostgresServer("::1", 1, "d", "u", "p")),
        (
            "postgres://u:p@h/d?sslmode=require",
            PostgresServer("h", 5432, "d", "u", "p", ssl="require"),
        ),
    ],
)
def test_a_url_is_read(url: str, place: SqliteFile | PostgresServer) -> None:
    assert parse_database_url(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "grades.sqlite3",
        "mysql://u:secret@h/d",
        "sqlite://grades.sqlite3",
        "sqlite:///",
        "sqlite:////",
        "sqlite:////folder/",
        "postgres://u:secret@h",
        "postgres://u:secret@/d",
        "postgres://:secret@h/d",
        "postgres://u:secret@h/d/e",
        "postgres://u:se/secret@h/d",
        "postgres://u:se#secret@h/d",
        "postgres://u:secret@h:port/d",
        "postgres://u:secret@h:99999/d",
        "postgres://u:[secret@h/d",
        "postgres://u@h/d?password=secret",
        "postgres://u:se?secret@h/d",
    ],
)
def test_a_malformed_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl) as caught:
        database_config(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.code == "DATABASE_URL_INVALID"


async def test_a_folder_that_is_missing_is_named_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(MissingDatabaseFolder, match="nowhere for the SQLite file does not exist"):
        await connect(f"sqlite:///{tmp_path}/nowhere/grades.sqlite3", models=MODELS)
    assert not (tmp_path / "nowhere").exists()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("these are notes, not grades" * 100)
    with pytest.raises(UnreachableDatabase, match="file is not a database"):
        await connect(f"sqlite:///{tmp_path}/notes.txt", models=MODELS)


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(UnreachableDatabase) as caught:
        await connect("postgres://u:secret@127.0.0.1:1/d", models=MODELS, acquire_timeout=0.2)
    assert "PostgreSQL u@127.0.0.1:1/d cannot be used" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.postgres
async def test_a_database_or_user_that_does_not_exist_is_named(postgres_server: str) -> None:
    with pytest.raises(UnreachableDatabase, match='database "nothing" does not exist'):
        await connect(f"{postgres_server}/nothing", models=MODELS)
    with pytest.raises(UnreachableDatabase, match='role "stranger" does not exist'):
        await connect(
            f"{postgres_server}/postgres".replace("postgres@", "stranger:secret@"), models=MODELS
        )


async def test_after_a_failed_attempt_one_may_connect(counters: str, tmp_path: Path) -> None:
    await disconnect()
    with pytest.raises(MissingDatabaseFolder):
        await connect(f"sqlite:///{tmp_path}/nowhere/grades.sqlite3", models=MODELS)
    async with connected(counters, models=MODELS):
        assert (await Counter.get(learner_id=7)).total == 0


async def test_a_second_connection_is_refused_and_the_first_goes_on(counters: str) -> None:
    with pytest.raises(RuntimeError, match="connected to a database already"):
        await connect(counters, models=MODELS)
    assert (await fetch("select total from counter"))[0][0] == 0


async def test_the_dialect_is_that_of_the_url(counters: str) -> None:
    assert dialect() == counters.partition(":")[0]
    async with transaction():
        assert dialect() == counters.partition(":")[0]


async def test_the_client_is_the_same_in_and_out_of_transactions(counters: str) -> None:
    outside = client()
    async with transaction(), transaction():
        assert client() is outside
