"""Tokens that were verified of late: when they are verified again."""

from datetime import UTC, datetime, timedelta

import pytest

from resolvers.access import Viewer
from server import known_tokens
from server.auth import Authenticator, Identity, InvalidToken
from server.key_sets import KeySet
from server.known_tokens import KnownTokens
from tests.server.issuer import claims, issuing, key_set, rsa_key, signed

KEYS = object()


def identity(seconds: float) -> Identity:
    return Identity(Viewer("ada"), datetime.now(UTC) + timedelta(seconds=seconds))


def test_a_token_is_known_until_it_ends_and_with_its_keys_only() -> None:
    known = KnownTokens()
    ada, ended = identity(60), identity(-1)
    known.keep("ada", KEYS, ada)
    known.keep("ended", KEYS, ended)
    known.keep("for ever", KEYS, Identity(Viewer("ada")))

    assert known.find("ada", KEYS) is ada
    assert known.find("ended", KEYS) is None
    assert known.find("for ever", KEYS) is None
    assert known.find("nobody", KEYS) is None
    assert known.find("ada", object()) is None
    assert known.find("ada", KEYS) is None


def test_the_tokens_that_are_used_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_tokens, "KEPT", 2)
    known = KnownTokens()
    first, second, third = (identity(60) for _ in range(3))
    known.keep("first", KEYS, first)
    known.keep("second", KEYS, second)
    known.find("first", KEYS)
    known.keep("third", KEYS, third)

    assert [known.find(one, KEYS) for one in ("first", "second", "third")] == [first, None, third]


async def test_a_key_that_is_taken_back_ends_the_tokens_that_it_signed() -> None:
    lost, new = rsa_key("lost"), rsa_key("new")
    async with issuing([lost, new]) as issuer:
        authenticator = Authenticator(development=False, key_set=KeySet(issuer.url))
        token = f"Bearer {signed(claims(), lost, 'RS256', kid='lost')}"
        assert (await authenticator.identify(token)).viewer.name == "ada"
        assert await authenticator.identify(token) is await authenticator.identify(token)

        issuer.body = key_set(new)
        assert authenticator.key_set is not None
        await authenticator.key_set.fetch()

        with pytest.raises(InvalidToken):
            await authenticator.identify(token)
