"""Settings: read once from the environment and ``.env``, each named ``COURSEGRADE_...``."""

from datetime import timedelta
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from server.delivery_settings import DeliverySettings

MIN_SECRET_LENGTH = 32
DEFAULT_DATABASE_URL = "sqlite:///coursegrade.sqlite3"


class Settings(DeliverySettings):
    """What an operator can choose."""

    model_config = SettingsConfigDict(
        env_prefix="COURSEGRADE_", env_file=".env", extra="ignore", frozen=True
    )

    database_url: SecretStr = Field(
        default=SecretStr(DEFAULT_DATABASE_URL),
        description="`sqlite:///file`, or `postgres://user:password@host:port/name`.",
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=1000, description="PostgreSQL connections of each worker."
    )
    database_statement_timeout: float = Field(
        default=8.0, gt=0, description="Seconds that one statement may take on PostgreSQL."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on.")
    workers: int = Field(
        default=1, ge=1, le=256, description="Processes that serve; SQLite allows one."
    )
    development: bool | None = Field(
        default=None,
        description="Serve everybody as global staff, without tokens. On by default with SQLite "
        "on a loopback address while there is no secret; PostgreSQL must ask for it; any other "
        "address refuses it.",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        description="The secret, at least 32 characters, that HS256 tokens are signed with.",
    )
    jwt_audience: str | None = Field(
        default=None, description="The audience that tokens must name, when set."
    )
    freeze_days: int | None = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days after a course's end when its grades freeze; `none` for never.",
    )
    event_retention_days: int | None = Field(
        default=30,
        ge=1,
        le=36_500,
        description="Days that grade events are kept; `none` for ever.",
    )
    socket_subscriptions: int = Field(
        default=20, ge=1, le=10_000, description="Operations that one WebSocket may have open."
    )
    nats_url: SecretStr | None = Field(
        default=None,
        description="`nats://host:4222`: on many hosts, wake servers through NATS and "
        "`main.py relay`; needs PostgreSQL.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe messages to log."
    )

    @property
    def on_sqlite(self) -> bool:
        """Tell whether the database is an SQLite file."""
        return self.database_url.get_secret_value().startswith("sqlite:")

    @property
    def on_loopback(self) -> bool:
        """Tell whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def in_development(self) -> bool:
        """Tell whether everybody is served as global staff."""
        if self.development is None:
            return self.on_sqlite and self.on_loopback and self.jwt_secret is None
        return self.development

    @property
    def freeze_after(self) -> timedelta | None:
        """Return how long after a course's end its grades freeze, None for never."""
        return None if self.freeze_days is None else timedelta(days=self.freeze_days)

    @property
    def event_retention(self) -> timedelta | None:
        """Return how long grade events are kept, None for ever."""
        days = self.event_retention_days
        return None if days is None else timedelta(days=days)

    @property
    def explorer_dist(self) -> Path:
        """Return where the explorer is built to."""
        return Path(__file__).parent.parent / "explorer" / "dist"

    @model_validator(mode="before")
    @classmethod
    def _none_in_words(cls, values: dict[str, object]) -> dict[str, object]:
        days = ("freeze_days", "event_retention_days")
        return {
            name: None if name in days and value == "none" else value
            for name, value in values.items()
        }

    def faults_of_serving(self) -> list[str]:
        """Return why a server must not start with these settings, nothing where it may."""
        secret = self.jwt_secret
        faults = []
        if self.workers > 1 and self.on_sqlite:
            faults.append(
                "SQLite is served by one process: set COURSEGRADE_WORKERS to 1, or use PostgreSQL."
            )
        if self.in_development and not self.on_loopback:
            faults.append(
                f"Development mode lets everybody change grades, and {self.host} can be reached "
                "from elsewhere: listen on 127.0.0.1, or set COURSEGRADE_JWT_SECRET and leave "
                "COURSEGRADE_DEVELOPMENT off."
            )
        if not self.in_development and secret is None:
            faults.append(
                "Without development mode the server needs COURSEGRADE_JWT_SECRET to know who is "
                "asking: set it, or COURSEGRADE_DEVELOPMENT=true on a loopback address."
            )
        if secret is not None and len(secret.get_secret_value()) < MIN_SECRET_LENGTH:
            faults.append(f"COURSEGRADE_JWT_SECRET has fewer than {MIN_SECRET_LENGTH} characters.")
        if self.nats_url is not None:
            faults += _faults_of_nats(self.nats_url.get_secret_value(), on_sqlite=self.on_sqlite)
        return faults

    def faults_of_relaying(self) -> list[str]:
        """Return why the relay to NATS must not start with these settings."""
        if self.nats_url is None:
            return ["The relay needs COURSEGRADE_NATS_URL, for example nats://127.0.0.1:4222."]
        return _faults_of_nats(self.nats_url.get_secret_value(), on_sqlite=self.on_sqlite)


def _faults_of_nats(url: str, *, on_sqlite: bool) -> list[str]:
    faults = []
    if on_sqlite:
        faults.append(
            "COURSEGRADE_NATS_URL is for many hosts, and SQLite is served by one process: leave it "
            "off, or use PostgreSQL."
        )
    if not _is_nats_url(url):
        faults.append(
            "COURSEGRADE_NATS_URL must be like nats://host:4222, or tls://host:4222."
        )  # without its value, which may have a password
    if find_spec("nats") is None:
        faults.append(
            "COURSEGRADE_NATS_URL needs the package nats-py: install it, or leave the setting off."
        )
    return faults


def _is_nats_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"nats", "tls"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
