"""How much one may ask for in a while, and who pays for whom."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from graphql import GraphQLError

from resolvers.access import ANONYMOUS, Viewer
from server.rate_limit import KNOWN, RateLimit, site_of
from server.trial_tokens import TrialToken, sign
from tests.server.live_server import SECRET, serving, settings_of

ADA = Viewer("ada", global_staff=True)
BEA = Viewer("bea", global_staff=True)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def rate(clock: Clock) -> RateLimit:
    """20 points, of which 2 come back each second."""
    return RateLimit(20, 2.0, now=clock)


def wait_of(rate: RateLimit, viewer: Viewer, cost: int, address: str = "10.0.0.1") -> int:
    """Charge, and return how many seconds must be waited for it, 0 for none."""
    try:
        rate.charge_for(address)(viewer, cost)
    except GraphQLError as error:
        refused = error
    else:
        return 0
    told = refused.extensions or {}
    wait = int(told["retryAfter"])
    assert told["code"] == "RATE_LIMITED"
    assert f" {wait} s." in refused.message
    return wait


def test_points_are_spent_and_come_back(rate: RateLimit, clock: Clock) -> None:
    assert wait_of(rate, ADA, 150) == 0
    assert wait_of(rate, ADA, 60) == 1
    clock.now += 0.5
    assert wait_of(rate, ADA, 60) == 0
    assert wait_of(rate, ADA, 100) == 5
    clock.now += 5.0
    assert wait_of(rate, ADA, 100) == 0


def test_a_refusal_costs_nothing(rate: RateLimit, clock: Clock) -> None:
    assert wait_of(rate, ADA, 200) == 0
    assert [wait_of(rate, ADA, 100) for _ in range(50)] == [5] * 50
    clock.now += 5.0
    assert wait_of(rate, ADA, 100) == 0


def test_no_more_than_a_full_bucket_is_saved_up(rate: RateLimit, clock: Clock) -> None:
    assert wait_of(rate, ADA, 10) == 0
    clock.now += 1_000_000
    assert wait_of(rate, ADA, 200) == 0
    assert wait_of(rate, ADA, 2) == 1


def test_what_costs_more_than_a_full_bucket_is_run_when_it_is_full(
    rate: RateLimit, clock: Clock
) -> None:
    assert wait_of(rate, ADA, 5_000) == 0
    assert wait_of(rate, ADA, 5_000) == 10
    clock.now += 10
    assert wait_of(rate, ADA, 5_000) == 0


def test_a_user_is_one_payer_wherever_they_are(rate: RateLimit) -> None:
    assert wait_of(rate, ADA, 200, "10.0.0.1") == 0
    assert wait_of(rate, ADA, 200, "10.0.0.2") == 10
    assert wait_of(rate, BEA, 200, "10.0.0.1") == 0


def test_who_is_not_signed_in_pays_by_address(rate: RateLimit) -> None:
    assert wait_of(rate, ANONYMOUS, 200, "10.0.0.1") == 0
    assert wait_of(rate, ANONYMOUS, 200, "10.0.0.1") == 10
    assert wait_of(rate, ANONYMOUS, 200, "10.0.0.2") == 0
    assert wait_of(rate, Viewer("anonymous", global_staff=True), 200, "10.0.0.1") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("", "testclient", True),
    ],
)
def test_of_an_address_of_ipv6_the_site_pays(one: str, other: str, same: bool) -> None:
    assert (site_of(one) == site_of(other)) == same


def test_only_so_many_are_remembered(rate: RateLimit) -> None:
    for number in range(KNOWN + 500):
        wait_of(rate, Viewer(f"user{number}", global_staff=False), 200)

    assert len(rate._buckets) == KNOWN
    assert wait_of(rate, Viewer(f"user{KNOWN}", global_staff=False), 200) == 10
    assert wait_of(rate, Viewer("user0", global_staff=False), 200) == 0


def test_who_asks_again_is_not_the_one_who_is_forgotten(rate: RateLimit) -> None:
    for number in range(KNOWN):
        wait_of(rate, Viewer(f"user{number}", global_staff=False), 200)
    assert wait_of(rate, Viewer("user0", global_staff=False), 200) == 10
    wait_of(rate, ADA, 200)

    assert wait_of(rate, Viewer("user0", global_staff=False), 200) == 10
    assert wait_of(rate, Viewer("user1", global_staff=False), 200) == 0


async def test_over_http_it_is_429_and_says_when_to_come_back(database_url: str) -> None:
    settings = settings_of(
        database_url,
        development=False,
        jwt_secret=SECRET,
        rate_points=3,
        rate_points_per_second=0.01,
    )
    token = sign(
        settings,
        TrialToken("ada", staff=True),
        now=datetime.now(UTC),
        lifetime=timedelta(minutes=5),
    )
    signed_in = {"Authorization": f"Bearer {token}"}
    question = {"query": "{ __typename }"}
    async with serving(settings) as live, httpx.AsyncClient() as client:
        answers = [await client.post(live.graphql, json=question) for _ in range(4)]
        other = await client.post(live.graphql, json=question, headers=signed_in)
        streamed = await client.post(
            live.graphql, json=question, headers={"Accept": "text/event-stream"}
        )

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    (error,) = answers[3].json()["errors"]
    seconds = error["extensions"]["retryAfter"]
    assert 90 <= seconds <= 100
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert answers[3].headers["retry-after"] == str(seconds)
    assert other.json()["data"] == {"__typename": "Query"}
    assert "RATE_LIMITED" in streamed.text


async def test_over_a_socket_it_ends_the_operation_and_not_the_socket(database_url: str) -> None:
    settings = settings_of(
        database_url,
        development=False,
        jwt_secret=SECRET,
        rate_points=1,
        rate_points_per_second=0.01,
    )
    async with serving(settings) as live, live.opened() as socket:
        await socket.subscribe("1", "{ __typename }")
        assert (await socket.next("1"))["data"] == {"__typename": "Query"}
        assert (await socket.receive())["type"] == "complete"
        for number in ("2", "3"):
            await socket.subscribe(number, "subscription { gradeEvents(courseKey: 1) { id } }")
            assert (await socket.refusal(number))["extensions"]["code"] == "RATE_LIMITED"
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_in_development_there_is_no_rate(database_url: str) -> None:
    settings = settings_of(database_url, rate_points=1, rate_points_per_second=0.01)
    async with serving(settings) as live:
        answers = [await live.ask("{ __typename }") for _ in range(5)]

    assert [answer["data"] for answer in answers] == [{"__typename": "Query"}] * 5
