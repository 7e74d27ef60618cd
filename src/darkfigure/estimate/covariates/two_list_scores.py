"""Three ways from the chances of two lists to the number of units: plug-in, bias-corrected and targeted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]

SMALLEST = 0.005
"""Fitted chances of being in both lists below this are raised to it: one unit must not stand for thousands."""
FARTHEST = 3.0
"""How far the chance of being in both lists is moved at most, on the scale of log odds."""


@dataclass(frozen=True, slots=True)
class Score:
    """A number of units with its variance.

    Parameters
    ----------
    n_total : float
        All units of the population.
    variance : float
        Of ``n_total``, from the influence function.

    Examples
    --------
    >>> Score(n_total=120.0, variance=64.0).n_total
    120.0
    """

    n_total: float
    variance: float


def influence(q1: Array, q2: Array, q12: Array, first: Array, second: Array) -> Array:
    """How much does each unit seen by the pair say about the total?

    Parameters
    ----------
    q1, q2, q12 : ndarray, shape (units,)
        Chances, given the covariates and being seen by the pair, of being in the first list, the second, both.
    first, second : ndarray, shape (units,)
        1 where the list saw the unit.

    Returns
    -------
    ndarray, shape (units,)
        ``phi``; their sum estimates the total.

    Notes
    -----
    ``phi = (q1 q2 / q12) (Y1 / q1 + Y2 / q2 - Y1 Y2 / q12)``: the uncentred efficient influence function of the inverse
    of the share seen.

    Source
    ------
    Das, Kennedy and Jewell (2023), Doubly robust capture-recapture methods for estimating population size, Journal of
    the American Statistical Association.

    Examples
    --------
    >>> half = np.array([0.5])
    >>> influence(np.array([0.75]), np.array([0.75]), half, np.array([1.0]), np.array([1.0])).round(4).tolist()
    [0.75]
    """
    made: Array = q1 * q2 / q12 * (first / q1 + second / q2 - first * second / q12)
    return made


def bias_corrected(q1: Array, q2: Array, q12: Array, first: Array, second: Array) -> Score:
    """How many units, with the first-order error of the fitted chances taken out (doubly robust)?

    Parameters
    ----------
    q1, q2, q12, first, second : ndarray, shape (units,)
        As for ``influence``.

    Returns
    -------
    Score
        ``N = sum phi_i``.

    Notes
    -----
    ``var N = n var(phi) + N (1 - psi) / psi`` with ``psi = n / N`` the share seen. Its error is a product of errors: of
    ``q1`` and ``q2``, and of ``q12`` and ``q1 q2 / q12``.

    Source
    ------
    Das, Kennedy and Jewell (2023), section on the bias-corrected estimator.

    Examples
    --------
    >>> y1, y2 = np.array([1.0, 1, 1, 0]), np.array([0.0, 1, 1, 1])
    >>> bias_corrected(np.full(4, 0.75), np.full(4, 0.75), np.full(4, 0.5), y1, y2).n_total  # 3 * 3 / 2
    4.5
    """
    phi = influence(q1, q2, q12, first, second)
    return _scored(float(phi.sum()), phi)


def plug_in(q1: Array, q2: Array, q12: Array, first: Array, second: Array) -> Score:
    """How many units, if the fitted chances were the true ones?

    Parameters
    ----------
    q1, q2, q12, first, second : ndarray, shape (units,)
        As for ``influence``.

    Returns
    -------
    Score
        ``N = sum q1 q2 / q12``; the variance is that of the bias-corrected form, which is too small when the chances
        were learnt slowly.

    Source
    ------
    Das, Kennedy and Jewell (2023); with few strata it is the stratified estimator of Sekar and Deming (1949).

    Examples
    --------
    >>> y1, y2 = np.array([1.0, 1, 1, 0]), np.array([0.0, 1, 1, 1])
    >>> plug_in(np.full(4, 0.75), np.full(4, 0.75), np.full(4, 0.5), y1, y2).n_total
    4.5
    """
    return _scored(float(np.sum(q1 * q2 / q12)), influence(q1, q2, q12, first, second))


def targeted(q1: Array, q2: Array, q12: Array, first: Array, second: Array) -> Score:
    """How many units, with the fitted chances moved until their first-order error is nil (TMLE)?

    Parameters
    ----------
    q1, q2, q12, first, second : ndarray, shape (units,)
        As for ``influence``; ``q1 + q2 - q12 = 1``.

    Returns
    -------
    Score
        ``N = sum q1* q2* / q12*``. Unlike the bias-corrected form it cannot fall below the units seen.

    Notes
    -----
    The chance of being in both lists is moved by one amount for all units on the scale of log odds against the other
    two classes, to where ``mean D`` of ``D = phi - q1 q2 / q12`` is nil. Moving each unit along its own ``D`` would be
    more efficient in theory; ``D`` has no bound where ``q12`` is small, and such units then ran away. Where no move of
    up to three on that scale does it, the one that comes nearest is taken.

    Source
    ------
    Das, Kennedy and Jewell (2023), targeted estimator; targeting: van der Laan and Rubin (2006), International Journal
    of Biostatistics 2, 11, doi 10.2202/1557-4679.1043. One move of the three classes takes the place of a fluctuation
    for each chance.

    Examples
    --------
    >>> y1, y2 = np.array([1.0, 1, 1, 0]), np.array([0.0, 1, 1, 1])
    >>> round(targeted(np.full(4, 0.75), np.full(4, 0.75), np.full(4, 0.5), y1, y2).n_total, 6)
    4.5
    >>> round(targeted(np.full(4, 0.8), np.full(4, 0.6), np.full(4, 0.4), y1, y2).n_total, 2)  # from poor chances
    4.56
    """
    chances = np.maximum(np.vstack([q1 - q12, q2 - q12, q12]), 1e-12)
    met = np.where(second == 0, 0, np.where(first == 0, 1, 2))
    units = np.arange(len(met))

    def mean_direction(move: float) -> float:
        return float(_directions(_moved(chances, move))[met, units].mean())

    ends = mean_direction(-FARTHEST), mean_direction(FARTHEST)
    if ends[0] * ends[1] < 0:
        move = float(scipy.optimize.brentq(mean_direction, -FARTHEST, FARTHEST, xtol=1e-10))
    else:
        move = -FARTHEST if abs(ends[0]) < abs(ends[1]) else FARTHEST
    one_only, two_only, both = _moved(chances, move)
    one, two = one_only + both, two_only + both
    return _scored(float(np.sum(one * two / both)), influence(one, two, both, first, second))


def _moved(chances: Array, move: float) -> Array:
    """Chances of the three classes with the last moved by so much on the scale of log odds."""
    made = chances * np.exp([0.0, 0.0, move])[:, None]
    return np.asarray(made / made.sum(axis=0), dtype=float)


def _directions(chances: Array) -> Array:
    """``D_k`` of each unit for the three classes, shape (3, units)."""
    both = chances[2]
    one, two = chances[0] + both, chances[1] + both
    weights = np.vstack([1 / one, 1 / two, 1 / one + 1 / two - 1 / both])
    made: Array = one * two / both * (weights - 1)
    return made


def _scored(total: float, phi: Array) -> Score:
    n = len(phi)
    return Score(total, n * float(phi.var()) + max(total - n, 0.0) * total / n)
