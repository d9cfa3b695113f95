"""Tokens: from a request's bearer token, or a socket's opening message, to who is asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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
        if self.development:
            return DEVELOPER
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if self.key is None or scheme.lower() not in ("bearer", "jwt") or not token.strip():
            raise InvalidToken("Send the token as `Authorization: Bearer TOKEN`.")
        return _viewer(self._claims(token.strip(), self.key))

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


def _viewer(claims: Mapping[str, object]) -> Viewer:
    name = claims.get("preferred_username")
    return Viewer(
        name if isinstance(name, str) else "unnamed",
        global_staff=claims.get("administrator") is True,
    )
