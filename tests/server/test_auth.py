"""Authentication: who is let in, and every kind of token that is not."""

import base64
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey

from resolvers.access import ANONYMOUS, Viewer
from server.auth import DEVELOPER, Authenticator, InvalidToken
from server.settings import Settings
from server.trial_tokens import NoSecret, TrialToken, sign
from tests.server.issuer import claims, in_seconds
from tests.server.issuer import signed as signed_with

SECRET = "a secret of thirty-two characters"
HOLDS_NOT = "The token is malformed, forged, expired or for others."
SEND = "Send the token as `Authorization: Bearer TOKEN`."
ADA = TrialToken("ada", staff=True)
HOUR = timedelta(hours=1)


def settings_of(**given: Any) -> Settings:  # noqa: ANN401
    return Settings(**{"jwt_secret": SECRET, **given})


SETTINGS = settings_of()


def signed(
    content: dict[str, Any],
    *,
    secret: str = SECRET,
    algorithm: str = "HS256",
    **header: Any,  # noqa: ANN401
) -> str:
    return signed_with(content, OctKey.import_key(secret), algorithm, **header)


async def viewer(token: str, settings: Settings = SETTINGS) -> Viewer:
    return (await Authenticator.of(settings).identify(f"Bearer {token}")).viewer


async def refused(authorization: str, settings: Settings = SETTINGS) -> str:
    with pytest.raises(InvalidToken) as refusal:
        await Authenticator.of(settings).identify(authorization)
    return str(refusal.value)


async def test_a_token_of_ours_is_taken() -> None:
    token = sign(SETTINGS, ADA, now=datetime.now(UTC), lifetime=HOUR)

    assert await viewer(token) == Viewer("ada", global_staff=True)


async def test_a_token_of_ours_names_issuer_and_audience() -> None:
    settings = settings_of(jwt_audience="grades", jwt_issuer="https://lms.example.org/oauth2")
    token = sign(settings, ADA, now=datetime.now(UTC), lifetime=HOUR)

    assert await viewer(token, settings) == Viewer("ada", global_staff=True)
    assert await refused(f"Bearer {token}") == HOLDS_NOT


def test_without_a_secret_nothing_can_be_signed() -> None:
    with pytest.raises(NoSecret) as refusal:
        sign(Settings(), ADA, now=datetime.now(UTC), lifetime=HOUR)

    assert str(refusal.value) == "There is no secret to sign with: set COURSEGRADE_JWT_SECRET."


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "JWT", "jwt"])
async def test_both_schemes_of_open_edx_are_taken(scheme: str) -> None:
    authorization = f"{scheme} {signed(claims())}"

    assert (await Authenticator.of(SETTINGS).identify(authorization)).viewer.name == "ada"


@pytest.mark.parametrize("authorization", [None, ""])
async def test_who_sends_no_token_is_nobody_in_particular(authorization: str | None) -> None:
    assert (await Authenticator.of(SETTINGS).identify(authorization)).viewer == ANONYMOUS


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer   ", "a.b.c", "Basic YWRhOnNlc2FtZQ==", "Token x"],
)
async def test_a_token_is_sent_in_one_way(authorization: str) -> None:
    assert await refused(authorization) == SEND


async def test_clocks_may_differ_by_half_a_minute() -> None:
    token = signed(claims(exp=in_seconds(-15), nbf=in_seconds(15), iat=in_seconds(15)))

    assert (await viewer(token)).name == "ada"
    assert await refused(f"Bearer {token}", settings_of(jwt_leeway=5)) == HOLDS_NOT
    assert (await viewer(signed(claims(exp=in_seconds(-60))), settings_of(jwt_leeway=90))).name


async def test_an_identity_holds_until_the_token_ends_and_the_leeway_with_it() -> None:
    end = in_seconds(600)

    identity = await Authenticator.of(SETTINGS).identify(f"Bearer {signed(claims(exp=end))}")

    assert identity.holds_until == datetime.fromtimestamp(end + 30, UTC)
    left = identity.seconds_left()
    assert left is not None
    assert 500 < left <= 630


@pytest.mark.parametrize(
    ("claim", "offset"),
    [("exp", -60), ("nbf", 60), ("iat", 60)],
    ids=["expired", "not yet", "from the future"],
)
async def test_a_token_at_the_wrong_time_is_refused(claim: str, offset: int) -> None:
    assert await refused(f"Bearer {signed(claims(**{claim: in_seconds(offset)}))}") == HOLDS_NOT


NO_TIMES = ["tomorrow", True, float("nan"), float("inf"), [], {}, 1e300, 10**30, -1]


@pytest.mark.parametrize("end", [None, *NO_TIMES], ids=str)
async def test_a_token_that_never_ends_is_refused(end: object) -> None:
    assert await refused(f"Bearer {signed(claims(exp=end))}") == HOLDS_NOT


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize("time", NO_TIMES[:-1], ids=str)
async def test_a_token_that_began_at_no_time_is_refused(claim: str, time: object) -> None:
    assert await refused(f"Bearer {signed(claims(**{claim: time}))}") == HOLDS_NOT


async def test_a_token_that_names_an_audience_is_for_others_where_none_is_set() -> None:
    assert await refused(f"Bearer {signed(claims(aud='grades'))}") == HOLDS_NOT


@pytest.mark.parametrize("issuer", [None, "https://evil.example.org", "", ["https://lms"], 7])
async def test_a_token_of_another_issuer_is_refused(issuer: object) -> None:
    settings = settings_of(jwt_issuer="https://lms")

    assert await refused(f"Bearer {signed(claims(iss=issuer))}", settings) == HOLDS_NOT


async def test_a_token_of_our_issuer_is_taken() -> None:
    settings = settings_of(jwt_issuer="https://lms")

    assert (await viewer(signed(claims(iss="https://lms")), settings)).name == "ada"


@pytest.mark.parametrize("audience", [None, "courses", ["courses", "forum"], ""])
async def test_a_token_for_another_audience_is_refused(audience: object) -> None:
    settings = settings_of(jwt_audience="grades")

    assert await refused(f"Bearer {signed(claims(aud=audience))}", settings) == HOLDS_NOT


@pytest.mark.parametrize("audience", ["grades", ["courses", "grades"]])
async def test_a_token_for_our_audience_is_taken(audience: object) -> None:
    settings = settings_of(jwt_audience="grades")

    assert (await viewer(signed(claims(aud=audience)), settings)).name == "ada"


def encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


async def test_a_token_without_a_signature_is_refused() -> None:
    for algorithm in ("none", "None", "NONE"):
        token = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims())}."

        assert await refused(f"Bearer {token}") == HOLDS_NOT


async def test_a_token_signed_by_others_is_refused() -> None:
    token = signed(claims(), secret="another secret of enough characters")

    assert await refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_a_token_signed_otherwise_is_refused(algorithm: str) -> None:
    token = signed(claims(), secret=SECRET * 3, algorithm=algorithm)
    settings = settings_of(jwt_secret=SECRET * 3)

    assert await refused(f"Bearer {token}", settings) == HOLDS_NOT


async def test_a_token_whose_content_was_changed_is_refused() -> None:
    header, _, signature = signed(claims(administrator=False)).split(".")

    assert await refused(f"Bearer {header}.{encoded(claims())}.{signature}") == HOLDS_NOT


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"typ": "refresh+jwt"},
        {"typ": "secevent+jwt"},
        {"alg": ["HS256"]},
        {"alg": None},
        {"alg": "RS256", "kid": 7},
    ],
    ids=str,
)
async def test_a_header_that_is_not_understood_is_refused(header: dict[str, Any]) -> None:
    signing = f"{encoded({'alg': 'HS256', 'typ': 'JWT', **header})}.{encoded(claims())}"
    digest = hmac.digest(SECRET.encode(), signing.encode(), "sha256")
    token = f"{signing}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    assert await refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize("header", [{}, {"typ": "at+jwt"}, {"kid": "openedx"}, {"x": 1}], ids=str)
async def test_a_header_that_changes_nothing_is_taken(header: dict[str, Any]) -> None:
    registry = jws.JWSRegistry(algorithms=["HS256"], strict_check_header=False)
    key = OctKey.import_key(SECRET)
    token = jwt.encode({"alg": "HS256", **header}, claims(), key, registry=registry)

    assert (await viewer(token)).name == "ada"


async def test_a_token_may_be_long_and_not_longer() -> None:
    def padded(length: int) -> str:
        return signed(claims(note="x" * length))

    longest = (16_384 - len(padded(0))) * 3 // 4

    assert (await viewer(padded(longest))).name == "ada"
    assert await refused(f"Bearer {padded(longest + 3)}") == HOLDS_NOT


async def test_a_token_of_endless_depth_is_refused() -> None:
    payload = b'{"exp": 4102444800, "a": ' + b"[" * 6_000 + b"]" * 6_000 + b"}"
    token = jws.serialize_compact({"alg": "HS256"}, payload, OctKey.import_key(SECRET))

    assert await refused(f"Bearer {token}") == HOLDS_NOT


async def test_the_log_says_why_and_says_nothing_of_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="server.auth")
    forged = signed(claims(), secret="another secret of enough characters")

    await refused(f"Bearer {forged}")
    await refused(f"Bearer {signed(claims(exp=in_seconds(-60)))}")
    await refused(f"Bearer {signed(claims(filters=['content_pink:1']))}")

    assert caplog.messages == [
        "refused a token: BadSignatureError",
        "refused a token: ExpiredTokenError",
        "refused a token: a person's token has filters",
    ]


@pytest.mark.parametrize(
    "token",
    ["x", "a.b", "a.b.c", "a.b.c.d", "..", "é.é.é", f"{encoded({'alg': 'HS256'})}..", "x" * 20_000],
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    assert await refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize("content", [[], "ada", None, 7])
async def test_a_token_of_something_else_is_refused(content: object) -> None:
    payload = json.dumps(content).encode()
    token = jws.serialize_compact({"alg": "HS256"}, payload, OctKey.import_key(SECRET))

    assert await refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer nonsense", "Bearer a.b.c"],
)
async def test_in_development_everybody_is_global_staff(authorization: str | None) -> None:
    assert (await Authenticator.of(Settings()).identify(authorization)).viewer == DEVELOPER
    assert DEVELOPER.global_staff
