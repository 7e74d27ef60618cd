"""What do all lease shapes together say about the number of sources? A weighted average over shapes and parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_choice import ChosenCurve
from darkfigure.estimate.lagged.dispersion import Dispersion
from darkfigure.estimate.lagged.lag_curve import SMALLEST, curve_information, spread_points, weigh
from darkfigure.estimate.lagged.lease_shapes import SHAPES, LeaseShape, blurred

Array = NDArray[np.float64]
EVEN_POINTS = {1: 256, 2: 512, 3: 1024}
NEAR_POINTS = 512
SHARE_CELLS = 12
COUNT_POINTS = 15
NO_FLOOR = 0.3
"""Credibility, before the data, of no chance matches at all; otherwise their share is uniform."""
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
    """

    weights: Array
    log_n: Array
    log_n_upto: Array
    floor: Array
    mean_days: Array
    shape_weights: dict[str, float]
    means: Array
    survival: Array

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


def average_curves(
    chosen: ChosenCurve, *, dispersion: Dispersion, seed: int, floor_possible: float = 1 - NO_FLOOR
) -> CurveAverage:
    """How many sources, over all shapes and parameters, each as far as the pair counts support it?

    Parameters
    ----------
    chosen : ChosenCurve
    dispersion : Dispersion
        The likelihood of the curve is raised to the inverse of ``curve``; the matches per pair vary by ``total``.
    seed : int
        Of the points drawn near the likeliest curves.
    floor_possible : float
        Credibility of chance matches before the data; 0 rules them out.

    Returns
    -------
    CurveAverage

    Notes
    -----
    Importance sampling from an even mixture of the prior (uniform in the logarithms of times) and a t distribution
    about the likeliest curve; the share of chance matches by quadrature; the total of matches by gamma quantiles.
    """
    parts = []
    for name in SHAPES:
        part = _weighted_shape(chosen, name, dispersion.curve, seed, floor_possible)
        parts.append((name, *part))
    top = max(float(p[1].max(initial=-np.inf)) for p in parts)
    weights = [np.exp(p[1] - top) for p in parts]
    total = sum(float(w.sum()) for w in weights)
    shape_weights = {p[0]: float(w.sum()) / total for p, w in zip(parts, weights, strict=True)}
    weight = np.concatenate(weights) / total
    share, reach, mean_days, curves = (np.concatenate([p[k] for p in parts]) for k in (2, 3, 4, 5))
    kept = weight > 1e-5 * weight.max()
    weight, share, reach, mean_days, curves = weight[kept], share[kept], reach[kept], mean_days[kept], curves[kept]
    counts = chosen.counts
    matches, pairs = float(counts.same.sum()), counts.pairs
    log_n = np.log(reach) - np.log1p(-share) - math.log(matches)
    rate = np.exp(-log_n)
    means = (weight * rate) @ curves * pairs + float(weight @ share) * matches * pairs / pairs.sum()
    survival = _weighted_median(curves, weight)
    weight = weight / weight.sum()
    sorted_log_n, upto = _with_total_error(log_n, weight, max(1 / dispersion.total, 0.5))
    floor = share * matches / pairs.sum()
    return CurveAverage(weight, sorted_log_n, upto, floor, mean_days, shape_weights, means, survival)


def _with_total_error(log_n: Array, weight: Array, evidence: float) -> tuple[Array, Array]:
    """Each curve's number spread by the gamma error of the total of matches; sorted, with the weight below."""
    nodes = (np.arange(COUNT_POINTS) + 0.5) / COUNT_POINTS
    offset = -np.log(scipy.special.gammaincinv(evidence, nodes) / evidence)
    values = (log_n[:, None] + offset).ravel()
    weights = np.repeat(weight / COUNT_POINTS, COUNT_POINTS)
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order]) - weights[order] / 2
    return values[order], upto


def _weighted_shape(
    chosen: ChosenCurve, name: str, dispersion: float, seed: int, floor_possible: float
) -> tuple[Array, Array, Array, Array, Array]:
    """Log weights, shares of chance, reaches, mean leases and curves of the points of one family."""
    family, counts = SHAPES[name], chosen.counts
    shape = blurred(family, chosen.resolution_days)
    box = family.box(shortest=chosen.shortest_lease_days, longest=chosen.longest_lease_days)
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
    return (
        log_weight.ravel(),
        shares.ravel(),
        np.repeat(reach, many),
        np.repeat(family.mean_days(theta), many),
        np.repeat(curves, many, axis=0),
    )


def _points(
    chosen: ChosenCurve, name: str, shape: LeaseShape, box: tuple[Array, Array], dispersion: float, seed: int
) -> tuple[Array, Array]:
    """Points of one family, and the log of prior over sampling density, over the number of points."""
    low, high = box
    even = spread_points(box, EVEN_POINTS[low.size])
    fit, counts = chosen.fits[name], chosen.counts
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
    ratio = slope / np.maximum(decaying + share[:, None] * slope, SMALLEST)
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
