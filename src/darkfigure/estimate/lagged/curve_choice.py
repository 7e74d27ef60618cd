"""Beyond which gap does one lease curve explain when identifiers come back? What lies below it is sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lagged.lag_curve import SMALLEST, CurveFits, fit_curve
from darkfigure.estimate.lagged.lease_shapes import SHAPES, SHORTEST_FITTED_DAYS, blurred
from darkfigure.estimate.lagged.pair_counts import PairCounts, count_pairs
from darkfigure.estimate.lagged.sessions import first_of_sessions

Array = NDArray[np.float64]
CUTS_DAYS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
"""Gaps tried, from repeated rows only to a day and a half."""
SHORTEST_DAYS = 0.25
"""A part of the curve that falls faster than this is a session, not a lease."""
SHORTEST_LAG_DAYS = 0.002
LONGEST_LAG_SHARE = 0.9
LONGEST_PERIODS = 8.0
"""Leases up to so many times the period are considered."""
BINS = 56
LEADING_BINS = 7
EXTRA_PENALTY = 1.0
"""On top of two for each parameter beyond the first: richer shapes win only when the data ask for them."""
TOO_FAST = 50.0
MISFIT, LEADING_EXCESS, LEADING_BIN = 0.005, 0.005, 0.001
"""Tail probabilities below which a fit is not accepted: overall, over the shortest lags, in any one of those."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenCurve:
    """The lag curve the data support, with its rivals.

    Parameters
    ----------
    counts : PairCounts
        After runs were reduced to one sighting.
    cut_days, resolution_days : float
        Gap within which they were, and the grid the times lie on (0 when on none).
    fits : mapping of str to CurveFits
        Every shape at its most likely.
    scores : mapping of str to float
        Criterion of each; smaller is better.
    best : str
        Name of the best.
    misfit_probability : float
        Of a worse fit by chance.
    settled : bool
        Whether nothing at the shortest lags speaks for sessions left; a larger gap would cut into leases.
    accepted : bool
        Whether the fit holds at all lags too.
    """

    counts: PairCounts
    cut_days: float
    resolution_days: float
    fits: Mapping[str, CurveFits]
    scores: Mapping[str, float]
    best: str
    misfit_probability: float
    settled: bool
    accepted: bool

    @property
    def fit(self) -> CurveFits:
        """The best one."""
        return self.fits[self.best]

    @property
    def shortest_lease_days(self) -> float:
        """Leases shorter than this cannot be seen in these data."""
        return max(SHORTEST_DAYS, self.cut_days, self.resolution_days / 2)

    @property
    def longest_lease_days(self) -> float:
        """Leases longer than this are as good as kept for ever."""
        return self.counts.span_days * LONGEST_PERIODS

    def gain_over_flat(self) -> float:
        """Twice the log-likelihood gained over a flat line."""
        same, pairs = self.counts.same, self.counts.pairs
        level = np.maximum(pairs / pairs.sum() * same.sum(), SMALLEST)
        flat = float((same * np.log(level)).sum() - same.sum())
        return 2 * (float(self.fit.log_likelihood[0]) - flat)


def choose_curve(
    entity: NDArray[np.int64], days: Array, *, cut_days: float | None, resolution_days: float
) -> ChosenCurve:
    """Which curve explains at which lags the same identifier comes back?

    Gaps are tried from the smallest up; the first is taken beyond which one lease curve explains every lag. What lies
    below it is sessions: several sightings of one event.

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
    days : ndarray, shape (sightings,)
    cut_days : float or None
        A declared gap, or ``None`` to choose.
    resolution_days : float
        Times are multiples of it; 0 when they are exact.

    Returns
    -------
    ChosenCurve
        ``accepted`` is false when no gap gives a fit that holds.

    Raises
    ------
    LookupError
        No identifier comes back beyond any gap.
    """
    tried = None
    cuts = CUTS_DAYS if cut_days is None else (cut_days,)
    for cut in cuts if cut_days is not None else [c for c in cuts if c == 0 or c >= resolution_days]:
        at_cut = _at_cut(entity, days, cut, resolution_days)
        if at_cut is None:
            break
        tried = at_cut
        if tried.settled:
            return tried
    if tried is None:
        raise LookupError
    return tried


def time_resolution(days: Array) -> float:
    """Which grid do the times lie on: weeks, days, hours, or none (0)?

    Examples
    --------
    >>> time_resolution(np.array([3.0, 10.0, 5.0])), time_resolution(np.array([0.5, 0.3]))
    (1.0, 0.0)
    """
    since = days - days.min()
    for grid in (7.0, 1.0, 1 / 24):
        if float(np.abs(since / grid - np.round(since / grid)).max()) < 1e-5:
            return grid
    return 0.0


def lag_edges(span_days: float, shortest_days: float) -> Array:
    """Lag bins from the shortest lag to most of the period, of equal ratio."""
    first = max(SHORTEST_LAG_DAYS, shortest_days * 1.0001)
    return np.geomspace(first, max(span_days * LONGEST_LAG_SHARE, 2 * first), BINS)


def _at_cut(entity: NDArray[np.int64], days: Array, cut: float, resolution: float) -> ChosenCurve | None:
    who, when = first_of_sessions(entity, days, gap_days=cut)
    span = float(when.max() - when.min())
    counts = count_pairs(who, when, edges=lag_edges(span, max(cut, resolution / 2)))
    if counts.same.sum() <= 0:
        return None
    fits = {}
    for name, shape in SHAPES.items():
        box = shape.box(shortest=SHORTEST_FITTED_DAYS, longest=LONGEST_PERIODS * span)
        fits[name] = fit_curve(blurred(shape, resolution), counts.same, counts.pairs, counts.middles, box=box)
    richest = max(fits.values(), key=lambda fit: float(fit.log_likelihood[0]))
    seen, expected, _ = _pooled(counts, richest.means[0])
    spread = float(((seen - expected) ** 2 / expected).sum() / max(seen.size - 5, 1))
    scores = {name: _criterion(fit, spread if spread > 1.5 else 1.0) for name, fit in fits.items()}
    best = min(scores, key=lambda name: scores[name])
    fit = fits[best]
    misfit, leading, leading_bin = _misfit(counts, fit)
    shortest = float(fit.shape.shortest_days(fit.theta)[0])
    settled = shortest >= max(cut, SHORTEST_DAYS) and leading > LEADING_EXCESS and leading_bin > LEADING_BIN
    return ChosenCurve(counts, cut, resolution, fits, scores, best, misfit, settled, settled and misfit > MISFIT)


def _criterion(fit: CurveFits, overdispersion: float) -> float:
    """Quasi-AIC; a curve faster than any lease is ruled out (Burnham and Anderson 2002, section 2.5, for the form)."""
    score = -2 * float(fit.log_likelihood[0]) / overdispersion
    score += 2 * fit.n_parameters + EXTRA_PENALTY * (fit.shape.n_parameters > 1)
    return score + TOO_FAST * (float(fit.shape.shortest_days(fit.theta)[0]) < SHORTEST_DAYS)


def _misfit(counts: PairCounts, fit: CurveFits) -> tuple[float, float, float]:
    """Tail probabilities of the fit: overall, of an excess at the shortest lags together, and in any of them."""
    seen, expected, spread = _pooled(counts, fit.means[0])
    chi_square = float(((seen - expected) ** 2 / (expected * spread)).sum())
    overall = float(scipy.stats.chi2.sf(chi_square, max(seen.size - fit.n_parameters, 1)))
    first = slice(0, LEADING_BINS)
    by_group, means = counts.by_group[:, first], fit.means[0][first]
    leading = _excess(by_group.sum(axis=1), float(means.sum()))
    bins = [_excess(by_group[:, b], float(means[b])) for b in range(means.size)]
    return overall, leading, min(bins)


def _excess(by_group: Array, expected: float) -> float:
    """Probability of so many matches or more, allowing for identifiers that bring several."""
    seen = float(by_group.sum())
    if seen <= 0:
        return 1.0
    spread = max(1.0, float((by_group**2).sum()) / seen)
    return float(scipy.special.gammainc(max(seen / spread, 1e-9), expected / spread))


def _pooled(counts: PairCounts, expected: Array, *, at_least: float = 5.0) -> tuple[Array, Array, Array]:
    """Neighbouring bins joined until each expects enough for a chi-square; with the variance per match of each."""
    group = np.floor(np.concatenate([[0.0], np.cumsum(expected)[:-1]]) / at_least).astype(int)
    _, group = np.unique(group, return_inverse=True)
    seen = np.bincount(group, weights=counts.same)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    by_group = np.add.reduceat(counts.by_group, starts, axis=1)
    spread = np.asarray((by_group**2).sum(axis=0) / np.maximum(seen, 1e-9), dtype=float)
    return (
        np.asarray(seen, dtype=float),
        np.maximum(np.bincount(group, weights=expected), 1e-9),
        np.maximum(spread, 1.0),
    )
