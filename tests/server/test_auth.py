"""Tokens: who is let in, as whom, and every kind of token that is not."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey

from resolvers.access import ANONYMOUS, Viewer
from server.auth import DEVELOPER, Authenticator, InvalidToken, staff_token
from server.settings import Settings

SECRET = "a secret of thirty-two characters"
SETTINGS = Settings(jwt_secret=SECRET)  # type: ignore[arg-type]
HOLDS_NOT = "The token is malformed, forged, expired or for others."
SEND = "Send the token as `Authorization: Bearer TOKEN`."


def seconds(offset: int) -> int:
    """Return an instant as tokens have it, so many seconds from now."""
    return int((datetime.now(UTC) + timedelta(seconds=offset)).timestamp())


def claims(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    valid = {"preferred_username": "ada", "administrator": True, "exp": seconds(600)}
    return {name: value for name, value in (valid | changes).items() if value is not None}


def signed(content: dict[str, Any], *, secret: str = SECRET, algorithm: str = "HS256") -> str:
    key = OctKey.import_key(secret)
    return jwt.encode({"alg": algorithm}, content, key, algorithms=[algorithm])


def viewer(token: str, settings: Settings = SETTINGS) -> Viewer:
    return Authenticator.of(settings).viewer_of(f"Bearer {token}")


def refused(authorization: str, settings: Settings = SETTINGS) -> str:
    with pytest.raises(InvalidToken) as refusal:
        Authenticator.of(settings).viewer_of(authorization)
    return str(refusal.value)


def test_a_token_of_ours_is_global_staff() -> None:
    token = staff_token(SETTINGS, "ada", now=datetime.now(UTC), lifetime=timedelta(hours=1))

    assert viewer(token) == Viewer("ada", global_staff=True)


def test_a_token_of_ours_names_the_audience() -> None:
    settings = Settings(jwt_secret=SECRET, jwt_audience="grades")  # type: ignore[arg-type]
    token = staff_token(settings, "ada", now=datetime.now(UTC), lifetime=timedelta(hours=1))

    assert viewer(token, settings) == Viewer("ada", global_staff=True)


def test_without_a_secret_nothing_can_be_signed() -> None:
    with pytest.raises(InvalidToken) as refusal:
        staff_token(Settings(), "ada", now=datetime.now(UTC), lifetime=timedelta(hours=1))

    assert str(refusal.value) == ("There is no secret to sign with: set COURSEGRADE_JWT_SECRET.")


@pytest.mark.parametrize("administrator", [None, False, "true", 1, [True]])
def test_only_an_administrator_is_global_staff(administrator: object) -> None:
    token = signed(claims(administrator=administrator))

    assert viewer(token) == Viewer("ada", global_staff=False)


@pytest.mark.parametrize("name", [None, 7, ["ada"]])
def test_a_token_without_a_name_is_let_in(name: object) -> None:
    token = signed(claims(preferred_username=name))

    assert viewer(token) == Viewer("unnamed", global_staff=True)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "JWT", "jwt"])
def test_both_schemes_of_open_edx_are_taken(scheme: str) -> None:
    authorization = f"{scheme} {signed(claims())}"

    assert Authenticator.of(SETTINGS).viewer_of(authorization).name == "ada"


@pytest.mark.parametrize("authorization", [None, ""])
def test_who_sends_no_token_is_nobody_in_particular(authorization: str | None) -> None:
    assert Authenticator.of(SETTINGS).viewer_of(authorization) == ANONYMOUS


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer   ", "a.b.c", "Basic YWRhOnNlc2FtZQ==", "Token x"],
)
def test_a_token_is_sent_in_one_way(authorization: str) -> None:
    assert refused(authorization) == SEND


def test_clocks_may_differ_by_half_a_minute() -> None:
    token = signed(claims(exp=seconds(-15), nbf=seconds(15), iat=seconds(15)))

    assert viewer(token).name == "ada"


@pytest.mark.parametrize(
    ("claim", "offset"),
    [("exp", -60), ("nbf", 60), ("iat", 60)],
    ids=["expired", "not yet", "from the future"],
)
def test_a_token_at_the_wrong_time_is_refused(claim: str, offset: int) -> None:
    assert refused(f"Bearer {signed(claims(**{claim: seconds(offset)}))}") == HOLDS_NOT


@pytest.mark.parametrize("end", [None, "tomorrow"])
def test_a_token_that_never_ends_is_refused(end: str | None) -> None:
    assert refused(f"Bearer {signed(claims(exp=end))}") == HOLDS_NOT


@pytest.mark.parametrize("audience", [None, "courses", ["courses", "forum"], ""])
def test_a_token_for_another_audience_is_refused(audience: object) -> None:
    settings = Settings(jwt_secret=SECRET, jwt_audience="grades")  # type: ignore[arg-type]

    assert refused(f"Bearer {signed(claims(aud=audience))}", settings) == HOLDS_NOT


@pytest.mark.parametrize("audience", ["grades", ["courses", "grades"]])
def test_a_token_for_our_audience_is_taken(audience: object) -> None:
    settings = Settings(jwt_secret=SECRET, jwt_audience="grades")  # type: ignore[arg-type]

    assert viewer(signed(claims(aud=audience)), settings).name == "ada"


def encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_a_token_without_a_signature_is_refused() -> None:
    for algorithm in ("none", "None", "NONE"):
        token = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims())}."

        assert refused(f"Bearer {token}") == HOLDS_NOT


def test_a_token_signed_by_others_is_refused() -> None:
    token = signed(claims(), secret="another secret of enough characters")

    assert refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_otherwise_is_refused(algorithm: str) -> None:
    token = signed(claims(), secret=SECRET * 3, algorithm=algorithm)
    settings = Settings(jwt_secret=SECRET * 3)  # type: ignore[arg-type]

    assert refused(f"Bearer {token}", settings) == HOLDS_NOT


def test_a_token_whose_content_was_changed_is_refused() -> None:
    header, _, signature = signed(claims(administrator=False)).split(".")

    assert refused(f"Bearer {header}.{encoded(claims())}.{signature}") == HOLDS_NOT


@pytest.mark.parametrize(
    "token",
    ["x", "a.b", "a.b.c", "a.b.c.d", "..", "é.é.é", f"{encoded({'alg': 'HS256'})}..", "x" * 10_000],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize("content", [[], "ada", None, 7])
def test_a_token_of_something_else_is_refused(content: object) -> None:
    payload = json.dumps(content).encode()
    token = jws.serialize_compact({"alg": "HS256"}, payload, OctKey.import_key(SECRET))

    assert refused(f"Bearer {token}") == HOLDS_NOT


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer nonsense", "Bearer a.b.c"],
)
def test_in_development_everybody_is_global_staff(authorization: str | None) -> None:
    assert Authenticator.of(Settings()).viewer_of(authorization) == DEVELOPER
    assert DEVELOPER.global_staff
