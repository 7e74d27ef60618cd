"""Where is the middle of ages or months, and how sure is it, when people sit in cases?"""

from __future__ import annotations

import math

import numpy as np

from darkfigure.estimate.proportions import effective_size, wilson_interval
from darkfigure.nature.shares import by_case
from darkfigure.nature.units import Numbers
from darkfigure.records.aggregate import Interval

WOODRUFF = "case-clustered Woodruff"


def median_of(numbers: Numbers) -> float | None:
    """Middle of the known numbers (mean of the two middle ones when even); ``None`` when none is known.

    Examples
    --------
    >>> median_of(Numbers((1, 1, 2), (7, None, 11)))
    9.0
    """
    known = numbers.array
    return float(np.median(known)) if len(known) else None


def median_interval(numbers: Numbers, *, level: float) -> Interval | None:
    """Between which observed numbers does the median lie?

    Parameters
    ----------
    numbers : Numbers
        Known and unknown; the unknown are left out.
    level : float
        Confidence level.

    Returns
    -------
    Interval or None
        Its ends are observed numbers. ``None`` with fewer than two cases of known number.

    Notes
    -----
    The share of units at or below the median has a case-clustered effective size n*; Wilson's limits L, U about one
    half with n* are turned back into order statistics x_(ceil(M L)) and x_(floor(M U) + 1). With one unit a case and
    no ties this is the usual order-statistics interval. It needs no random numbers.

    Source: Woodruff (1952), J. Am. Stat. Assoc. 47, 635-646, doi:10.1080/01621459.1952.10483443.

    Examples
    --------
    >>> i = median_interval(Numbers(tuple(range(101)), tuple(range(101))), level=0.95)
    >>> i.lower, i.upper
    (40.0, 60.0)
    """
    known = numbers.known
    ordered = np.sort(known.array)
    middle = median_of(known)
    if middle is None or len(set(known.cases)) < 2:
        return None
    hits, sizes = by_case(known.cases, [float(v is not None and v <= middle) for v in known.values])
    half = wilson_interval(0.5, effective_size(hits, sizes, level=level), level=level)
    total = len(ordered)
    first = max(math.ceil(total * half.lower), 1)
    last = min(math.floor(total * half.upper) + 1, total)
    return Interval(float(ordered[first - 1]), float(ordered[last - 1]), level, WOODRUFF)
