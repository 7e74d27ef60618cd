"""Shares and means of units that may come in clusters, such as people in cases: how far could they be off?"""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.records.aggregate import Interval

WILSON = "Wilson"
CLUSTERED_WILSON = "case-clustered Wilson"
CLUSTERED_T = "case-clustered Student t"


def wilson_interval(share: float, size: float, *, level: float, method: str = WILSON) -> Interval:
    """Where does a proportion lie, given its observed share and the (effective) number of units?

    Parameters
    ----------
    share : float
        Observed proportion, 0 to 1.
    size : float
        Number of independent units, or the effective number; above 0.
    level : float
        Confidence level.
    method : str
        Name to carry.

    Returns
    -------
    Interval
        On the scale of the proportion.

    Notes
    -----
    With z the normal quantile: (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).

    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> i = wilson_interval(4 / 44, 44, level=0.95)
    >>> round(i.lower, 3), round(i.upper, 3)
    (0.036, 0.212)
    """
    z2 = float(scipy.special.ndtri((1 + level) / 2)) ** 2
    scale = 1 + z2 / size
    middle = (share + z2 / (2 * size)) / scale
    half = math.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size * size))) / scale
    lower = 0.0 if share == 0 else max(0.0, middle - half)
    upper = 1.0 if share == 1 else min(1.0, middle + half)
    return Interval(lower, upper, level, method)


def intraclass_correlation(hits: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """How alike are units of one case? Analysis-of-variance estimate for yes-or-no properties, held to 0..1.

    Parameters
    ----------
    hits : array of float, shape (cases,)
        Units with the property in each case.
    sizes : array of float, shape (cases,)
        Units in each case, 1 or more.

    Returns
    -------
    float
        0 when every case holds one unit.

    Notes
    -----
    With mean squares between and within cases MSB, MSW and n0 = (M - sum m_i^2 / M) / (c - 1):
    (MSB - MSW) / (MSB + (n0 - 1) MSW).

    Source: Ridout, Demetrio and Firth (1999), Biometrics 55, 137-148, doi:10.1111/j.0006-341X.1999.00137.x.

    Examples
    --------
    >>> intraclass_correlation(np.array([3.0, 0.0, 3.0]), np.array([3.0, 3.0, 3.0]))
    1.0
    """
    cases, total = len(sizes), float(sizes.sum())
    if cases < 2 or total <= cases:
        return 0.0
    share = float(hits.sum()) / total
    between = float((sizes * (hits / sizes - share) ** 2).sum()) / (cases - 1)
    within = float((hits * (sizes - hits) / sizes).sum()) / (total - cases)
    n0 = (total - float((sizes**2).sum()) / total) / (cases - 1)
    spread = between + (n0 - 1) * within
    return min(max((between - within) / spread, 0.0), 1.0) if spread > 0 else 0.0


def design_effect(hits: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """By what factor do shared cases enlarge the variance of a share?

    The larger of two estimates, since each misses in its own way: the delete-one-case jackknife (no model, but too
    small for rare properties) and the exchangeable model with one correlation inside cases (steady, but a model). At a
    share of 0 or 1 the data do not tell how alike units of a case are; they are then taken as wholly alike.

    Parameters
    ----------
    hits, sizes : array of float, shape (cases,)
        Units with the property, and units, in each case.

    Returns
    -------
    float
        1 or more.

    Notes
    -----
    With p the pooled share, M units, c cases: jackknife variance v = (c-1)/c sum ((y_i - p m_i)/(M - m_i))^2 and
    deff = v M / (p(1-p)); model deff = 1 + rho (sum m_i^2 / M - 1).

    Source: Bell and McCaffrey (2002), Survey Methodology 28, 169-181 (jackknife form for few clusters); Kish (1965),
    Survey Sampling, Wiley (model form); Franco, Little, Louis and Slud (2019), J. Surv. Stat. Methodol. 7, 334-364,
    doi:10.1093/jssam/smy019 (design-based effects alone undercover; model-based sizes with Wilson's form do not).

    Examples
    --------
    >>> design_effect(np.array([3.0, 0.0, 3.0, 0.0]), np.array([3.0, 3.0, 3.0, 3.0])) >= 3
    True
    """
    cases, total = len(sizes), float(sizes.sum())
    share = float(hits.sum()) / total
    kish = float((sizes**2).sum()) / total
    if share in (0.0, 1.0) or cases < 2:
        return kish
    left_out = (hits - share * sizes) / (total - sizes)
    variance = (cases - 1) / cases * float((left_out**2).sum())
    jackknife = variance * total / (share * (1 - share))
    model = 1 + intraclass_correlation(hits, sizes) * (kish - 1)
    return max(1.0, jackknife, model)


def effective_size(hits: NDArray[np.float64], sizes: NDArray[np.float64], *, level: float) -> float:
    """How many independent units are the units of these cases worth?

    Parameters
    ----------
    hits, sizes : array of float, shape (cases,)
        Units with the property, and units, in each case; 2 cases or more.
    level : float
        Confidence level, since few cases cost more at a higher level.

    Returns
    -------
    float
        Never more than the number of units.

    Notes
    -----
    n* = M / deff x (t_{M-1} / t_{c-1})^2 with Student quantiles at the level: the degrees of freedom are those of
    the cases, not of the people.

    Source: Korn and Graubard (1998), Survey Methodology 24, 193-201.

    Examples
    --------
    >>> effective_size(np.array([1.0, 0.0] * 50), np.ones(100), level=0.95) > 95
    True
    """
    cases, total = len(sizes), float(sizes.sum())
    tail = (1 + level) / 2
    penalty = float(scipy.special.stdtrit(max(total - 1, 1), tail) / scipy.special.stdtrit(max(cases - 1, 1), tail))
    return min(total / design_effect(hits, sizes) * penalty**2, total)


def clustered_share_interval(hits: NDArray[np.float64], sizes: NDArray[np.float64], *, level: float) -> Interval | None:
    """Where does the share lie when units come in cases?

    Plain Wilson where every case gives one unit; otherwise Wilson on the effective number of units, which stays inside
    0..1 and gives a one-sided interval at shares of 0 and 1.

    Parameters
    ----------
    hits, sizes : array of float, shape (cases,)
        Units with the property, and units in the denominator, in each case with at least one unit.
    level : float
        Confidence level.

    Returns
    -------
    Interval or None
        ``None`` for fewer than two cases: nothing then shows how cases differ.

    Notes
    -----
    The interval speaks about files like these, as if they were drawn at random from such files; it does not cover what
    selection left out. Coverage was simulated with the sizes of the study (``tests/unit/nature/test_intervals.py``).

    Source: Dean and Pagano (2015), J. Surv. Stat. Methodol. 3, 484-503, doi:10.1093/jssam/smv024 (Wilson's form with
    an effective size is among the best in clustered surveys).

    Examples
    --------
    >>> i = clustered_share_interval(np.array([3.0, 0.0, 2.0, 1.0]), np.array([3.0, 4.0, 2.0, 3.0]), level=0.95)
    >>> i.method, i.lower < 0.5 < i.upper
    ('case-clustered Wilson', True)
    """
    if len(sizes) < 2:
        return None
    share = float(hits.sum() / sizes.sum())
    if float(sizes.max()) == 1:
        return wilson_interval(share, float(sizes.sum()), level=level)
    size = effective_size(hits, sizes, level=level)
    return wilson_interval(share, size, level=level, method=CLUSTERED_WILSON)


def clustered_mean_interval(sums: NDArray[np.float64], sizes: NDArray[np.float64], *, level: float) -> Interval | None:
    """Where does the mean of a number lie when units come in cases?

    Parameters
    ----------
    sums, sizes : array of float, shape (cases,)
        Sum of the number, and units, in each case.
    level : float
        Confidence level.

    Returns
    -------
    Interval or None
        ``None`` for fewer than two cases. Held at 0 from below, since ages, months and counts are.

    Notes
    -----
    Ratio estimate R = Y/M with delete-one-case variance (c-1)/c sum ((y_i - R m_i)/(M - m_i))^2 and Student's t with
    c - 1 degrees of freedom.

    Source: Bell and McCaffrey (2002), Survey Methodology 28, 169-181.

    Examples
    --------
    >>> i = clustered_mean_interval(np.array([10.0, 14.0, 12.0]), np.ones(3), level=0.95)
    >>> round(i.lower, 2), round(i.upper, 2)
    (7.03, 16.97)
    """
    cases, total = len(sizes), float(sizes.sum())
    if cases < 2:
        return None
    mean = float(sums.sum()) / total
    left_out = (sums - mean * sizes) / (total - sizes)
    error = math.sqrt((cases - 1) / cases * float((left_out**2).sum()))
    half = float(scipy.special.stdtrit(cases - 1, (1 + level) / 2)) * error
    return Interval(max(0.0, mean - half), mean + half, level, CLUSTERED_T)
