"""An issuer of tokens: its keys, what it signs with them, and the address where they are."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

SigningKey = OctKey | RSAKey | ECKey


def in_seconds(offset: int) -> int:
    """Return an instant as tokens have it, so many seconds from now."""
    return int((datetime.now(UTC) + timedelta(seconds=offset)).timestamp())


def claims(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the claims of a valid token of global staff, changed; None leaves a claim out."""
    valid = {"preferred_username": "ada", "administrator": True, "exp": in_seconds(600)}
    return {name: value for name, value in (valid | changes).items() if value is not None}


def signed(
    content: dict[str, Any],
    key: SigningKey,
    algorithm: str = "HS256",
    **header: Any,  # noqa: ANN401
) -> str:
    """Sign a token."""
    return jwt.encode({"alg": algorithm, **header}, content, key, algorithms=[algorithm])


def rsa_key(kid: str | None = None) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid} if kid else None)


def ec_key(kid: str | None = None) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid} if kid else None)


def key_set(*keys: SigningKey) -> bytes:
    """Return the public keys as an issuer publishes them."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


@dataclass
class Issuer:
    """Answers with a body and a status, which a test may change, and counts who asks."""

    body: bytes
    status: int = 200
    asked: int = 0
    url: str = ""
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, *keys: SigningKey) -> None:
        """Publish these keys and no others."""
        self.body = key_set(*keys)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await self.hold.wait()
        head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(self.body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + self.body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def issuing(keys: Sequence[SigningKey]) -> AsyncIterator[Issuer]:
    """Publish keys at an address on this machine."""
    issuer = Issuer(key_set(*keys))
    issuer.hold.set()
    async with await asyncio.start_server(issuer.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        issuer.url = f"http://127.0.0.1:{port}/keys.json"
        yield issuer
