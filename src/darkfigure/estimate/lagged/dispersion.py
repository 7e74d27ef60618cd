"""How much less do the pairs say than independent ones would? Pairs of one identifier come together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_choice import ChosenCurve
from darkfigure.estimate.lagged.lag_curve import CurveFits, curve_columns, refit
from darkfigure.estimate.lagged.lease_shapes import SHAPES

Array = NDArray[np.float64]
RULED_OUT = 10.0
"""A curve whose criterion is worse than the best by more is no stand-in for it."""
_CENTRAL = (0.1587, 0.8413)
_LEAST_VARIANCE, _LEAST_LEFT = 1e-12, 0.05


@dataclass(frozen=True, slots=True)
class TotalError:
    """How the error of the matches per pair goes with that of a curve's reach.

    Parameters
    ----------
    carried : float
        Error of the logarithm of the matches per pair for each unit of error of the log reach.
    left : float
        Its variance when the error of the reach is known.
    of_number : float
        Standard error of the logarithm of the number by this family's most likely curve alone.
    """

    carried: float
    left: float
    of_number: float


@dataclass(frozen=True, slots=True)
class Dispersion:
    """What the dependence of pairs costs.

    Parameters
    ----------
    curve : float
        Variance of where the curve falls over what independent pairs would give; at least 1.
    total : float
        Variance of the logarithm of the share of pairs that match.
    by_shape : tuple of (str, TotalError)
        For each family of curves.
    """

    curve: float
    total: float
    by_shape: tuple[tuple[str, TotalError], ...]

    def of(self, name: str) -> TotalError:
        """That of one family."""
        return dict(self.by_shape)[name]


def sandwich_dispersion(chosen: ChosenCurve) -> Dispersion:
    """Dependence of pairs by the influence of each identifier.

    Notes
    -----
    ``log n = h - m`` with ``m`` the log matches per pair and ``h`` the log reach of the curve. Identifier ``g`` with
    ``s_g`` of the ``s`` matches and ``c_g`` of the ``E`` sightings moves ``h`` by ``s_g / s - a' U_g``, with ``U_g``
    its Poisson scores of ``(log n, floor, theta)`` and ``a`` the first row of their inverse information; the variance
    is the sum of squares. A one-parameter shape stands for the curve unless the data rule it out.

    The variance of ``m`` is ``sum (s_g / s - c_g / E)^2 - 1 / E``. Given the leases, sightings are a Poisson process: a
    sighting that is part of ``p`` of the matches moves ``m`` by ``p / s - 2 / E``. The leases of a source fill its time
    (a renewal process), so a lease moves ``m`` by its share of the matches less its share of the time. The first
    variance and the second add up to that sum.
    """
    return _dispersion(chosen, float((_reach_influence(chosen, _simplest(chosen)) ** 2).sum()))


def bootstrap_dispersion(chosen: ChosenCurve, *, replicates: int, seed: int) -> Dispersion:
    """The same with the curve refitted to resampled identifiers."""
    rng = np.random.default_rng(seed)
    counts, fit = chosen.weighed, _simplest(chosen)
    size = counts.by_group.shape[0]
    same = rng.poisson(1.0, (replicates, size)) @ counts.by_group
    same = same[same.sum(axis=1) > 0]
    box = fit.shape.box(shortest=chosen.shortest_lease_days, longest=chosen.longest_lease_days)
    theta = np.repeat(np.clip(fit.theta, *box), same.shape[0], axis=0)
    fits = refit(fit.shape, same, counts.pairs, counts.middles, theta=theta, box=box)
    reach = np.log(fits.n_active) + np.log(same.sum(axis=1))
    # The central part only: a resample without decay has no finite number.
    low, high = np.quantile(reach, _CENTRAL)
    return _dispersion(chosen, float(((high - low) / 2) ** 2))


def _dispersion(chosen: ChosenCurve, reach_variance: float) -> Dispersion:
    counts, matches = chosen.weighed, float(chosen.weighed.same.sum())
    row, _ = _bread_and_scores(chosen, _simplest(chosen))
    of_independent_pairs = max(float(row[0]) - 1 / matches, 1e-3 * float(row[0]))
    moved = counts.by_group.sum(axis=1) / matches - counts.weight_by_group / counts.n_sightings
    total = float((moved**2).sum()) + (counts.squares_alone - counts.squares) / counts.n_sightings**2
    total = max(total, 1 / float(chosen.counts.same.sum()))
    by_shape = tuple((name, _total_error(chosen, fit, moved, total)) for name, fit in chosen.fits.items())
    return Dispersion(max(1.0, reach_variance / of_independent_pairs), total, by_shape)


def _total_error(chosen: ChosenCurve, fit: CurveFits, moved: Array, total: float) -> TotalError:
    reach = _reach_influence(chosen, fit)
    variance, together = float((reach**2).sum()), float(reach @ moved)
    carried = min(max(together / max(variance, _LEAST_VARIANCE), 0.0), 1.0)
    left = max(total - carried * (2 * together - carried * variance), _LEAST_LEFT * total)
    return TotalError(carried, left, math.sqrt((1 - carried) ** 2 * variance + left))


def _reach_influence(chosen: ChosenCurve, fit: CurveFits) -> Array:
    """How much each identifier moves the log reach of the curve."""
    row, scores = _bread_and_scores(chosen, fit)
    counts = chosen.weighed
    return np.asarray(counts.by_group.sum(axis=1) / float(counts.same.sum()) - scores @ row, dtype=float)


def _simplest(chosen: ChosenCurve) -> CurveFits:
    """The likeliest one-parameter curve, whose scores are always well determined, unless the data rule it out."""
    simple = [name for name, shape in SHAPES.items() if shape.n_parameters == 1]
    name = min(simple, key=lambda name: chosen.scores[name])
    return chosen.fits[name if chosen.scores[name] <= chosen.scores[chosen.best] + RULED_OUT else chosen.best]


def _bread_and_scores(chosen: ChosenCurve, fit: CurveFits) -> tuple[Array, Array]:
    """First row of the inverse information of ``(log n, floor, theta)``, and the scores by identifier."""
    counts, shape = chosen.weighed, fit.shape
    design = curve_columns(fit, counts.pairs, counts.middles)
    weight = 1 / np.maximum(fit.means[0], 1e-12)
    low, high = shape.box(shortest=chosen.shortest_lease_days, longest=chosen.longest_lease_days)
    ridge = np.zeros(design.shape[1])
    ridge[-fit.theta.shape[1] :] = 12 / (high - low) ** 2
    information = design.T @ (weight[:, None] * design) + np.diag(ridge)
    return np.linalg.inv(information)[0], (counts.by_group * weight) @ design
