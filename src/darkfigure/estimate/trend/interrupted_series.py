"""Did the level or the slope of an estimated series change at a known date, given the errors of the estimates?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.asked import checked_level
from darkfigure.records.aggregate import Interval, NotEstimable, Quantity, Reason

Floats = NDArray[np.float64]
METHOD = "interrupted-series"
FEWEST_EACH_SIDE = 3
FEWEST_SPARE = 4
MOST_POINTS = 400
_SPREADS, _PERSISTENCES = 24, 12
_JITTER = 1e-9


@dataclass(frozen=True, slots=True, order=True)
class DatedBreak:
    """A known change of law, policy or detection.

    Parameters
    ----------
    time : float
        When it began to hold, in the unit of the series' times.
    text : str
        What changed, in a reader's words.
    """

    time: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEffect:
    """What changed at one date.

    Parameters
    ----------
    at : DatedBreak
    level, slope : Quantity or None
        Shift of the level at the date; change of the slope after it, per unit of time. ``None`` when not asked for.
    p_level, p_slope : float or None
        Two-sided probabilities of no change.
    """

    at: DatedBreak
    level: Quantity | None
    slope: Quantity | None
    p_level: float | None
    p_slope: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptedSeries:
    """A straight line with breaks at known dates, for a series whose points are estimates.

    Parameters
    ----------
    effects : tuple of BreakEffect
        In order of time.
    trend : Quantity
        Slope before the first break, per unit of time.
    spread : float
        Standard deviation of what the sampling errors do not explain.
    persistence : float
        Its correlation from one point to the next.
    fitted : ndarray, shape (points,)
    """

    effects: tuple[BreakEffect, ...]
    trend: Quantity
    spread: float
    persistence: float
    fitted: Floats

    def sentences(self) -> tuple[str, ...]:
        """The changes in words; on a logarithmic series ``exp`` of a shift is a factor."""
        return tuple(_told(e) for e in self.effects)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists."""
        return {
            "trend": _plain(self.trend),
            "effects": [
                {
                    "time": e.at.time,
                    "text": e.at.text,
                    "level": _plain(e.level),
                    "slope": _plain(e.slope),
                    "p_level": e.p_level,
                    "p_slope": e.p_slope,
                }
                for e in self.effects
            ],
            "spread": self.spread,
            "persistence": self.persistence,
            "fitted": self.fitted.tolist(),
            "sentences": list(self.sentences()),
        }


def _plain(q: Quantity | None) -> dict[str, Any] | None:
    if q is None or q.interval is None:
        return None
    return {"value": q.value, "se": q.standard_error, "lower": q.interval.lower, "upper": q.interval.upper}


def _told(effect: BreakEffect) -> str:
    parts = []
    for name, q in (("level", effect.level), ("slope", effect.slope)):
        if q is not None and q.interval is not None:
            i = q.interval
            told = "rose" if i.lower > 0 else "fell" if i.upper < 0 else "shows no clear change"
            parts.append(f"the {name} {told} ({q.value:+.3g}, {i.level:.0%} interval {i.lower:+.3g} to {i.upper:+.3g})")
    return f"At {effect.at.time:g} ({effect.at.text}): {' and '.join(parts)}."


def interrupted_series(
    times: Sequence[float] | Floats,
    values: Sequence[float] | Floats,
    covariance: Floats,
    *,
    breaks: Sequence[DatedBreak],
    slopes: Sequence[DatedBreak] = (),
    window: float = 0.0,
    level: float = 0.95,
) -> InterruptedSeries | NotEstimable:
    """Did the series jump, or bend, at a date declared before looking at it?

    Parameters
    ----------
    times : sequence of float, shape (points,)
        Increasing; ends of windows when the points are windows.
    values : sequence of float, shape (points,)
        Estimates, usually logarithms of numbers.
    covariance : ndarray, shape (points, points) or (points,)
        Sampling covariance of the values, or their variances when they are independent; 0 for exact values.
    breaks : sequence of DatedBreak
        Dates of level shifts.
    slopes : sequence of DatedBreak
        Dates at which the slope may change too; each is one of ``breaks``.
    window : float
        Length of the windows that the points stand for, in the unit of ``times``: a shift enters a window gradually.
    level : float
        Of the intervals.

    Returns
    -------
    InterruptedSeries or NotEstimable
        A refusal with fewer than three points on either side of a date, fewer than four points more than
        coefficients, or points that lie exactly on the line and are said to have no error.

    Raises
    ------
    EstimateError (E-EST-75, E-EST-76, E-EST-79)
        The series is impossible; a date lies outside it or a slope date is no break; the level is impossible.

    Notes
    -----
    ``y = X b + e + u`` with ``e`` the sampling errors of known covariance ``S`` and ``u`` an AR(1) of standard
    deviation ``tau`` and persistence ``rho``. The restricted likelihood of ``(tau, rho)`` is laid out on a grid
    (``tau`` uniform, ``rho`` uniform on 0 to 0.95); coefficients are mixtures of the generalised least squares answers
    at each point, weighted by it. So an interval holds the doubt about ``tau`` and ``rho``, which one plugged-in pair
    leaves out.

    Source
    ------
    Restricted likelihood: Harville (1977), JASA 72, 320, doi 10.1080/01621459.1977.10480998; known sampling
    covariances: DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177, doi 10.1016/0197-2456(86)90046-2.

    Examples
    --------
    >>> t = np.arange(20.0)
    >>> y = 5 + 0.01 * t + 0.5 * (t >= 10) + 0.02 * np.cos(7 * t)
    >>> found = interrupted_series(t, y, np.full(20, 1e-6), breaks=[DatedBreak(10.0, "a new law")])
    >>> round(found.effects[0].level.value, 1)
    0.5
    """
    checked_level(level)
    t, y, s = _checked(times, values, covariance, window)
    breaks = sorted(breaks)
    _check_breaks(t, breaks, slopes)
    x, names = _design(t, breaks, slopes, window)
    thin = _too_few(t, x, breaks)
    if thin is not None:
        return thin
    if _exact(x, y, s):
        return NotEstimable(
            method=METHOD,
            reason=Reason.BOUNDARY,
            explanation="All points lie exactly on the line and are said to have no error, so nothing shows how far "
            "chance moves them. The sampling variances of the points would be needed.",
            n_observed=int(t.size),
        )
    grid = _grid(x, y, s, np.diff(t))
    told = {name: _quantity(name, grid, k, level) for k, name in enumerate(names)}
    effects = tuple(
        BreakEffect(
            at=b,
            level=told[f"level[{k}]"][0],
            slope=told[f"slope[{k}]"][0] if b in slopes else None,
            p_level=told[f"level[{k}]"][1],
            p_slope=told[f"slope[{k}]"][1] if b in slopes else None,
        )
        for k, b in enumerate(breaks)
    )
    return InterruptedSeries(
        effects=effects,
        trend=told["trend"][0],
        spread=float(grid.weight @ grid.spread),
        persistence=float(grid.weight @ grid.persistence),
        fitted=np.asarray(x @ (grid.weight @ grid.mean)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Answers at each pair of spread and persistence, with its weight; ``mean`` and ``variance``: (pairs, terms)."""

    weight: Floats
    spread: Floats
    persistence: Floats
    mean: Floats
    variance: Floats


def _exact(x: Floats, y: Floats, s: Floats) -> bool:
    """Whether the line leaves no more than rounding errors, where no other errors are declared."""
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return not s.any() and bool(np.abs(residual).max() <= 1e-12 * max(float(np.abs(y).max()), 1e-300))


def _checked(
    times: Sequence[float] | Floats, values: Sequence[float] | Floats, covariance: Floats, window: float
) -> tuple[Floats, Floats, Floats]:
    given = [np.asarray(a) for a in (times, values, covariance)]
    numbers = all(a.dtype.kind in "iuf" for a in given)
    t, y, s = (a.astype(float) if numbers else np.full(1, np.nan) for a in given)
    s = np.diag(s) if s.ndim == 1 else s
    good = t.ndim == 1 and y.shape == t.shape and s.shape == (t.size, t.size) and t.size <= MOST_POINTS
    finite = good and all(bool(np.isfinite(a).all()) for a in (t, y, s))
    if not (
        finite
        and 0 <= window < math.inf
        and bool((np.diff(t) > 0).all())
        and np.allclose(s, s.T, rtol=1e-6, atol=1e-12)
        and bool((np.diag(s) >= 0).all())
        and (t.size == 0 or float(np.linalg.eigvalsh(s)[0]) >= -1e-8 * float(np.trace(s)))
    ):
        raise EstimateError(
            "E-EST-75",
            where="series",
            problem="times, values and covariance do not belong together",
            allowed=f"increasing times, one finite value each, at most {MOST_POINTS}, variances or a covariance, and "
            "windows of a length from 0",
            remedy="Leave out points that could not be estimated, from all three.",
        )
    return t, y, s


def _check_breaks(t: Floats, breaks: Sequence[DatedBreak], slopes: Sequence[DatedBreak]) -> None:
    inside = all(t[0] < b.time <= t[-1] for b in breaks) if t.size else False
    if not inside or not set(slopes) <= set(breaks) or len({b.time for b in breaks}) < len(breaks):
        raise EstimateError(
            "E-EST-76",
            where="breaks",
            problem="a date lies outside the series, comes twice, or has a slope without a level",
            allowed="dates after the first and up to the last time of the series, each once",
            remedy="Drop dates outside the series; merge dates that coincide; list each slope date among the breaks.",
        )


def _design(
    t: Floats, breaks: Sequence[DatedBreak], slopes: Sequence[DatedBreak], window: float
) -> tuple[Floats, list[str]]:
    """Columns of the line, the shifts and the bends, averaged over the window that ends at each time."""
    scale = float(t[-1] - t[0]) or 1.0
    columns, names = [np.ones(t.size), (t - t[0]) / scale], ["start", "trend"]
    for k, b in enumerate(breaks):
        since = t - b.time
        share = np.clip(since / window, 0, 1) if window > 0 else (since >= 0).astype(float)
        columns.append(share)
        names.append(f"level[{k}]")
        if b in slopes:
            after = np.maximum(since, 0)
            mean = (after**2 - np.maximum(since - window, 0) ** 2) / (2 * window) if window > 0 else after
            columns.append(mean / scale)
            names.append(f"slope[{k}]")
    for k, name in enumerate(names):
        if name.startswith(("trend", "slope")):
            columns[k] = columns[k] * scale
    return np.stack(columns, axis=1), names


def _too_few(t: Floats, x: Floats, breaks: Sequence[DatedBreak]) -> NotEstimable | None:
    edges = [-math.inf, *(b.time for b in breaks), math.inf]
    least = min(int(((t >= a) & (t < b)).sum()) for a, b in itertools.pairwise(edges))
    if least >= FEWEST_EACH_SIDE and t.size - x.shape[1] >= FEWEST_SPARE and np.linalg.matrix_rank(x) == x.shape[1]:
        return None
    return NotEstimable(
        method=METHOD,
        reason=Reason.NO_DATA,
        explanation=f"Too few points: at least {FEWEST_EACH_SIDE} are needed before, between and after the dates, and "
        f"{FEWEST_SPARE} more than the line has coefficients. Shorter periods for the points, or a longer series, "
        "would be needed.",
        n_observed=int(t.size),
        diagnostics={"points": t.size, "coefficients": x.shape[1], "least_in_a_segment": least},
    )


def _grid(x: Floats, y: Floats, s: Floats, gaps: Floats) -> _Grid:
    n, p = x.shape
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    scale = math.sqrt(float(residual @ residual) / (n - p)) or math.sqrt(float(np.trace(s)) / n) or 1.0
    spreads = (np.arange(_SPREADS) + 0.5) / _SPREADS * 5.0
    spreads = scale * spreads**1.5 / math.sqrt(5.0)
    width = np.gradient(spreads)
    persistences = (np.arange(_PERSISTENCES) + 0.5) / _PERSISTENCES * 0.95
    unit = float(np.median(gaps))
    place = np.concatenate([[0.0], np.cumsum(gaps)]) / unit
    distance = np.abs(place[:, None] - place[None, :])
    small = _JITTER * (float(np.trace(s)) / n + scale**2) * np.eye(n)
    found = [_at(x, y, s + small + spreads[:, None, None] ** 2 * rho**distance) for rho in persistences]
    log = np.concatenate([value + np.log(width) for value, _, _ in found])
    weight = np.exp(log - log.max())
    return _Grid(
        weight / weight.sum(),
        np.tile(spreads, _PERSISTENCES),
        np.repeat(persistences, _SPREADS),
        np.concatenate([mean for _, mean, _ in found]),
        np.concatenate([variance for _, _, variance in found]),
    )


def _at(x: Floats, y: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Restricted log-likelihood, coefficients and their variances for a stack of covariances."""
    root = np.linalg.cholesky(v)
    both = np.linalg.solve(root, np.broadcast_to(np.column_stack([x, y]), (len(v), *x.shape[:1], x.shape[1] + 1)))
    a, b = both[:, :, :-1], both[:, :, -1:]
    q, r = np.linalg.qr(a)
    inverse = np.linalg.inv(r)
    beta = inverse @ (q.transpose(0, 2, 1) @ b)
    rest = (b - a @ beta)[:, :, 0]
    determinant = np.log(np.abs(np.einsum("kii->ki", root))).sum(axis=1)
    determinant += np.log(np.abs(np.einsum("kii->ki", r))).sum(axis=1)
    return -determinant - (rest**2).sum(axis=1) / 2, beta[:, :, 0], (inverse**2).sum(axis=2)


def _quantity(name: str, grid: _Grid, k: int, level: float) -> tuple[Quantity, float]:
    """Mixture of normal answers: mean, standard deviation, interval and the two-sided probability of 0."""
    mean, error, weight = grid.mean[:, k], np.sqrt(grid.variance[:, k]), grid.weight
    value = float(weight @ mean)
    sd = math.sqrt(float(weight @ (error**2 + (mean - value) ** 2)))

    def below(at: float) -> float:
        return float(weight @ scipy.special.ndtr((at - mean) / error))

    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        far = 1.0
        while not below(value - far * sd) < share < below(value + far * sd):
            far *= 2
        found = scipy.optimize.brentq(lambda a, q=share: below(a) - q, value - far * sd, value + far * sd)
        ends.append(float(found))
    at_zero = below(0.0)
    interval = Interval(ends[0], ends[1], level, "restricted likelihood, averaged")
    return Quantity(name=name, value=value, standard_error=sd, interval=interval), min(
        1.0, 2 * min(at_zero, 1 - at_zero)
    )
