"""The lag curve ``P(same at lag tau) = S(tau) / n + floor``, fitted to pair counts by Poisson likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lagged.lease_shapes import LeaseShape

Array = NDArray[np.float64]
SMALLEST = 1e-300
START_POINTS = {1: 64, 2: 200, 3: 500}
_STEP, _NO_FLOOR = 1e-4, 1e-6
LEAST = 1e-120
"""Sums of its inverse squared are still numbers."""
STEPS = 60
"""Most scoring steps; a fit that needs more is taken as it stands, and its likelihood judged."""


@dataclass(frozen=True, slots=True, eq=False)
class CurveFits:
    """Fits of one shape to several columns of counts at once.

    Parameters
    ----------
    shape : LeaseShape
    theta : ndarray, shape (fits, n_parameters)
        Of the survival curve, on its fitted scale.
    n_active, floor : ndarray, shape (fits,)
        Sources active at a time, and the probability that two unrelated sightings share an identifier.
    log_likelihood : ndarray, shape (fits,)
        Poisson, without the factorials.
    means : ndarray, shape (fits, bins)
        Fitted pairs of one identifier.
    """

    shape: LeaseShape
    theta: Array
    n_active: Array
    floor: Array
    log_likelihood: Array
    means: Array

    @property
    def n_parameters(self) -> int:
        """Of the curve, with ``n_active`` and the floor."""
        return self.shape.n_parameters + 2


def weigh(same: Array, pairs: Array, curves: Array, *, steps: int = 40) -> tuple[Array, Array, Array]:
    """Which share of the matches is chance, for given survival curves?

    Parameters
    ----------
    same : ndarray, shape (fits, bins)
    pairs : ndarray, shape (bins,)
    curves : ndarray, shape (candidates, bins)

    Returns
    -------
    tuple of ndarray, each of shape (fits, candidates)
        Log-likelihood, ``1 / n_active`` and floor. The total of fitted counts equals that of the observed ones, which
        leaves one unknown in ``[0, 1]`` with a concave likelihood: Newton steps inside a shrinking bracket.
    """
    total = same.sum(axis=1)[:, None]
    reach = (pairs * curves).sum(axis=1)
    usable = reach > 1e-9 * pairs.sum()
    decaying = pairs * curves / np.where(usable, reach, 1.0)[:, None]
    flat = pairs / pairs.sum()
    slope = (flat - decaying)[None]
    share = np.full((same.shape[0], curves.shape[0]), 0.3)
    low, high = np.zeros_like(share), np.ones_like(share)
    for _ in range(steps):
        ratio = slope / np.maximum(decaying[None] + share[..., None] * slope, LEAST)
        gradient = np.matmul(ratio, same[:, :, None])[..., 0]
        curvature = np.matmul(ratio * ratio, same[:, :, None])[..., 0]
        low, high = np.where(gradient > 0, share, low), np.where(gradient > 0, high, share)
        step = share + gradient / np.maximum(curvature, 1e-12)
        new = np.where((step > low) & (step < high), step, (low + high) / 2)
        settled = float(np.abs(new - share).max()) < 1e-9
        share = new
        if settled:
            break
    fitted = np.maximum(decaying[None] + share[..., None] * slope, SMALLEST)
    log_likelihood = np.matmul(np.log(fitted), same[:, :, None])[..., 0] + total * np.log(total) - total
    rate = (1 - share) * total / np.where(usable, reach, 1.0)
    return np.where(usable, log_likelihood, -np.inf), rate, share * total / pairs.sum()


def fit_curve(shape: LeaseShape, same: Array, pairs: Array, lags: Array, *, box: tuple[Array, Array]) -> CurveFits:
    """How many sources are active, if leases have this shape?

    Parameters
    ----------
    shape : LeaseShape
    same : ndarray, shape (bins,)
        Pairs of one identifier by lag.
    pairs : ndarray, shape (bins,)
        All pairs by lag.
    lags : ndarray, shape (bins,)
        Mean lag of the pairs of each bin, in days.
    box : tuple of ndarray
        Lowest and highest parameters.

    Returns
    -------
    CurveFits
        One fit: the best points of an even search of the box, then scoring steps.
    """
    starts = spread_points(box, START_POINTS[shape.n_parameters])
    score, _, _ = weigh(same[None], pairs, shape.survival(starts, lags), steps=10)
    best = np.argsort(-score[0])[:4]
    tried = refit(shape, np.repeat(same[None], best.size, axis=0), pairs, lags, theta=starts[best], box=box)
    top = int(np.argmax(tried.log_likelihood))
    return CurveFits(shape, *(a[top : top + 1] for a in _parts(tried)))


def spread_points(box: tuple[Array, Array], size: int) -> Array:
    """Points spread evenly over a box: a rank-one lattice, the same each time.

    Notes
    -----
    Multiples of the powers of the generalised golden ratio, modulo one.
    """
    low, high = box
    ratio = 2.0
    for _ in range(40):
        ratio = (1 + ratio) ** (1 / (low.size + 1))
    steps = ratio ** -np.arange(1, low.size + 1)
    return low + (high - low) * ((0.5 + np.arange(1, size + 1)[:, None] * steps[None]) % 1.0)


def refit(
    shape: LeaseShape, same: Array, pairs: Array, lags: Array, *, theta: Array, box: tuple[Array, Array]
) -> CurveFits:
    """The same for many columns of counts, each from its own starting point, by damped scoring steps.

    Parameters
    ----------
    same : ndarray, shape (fits, bins)
    theta : ndarray, shape (fits, n_parameters)
        Starts.
    box : tuple of ndarray
        Lowest and highest parameters.
    """
    theta = theta.copy()
    damping = np.full(theta.shape[0], 1e-2)
    now = _profile(shape, theta, same, pairs, lags)
    for _ in range(STEPS):
        gradient, information = _score(shape, theta, now, same, pairs, lags)
        scale = np.einsum("fpp->fp", information)
        damped = information + (damping[:, None] * scale + 1e-8)[:, :, None] * np.eye(theta.shape[1])[None]
        step = np.clip(np.linalg.solve(damped, gradient[..., None])[..., 0], -1.0, 1.0)
        tried = np.clip(theta + step, *box)
        new = _profile(shape, tried, same, pairs, lags)
        better = new[0] > now[0]
        gain = float(np.max(np.where(better, new[0] - now[0], 0.0)))
        theta = np.where(better[:, None], tried, theta)
        now = tuple(np.where(better.reshape(-1, *([1] * (a.ndim - 1))), a, b) for a, b in zip(new, now, strict=True))
        damping = np.where(better, damping / 4, damping * 6)
        if gain < 1e-7 and bool((better | (damping > 1e3)).all()):
            break
    score, rate, floor, fitted = now
    return CurveFits(shape, theta, 1 / np.maximum(rate, SMALLEST), floor, score, fitted)


def _parts(fits: CurveFits) -> tuple[Array, ...]:
    return fits.theta, fits.n_active, fits.floor, fits.log_likelihood, fits.means


def _profile(shape: LeaseShape, theta: Array, same: Array, pairs: Array, lags: Array) -> tuple[Array, ...]:
    """Likelihood of each fit at its own curve, with ``1 / n`` and the floor at their best."""
    curves = shape.survival(theta, lags)
    total = same.sum(axis=1)
    reach = (pairs * curves).sum(axis=1)
    usable = reach > 1e-9 * pairs.sum()
    decaying = pairs * curves / np.where(usable, reach, 1.0)[:, None]
    slope = pairs / pairs.sum() - decaying
    share = np.full(theta.shape[0], 0.3)
    low, high = np.zeros_like(share), np.ones_like(share)
    for _ in range(40):
        ratio = slope / np.maximum(decaying + share[:, None] * slope, LEAST)
        gradient, curvature = (ratio * same).sum(axis=1), (ratio * ratio * same).sum(axis=1)
        low, high = np.where(gradient > 0, share, low), np.where(gradient > 0, high, share)
        step = share + gradient / np.maximum(curvature, 1e-12)
        new = np.where((step > low) & (step < high), step, (low + high) / 2)
        settled = float(np.abs(new - share).max()) < 1e-10
        share = new
        if settled:
            break
    fitted = np.maximum(decaying + share[:, None] * slope, SMALLEST) * total[:, None]
    score = (same * np.log(np.maximum(fitted, SMALLEST))).sum(axis=1) - total
    rate = (1 - share) * total / np.where(usable, reach, 1.0)
    return np.where(usable, score, -np.inf), rate, share * total / pairs.sum(), fitted


def _score(
    shape: LeaseShape, theta: Array, now: tuple[Array, ...], same: Array, pairs: Array, lags: Array
) -> tuple[Array, Array]:
    """Gradient and profile information in the curve's parameters, by differences of the curve."""
    _, rate, _, fitted = now
    step = 1e-4
    here = shape.survival(theta, lags)
    slopes = []
    for parameter in range(theta.shape[1]):
        moved = theta.copy()
        moved[:, parameter] += step
        slopes.append((shape.survival(moved, lags) - here) / step * pairs * rate[:, None])
    curve = np.stack(slopes, axis=2)
    linear = np.stack([pairs * here, np.broadcast_to(pairs, here.shape)], axis=2)
    weight = 1 / np.maximum(fitted, 1e-12)
    gradient = np.einsum("fb,fbp->fp", same * weight - 1, curve)
    cross = np.einsum("fbl,fb,fbp->flp", linear, weight, curve)
    block = np.einsum("fbl,fb,fbm->flm", linear, weight, linear)
    whole = np.einsum("fbp,fb,fbq->fpq", curve, weight, curve)
    scale = np.sqrt(np.maximum(np.einsum("fll->fl", block), SMALLEST))
    block = block / (scale[:, :, None] * scale[:, None, :]) + 1e-10 * np.eye(2)[None]
    cross = cross / scale[:, :, None]
    return gradient, whole - np.einsum("flp,flq->fpq", cross, np.linalg.solve(block, cross))


def curve_columns(fit: CurveFits, pairs: Array, lags: Array) -> Array:
    """How does the fitted number of matches in each bin move with ``-log n``, the floor and the curve's parameters?

    Returns
    -------
    ndarray, shape (bins, 1 to 2 + n_parameters)
        No column for a floor of zero, which cannot fall.
    """
    here = fit.shape.survival(fit.theta, lags)[0]
    rate = pairs / float(fit.n_active[0])
    columns = [rate * here]
    if float(fit.floor[0] * fit.n_active[0]) > _NO_FLOOR:
        columns.append(rate)
    for p in range(fit.theta.shape[1]):
        moved = fit.theta.copy()
        moved[0, p] += _STEP
        columns.append((fit.shape.survival(moved, lags)[0] - here) / _STEP * rate)
    return np.stack(columns, axis=1)


def curve_information(shape: LeaseShape, fit: CurveFits, pairs: Array, lags: Array) -> Array:
    """How sharply do the counts settle the parameters of one fitted curve, with ``n`` and the floor free?

    Returns
    -------
    ndarray, shape (n_parameters, n_parameters)
        Expected information of ``theta``.
    """
    now = (fit.log_likelihood, 1 / fit.n_active, fit.floor, fit.means)
    return np.asarray(_score(shape, fit.theta, now, fit.means, pairs, lags)[1][0], dtype=float)
