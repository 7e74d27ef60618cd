"""How are published numbers rounded, so that neither a share nor an interval gives the exact count away?"""

from __future__ import annotations

import math
from typing import Literal

from darkfigure.records.aggregate import Interval

SHARE_STEP = 0.05
"""Interval ends of shares move outward to a multiple of this under a rounding policy."""

SIGNIFICANT_DIGITS = 3
"""Digits kept of estimates and other derived numbers under a rounding policy."""


def round_count(count: float, base: int) -> int:
    """Round a count to the nearest multiple of a base, halves to the even multiple.

    Examples
    --------
    >>> round_count(12, 5), round_count(13, 5), round_count(7, 1)
    (10, 15, 7)
    """
    return int(round(count / base) * base)


def round_share(share: float, count: float | None, base: int) -> float:
    """Round a share so that it is the ratio of a rounded count to a rounded whole.

    Parameters
    ----------
    share : float
        Proportion from 0 to 1.
    count : float or None
        The count behind it; without one the share is rounded to whole steps of ``SHARE_STEP``.
    base : int
        Rounding base of counts.

    Returns
    -------
    float
        Proportion from 0 to 1.

    Examples
    --------
    >>> round_share(12 / 43, 12, 5)
    0.2222222222222222
    """
    if base == 1:
        return share
    if count is None or share == 0:
        return round(share / SHARE_STEP) * SHARE_STEP
    whole = round_count(count / share, base)
    return min(1.0, round_count(count, base) / whole) if whole else 0.0


def round_interval(interval: Interval | None, unit: str, base: int) -> Interval | None:
    """Round an interval outward: shares to steps of 5 percent, other numbers to three digits.

    Examples
    --------
    >>> round_interval(Interval(0.041, 0.212, 0.95, "wilson"), "share", 5).upper
    0.25
    """
    if interval is None or base == 1:
        return interval
    if unit == "share":
        lower = max(0.0, math.floor(interval.lower / SHARE_STEP + 1e-9) * SHARE_STEP)
        upper = min(1.0, math.ceil(interval.upper / SHARE_STEP - 1e-9) * SHARE_STEP)
        return Interval(lower, upper, interval.level, interval.method)
    lower = round_number(interval.lower, "down")
    upper = round_number(interval.upper, "up") if math.isfinite(interval.upper) else interval.upper
    return Interval(lower, upper, interval.level, interval.method)


def round_number(number: float, direction: Literal["near", "down", "up"] = "near") -> float:
    """Round a number to three significant digits: to the nearest, ``"down"`` or ``"up"``.

    Examples
    --------
    >>> round_number(81723), round_number(81723, "down"), round_number(0.0)
    (81700.0, 81700.0, 0.0)
    """
    if number == 0 or not math.isfinite(number):
        return float(number)
    step = 10.0 ** (math.floor(math.log10(abs(number))) - SIGNIFICANT_DIGITS + 1)
    scaled = number / step
    if direction == "down":
        return math.floor(scaled) * step
    if direction == "up":
        return math.ceil(scaled) * step
    return round(scaled) * step
