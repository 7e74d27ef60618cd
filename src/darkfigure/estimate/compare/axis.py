"""Where a number of units stands on a horizontal axis, and which round numbers to print below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.estimate.compare.wording import WIDE

_STEPS = (1, 2, 5, 10)
_MOST_TICKS = 7
_REACH = 4.0
"""Interval ends beyond this multiple of the largest number are cut off, so that one of them cannot hide the rest."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear or logarithmic axis from ``low`` to ``high`` units, drawn from ``left`` to ``right``.

    Parameters
    ----------
    low, high : float
        In units, ``0 <= low < high``; above 0 when logarithmic.
    left, right : float
        In pixels.
    logarithmic : bool
        Whether equal steps are equal ratios.

    Examples
    --------
    >>> Axis(0.0, 100.0, 0.0, 500.0, False).at(20.0)
    100.0
    """

    low: float
    high: float
    left: float
    right: float
    logarithmic: bool

    def at(self, value: float) -> float:
        """Pixel of a number, held at the ends of the axis."""
        low, high, x = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, x = math.log(low), math.log(high), math.log(x)
        return self.left + (x - low) / (high - low) * (self.right - self.left)

    def ticks(self) -> tuple[float, ...]:
        """Round numbers on the axis, few enough to be read.

        Examples
        --------
        >>> Axis(60.0, 170.0, 0.0, 500.0, False).ticks()
        (60.0, 80.0, 100.0, 120.0, 140.0, 160.0)
        >>> Axis(100.0, 20000.0, 0.0, 500.0, True).ticks()
        (100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0)
        """
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            fine = tuple(m * 10.0**p for p in powers for m in (1, 2, 5) if self.low <= m * 10.0**p <= self.high)
            return fine if len(fine) <= _MOST_TICKS + 1 else tuple(t for t in fine if math.log10(t).is_integer())
        rough = (self.high - self.low) / _MOST_TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(s * power for s in _STEPS if s * power >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return tuple(k * step for k in range(first, last + 1))


def axis_for(numbers: Sequence[float], ends: Sequence[float], *, left: float, right: float) -> Axis:
    """Which axis shows these numbers, and the ends of their intervals as far as they stay readable?

    Parameters
    ----------
    numbers : sequence of float
        What must be seen: estimates and the number observed; at least one.
    ends : sequence of float
        Ends of intervals; infinite or far away ones are cut off.
    left, right : float
        In pixels.

    Returns
    -------
    Axis
        Logarithmic when the range is over a factor of eight.

    Examples
    --------
    >>> axis_for([68.0, 75.0], [70.0, 99.0], left=0, right=500).logarithmic
    False
    >>> axis_for([68.0, 75.0, 900.0], [], left=0, right=500).logarithmic
    True
    """
    cut = _REACH * max(numbers)
    shown = [*numbers, *(min(e, cut) for e in ends)]
    low, high = min(shown), max(shown)
    if low > 0 and high / low > WIDE:
        pad = (high / low) ** 0.04
        return Axis(low / pad, high * pad, left, right, True)
    pad = 0.05 * (high - low) or 0.1 * high or 1.0
    return Axis(max(0.0, low - pad), high + pad, left, right, False)
