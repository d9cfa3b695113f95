"""Where requests may go to: what is checked before, and what they are connected to."""

import asyncio
import socket
import ssl
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from grading import InvalidInput
from resolvers.webhook_targets import NO_TARGETS, WebhookTargets
from server.webhook_client import WebhookConnection
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.running import LOOPBACK

EVERYWHERE = WebhookTargets(("*",))
SOME = WebhookTargets(("hooks.example.org", "*.example.net"))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/a?b=c",
        "https://HOOKS.example.org./",
        "https://a.example.net",
        "https://a.b.example.net:8443/",
    ],
)
def test_hosts_that_are_named_are_allowed(url: str) -> None:
    assert SOME.target_of(url).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.net/",
        "https://evilexample.net/",
        "https://hooks.example.org.evil.example/",
        "https://example.org/",
        "https://evil.example#.example.net",
        "https://a.example.net@evil.example/",
        "https://evil.example\\.example.net/",
    ],
)
def test_other_hosts_are_refused_however_they_are_spelled(url: str) -> None:
    with pytest.raises(InvalidInput):
        SOME.target_of(url)


def test_nothing_is_allowed_by_default() -> None:
    with pytest.raises(InvalidInput, match="COURSEGRADE_WEBHOOK_HOSTS"):
        NO_TARGETS.target_of("https://hooks.example.org/")


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks", "ftp://a.example/", "//a.example/", "file:///etc/passwd", "https://"),
        *("https://a b/", "https://a.example/\r\nX: y", "https://ä.example/", "https://[::1/"),
        *("https://a.example:0/", "https://a.example:99999/", "https://user:pw@a.example/"),
        *("http://a.example/", "http://127.0.0.1/", "http://localhost/", "https://%61.example/"),
        "https://a.example/" + "x" * 2_000,
    ],
)
def test_what_is_no_safe_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        EVERYWHERE.target_of(url)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[fec0::1]", "[2001:db8::1]"),
        *("[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]"),
        "[2001::1]",
    ],
)
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    with pytest.raises(InvalidInput):
        EVERYWHERE.target_of(f"https://{host}/")


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::808:808]"])
def test_public_addresses_are_allowed(host: str) -> None:
    assert EVERYWHERE.target_of(f"https://{host}/").port == 443


def test_even_with_private_addresses_plain_http_is_for_loopback_only() -> None:
    private = WebhookTargets(("*",), private=True)

    assert private.target_of("http://127.0.0.1:8080/").port == 8080
    assert private.target_of("http://localhost/").port == 80
    for url in ("http://10.0.0.1/", "http://a.example/", "https://0.0.0.0/", "https://[ff02::1]/"):
        with pytest.raises(InvalidInput):
            private.target_of(url)


def resolving_to(*addresses: str) -> Any:  # noqa: ANN401
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (one, port)) for one in addresses]

    return getaddrinfo


async def post(targets: WebhookTargets, url: str, patience: float = 3.0) -> str:
    connection = WebhookConnection(targets, patience, ssl.create_default_context())
    try:
        answer = await connection.post(targets.target_of(url), {}, b"{}")
    finally:
        await connection.close()
    return answer.error


@pytest.mark.parametrize("name", ["inside.example", "2130706433", "0x7f.1", "127.1"])
async def test_a_name_that_leads_inside_is_refused_after_it_is_looked_up(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("127.0.0.1", "10.0.0.1", "::1"))

    assert "private" in await post(EVERYWHERE, f"https://{name}/")


async def test_a_request_goes_to_the_address_that_was_checked_with_the_hosts_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up: list[str] = []

    def rebinding(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        address = "127.0.0.1" if len(looked_up) == 1 else "10.255.255.1"
        return [(2, 1, 6, "", (address, port))]

    async with receiving() as receiver:
        monkeypatch.setattr("server.webhook_client.socket.getaddrinfo", rebinding)
        assert not await post(LOOPBACK, f"http://localhost:{receiver.port}/a?b=c")

    assert looked_up == ["localhost"]
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"


async def test_an_answer_that_never_ends_is_not_read_to_its_end() -> None:
    async def endless() -> Any:  # noqa: ANN401
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)

    async with receiving(Receiver(answer=lambda _: StreamingResponse(endless(), 500))) as receiver:
        assert (await post(LOOPBACK, receiver.url)).startswith("500 xxx")


async def test_a_certificate_that_is_not_the_hosts_is_refused() -> None:
    async with receiving() as receiver:  # which does not even speak TLS
        assert "The request failed" in await post(LOOPBACK, f"https://localhost:{receiver.port}/")
