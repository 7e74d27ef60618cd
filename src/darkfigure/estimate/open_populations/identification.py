"""Which rates do the data tell apart? Names those they do not, and gives the others their standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.open_populations.maximum import Maximum, rate_of
from darkfigure.records.aggregate import Interval, Quantity

Array = NDArray[np.float64]

_FLAT = 1e-7
"""Share of the largest curvature below which a direction counts as flat (curvatures on their own scale)."""
_MOVES = 1e-5
"""A quantity that moves by more than this share along a flat direction is not identified."""
_FAR = 8.0
"""Log odds beyond which a rate is tried for standing at 0 or 1."""
_NO_LOSS = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class NamedRate:
    """A rate with its row in the whole parameter vector.

    Parameters
    ----------
    name : str
        Such as ``"Phi[2]"``.
    row : ndarray, shape (q,)
        Its linear predictor is ``row @ beta``.
    """

    name: str
    row: Array


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """What the curvature at the maximum says of every direction.

    Parameters
    ----------
    covariance : ndarray, shape (q, q)
        Of the parameters, in the directions the data speak of.
    flat : ndarray, shape (q, m)
        Orthonormal directions in which the likelihood does not change.
    at_edge : tuple of str
        Rates that stand at 0 or 1.
    """

    covariance: Array
    flat: Array
    at_edge: tuple[str, ...]

    @property
    def n_identified(self) -> int:
        """Parameters the data tell apart."""
        return int(len(self.covariance) - self.flat.shape[1])


def curvature(maximum: Maximum, edges: Sequence[NamedRate]) -> Curvature:
    """Split the parameters into what the data determine, what they leave open, and what stands at its edge.

    Parameters
    ----------
    maximum : Maximum
        Of the likelihood.
    edges : sequence of NamedRate
        Rates found to stand at 0 or 1; their predictors are held fixed.

    Returns
    -------
    Curvature
        With a generalised inverse of the information.

    Notes
    -----
    The information is scaled to unit diagonal; eigenvalues below ``1e-7`` of the largest are flat. At a maximum the
    information of a redundant model is singular (Catchpole and Morgan 1997).

    Source
    ------
    Catchpole and Morgan (1997), Biometrika 84, 187, doi 10.1093/biomet/84.1.187.

    Examples
    --------
    >>> found = curvature(Maximum(np.zeros(2), 0.0, np.array([[2.0, 2.0], [2.0, 2.0]])), ())
    >>> found.n_identified, np.round(np.abs(found.flat[:, 0]), 3).tolist()
    (1, [0.707, 0.707])
    """
    size = len(maximum.beta)
    basis = np.eye(size)
    if edges:
        basis = scipy.linalg.null_space(np.stack([edge.row for edge in edges]))
    names = tuple(edge.name for edge in edges)
    if basis.shape[1] == 0:
        return Curvature(np.zeros((size, size)), np.zeros((size, 0)), names)
    inner = basis.T @ maximum.information @ basis
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(inner)), 1e-10 * max(float(np.abs(inner).max()), 1e-300)))
    values, vectors = np.linalg.eigh(inner * np.outer(scale, scale))
    kept = values > _FLAT * max(float(values.max()), 0.0)
    directions = basis @ (scale[:, None] * vectors)
    covariance = (directions[:, kept] / values[kept]) @ directions[:, kept].T
    flat = np.linalg.qr(directions[:, ~kept])[0] if (~kept).any() else np.zeros((size, 0))
    return Curvature(covariance, flat, names)


def rates_at_the_edge(
    rates: Sequence[tuple[NamedRate, Callable[[float], float]]], maximum: Maximum
) -> tuple[NamedRate, ...]:
    """Which rates stand at 0 or 1: far out, and further out the likelihood is no lower?

    Parameters
    ----------
    rates : sequence of (NamedRate, callable)
        The callable gives the log-likelihood with the log odds of this rate alone moved by its argument.
    maximum : Maximum
        Of the likelihood.

    Returns
    -------
    tuple of NamedRate
        Those at the edge.

    Examples
    --------
    >>> rate = NamedRate("p", np.array([1.0]))
    >>> rates_at_the_edge([(rate, lambda push: 0.0)], Maximum(np.array([20.0]), 0.0, np.eye(1)))[0].name
    'p'
    """
    found = []
    for rate, pushed in rates:
        predictor = float(rate.row @ maximum.beta)
        if abs(predictor) > _FAR and pushed(math.copysign(2.0, predictor)) > maximum.value - _NO_LOSS:
            found.append(rate)
    return tuple(found)


def rate_quantities(
    rates: Sequence[NamedRate],
    maximum: Maximum,
    found: Curvature,
    *,
    level: float,
    partners: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Quantity, ...]:
    """The rates with standard errors and intervals on the logit scale; those not told apart without a value.

    Parameters
    ----------
    rates : sequence of NamedRate
        In the order of the answer.
    maximum, found : Maximum, Curvature
        Of the likelihood.
    level : float
        Of the intervals.
    partners : mapping of str to tuple of str, optional
        Rates the structure of the model leaves open, with those they move together with.

    Returns
    -------
    tuple of Quantity
        A rate at its edge has its value and neither standard error nor interval.

    Examples
    --------
    >>> top = Maximum(np.array([0.0]), 0.0, np.array([[4.0]]))
    >>> (p,) = rate_quantities([NamedRate("p", np.ones(1))], top, curvature(top, ()), level=0.95)
    >>> p.value, p.standard_error
    (0.5, 0.125)
    """
    z = float(scipy.special.ndtri((1 + level) / 2))
    predictors = np.array([rate.row @ maximum.beta for rate in rates])
    values, complements = rate_of(predictors)
    slopes = np.array([rate.row for rate in rates]) * (values * complements)[:, None]
    by_data = not_told_apart({rate.name: slope for rate, slope in zip(rates, slopes, strict=True)}, found)
    left_open = {**by_data, **(partners or {})}
    names = {rate.name for rate in rates}
    quantities = []
    for rate, eta, value, complement in zip(rates, predictors, values, complements, strict=True):
        if rate.name in left_open and (rate.name not in found.at_edge or rate.name in (partners or {})):
            others = tuple(name for name in left_open[rate.name] if name in names)
            quantities.append(Quantity(name=rate.name, value=None, confounded_with=others))
            continue
        if rate.name in found.at_edge:
            quantities.append(Quantity(name=rate.name, value=float(np.round(value))))
            continue
        error = math.sqrt(max(float(rate.row @ found.covariance @ rate.row), 0.0))
        low, high = rate_of(np.array([eta - z * error, eta + z * error]))[0]
        interval = Interval(float(low), float(high), level, "logit-normal")
        quantities.append(
            Quantity(
                name=rate.name,
                value=float(value),
                standard_error=float(value * complement * error),
                interval=interval,
            )
        )
    return tuple(quantities)


def not_told_apart(slopes: Mapping[str, Array], found: Curvature) -> dict[str, tuple[str, ...]]:
    """Names of quantities that move along a flat direction, each with those it moves together with.

    Parameters
    ----------
    slopes : mapping of str to ndarray, shape (q,)
        Derivative of each quantity, as a share of its size where it has no natural scale of one.
    found : Curvature
        With the flat directions.

    Returns
    -------
    dict of str to tuple of str
        Only the quantities that are not identified.

    Examples
    --------
    >>> flat = Curvature(np.zeros((2, 2)), np.array([[0.7071], [0.7071]]), ())
    >>> not_told_apart({"Phi[6]": np.array([0.2, 0.0]), "p[7]": np.array([0.0, 0.2])}, flat)
    {'Phi[6]': ('p[7]',), 'p[7]': ('Phi[6]',)}
    """
    moves = {name: slope @ found.flat for name, slope in slopes.items()}
    names = [name for name, move in moves.items() if np.linalg.norm(move) > _MOVES]
    if not names:
        return {}
    together = _sparse(np.stack([moves[name] / np.linalg.norm(moves[name]) for name in names], axis=1))
    return {
        name: tuple(other for j, other in enumerate(names) if j != i and (together[:, i] & together[:, j]).any())
        for i, name in enumerate(names)
    }


def _sparse(moves: Array) -> NDArray[np.bool_]:
    """Which quantities each flat direction moves, the directions combined so that each moves as few as possible."""
    reduced, row = moves.copy(), 0
    for column in range(reduced.shape[1]):
        if row == len(reduced):
            break
        best = row + int(np.abs(reduced[row:, column]).argmax())
        if abs(reduced[best, column]) < 1e-4:
            continue
        reduced[[row, best]] = reduced[[best, row]]
        reduced[row] /= reduced[row, column]
        others = np.arange(len(reduced)) != row
        reduced[others] -= np.outer(reduced[others, column], reduced[row])
        row += 1
    return np.asarray(np.abs(reduced) > 1e-4)


def slopes_of(quantities: Callable[[NDArray[Any]], NDArray[Any]], beta: Array) -> tuple[Array, Array]:
    """Values and exact derivatives of analytic functions of the parameters, shapes (n,) and (n, q).

    Examples
    --------
    >>> slopes_of(lambda b: b**2, np.array([3.0]))[1].tolist()
    [[6.0]]
    """
    values = np.asarray(quantities(beta), dtype=float)
    slopes = np.empty((len(values), len(beta)))
    for index in range(len(beta)):
        moved = beta.astype(complex)
        moved[index] += 1e-30j
        slopes[:, index] = quantities(moved).imag / 1e-30
    return values, slopes
