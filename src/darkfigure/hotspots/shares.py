"""How far could the shares of all countries be off, taken together? Intervals for counts that share one total."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.stats import chi2, norm

from darkfigure.records.aggregate import Interval

GOODMAN = "Goodman, all shares together"
LOG_RATIO = "normal on the log of the ratio"


def goodman_intervals(counts: Sequence[int], *, level: float) -> tuple[Interval, ...]:
    """Between which bounds do all shares lie at once?

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        Counts of the categories of one multinomial sample, at least one of them above 0.
    level : float
        Joint confidence level of all intervals.

    Returns
    -------
    tuple of Interval, shape (k,)
        On the scale of shares, 0 to 1; together they hold with about the level.

    Notes
    -----
    With N the total, n_i the counts and A the upper (1 - level)/k point of chi-squared with one degree of freedom, the
    bounds are (A + 2 n_i -+ sqrt(A (A + 4 n_i (N - n_i) / N))) / (2 (N + A)). For k of 1 or 2 no Bonferroni division
    is needed, since one share fixes the other.

    Source: Goodman (1965), Technometrics 7, 247-254, doi:10.1080/00401706.1965.10490252.

    Examples
    --------
    >>> first = goodman_intervals([56, 72, 73, 59, 62, 87, 58], level=0.95)[0]
    >>> round(first.lower, 3), round(first.upper, 3)
    (0.085, 0.166)
    """
    total = sum(counts)
    tail = (1 - level) / (len(counts) if len(counts) > 2 else 1)
    a = float(chi2.isf(tail, 1))
    intervals = []
    for n in counts:
        half = math.sqrt(a * (a + 4 * n * (total - n) / total))
        lower = (a + 2 * n - half) / (2 * (total + a))
        upper = (a + 2 * n + half) / (2 * (total + a))
        intervals.append(Interval(max(0.0, lower) if n else 0.0, min(1.0, upper) if n < total else 1.0, level, GOODMAN))
    return tuple(intervals)


def ratio_interval(first: int, second: int, *, level: float) -> Interval:
    """Between which bounds does the ratio of two counts of one sample lie?

    Parameters
    ----------
    first, second : int
        Counts above 0.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        On the scale of ``first / second``.

    Notes
    -----
    exp(log(n1/n2) -+ z sqrt(1/n1 + 1/n2)), the delta method for two cells of a multinomial sample.

    Source: Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474, doi:10.2307/2530610.

    Examples
    --------
    >>> interval = ratio_interval(200, 50, level=0.95)
    >>> round(interval.lower, 2), round(interval.upper, 2)
    (2.93, 5.45)
    """
    half = float(norm.ppf((1 + level) / 2)) * math.sqrt(1 / first + 1 / second)
    middle = math.log(first / second)
    return Interval(math.exp(middle - half), math.exp(middle + half), level, LOG_RATIO)


def ranks(counts: Sequence[float]) -> tuple[int, ...]:
    """Which place does each count take, the largest first, ties sharing the better place?

    Examples
    --------
    >>> ranks([5, 9, 5, 1])
    (2, 1, 2, 4)
    """
    return tuple(1 + sum(other > count for other in counts) for count in counts)
