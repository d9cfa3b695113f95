"""Key sets: an issuer's public keys, fetched from its address and kept fresh."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from resolvers.shared_work import SharedWork
from server.loopback import is_loopback

logger = logging.getLogger(__name__)

KeySetKey = RSAKey | ECKey
KEY_TYPES: Final[Mapping[str, str]] = {"RS256": "RSA", "ES256": "EC"}

REFRESH: Final = 300.0  # seconds
PAUSE: Final = 30.0  # seconds between two requests, whatever tokens are sent
TIMEOUT: Final = 5.0  # seconds
MAX_BYTES: Final = 100_000
MAX_KEYS: Final = 50
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
# 2,048 bits: what is shorter has been factored, or soon will be.
_MIN_MODULUS: Final = 342  # characters
_PUBLIC_PARTS: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}


class KeysUnavailable(Exception):
    """An issuer's keys could not be had; the message is for operators."""


class KeySet:
    """The public keys at an address: those that were fetched last, when it does not answer.

    Asked for again every ``refresh`` seconds, and when a token needs a key that is not among
    them; but ``pause`` seconds pass between two requests, so that forgers send none.
    """

    def __init__(
        self,
        url: str,
        *,
        refresh: float = REFRESH,
        pause: float = PAUSE,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._url = url
        self._refresh = refresh
        self._pause = pause
        self._clock = clock
        self._keys: tuple[KeySetKey, ...] = ()
        self._asked_at: float | None = None
        self._asking: SharedWork[None] | None = None

    @property
    def known(self) -> tuple[KeySetKey, ...]:
        """The keys that were fetched last: another object each time."""
        return self._keys

    def fitting(self, algorithm: str, key_id: str | None) -> list[KeySetKey]:
        """Return the known keys that a token may be signed with: by its ``kid``, if it has one."""
        return [
            key
            for key in self._keys
            if key.key_type == KEY_TYPES[algorithm]
            and key.get("alg") in (None, algorithm)
            and (key_id is None or key.kid == key_id)
        ]

    async def fetch(self) -> None:
        """Ask for the keys, together with whoever asks already.

        :raises KeysUnavailable: if they could not be had; the old ones stay.
        """
        if self._asking is None:
            self._asked_at = self._clock()
            self._asking = SharedWork(self._fetch())
        asking = self._asking
        try:
            await asking.result()
        finally:
            if self._asking is asking:
                self._asking = None

    async def fetched_again(self) -> bool:
        """Ask for the keys for the sake of one token, unless somebody just did; tell whether."""
        waited = None if self._asked_at is None else self._clock() - self._asked_at
        if self._asking is None and waited is not None and waited < self._pause:
            return False
        try:
            await self.fetch()
        except KeysUnavailable as error:
            logger.warning("%s", error)
            return False
        return True

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Fetch the keys, and again from time to time.

        :raises KeysUnavailable: if they cannot be had at the beginning.
        """
        await self.fetch()
        refreshing = asyncio.create_task(self._refresh_for_ever())
        try:
            yield
        finally:
            refreshing.cancel()
            with suppress(asyncio.CancelledError):
                await refreshing

    async def _refresh_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._refresh)
            try:
                await self.fetch()
            except KeysUnavailable as error:
                logger.warning("%s The keys of before are used on.", error)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                keys = keys_in(await self._read())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
            raise KeysUnavailable(
                f"No keys were had from {self._url}: {str(error) or type(error).__name__}."
            ) from error
        if keys != self._keys:
            logger.info("%d keys from %s", len(keys), self._url)
        self._keys = keys

    async def _read(self) -> bytes:
        # No proxy is asked for what is on this machine.
        elsewhere = not is_loopback(urlsplit(self._url).hostname or "")
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, trust_env=elsewhere) as client,
            client.stream("GET", self._url, headers=_HEADERS) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"status {response.status_code}")
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError(f"more than {MAX_BYTES:,} bytes")
            return body


def keys_in(document: bytes) -> tuple[KeySetKey, ...]:
    """Return the keys of a JSON Web Key Set that tokens may be verified with, without the others.

    :raises ValueError: if it is no key set, or has no such key.
    """
    try:
        keys = orjson.loads(document)["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ValueError("no JSON Web Key Set") from None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError(f"no list of at most {MAX_KEYS} keys")
    found = tuple(key for one in keys if (key := _key(one)) is not None)
    if not found:
        raise ValueError("no RSA key of 2,048 bits or more, and no P-256 key, to verify with")
    return found


def _key(described: object) -> KeySetKey | None:
    # Never a secret one: whoever reads the address could sign with it.
    if not isinstance(described, dict) or described.get("use", "sig") != "sig":
        return None
    kind = described.get("kty")
    parts = {name: described.get(name) for name in _PUBLIC_PARTS.get(str(kind), ())}
    if not parts or not all(isinstance(part, str) for part in parts.values()):
        return None
    named = {name: described[name] for name in ("kid", "alg") if described.get(name) is not None}
    document = {"kty": kind, **parts, **named}
    try:
        if kind == "RSA":
            if len(str(parts["n"])) < _MIN_MODULUS:
                return None
            return RSAKey.import_key(document)
        return ECKey.import_key(document) if parts["crv"] == "P-256" else None
    except (JoseError, ValueError, TypeError):
        return None
