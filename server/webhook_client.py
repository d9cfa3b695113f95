"""Requests to webhooks: to the address that was checked, without redirects, cookies or proxies."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

from grading import InvalidInput
from resolvers.delivering import Answer
from resolvers.webhook_targets import Address, Target, WebhookTargets, address_of

MAX_ANSWER: Final = 1_024  # bytes that are read of it
_SHOWN: Final = 200  # characters of it that are kept
_OK: Final = range(200, 300)
_PATIENCE: Final = 1.0  # seconds for what follows an answer's status, which says it all


@dataclass
class WebhookConnection:
    """Sends requests to one webhook, over a connection that is kept open in between.

    ``patience`` is in seconds, for the whole of a request from the host's name on.
    """

    targets: WebhookTargets
    patience: float
    tls: ssl.SSLContext
    _transport: httpx.AsyncHTTPTransport | None = field(default=None, init=False)
    _connected_to: tuple[str, str, int, Address] | None = field(default=None, init=False)

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request, and say what came of it."""
        try:
            async with asyncio.timeout(self.patience):
                return await self._post(target, headers, body)
        except TimeoutError:
            await self.close()
            return Answer(None, f"There was no answer within {self.patience:g} seconds.")
        except InvalidInput as refused:
            return Answer(None, refused.message)
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            await self.close()
            return Answer(
                None, f"The request failed: {str(error) or type(error).__name__}"[:_SHOWN]
            )

    async def close(self) -> None:
        """Close the connection, where there is one."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        address = await self._address_of(target)
        place = (target.scheme, target.host, target.port, address)
        if self._transport is None or self._connected_to != place:
            # One host's certificate must not speak for another's at the same address.
            await self.close()
            self._transport = httpx.AsyncHTTPTransport(verify=self.tls, trust_env=False)
            self._connected_to = place
        request = httpx.Request(
            "POST",
            httpx.URL(
                scheme=target.scheme,
                host=str(address),
                port=target.port,
                raw_path=target.path.encode("ascii"),
            ),
            headers={**headers, "Host": target.authority, "Accept-Encoding": "identity"},
            content=body,
            # The address is connected to, and the certificate must be the host's.
            extensions={"sni_hostname": target.host},
        )
        response = await self._transport.handle_async_request(request)
        try:
            # Read of an acceptance, too: what is read to its end leaves the connection open.
            text = await _beginning_of(response)
        finally:
            await response.aclose()
        if response.status_code in _OK:
            return Answer(response.status_code)
        return Answer(response.status_code, f"{response.status_code} {text}".strip())

    async def _address_of(self, target: Target) -> Address:
        literal = address_of(target.host)
        found = [literal] if literal is not None else await _looked_up(target.host, target.port)
        refusal: InvalidInput | None = None
        for address in found:
            try:
                self.targets.require_allowed(address)
            except InvalidInput as error:
                refusal = error
            else:
                return address
        raise refusal or InvalidInput("This host has no address.", field=["url"])


async def _beginning_of(response: httpx.Response) -> str:
    received = b""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_PATIENCE):
            async for piece in response.aiter_raw(MAX_ANSWER):
                received += piece
                if len(received) >= MAX_ANSWER:
                    break
    text = received[:MAX_ANSWER].decode("utf-8", "replace")
    return "".join(one if one.isprintable() else " " for one in text)[:_SHOWN]


async def _looked_up(host: str, port: int) -> list[Address]:
    # In a thread of its own: names that take long to look up would fill the pool that all
    # webhooks share, and others would wait for them.
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def settle(addresses: list[Address] | None, error: OSError | UnicodeError | None) -> None:
        if found.done():
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(addresses or [])

    def look_up() -> None:
        addresses, failure = None, None
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [one for info in infos if (one := address_of(str(info[4][0])))]
        except (OSError, UnicodeError) as error:
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, addresses, failure)

    threading.Thread(target=look_up, name="webhook-name", daemon=True).start()
    return await found
