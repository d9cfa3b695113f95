"""A server that is measured, and how it is asked."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.processes import ROOT
from bench.workloads import WORKLOADS, Variables, Workload

Place = Callable[[str], str]  # the cursor behind a user name

_IN_POSTGRAPHILE: Final = {
    "CourseKey!": "String!",
    "LearnerRef!": "LearnerRefInput!",
    "courseGrade(": "courseGrade: gradeOf(",
    "course(": "course: courseByKey(",
    "after: $after": "place: $after",
    "subsectionGrades {": "subsectionGrades(orderBy: PRIMARY_KEY_ASC) {",
    "results {": "results: result {",
}


@dataclass(frozen=True)
class Target:
    """A server, and how it is asked."""

    name: str
    command: Sequence[str]
    settings: Mapping[str, str]
    port: int
    folder: Path = ROOT
    path: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=dict)
    place: Place = str
    slow: bool = False

    def connections(self, workload: Workload) -> int:
        """Return how many requests it has at a time: a slow one gets its pages one by one."""
        return 1 if self.slow and workload.page else workload.connections

    def request(self, workload: Workload, variables: Variables) -> bytes:
        """Return the bytes of one request."""
        return self._post(self.path, {"query": workload.document, "variables": variables})

    def _post(self, path: str, content: object) -> bytes:
        body = json.dumps(content, separators=(",", ":")).encode()
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "content-type": "application/json",
            "accept": "application/json",
            "content-length": str(len(body)),
            **self.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def requests(self, workload: Workload, asked: Sequence[Variables]) -> list[bytes]:
        """Return the bytes of the requests, with this server's cursors in them."""
        return [self.request(workload, self._placed(variables)) for variables in asked]

    def _placed(self, variables: Variables) -> Variables:
        after = variables.get("after")
        return {**variables, "after": self.place(after)} if isinstance(after, str) else variables


class PostGraphileTarget(Target):
    """PostGraphile: the same operations with its own names of fields, arguments and types."""

    def request(self, workload: Workload, variables: Variables) -> bytes:
        """Return the bytes of one request."""
        document = workload.document
        for name, own in _IN_POSTGRAPHILE.items():
            document = document.replace(name, own)
        return self._post(self.path, {"query": document, "variables": variables})


class FloorTarget(Target):
    """The floor: a path for each workload, and only the variables in the body."""

    def request(self, workload: Workload, variables: Variables) -> bytes:
        """Return the bytes of one request."""
        return self._post(f"/{workload.name}", variables)

    def constant(self) -> bytes:
        """Return the bytes of a request whose answer is always the same."""
        return self._post("/constant", {"query": WORKLOADS["W1"].document, "variables": {}})
