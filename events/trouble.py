"""Errors that are waited out, because what failed has to go on."""

import asyncio
import logging
import random
from typing import Final

logger = logging.getLogger(__name__)

FIRST_DELAY: Final = 0.05  # seconds
LONGEST_DELAY: Final = 1.0  # seconds


class Trouble:
    """The errors in a row of one thing: said once, waited out longer and longer."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._delay = 0.0

    async def wait_out(self, error: Exception) -> None:
        """Say that something failed, unless it was said already, and wait before another try."""
        if not self._delay:
            logger.warning("%s failed and is tried again", self._what, exc_info=error)
        self._delay = min(self._delay * 2 or FIRST_DELAY, LONGEST_DELAY)
        # Not all processes at the same moment.
        await asyncio.sleep(self._delay * random.uniform(0.5, 1.0))  # noqa: S311

    def is_over(self) -> None:
        """Say that it works again, if it did not."""
        if self._delay:
            logger.info("%s works again", self._what)
        self._delay = 0.0
