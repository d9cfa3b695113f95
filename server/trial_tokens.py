"""Tokens for trying: signed here, with the claims that Open edX would give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt

from grading import CourseKey, LearnerId
from resolvers.access import Scope
from server.auth import HMAC, secret_key
from server.settings import Settings
from server.tokens import OWN


class NoSecret(Exception):
    """There is nothing to sign a token with."""


@dataclass(frozen=True, slots=True)
class TrialToken:
    """Who a token is to be for, and what it may do. One with ``scopes`` is a service's."""

    username: str
    user_id: LearnerId | None = None
    staff: bool = False
    staff_of: Sequence[CourseKey] = ()
    scopes: Sequence[Scope] = ()
    organizations: Sequence[str] = ()
    courses: Sequence[CourseKey] = ()
    own_only: bool = False

    def claims(self) -> dict[str, object]:
        """Return what the token says, but for its times, issuer and audience."""
        filters = [f"content_org:{one}" for one in self.organizations]
        filters += [f"content_course:{one}" for one in self.courses]
        if self.own_only:
            filters.append(OWN)
        said: dict[str, object] = {
            "preferred_username": self.username,
            "user_id": self.user_id,
            "administrator": self.staff,
            "roles": [f"staff:{one}" for one in self.staff_of],
            "scopes": [one.value for one in self.scopes],
            "filters": filters,
        }
        return {claim: value for claim, value in said.items() if value not in (None, [])}


def sign(settings: Settings, trial: TrialToken, *, now: datetime, lifetime: timedelta) -> str:
    """Sign a token that a server with these settings takes.

    :raises NoSecret: if the settings have no secret to sign it with.
    """
    key = secret_key(settings)
    if key is None:
        raise NoSecret("There is no secret to sign with: set COURSEGRADE_JWT_SECRET.")
    claims = trial.claims() | {
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    if settings.jwt_issuer is not None:
        claims["iss"] = settings.jwt_issuer
    if settings.jwt_audience is not None:
        claims["aud"] = settings.jwt_audience
    return jwt.encode({"alg": HMAC}, claims, key)
