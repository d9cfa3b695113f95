import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import nats
import pytest
from nats.aio.msg import Msg

from db.event_log import LoggedEvent
from db.event_log_state import Place
from events import EventStream, Pace, Waker
from events.nats_wake import NatsWaker
from events.notify import PostgresWaker
from events.relay import Relay
from grading import LearnerId
from tests.events.conftest import NatsServer
from tests.events.grade_log import GradeLog, Stream, change_grade, enroll_everybody, versions
from tests.events.waiting import soon, until

ONLY_WHEN_WOKEN = Pace(poll=3_600)

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

GradeRelay = Relay[LoggedEvent, Place]


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture(autouse=True)
async def classroom(database: str) -> None:
    await enroll_everybody()


def format_place(place: Place) -> str:
    return f"{place.xid}.{place.id}"


def parse_place(text: str) -> Place:
    xid, _, number = text.partition(".")
    return Place(int(xid), int(number))


@asynccontextmanager
async def relaying(
    url: str, server: NatsServer, *, format_place: Callable[[Place], str] = format_place
) -> AsyncIterator[GradeRelay]:
    relay = GradeRelay(
        GradeLog(),
        postgres_url=url,
        nats_url=server.url,
        format_place=format_place,
        wakers=[PostgresWaker(url)],
        pace=ONLY_WHEN_WOKEN,
    )
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        await asyncio.wait([running])


def stream_of(url: str, server: NatsServer) -> Stream:
    """Make the stream of a server in a fleet: it announces to PostgreSQL and listens to NATS."""
    wakers: list[Waker] = [
        PostgresWaker(url, listens=False),
        NatsWaker(server.url, parse_place=parse_place),
    ]
    return EventStream(GradeLog(), wakers=wakers, pace=ONLY_WHEN_WOKEN)


async def test_servers_are_woken_through_the_relay(database: str, nats_server: NatsServer) -> None:
    async with (
        relaying(database, nats_server) as relay,
        stream_of(database, nats_server) as writer,
        stream_of(database, nats_server) as reader,
        aclosing(reader.follow(1)) as events,
    ):
        got = asyncio.create_task(versions(events, 20))
        await until(lambda: relay.leads and reader.followers == 1)
        for _ in range(20):
            await change_grade(1, LearnerId(1))
            writer.wake()
            await asyncio.sleep(0.01)
        assert await got == list(range(1, 21))


async def test_a_message_says_how_far_a_course_has_events(
    database: str, nats_server: NatsServer
) -> None:
    heard: list[tuple[str, Place]] = []

    async def hear(message: Msg) -> None:
        heard.append((message.subject, parse_place(message.data.decode())))

    listener = await nats.connect(nats_server.url)
    await listener.subscribe("ge.>", cb=hear)
    await listener.flush()
    async with (
        relaying(database, nats_server) as relay,
        stream_of(database, nats_server) as writer,
    ):
        await until(lambda: relay.leads)
        await change_grade(2, LearnerId(1), times=100)
        writer.wake()
        await until(lambda: bool(heard))
        events = await GradeLog().after(Place(0, 0), 1_000)
    await listener.close()
    assert heard == [("ge.2", events[-1].place)]


async def test_another_relay_takes_over(database: str, nats_server: NatsServer) -> None:
    async with stream_of(database, nats_server) as stream, aclosing(stream.follow(1)) as events:
        got = asyncio.create_task(versions(events, 2))
        await until(lambda: stream.followers == 1)
        async with relaying(database, nats_server) as first:
            await until(lambda: first.leads)
            async with relaying(database, nats_server) as second:
                await asyncio.sleep(0.1)
                assert not second.leads
                await change_grade(1, LearnerId(1))
                stream.wake()
        async with relaying(database, nats_server) as third:
            await until(lambda: third.leads)
            await change_grade(1, LearnerId(1))
            stream.wake()
            assert await got == [1, 2]


@pytest.mark.slow
async def test_what_is_written_while_nats_is_away_comes_when_it_is_back(
    database: str, nats_server: NatsServer
) -> None:
    async with (
        relaying(database, nats_server) as relay,
        stream_of(database, nats_server) as reader,
        aclosing(reader.follow(1)) as events,
    ):
        got = asyncio.create_task(versions(events, 6))
        await until(lambda: relay.leads and reader.followers == 1)
        for _ in range(2):
            await change_grade(1, LearnerId(1))
            nats_server.kill()
            await until(lambda: not relay.leads)
            await change_grade(1, LearnerId(1), times=2)
            nats_server.start()
            await until(lambda: relay.leads)
        assert await soon(got) == [1, 2, 3, 4, 5, 6]


async def test_a_relay_goes_on_where_it_was_cut_off(database: str, nats_server: NatsServer) -> None:
    told: list[Place] = []

    def format_and_note(place: Place) -> str:
        told.append(place)
        return format_place(place)

    async with relaying(database, nats_server, format_place=format_and_note) as relay:
        await until(lambda: relay.leads)
        nats_server.kill()
        await until(lambda: not relay.leads)
        await change_grade(1, LearnerId(1))
        nats_server.start()
        await until(lambda: bool(told))
        events = await GradeLog().after(Place(0, 0), 10)
    assert told == [events[0].place]


async def test_a_server_that_finds_nats_again_looks_at_the_log(
    database: str, nats_server: NatsServer
) -> None:
    nats_server.kill()
    wakers = [NatsWaker(nats_server.url, parse_place=parse_place)]
    stream = EventStream(GradeLog(), wakers=wakers, pace=ONLY_WHEN_WOKEN)
    async with stream, aclosing(stream.follow(1)) as events:
        first = asyncio.create_task(versions(events, 1))
        await until(lambda: stream.followers == 1)
        await asyncio.sleep(0.1)
        await change_grade(1, LearnerId(1))
        nats_server.start()
        assert await first == [1]


async def test_without_nats_everything_still_comes(database: str, nats_server: NatsServer) -> None:
    nats_server.kill()
    wakers = [NatsWaker(nats_server.url, parse_place=parse_place)]
    stream = EventStream(GradeLog(), wakers=wakers)
    async with stream, aclosing(stream.follow(1)) as events:
        first = asyncio.create_task(versions(events, 1))
        await until(lambda: stream.followers == 1)
        await change_grade(1, LearnerId(1))
        assert await first == [1]
