"""Likelihoods that need sufficient statistics only: a damped Newton search and the profile over the total."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over all cells with at least one capture, at given coefficients.

    Parameters
    ----------
    total : float
        Sum of the cell means.
    means : ndarray, shape (p,)
        Expected sufficient statistics; ``means[0] == total``.
    information : ndarray, shape (p, p)
        Expected products of the design's columns; an approximation is enough for the search.

    Examples
    --------
    >>> Moments(2.0, np.array([2.0]), np.array([[2.0]])).total
    2.0
    """

    total: float
    means: Array
    information: Array


class Family(Protocol):
    """A Poisson log-linear model known through its sufficient statistics; the first coefficient is the intercept.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> CaptureCounts.of((3, 1), n_occasions=2, columns=()).statistics.tolist()
    [4.0, 5.0]
    """

    @property
    def statistics(self) -> Array:
        """Observed sufficient statistics, shape (p,); the first is the number of units seen."""

    def moments(self, theta: Array) -> Moments:
        """Expected statistics at ``theta``."""

    def levels(self, theta: Array) -> Array:
        """Expected units with ``k`` captures, ``k = 1, 2, ...``."""

    def exact_information(self, theta: Array) -> Array:
        """Information matrix at ``theta``, without approximation."""


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where a family's likelihood is highest.

    Parameters
    ----------
    theta : ndarray, shape (p,)
        Coefficients.
    value : float
        ``theta . s - sum of means``, the log-likelihood without constants.
    tangent : ndarray, shape (p,)
        How ``theta`` moves with the first statistic.

    Examples
    --------
    >>> Maximum(np.zeros(1), 0.0, np.ones(1)).value
    0.0
    """

    theta: Array
    value: float
    tangent: Array


def maximise(
    family: Family,
    start: Array,
    *,
    unseen: float | None = None,
    tolerance: float = 1e-19,
    most_steps: int = 120,
    floor: Array | None = None,
) -> Maximum:
    """Which coefficients make the statistics most likely?

    Parameters
    ----------
    family : Family
        The model.
    start : ndarray, shape (p,)
        Coefficients to start from.
    unseen : float, optional
        Units with no capture, when their cell takes part (the profile over the total); left out otherwise.
    tolerance : float
        On the squared length of the Newton step in units of log-likelihood, per unit of ``1 + n``.
    most_steps : int
        After which the search is given up.
    floor : ndarray, shape (p,), optional
        The search ends early, at a point of higher likelihood than the start, once a coefficient is below its floor.

    Returns
    -------
    Maximum
        Of the concave log-likelihood.

    Raises
    ------
    UnanswerableError
        Reason ``not-identified`` or ``does-not-exist``.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> family = CaptureCounts.of((25, 22, 13, 5, 1, 2), n_occasions=6, columns=())
    >>> round(float(np.exp(maximise(family, np.array([2.0, -0.7])).theta[0])), 4)
    7.4336
    """
    target = family.statistics.copy()
    if unseen is not None:
        target[0] += unseen
    theta = start
    now = _state(family, theta, target, unseen)
    for _ in range(most_steps):
        gradient = now[1]
        solve = _solver(family, theta, now[2], unseen)
        step = solve(gradient)
        decrement = float(gradient @ step)
        if decrement <= tolerance * (1 + target[0]):
            return Maximum(theta, now[0], solve(_unit(len(theta))))
        size = min(1.0, 8.0 / max(float(np.abs(step[:1]).max()), 1e-300))
        for _ in range(50):
            proposal = theta + size * step
            after = _state(family, proposal, target, unseen)
            if after[0] >= now[0] - 1e-11 * (1 + abs(now[0])):
                break
            size /= 2
        else:
            break
        if np.array_equal(proposal, theta):
            break
        theta, now = proposal, after
        if floor is not None and (theta < floor).any():
            return Maximum(theta, now[0], np.zeros(len(theta)))
    if decrement <= 1e-9 * (1 + target[0]) * max(tolerance / 1e-19, 1.0):
        return Maximum(theta, now[0], solve(_unit(len(theta))))
    raise UnanswerableError(
        Reason.DOES_NOT_EXIST,
        "The likelihood keeps rising towards the edge of the model, so no best value exists. Fewer model parameters "
        "or more data would be needed.",
    )


def _solver(family: Family, theta: Array, information: Array, unseen: float | None) -> Callable[[Array], Array]:
    """Solve with the quick information matrix; with the exact one where the quick one is not definite."""
    try:
        return _factored(information)
    except UnanswerableError:
        exact = family.exact_information(theta)
        if unseen is not None:
            exact[0, 0] += math.exp(theta[0])
        return _factored(exact)


def _unit(p: int) -> Array:
    unit = np.zeros(p)
    unit[0] = 1.0
    return unit


def _state(family: Family, theta: Array, target: Array, unseen: float | None) -> tuple[float, Array, Array]:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        moments = family.moments(theta)
        if not math.isfinite(moments.total) or not np.isfinite(moments.information).all() or theta[0] > 690:
            return -math.inf, target, moments.information
    value = float(theta @ target) - moments.total
    gradient, information = target - moments.means, moments.information
    if unseen is not None:
        zero = math.exp(theta[0])
        value -= zero
        gradient[0] -= zero
        information = information.copy()
        information[0, 0] += zero
    return value, gradient, information


def _factored(information: Array) -> Callable[[Array], Array]:
    """Cholesky factor after bringing every column to the same scale."""
    scale = 1 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    factor, failed = scipy.linalg.lapack.dpotrf(information * scale[:, None] * scale)
    if failed or np.diag(factor).min() < 1e-8:
        raise _not_identified()

    def solve(right: Array) -> Array:
        solution: Array = scipy.linalg.lapack.dpotrs(factor, right * scale)[0] * scale
        return solution

    return solve


def _not_identified() -> UnanswerableError:
    return UnanswerableError(
        Reason.NOT_IDENTIFIED, "Several sets of model values fit these counts equally well; none stands out."
    )


def covariance_of(family: Family, theta: Array) -> Array:
    """Inverse of the exact information, shape (p, p).

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> family = CaptureCounts.of((25, 22, 13, 5, 1, 2), n_occasions=6, columns=())
    >>> covariance_of(family, np.array([2.00601277, -0.75207206])).shape
    (2, 2)
    """
    solve = _factored(family.exact_information(theta))
    return np.column_stack([solve(column) for column in np.eye(len(theta))])


Refit = Callable[[Array, float], Maximum]
"""Fit with a given number of unseen units, from given starting coefficients."""


def refit_of(family: Family) -> Refit:
    """The refit of one family, for ``ProfileOverTotal``.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> family = CaptureCounts.of((25, 22, 13, 5, 1, 2), n_occasions=6, columns=())
    >>> round(float(refit_of(family)(np.array([2.0, -0.7]), 7.0).theta[0]), 3)
    1.984
    """
    return lambda start, unseen: maximise(family, start, unseen=unseen, tolerance=1e-15)


class ProfileOverTotal:
    """Multinomial log-likelihood of the total, everything else at its best; remembers the last fit as a start.

    Parameters
    ----------
    refit : callable
        Fits the model with a given number of unseen units.
    theta : ndarray, shape (p,)
        The Poisson fit.
    n_observed : int
        Units seen.

    Notes
    -----
    ``log N! - log f_0! + max over the model of (sum y log(mu / N) + f_0 log(mu_0 / N))``, with the slope
    ``psi(N + 1) - psi(f_0 + 1) + log(mu_0 / N)``.

    Source
    ------
    Cormack (1992), Biometrics 48, 567, doi 10.2307/2532310.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> family = CaptureCounts.of((25, 22, 13, 5, 1, 2), n_occasions=6, columns=())
    >>> profile = ProfileOverTotal(refit_of(family), np.array([2.00601277, -0.75207206]), n_observed=68)
    >>> abs(round(profile(74.7022 - 68)[1], 4))
    0.0
    """

    def __init__(self, refit: Refit, theta: Array, *, n_observed: int) -> None:
        self._refit, self._n = refit, n_observed
        unseen = math.exp(theta[0])
        self._last = (math.log(unseen), refit(theta, unseen))

    def __call__(self, unseen: float) -> tuple[float, float]:
        """Log-likelihood and slope at ``f_0 = unseen``."""
        log_unseen, last = self._last
        if math.log(unseen) == log_unseen:
            return self._value_and_slope(unseen, last)
        move = max(min(math.log(unseen) - log_unseen, 1.0), -1.0)
        start = last.theta + last.tangent * math.exp(min(log_unseen, 600.0)) * move
        fit = self._refit(start, unseen)
        self._last = (math.log(unseen), fit)
        return self._value_and_slope(unseen, fit)

    def _value_and_slope(self, unseen: float, fit: Maximum) -> tuple[float, float]:
        total = self._n + unseen
        # At the maximum the fitted means add up to the total, so this is the sum of y log mu.
        value = (
            float(scipy.special.gammaln(total + 1) - scipy.special.gammaln(unseen + 1))
            + fit.value
            + total
            - total * math.log(total)
        )
        slope = (
            float(scipy.special.psi(total + 1) - scipy.special.psi(unseen + 1)) + float(fit.theta[0]) - math.log(total)
        )
        return value, slope
