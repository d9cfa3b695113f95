"""Documents that are meant to do harm: refused, while somebody else is served all the time."""

import asyncio
from typing import Any, Final

import httpx
import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema import schema
from tests.schema.test_limits_measure import bomb
from tests.server.live_server import LiveServer

pytestmark = pytest.mark.slow  # each test is an attack

ALIASES: Final = " ".join(f"a{number}: __typename" for number in range(600))
DEEP: Final = (
    "{ node(id: 1) " + "{ sections { subsections { section " * 40 + "{ id }" + " } } }" * 40 + " }"
)
COURSE: Final = "course-v1:Acme+Heat+2026"
PAIRS: Final = f'{{ course(courseKey: "{COURSE}") {{ ' + "gradingPolicy { hash } " * 450 + "} }"
EMPTY_BOMB: Final = bomb(45, "")

ATTACKS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "a bomb of fragments": ({"query": bomb(45, "__typename")}, "TOO_MANY_FIELDS"),
    "a bomb without fields": ({"query": EMPTY_BOMB}, "TOO_MANY_FIELDS"),
    "a ring of fragments": (
        {"query": "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }"},
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "aliases": ({"query": f"{{ {ALIASES} }}"}, "TOO_MANY_ROOT_FIELDS"),
    "depth": ({"query": DEEP}, "TOO_DEEP"),
    "nesting": ({"query": "{a" * 900 + "}" * 900}, "TOO_DEEP"),
    "a wide document": (
        {"query": "{ " + " ".join(f"f{number}" for number in range(1_900)) + " }"},
        "TOO_MANY_ROOT_FIELDS",
    ),
    "pairs to compare": ({"query": PAIRS}, "TOO_MANY_REPEATS"),
    "directives": (
        {"query": "{ __typename " + "@skip(if: false) " * 150 + "}"},
        "TOO_MANY_DIRECTIVES",
    ),
    "tokens": ({"query": "{ " + "a " * 9_000 + "}"}, "TOO_MANY_TOKENS"),
    "comments": ({"query": "#\n" * 9_000 + "{ __typename }"}, "TOO_MANY_COMMENTS"),
    "characters": ({"query": "{ __typename }" + " " * 90_000}, "TOO_LONG"),
    "operations": (
        {
            "query": " ".join(f"query Q{n} {{ __typename }}" for n in range(300)),
            "operationName": "Q1",
        },
        "TOO_MANY_OPERATIONS",
    ),
    "a long list": (
        {
            "query": "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            "variables": {"ids": ["x"] * 20_000},
        },
        "TOO_MANY_ITEMS",
    ),
    "circular introspection": (
        {
            "query": "{ __schema "
            + "{ types { fields { type " * 6
            + "{ name } "
            + "} } } " * 6
            + "}"
        },
        "TOO_DEEP",
    ),
    "a costly page": (
        {
            "query": f'{{ course(courseKey: "{COURSE}") {{ gradebook(first: 100) {{ nodes {{ '
            "courseGrade { subsectionGrades { problemScores { earned } } } } } } }"
        },
        "TOO_COSTLY",
    ),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The root fields that were run, by name."""
    run: list[str] = []
    # What is compiled was made of the fields as they were.
    monkeypatch.setattr(schema, "execution_context_class", StrawberryGraphQLCoreExecutionContext)
    for root in (schema._schema.query_type, schema._schema.mutation_type):
        assert root is not None
        for name, field in root.fields.items():
            monkeypatch.setattr(field, "resolve", _noting(run, name, field.resolve))
    return run


def _noting(run: list[str], name: str, resolve: Any) -> Any:  # noqa: ANN401
    def noting(*given: object, **arguments: object) -> object:
        run.append(name)
        return resolve(*given, **arguments)

    return noting


async def codes_over_http(server: LiveServer, body: dict[str, Any]) -> list[str]:
    accept = {"Accept": "application/graphql-response+json"}
    async with httpx.AsyncClient(timeout=10) as client:
        response = await client.post(server.graphql, json=body, headers=accept)
        stream = await client.post(
            server.graphql, json=body, headers={"Accept": "text/event-stream"}
        )
    assert response.status_code == 400
    assert "data" not in response.json()
    codes = [error["extensions"]["code"] for error in response.json()["errors"]]
    assert all(f'"{code}"' in stream.text for code in codes)
    return codes


async def codes_over_a_socket(server: LiveServer, body: dict[str, Any]) -> list[str]:
    async with server.opened() as socket:
        await socket.send(id="1", type="subscribe", payload=body)
        message = await socket.receive()
        await socket.subscribe("2", "{ __typename }")
        assert (await socket.next("2"))["data"] == {"__typename": "Query"}
    assert message["type"] == "error"
    return [error["extensions"]["code"] for error in message["payload"]]


@pytest.mark.parametrize("attack", ATTACKS)
async def test_it_is_refused_and_nothing_of_it_is_run(
    server: LiveServer, asked: list[str], attack: str
) -> None:
    body, code = ATTACKS[attack]

    http = await codes_over_http(server, body)
    socket = await codes_over_a_socket(server, body)

    assert code in http
    assert socket == http
    assert asked == []


async def test_what_is_run_would_be_noticed(server: LiveServer, asked: list[str]) -> None:
    await server.ask("{ gradeEventsCursor }")

    assert asked == ["gradeEventsCursor"]


@pytest.mark.slow
async def test_somebody_else_is_served_meanwhile(server: LiveServer) -> None:
    stop = asyncio.Event()
    served = 0

    async def attack(body: dict[str, Any]) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            while not stop.is_set():
                response = await client.post(server.graphql, json=body)
                assert response.json()["errors"]

    attackers = [asyncio.create_task(attack(body)) for body, _ in ATTACKS.values()]
    try:
        for _ in range(20):
            answer = await server.ask("{ gradeEventsCursor }")
            served += "data" in answer
    finally:
        stop.set()
        await asyncio.gather(*attackers)

    assert served == 20
