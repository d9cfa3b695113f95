"""What the process writes to its log: one line an entry, to standard error."""

import logging

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def set_up_logs(level: str) -> None:
    """Write our own loggers' entries, from a level upwards, beside uvicorn's."""
    logging.basicConfig(format=FORMAT, level=level.upper())
    # Every statement at DEBUG: of use to nobody but the tests.
    logging.getLogger("tortoise").setLevel(logging.WARNING)
