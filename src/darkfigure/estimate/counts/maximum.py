"""The maximum of a likelihood of repeated counts: Newton steps with exact derivatives, from several starts."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.counts.derivatives import Jet, variables
from darkfigure.estimate.counts.observations import Observations
from darkfigure.estimate.counts.truncation import CountModel, Seen

Array = NDArray[np.float64]

_LOWER = {"log(dispersion)": -14.0, "logit(one-inflation)": -12.0, "logit(hurdle)": -16.0}
_UPPER = {"log(dispersion)": 9.0, "logit(one-inflation)": 16.0, "logit(hurdle)": 16.0}
_STARTS = {"log(dispersion)": (0.0, 3.0), "logit(one-inflation)": (0.0,), "logit(hurdle)": (0.0,)}
_STEPS = 200
_LONGEST = 3.0
_SETTLED = 1e-9
_CREEP, _CREEPS = 10, 1e-4
"""Steps, and gain in log-likelihood over all of them below which a climb along a limit is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """The log-likelihood of a model on distinct rows, in coordinates in which all columns have one scale.

    Parameters
    ----------
    model : CountModel
        The model.
    captures, weights : ndarray, shape (rows,)
        Captures, and the units of each row that enter the likelihood.
    basis : ndarray, shape (rows, k)
        Columns orthonormal over the units, times a constant; the linear predictor is ``basis @ theta[:k]``.
    back : ndarray, shape (k, k)
        Coefficients of the design are ``back @ theta[:k]``.
    """

    model: CountModel
    captures: Array
    weights: Array
    basis: Array
    back: Array

    def rows(self, theta: Array) -> Seen:
        """What the model says of each row at these parameters."""
        k = self.basis.shape[1]
        shapes = np.broadcast_to(theta[k:, None], (theta.size - k, self.captures.size))
        eta, *rest = variables(np.vstack([self.basis @ theta[:k], shapes]))
        law = len(self.model.law.shapes)
        return self.model.rows(eta, tuple(rest[:law]), tuple(rest[law:]), self.captures)

    def total(self, jet: Jet, weights: Array) -> tuple[float, Array, Array]:
        """Weighted sum of a quantity of the rows, with gradient and Hessian in ``theta``."""
        z, k = self.basis, self.basis.shape[1]
        m = jet.gradient.shape[0] - 1
        gradient = np.concatenate([z.T @ (weights * jet.gradient[0]), jet.gradient[1:] @ weights])
        hessian = np.empty((k + m, k + m))
        hessian[:k, :k] = z.T @ ((weights * jet.hessian[0, 0])[:, None] * z)
        hessian[:k, k:] = z.T @ (weights * jet.hessian[0, 1:]).T
        hessian[k:, :k] = hessian[:k, k:].T
        hessian[k:, k:] = jet.hessian[1:, 1:] @ weights
        return float(weights @ jet.value), gradient, hessian

    def at(self, theta: Array) -> tuple[float, Array, Array]:
        """Log-likelihood with gradient and Hessian."""
        with np.errstate(all="ignore"):
            return self.total(self.rows(theta).log_likelihood, self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """Where the search ended.

    Parameters
    ----------
    theta : ndarray
        Parameters in the coordinates of the likelihood.
    value : float
        Log-likelihood.
    information : ndarray
        Minus the Hessian.
    settled : bool
        Whether the steps shrank to nothing.
    ends : tuple of (str, int)
        Shape parameters that ran to the end of their range: name, and -1 or 1.
    """

    theta: Array
    value: float
    information: Array
    settled: bool
    ends: tuple[tuple[str, int], ...]


def likelihood_of(model: CountModel, seen: Observations) -> Likelihood:
    """The likelihood of a model on these rows.

    Examples
    --------
    >>> from darkfigure.estimate.counts.truncation import COUNT_MODELS
    >>> from darkfigure.estimate.counts.observations import observations
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = observations(CaptureTable.from_frequencies([8, 2]), "~ 1")
    >>> one = likelihood_of(COUNT_MODELS["zt-geometric"], seen)
    >>> bool(abs(one.at(np.array([np.log(0.2)]))[1][0]) < 1e-12)
    True
    """
    informing = model.informing(seen.captures)
    weights = np.where(model.within(seen.captures), seen.counts, 0.0)
    share = np.where(informing, seen.counts, 0.0)
    root = np.sqrt(share / share.sum())
    r: Array = np.asarray(np.linalg.qr(root[:, None] * seen.matrix, mode="r"))
    if seen.matrix.shape[1] == 1 and r[0, 0] < 0:
        r = -r
    back = np.asarray(np.linalg.inv(r))
    return Likelihood(model, seen.captures, weights, seen.matrix @ back, back)


def climb(likelihood: Likelihood, start: Array, *, held: float | None = None) -> Peak:
    """Newton's method from one start: guarded in the middle, plain at the end.

    Parameters
    ----------
    likelihood : Likelihood
        What to maximise.
    start : ndarray
        First parameters.
    held : float or None
        A value at which the first shape parameter is held.

    Returns
    -------
    Peak
        The end of the climb.

    Examples
    --------
    >>> from darkfigure.estimate.counts.truncation import COUNT_MODELS
    >>> from darkfigure.estimate.counts.observations import observations
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = observations(CaptureTable.from_frequencies([8, 2]), "~ 1")
    >>> peak = climb(likelihood_of(COUNT_MODELS["zt-geometric"], seen), np.zeros(1))
    >>> round(float(np.exp(peak.theta[0])), 9)
    0.2
    """
    shapes = likelihood.model.shapes
    free = start.size - len(shapes)
    lower = np.concatenate([np.full(free, -math.inf), [_LOWER[s] for s in shapes]])
    upper = np.concatenate([np.full(free, math.inf), [_UPPER[s] for s in shapes]])
    if held is not None:
        # Shares of a population that grows without end shrink with it, so they get room.
        lower[free:] = 3 * lower[free:]
        lower[free] = upper[free] = held
    theta, settled = np.clip(start, lower, upper), False
    value, gradient, hessian = likelihood.at(theta)
    heights = [value]
    for _ in range(_STEPS):
        at_end = ((theta <= lower) & (gradient < 0)) | ((theta >= upper) & (gradient > 0))
        step, concave = _step(gradient, hessian, ~at_end)
        gain = float(gradient @ step)
        if not math.isfinite(gain):
            break
        found = _along(likelihood, theta, step, value, gain, (lower, upper))
        if found is None:
            settled = gain < 1e-7 and concave
            break
        theta, (value, gradient, hessian) = found
        heights.append(value)
        if held is None and at_end[free:].any() and value - heights[max(-1 - _CREEP, -len(heights))] < _CREEPS:
            # A shape at its limit is a refusal, however far the others still creep along the ridge.
            break
        if gain < _SETTLED and concave:
            settled = True
            break
    ends = [
        (name, -1 if theta[free + i] <= lower[free + i] else 1)
        for i, name in enumerate(shapes)
        if theta[free + i] <= lower[free + i] or theta[free + i] >= upper[free + i]
    ]
    return Peak(theta, value, -hessian, settled, tuple(ends))


def _step(gradient: Array, hessian: Array, free: NDArray[np.bool_]) -> tuple[Array, bool]:
    """Newton's step on the free parameters, uphill even where the likelihood is not concave."""
    size, vectors = np.linalg.eigh(-hessian[np.ix_(free, free)]) if np.isfinite(hessian).all() else (None, None)
    if size is None or vectors is None:
        return np.full(gradient.size, math.nan), False
    step = np.zeros(gradient.size)
    if free.any():
        floor = 1e-10 * max(float(np.abs(size).max()), 1e-300)
        step[free] = vectors @ ((vectors.T @ gradient[free]) / np.maximum(np.abs(size), floor))
    longest = float(np.abs(step).max(initial=0.0))
    if longest > _LONGEST:
        step *= _LONGEST / longest
    return step, bool((size > 0).all())


def _along(
    likelihood: Likelihood, theta: Array, step: Array, value: float, gain: float, ends: tuple[Array, Array]
) -> tuple[Array, tuple[float, Array, Array]] | None:
    """The first of ever shorter steps that climbs; ``None`` when none does."""
    length = 1.0
    slack = 1e-12 * abs(value) if gain < 1e-6 else 0.0
    for _ in range(40):
        point = np.clip(theta + length * step, *ends)
        there = likelihood.at(point)
        if math.isfinite(there[0]) and np.isfinite(there[2]).all() and there[0] >= value + 1e-4 * length * gain - slack:
            return point, there
        length /= 2
    return None


def rise_to_endless_dispersion(likelihood: Likelihood, peak: Peak) -> float | None:
    """How far below the peak is the likelihood where the dispersion is endless, and with it the unseen number?

    Parameters
    ----------
    likelihood : Likelihood
        Of a model.
    peak : Peak
        Its maximum.

    Returns
    -------
    float or None
        In units of the log-likelihood; ``None`` for a law without dispersion.
    """
    if "log(dispersion)" not in likelihood.model.law.shapes:
        return None
    end, k = _UPPER["log(dispersion)"], likelihood.basis.shape[1]
    start = peak.theta.copy()
    # Along the ridge the product of rate and dispersion stays what it is.
    far = max(end - float(start[k]), 0.0)
    start[:k] -= far * (likelihood.basis.T @ _constant(likelihood))
    start[k] = end
    if likelihood.model.scheme in ("oneinflated-zt", "hurdle-zt"):
        start[k + 1] -= far
    return peak.value - climb(likelihood, start, held=end).value


def _constant(likelihood: Likelihood) -> Array:
    share = np.where(likelihood.model.informing(likelihood.captures), likelihood.weights, 0.0)
    return np.asarray(share / share.sum())


def highest(likelihood: Likelihood, seen: Observations) -> Peak:
    """The highest peak found from several starts.

    Starts are peaks of the model in which all units share one rate, so a model with many columns is climbed twice at
    most.

    Parameters
    ----------
    likelihood : Likelihood
        What to maximise.
    seen : Observations
        The rows behind it.

    Returns
    -------
    Peak
        The highest; of equally high ones the first.

    Examples
    --------
    >>> from darkfigure.estimate.counts.truncation import COUNT_MODELS
    >>> from darkfigure.estimate.counts.observations import observations
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = observations(CaptureTable.from_frequencies([8, 2]), "~ 1")
    >>> highest(likelihood_of(COUNT_MODELS["zt-geometric"], seen), seen).settled
    True
    """
    simple = _shared_rate(likelihood, seen)
    if seen.names == ("(Intercept)",):
        return simple[0]
    peaks = []
    for peak in simple[:2]:
        flat = likelihood.basis.T @ _constant(likelihood) * peak.theta[0]
        peaks.append(climb(likelihood, np.concatenate([flat, peak.theta[1:]])))
    return max(peaks, key=_height)


def _shared_rate(likelihood: Likelihood, seen: Observations) -> list[Peak]:
    """Distinct peaks of the model with one rate, the highest first."""
    captures, group = np.unique(seen.captures, return_inverse=True)
    counts = np.asarray(np.bincount(group, weights=seen.counts), dtype=float)
    pooled = Observations(captures, counts, np.ones((captures.size, 1)), ("(Intercept)",), ("intercept",))
    one = likelihood_of(likelihood.model, pooled)
    grid = itertools.product([_first_rate(likelihood.model, pooled)], *(_STARTS[s] for s in one.model.shapes))
    peaks: list[Peak] = []
    for start in grid:
        peak = climb(one, np.array(start))
        if not any(abs(peak.value - p.value) < 1e-6 for p in peaks):
            peaks.append(peak)
    return sorted(peaks, key=_height, reverse=True)


def _height(peak: Peak) -> float:
    return peak.value


def _first_rate(model: CountModel, pooled: Observations) -> float:
    """Logarithm of a rate to start from, by the ratio of the two lowest counts that say something."""
    low = model.pinning - 1
    f = dict(zip(pooled.captures.tolist(), pooled.counts.tolist(), strict=True))
    ratio = (low + 1) * (f.get(low + 1.0, 0.0) + 0.5) / (f.get(float(low), 0.0) + 0.5)
    return math.log(min(max(ratio, 0.02), 20.0))
