"""How well do models foresee when units are seen for the first time? A check of fit, and a look ahead."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.closed.behaviour import RemovalModel, first_captures_of
from darkfigure.estimate.closed.heterogeneity import shape_of
from darkfigure.estimate.closed.independent_fit import Solution, solve
from darkfigure.estimate.closed.occasions import Occasions
from darkfigure.estimate.closed.seen import Seen, statistics_of
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]
_POINTS = np.polynomial.hermite_e.hermegauss(60)
_SHAPES = ("chao", "chao-free", "poisson", "darroch", "gamma")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCaptures:
    """First captures seen, and those a model expects.

    Parameters
    ----------
    observed : tuple of float
        ``u_i``.
    expected : tuple of float
        Under the fitted model.
    ahead : tuple of float or None
        New units that further occasions of the same kind would show; ``None`` where the model cannot say.
    chi_square : float
        ``sum (u_i - expected)^2 / expected``, a measure of the distance without a reference distribution.
    mean_occasion, variance_of_occasion : float
        Of the occasion of first capture under the model.

    Examples
    --------
    >>> FirstCaptures(observed=(2.0,), expected=(2.0,), ahead=None, chi_square=0.0, mean_occasion=1.0,
    ...     variance_of_occasion=0.0).chi_square
    0.0
    """

    observed: tuple[float, ...]
    expected: tuple[float, ...]
    ahead: tuple[float, ...] | None
    chi_square: float
    mean_occasion: float
    variance_of_occasion: float


def first_captures_under(model: str, table: CaptureTable, *, ahead: int = 5) -> FirstCaptures:
    """How many units would a model have shown for the first time on each occasion, and how many on further ones?

    Parameters
    ----------
    model : str
        ``"M0"``, ``"Mt"``, ``"Mb"``, ``"Mbh"``, or ``"Mh-"`` or ``"Mth-"`` with a shape.
    table : CaptureTable
        Ordered, with first captures.
    ahead : int
        Further occasions to look at.

    Returns
    -------
    FirstCaptures
        Unit: that of the table.

    Raises
    ------
    EstimateError (E-EST-23)
        The model is none of these, or ``ahead`` is negative.
    UnanswerableError
        The model does not fit the table, or occasions have no order.

    Notes
    -----
    Under M0 and Mh the units with ``k`` captures are first seen on occasion ``i`` with the chance
    ``C(t - i, k - 1) / C(t, k)``; under Mt and Mth symmetric polynomials of the later occasions take the place of the
    binomials. Ahead, ``f_0 E[p (1 - p)^(j - 1)]`` over the chances ``p`` of the units missed, which the Poisson and
    Darroch shapes spell out; models by time know nothing of further occasions.

    Source
    ------
    Rivest and Baillargeon (2007), doi 10.1111/j.1541-0420.2007.00779.x. Verified in
    tests/reference/test_rcapture_descriptive.py.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]], ordered=True)
    >>> round(sum(first_captures_under("M0", table).expected), 6)
    5.0
    """
    kind, _, shape = model.partition("-")
    named = kind in ("Mh", "Mth") and shape.rstrip("0123456789.") in _SHAPES
    if ahead < 0 or not (named or model in ("M0", "Mt", "Mb", "Mbh")):
        raise EstimateError(
            "E-EST-23",
            where="first_captures_under",
            problem="the model is unknown or the number of further occasions is negative",
            allowed="M0, Mt, Mb, Mbh, Mh- or Mth- with a shape; ahead of 0 or more",
            remedy="Choose one of these models.",
        )
    first = first_captures_of(table, at_least=2)
    if kind in ("Mb", "Mbh"):
        expected, beyond = _by_removal(first, ahead, first_apart=kind == "Mbh")
    else:
        seen = statistics_of(table, by_time=kind in ("Mt", "Mth"), shape=shape or None)
        solution = solve(seen, shape or None)
        expected = _by_level(seen, solution)
        beyond = None if seen.totals is not None else _ahead(solution, shape, ahead)
    occasion = np.arange(1.0, len(expected) + 1)
    mean = float(occasion @ expected / expected.sum())
    return FirstCaptures(
        observed=tuple(float(x) for x in first),
        expected=tuple(float(x) for x in expected),
        ahead=None if beyond is None else tuple(float(x) for x in beyond),
        chi_square=float(np.sum((first - expected) ** 2 / expected)),
        mean_occasion=mean,
        variance_of_occasion=float((occasion - mean) ** 2 @ expected / expected.sum()),
    )


def _by_removal(first: Array, ahead: int, *, first_apart: bool) -> tuple[Array, Array | None]:
    later = first[1:] if first_apart else first
    RemovalModel.check_decline(later)
    passed = np.arange(len(later), dtype=float)
    fit = fit_poisson(np.column_stack([np.ones(len(later)), passed]), later, stopping="exact")
    further = np.arange(len(later), len(later) + ahead)
    if first_apart:
        return np.concatenate([first[:1], fit.means]), None
    return fit.means, np.exp(fit.coefficients[0] + fit.coefficients[1] * further)


def _by_level(seen: Seen, solution: Solution) -> Array:
    """Expected first captures from the expected units with ``k`` captures."""
    theta = solution.maximum.theta
    if isinstance(solution.family, Occasions):
        return solution.family.first_captures(theta)
    t = len(seen.captures)
    levels = np.zeros(t)
    levels[np.ones(t, dtype=bool) if seen.possible is None else seen.possible] = solution.family.levels(theta)
    k = seen.captures
    i = np.arange(1.0, t + 1)[:, None]
    shares = np.exp(_log_binomial(t - i, k - 1) - _log_binomial(np.full_like(k, t), k))
    result: Array = shares @ levels
    return result


def _log_binomial(n: Array, k: Array) -> Array:
    with np.errstate(invalid="ignore"):
        value = scipy.special.gammaln(n + 1) - scipy.special.gammaln(k + 1) - scipy.special.gammaln(n - k + 1)
    result: Array = np.where(k > n, -np.inf, value)
    return result


def _ahead(solution: Solution, shape: str, ahead: int) -> Array | None:
    """``f_0 E[p (1 - p)^(j - 1)]``: the log odds of the units missed are ``b`` plus a Poisson or a normal variable."""
    theta = solution.maximum.theta
    if not shape:
        odds, weights = np.exp(theta[1:2]), np.ones(1)
    elif theta[-1] < 0 or not (shape == "darroch" or shape.startswith("poisson")):
        return None
    elif shape == "darroch":
        odds, weights = np.exp(theta[1] + math.sqrt(theta[-1]) * _POINTS[0]), _POINTS[1] / _POINTS[1].sum()
    else:
        times = np.arange(max(60.0, 4 * theta[-1] + 60))
        weights = np.exp(scipy.special.xlogy(times, theta[-1]) - theta[-1] - scipy.special.gammaln(times + 1))
        odds = np.exp(theta[1] + np.log(shape_of(shape).parameter) * times)
    chance = odds / (1 + odds)
    j = np.arange(ahead)[:, None]
    result: Array = math.exp(theta[0]) * ((chance * (1 - chance) ** j) @ weights)
    return result
