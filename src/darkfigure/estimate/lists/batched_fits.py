"""Many Poisson log-linear models of few lists, on many tables of counts, fitted together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
Masks = NDArray[np.int64]

NO_TERM = -1
"""Fills up a column of terms that has fewer of them than the longest."""

_BLOCK = 2**19
"""Numbers one working array of a block may hold, so that a block stays near the processor."""

_SETTLED = 1e-18
"""Gain in log-likelihood that a further step promises, below which the step is the last."""

_NEARLY_SETTLED = 1e-10
"""The same where the information is next to singular: the rest of the way would be long and proves nothing."""

_MOST_STEPS = 100

_SURE_PIVOT = 1e-7
"""Smallest pivot of the scaled information that still says: this step is right, and the design has full rank."""


def mask_of(term: Sequence[int], n_lists: int) -> int:
    """Which number stands for a set of lists (the first list is the highest bit, as in ``all_histories``)?

    Examples
    --------
    >>> mask_of((0, 2), 3)
    5
    """
    return sum(1 << (n_lists - 1 - i) for i in term)


def term_of(mask: int, n_lists: int) -> tuple[int, ...]:
    """Which set of lists does a number stand for?

    Examples
    --------
    >>> term_of(5, 3)
    (0, 2)
    """
    return tuple(i for i in range(n_lists) if mask >> (n_lists - 1 - i) & 1)


def over_subsets(values: Array, n_lists: int) -> Array:
    """Replace the value of each set of lists by the sum over its subsets: effects become log means.

    Parameters
    ----------
    values : ndarray, shape (2^t, ...)
        One for each set of lists, in the order of binary numbers; changed in place.
    n_lists : int
        ``t``.

    Returns
    -------
    ndarray, shape (2^t, ...)
        The same array.

    Examples
    --------
    >>> over_subsets(np.array([1.0, 2.0, 3.0, 4.0]), 2).tolist()
    [1.0, 3.0, 4.0, 10.0]
    """
    for bit in range(n_lists):
        halves = values.reshape(-1, 2, 1 << bit, *values.shape[1:])
        halves[:, 1] += halves[:, 0]
    return values


def over_supersets(values: Array, n_lists: int) -> Array:
    """Replace the value of each set of lists by the sum over the sets that hold it: cells become marginal totals.

    Examples
    --------
    >>> over_supersets(np.array([1.0, 2.0, 3.0, 4.0]), 2).tolist()
    [10.0, 6.0, 7.0, 4.0]
    """
    for bit in range(n_lists):
        halves = values.reshape(-1, 2, 1 << bit, *values.shape[1:])
        halves[:, 0] += halves[:, 1]
    return values


@dataclass(frozen=True, slots=True, eq=False)
class BatchedFits:
    """What each of many models says of its counts.

    Parameters
    ----------
    effects : ndarray, shape (2^t, fits)
        Of each set of lists: its coefficient; 0 where the model has no such term, minus infinity where no unit is in
        all lists of a term. Row 0 is the intercept, the logarithm of the number of unseen units.
    deviance : ndarray, shape (fits,)
        Of the Poisson counts.
    n_parameters, n_finite : ndarray of int64, shape (fits,)
        Terms of the model, and those of them that some unit is in.
    log_variance : ndarray, shape (fits,)
        Variance of the intercept.
    settled : ndarray of bool, shape (fits,)
        Whether the search came to its end.
    proved : ndarray of bool, shape (fits,)
        Whether the last step proves that the maximum exists and is the only one (see ``fit_batch``). A fit without
        the proof may still have one.

    Examples
    --------
    >>> fits = fit_batch(np.array([[0.0], [20], [30], [10]]), np.array([[0], [1], [2]]), n_lists=2)
    >>> bool(fits.proved[0]), float(np.round(np.exp(fits.effects[0, 0]), 6))
    (True, 60.0)
    """

    effects: Array
    deviance: Array
    n_parameters: Masks
    n_finite: Masks
    log_variance: Array
    settled: NDArray[np.bool_]
    proved: NDArray[np.bool_]

    @property
    def n_unseen(self) -> Array:
        """Unseen units, shape (fits,); infinite where the number does not fit a computer."""
        with np.errstate(over="ignore"):
            unseen: Array = np.exp(self.effects[0])
        return unseen


def fitted_totals(effects: Array, n_lists: int) -> Array:
    """How many units does each model expect in all lists of a set, among those seen?

    Parameters
    ----------
    effects : ndarray, shape (2^t, fits)
        As in ``BatchedFits``.
    n_lists : int
        ``t``.

    Returns
    -------
    ndarray, shape (2^t, fits)
        Row 0 holds the expected number of units seen.

    Examples
    --------
    >>> fitted_totals(np.log([[60.0], [1 / 3], [0.5], [1.0]]), 2)[:, 0].round(6).tolist()
    [60.0, 30.0, 40.0, 10.0]
    """
    means = np.exp(np.minimum(over_subsets(effects.copy(), n_lists), 500.0))
    means[0] = 0.0
    return over_supersets(means, n_lists)


def fit_batch(
    counts: Array, terms: Masks, *, n_lists: int, start: Array | None = None, most_deviance: Array | None = None
) -> BatchedFits:
    """Which means make each of many tables most likely, each under a model of its own?

    Parameters
    ----------
    counts : ndarray, shape (2^t, fits) or (2^t, 1)
        Units with each history, in the order of binary numbers; row 0, the unseen, is not read.
    terms : ndarray of int64, shape (terms, fits) or (terms, 1)
        Numbers of the sets of lists that have a term (``mask_of``; the intercept is 0), filled up with ``NO_TERM``.
    n_lists : int
        ``t``.
    start : ndarray, shape (2^t, fits), optional
        Effects to start from; minus infinity counts as 0.
    most_deviance : ndarray, shape (fits,), optional
        A fit whose deviance is sure to exceed this is given up: it counts as not settled, and its deviance is a bound
        from below that exceeds the limit too.

    Returns
    -------
    BatchedFits
        By Newton's method with halved steps, on marginal totals: a product of two columns of the design is the column
        of the union of their lists.

    Notes
    -----
    A term that no unit is in goes to minus infinity, its cells to mean 0 (extended maximum likelihood). The last Newton
    step ``d`` solves ``X' W X d = X' (n - mu)`` with ``W = diag(mu)``. So ``mu_w (1 + (X d)_w)`` has the observed
    marginal totals; when no ``|(X d)_w|`` reaches 1 it is positive everywhere, and a positive table with the observed
    totals exists exactly when the maximum does. That is the proof in ``proved``; it asks for less than 1/2 and for
    pivots that rounding cannot have made. Where it fails, a linear program must decide.

    Such a table ``y``, if no cell is negative, bounds the likelihood from above, whatever the step: for all means
    ``mu`` of the model ``sum n log mu - mu = sum y log mu - mu <= sum y log y - y``. That bound decides which fits are
    given up.

    Source
    ------
    Positive tables and existence: Fienberg and Rinaldo (2012), Annals of Statistics 40, 996, doi 10.1214/12-AOS986.
    Extended maximum: Chan, Silverman and Vincent (2021), doi 10.1080/01621459.2019.1708748. Checked against one fit
    at a time in tests/unit/estimate/test_batched_fits.py.

    Examples
    --------
    >>> counts = np.array([[0.0, 0], [20, 20], [30, 30], [10, 0], [40, 40], [12, 12], [18, 18], [6, 6]])
    >>> terms = np.array([[0, 0], [1, 1], [2, 2], [4, 4], [NO_TERM, 3]])
    >>> np.round(fit_batch(counts, terms, n_lists=3).n_unseen, 3).tolist()
    [64.36, 55.556]
    """
    fits = max(counts.shape[1], terms.shape[1])
    columns = np.broadcast_to(counts, (counts.shape[0], fits))
    chosen = np.broadcast_to(terms, (terms.shape[0], fits))
    search = _Search(columns, chosen, n_lists, start, most_deviance)
    for members, p in search.blocks():
        search.fit(members, p)
    return search.answer()


class _Search:
    """The state of one call of ``fit_batch``."""

    def __init__(
        self, counts: Array, terms: Masks, n_lists: int, start: Array | None, most_deviance: Array | None
    ) -> None:
        fits = terms.shape[1]
        self._t, self._counts, self._start = n_lists, counts, start
        observed = counts[1:]
        self._constant = (scipy.special.xlogy(observed, observed) - observed).sum(axis=0)
        self._most = None if most_deviance is None else most_deviance / 2 - self._constant
        seen = counts.copy()
        seen[0] = 0.0
        self._totals = over_supersets(seen, n_lists)
        at = np.maximum(terms, 0)
        finite = (terms != NO_TERM) & (np.take_along_axis(self._totals, at, axis=0) > 0)
        order = np.argsort(~finite, axis=0, kind="stable")
        self._terms = np.take_along_axis(at, order, axis=0)
        self._n_finite = finite.sum(axis=0)
        self._n_parameters = (terms != NO_TERM).sum(axis=0)
        self._effects = np.zeros((counts.shape[0], fits))
        empty = np.nonzero((terms != NO_TERM) & ~finite)
        self._effects[at[empty], empty[1]] = -np.inf
        self._minus_log_likelihood = np.zeros(fits)
        self._log_variance = np.full(fits, np.nan)
        self._settled = np.zeros(fits, dtype=bool)
        self._proved = np.zeros(fits, dtype=bool)

    def blocks(self) -> Iterator[tuple[Masks, int]]:
        for p in np.unique(self._n_finite):
            members = np.flatnonzero(self._n_finite == p)
            size = max(16, _BLOCK // (8 * max(int(p) ** 2, len(self._effects))))
            for first in range(0, len(members), size):
                yield members[first : first + size], int(p)

    def fit(self, members: Masks, p: int) -> None:
        """Newton's method on a block of fits with equally many finite terms; those that settle leave the block."""
        state = _Block(members, self._terms[:p, members], self._effects[:, members], self._totals[:, members], self._t)
        state.begin(self._counts[:, members], None if self._start is None else self._start[:, members])
        for last in range(_MOST_STEPS + 1):
            state.evaluate()
            done = state.step() | (last == _MOST_STEPS)
            self._keep(state, done)
            if self._most is not None:
                done |= self._given_up(state, self._most[state.members], ~done)
            if not state.drop(done):
                return

    def _given_up(self, state: _Block, limit: Array, going_on: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which fits cannot come below their limit any more, and keep the bound that says so."""
        bound = state.bound()
        hopeless: NDArray[np.bool_] = going_on & (bound > limit + 1e-9 * (1 + np.abs(limit)))
        self._minus_log_likelihood[state.members[hopeless]] = bound[hopeless]
        return hopeless

    def _keep(self, state: _Block, done: NDArray[np.bool_]) -> None:
        where = state.members[done]
        if not len(where):
            return
        self._effects[state.terms[:, done], where] = state.beta[:, done]
        self._minus_log_likelihood[where] = state.value[done]
        self._log_variance[where] = state.intercept_variance(done)
        self._settled[where] = state.gain[done] < _NEARLY_SETTLED
        self._proved[where] = self._settled[where] & state.proof(done)

    def answer(self) -> BatchedFits:
        return BatchedFits(
            effects=self._effects,
            deviance=2 * (self._constant + self._minus_log_likelihood),
            n_parameters=self._n_parameters,
            n_finite=self._n_finite,
            log_variance=self._log_variance,
            settled=self._settled,
            proved=self._proved,
        )


class _Block:
    """Fits with equally many finite terms on their way to the maximum; the last axis of every array counts fits."""

    def __init__(self, members: Masks, terms: Masks, limits: Array, totals: Array, n_lists: int) -> None:
        self.members, self.terms, self._limits, self._t = members, terms, limits, n_lists
        self._target = np.take_along_axis(totals, terms, axis=0)
        self._union = terms[:, None, :] | terms[None, :, :]
        fits = len(members)
        self.beta = np.zeros(terms.shape)
        self.value, self.gain = np.full(fits, np.inf), np.full(fits, np.inf)
        self._move = np.zeros(terms.shape)
        self._moving = np.zeros(fits, dtype=bool)
        self._margins = np.zeros_like(limits)
        self._means = np.zeros_like(limits)

    def begin(self, counts: Array, start: Array | None) -> None:
        """Start from given effects, or from the counts plus a tenth as an iteration of weighted least squares."""
        if start is not None:
            at = np.take_along_axis(start, self.terms, axis=0)
            self.beta = np.where(np.isfinite(at), at, 0.0)
            return
        means = np.where(np.isneginf(over_subsets(self._limits.copy(), self._t)), 0.0, counts + 0.1)
        means[0] = 0.0
        work = means * np.log(np.where(means > 0, means, 1.0)) + np.where(means > 0, counts - means, 0.0)
        right = np.take_along_axis(over_supersets(work, self._t), self.terms, axis=0)
        self._margins = over_supersets(means, self._t)
        self.beta = self._solve(right)

    def evaluate(self) -> None:
        """Take the objective and the marginal totals at the proposal; halve the move where it made things worse."""
        for _ in range(40):
            linear = self._spread(self.beta)
            means = np.exp(np.minimum(linear, 500.0))
            means[0] = 0.0
            proposed = means.sum(axis=0) - (self.beta * self._target).sum(axis=0)
            worse = self._moving & ~(proposed <= self.value + 1e-10 * (1 + np.abs(self.value)))
            if not worse.any():
                break
            self._move[:, worse] /= 2
            self.beta[:, worse] -= self._move[:, worse]
        self.value, self._means = proposed, means
        self._margins = over_supersets(means.copy(), self._t)

    def step(self) -> NDArray[np.bool_]:
        """Take Newton's step; tell which fits settle with it."""
        gradient = self._target - np.take_along_axis(self._margins, self.terms, axis=0)
        self._move = self._solve(gradient)
        self.gain = np.abs((gradient * self._move).sum(axis=0))
        self.beta = self.beta + self._move
        self._moving[:] = True
        hopeless = (self.gain < _NEARLY_SETTLED) & (self._pivots < _SURE_PIVOT)
        settled: NDArray[np.bool_] = (self.gain < _SETTLED) | hopeless
        return settled

    def bound(self) -> Array:
        """A value that the objective cannot fall below; minus infinity where the last step gives none."""
        moved = np.zeros_like(self._means)
        np.put_along_axis(moved, self.terms, self._move, axis=0)
        table = self._means * (1 + over_subsets(moved, self._t))
        value = (table - scipy.special.xlogy(table, np.maximum(table, 1e-300))).sum(axis=0)
        lower: Array = np.where((table.min(axis=0) >= 0) & (self._pivots > _SURE_PIVOT), value, -np.inf)
        return lower

    def proof(self, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
        moved = np.zeros((len(self._limits), int(done.sum())))
        np.put_along_axis(moved, self.terms[:, done], self._move[:, done], axis=0)
        shift = np.abs(over_subsets(moved, self._t))
        shift[np.isneginf(over_subsets(self._limits[:, done], self._t))] = 0.0
        shift[0] = 0.0
        small: NDArray[np.bool_] = (shift.max(axis=0) < 0.5) & (self._pivots[done] > _SURE_PIVOT)
        return small

    def intercept_variance(self, done: NDArray[np.bool_]) -> Array:
        unit = np.zeros((len(self.terms), int(done.sum())))
        unit[0] = 1.0
        solved = _substituted(self._factor[:, :, done], unit * self._scale[:, done]) * self._scale[:, done]
        variance: Array = solved[0]
        return variance

    def drop(self, done: NDArray[np.bool_]) -> bool:
        """Let the settled fits go; tell whether any are left."""
        if not done.any():
            return True
        left = ~done
        self.members, self.value, self.gain = self.members[left], self.value[left], self.gain[left]
        self._moving = self._moving[left]
        for name in ("terms", "beta", "_limits", "_target", "_move", "_margins", "_means"):
            setattr(self, name, getattr(self, name)[:, left])
        self._union = self._union[:, :, left]
        return bool(left.any())

    def _spread(self, beta: Array) -> Array:
        full = self._limits.copy()
        np.put_along_axis(full, self.terms, beta, axis=0)
        return over_subsets(full, self._t)

    def _solve(self, right: Array) -> Array:
        flat = self._margins[self._union, np.arange(self._margins.shape[1])]
        diagonal = np.take_along_axis(self._margins, self.terms, axis=0)
        self._scale = 1 / np.sqrt(np.maximum(diagonal, 1e-300))
        flat *= self._scale[:, None, :]
        flat *= self._scale[None, :, :]
        self._pivots = _factorise(flat)
        self._factor = flat
        solution: Array = _substituted(flat, right * self._scale) * self._scale
        return solution


def _factorise(matrices: Array) -> Array:
    """Cholesky factors of many matrices (p, p, fits) in place of their lower halves; the smallest pivot of each.

    A pivot that rounding could have made is raised, so that models without a single maximum stay solvable.
    """
    smallest = np.full(matrices.shape[2], np.inf)
    for j in range(len(matrices)):
        pivot = matrices[j, j]
        np.minimum(smallest, pivot, out=smallest)
        column = matrices[j:, j] / np.sqrt(np.maximum(pivot, 1e-12))
        column[0] = np.sqrt(np.maximum(pivot, 1e-12))
        matrices[j:, j] = column
        matrices[j + 1 :, j + 1 :] -= column[1:, None] * column[None, 1:]
    return smallest


def _substituted(factor: Array, right: Array) -> Array:
    solution = right.copy()
    for j in range(len(factor)):
        solution[j] /= factor[j, j]
        solution[j + 1 :] -= factor[j + 1 :, j] * solution[j]
    for j in range(len(factor) - 1, -1, -1):
        solution[j] -= (factor[j + 1 :, j] * solution[j + 1 :]).sum(axis=0)
        solution[j] /= factor[j, j]
    return solution
