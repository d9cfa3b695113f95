"""Key sets: what an issuer's keys verify, how they are kept, and what forgers try with them."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc.jwk import OctKey
from pydantic import SecretStr

from server.app import create_app
from server.auth import Authenticator, InvalidToken
from server.key_sets import KeySet, KeysUnavailable
from server.settings import Settings
from tests.server.issuer import Issuer, claims, ec_key, issuing, key_set, rsa_key, signed
from tests.server.live_server import serving, settings_of

RSA = rsa_key("first")
EC = ec_key("curve")
OTHER_RSA = rsa_key("second")
UNNAMED_RSA = rsa_key()
SECRET = "a secret of thirty-two characters"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer with an RSA key and a P-256 key."""
    async with issuing([RSA, EC]) as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authenticator(issuer: Issuer, clock: Clock) -> Authenticator:
    """An authenticator that knows the issuer's address, and nothing else yet."""
    return Authenticator(development=False, key_set=KeySet(issuer.url, pause=30.0, clock=clock))


async def name_in(authenticator: Authenticator, token: str) -> str:
    return (await authenticator.identify(f"Bearer {token}")).viewer.name


async def refused(authenticator: Authenticator, token: str) -> bool:
    with pytest.raises(InvalidToken) as refusal:
        await authenticator.identify(f"Bearer {token}")
    return str(refusal.value) == "The token is malformed, forged, expired or for others."


async def test_tokens_of_either_algorithm_are_taken(
    authenticator: Authenticator, issuer: Issuer
) -> None:
    assert await name_in(authenticator, signed(claims(), RSA, "RS256", kid="first")) == "ada"
    assert await name_in(authenticator, signed(claims(), EC, "ES256", kid="curve")) == "ada"
    assert await name_in(authenticator, signed(claims(), RSA, "RS256")) == "ada"
    assert issuer.asked == 1


async def test_a_token_of_another_key_under_a_known_name_is_refused_without_asking_again(
    authenticator: Authenticator, issuer: Issuer, clock: Clock
) -> None:
    await name_in(authenticator, signed(claims(), RSA, "RS256", kid="first"))
    clock.now += 3_600

    assert await refused(authenticator, signed(claims(), OTHER_RSA, "RS256", kid="first"))
    assert issuer.asked == 1


async def test_the_public_key_is_no_secret_to_sign_with(issuer: Issuer) -> None:
    pem = RSA.as_pem(private=False)
    jwk = json.dumps(RSA.as_dict(private=False)).encode()
    with_secret = Authenticator(
        development=False, key_set=KeySet(issuer.url), secret=OctKey.import_key(SECRET)
    )
    for authenticator in (
        Authenticator(development=False, key_set=KeySet(issuer.url)),
        with_secret,
    ):
        assert await name_in(authenticator, signed(claims(), RSA, "RS256")) == "ada"
        for secret in (pem, jwk, str(RSA.as_dict(private=False)["n"]).encode()):
            assert await refused(authenticator, with_hmac(claims(), secret, kid="first"))


def with_hmac(content: dict[str, Any], secret: bytes, **header: str) -> str:
    """Sign with whatever bytes, as joserfc refuses to."""
    parts = ({"alg": "HS256", **header}, content)
    signing = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{signing}.{encoded(hmac.digest(secret, signing.encode(), 'sha256'))}"


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


async def test_what_is_signed_with_hmac_here_holds_where_the_secret_is_right() -> None:
    secret = OctKey.import_key(SECRET)
    authenticator = Authenticator(development=False, secret=secret)

    assert await name_in(authenticator, with_hmac(claims(), SECRET.encode())) == "ada"


async def test_secret_and_key_set_may_be_used_side_by_side(issuer: Issuer) -> None:
    secret = OctKey.import_key(SECRET)
    both = Authenticator(development=False, key_set=KeySet(issuer.url), secret=secret)

    assert await name_in(both, signed(claims(), secret)) == "ada"
    assert issuer.asked == 0
    assert await name_in(both, signed(claims(), EC, "ES256")) == "ada"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
async def test_other_algorithms_are_refused_without_asking(
    authenticator: Authenticator, issuer: Issuer, algorithm: str
) -> None:
    assert await refused(authenticator, signed(claims(), RSA, algorithm, kid="first"))
    assert issuer.asked == 0


async def test_keys_that_a_token_brings_along_are_not_used(authenticator: Authenticator) -> None:
    own = OTHER_RSA.as_dict(private=False)

    for header in (
        {"jwk": own},
        {"jku": "http://127.0.0.1:1/keys.json"},
        {"x5u": "http://127.0.0.1:1/"},
    ):
        assert await refused(authenticator, signed(claims(), OTHER_RSA, "RS256", **header))


async def test_a_new_key_is_fetched_when_the_first_token_names_it(
    authenticator: Authenticator, issuer: Issuer, clock: Clock
) -> None:
    await name_in(authenticator, signed(claims(), RSA, "RS256", kid="first"))
    issuer.publish(OTHER_RSA)
    token = signed(claims(), OTHER_RSA, "RS256", kid="second")

    assert await refused(authenticator, token)
    clock.now += 30
    assert await name_in(authenticator, token) == "ada"
    assert await refused(authenticator, signed(claims(), RSA, "RS256", kid="first"))
    assert issuer.asked == 2


async def test_a_new_key_without_a_name_is_fetched_as_well(
    authenticator: Authenticator, issuer: Issuer, clock: Clock
) -> None:
    await name_in(authenticator, signed(claims(), RSA, "RS256"))
    issuer.publish(UNNAMED_RSA)
    clock.now += 30

    assert await name_in(authenticator, signed(claims(), UNNAMED_RSA, "RS256")) == "ada"


async def test_forgers_make_it_ask_once_in_a_while_and_no_more(
    authenticator: Authenticator, issuer: Issuer, clock: Clock
) -> None:
    forged = [signed(claims(), OTHER_RSA, "RS256", kid=f"k{number}") for number in range(20)]

    for token in forged:
        assert await refused(authenticator, token)
    assert issuer.asked == 1
    clock.now += 30
    await asyncio.gather(*(refused(authenticator, token) for token in forged))
    assert issuer.asked == 2


async def test_who_asks_at_the_same_time_asks_once(
    authenticator: Authenticator, issuer: Issuer
) -> None:
    issuer.hold.clear()
    token = signed(claims(), RSA, "RS256", kid="first")
    asking = [asyncio.create_task(name_in(authenticator, token)) for _ in range(10)]
    while issuer.asked == 0:
        await asyncio.sleep(0.001)
    issuer.hold.set()

    assert await asyncio.gather(*asking) == ["ada"] * 10
    assert issuer.asked == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [7, null, {}, {"kty": "RSA"}, {"kty": "RSA", "n": "AQAB", "e": "AQ"}]}'),
        (200, b" " * 100_001),
    ],
)
async def test_the_old_keys_are_used_on_while_the_address_fails(
    authenticator: Authenticator,
    issuer: Issuer,
    clock: Clock,
    status: int,
    body: bytes,
) -> None:
    token = signed(claims(), RSA, "RS256", kid="first")
    await name_in(authenticator, token)
    issuer.status, issuer.body = status, body
    clock.now += 30

    assert await refused(authenticator, signed(claims(), OTHER_RSA, "RS256", kid="second"))
    assert await name_in(authenticator, token) == "ada"
    assert issuer.asked == 2


async def test_keys_are_fetched_again_from_time_to_time(issuer: Issuer) -> None:
    keys = KeySet(issuer.url, refresh=0.001)
    async with keys.kept_fresh():
        issuer.publish(OTHER_RSA)
        async with asyncio.timeout(10):
            while not keys.fitting("RS256", "second"):
                await asyncio.sleep(0.001)
        issuer.status = 500
        asked = issuer.asked
        async with asyncio.timeout(10):
            while issuer.asked < asked + 3:
                await asyncio.sleep(0.001)

        assert [key.kid for key in keys.fitting("RS256", None)] == ["second"]


async def test_without_keys_a_server_does_not_start(issuer: Issuer, database_url: str) -> None:
    issuer.status = 503
    url = SecretStr(database_url)
    app = create_app(Settings(jwt_jwks_url=issuer.url, database_url=url))

    with pytest.raises(KeysUnavailable) as fault:
        async with app.router.lifespan_context(app):
            pass

    assert str(fault.value) == f"No keys were had from {issuer.url}: status 503."


@pytest.mark.slow
async def test_a_server_serves_on_when_the_issuer_is_gone(
    issuer: Issuer, database_url: str
) -> None:
    settings = settings_of(database_url, development=False, jwt_jwks_url=issuer.url)
    token = signed(claims(), EC, "ES256", kid="curve")
    async with serving(settings) as server:
        asked = issuer.asked
        issuer.status = 500

        known = await server.ask("{ viewer { courses { totalCount } } }", token=token)
        forged = await server.ask("{ __typename }", token=signed(claims(), RSA, "RS256") + "x")

    assert asked == 1
    assert known["data"] == {"viewer": {"courses": {"totalCount": 0}}}
    assert [error["extensions"]["code"] for error in forged["errors"]] == ["UNAUTHENTICATED"]


async def test_nobody_answers_at_the_address() -> None:
    async with issuing([RSA]) as gone:
        url = gone.url

    with pytest.raises(KeysUnavailable) as fault:
        await KeySet(url).fetch()

    assert str(fault.value).startswith(f"No keys were had from {url}: ")


async def test_a_key_for_one_algorithm_serves_no_other(issuer: Issuer) -> None:
    document = json.loads(key_set(RSA))
    document["keys"][0]["alg"] = "RS512"
    issuer.body = json.dumps(document).encode()
    authenticator = Authenticator(development=False, key_set=KeySet(issuer.url))

    assert await refused(authenticator, signed(claims(), RSA, "RS256", kid="first"))
