"""The first-order bias of an estimated number of unseen units, and the change of the counts that takes it out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import cells
from darkfigure.estimate.closed.capture_counts import CaptureCounts
from darkfigure.estimate.closed.independent_fit import Solution
from darkfigure.estimate.closed.seen import Seen
from darkfigure.estimate.log_linear_family import Family, Moments, covariance_of, maximise
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Shifted:
    """A family whose observed statistics were changed."""

    family: Family
    statistics: Array

    def moments(self, theta: Array) -> Moments:
        return self.family.moments(theta)

    def levels(self, theta: Array) -> Array:
        return self.family.levels(theta)

    def exact_information(self, theta: Array) -> Array:
        return self.family.exact_information(theta)


def by_leverages(seen: Seen, solution: Solution) -> tuple[float, float]:
    """Unseen units and their error, after the counts were changed by what the fit's own leverages ask for.

    Parameters
    ----------
    seen : Seen
        The statistics.
    solution : Solution
        Their fit without a correction.

    Returns
    -------
    float, float
        ``f_0`` and the standard error of ``N``.

    Raises
    ------
    UnanswerableError
        Occasions differ and are more than twelve, or the changed counts have no best value.

    Notes
    -----
    The bias of ``exp(a)`` is ``exp(a) e_1' V (X' (d - h / 2) + e_1 / 2)`` to first order when ``d`` is added to the
    counts, with ``V`` the inverse information and ``h_w = mu_w x_w' V x_w``.

    Source
    ------
    Cordeiro and McCullagh (1991), JRSS B 53, 629.

    Examples
    --------
    >>> from darkfigure.estimate.closed.independent_fit import solve
    >>> from darkfigure.estimate.closed.seen import statistics_of
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = statistics_of(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))
    >>> round(by_leverages(seen, solve(seen))[0], 2)
    7.17
    """
    theta = solution.maximum.theta
    design, means = _rows(seen, solution)
    covariance = np.linalg.inv((design * means[:, None]).T @ design)
    leverages = means * np.einsum("ij,jk,ik->i", design, covariance, design)
    target = solution.family.statistics + design.T @ leverages / 2
    target[0] -= 0.5
    shifted = maximise(_Shifted(solution.family, target), theta).theta
    unseen = math.exp(shifted[0])
    return unseen, math.sqrt(unseen + unseen**2 * float(covariance_of(solution.family, shifted)[0, 0]))


def _rows(seen: Seen, solution: Solution) -> tuple[Array, Array]:
    """Design and fitted means of the cells, or of the frequencies where those are enough."""
    theta = solution.maximum.theta
    if isinstance(solution.family, CaptureCounts):
        return solution.family.design, solution.family.levels(theta)
    t = len(seen.captures)
    if t > cells.MOST_LISTS:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            f"This correction needs the leverage of every history: up to {cells.MOST_LISTS} occasions. The published "
            "one has no such limit.",
            {"occasions": t},
        )
    histories = cells.all_histories(t)
    level = histories.sum(axis=1).astype(int) - 1
    design = np.column_stack([np.ones(len(histories)), histories, solution.columns[level]])
    possible = np.ones(len(level), dtype=bool) if seen.possible is None else seen.possible[level]
    return design[possible], np.exp(design[possible] @ theta)


def taken_by_leverages(first: Array) -> float:
    """Units to take from ``sum (i - 1) u_i`` so that the number left to capture has no first-order bias.

    Parameters
    ----------
    first : ndarray, shape (t,)
        A declining series of first captures.

    Returns
    -------
    float
        In units times occasions.

    Notes
    -----
    For ``g = log f_0 = a + t b - log(1 - e^b)`` the condition is
    ``g' V (s - X' h / 2) + (tr(g'' V) + g' V g') / 2 = 0`` with ``s = (0, -taken)``.

    Examples
    --------
    >>> round(taken_by_leverages(np.array([100.0, 50.0])), 6)
    1.5
    """
    t = len(first)
    design = np.column_stack([np.ones(t), np.arange(t, dtype=float)])
    fit = fit_poisson(design, first, stopping="exact")
    q = math.exp(fit.coefficients[1])
    slope = np.array([1.0, t + q / (1 - q)])
    along = fit.covariance @ slope
    leverages = fit.means * np.einsum("ij,jk,ik->i", design, fit.covariance, design)
    curvature = q / (1 - q) ** 2 * float(fit.covariance[1, 1])
    needed = float(along @ (design.T @ leverages)) / 2 - (curvature + float(slope @ along)) / 2
    return -needed / float(along[1])
