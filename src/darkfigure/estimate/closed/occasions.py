"""Models in which occasions or lists differ, by sufficient statistics: any number of occasions, never 2^t cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.log_linear_family import Moments

Array = NDArray[np.float64]


_FEW = 16
"""Up to this many occasions the exact information matrix costs next to nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Occasions:
    """Poisson log-linear model with an effect for each occasion and columns over the number of captures.

    Parameters
    ----------
    n_observed : int
        Units seen.
    totals : ndarray, shape (t,)
        ``n_j``, units captured on occasion ``j``, all above 0.
    columns : ndarray, shape (t, q)
        Heterogeneity columns ``h(k)`` for ``k = 1 ... t``.
    column_sums : ndarray, shape (q,)
        Observed ``sum of f_k h(k)``.
    possible : ndarray of bool, shape (t,), optional
        Numbers of captures that a unit can have at all; every number by default.

    Notes
    -----
    ``log mu(w) = a + sum b_j w_j + sum tau h(|w|)``. With ``x_j = exp(b_j)`` the cells with ``k`` captures add up to
    ``F_k = exp(a + tau h(k)) e_k(x)``, ``e_k`` the elementary symmetric polynomial, and the expected captures on
    occasion ``j`` are ``sum_k exp(a + tau h(k)) x_j e_{k-1}(x without x_j)``. All polynomials are built by additions
    of positive terms from ``E_k = k! e_k(x) / (sum x)^k``, which stays between 0 and 1, so that nothing overflows or
    cancels at hundreds of occasions.

    Source
    ------
    Model: Rivest and Baillargeon (2007), doi 10.1111/j.1541-0420.2007.00779.x. Symmetric polynomials for
    conditional Bernoulli sums: Chen, Dempster and Liu (1994), Biometrika 81, 457, doi 10.1093/biomet/81.3.457.

    Examples
    --------
    >>> model = Occasions(3, np.array([2.0, 2.0]), np.zeros((2, 0)), np.zeros(0))
    >>> model.moments(np.zeros(3)).means.tolist()
    [3.0, 2.0, 2.0]
    """

    n_observed: float
    totals: Array
    columns: Array
    column_sums: Array
    possible: NDArray[np.bool_] | None = None

    @property
    def statistics(self) -> Array:
        """``n``, the totals by occasion, and the column sums."""
        return np.concatenate([[float(self.n_observed)], self.totals, self.column_sums])

    def _polynomials(self, theta: Array) -> tuple[Array, Array, Array]:
        """Relative odds ``r_j``, polynomials ``E_0 ... E_t`` and the log factor of each number of captures."""
        t = len(self.totals)
        effects = theta[1 : t + 1]
        top = effects.max()
        odds = np.exp(effects - top)
        log_sum = top + np.log(odds.sum())
        relative = odds / odds.sum()
        k = np.arange(1.0, t + 1)
        log_factor = theta[0] + self.columns @ theta[t + 1 :] + k * log_sum - scipy.special.gammaln(k + 1)
        if self.possible is not None:
            log_factor = np.where(self.possible, log_factor, -np.inf)
        return relative, symmetric_means(relative), log_factor

    def levels(self, theta: Array) -> Array:
        """Expected units with ``k`` captures, ``k = 1 ... t``."""
        _, polynomial, log_factor = self._polynomials(theta)
        return _expected(log_factor, polynomial)

    def first_captures(self, theta: Array) -> Array:
        """Expected units captured for the first time on each occasion, in their order."""
        relative, _, log_factor = self._polynomials(theta)
        t = len(relative)
        k = np.arange(1.0, t + 1)
        weights = np.exp(np.minimum(log_factor + np.log(k), 709.0))
        later = np.zeros(t + 1)
        later[0] = 1.0
        result = np.empty(t)
        for j in range(t - 1, -1, -1):
            result[j] = relative[j] * float(weights @ later[:t])
            later[1:] += relative[j] * k * later[:-1]
        return result

    def moments(self, theta: Array) -> Moments:
        """Expected statistics; with many occasions the information leaves out what hardly any unit contributes."""
        relative, polynomial, log_factor = self._polynomials(theta)
        levels = _expected(log_factor, polynomial)
        last = _last_that_counts(levels)
        without = leave_one_out(relative, polynomial, last)
        if len(relative) <= _FEW:
            pairs = _joint_captures(relative, log_factor, last)
        else:
            pairs = _joint_captures_quickly(relative, log_factor, without, levels)
        return self._assemble(levels, _by_occasion(relative, log_factor, without), pairs)

    def _assemble(self, levels: Array, by_occasion: Array, pairs: Array) -> Moments:
        t, last = by_occasion.shape
        h = self.columns
        p = 1 + t + h.shape[1]
        captured = by_occasion.sum(axis=1)
        weighted = h * levels[:, None]
        cross = by_occasion @ h[:last]
        info = np.empty((p, p))
        total = float(levels.sum())
        info[0, 0] = total
        info[0, 1 : t + 1] = info[1 : t + 1, 0] = captured
        info[1 : t + 1, 1 : t + 1] = pairs
        info[np.arange(1, t + 1), np.arange(1, t + 1)] = captured
        info[t + 1 :, 0] = info[0, t + 1 :] = weighted.sum(axis=0)
        info[1 : t + 1, t + 1 :] = cross
        info[t + 1 :, 1 : t + 1] = cross.T
        info[t + 1 :, t + 1 :] = weighted.T @ h
        return Moments(total, info[0].copy(), info)

    def exact_information(self, theta: Array) -> Array:
        """Information with the true expected joint captures of every pair of occasions."""
        relative, polynomial, log_factor = self._polynomials(theta)
        levels = _expected(log_factor, polynomial)
        if self.columns.shape[1] == 0 and self.possible is None:
            # Without heterogeneity occasions are independent: N p_i p_j units are captured on both.
            p = 1 / (1 + np.exp(-theta[1:]))
            pairs = np.outer(p, p) * (levels.sum() + np.exp(theta[0]))
        else:
            pairs = _joint_captures(relative, log_factor, _last_that_counts(levels))
        without = leave_one_out(relative, polynomial, _last_that_counts(levels))
        return self._assemble(levels, _by_occasion(relative, log_factor, without), pairs).information


def _by_occasion(relative: Array, log_factor: Array, without: Array) -> Array:
    """Expected captures on occasion ``j`` of units with ``k`` captures, shape (t, last)."""
    last = without.shape[1]
    factor = np.exp(np.minimum(log_factor[:last] + np.log(np.arange(1.0, last + 1)), 709.0))
    result: Array = relative[:, None] * without * factor
    return result


def _expected(log_factor: Array, polynomial: Array) -> Array:
    with np.errstate(divide="ignore"):
        result: Array = np.exp(np.minimum(log_factor + np.log(polynomial[1:]), 709.0))
    return result


def _last_that_counts(levels: Array, share: float = 1e-14) -> int:
    """Largest number of captures that more than a given share of the units reach."""
    beyond = np.cumsum(levels[::-1])[::-1]
    return max(int(np.count_nonzero(beyond > share * beyond[0])), 2)


def symmetric_means(relative: Array) -> Array:
    """Elementary symmetric polynomials of ``r``, scaled: ``E_k = k! e_k(r)`` for ``k = 0 ... t`` with ``sum r = 1``.

    Examples
    --------
    >>> symmetric_means(np.array([0.5, 0.5])).tolist()
    [1.0, 1.0, 0.5]
    """
    t = len(relative)
    result = np.zeros(t + 1)
    result[0] = 1.0
    k = np.arange(1.0, t + 1)
    for j, r in enumerate(relative.tolist(), start=1):
        result[1 : j + 1] += r * k[:j] * result[:j]
    return result


def leave_one_out(relative: Array, polynomial: Array, last: int) -> Array:
    """Scaled polynomials without each occasion in turn, shape (t, last): ``E_k(r without r_j)`` for ``k < last``.

    An occasion is taken out by division: upwards, ``E_k(-j) = E_k - k r_j E_{k-1}(-j)``, while it holds at most half
    of the units with ``k`` captures, and downwards from ``E_t(-j) = 0`` where it holds more. Either way the error
    shrinks from step to step.

    Examples
    --------
    >>> r = np.array([0.5, 0.5])
    >>> leave_one_out(r, symmetric_means(r), 2).tolist()
    [[1.0, 0.5], [1.0, 0.5]]
    """
    upwards = np.empty((last, len(relative)))
    upwards[0] = 1.0
    safe = np.ones((last, len(relative)), dtype=bool)
    for k in range(1, last):
        removed = k * relative * upwards[k - 1]
        safe[k] = safe[k - 1] & (removed <= polynomial[k] / 2)
        upwards[k] = np.maximum(polynomial[k] - removed, 0.0)
    if safe[-1].all():
        return upwards.T
    lowest = int(np.argmin(safe.all(axis=1)))
    downwards = upwards.copy()
    current = np.zeros(len(relative))
    for k in range(len(relative), lowest, -1):
        current = np.maximum(polynomial[k] - current, 0.0) / (k * relative)
        if k - 1 < last:
            downwards[k - 1] = current
    return np.where(safe, upwards, downwards).T


def _joint_captures_quickly(relative: Array, log_factor: Array, without: Array, levels: Array) -> Array:
    """Joint captures for the search: by division up to a third of the occasions, by an approximation above.

    The approximation treats the occasions of a unit with ``k`` captures as a rejective sample; it is exact when all
    occasions are alike. Source: Hajek (1964), Annals of Mathematical Statistics 35, 1491, doi 10.1214/aoms/1177700375.
    """
    t = len(relative)
    last = min(_last_that_counts(levels, 1e-9), without.shape[1])
    third = np.arange(1.0, t // 3 + 1)
    # Among few captures: where hardly any pair of captures is left, an approximation costs the search no step.
    exactly = min(last, t // 3, _last_that_counts(levels[: t // 3] * third**2, 1e-4))
    joint = np.zeros((t, t))
    both_out = np.ones((t, t))
    for k in range(2, exactly + 1):
        joint += np.exp(min(log_factor[k - 1] + np.log(k * (k - 1.0)), 700.0)) * both_out
        both_out = np.maximum(without[:, k - 1, None] - (k - 1) * relative * both_out, 0.0)
    joint *= np.outer(relative, relative)
    if last > exactly:
        high = slice(exactly, last)
        by_occasion = _by_occasion(relative, log_factor, without)[:, high]
        share = np.minimum(by_occasion / np.maximum(levels[high], 1e-300), 1.0)
        spread = share * (1 - share)
        whole = np.maximum(spread.sum(axis=0) * (t - 1) / t, 1e-300)
        joint += by_occasion @ share.T - (spread * (levels[high] / whole)) @ spread.T
    return joint


def _joint_captures(relative: Array, log_factor: Array, last: int) -> Array:
    """Expected units captured on both of two occasions, for every pair, shape (t, t); the diagonal is not used.

    For each ``i`` (in blocks, to bound memory) the polynomial without ``i`` is built from the left and the weights are
    carried from the right, so that one sum over the meeting point leaves out ``j`` as well.
    """
    t = len(relative)
    k = np.arange(2.0, last + 1)
    weights = np.exp(log_factor[1:last] + np.log(k * (k - 1)))
    degrees = np.arange(1.0, last - 1)
    joint = np.zeros((t, t))
    block = max(1, min(t, int(4e6 // (t * max(last - 1, 1)))))
    for start in range(0, t, block):
        rows = np.arange(start, min(start + block, t))
        own = relative[None, :] * (rows[:, None] != np.arange(t)[None, :])
        left = np.zeros((t, len(rows), last - 1))
        left[0, :, 0] = 1.0
        for j in range(t - 1):
            left[j + 1] = left[j]
            left[j + 1, :, 1:] += degrees * own[:, j, None] * left[j, :, :-1]
        right = np.repeat(weights[None, :], len(rows), axis=0)
        for j in range(t - 1, -1, -1):
            joint[rows, j] = np.einsum("ik,ik->i", left[j], right)
            right[:, :-1] += degrees * own[:, j, None] * right[:, 1:]
    return joint * np.outer(relative, relative)


def of_table(
    n_observed: float,
    totals: Sequence[float],
    frequencies: Sequence[float],
    columns: Array,
    possible: NDArray[np.bool_] | None = None,
) -> Occasions:
    """Build the family from counts; ``columns`` over ``k = 1 ... t`` with ``t`` the occasions that have captures.

    Examples
    --------
    >>> of_table(3, (2, 2), (2, 1), np.zeros((2, 0))).statistics.tolist()
    [3.0, 2.0, 2.0]
    """
    t = len(totals)
    return Occasions(
        n_observed, np.asarray(totals, float), columns, np.asarray(frequencies[:t], float) @ columns, possible
    )
