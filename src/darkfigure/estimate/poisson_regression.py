"""Poisson log-linear regression by iteratively reweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PoissonFit:
    """A fitted Poisson regression.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        On the scale of the design's columns.
    covariance : ndarray, shape (p, p)
        Inverse information at the working weights of the last iteration.
    means : ndarray, shape (rows,)
        Fitted means.
    deviance, log_likelihood : float
        Of the Poisson counts, with their constants.

    Examples
    --------
    >>> fit = fit_poisson(np.ones((2, 1)), np.array([2.0, 4.0]))
    >>> round(float(np.exp(fit.coefficients[0])), 6)
    3.0
    """

    coefficients: Array
    covariance: Array
    means: Array
    deviance: float
    log_likelihood: float


def fit_poisson(
    design: Array,
    counts: Array,
    *,
    offset: Array | None = None,
    stopping: Literal["peer", "exact"] = "peer",
    start: Array | None = None,
) -> PoissonFit:
    """Which log-linear means make these counts most likely?

    Parameters
    ----------
    design : ndarray, shape (rows, p)
        Columns of the log-linear model.
    counts : ndarray, shape (rows,)
        Poisson counts.
    offset : ndarray, shape (rows,), optional
        Known part of the log mean.
    stopping : {"peer", "exact"}
        ``"peer"`` starts from the counts plus 0.1, stops when the deviance changes by less than 1e-8 of itself, and
        takes the covariance from the weights of the last step, as R's ``glm`` (and so Rcapture) does; standard errors
        then agree with that package to every digit. ``"exact"`` goes on to the maximum.
    start : ndarray, shape (rows,), optional
        Means to start from.

    Returns
    -------
    PoissonFit
        The fit.

    Raises
    ------
    UnanswerableError
        The design is not of full rank for these counts, or the iterations do not settle.

    Source
    ------
    McCullagh and Nelder (1989), Generalized Linear Models, section 2.5.

    Examples
    --------
    >>> design = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> fit = fit_poisson(design, np.array([3.0, 9.0]), stopping="exact")
    >>> np.round(np.exp(fit.coefficients), 6).tolist()
    [3.0, 3.0]
    """
    scale = np.maximum(np.abs(design).max(axis=0), 1e-300)
    scaled = design / scale
    base = np.zeros(len(counts)) if offset is None else offset
    means = counts + 0.1 if start is None else start
    linear = np.log(means)
    deviance = _deviance(counts, means)
    for _ in range(60):
        weights = means
        working = linear - base + (counts - means) / means
        coefficients, inverse_r = _least_squares(scaled, working, weights)
        linear, means, after = _advance(scaled @ coefficients + base, linear, counts)
        change, deviance = abs(after - deviance) / (abs(after) + 0.1), after
        if change < (1e-8 if stopping == "peer" else 1e-14):
            break
    else:
        if change > 1e-10:
            raise UnanswerableError(Reason.NOT_CONVERGED, "The fit did not settle: the likelihood kept rising.")
    covariance = inverse_r @ inverse_r.T
    log_likelihood = float(np.sum(scipy.special.xlogy(counts, means) - means - scipy.special.gammaln(counts + 1)))
    return PoissonFit(coefficients / scale, covariance / np.outer(scale, scale), means, deviance, log_likelihood)


def _deviance(counts: Array, means: Array) -> float:
    return float(2 * np.sum(scipy.special.xlogy(counts, counts / means) - (counts - means)))


def _least_squares(design: Array, target: Array, weights: Array) -> tuple[Array, Array]:
    root = np.sqrt(weights)
    q, r = np.linalg.qr(design * root[:, None])
    diagonal = np.abs(np.diag(r))
    if not np.isfinite(diagonal).all() or diagonal.min() < 1e-13 * diagonal.max():
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "Several sets of model values fit these counts equally well; none can be singled out.",
        )
    inverse_r = scipy.linalg.solve_triangular(r, np.eye(r.shape[0]))
    return inverse_r @ (q.T @ (target * root)), inverse_r


def _advance(proposal: Array, current: Array, counts: Array) -> tuple[Array, Array, float]:
    """Take the step, halving it while it leaves the range of finite means."""
    linear = proposal
    for _ in range(60):
        if linear.max() < 600:
            means = np.exp(np.maximum(linear, -690.0))
            deviance = _deviance(counts, means)
            if np.isfinite(deviance):
                return linear, means, deviance
        linear = (linear + current) / 2
    raise UnanswerableError(Reason.NOT_CONVERGED, "The fit left the range of numbers a computer can hold.")
