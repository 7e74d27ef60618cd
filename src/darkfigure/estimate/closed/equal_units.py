"""Closed forms when all units are alike (M0, Mt): the best value and the profile over the total."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.intervals import Profile

Array = NDArray[np.float64]


def _captures(frequencies: Sequence[float]) -> tuple[float, float]:
    return sum(frequencies), sum(k * f for k, f in enumerate(frequencies, start=1))


def start_of(frequencies: Sequence[float], n_occasions: int | None, totals: Sequence[float] | None) -> Array:
    """Log-linear coefficients of M0 (``totals`` None) or Mt, by one root.

    Parameters
    ----------
    frequencies : sequence of float
        ``f_1, f_2, ...`` with at least one repeated capture.
    n_occasions : int or None
        ``t``; ``None`` when unlimited.
    totals : sequence of float or None
        ``n_j``.

    Returns
    -------
    ndarray
        ``(a, b)`` or ``(a, b_1, ..., b_t)``.

    Notes
    -----
    Mt: ``1 - n / N = prod(1 - n_j / N)`` (Darroch 1958); M0 has all ``n_j = C / t``; without a limit on the number of
    captures ``f_0 / N = exp(-C / N)``.

    Source
    ------
    Darroch (1958), Biometrika 45, 343, doi 10.1093/biomet/45.3-4.343.

    Examples
    --------
    >>> round(float(np.exp(start_of((25, 22, 13, 5, 1, 2), 6, None)[0])), 4)
    7.4336
    """
    n, captures = _captures(frequencies)
    profile = _log_missed(captures, n_occasions, totals)

    def gap(u: float) -> float:
        unseen = math.exp(u)
        return u - math.log(n + unseen) - profile(n + unseen)

    low, high = -200.0, math.log(n) + 1.0
    while gap(high) < 0:
        high += 5.0
    log_unseen = float(scipy.optimize.brentq(gap, low, high, xtol=1e-13))
    total = n + math.exp(log_unseen)
    if totals is None:
        odds = captures / total if n_occasions is None else captures / (total * n_occasions - captures)
        return np.array([log_unseen, math.log(odds)])
    x = np.asarray(totals, float)
    return np.concatenate([[log_unseen], np.log(x / (total - x))])


def _log_missed(captures: float, n_occasions: int | None, totals: Sequence[float] | None) -> Callable[[float], float]:
    """Log of the chance to be missed throughout, as a function of the total."""
    if totals is not None:
        x = np.asarray(totals, float)
        return lambda total: float(np.log1p(-x / total).sum())
    if n_occasions is None:
        return lambda total: -captures / total
    return lambda total: n_occasions * math.log1p(-captures / (total * n_occasions))


def profile_of(frequencies: Sequence[float], n_occasions: int | None, totals: Sequence[float] | None) -> Profile:
    """Profile log-likelihood of the total for M0 (``totals`` None) or Mt, with its slope.

    Examples
    --------
    >>> profile = profile_of((25, 22, 13, 5, 1, 2), 6, None)
    >>> abs(round(profile(74.7022272 - 68)[1], 4))
    0.0
    """
    n, captures = _captures(frequencies)
    log_missed = _log_missed(captures, n_occasions, totals)
    if totals is not None:
        tried, caught = np.ones(len(totals)), np.asarray(totals, float)
    else:
        tried, caught = np.array([1.0 if n_occasions is None else float(n_occasions)]), np.array([float(captures)])

    def profile(unseen: float) -> tuple[float, float]:
        total = n + unseen
        if n_occasions is None:
            fitted = captures * math.log(captures / total)
        else:
            p = caught / (tried * total)
            fitted = float(np.sum(scipy.special.xlogy(caught, p) + (tried * total - caught) * np.log1p(-p)))
        value = float(scipy.special.gammaln(total + 1) - scipy.special.gammaln(unseen + 1)) + fitted
        return value, float(scipy.special.psi(total + 1) - scipy.special.psi(unseen + 1)) + log_missed(total)

    return profile
