"""Intervals for a number that cannot be below what was seen: log-normal, and profile likelihood by root finding."""

from __future__ import annotations

import math
from collections.abc import Callable

import scipy

from darkfigure.records.aggregate import Interval


def log_normal_interval(n_observed: int, n_unseen: float, standard_error: float, level: float) -> Interval:
    """How far could the total be, if the unseen number errs like a log-normal variable?

    Parameters
    ----------
    n_observed : int
        Units seen, ``D``.
    n_unseen : float
        Estimated units not seen, ``f_0``.
    standard_error : float
        Of the total (or, the same, of ``f_0``).
    level : float
        Such as 0.95.

    Returns
    -------
    Interval
        Of the total; never below what was seen.

    Notes
    -----
    ``(D + f_0 / C, D + f_0 C)`` with ``C = exp(z sqrt(log(1 + var / f_0^2)))``.

    Source
    ------
    Chao (1987), Biometrics 43, 783, doi 10.2307/2531532.

    Examples
    --------
    >>> i = log_normal_interval(68, 23.7108342635816, 10.4606704062233, 0.95)
    >>> round(i.lower, 4), round(i.upper, 4)
    (78.3749, 122.1889)
    """
    if n_unseen <= 0 or standard_error <= 0:
        return Interval(float(n_observed + n_unseen), float(n_observed + n_unseen), level, "log-normal")
    spread = math.exp(
        float(scipy.special.ndtri((1 + level) / 2)) * math.sqrt(math.log1p((standard_error / n_unseen) ** 2))
    )
    return Interval(n_observed + n_unseen / spread, n_observed + n_unseen * spread, level, "log-normal")


Profile = Callable[[float], tuple[float, float]]
"""Profile log-likelihood at an unseen number, and its slope there."""

_SETTLED = 1e-6
"""On the log scale: Newton's next error is about the square of this."""
_SMALLEST = 1e-6


def profile_interval(
    profile: Profile, *, n_observed: int, start: float, relative_error: float, level: float
) -> tuple[Interval, float]:
    """Which totals are nearly as likely as the most likely one?

    Each end is found by a guarded Newton search on the logarithm of the unseen number, using the slope of the
    profile: a handful of evaluations, not a grid of fits.

    Parameters
    ----------
    profile : callable
        ``profile(f_0)`` gives the log-likelihood and its derivative with respect to ``f_0``.
    n_observed : int
        Units seen, ``n``.
    start : float
        A first guess of ``f_0``, above 0.
    relative_error : float
        A guess of the standard error of ``f_0`` over ``f_0``; only speeds the search.
    level : float
        Such as 0.95.

    Returns
    -------
    Interval, float
        Of the total, and the unseen number at which the profile is highest. The lower end is ``n_observed`` when even
        no unseen unit is likely enough; the upper end is infinite when the likelihood never falls far enough.

    Source
    ------
    Cormack (1992), Biometrics 48, 567, doi 10.2307/2532310.

    Examples
    --------
    >>> from scipy.special import gammaln, psi
    >>> def two_lists(f0, n1=40, n2=55, n=92):
    ...     N = n + f0
    ...     value = gammaln(N + 1) - gammaln(f0 + 1) + sum((N - x) * math.log1p(-x / N) + x * math.log(x / N)
    ...         for x in (n1, n2))
    ...     return value, psi(N + 1) - psi(f0 + 1) + sum(math.log1p(-x / N) for x in (n1, n2))
    >>> interval, best = profile_interval(two_lists, n_observed=92, start=600.0, relative_error=0.5, level=0.95)
    >>> bool(interval.lower < 92 + best < interval.upper)
    True
    """
    spread = min(max(relative_error, 1e-4), 2.0)
    best = _maximum(profile, max(start, _SMALLEST), n_observed, spread)
    floor = profile(best)[0] - float(scipy.special.chdtri(1, 1 - level)) / 2
    reach = math.sqrt(2 * float(scipy.special.chdtri(1, 1 - level)) / 2) * math.sqrt(math.log1p(spread**2))
    upper = _end(profile, best, floor, first=reach, limit=1e7 * (n_observed + best))
    lower = _end(profile, best, floor, first=-reach, limit=_SMALLEST)
    low = float(n_observed) if lower is None else n_observed + lower
    high = math.inf if upper is None else n_observed + upper
    return Interval(low, high, level, "profile-multinomial"), best


def _maximum(profile: Profile, start: float, n_observed: int, spread: float) -> float:
    """Unseen number where the slope changes sign; at the edge when it never does."""
    known: dict[float, float] = {}

    def slope(u: float) -> float:
        # Warm starts make repeated evaluations differ in the last digits, so each point is evaluated once.
        if u not in known:
            known[u] = profile(math.exp(u))[1] * math.exp(u)
        return known[u]

    low, high = math.log(_SMALLEST), math.log(1e7 * (n_observed + start))
    a, at_a = math.log(start), slope(math.log(start))
    width = max(min(abs(at_a) * spread**2, 1.0), 1e-4)
    while True:
        b = min(max(a + math.copysign(1.2 * width, at_a), low), high)
        at_b = slope(b)
        if at_a * at_b <= 0:
            return math.exp(float(scipy.optimize.brentq(slope, a, b, xtol=1e-7, rtol=1e-9)))
        if b in (low, high):
            return math.exp(b)
        a, at_a, width = b, at_b, width * 2


def _end(profile: Profile, best: float, floor: float, *, first: float, limit: float) -> float | None:
    """Unseen number at which the profile has fallen to ``floor``; ``None`` when it does not before ``limit``."""
    sign = math.copysign(1.0, first)
    inside, outside, bound = math.log(best), None, math.log(limit)
    point = inside + first
    for _ in range(200):
        point = min(point * sign, bound * sign) * sign
        value, slope = profile(math.exp(point))
        gap, steepness = value - floor, slope * math.exp(point)
        if gap > 0 and point == bound:
            return None
        if gap > 0:
            inside = point
        else:
            outside = point
        newton = point - gap / steepness if steepness * sign < 0 else math.inf * sign
        if abs(newton - point) < _SETTLED:
            return math.exp(newton)
        if outside is not None and abs(outside - inside) < _SETTLED:
            return math.exp(inside)
        point = _guarded(newton, inside, outside, sign)
    return math.exp(point)


def _guarded(newton: float, inside: float, outside: float | None, sign: float) -> float:
    """Newton's proposal when it lies in the open bracket; a halving or a bold step when it does not."""
    if outside is None:
        return inside + sign * min(abs(newton - inside), 2.0)
    low, high = min(inside, outside), max(inside, outside)
    return newton if low < newton < high else (low + high) / 2
