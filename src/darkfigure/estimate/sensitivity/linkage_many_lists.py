"""Several lists whose links are partly missed and partly false: a log-linear model behind what linkage made of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.cells import MOST_LISTS, all_histories, full_counts
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity.linkage_cells import LinkedCells, Linking, linked_cells
from darkfigure.estimate.sensitivity.linkage_evidence import LinkageErrors
from darkfigure.records.aggregate import CaptureTable, Interval, Reason

Array = NDArray[np.float64]
MOST_LINKED_LISTS = 7
_STEP = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsCorrected:
    """A size from several lists with the errors of linkage taken out.

    Parameters
    ----------
    n_total, n_seen : float
        All units, and distinct units in the lists, corrected.
    standard_error : float
        Of ``n_total``: sampling, linkage, and estimated ``gamma`` and ``beta``.
    interval : Interval
        Holds declared ranges too.
    chi_squared : float
        Pearson, observed against expected apparent cells; linkage makes cells depend on each other, so it is a
        description and no test.
    sampling_error : float
        The part of ``standard_error`` that is not from ``gamma`` and ``beta``.
    """

    n_total: float
    n_seen: float
    standard_error: float
    interval: Interval
    chi_squared: float
    sampling_error: float


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """What is fitted at any chances of linking."""

    counts: Array
    design: Array
    n_lists: int
    linking: Linking

    def linked(self, true: Array, gamma: float, beta: float) -> LinkedCells:
        return linked_cells(true, n_lists=self.n_lists, gamma=gamma, beta=beta, linking=self.linking)


@dataclass(frozen=True, slots=True)
class _Size:
    n_total: float
    n_seen: float
    error: float
    chi_squared: float


def corrected_many_lists(
    table: CaptureTable,
    errors: LinkageErrors,
    *,
    pairs: Sequence[tuple[int, int]] = (),
    linking: Linking = "at-once",
    level: float = 0.95,
) -> CellsCorrected:
    """How many units, if links between several lists are sometimes missed and sometimes false?

    Parameters
    ----------
    table : CaptureTable
        With cells of two to seven lists, as the linkage made them.
    errors : LinkageErrors
        ``gamma`` and ``beta``, the same for every pair of lists.
    pairs : sequence of (int, int)
        Lists, counted from 1, that depend on each other in truth; none: all lists are independent.
    linking : str
        ``"at-once"``: all lists by an identifier that any record may have lost; ``"in-turn"``: one list after the other
        to what is already there (see ``linked_cells``).
    level : float
        Of the interval.

    Returns
    -------
    CellsCorrected

    Raises
    ------
    UnanswerableError
        ``wrong-table``, ``no-overlap``, ``not-identified`` (links no better than chance, or the model leaves the
        unseen undetermined), ``not-converged``.
    EstimateError (E-EST-65)
        A pair names no two lists of the table.

    Notes
    -----
    True cells are ``lambda = exp(X b)``; apparent cells are ``G(lambda)`` (see ``linked_cells``). ``b`` solves the
    Poisson scores of the apparent cells by Fisher scoring; since one unit can fall into several cells, the covariance
    is the sandwich with the covariance of compound Poisson cells. ``N = sum lambda + exp(b_0)``; its variance is that
    at a fixed number of units.

    Source
    ------
    Own construction, simulated in tests/recovery/test_linkage_recovery.py; in the frame of Di Consiglio and Tuoto
    (2018), Journal of Official Statistics 34, 889, and of Zult, de Wolf, Bakker and van der Heijden (2021), the same
    journal 37, 699, doi 10.2478/jos-2021-0031.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.linkage_evidence import declared_errors
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1606, 1606, 394])
    >>> found = corrected_many_lists(table, declared_errors(gamma=0.9, beta=0.02))
    >>> round(found.n_total)
    9966
    """
    counts, n_lists = _cells(table)
    problem = _Problem(counts, _design(n_lists, pairs), n_lists, linking)
    gamma, beta = errors.gamma.value, errors.beta.value
    best = _fit(problem, gamma, beta)
    variance = best.error**2 + _from_chances(problem, errors, best.n_total)
    error = math.sqrt(variance)
    interval = _interval(best, error, level)
    for g, b in itertools.product(errors.gamma.ends or (gamma,), errors.beta.ends or (beta,)):
        if (g, b) != (gamma, beta):
            corner = _fit(problem, g, b)
            wide = math.hypot(corner.error, math.sqrt(variance - best.error**2))
            other = _interval(corner, wide, level)
            interval = replace(interval, lower=min(interval.lower, other.lower), upper=max(interval.upper, other.upper))
    return CellsCorrected(
        n_total=best.n_total,
        n_seen=best.n_seen,
        standard_error=error,
        interval=interval,
        chi_squared=best.chi_squared,
        sampling_error=best.error,
    )


def _cells(table: CaptureTable) -> tuple[Array, int]:
    t = table.n_occasions
    if table.cells is None or t is None or not 2 <= t <= min(MOST_LINKED_LISTS, MOST_LISTS):
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "Correcting histories for linkage needs the cells of two to seven lists.",
            {"n_occasions": t or 0},
        )
    if table.n_captures == table.n_observed:
        raise UnanswerableError(
            Reason.NO_OVERLAP, "No links were found between the lists, so nothing says how many units stand in several."
        )
    return full_counts(table.cells), t


def _design(n_lists: int, pairs: Sequence[tuple[int, int]]) -> Array:
    histories = all_histories(n_lists)
    columns = [np.ones(histories.shape[0]), *histories.T]
    for first, second in pairs:
        if not (1 <= first <= n_lists and 1 <= second <= n_lists and first != second):
            raise EstimateError(
                "E-EST-65",
                where="pairs",
                problem="a pair does not name two lists of the table",
                allowed=f"two different numbers from 1 to {n_lists}",
                remedy="Count the lists from 1.",
            )
        columns.append(histories[:, first - 1] * histories[:, second - 1])
    design = np.column_stack(columns)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "The declared dependence has more parameters than the lists have histories."
        )
    return design


def _from_chances(problem: _Problem, errors: LinkageErrors, total: float) -> float:
    """Variance that estimated chances add, by differences."""
    found = 0.0
    for number, other in ((errors.gamma, "beta"), (errors.beta, "gamma")):
        if number.ends or number.standard_error == 0:
            continue
        step = _STEP if number.value + _STEP < 1 else -_STEP
        moved = number.value + step
        g, b = (moved, errors.beta.value) if other == "beta" else (errors.gamma.value, moved)
        slope = (_fit(problem, g, b).n_total - total) / step
        found += (slope * number.standard_error) ** 2
    return found


def _fit(problem: _Problem, gamma: float, beta: float) -> _Size:
    if gamma <= beta:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "A true pair is no more likely to be linked than a unit without a partner (gamma <= beta), so links say "
            "nothing about who stands in several lists.",
            {"gamma": gamma, "beta": beta},
        )
    counts, design = problem.counts, problem.design
    theta = _start(counts, design)
    for _ in range(200):
        true = np.exp(design @ theta)
        linked = problem.linked(true, gamma, beta)
        slope = linked.jacobian @ (true[:, None] * design)
        score = slope.T @ (counts / linked.expected - 1)
        information = slope.T @ (slope / linked.expected[:, None])
        step = _solved(information, score)
        theta = theta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if theta[0] > math.log(1e6 * counts.sum()):
            raise UnanswerableError(
                Reason.NOT_IDENTIFIED,
                "All links found could be false: with the declared chances the lists set no upper limit to the size.",
                {"gamma": gamma, "beta": beta},
            )
        if float(np.abs(step).max()) < 1e-10:
            return _sized(theta, problem, gamma, beta)
    raise UnanswerableError(
        Reason.NOT_CONVERGED, "The search for true histories behind the apparent ones did not settle."
    )


def _start(counts: Array, design: Array) -> Array:
    guess = counts + 0.5
    root = np.sqrt(guess)
    return np.asarray(np.linalg.lstsq(design * root[:, None], np.log(guess) * root, rcond=None)[0], dtype=float)


def _solved(information: Array, score: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(information, score), dtype=float)
    except np.linalg.LinAlgError:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "The lists leave the declared dependence undetermined."
        ) from None


def _sized(theta: Array, problem: _Problem, gamma: float, beta: float) -> _Size:
    counts, design = problem.counts, problem.design
    true = np.exp(design @ theta)
    linked = problem.linked(true, gamma, beta)
    slope = linked.jacobian @ (true[:, None] * design)
    weighted = slope / linked.expected[:, None]
    information = slope.T @ weighted
    middle = weighted.T @ linked.covariance @ weighted
    inverse = _solved(information, np.eye(theta.size))
    gradient = true @ design
    gradient[0] += math.exp(theta[0])
    total = float(true.sum() + math.exp(theta[0]))
    # Poisson cells let the size itself vary, with variance N; at a fixed size that part is not there.
    variance = max(float(gradient @ inverse @ middle @ inverse @ gradient) - total, 0.0)
    misfit = float(((counts - linked.expected) ** 2 / linked.expected).sum())
    return _Size(total, float(true.sum()), math.sqrt(variance), misfit)


def _interval(size: _Size, error: float, level: float) -> Interval:
    made = log_normal_interval(0, size.n_total - size.n_seen, error, level)
    return Interval(size.n_seen + made.lower, size.n_seen + made.upper, level, "log-normal, union over declared ranges")
