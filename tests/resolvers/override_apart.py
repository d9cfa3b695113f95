"""Overrides in a process of its own: `python -m tests.resolvers.override_apart URL HOW NAME`.

`compete` overrides the exam once for each version that it can have, as NAME, and writes a line for
each version that it was the one to replace. `retry` sends keyed requests one after the other, from
0 on, until it is killed, and writes a line for each that was answered.
"""

import asyncio
import sys
from itertools import count

from db.connection import connected
from db.courses import StoredCourse
from grading import VersionConflict
from resolvers import overrides
from resolvers.courses import require_course
from resolvers.first_answers import RequestKey
from resolvers.learners import LearnerRef
from resolvers.overrides import OverrideMade, OverrideRequest, OverrideValues
from tests.factories import COURSE, context_of, subsection_key

VERSIONS = 40


def request(number: int, *, name: str, if_version: str | None = None) -> OverrideRequest:
    """Make a request that differs from that of any other number."""
    return OverrideRequest(
        LearnerRef("user_id", "1"),
        subsection_key("exam"),
        OverrideValues(number % 1000 / 1000),
        reason=f"{name} {number}",
        if_version=if_version,
    )


async def send(course: StoredCourse, number: int) -> OverrideMade:
    """Send the keyed request of a number."""
    key = RequestKey(f"key {number}", str(number))
    return await overrides.change_override(
        context_of(), course, request(number, name="retry"), key=key
    )


async def replace(course: StoredCourse, version: int, name: str) -> bool:
    """Try to replace a version as soon as it is there; tell whether it was us."""
    while True:
        asked = request(version, name=name, if_version=str(version))
        try:
            await overrides.change_override(context_of(), course, asked, key=None)
        except VersionConflict as conflict:
            if conflict.current_version > version:
                return False
            await asyncio.sleep(0.001)
        else:
            return True


async def main(url: str, how: str, name: str) -> None:
    """Do what was asked for."""
    async with connected(url):
        course = await require_course(context_of(), COURSE)
        if how == "compete":
            for version in range(VERSIONS):
                if await replace(course, version, name):
                    print(version, flush=True)  # noqa: T201
            return
        for number in count():
            await send(course, number)
            print(number, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
