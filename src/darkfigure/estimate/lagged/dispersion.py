"""How much less do the pairs say than independent ones would? Pairs of one identifier come together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_choice import ChosenCurve
from darkfigure.estimate.lagged.lag_curve import CurveFits, refit
from darkfigure.estimate.lagged.lease_shapes import SHAPES, blurred
from darkfigure.estimate.lagged.pair_counts import MOST_GROUPS

Array = NDArray[np.float64]
RULED_OUT = 10.0
"""A curve whose criterion is worse than the best by more is no stand-in for it."""
STILL = 0.25
"""Changes of identifier in the period below which it is taken to stay."""
_STEP = 1e-4
_CENTRAL = (0.1587, 0.8413)


@dataclass(frozen=True, slots=True)
class Dispersion:
    """What the dependence of pairs costs.

    Parameters
    ----------
    curve : float
        Variance of where the curve falls over what independent pairs would give; at least 1.
    total : float
        Variance of the logarithm of the share of pairs that match.
    """

    curve: float
    total: float


def sandwich_dispersion(chosen: ChosenCurve) -> Dispersion:
    """Dependence of pairs by the influence of each identifier.

    Notes
    -----
    ``log n = h - log m`` with ``m`` the matches per pair and ``h`` the reach of the curve. Identifier ``g`` with
    ``s_g`` of the ``s`` matches and ``c_g`` of the ``E`` sightings moves ``log m`` by ``s_g / s - 2 c_g / E``. It moves
    ``h`` by ``s_g / s - a' U_g``, with ``U_g`` its Poisson scores of ``(log n, floor, theta)`` and ``a`` the first row
    of their inverse information. Variances are sums of squares; that of ``m`` less one over the identifiers kept in the
    period, since their number is not drawn at random. A one-parameter shape stands for the curve unless the data rule
    it out.
    """
    fit = _simplest(chosen)
    row, scores = _bread_and_scores(chosen, fit)
    reach = chosen.counts.by_group.sum(axis=1) / float(chosen.counts.same.sum()) - scores @ row
    curve = float((reach**2).sum()) / _model_variance(chosen, row)
    return Dispersion(max(1.0, curve), _total_variance(chosen, fit))


def bootstrap_dispersion(chosen: ChosenCurve, *, replicates: int, seed: int) -> Dispersion:
    """The same with the curve refitted to resampled identifiers; the total needs no resampling."""
    rng = np.random.default_rng(seed)
    counts, fit = chosen.counts, _simplest(chosen)
    size = counts.by_group.shape[0]
    same = rng.poisson(1.0, (replicates, size)) @ counts.by_group
    same = same[same.sum(axis=1) > 0]
    box = fit.shape.box(shortest=chosen.shortest_lease_days, longest=chosen.longest_lease_days)
    theta = np.repeat(np.clip(fit.theta, *box), same.shape[0], axis=0)
    fits = refit(fit.shape, same, counts.pairs, counts.middles, theta=theta, box=box)
    reach = np.log(fits.n_active) + np.log(same.sum(axis=1))
    # The central part only: a resample without decay has no finite number.
    low, high = np.quantile(reach, _CENTRAL)
    row, _ = _bread_and_scores(chosen, fit)
    curve = float(((high - low) / 2) ** 2) / _model_variance(chosen, row)
    return Dispersion(max(1.0, curve), _total_variance(chosen, fit))


def _model_variance(chosen: ChosenCurve, row: Array) -> float:
    """Of the reach of the curve, if pairs were independent."""
    return max(float(row[0]) - 1 / float(chosen.counts.same.sum()), 1e-3 * float(row[0]))


def _total_variance(chosen: ChosenCurve, fit: CurveFits) -> float:
    counts, matches = chosen.counts, float(chosen.counts.same.sum())
    influence = counts.by_group.sum(axis=1) / matches - 2 * counts.weight_by_group / counts.n_sightings
    if influence.size >= MOST_GROUPS:
        spread = float(((influence - influence.mean()) ** 2).sum())
    else:
        changes = counts.span_days / float(fit.shape.mean_days(fit.theta)[0])
        held = float(fit.n_active[0]) * (1 + (changes if changes > STILL else 0.0))
        spread = float((influence**2).sum()) - 1 / held
    return max(spread + 4 * counts.squares_alone / counts.n_sightings**2, 1 / matches)


def _simplest(chosen: ChosenCurve) -> CurveFits:
    """The likeliest one-parameter curve, whose scores are always well determined, unless the data rule it out."""
    simple = [name for name, shape in SHAPES.items() if shape.n_parameters == 1]
    name = min(simple, key=lambda name: chosen.scores[name])
    return chosen.fits[name if chosen.scores[name] <= chosen.scores[chosen.best] + RULED_OUT else chosen.best]


def _bread_and_scores(chosen: ChosenCurve, fit: CurveFits) -> tuple[Array, Array]:
    """First row of the inverse information of ``(log n, floor, theta)``, and the scores by identifier."""
    counts = chosen.counts
    shape = blurred(SHAPES[fit.shape.name], chosen.resolution_days)
    rate, pairs = 1 / float(fit.n_active[0]), counts.pairs
    here = shape.survival(fit.theta, counts.middles)[0]
    columns = [pairs * rate * here]
    if float(fit.floor[0]) > 1e-6 * rate:
        columns.append(pairs * rate)
    for p in range(fit.theta.shape[1]):
        moved = fit.theta.copy()
        moved[0, p] += _STEP
        columns.append((shape.survival(moved, counts.middles)[0] - here) / _STEP * pairs * rate)
    design = np.stack(columns, axis=1)
    weight = 1 / np.maximum(fit.means[0], 1e-12)
    low, high = shape.box(shortest=chosen.shortest_lease_days, longest=chosen.longest_lease_days)
    ridge = np.zeros(design.shape[1])
    ridge[-fit.theta.shape[1] :] = 12 / (high - low) ** 2
    information = design.T @ (weight[:, None] * design) + np.diag(ridge)
    return np.linalg.inv(information)[0], (counts.by_group * weight) @ design
