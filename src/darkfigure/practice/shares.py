"""How far could a share of a programme's records be off?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.stats import norm

from darkfigure.records.aggregate import Interval

WILSON = "Wilson"
CLUSTERED = "Wilson, widened for interviews of one case"


def wilson(hits: int, total: int, *, level: float, design_effect: float = 1.0) -> Interval:
    """Between which bounds does a share lie?

    Parameters
    ----------
    hits, total : int
        Records with the property, and all records (above 0).
    level : float
        Confidence level.
    design_effect : float
        Factor by which alike records of one case enlarge the variance; 1 for records that stand alone.

    Returns
    -------
    Interval
        On the scale of shares.

    Notes
    -----
    With p = hits/total, n = total/design effect and z the normal quantile:
    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).

    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, doi:10.1080/01621459.1927.10502953; design effect as in
    Kish (1965), Survey Sampling, Wiley.

    Examples
    --------
    >>> interval = wilson(63, 76, level=0.95)
    >>> round(interval.lower, 3), round(interval.upper, 3)
    (0.729, 0.897)
    """
    z2 = float(norm.ppf((1 + level) / 2)) ** 2
    n, share = total / design_effect, hits / total
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    lower = 0.0 if hits == 0 else max(0.0, middle - half)
    upper = 1.0 if hits == total else min(1.0, middle + half)
    return Interval(lower, upper, level, WILSON if design_effect == 1 else CLUSTERED)


def design_effect(hits: Sequence[int], sizes: Sequence[int]) -> float:
    """By what factor do records of one case, alike as they are, enlarge the variance of a share?

    Parameters
    ----------
    hits, sizes : sequence of int, shape (cases,)
        Records with the property, and all records, of each case.

    Returns
    -------
    float
        At least 1; 1 for one case, or when all or no records have the property.

    Notes
    -----
    Linearised variance of a ratio, c/(c-1) sum (y_i - p m_i)^2 / M^2 over c cases, against p (1 - p) / M.

    Source: Cochran (1977), Sampling Techniques, 3rd ed., Wiley, section 3.12.

    Examples
    --------
    >>> design_effect([2, 0, 2, 0], [2, 2, 2, 2]) > 2
    True
    >>> design_effect([1, 1], [1, 1])
    1.0
    """
    cases, total = len(sizes), sum(sizes)
    share = sum(hits) / total
    if cases < 2 or share in (0.0, 1.0):
        return 1.0
    variance = cases / (cases - 1) * sum((y - share * m) ** 2 for y, m in zip(hits, sizes, strict=True)) / total**2
    return max(1.0, variance * total / (share * (1 - share)))
