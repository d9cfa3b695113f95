"""The two roundings of Open edX, in IEEE doubles, bit for bit."""

import math


def round_half_even(value: float, decimals: int) -> float:
    """Round as numpy's ``around`` does: scaled, to the even neighbour, scaled back.

    Python's own ``round(value, decimals)`` rounds the decimal expansion and differs.
    """
    scale = 10.0**decimals
    return round(value * scale) / scale


def round_away_from_zero(value: float, decimals: int = 0) -> float:
    """Round halves away from zero, as school books do."""
    scale = 10.0**decimals
    if value >= 0:
        return math.floor(value * scale + 0.5) / scale
    return math.ceil(value * scale - 0.5) / scale


def course_percent(unrounded: float) -> float:
    """Round a course's fraction to whole percents, 0.49450 upwards giving 0.50.

    Open edX adds 0.05 first, so that 49.45 %, shown as 49.5 %, becomes 50 % (TNL-6972).
    """
    return round_away_from_zero(unrounded * 100 + 0.05) / 100
