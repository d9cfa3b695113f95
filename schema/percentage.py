"""Percentages as text for people, rounded here so that no client has to."""

from typing import Annotated

import strawberry

from grading import InvalidInput
from grading.rounding import round_away_from_zero

MAX_DECIMALS = 6

Decimals = Annotated[
    int | None,
    strawberry.argument(description="Decimals of the percentage, 0 to 6; halves round up."),
]


def percentage(fraction: float, decimals: int) -> str:
    """Write a fraction of one as a percentage, such as ``82.6%``.

    :raises InvalidInput: if ``decimals`` is not within 0 to 6.
    """
    if not 0 <= decimals <= MAX_DECIMALS:
        raise InvalidInput(f"decimals must be 0 to {MAX_DECIMALS}.")
    # 0.57 * 100 is 56.99999999999999: nine digits are more than any grade has and less than that.
    hundredths = round(fraction * 100, 9)
    return f"{round_away_from_zero(hundredths, decimals):.{decimals}f}%"


def percentage_or_nothing(fraction: float | None, decimals: int) -> str | None:
    """Write a fraction as a percentage, None where there is nothing to be seen.

    :raises InvalidInput: if ``decimals`` is not within 0 to 6.
    """
    text = percentage(0.0 if fraction is None else fraction, decimals)
    return None if fraction is None else text
