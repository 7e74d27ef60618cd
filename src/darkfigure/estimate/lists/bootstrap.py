"""Resampling the units seen, and intervals from what a whole method says of each resample."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]

IntervalKind = Literal["bca", "percentile"]

_RESAMPLES = 200
"""Times the replicates are themselves drawn again to see how far chance moves the ends."""


def resampled(counts: Array, replicates: int, rng: np.random.Generator) -> Array:
    """What would the cells hold if as many units had been drawn again from those seen?

    Parameters
    ----------
    counts : ndarray, shape (cells,)
        Units in each cell.
    replicates : int
        Tables to draw.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray, shape (cells, replicates)
        Each column adds up to the units seen.

    Examples
    --------
    >>> resampled(np.array([3.0, 0.0, 2.0]), 4, np.random.default_rng(1)).sum(axis=0).tolist()
    [5.0, 5.0, 5.0, 5.0]
    """
    total = counts.sum()
    drawn: Array = rng.multinomial(int(total), counts / total, size=replicates).T.astype(np.float64)
    return drawn


def without_one(counts: Array) -> tuple[Array, Array]:
    """The tables with one unit left out, once for each cell that holds some, and how many units give each table.

    Examples
    --------
    >>> tables, weights = without_one(np.array([3.0, 0.0, 2.0]))
    >>> tables.T.tolist(), weights.tolist()
    ([[2.0, 0.0, 2.0], [3.0, 0.0, 1.0]], [3.0, 2.0])
    """
    held = np.flatnonzero(counts > 0)
    tables = np.repeat(counts[:, None], len(held), axis=1)
    tables[held, np.arange(len(held))] -= 1
    return tables, counts[held]


def acceleration(left_out: Array, weights: Array) -> float:
    """How fast does the spread of the estimate change with its size? From the estimates with one unit left out.

    Parameters
    ----------
    left_out : ndarray, shape (kinds of units,)
        Estimate without one unit of each kind; not a number where there is none.
    weights : ndarray, shape (kinds of units,)
        Units of each kind.

    Returns
    -------
    float
        ``a = sum w (m - x)^3 / (6 (sum w (m - x)^2)^(3/2))`` with ``m`` the weighted mean; 0 when nothing varies.

    Source
    ------
    Efron (1987), JASA 82, 171, doi 10.1080/01621459.1987.10478410.

    Examples
    --------
    >>> round(acceleration(np.array([4.0, 5.0, 9.0]), np.array([1.0, 1.0, 1.0])), 4)
    -0.0573
    """
    there = np.isfinite(left_out)
    if not there.any():
        return 0.0
    x, w = left_out[there], weights[there]
    away = (w @ x) / w.sum() - x
    spread = float(w @ away**2)
    return float(w @ away**3) / (6 * spread**1.5) if spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a bootstrap interval.

    Parameters
    ----------
    lower, upper : float
        ``upper`` may be infinite.
    below : float
        Share of replicates below the estimate, ties half.

    Examples
    --------
    >>> Ends(1.0, 2.0, 0.5).upper
    2.0
    """

    lower: float
    upper: float
    below: float


def bootstrap_ends(values: Array, *, point: float, level: float, kind: IntervalKind, skew: float = 0.0) -> Ends | None:
    """Between which values does the estimate lie, judging by its replicates?

    Parameters
    ----------
    values : ndarray, shape (replicates,)
        Estimates on the resamples; infinity where the resample sets no upper limit.
    point : float
        Estimate on the data.
    level : float
        Such as 0.95.
    kind : {"bca", "percentile"}
        ``"bca"`` corrects for bias and for a spread that changes with size.
    skew : float
        The acceleration ``a``; only for ``"bca"``.

    Returns
    -------
    Ends or None
        ``None`` when all replicates lie on one side of the estimate, so that no correction can be computed.

    Notes
    -----
    ``alpha_i = Phi(z_0 + (z_0 + z_i) / (1 - a (z_0 + z_i)))`` with ``z_0 = Phi^-1(share of replicates below the
    estimate)``; the ends are the ``(B + 1) alpha_i``-th of the ``B`` ordered replicates, interpolated between
    neighbours.

    Source
    ------
    Efron (1987), JASA 82, 171, doi 10.1080/01621459.1987.10478410.

    Examples
    --------
    >>> ends = bootstrap_ends(np.arange(1.0, 100.0), point=50.0, level=0.9, kind="bca")
    >>> round(ends.lower, 6), round(ends.upper, 6)
    (5.0, 95.0)
    """
    # A resample equal to the data differs from it by rounding only, which must not decide on which side it falls.
    tied = np.isclose(values, point, rtol=1e-9, atol=0.0)
    below = float(((values < point) & ~tied).mean() + tied.mean() / 2)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if kind == "bca":
        if not 0 < below < 1:
            return None
        shift = float(scipy.special.ndtri(below))
        moved = shift + scipy.special.ndtri(tails)
        with np.errstate(divide="ignore"):
            tails = scipy.special.ndtr(shift + moved / (1 - skew * moved))
        if (1 - skew * moved <= 0).any():
            return None
    lower, upper = _quantiles(values, tails)
    return Ends(lower, upper, below) if math.isfinite(lower) else None


def _quantiles(values: Array, at: Array) -> tuple[float, float]:
    """The ``(B + 1) alpha``-th value, between neighbours by interpolation; an infinite neighbour makes it infinite."""
    ordered = np.sort(values)
    position = np.clip(at * (len(ordered) + 1) - 1, 0, len(ordered) - 1)
    low = np.floor(position).astype(int)
    part = position - low
    high = np.minimum(low + 1, len(ordered) - 1)
    with np.errstate(invalid="ignore"):
        found = np.where(part > 0, ordered[low] + part * (ordered[high] - ordered[low]), ordered[low])
    found = np.where(np.isnan(found), np.inf, found)
    return float(found[0]), float(found[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """What the replicates of a method look like.

    Parameters
    ----------
    ends : Ends or None
        Of the interval.
    drawn, used : int
        Replicates drawn, and those that gave a number (infinite ones included).
    unlimited : int
        Replicates without any overlap: they set no upper limit and count as infinite.
    failed : int
        Replicates on which no model has a best value; left out.
    median, trimmed_mean : float
        Of the replicates; the mean without the largest and smallest tenth. Infinite when too many are.
    spread : float
        Half the distance between the 16% and the 84% quantile: a standard error that outliers do not move.
    error_lower, error_upper : float
        Standard error of the ends that comes from drawing so few replicates.

    Examples
    --------
    >>> summarise(np.arange(1.0, 100.0), point=50.0, level=0.9, kind="percentile", skew=0.0, unlimited=0, seed=1).median
    50.0
    """

    ends: Ends | None
    drawn: int
    used: int
    unlimited: int
    failed: int
    median: float
    trimmed_mean: float
    spread: float
    error_lower: float
    error_upper: float


def summarise(
    values: Array, *, point: float, level: float, kind: IntervalKind, skew: float, unlimited: int, seed: int
) -> Replicates:
    """What do the replicates say, how many are there, and how far does chance move the ends of the interval?

    Parameters
    ----------
    values : ndarray, shape (replicates,)
        Estimates; not a number where a replicate failed, infinite where it sets no upper limit.
    point, level, kind, skew
        As in ``bootstrap_ends``.
    unlimited : int
        Replicates without any overlap.
    seed : int
        Of the second resampling, which draws the replicates again.

    Returns
    -------
    Replicates
        With what is left when some failed.

    Examples
    --------
    >>> said = summarise(
    ...     np.array([1.0, 2, 3, np.nan]), point=2.0, level=0.5, kind="bca", skew=0.0, unlimited=0, seed=1)
    >>> said.used, said.failed, said.ends.lower
    (3, 1, 1.0)
    """
    used = values[~np.isnan(values)]
    drawn, failed = len(values), int(np.isnan(values).sum())
    nothing = (math.nan,) * 5
    if not len(used):
        return Replicates(
            ends=None, drawn=drawn, used=0, unlimited=unlimited, failed=failed,
            median=nothing[0], trimmed_mean=nothing[1], spread=nothing[2],
            error_lower=nothing[3], error_upper=nothing[4],
        )  # fmt: skip
    ends = bootstrap_ends(used, point=point, level=level, kind=kind, skew=skew)
    again = _ends_again(used, lambda x: bootstrap_ends(x, point=point, level=level, kind=kind, skew=skew), seed)
    ordered = np.sort(used)
    cut = len(ordered) // 10
    low, high = _quantiles(used, scipy.special.ndtr(np.array([-1.0, 1.0])))
    return Replicates(
        ends=ends,
        drawn=drawn,
        used=len(used),
        unlimited=unlimited,
        failed=failed,
        median=_quantiles(used, np.array([0.5, 0.5]))[0],
        trimmed_mean=float(ordered[cut : len(ordered) - cut].mean()),
        spread=(high - low) / 2,
        error_lower=again[0],
        error_upper=again[1],
    )


def _ends_again(values: Array, ends_of: Callable[[Array], Ends | None], seed: int) -> tuple[float, float]:
    rng = np.random.default_rng([seed, 1])
    found = [ends_of(values[rng.integers(0, len(values), len(values))]) for _ in range(_RESAMPLES)]
    lower = np.array([e.lower for e in found if e is not None])
    upper = np.array([e.upper for e in found if e is not None])
    return _spread_of(lower), _spread_of(upper)


def _spread_of(ends: Array) -> float:
    return float(ends.std(ddof=1)) if len(ends) > 1 and np.isfinite(ends).all() else math.inf
