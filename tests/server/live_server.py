"""The application behind a real uvicorn on a real database, and clients that talk to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import uvicorn
import websockets
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from db.event_log import LoggedEvent
from db.event_log_state import Place
from events import EventStream
from grading import LearnerId
from server.app import create_app
from server.serve import socket_options
from server.settings import Settings
from tests.factories import COURSE, NOW, enroll, problem_key, publish_content

PROTOCOL: Final = Subprotocol("graphql-transport-ws")
SOON: Final = 10.0  # seconds after which something is not coming any more
SECRET: Final = "a secret of at least thirty-two characters"

RECORD: Final = """
mutation Record($input: RecordScoresInput!) {
  recordScores(input: $input) { results { __typename } userErrors { __typename } }
}
"""
CHANGES: Final = """
subscription Changes($course: CourseKey!, $after: String) {
  courseGradeChanged(courseKey: $course, after: $after) {
    id cursor before { percent } after { percent }
  }
}
"""


@dataclass(frozen=True)
class LiveServer:
    """A server that answers, and the learners 1 to 3 in its course."""

    address: str
    events: EventStream[LoggedEvent, Place]

    @property
    def graphql(self) -> str:
        return f"http://{self.address}/graphql"

    async def ask(
        self, document: str, variables: dict[str, Any] | None = None, token: str | None = None
    ) -> dict[str, Any]:
        """Send an operation by POST; return the whole response."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(timeout=SOON) as client:
            response = await client.post(
                self.graphql, json={"query": document, "variables": variables}, headers=headers
            )
        body: dict[str, Any] = response.json()
        return body

    async def record(
        self, earned: float, *, learner: int = 1, problem: str = "exam_1", token: str | None = None
    ) -> None:
        """Record a score out of one, which changes the learner's course grade."""
        score = {
            "learner": {"userId": str(learner)},
            "usageKey": problem_key(problem),
            "scoreGiven": earned,
            "scoreMaximum": 1.0,
            "timestamp": NOW.isoformat(),
        }
        answer = await self.ask(RECORD, {"input": {"courseKey": COURSE, "scores": [score]}}, token)
        assert "errors" not in answer, answer["errors"]
        assert answer["data"]["recordScores"]["userErrors"] == []

    async def cursor(self) -> str:
        """Return the cursor behind everything that happened."""
        return str((await self.ask("{ gradeEventsCursor }"))["data"]["gradeEventsCursor"])

    async def followed_by(self, followers: int) -> None:
        """Wait until so many follow the events live."""
        async with asyncio.timeout(SOON):
            while self.events.followers != followers:
                await asyncio.sleep(0.005)

    @asynccontextmanager
    async def opened(
        self,
        payload: object = None,
        *,
        initialised: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator["GraphQLSocket"]:
        """Open a socket, and say hello."""
        url = f"ws://{self.address}/graphql"
        async with websockets.connect(
            url, subprotocols=[PROTOCOL], additional_headers=headers
        ) as connection:
            opened = GraphQLSocket(connection)
            if initialised:
                await opened.send(type="connection_init", payload=payload)
                assert await opened.receive() == {"type": "connection_ack"}
            yield opened


@dataclass(frozen=True)
class GraphQLSocket:
    """Raw messages of graphql-transport-ws."""

    connection: ClientConnection

    async def send(self, **message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def subscribe(self, id: str, query: str, /, **variables: object) -> None:
        await self.send(id=id, type="subscribe", payload={"query": query, "variables": variables})

    async def next(self, id: str) -> dict[str, Any]:
        """Receive the next result of an operation."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id), message
        payload: dict[str, Any] = message["payload"]
        return payload

    async def refusal(self, id: str) -> dict[str, Any]:
        """Receive the one error that ends an operation."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", id), message
        (error,) = message["payload"]
        assert isinstance(error, dict)
        return error

    async def closed(self) -> tuple[int, str]:
        """Wait for the end; return the code and the reason."""
        async with asyncio.timeout(SOON):
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""


def settings_of(database_url: str, **changes: object) -> Settings:
    """Make the settings of a development server, or of another."""
    chosen = {"development": True, "freeze_days": None, **changes}
    return Settings.model_validate({"database_url": SecretStr(database_url), **chosen})


@asynccontextmanager
async def serving(settings: Settings, **uvicorn_options: float) -> AsyncIterator[LiveServer]:
    """Serve from this very process, so that a test can look inside."""
    config = uvicorn.Config(
        create_app(settings, now=lambda: NOW),
        log_level="warning",
        timeout_graceful_shutdown=2,
        **{**socket_options(settings), **uvicorn_options},
    )
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with asyncio.timeout(SOON):
                while not server.started:
                    if running.done():
                        await running
                    await asyncio.sleep(0.01)
            yield LiveServer(f"127.0.0.1:{port}", server.lifespan.state["events"])
        finally:
            server.should_exit = True
            await running


async def with_course() -> list[LearnerId]:
    """Publish the course with three learners in it."""
    return await enroll(await publish_content(), 3)
