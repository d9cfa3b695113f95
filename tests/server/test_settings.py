"""Settings: where they are read from, and what must not be served."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from server.limit_settings import LimitSettings
from server.serve import as_environment
from server.settings import Settings

SECRET = "a secret of thirty-two characters"
POSTGRES = "postgres://grader:sesame@db:5432/grades"
NATS = "nats://relay:sesame@nats:4222"

ONE_PROCESS = "SQLite is served by one process: set COURSEGRADE_WORKERS to 1, or use PostgreSQL."
NO_SECRET = (
    "Without development mode the server needs COURSEGRADE_JWT_SECRET or "
    "COURSEGRADE_JWT_JWKS_URL to know who is asking: set one, or COURSEGRADE_DEVELOPMENT=true on "
    "a loopback address."
)
KEY_SET = "https://lms.example.org/keys.json"
SHORT_SECRET = "COURSEGRADE_JWT_SECRET has fewer than 32 characters."


def reachable(host: str) -> str:
    return (
        f"Development mode lets everybody change grades, and {host} can be reached from "
        "elsewhere: listen on 127.0.0.1, or set COURSEGRADE_JWT_SECRET or "
        "COURSEGRADE_JWT_JWKS_URL and leave COURSEGRADE_DEVELOPMENT off."
    )


def settings(**given: Any) -> Settings:  # noqa: ANN401
    return Settings(**given)


def test_without_anything_set_it_is_a_development_server_on_this_machine() -> None:
    found = Settings()

    # Those of documents: docs/limits.md, and the test of it.
    assert found.model_dump(exclude=set(LimitSettings.model_fields)) == {
        "webhook_hosts": "",
        "webhook_private_addresses": False,
        "webhook_timeout": 10.0,
        "webhook_give_up_days": 5,
        "database_url": SecretStr("sqlite:///coursegrade.sqlite3"),
        "database_pool_size": 10,
        "database_statement_timeout": 8.0,
        "host": "127.0.0.1",
        "port": 8000,
        "workers": 1,
        "development": None,
        "jwt_secret": None,
        "jwt_jwks_url": None,
        "jwt_issuer": None,
        "jwt_audience": None,
        "jwt_leeway": 30,
        "freeze_days": 30,
        "services_write_frozen": False,
        "event_retention_days": 30,
        "export_hours": 24,
        "max_body": 512_000,
        "max_url": 8_000,
        "body_timeout": 10.0,
        "operation_timeout": 10.0,
        "compiled_execution": True,
        "kept_megabytes": 64,
        "operations_in_flight": 100,
        "socket_subscriptions": 20,
        "socket_message_size": 262_144,
        "socket_message_rate": 50.0,
        "socket_init_timeout": 10.0,
        "socket_lifetime": 43_200.0,
        "sockets_per_user": 10,
        "sockets_per_address": 100,
        "sockets_per_worker": 1_000,
        "allowed_origins": None,
        "nats_url": None,
        "log_level": "info",
        "log_format": "auto",
        "metrics_port": None,
        "metrics_token": None,
        "otel_endpoint": None,
    }
    assert found.in_development
    assert found.freeze_after == timedelta(days=30)
    assert found.faults_of_serving() == []


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": POSTGRES,
        "PORT": "9000",
        "JWT_SECRET": SECRET,
        "FREEZE_DAYS": "0",
        "DEVELOPMENT": "false",
    }.items():
        monkeypatch.setenv(f"COURSEGRADE_{name}", value)

    found = Settings()

    assert found.database_url.get_secret_value() == POSTGRES
    assert (found.port, found.freeze_after, found.development) == (9000, timedelta(0), False)
    assert found.jwt_secret is not None
    assert found.jwt_secret.get_secret_value() == SECRET


def test_a_file_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "COURSEGRADE_PORT=9000\nCOURSEGRADE_HOST=::1\nCOURSEGRADE_FREEZE_DAYS=none\n"
        "SOMEBODY_ELSES=1\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("COURSEGRADE_PORT", "9001")

    found = Settings()

    assert (found.port, found.host, found.freeze_days) == (9001, "::1", None)


def test_grades_never_freeze_where_the_environment_says_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COURSEGRADE_FREEZE_DAYS", "none")

    assert Settings().freeze_after is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("workers", "0"),
        ("workers", "257"),
        ("freeze_days", "-1"),
        ("freeze_days", "36501"),
        ("freeze_days", "never"),
        ("database_pool_size", "0"),
        ("database_statement_timeout", "0"),
        ("log_level", "chatty"),
        ("development", "perhaps"),
        ("jwt_leeway", "-1"),
        ("jwt_leeway", "301"),
        ("services_write_frozen", "sometimes"),
    ],
)
def test_a_setting_out_of_range_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"COURSEGRADE_{name.upper()}", value)

    with pytest.raises(ValidationError) as refused:
        Settings()

    (error,) = refused.value.errors()
    assert error["loc"] == (name,)


def test_settings_are_not_changed_later() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 9000


def test_no_text_about_settings_has_a_secret() -> None:
    found = settings(database_url=POSTGRES, jwt_secret=SECRET, nats_url=NATS)

    for text in (repr(found), str(found), found.model_dump_json()):
        assert "sesame" not in text
        assert SECRET not in text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_development_is_the_default_on_this_machine_alone(host: str) -> None:
    found = settings(host=host)

    assert found.in_development
    assert found.faults_of_serving() == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "grades.example.org", ""])
def test_elsewhere_tokens_are_needed(host: str) -> None:
    assert not settings(host=host).in_development
    assert settings(host=host).faults_of_serving() == [NO_SECRET]
    assert settings(host=host, jwt_secret=SECRET).faults_of_serving() == []
    assert settings(host=host, development=True).faults_of_serving() == [reachable(host)]
    assert settings(host=host, development=True, jwt_secret=SECRET).faults_of_serving() == [
        reachable(host)
    ]


def test_development_on_postgresql_must_be_asked_for() -> None:
    assert not settings(database_url=POSTGRES).in_development
    assert settings(database_url=POSTGRES).faults_of_serving() == [NO_SECRET]
    assert settings(database_url=POSTGRES, development=True).in_development
    assert settings(database_url=POSTGRES, development=True).faults_of_serving() == []


def test_a_secret_turns_development_off_unless_it_is_asked_for() -> None:
    assert not settings(jwt_secret=SECRET).in_development
    assert settings(jwt_secret=SECRET).faults_of_serving() == []
    assert settings(jwt_secret=SECRET, development=True).in_development
    assert settings(development=False).faults_of_serving() == [NO_SECRET]


def test_a_key_set_turns_development_off_unless_it_is_asked_for() -> None:
    assert not settings(jwt_jwks_url=KEY_SET).in_development
    assert settings(jwt_jwks_url=KEY_SET).faults_of_serving() == []
    assert settings(jwt_jwks_url=KEY_SET, host="0.0.0.0").faults_of_serving() == []
    assert settings(jwt_jwks_url=KEY_SET, development=True).in_development
    assert settings(jwt_jwks_url=KEY_SET, development=True, host="0.0.0.0").faults_of_serving() == [
        reachable("0.0.0.0")
    ]


@pytest.mark.parametrize(
    "address",
    [
        "https://lms.example.org/keys.json",
        "https://lms.example.org:8443/keys?set=1",
        "http://127.0.0.1:9000/keys.json",
        "http://localhost/keys.json",
        "http://[::1]:9000/",
    ],
)
def test_keys_are_had_over_https_or_from_this_machine(address: str) -> None:
    assert settings(jwt_jwks_url=address).faults_of_serving() == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "keys.json",
        "https://",
        "http://lms.example.org/keys.json",
        "http://127.0.0.1.example.org/",
        "ftp://127.0.0.1/keys.json",
        "file:///etc/keys.json",
        "https://user:sesame@lms.example.org/keys.json",
        "https://lms.example.org:port/",
    ],
)
def test_what_is_no_address_of_keys_is_a_fault(address: str) -> None:
    fault = (
        "COURSEGRADE_JWT_JWKS_URL must be like https://host/path, without a password; http: is "
        "for loopback addresses."
    )
    assert settings(jwt_jwks_url=address).faults_of_serving() == [fault]


def test_an_empty_issuer_or_audience_is_a_fault() -> None:
    assert settings(jwt_secret=SECRET, jwt_issuer="", jwt_audience="").faults_of_serving() == [
        "COURSEGRADE_JWT_ISSUER is empty: name one, or leave it off.",
        "COURSEGRADE_JWT_AUDIENCE is empty: name one, or leave it off.",
    ]


@pytest.mark.parametrize(("length", "faults"), [(31, [SHORT_SECRET]), (32, [])])
def test_a_short_secret_is_refused(length: int, faults: list[str]) -> None:
    assert settings(jwt_secret="s" * length).faults_of_serving() == faults


def test_sqlite_is_served_by_one_process() -> None:
    assert settings(workers=2).faults_of_serving() == [ONE_PROCESS]
    several = settings(workers=2, database_url=POSTGRES, jwt_secret=SECRET)
    assert several.faults_of_serving() == []


def test_all_faults_are_named_together() -> None:
    found = settings(host="0.0.0.0", workers=2, jwt_secret="short", development=True)

    assert found.faults_of_serving() == [ONE_PROCESS, reachable("0.0.0.0"), SHORT_SECRET]


def test_nats_is_for_postgresql_alone() -> None:
    on_sqlite = (
        "COURSEGRADE_NATS_URL is for many hosts, and SQLite is served by one process: leave it "
        "off, or use PostgreSQL."
    )
    fleet = settings(database_url=POSTGRES, jwt_secret=SECRET, nats_url=NATS)

    assert (fleet.faults_of_serving(), fleet.faults_of_relaying()) == ([], [])
    assert settings(nats_url=NATS).faults_of_serving() == [on_sqlite]
    assert settings(nats_url=NATS).faults_of_relaying() == [on_sqlite]
    assert settings(database_url=POSTGRES).faults_of_relaying() == [
        "The relay needs COURSEGRADE_NATS_URL, for example nats://127.0.0.1:4222."
    ]


@pytest.mark.parametrize("url", ["", "nats", "nats://", "http://nats:4222", "nats://nats:port"])
def test_what_is_no_address_of_nats_is_a_fault_that_does_not_show_it(url: str) -> None:
    fleet = settings(database_url=POSTGRES, jwt_secret=SECRET, nats_url=url)
    faults = ["COURSEGRADE_NATS_URL must be like nats://host:4222, or tls://host:4222."]

    assert fleet.faults_of_serving() == faults
    assert fleet.faults_of_relaying() == faults


def test_nats_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nats", None)
    fleet = settings(database_url=POSTGRES, jwt_secret=SECRET, nats_url=NATS)

    assert fleet.faults_of_serving() == [
        "COURSEGRADE_NATS_URL needs the package nats-py: install it, or leave the setting off."
    ]
    assert settings(database_url=POSTGRES, jwt_secret=SECRET).faults_of_serving() == []


@pytest.mark.parametrize(
    "origins", [None, "", "https://a.example", " http://[::1]:3000/ , https://b.example:443,"]
)
def test_pages_of_origins_may_be_allowed(origins: str | None) -> None:
    assert settings(allowed_origins=origins).faults_of_serving() == []


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "a.example",
        "https://a.example/page",
        "https://",
        "ws://a.example",
        "https://a:x",
        "https://[",
    ],
)
def test_what_is_no_origin_is_a_fault(origin: str) -> None:
    fault = (
        f"COURSEGRADE_ALLOWED_ORIGINS names {origin}: an origin is like https://example.com, with "
        "a port where it is not the usual one."
    )

    assert settings(allowed_origins=f"https://a.example,{origin}").faults_of_serving() == [fault]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"allowed_origins": "https://a.example,http://b.example:3000", "socket_lifetime": 60.5},
        {"metrics_token": SECRET, "metrics_port": 9100, "log_format": "json"},
        {"otel_endpoint": "http://collector:4318"},
        {"freeze_days": None},
        {"freeze_days": 0, "port": 0, "host": "::1"},
        {
            "development": False,
            "jwt_secret": SECRET,
            "jwt_jwks_url": KEY_SET,
            "jwt_issuer": "https://lms.example.org/oauth2",
            "jwt_audience": "grades",
            "jwt_leeway": 0,
            "services_write_frozen": True,
        },
        {
            "database_url": POSTGRES,
            "development": True,
            "workers": 3,
            "database_pool_size": 4,
            "database_statement_timeout": 1.5,
            "log_level": "debug",
            "nats_url": NATS,
        },
    ],
)
def test_settings_pass_through_the_environment_unchanged(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    chosen = settings(**given)

    for name, value in as_environment(chosen).items():
        monkeypatch.setenv(name, value)

    # What was left to be decided is decided: a worker must not decide otherwise.
    assert Settings() == chosen.model_copy(update={"development": chosen.in_development})


@pytest.mark.parametrize(
    ("given", "measured"),
    [({}, False), ({"metrics_port": 9100}, True), ({"metrics_token": SECRET}, True)],
)
def test_metrics_are_kept_only_where_somebody_may_ask_for_them(
    given: dict[str, Any], measured: bool
) -> None:
    assert settings(**given).measured is measured


def test_metrics_need_a_port_of_their_own() -> None:
    assert settings(port=9100, metrics_port=9100).faults_of_serving() == [
        "COURSEGRADE_METRICS_PORT must be another one than COURSEGRADE_PORT."
    ]


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://c", "http://", "http://a:b@c:4318"])
def test_traces_need_an_address_without_a_password(endpoint: str) -> None:
    with pytest.raises(ValidationError):
        settings(otel_endpoint=endpoint)


def test_traces_need_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)

    (fault,) = settings(otel_endpoint="http://collector:4318").faults_of_serving()

    assert fault == (
        "COURSEGRADE_OTEL_ENDPOINT needs the packages of the extra `otel`: install them, or leave "
        "the setting off."
    )
