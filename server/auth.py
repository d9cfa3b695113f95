"""Tokens: from a request's bearer token, or a socket's opening message, to who is asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from resolvers.access import ANONYMOUS, Viewer
from server.settings import Settings

ALGORITHM = "HS256"
LEEWAY = 30  # seconds that clocks may differ
DEVELOPER = Viewer("development", global_staff=True)


class InvalidToken(Exception):
    """A token that is malformed, forged, expired or for somebody else."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, and until when that holds; None for no end."""

    viewer: Viewer
    expires_at: datetime | None = None

    def seconds_left(self) -> float | None:
        """Return how long it holds yet, None for ever; with the leeway that new requests have."""
        if self.expires_at is None:
            return None
        return max((self.expires_at - datetime.now(UTC)).total_seconds() + LEEWAY, 0.0)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Knows who is asking. In development everybody is global staff, with or without a token."""

    development: bool
    key: OctKey | None
    audience: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Authenticator":
        """Make the authenticator that the settings ask for."""
        return cls(
            development=settings.in_development,
            key=secret_key(settings),
            audience=settings.jwt_audience,
        )

    def viewer_of(self, authorization: str | None) -> Viewer:
        """Return who sends this ``Authorization`` value; nobody known where there is none.

        :raises InvalidToken: if there is one that does not hold.
        """
        return self.identify(authorization).viewer

    def identify(self, authorization: str | None) -> Identity:
        """Return who sends this ``Authorization`` value, and how long one may rely on it.

        :raises InvalidToken: if there is one that does not hold.
        """
        if self.development:
            return Identity(DEVELOPER)
        if not authorization:
            return Identity(ANONYMOUS)
        scheme, _, token = authorization.partition(" ")
        if self.key is None or scheme.lower() not in ("bearer", "jwt") or not token.strip():
            raise InvalidToken("Send the token as `Authorization: Bearer TOKEN`.")
        claims = self._claims(token.strip(), self.key)
        return Identity(_viewer(claims), _expiry(claims))

    def _claims(self, token: str, key: OctKey) -> Mapping[str, object]:
        expected: dict[str, jwt.ClaimsOption] = {"exp": {"essential": True}}
        if self.audience:
            expected["aud"] = {"essential": True, "value": self.audience}
        registry = jwt.JWTClaimsRegistry(None, LEEWAY, **expected)
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidToken("The token is malformed, forged, expired or for others.") from error
        return claims


def secret_key(settings: Settings) -> OctKey | None:
    """Return the key that tokens are signed with, None where there is no secret."""
    if settings.jwt_secret is None:
        return None
    return OctKey.import_key(settings.jwt_secret.get_secret_value())


def staff_token(settings: Settings, username: str, *, now: datetime, lifetime: timedelta) -> str:
    """Sign a token of global staff, with the claims that Open edX gives its administrators.

    :raises InvalidToken: if there is no secret to sign it with.
    """
    key = secret_key(settings)
    if key is None:
        raise InvalidToken("There is no secret to sign with: set COURSEGRADE_JWT_SECRET.")
    claims: dict[str, object] = {
        "preferred_username": username,
        "administrator": True,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    if settings.jwt_audience:
        claims["aud"] = settings.jwt_audience
    return jwt.encode({"alg": ALGORITHM}, claims, key)


def authorization_in(payload: Mapping[str, object] | None) -> str | None:
    """Find the ``Authorization`` value in a socket's opening message, None where there is none.

    Clients put it at the top or under ``headers``, in capitals or not.

    :raises InvalidToken: if it is something else than text.
    """
    places = [payload or {}]
    headers = places[0].get("headers")
    if isinstance(headers, Mapping):
        places.append(headers)
    for place in places:
        for name, value in place.items():
            if name.lower() == "authorization" and value is not None:
                if not isinstance(value, str):
                    raise InvalidToken("The authorization of connection_init must be text.")
                return value
    return None


def _expiry(claims: Mapping[str, object]) -> datetime | None:
    seconds = claims.get("exp")
    if not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError):
        return None


def _viewer(claims: Mapping[str, object]) -> Viewer:
    name = claims.get("preferred_username")
    return Viewer(
        name if isinstance(name, str) else "unnamed",
        global_staff=claims.get("administrator") is True,
    )
