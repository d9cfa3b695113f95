"""What single cells of a CSV file may hold."""

import math
from datetime import UTC, datetime

from grading import InvalidInput, LearnerId, ScoreOutOfRange
from grading.keys import MAX_LEARNER_ID

_MAX_LEARNER_DIGITS = len(str(MAX_LEARNER_ID))
_YES = frozenset({"true", "1", "yes"})
_NO = frozenset({"false", "0", "no"})


def learner_id_in(cell: str) -> LearnerId:
    """Return the user id in a cell.

    :raises InvalidInput: if it is no whole number from 1 to 2^63 - 1.
    """
    # int() alone would also take "1_000", "+7" and the digits of every script.
    if cell.isascii() and cell.isdigit() and len(cell) <= _MAX_LEARNER_DIGITS:
        number = int(cell)
        if 1 <= number <= MAX_LEARNER_ID:
            return LearnerId(number)
    raise InvalidInput(f"user_id must be a whole number from 1 to 2^63 - 1, not {cell[:40]!r}.")


def text_in(cell: str, column: str, *, at_most: int) -> str | None:
    """Return the text in a cell, None for an empty one.

    :raises InvalidInput: if it has more than ``at_most`` characters.
    """
    if len(cell) > at_most:
        raise InvalidInput(f"{column} has {len(cell)} characters; {at_most} are the most.")
    return cell or None


def points_in(cell: str, column: str) -> float:
    """Return the points in a cell.

    :raises InvalidInput: if it is no number.
    :raises ScoreOutOfRange: if it is below zero or not finite.
    """
    # float() alone would also take "1_000" and the digits of every script.
    if "_" in cell or not cell.isascii():
        raise _no_number(cell, column)
    try:
        points = float(cell)
    except ValueError as error:
        raise _no_number(cell, column) from error
    if not math.isfinite(points) or points < 0:
        raise ScoreOutOfRange(
            f"{column} must be a finite number from 0 on, not {cell[:40]}.", minimum=0, maximum=None
        )
    return points + 0.0  # turns -0.0 into 0.0


def _no_number(cell: str, column: str) -> InvalidInput:
    return InvalidInput(f"{column} must be a number, not {cell[:40]!r}.")


def moment_in(cell: str, column: str) -> datetime:
    """Return the moment in a cell, in UTC.

    :raises InvalidInput: if it is not ISO 8601 with a time zone, in the years that UTC can tell.
    """
    try:
        moment = datetime.fromisoformat(cell)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_moment(cell, column) from error
    raise _no_moment(cell, column)


def _no_moment(cell: str, column: str) -> InvalidInput:
    return InvalidInput(
        f"{column} must be a date and time with a time zone, such as 2026-11-20T18:30:00Z, "
        f"not {cell[:40]!r}."
    )


def flag_in(cell: str, column: str) -> bool | None:
    """Return the yes or no in a cell, None for an empty one.

    :raises InvalidInput: if it is neither.
    """
    word = cell.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    if word:
        raise InvalidInput(f"{column} must be true or false, not {cell[:40]!r}.")
    return None
