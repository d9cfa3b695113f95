"""Authentication: from a request's bearer token, or a socket's opening message, to who asks."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import OctKey

from resolvers.access import ANONYMOUS, Viewer
from server.key_sets import KEY_TYPES, KeySet, KeySetKey
from server.known_tokens import KnownTokens
from server.settings import Settings
from server.tokens import InvalidToken, viewer_of

__all__ = ["Authenticator", "Identity", "InvalidToken", "authorization_in"]

logger = logging.getLogger(__name__)

HMAC: Final = "HS256"
MAX_TOKEN: Final = 16_384  # characters
TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
DEVELOPER: Final = Viewer("development", global_staff=True)
# Nothing here helps a forger; the log says more.
HOLDS_NOT: Final = "The token is malformed, forged, expired or for others."


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, and until when that holds; None for no end."""

    viewer: Viewer
    holds_until: datetime | None = None

    def seconds_left(self) -> float | None:
        """Return how long it holds yet, None for ever."""
        if self.holds_until is None:
            return None
        return max((self.holds_until - datetime.now(UTC)).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Knows who is asking. In development everybody is global staff, with or without a token.

    Each algorithm has its own keys, so no token chooses what it is verified with: the secret
    verifies HS256 and nothing else, the issuer's public keys what their type says.
    """

    development: bool
    secret: OctKey | None = None
    key_set: KeySet | None = None
    issuer: str | None = None
    audience: str | None = None
    leeway: int = 0
    known: KnownTokens = field(default_factory=KnownTokens, compare=False)

    @classmethod
    def of(cls, settings: Settings) -> "Authenticator":
        """Make the authenticator that the settings ask for."""
        return cls(
            development=settings.in_development,
            secret=secret_key(settings),
            key_set=None if settings.jwt_jwks_url is None else KeySet(settings.jwt_jwks_url),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            leeway=settings.jwt_leeway,
        )

    @asynccontextmanager
    async def with_keys(self) -> AsyncIterator[None]:
        """Have the issuer's keys, and keep them fresh.

        :raises KeysUnavailable: if they are needed and cannot be had.
        """
        if self.development or self.key_set is None:
            yield
            return
        async with self.key_set.kept_fresh():
            yield

    async def identify(self, authorization: str | None) -> Identity:
        """Return who sends this ``Authorization`` value, and how long one may rely on it.

        :raises InvalidToken: if there is one that does not hold.
        """
        if self.development:
            return Identity(DEVELOPER)
        if not authorization:
            return Identity(ANONYMOUS)
        if (known := self.known.find(authorization, self._keys)) is not None:
            return known
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "jwt") or not token.strip():
            raise InvalidToken("Send the token as `Authorization: Bearer TOKEN`.")
        try:
            claims = await self._claims(token.strip())
            holds_until = datetime.fromtimestamp(claims["exp"] + self.leeway, UTC)
            identity = Identity(viewer_of(claims), holds_until)
        except (InvalidToken, JoseError, ValueError, OverflowError, OSError) as error:
            reason = str(error) if isinstance(error, InvalidToken) else type(error).__name__
            logger.info("refused a token: %s", reason)
            raise InvalidToken(HOLDS_NOT) from error
        # With the keys of now: a token that was verified with those of before is verified again.
        self.known.keep(authorization, self._keys, identity)
        return identity

    @property
    def _keys(self) -> object:
        return None if self.key_set is None else self.key_set.known

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN:
            raise InvalidToken("too long")
        header = jws.extract_compact(token.encode()).headers()
        kind = header.get("typ", "JWT")
        if "crit" in header or not isinstance(kind, str) or kind.lower() not in TYPES:
            raise InvalidToken("a header that is not understood")
        claims = await self._verified(token, header)
        self._registry().validate(claims)
        if self.audience is None and "aud" in claims:
            raise InvalidToken("it names an audience, and none is set")
        return claims

    async def _verified(self, token: str, header: Mapping[str, object]) -> dict[str, Any]:
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm == HMAC:
            return _decoded(token, HMAC, [self.secret] if self.secret else [])
        if self.key_set is None or not isinstance(algorithm, str) or algorithm not in KEY_TYPES:
            raise InvalidToken("an algorithm that is not used here")
        if not isinstance(key_id, str | None):
            raise InvalidToken("a key id that is no text")
        keys = self.key_set.fitting(algorithm, key_id)
        try:
            return _decoded(token, algorithm, keys)
        except BadSignatureError:
            # Signed with a key that is named and known, it is forged. With another one it may be
            # that the issuer has new keys.
            known = key_id is not None and keys
            if known or not await self.key_set.fetched_again():
                raise
        return _decoded(token, algorithm, self.key_set.fitting(algorithm, key_id))

    def _registry(self) -> jwt.JWTClaimsRegistry:
        expected: dict[str, jwt.ClaimsOption] = {"exp": {"essential": True}}
        if self.issuer is not None:
            expected["iss"] = {"essential": True, "value": self.issuer}
        if self.audience is not None:
            expected["aud"] = {"essential": True, "value": self.audience}
        return jwt.JWTClaimsRegistry(None, self.leeway, **expected)


def _decoded(token: str, algorithm: str, keys: Sequence[OctKey | KeySetKey]) -> dict[str, Any]:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    for key in keys:
        try:
            return jwt.decode(token, key, [algorithm], registry).claims
        except BadSignatureError:
            continue
        except RecursionError:
            raise InvalidToken("too deep") from None
    raise BadSignatureError


def secret_key(settings: Settings) -> OctKey | None:
    """Return the key that tokens are signed with, None where there is no secret."""
    if settings.jwt_secret is None:
        return None
    return OctKey.import_key(settings.jwt_secret.get_secret_value())


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
