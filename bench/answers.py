"""Whether all servers answer the same before any is measured."""

import json
import re
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bench.target import Target
from bench.workloads import LEARNERS, WORKLOADS, Workload, score_of, variables_of

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
_SAMPLES: Final = 5  # requests of each workload that are compared


class AnswersDiffer(Exception):
    """Two servers answer the same request differently, or one with errors."""


def require_equal_answers(targets: Sequence[Target], workload: Workload) -> None:
    """Ask all servers the same, and compare what they say with what the first says.

    :raises AnswersDiffer: if anything is different.
    """
    if workload is WORKLOADS["W5"]:
        _require_equal_changes(targets, workload)
        return
    asked = variables_of(workload)
    for variables in asked[:: max(1, len(asked) // _SAMPLES)]:
        expected, *others = (answer_of(each, workload, variables) for each in targets)
        for target, answer in zip(targets[1:], others, strict=True):
            _require(target, workload, answer, expected)


def _require_equal_changes(targets: Sequence[Target], workload: Workload) -> None:
    # The same two changes by each: the same percents, and versions that nobody counts twice.
    version: int | None = None
    expected: list[float] = []
    for target in targets:
        percents = []
        for earned in (2.0, 9.0):
            answer = answer_of(target, workload, score_of(LEARNERS, earned))
            (result,) = answer["recordScores"]["results"]
            percents.append(result["courseGrade"]["percent"])
            found = int(result["courseGrade"]["version"])
            _require(target, workload, found, found if version is None else version + 1)
            version = found
        expected = expected or percents
        _require(target, workload, percents, expected)


def _require(target: Target, workload: Workload, answer: object, expected: object) -> None:
    if answer != expected:
        raise AnswersDiffer(
            f"{target.name} answers {workload.name} differently:\n{answer!r:.2000}\n"
            f"expected:\n{expected!r:.2000}"
        )


def answer_of(target: Target, workload: Workload, variables: Any) -> Any:  # noqa: ANN401
    """Return the data of an answer, with moments as such, since they are written in many ways.

    :raises AnswersDiffer: if there are errors in it.
    """
    (request,) = target.requests(workload, [variables])
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    url = f"http://127.0.0.1:{target.port}{first.split()[1]}"
    headers = dict(line.split(": ", 1) for line in lines)
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        content = json.load(response)
    if content.get("errors"):
        raise AnswersDiffer(f"{target.name} answers {workload.name} with {content['errors']}")
    return with_moments(content["data"])


def with_moments(value: Any) -> Any:  # noqa: ANN401
    """Read the moments in an answer, which are written in many ways."""
    match value:
        case dict():
            return {key: with_moments(inner) for key, inner in value.items()}
        case list():
            return [with_moments(inner) for inner in value]
        case str() if _MOMENT.fullmatch(value):
            return datetime.fromisoformat(value)
    return value
