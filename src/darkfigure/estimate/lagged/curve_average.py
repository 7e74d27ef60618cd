"""What do all lease shapes together say about the number of sources? A weighted average over shapes and parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_choice import LONGEST_PERIODS, ChosenCurve
from darkfigure.estimate.lagged.dispersion import Dispersion, TotalError
from darkfigure.estimate.lagged.lag_curve import LEAST, SMALLEST, curve_information, spread_points, weigh
from darkfigure.estimate.lagged.lease_shapes import SHAPES, LeaseShape

Array = NDArray[np.float64]
EVEN_POINTS = {1: 256, 2: 512, 3: 1024}
NEAR_POINTS = 512
SHARE_CELLS = 12
COUNT_POINTS = 15
NO_FLOOR = 0.3
"""Credibility, before the data, of no chance matches at all; otherwise their share is uniform."""
_LIGHTEST, _NEGLIGIBLE_SHARE = 1e-5, 1e-9
_DEGREES = 4.0
_NEGLIGIBLE = 18.0


@dataclass(frozen=True, slots=True, eq=False)
class CurveAverage:
    """Weighted curves, and what each says.

    Parameters
    ----------
    weights : ndarray, shape (curves,)
        Add up to one.
    log_n : ndarray, shape (curves * COUNT_POINTS,)
        Of the number of sources: each curve with the error of the total of matches, in increasing order.
    log_n_upto : ndarray, shape (curves * COUNT_POINTS,)
        Weight below each, halfway through its own.
    floor, mean_days : ndarray, shape (curves,)
    shape_weights : dict of str to float
        Of each family.
    means : ndarray, shape (bins,)
        Expected pairs of one identifier, averaged.
    survival : ndarray, shape (bins,)
        Lease survival at the lags: the weighted median of the curves.
    chance_error : float
        By how much ``log_n`` is off on average for not knowing whether matches at long lags are chance.
    """

    weights: Array
    log_n: Array
    log_n_upto: Array
    floor: Array
    mean_days: Array
    shape_weights: dict[str, float]
    means: Array
    survival: Array
    chance_error: float

    def quantiles(self, levels: list[float], *, of: Array | None = None) -> list[float]:
        """Weighted quantiles of ``log_n``, or of another quantity."""
        if of is None:
            return [float(np.interp(level, self.log_n_upto, self.log_n)) for level in levels]
        order = np.argsort(of, kind="stable")
        upto = np.cumsum(self.weights[order]) - self.weights[order] / 2
        return [float(np.interp(level, upto, of[order])) for level in levels]

    @property
    def log_error(self) -> float:
        """Spread of ``log_n``: half the width of the central 68.3%."""
        low, high = self.quantiles([0.1587, 0.8413])
        return (high - low) / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _WeighedCurves:
    """Points of one family: log weights, shares of chance, reaches, mean leases and survival curves."""

    log_weight: Array
    share: Array
    reach: Array
    mean_days: Array
    curves: Array


def average_curves(
    chosen: ChosenCurve,
    *,
    dispersion: Dispersion,
    seed: int,
    floor_possible: float = 1 - NO_FLOOR,
    longest_periods: float = LONGEST_PERIODS,
) -> CurveAverage:
    """How many sources, over all shapes and parameters, each as far as the pair counts support it?

    Parameters
    ----------
    chosen : ChosenCurve
    dispersion : Dispersion
        The likelihood of the curve is raised to the inverse of ``curve``.
    seed : int
        Of the points drawn near the likeliest curves.
    floor_possible : float
        Credibility of chance matches before the data; 0 rules them out.
    longest_periods : float
        Leases up to so many times the period are considered.

    Returns
    -------
    CurveAverage

    Notes
    -----
    Importance sampling from an even mixture of the prior (uniform in the logarithms of times) and a t distribution
    about the likeliest curve; the share of chance matches by quadrature; the total of matches by gamma quantiles.
    With ``h`` the log reach of a curve and ``m`` the log matches per pair, ``log n = h - m``. The two err together, so
    a curve whose ``h`` is off the middle of its family says that ``m`` was off as well, by ``carried`` times as much.
    """
    longest_days = longest_periods * chosen.counts.span_days
    parts = {
        name: _weighted_shape(chosen, name, dispersion.curve, seed, floor_possible, longest_days) for name in SHAPES
    }
    top = max(float(part.log_weight.max(initial=-np.inf)) for part in parts.values())
    weights = {name: np.exp(part.log_weight - top) for name, part in parts.items()}
    total = sum(float(w.sum()) for w in weights.values())
    all_weights = np.concatenate([*weights.values()]) / total
    kept = all_weights > _LIGHTEST * all_weights.max()
    share, reach, mean_days, curves = (
        np.concatenate([getattr(part, field) for part in parts.values()])[kept]
        for field in ("share", "reach", "mean_days", "curves")
    )
    weight = all_weights[kept] / all_weights[kept].sum()
    matches, pairs = float(chosen.weighed.same.sum()), chosen.weighed.pairs
    log_n, evidence = (
        np.concatenate(column)[kept]
        for column in zip(*(_numbers(parts[name], weights[name], dispersion.of(name)) for name in SHAPES), strict=True)
    )
    rate = (1 - share) * matches / reach
    means = ((weight * rate) @ curves + float(weight @ share) * matches / pairs.sum()) * chosen.counts.pairs
    sorted_log_n, upto = _with_total_error(log_n - math.log(matches), weight, evidence)
    return CurveAverage(
        weights=weight,
        log_n=sorted_log_n,
        log_n_upto=upto,
        floor=share * matches / pairs.sum(),
        mean_days=mean_days,
        shape_weights={name: float(w.sum()) / total for name, w in weights.items()},
        means=means,
        survival=_weighted_median(curves, weight),
        chance_error=_chance_error(log_n, weight, share > 0),
    )


def _numbers(part: _WeighedCurves, weight: Array, total: TotalError) -> tuple[Array, Array]:
    """``log n`` of each curve but for the matches, and what is left of their evidence once the curve is known."""
    if part.share.size == 0:
        return part.share, part.share
    log_reach = np.log(part.reach) - np.log1p(-part.share)
    middle = float(weight @ log_reach / max(weight.sum(), SMALLEST))
    evidence = np.full(log_reach.size, max(1 / total.left, 0.5))
    return log_reach - total.carried * (log_reach - middle), evidence


def _chance_error(log_n: Array, weight: Array, chance: NDArray[np.bool_]) -> float:
    """Mean deviation of ``log n`` from what it is with chance matches, or without, whichever is more credible."""
    some = float(weight[chance].sum())
    if not _NEGLIGIBLE_SHARE < some < 1 - _NEGLIGIBLE_SHARE:
        return 0.0
    means = [float(weight[part] @ log_n[part] / weight[part].sum()) for part in (chance, ~chance)]
    return min(some, 1 - some) * abs(means[0] - means[1])


def _with_total_error(log_n: Array, weight: Array, evidence: Array) -> tuple[Array, Array]:
    """Each curve's number spread by the gamma error of the total of matches; sorted, with the weight below."""
    nodes = (np.arange(COUNT_POINTS) + 0.5) / COUNT_POINTS
    known, inside = np.unique(evidence, return_inverse=True)
    offsets = -np.log(scipy.special.gammaincinv(known[:, None], nodes) / known[:, None])
    values = (log_n[:, None] + offsets[inside.ravel()]).ravel()
    weights = np.repeat(weight / COUNT_POINTS, COUNT_POINTS)
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order]) - weights[order] / 2
    return values[order], upto


def _weighted_shape(
    chosen: ChosenCurve, name: str, dispersion: float, seed: int, floor_possible: float, longest_days: float
) -> _WeighedCurves:
    family, counts = SHAPES[name], chosen.weighed
    shape = chosen.fits[name].shape
    box = family.box(shortest=chosen.shortest_lease_days, longest=longest_days)
    theta, log_ratio = _points(chosen, name, shape, box, dispersion, seed)
    curves = shape.survival(theta, counts.middles)
    same, pairs = counts.same, counts.pairs
    score, _, floor = weigh(same[None], pairs, curves)
    score, share = score[0] / dispersion, floor[0] * pairs.sum() / same.sum()
    inside = np.isfinite(log_ratio) & np.isfinite(score)
    near = inside & (score + log_ratio > np.max((score + log_ratio)[inside], initial=-np.inf) - _NEGLIGIBLE)
    theta, curves, share, log_ratio = theta[near], curves[near], share[near], log_ratio[near]
    reach = (pairs * curves).sum(axis=1)
    shares, widths = _share_nodes(curves, reach, share, same, pairs, dispersion, floor_possible)
    decaying = (pairs * curves / reach[:, None])[:, None, :]
    fitted = decaying + shares[..., None] * (pairs / pairs.sum() - decaying)
    value = np.matmul(np.log(np.maximum(fitted, SMALLEST)), same) / dispersion
    log_weight = value + np.log(np.maximum(widths, SMALLEST)) + log_ratio[:, None] + math.log(family.prior)
    many = shares.shape[1]
    return _WeighedCurves(
        log_weight=log_weight.ravel(),
        share=shares.ravel(),
        reach=np.repeat(reach, many),
        mean_days=np.repeat(family.mean_days(theta), many),
        curves=np.repeat(curves, many, axis=0),
    )


def _points(
    chosen: ChosenCurve, name: str, shape: LeaseShape, box: tuple[Array, Array], dispersion: float, seed: int
) -> tuple[Array, Array]:
    """Points of one family, and the log of prior over sampling density, over the number of points."""
    low, high = box
    even = spread_points(box, EVEN_POINTS[low.size])
    fit, counts = chosen.fits[name], chosen.weighed
    information = curve_information(shape, fit, counts.pairs, counts.middles) / dispersion
    width = high - low
    precision = information + np.diag(12 / width**2)
    factor = np.linalg.cholesky(np.linalg.inv(precision) * 1.2)
    rng = np.random.default_rng([seed, list(SHAPES).index(name)])
    normal = rng.standard_normal((NEAR_POINTS, low.size))
    scale = np.sqrt(_DEGREES / rng.chisquare(_DEGREES, NEAR_POINTS))
    centre = np.clip(fit.theta[0], low, high)
    theta = np.concatenate([even, centre + (normal * scale[:, None]) @ factor.T])
    inside = ((theta >= low) & (theta <= high)).all(axis=1)
    whitened = np.linalg.solve(factor, (theta - centre).T)
    p = low.size
    log_t = (
        math.lgamma((_DEGREES + p) / 2)
        - math.lgamma(_DEGREES / 2)
        - p / 2 * math.log(_DEGREES * math.pi)
        - float(np.log(np.diag(factor)).sum())
        - (_DEGREES + p) / 2 * np.log1p((whitened**2).sum(axis=0) / _DEGREES)
    )
    log_prior = np.where(inside, -float(np.log(width).sum()), -np.inf)
    n_even, n_near = even.shape[0], NEAR_POINTS
    mixed = np.logaddexp(np.log(n_even) + log_prior, np.log(n_near) + log_t)
    return theta, log_prior - mixed


def _share_nodes(
    curves: Array, reach: Array, share: Array, same: Array, pairs: Array, dispersion: float, floor_possible: float
) -> tuple[Array, Array]:
    """Shares of chance matches to look at for each curve, with prior weights: none, and cells about the likeliest."""
    none = np.zeros((share.size, 1))
    if floor_possible <= 0:
        return none, none + 1.0
    decaying = pairs * curves / reach[:, None]
    slope = pairs / pairs.sum() - decaying
    ratio = slope / np.maximum(decaying + share[:, None] * slope, LEAST)
    steep, bend = np.abs(ratio @ same) / dispersion, (ratio**2) @ same / dispersion
    scale = 4.5 / np.sqrt(np.maximum(bend + steep**2, 1e-12))
    low, high = np.maximum(share - scale, 0.0), np.minimum(share + scale, 1 - 1e-9)
    cell = (high - low) / SHARE_CELLS
    nodes = low[:, None] + cell[:, None] * (np.arange(SHARE_CELLS) + 0.5)
    widths = np.repeat(cell[:, None], SHARE_CELLS, axis=1) * floor_possible
    return np.concatenate([none, nodes], axis=1), np.concatenate([none + 1 - floor_possible, widths], axis=1)


def _weighted_median(curves: Array, weight: Array) -> Array:
    order = np.argsort(curves, axis=0, kind="stable")
    upto = np.cumsum(weight[order], axis=0)
    row = np.argmax(upto >= upto[-1] / 2, axis=0)
    return np.asarray(np.take_along_axis(curves, np.take_along_axis(order, row[None], axis=0), axis=0)[0], dtype=float)
