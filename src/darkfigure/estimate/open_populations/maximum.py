"""The highest point of a likelihood whose gradient can be evaluated at complex arguments, and its exact curvature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]
Evaluate = Callable[[NDArray[Any]], tuple[Any, NDArray[Any]]]
"""Log-likelihood and its gradient at ``beta``; must accept complex ``beta`` and be analytic in it."""

_STEP = 1e-30
_GAIN_LEFT = 1e-12
_GAIN_ENOUGH = 1e-7
_LARGEST_ETA = 36.0


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The highest point found.

    Parameters
    ----------
    beta : ndarray, shape (q,)
        Where it is.
    value : float
        Log-likelihood there.
    information : ndarray, shape (q, q)
        Minus the second derivatives there.

    Examples
    --------
    >>> found = maximise(lambda b: (-(b @ b), -2 * b), np.array([1.0, 2.0]))
    >>> bool(np.abs(found.beta).max() < 1e-8), np.diag(found.information).tolist()
    (True, [2.0, 2.0])
    """

    beta: Array
    value: float
    information: Array


def rate_of(predictor: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rate and one minus the rate of a logit, for real or complex predictors, without overflow.

    Examples
    --------
    >>> [x.tolist() for x in rate_of(np.array([0.0]))]
    [[0.5], [0.5]]
    """
    bounded = np.where(
        np.abs(predictor.real) > _LARGEST_ETA, np.clip(predictor.real, -_LARGEST_ETA, _LARGEST_ETA), predictor
    )
    return 1 / (1 + np.exp(-bounded)), 1 / (1 + np.exp(bounded))


def information_at(evaluate: Evaluate, beta: Array) -> Array:
    """Minus the matrix of second derivatives, exact to rounding by the complex-step rule.

    Source
    ------
    Squire and Trapp (1998), SIAM Review 40, 110, doi 10.1137/S003614459631241X.

    Examples
    --------
    >>> information_at(lambda b: (-(b**4).sum(), -4 * b**3), np.array([2.0])).tolist()
    [[48.0]]
    """
    size = len(beta)
    columns = np.empty((size, size))
    for index in range(size):
        moved = beta.astype(complex)
        moved[index] += 1j * _STEP
        columns[:, index] = -evaluate(moved)[1].imag / _STEP
    return (columns + columns.T) / 2


def maximise(evaluate: Evaluate, start: Array, *, most_steps: int = 60) -> Maximum:
    """Where is the likelihood highest?

    A quasi-Newton search brings the point near; damped Newton steps with exact second derivatives finish. Where the
    likelihood is flat the point stays where the search left it; where it rises for ever the search stops once less than
    ``1e-12`` of log-likelihood is left to gain.

    Parameters
    ----------
    evaluate : callable
        Log-likelihood and gradient.
    start : ndarray, shape (q,)
        First guess.
    most_steps : int
        Newton steps at most.

    Returns
    -------
    Maximum
        Deterministic: same input, same bits.

    Raises
    ------
    UnanswerableError
        Reason ``not-converged``.

    Examples
    --------
    >>> found = maximise(lambda b: (-((b - 3) ** 2).sum(), -2 * (b - 3)), np.array([0.0]))
    >>> round(float(found.beta[0]), 9)
    3.0
    """

    def falling(beta: Array) -> tuple[float, Array]:
        value, slope = evaluate(beta)
        return (-float(value), -slope) if np.isfinite(value) else (1e300, np.zeros_like(beta))

    near = scipy.optimize.minimize(falling, start, jac=True, method="BFGS", options={"gtol": 1e-4, "maxiter": 1000})
    return climb(evaluate, np.asarray(near.x, dtype=float), most_steps=most_steps)


def climb(evaluate: Evaluate, start: Array, *, most_steps: int = 60) -> Maximum:
    """Where is the likelihood highest, starting near that place?

    Parameters
    ----------
    evaluate : callable
        Log-likelihood and gradient.
    start : ndarray, shape (q,)
        A point near the maximum.
    most_steps : int
        Newton steps at most.

    Returns
    -------
    Maximum
        As ``maximise``.

    Raises
    ------
    UnanswerableError
        Reason ``not-converged``.

    Examples
    --------
    >>> round(float(climb(lambda b: (-((b - 3) ** 2).sum(), -2 * (b - 3)), np.array([2.0])).beta[0]), 9)
    3.0
    """
    beta, gain = start, np.inf
    value, slope = evaluate(beta)
    for _ in range(most_steps):
        information = information_at(evaluate, beta)
        step = _newton(information, slope)
        gain = float(step @ slope) / 2
        if gain < _GAIN_LEFT:
            return Maximum(beta, float(value), information)
        moved = _uphill(evaluate, beta, float(value), step)
        if moved is None:
            break
        beta, value, slope = moved
    if gain < _GAIN_ENOUGH:
        return Maximum(beta, float(value), information_at(evaluate, beta))
    raise UnanswerableError(Reason.NOT_CONVERGED, "The fit did not settle: the likelihood kept rising.")


def settle(evaluate: Evaluate, start: Array, information: Array, *, most_steps: int = 100) -> Maximum:
    """Where is the likelihood highest, very near that place, with a curvature known from nearby?

    Parameters
    ----------
    evaluate : callable
        Log-likelihood and gradient.
    start : ndarray, shape (q,)
        A point near the maximum.
    information : ndarray, shape (q, q)
        From a point nearby; evaluated anew only when it no longer serves.
    most_steps : int
        Steps at most.

    Returns
    -------
    Maximum
        Its information is the last one used, not that of the point.

    Raises
    ------
    UnanswerableError
        Reason ``not-converged``.

    Examples
    --------
    >>> found = settle(lambda b: (-((b - 3) ** 2).sum(), -2 * (b - 3)), np.array([2.9]), np.array([[2.5]]))
    >>> round(float(found.beta[0]), 5)
    3.0
    """
    beta, before = start, np.inf
    value, slope = evaluate(beta)
    for _ in range(most_steps):
        step = _newton(information, slope)
        gain = float(step @ slope) / 2
        if gain < _GAIN_LEFT:
            return Maximum(beta, float(value), information)
        moved = None if gain > 0.1 * before else _uphill(evaluate, beta, float(value), step)
        if moved is None:
            return climb(evaluate, beta)
        before = gain
        beta, value, slope = moved
    return climb(evaluate, beta)


def _uphill(evaluate: Evaluate, beta: Array, value: float, step: Array) -> tuple[Array, float, Array] | None:
    """The step, halved until it does not lead down; ``None`` when rounding hides the way up."""
    length = 1.0
    while length > 1e-8:
        tried = beta + length * step
        new_value, slope = evaluate(tried)
        if np.isfinite(new_value) and new_value >= value:
            return tried, float(new_value), slope
        length /= 2
    return None


def _newton(information: Array, slope: Array) -> Array:
    """An uphill step that leaves flat directions alone and is never longer than a few units of log odds."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    size = np.abs(values)
    inverse = np.where(size > 1e-11 * size.max(), 1 / np.maximum(size, 1e-300), 0.0)
    step = scale * (vectors @ (inverse * (vectors.T @ (slope * scale))))
    return np.asarray(step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-300)))
