"""Beyond which gap does one lease curve explain when identifiers come back? What lies below it is sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lagged.lag_curve import SMALLEST, CurveFits, curve_columns, fit_curve
from darkfigure.estimate.lagged.lease_shapes import SHAPES, SHORTEST_FITTED_DAYS, as_counted
from darkfigure.estimate.lagged.pair_counts import PairCounts, clustered_products, clustered_squares, count_pairs
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
SMOOTHED_BINS = 4.0
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
    weighed : PairCounts
        The same, each bin weighted by how much its matches say: what the curves are fitted to.
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
    weighed: PairCounts
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
        same, pairs = self.weighed.same, self.weighed.pairs
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
    weights = bin_weights(counts)
    weighed = counts.weighed(weights)
    bin_ratio = float(counts.edges[1] / counts.edges[0])
    fits = {}
    for name, shape in SHAPES.items():
        box = shape.box(shortest=SHORTEST_FITTED_DAYS, longest=LONGEST_PERIODS * span)
        counted = as_counted(shape, resolution_days=resolution, bin_ratio=bin_ratio)
        fits[name] = fit_curve(counted, weighed.same, weighed.pairs, counts.middles, box=box)
    richest = max(fits.values(), key=lambda fit: float(fit.log_likelihood[0]))
    seen, expected = (_joined(column, _pools(richest.means[0])) for column in (weighed.same, richest.means[0]))
    expected = np.maximum(expected, 1e-9)
    spread = float(((seen - expected) ** 2 / expected).sum() / max(seen.size - 5, 1))
    scores = {name: _criterion(fit, spread if spread > 1.5 else 1.0) for name, fit in fits.items()}
    best = min(scores, key=lambda name: scores[name])
    fit = fits[best]
    misfit, leading, leading_bin = _misfit(counts, fit, weights)
    shortest = float(fit.shape.shortest_days(fit.theta)[0])
    settled = shortest >= max(cut, SHORTEST_DAYS) and leading > LEADING_EXCESS and leading_bin > LEADING_BIN
    return ChosenCurve(
        counts, weighed, cut, resolution, fits, scores, best, misfit, settled, settled and misfit > MISFIT
    )


def _criterion(fit: CurveFits, overdispersion: float) -> float:
    """Quasi-AIC; a curve faster than any lease is ruled out (Burnham and Anderson 2002, section 2.5, for the form)."""
    score = -2 * float(fit.log_likelihood[0]) / overdispersion
    score += 2 * fit.n_parameters + EXTRA_PENALTY * (fit.shape.n_parameters > 1)
    return score + TOO_FAST * (float(fit.shape.shortest_days(fit.theta)[0]) < SHORTEST_DAYS)


def bin_weights(counts: PairCounts) -> Array:
    """How much does one match of each lag bin say, next to a match that comes alone?

    Identifiers kept for long bring several matches at once, mostly at long lags; weighing those down makes the short
    lags, where ``n`` shows, speak as loud as they should.

    Returns
    -------
    ndarray, shape (bins,)
        One over the variance per match, smoothed over neighbouring bins; at most 1.
    """
    effect = clustered_squares(counts.by_group) / np.maximum(counts.same, SMALLEST)
    bins = np.arange(counts.same.size)
    near = np.exp(-0.5 * ((bins[:, None] - bins) / SMOOTHED_BINS) ** 2) * np.maximum(counts.same, 1e-9)
    smooth = near @ np.where(counts.same > 0, effect, 1.0) / near.sum(axis=1)
    return np.asarray(1 / np.maximum(smooth, 1.0), dtype=float)


def _misfit(counts: PairCounts, fit: CurveFits, weights: Array) -> tuple[float, float, float]:
    """Tail probabilities of the fit: overall, of an excess at the shortest lags together, and in any of them."""
    means = fit.means[0] / weights
    first = slice(0, LEADING_BINS)
    by_group, leading_means = counts.by_group[:, first], means[first]
    leading = _excess(by_group.sum(axis=1), float(leading_means.sum()))
    bins = [_excess(by_group[:, b], float(leading_means[b])) for b in range(leading_means.size)]
    return _overall_misfit(counts, fit, weights), leading, min(bins)


def _overall_misfit(counts: PairCounts, fit: CurveFits, weights: Array) -> float:
    """Pearson's statistic over pooled bins against its law when the matches of one identifier come together.

    Notes
    -----
    The residuals are ``P (s - mu)`` with ``P`` the projection off the fitted parameters, and the covariance of ``s`` is
    that between identifiers; the law of the sum of squares is matched by its mean and variance (Satterthwaite 1946).
    """
    pools = _pools(fit.means[0] / weights)
    if int(pools.max()) + 1 <= fit.n_parameters:
        return 1.0
    seen, expected = _joined(counts.same, pools), np.maximum(_joined(fit.means[0] / weights, pools), 1e-9)
    by_group = np.add.reduceat(counts.by_group, np.flatnonzero(np.diff(pools, prepend=-1)), axis=1)
    # Where a long lease could have brought many matches but did not, the matches seen hide how much they vary.
    spread = np.maximum(clustered_squares(by_group) / expected, _joined(fit.means[0] / weights**2, pools) / expected)
    products = clustered_products(by_group)
    scale = np.sqrt(expected * spread / np.maximum(np.diag(products), 1e-9))
    covariance = products * np.outer(scale, scale)
    np.fill_diagonal(covariance, expected * spread)
    design = np.stack([_joined(column, pools) for column in curve_columns(fit, counts.pairs, counts.middles).T])
    weighed = design * _joined(fit.means[0], pools) / expected**2
    off = np.eye(seen.size) - design.T @ np.linalg.pinv(weighed @ design.T) @ weighed
    scaled = off @ covariance @ off.T / np.sqrt(np.outer(expected * spread, expected * spread))
    mean, squares = float(np.trace(scaled)), float((scaled**2).sum())
    if mean <= 0 or squares <= 0:
        return 1.0
    statistic = float(((seen - expected) ** 2 / (expected * spread)).sum())
    return float(scipy.stats.chi2.sf(statistic * mean / squares, mean**2 / squares))


def _excess(by_group: Array, expected: float) -> float:
    """Probability of so many matches or more, allowing for identifiers that bring several."""
    seen = float(by_group.sum())
    if seen <= 0:
        return 1.0
    spread = max(1.0, float(clustered_squares(by_group[:, None])[0]) / seen)
    return float(scipy.special.gammainc(max(seen / spread, 1e-9), expected / spread))


def _pools(expected: Array, *, at_least: float = 5.0) -> NDArray[np.intp]:
    """Which neighbouring bins are joined until each expects enough for a chi-square?"""
    group = np.floor(np.concatenate([[0.0], np.cumsum(expected)[:-1]]) / at_least).astype(int)
    return np.unique(group, return_inverse=True)[1].ravel()


def _joined(values: Array, pools: NDArray[np.intp]) -> Array:
    return np.asarray(np.bincount(pools, weights=values), dtype=float)
