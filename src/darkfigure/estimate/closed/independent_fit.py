"""Fits of models with independent captures: the exact maximum, and the numbers reported from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate import cells, existence
from darkfigure.estimate.closed import chao_model, equal_units
from darkfigure.estimate.closed.capture_counts import CaptureCounts
from darkfigure.estimate.closed.heterogeneity import CHAO_SHAPES, hinge, shape_of
from darkfigure.estimate.closed.occasions import of_table
from darkfigure.estimate.closed.seen import Seen
from darkfigure.estimate.intervals import Profile
from darkfigure.estimate.log_linear_family import (
    Family,
    Maximum,
    ProfileOverTotal,
    Refit,
    covariance_of,
    maximise,
    refit_of,
)
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.poisson_regression import PoissonFit, fit_poisson

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The exact fit.

    Parameters
    ----------
    names : tuple of str
        Of the extra columns.
    columns : ndarray, shape (numbers of captures, columns)
        Over ``Seen.captures``.
    family : Family
        The model of these statistics.
    maximum : Maximum
        Where its likelihood is highest.
    refit : Refit
        Fits it with a given number of unseen units.

    Examples
    --------
    >>> from darkfigure.estimate.closed.seen import statistics_of
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> solve(statistics_of(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))).names
    ()
    """

    names: tuple[str, ...]
    columns: Array
    family: Family
    maximum: Maximum
    refit: Refit


@dataclass(frozen=True, slots=True, eq=False)
class FitStatistics:
    """Unseen units with their error, and the fit statistics the table allows; ``None`` where it lacks what they need.

    Examples
    --------
    >>> FitStatistics(4.0, 0.25).standard_error
    2.8284271247461903
    """

    n_unseen: float
    variance_of_log: float
    deviance: float | None = None
    df: int | None = None
    aic: float | None = None
    bic: float | None = None

    @property
    def standard_error(self) -> float:
        """``sqrt(f_0 + f_0^2 var(log f_0))``."""
        return math.sqrt(self.n_unseen + self.n_unseen**2 * self.variance_of_log)


def solve(seen: Seen, shape: str | None = None) -> Solution:
    """Where is the likelihood of these statistics highest?

    Parameters
    ----------
    seen : Seen
        The statistics; occasions differ when it holds totals.
    shape : str or None
        How units differ.

    Returns
    -------
    Solution
        The exact maximum.

    Raises
    ------
    UnanswerableError
        No maximum exists, or it is not unique.

    Examples
    --------
    >>> from darkfigure.estimate.closed.seen import statistics_of
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = statistics_of(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))
    >>> round(math.exp(solve(seen).maximum.theta[0]), 4)
    7.4336
    """
    start = equal_units.start_of(seen.frequencies, seen.t, seen.totals)
    if shape == "chao":
        return _solve_chao(seen, start)
    if shape == "chao-free":
        return _solve_free(seen, start)
    names: tuple[str, ...] = ()
    columns = np.zeros((len(seen.captures), 0))
    if shape is not None:
        names, columns = (shape,), shape_of(shape).column(seen.captures)[:, None]
        if seen.totals is not None:
            plain = replace(seen, totals=None)
            common = equal_units.start_of(seen.frequencies, seen.t, None)
            start = _spread(maximise(family_of(plain, columns), np.append(common, 0.0)).theta, start)
        else:
            start = np.append(start, 0.0)
    family = family_of(seen, columns)
    return Solution(names, columns, family, maximise(family, start), refit_of(family))


def _solve_chao(seen: Seen, start: Array) -> Solution:
    frequencies = _padded(seen)

    def build(knots: tuple[int, ...]) -> Family:
        return family_of(seen, _hinges(seen.captures, knots))

    plain = replace(seen, totals=None)
    counts = CaptureCounts.of(seen.frequencies, n_occasions=seen.t, columns=(), captures=seen.captures)
    guess, first = chao_model.starting_kinks(frequencies, counts.offset)
    if seen.totals is not None:
        guess, fit = chao_model.constrained_fit(
            lambda knots: family_of(plain, _hinges(seen.captures, knots)), first, frequencies, knots=guess
        )
        first = _spread(fit.theta, start)
    knots, maximum = chao_model.constrained_fit(build, first, frequencies, knots=guess)
    columns = _hinges(seen.captures, knots)
    refit = chao_model.ConstrainedRefit(build, frequencies, knots)
    return Solution(tuple(f"eta{k}" for k in knots), columns, family_of(seen, columns), maximum, refit)


def _solve_free(seen: Seen, start: Array) -> Solution:
    """A size of its own for every number of captures from three on, so that only the first two bear on the unseen."""
    frequencies = _padded(seen)
    levels = seen.captures[(seen.captures > 2) & (frequencies > 0)]
    columns = np.asarray(seen.captures[:, None] == levels[None, :], dtype=np.float64)
    counts = CaptureCounts.of(seen.frequencies, n_occasions=seen.t, columns=(), captures=seen.captures)
    logs = np.log(np.maximum(frequencies, 1e-300)) - counts.offset
    slope = logs[1] - logs[0]
    intercept = logs[0] - slope
    own = (logs - intercept - slope * seen.captures)[levels.astype(int) - 1]
    begin = np.concatenate([[intercept, slope], own])
    if seen.totals is not None:
        begin = _spread(begin, start)
    family = family_of(seen, columns)
    names = tuple(f"level{int(k)}" for k in levels)
    return Solution(names, columns, family, maximise(family, begin), refit_of(family))


def _padded(seen: Seen) -> Array:
    frequencies = np.zeros(len(seen.captures))
    frequencies[: len(seen.frequencies)] = seen.frequencies[: len(seen.captures)]
    return frequencies


def _spread(alike: Array, by_time: Array) -> Array:
    """Coefficients of a model with alike occasions, its one effect spread out as the occasions' totals ask for."""
    return np.concatenate([alike[:1], alike[1] + by_time[1:] - np.mean(by_time[1:]), alike[2:]])


def _hinges(captures: Array, knots: tuple[int, ...]) -> Array:
    return np.column_stack([np.zeros((len(captures), 0)), *(hinge(captures, k) for k in knots)])


def family_of(seen: Seen, columns: Array) -> Family:
    """The log-linear model of these statistics with given columns over the number of captures.

    Examples
    --------
    >>> from darkfigure.estimate.closed.seen import statistics_of
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = statistics_of(CaptureTable.from_frequencies([3, 1], n_occasions=2))
    >>> family_of(seen, np.zeros((2, 0))).statistics.tolist()
    [4.0, 5.0]
    """
    if seen.totals is not None:
        return of_table(seen.n_described, seen.totals, seen.frequencies, columns, seen.possible)
    rows = np.ones(len(seen.captures), dtype=bool) if seen.possible is None else seen.possible
    named = [(str(i), columns[rows, i]) for i in range(columns.shape[1])]
    return CaptureCounts.of(seen.frequencies, n_occasions=seen.t, columns=named, captures=seen.captures[rows])


def profile_of(seen: Seen, solution: Solution, shape: str | None) -> Profile:
    """Multinomial profile log-likelihood of the unseen number, with its slope.

    Examples
    --------
    >>> from darkfigure.estimate.closed.seen import statistics_of
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = statistics_of(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))
    >>> abs(round(profile_of(seen, solve(seen), None)(74.7022272 - 68)[1], 4))
    0.0
    """
    if shape is None and not seen.set_aside:
        return equal_units.profile_of(seen.frequencies, seen.t, seen.totals)
    theta = solution.maximum.theta
    return ProfileOverTotal(solution.refit, theta, n_observed=int(seen.n_described))


def report(
    seen: Seen, solution: Solution, shape: str | None = None, *, added: tuple[float, ...] | None = None
) -> FitStatistics:
    """Unseen units, their error and the fit statistics: from the cells where few lists allow it.

    Parameters
    ----------
    seen : Seen
        The statistics.
    solution : Solution
        Their exact fit.
    shape : str or None
        How units differ.
    added : tuple of float, optional
        Units added to each number of captures (``Seen`` has them already), spread evenly over its cells.

    Returns
    -------
    FitStatistics
        Of the table; of the changed counts where something was added.

    Examples
    --------
    >>> from darkfigure.estimate.closed.seen import statistics_of
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = statistics_of(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))
    >>> report(seen, solve(seen)).df
    4
    """
    table, theta = seen.table, solution.maximum.theta
    whole = not seen.set_aside and (added is None or seen.totals is not None)
    if whole and table.cells is not None and seen.t is not None and seen.t <= cells.MOST_LISTS:
        histories = cells.all_histories(seen.t)
        captures = histories.sum(axis=1)
        counts = cells.full_counts(table.cells, seen.keep) + _per_cell(captures, added)
        # Units taken away can leave a cell below zero; the sufficient statistics are then still those of a table.
        if counts.min() >= 0:
            return _from_cells(seen, solution, shape, counts)
    if isinstance(solution.family, CaptureCounts) and (table.cells is None or not whole):
        family = solution.family
        fit = _peer_fit(family.design, family.counts, family.offset, theta)
        limited = seen.t is not None or seen.set_aside
        return _from_poisson(fit, table.n_observed, len(seen.captures) if limited else None)
    return _from_sufficient(seen, solution)


def _from_cells(seen: Seen, solution: Solution, shape: str | None, counts: Array) -> FitStatistics:
    histories = cells.all_histories(len(seen.captures))
    captures = histories.sum(axis=1)
    level = captures.astype(int) - 1
    first = captures[:, None] if seen.totals is None else histories
    design = np.column_stack([np.ones(len(captures)), first, solution.columns[level]])
    if len(seen.captures) <= 6 and shape not in CHAO_SHAPES:
        existence.check_cells(design, counts)
    rows = np.ones(len(captures), dtype=bool) if seen.possible is None else seen.possible[level]
    fit = _peer_fit(design[rows], counts[rows], None, solution.maximum.theta)
    return _from_poisson(fit, seen.table.n_observed, len(counts))


def _per_cell(captures: Array, added: tuple[float, ...] | None) -> Array:
    result = np.zeros(len(captures))
    for k, units in enumerate(added or (), start=1):
        result[captures == k] = units / np.count_nonzero(captures == k)
    return result


_TOO_STEEP = 1e9
"""Columns that reach this make the peer's start diverge, so that it is not tried."""


def _peer_fit(design: Array, counts: Array, offset: Array | None, theta: Array) -> PoissonFit:
    """The peer's iterations where they settle at the maximum; the exact maximum where they do not."""
    if np.abs(design).max() < _TOO_STEEP:
        try:
            fit = fit_poisson(design, counts, offset=offset)
        except UnanswerableError:
            fit = None
        if fit is not None and abs(math.expm1(fit.coefficients[0] - theta[0])) < 1e-4:
            return fit
    linear = design @ theta + (0.0 if offset is None else offset)
    return fit_poisson(design, counts, offset=offset, stopping="exact", start=np.exp(np.maximum(linear, -690.0)))


def _from_poisson(fit: PoissonFit, n_observed: int, n_cells: int | None) -> FitStatistics:
    p = len(fit.coefficients)
    return FitStatistics(
        n_unseen=math.exp(fit.coefficients[0]),
        variance_of_log=float(fit.covariance[0, 0]),
        deviance=None if n_cells is None else max(fit.deviance, 0.0),
        df=None if n_cells is None else n_cells - p,
        aic=-2 * fit.log_likelihood + 2 * p,
        bic=-2 * fit.log_likelihood + p * math.log(n_observed),
    )


MOST_OCCASIONS_WITH_DF = 52
"""Above this many occasions the number of cells, ``2^t - 1``, is no longer an exact float."""


def _from_sufficient(seen: Seen, solution: Solution) -> FitStatistics:
    """Statistics at the exact maximum; the cells' constants when the table has cells."""
    theta, table = solution.maximum.theta, seen.table
    variance = float(covariance_of(solution.family, theta)[0, 0])
    if table.cells is None or seen.t is None:
        return FitStatistics(math.exp(theta[0]), variance)
    p, counts, n = len(theta), table.cells.counts.astype(float), table.n_observed
    fitted = solution.maximum.value
    log_likelihood = fitted - float(scipy.special.gammaln(counts + 1).sum())
    return FitStatistics(
        n_unseen=math.exp(theta[0]),
        variance_of_log=variance,
        deviance=2 * (float(scipy.special.xlogy(counts, counts).sum()) - fitted - n),
        df=2**seen.t - 1 - p if seen.t <= MOST_OCCASIONS_WITH_DF else None,
        aic=-2 * log_likelihood + 2 * p,
        bic=-2 * log_likelihood + p * math.log(n),
    )
