"""Settings: read once from the environment and ``.env``, each named ``COURSEGRADE_...``."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from server.delivery_settings import DeliverySettings
from server.limit_settings import LimitSettings
from server.loopback import is_loopback
from server.origins import is_origin, origins_in
from server.token_settings import TokenSettings
from server.trusted_documents import faults_of_trusted_documents

MIN_TOKEN_LENGTH = 16
DEFAULT_DATABASE_URL = "sqlite:///coursegrade.sqlite3"


class Settings(DeliverySettings, TokenSettings, LimitSettings):
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
        "on a loopback address while there is neither a secret nor a key set; PostgreSQL must ask "
        "for it; any other address refuses it.",
    )
    freeze_days: int | None = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days after a course's end when its grades freeze; `none` for never.",
    )
    services_write_frozen: bool = Field(
        default=False, description="Let services write grades that are frozen for everybody else."
    )
    event_retention_days: int | None = Field(
        default=30,
        ge=1,
        le=36_500,
        description="Days that grade events are kept; `none` for ever.",
    )
    export_hours: int = Field(
        default=24, ge=1, le=8_760, description="Hours that files of exported grades are kept."
    )
    max_body: int = Field(
        default=512_000, ge=1, le=100_000_000, description="Bytes that a request's body may have."
    )
    max_url: int = Field(
        default=8_000, ge=1, le=64_000, description="Bytes that a request's address may have."
    )
    body_timeout: float = Field(
        default=10.0, gt=0, description="Seconds within which a request's body must arrive."
    )
    operation_timeout: float = Field(
        default=10.0,
        gt=0,
        description="Seconds that a query, a mutation or one event of a subscription may take.",
    )
    compiled_execution: bool = Field(
        default=True,
        description="Compile what operations select; off, Strawberry's own executor does it all.",
    )
    kept_megabytes: int = Field(
        default=64,
        ge=0,
        le=100_000,
        description="Megabytes of written grades that a worker keeps while they stay as they are.",
    )
    operations_in_flight: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="Queries and mutations that each worker runs over HTTP at the same time.",
    )
    socket_subscriptions: int = Field(
        default=20, ge=1, le=10_000, description="Operations that one WebSocket may have open."
    )
    socket_message_size: int = Field(
        default=262_144,
        ge=1_024,
        le=16_777_216,
        description="Bytes that a message on a WebSocket may have.",
    )
    socket_message_rate: float = Field(
        default=50.0,
        gt=0,
        description="Messages a second that a client may send on a WebSocket, as a mean over five "
        "seconds.",
    )
    socket_init_timeout: float = Field(
        default=10.0, gt=0, description="Seconds that a client has for `connection_init`."
    )
    socket_lifetime: float = Field(
        default=43_200.0,
        gt=0,
        description="Seconds that a WebSocket may stay open for whose client no token ends.",
    )
    sockets_per_user: int = Field(
        default=10,
        ge=1,
        le=100_000,
        description="WebSockets that one user may have open on each worker; any number in "
        "development, where there are no users.",
    )
    sockets_per_address: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="WebSockets from one address, on each worker, that have not sent "
        "`connection_init`.",
    )
    sockets_per_worker: int = Field(
        default=1_000, ge=1, le=100_000, description="WebSockets that each worker has open."
    )
    allowed_origins: str | None = Field(
        default=None,
        description="Origins, separated by commas, whose pages may open WebSockets beside pages "
        "of the server's own host.",
    )
    nats_url: SecretStr | None = Field(
        default=None,
        description="`nats://host:4222`: on many hosts, wake servers through NATS and "
        "`main.py relay`; needs PostgreSQL.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe messages to log."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="Of the log's lines; `auto` is text on a terminal, else JSON."
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="A port of its own for `/metrics`, on the host."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=MIN_TOKEN_LENGTH,
        description="Who sends it as a bearer token gets `/metrics` on the server's own port.",
    )
    otel_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/@?#]+[^@?#]*$",
        description="`http://host:4318`: send OpenTelemetry's traces there; needs the packages of "
        "the extra `otel`.",
    )

    @property
    def on_sqlite(self) -> bool:
        """Tell whether the database is an SQLite file."""
        return self.database_url.get_secret_value().startswith("sqlite:")

    @property
    def on_loopback(self) -> bool:
        """Tell whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def in_development(self) -> bool:
        """Tell whether everybody is served as global staff."""
        if self.development is None:
            return self.on_sqlite and self.on_loopback and not self.takes_tokens
        return self.development

    @property
    def measured(self) -> bool:
        """Tell whether anybody may ask for metrics."""
        return self.metrics_port is not None or self.metrics_token is not None

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
        faults = []
        if self.workers > 1 and self.on_sqlite:
            faults.append(
                "SQLite is served by one process: set COURSEGRADE_WORKERS to 1, or use PostgreSQL."
            )
        if self.in_development and not self.on_loopback:
            faults.append(
                f"Development mode lets everybody change grades, and {self.host} can be reached "
                "from elsewhere: listen on 127.0.0.1, or set COURSEGRADE_JWT_SECRET or "
                "COURSEGRADE_JWT_JWKS_URL and leave COURSEGRADE_DEVELOPMENT off."
            )
        faults += self.faults_of_tokens(needed=not self.in_development)
        faults += self._faults_of_the_edge()
        if self.nats_url is not None:
            faults += _faults_of_nats(self.nats_url.get_secret_value(), on_sqlite=self.on_sqlite)
        return faults

    def _faults_of_the_edge(self) -> list[str]:
        faults = []
        if strange := [one for one in origins_in(self.allowed_origins) if not is_origin(one)]:
            faults.append(
                f"COURSEGRADE_ALLOWED_ORIGINS names {', '.join(strange)}: an origin is like "
                "https://example.com, with a port where it is not the usual one."
            )
        if self.trusted_documents != "off":
            faults += faults_of_trusted_documents(self.trusted_documents_file)
        if self.metrics_port is not None and self.metrics_port == self.port:
            faults.append("COURSEGRADE_METRICS_PORT must be another one than COURSEGRADE_PORT.")
        if self.otel_endpoint is not None and not _is_installed(
            "opentelemetry.exporter.otlp.proto.http"
        ):
            faults.append(
                "COURSEGRADE_OTEL_ENDPOINT needs the packages of the extra `otel`: install them, "
                "or leave the setting off."
            )
        return faults

    def faults_of_relaying(self) -> list[str]:
        """Return why the relay to NATS must not start with these settings."""
        if self.nats_url is None:
            return ["The relay needs COURSEGRADE_NATS_URL, for example nats://127.0.0.1:4222."]
        return _faults_of_nats(self.nats_url.get_secret_value(), on_sqlite=self.on_sqlite)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is part of
        return False


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
