"""The writing of log entries: how often, in which order, and that none is lost."""

import asyncio
import io
import logging
from collections.abc import Iterator

import pytest

from server.log_handler import MOMENT, GatheringHandler
from tests.events.waiting import until


class Written(io.StringIO):
    """A stream that knows what was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return super().write(text)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def logger(written: Written) -> Iterator[logging.Logger]:
    """A logger whose entries go to that stream alone."""
    logger = logging.getLogger("coursegrade.tried")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    handler = GatheringHandler(written)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


OPERATION = {"fields": {"outcome": "ok"}}


async def test_operations_of_a_moment_are_written_together(
    logger: logging.Logger, written: Written
) -> None:
    for number in range(3):
        logger.info("operation %d", number, extra=OPERATION)
    before = list(written.writes)
    await until(lambda: bool(written.writes))
    logger.info("operation 3", extra=OPERATION)
    await until(lambda: len(written.writes) == 2)

    assert before == []
    assert written.writes == ["operation 0\noperation 1\noperation 2\n", "operation 3\n"]


@pytest.mark.parametrize(("level", "extra"), [(logging.INFO, None), (logging.ERROR, OPERATION)])
async def test_what_is_urgent_is_written_at_once_behind_what_waits(
    logger: logging.Logger, written: Written, level: int, extra: dict[str, object] | None
) -> None:
    logger.info("first", extra=OPERATION)
    logger.log(level, "second", extra=extra)
    told = list(written.writes)
    await asyncio.sleep(2 * MOMENT)

    assert told == written.writes == ["first\nsecond\n"]


def test_where_nothing_wakes_it_each_entry_is_written_at_once(
    logger: logging.Logger, written: Written
) -> None:
    async def log() -> None:
        logger.info("in a loop that ends", extra=OPERATION)

    asyncio.run(log())
    logger.info("in no loop", extra=OPERATION)
    asyncio.run(log())
    logger.handlers[0].flush()

    assert written.writes == ["in a loop that ends\nin no loop\n", "in a loop that ends\n"]


async def test_threads_wait_for_nobody(logger: logging.Logger, written: Written) -> None:
    await asyncio.to_thread(logger.info, "operation", extra=OPERATION)

    assert written.writes == ["operation\n"]


async def test_a_stream_that_is_gone_ends_nothing(
    logger: logging.Logger, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    written.close()
    logger.info("operation", extra=OPERATION)
    await asyncio.sleep(2 * MOMENT)
    logger.info("operation")

    assert capsys.readouterr().err.count("ValueError: I/O operation on closed file") == 2
