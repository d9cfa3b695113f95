"""The two roundings of Open edX, in IEEE doubles, bit for bit."""

import math


def round_half_even(value: float, decimals: int) -> float:
    """Round as numpy's ``around`` does: scaled, to the even neighbour, scaled back.

    Python's own ``round(value, decimals)`` rounds the decimal expansion and differs. What is not
    finite stays so.
    """
    scale = 10.0**decimals
    scaled = value * scale
    try:
        return round(scaled) / scale
    except (OverflowError, ValueError):  # not finite
        return scaled


def round_away_from_zero(value: float, decimals: int = 0) -> float:
    """Round halves away from zero, as school books do; what is not finite stays so."""
    scale = 10.0**decimals
    scaled = value * scale
    if not math.isfinite(scaled):
        return scaled
    return (math.floor(scaled + 0.5) if scaled >= 0 else math.ceil(scaled - 0.5)) / scale


def course_percent(unrounded: float) -> float:
    """Round a course's fraction to whole percents, 0.49450 upwards giving 0.50.

    Open edX adds 0.05 first, so that 49.45 %, shown as 49.5 %, becomes 50 % (TNL-6972).
    """
    return round_away_from_zero(unrounded * 100 + 0.05) / 100
