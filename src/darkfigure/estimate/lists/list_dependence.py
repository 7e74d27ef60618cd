"""Log-linear models in which being in one list may change the chance of being in another; for few lists."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate import cells, existence
from darkfigure.estimate.closed.capture_counts import CaptureCounts
from darkfigure.estimate.intervals import profile_interval
from darkfigure.estimate.log_linear_family import ProfileOverTotal, maximise, refit_of
from darkfigure.estimate.outcomes import (
    CLOSED_ASSUMPTIONS,
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.estimate.poisson_regression import PoissonFit, fit_poisson
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

Array = NDArray[np.float64]
Pair = tuple[int, int]
Term = tuple[int, ...]

ENTRY_THRESHOLD = 0.02
"""Largest Poisson tail probability at which the stepwise search lets a pair in."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Cells and design of one choice of terms, cells that an empty overlap rules out taken away.

    Parameters
    ----------
    design : ndarray, shape (cells, p)
        Intercept, lists, then the terms that some unit is in.
    counts : ndarray, shape (cells,)
        Units in each cell.
    histories : ndarray, shape (cells, lists)
        The cells.
    empty_terms : tuple of tuple of int
        Terms of the model that no unit is in.

    Examples
    --------
    >>> histories = cells.all_histories(3)
    >>> problem_of(histories, np.array([4.0, 3, 0, 5, 2, 6, 0]), ((0, 1), (1, 2))).empty_terms
    ((1, 2),)
    """

    design: Array
    counts: Array
    histories: Array
    empty_terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class ListDependence:
    """How many units, if some pairs of lists attract or avoid each other?

    Misleads when the lists that matter are chosen by the same data that give the number: the range does not include
    the choice. Nearest alternatives: ``Mt`` (no dependence), ``Mth-chao`` (differences between units).

    Parameters
    ----------
    pairs : {"none", "all", "stepwise"}
        Which pairs of lists have their own term.

    Notes
    -----
    ``log mu(w) = a + sum b_j w_j + sum c_ij w_i w_j``. A pair in the model that no unit is in has ``c_ij`` minus
    infinity: its cells and its column are left out (extended maximum likelihood). Before a fit a linear program checks
    that a maximum exists and the rank that it is the only one. Stepwise: for each pair not in the model the Poisson
    tail probability of its observed overlap given the fitted one, the smaller tail; the smallest enters while it is
    below 0.02 and the model passes the checks.

    Source
    ------
    Chan, Silverman and Vincent (2021), JASA 116, 1297, doi 10.1080/01621459.2019.1708748; existence: Fienberg and
    Rinaldo (2012), doi 10.1214/12-AOS986. Verified in tests/reference/test_sparsemse.py.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [60, 49, 40, 24, 11, 14, 12])
    >>> round(ListDependence(pairs="all").fit(table, 0.95).n_unseen, 1)  # 60 * 49 * 40 * 12 / (24 * 11 * 14)
    381.8
    """

    pairs: Literal["none", "all", "stepwise"]

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to a table with cells; refuses where no single best value exists."""
        counts, histories = cells_of(table, at_least=2 if self.pairs == "none" else 3)
        fit = fit_terms(table, histories, counts, self._choose(histories, counts), level=level)
        if self.pairs != "stepwise":
            return fit
        chosen = Caution("C-SELECTED", "The model was chosen by the same data; the range leaves that out.")
        return replace(fit, cautions=(chosen, *fit.cautions))

    def _choose(self, histories: Array, counts: Array) -> tuple[Pair, ...]:
        t = histories.shape[1]
        if self.pairs == "none":
            return ()
        if self.pairs == "all":
            return tuple(itertools.combinations(range(t), 2))
        return stepwise_pairs(histories, counts)


def fit_terms(table: CaptureTable, histories: Array, counts: Array, terms: tuple[Term, ...], *, level: float) -> Fit:
    """How many units, given which lists depend on each other?

    Parameters
    ----------
    table : CaptureTable
        The table behind the cells.
    histories : ndarray, shape (cells, lists)
        Every history with a capture.
    counts : ndarray, shape (cells,)
        Units in each.
    terms : tuple of tuple of int
        Sets of two or more lists with a term of their own; lists counted from 0.
    level : float
        Of the interval, which is conditional on these terms.

    Returns
    -------
    Fit
        With the profile interval.

    Raises
    ------
    UnanswerableError
        Reason ``does-not-exist`` or ``not-identified``, before any fit.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    >>> round(fit_terms(table, cells.all_histories(2), np.array([20.0, 30, 10]), (), level=0.95).n_unseen, 3)
    60.0
    """
    problem = problem_of(histories, counts, terms)
    existence.check_cells(problem.design, problem.counts)
    fit = fit_poisson(problem.design, problem.counts)
    unseen = math.exp(fit.coefficients[0])
    error = math.sqrt(unseen + unseen**2 * float(fit.covariance[0, 0]))
    family = CaptureCounts(problem.counts, problem.design, np.zeros(len(problem.counts)))
    theta = maximise(family, fit.coefficients).theta
    interval, best = profile_interval(
        ProfileOverTotal(refit_of(family), theta, n_observed=table.n_observed),
        n_observed=table.n_observed,
        start=unseen,
        relative_error=error / unseen,
        level=level,
    )
    # A term at minus infinity was estimated like the others, so the information criteria count it.
    p = problem.design.shape[1] + len(problem.empty_terms)
    empty = Caution("C-EMPTY-OVERLAP", "Some lists that the model treats as dependent share nobody.")
    return Fit(
        n_unseen=unseen,
        standard_error=error,
        interval=interval,
        deviance=fit.deviance,
        df=len(problem.counts) - problem.design.shape[1],
        aic=2 * p - 2 * fit.log_likelihood,
        bic=p * math.log(table.n_observed) - 2 * fit.log_likelihood,
        parameters=_named(table, fit, terms, problem.empty_terms),
        diagnostics={"n_parameters": p, "terms": len(terms), "n_total_multinomial": table.n_observed + best},
        cautions=(empty,) if problem.empty_terms else (),
    )


def cells_of(table: CaptureTable, *, at_least: int, at_most: int = cells.MOST_LISTS) -> tuple[Array, Array]:
    """Counts and histories of all cells; refuses tables without cells, overlap or proper lists.

    Parameters
    ----------
    table : CaptureTable
        Of lists.
    at_least, at_most : int
        Lists the model can do with.

    Returns
    -------
    ndarray, ndarray
        Counts, shape (cells,); histories, shape (cells, lists).

    Raises
    ------
    UnanswerableError
        Reason ``too-few-lists``, ``no-overlap``, ``wrong-table`` or ``boundary``.

    Examples
    --------
    >>> cells_of(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10]), at_least=2)[0].tolist()
    [20.0, 30.0, 10.0]
    """
    t = require_occasions(table, at_least)
    require_overlap(table)
    if table.cells is None or t > at_most:
        raise UnanswerableError(Reason.WRONG_TABLE, f"This model needs the histories of at most {at_most} lists.")
    totals = np.asarray(table.occasion_totals)
    if (totals == 0).any() or (totals == table.n_observed).any():
        raise UnanswerableError(
            Reason.BOUNDARY, "A list holds nobody, or every unit seen; its effect has no finite value."
        )
    return cells.full_counts(table.cells), cells.all_histories(t)


def problem_of(histories: Array, counts: Array, terms: tuple[Term, ...]) -> Problem:
    """Which cells and columns does a choice of terms leave, once empty overlaps are taken to minus infinity?

    Parameters
    ----------
    histories : ndarray, shape (cells, lists)
        Every history with a capture.
    counts : ndarray, shape (cells,)
        Units in each.
    terms : tuple of tuple of int
        Sets of two or more lists.

    Returns
    -------
    Problem
        Of extended maximum likelihood.

    Examples
    --------
    >>> problem_of(cells.all_histories(2), np.array([4.0, 3, 2]), ((0, 1),)).design.shape
    (3, 4)
    """
    keep = np.ones(len(counts), dtype=bool)
    columns, empty = [], []
    for term in terms:
        all_of = histories[:, list(term)].prod(axis=1)
        if counts @ all_of == 0:
            keep &= all_of == 0
            empty.append(term)
        else:
            columns.append(all_of)
    design = np.column_stack([np.ones(len(counts)), histories, *columns])
    return Problem(design[keep], counts[keep], histories[keep], tuple(empty))


def stepwise_pairs(histories: Array, counts: Array, *, threshold: float = ENTRY_THRESHOLD) -> tuple[Pair, ...]:
    """Which pairs of lists overlap more or less than the other lists explain?

    Parameters
    ----------
    histories : ndarray, shape (cells, lists)
        Every history with a capture.
    counts : ndarray, shape (cells,)
        Units in each.
    threshold : float
        Largest tail probability that lets a pair in.

    Returns
    -------
    tuple of (int, int)
        Pairs in the order they entered; lists counted from 0.

    Source
    ------
    Chan, Silverman and Vincent (2021), section 3, doi 10.1080/01621459.2019.1708748.

    Examples
    --------
    >>> histories = cells.all_histories(3)
    >>> stepwise_pairs(histories, np.array([40.0, 40, 8, 40, 8, 60, 12]))
    ((0, 1),)
    """
    chosen: tuple[Pair, ...] = ()
    unused = list(itertools.combinations(range(histories.shape[1]), 2))
    while unused:
        problem = problem_of(histories, counts, chosen)
        if not chosen:
            existence.check_cells(problem.design, problem.counts)
        fit = fit_poisson(problem.design, problem.counts)
        tails = [_tail(problem, fit, pair) for pair in unused]
        for index in np.argsort(tails, kind="stable"):
            if not tails[index] < threshold:
                return chosen
            candidate = (*chosen, unused[index])
            if has_maximum(problem_of(histories, counts, candidate)):
                chosen = candidate
                unused.pop(int(index))
                break
        else:
            return chosen
    return chosen


def _tail(problem: Problem, fit: PoissonFit, pair: Pair) -> float:
    both = problem.histories[:, pair[0]] * problem.histories[:, pair[1]]
    seen, expected = float(problem.counts @ both), float(fit.means @ both)
    if expected <= 0:
        return 1.0
    upper = 1.0 if seen == 0 else float(scipy.special.pdtrc(seen - 1, expected))
    return min(float(scipy.special.pdtr(seen, expected)), upper)


def has_maximum(problem: Problem) -> bool:
    """Whether the model passes the checks of existence and rank.

    Examples
    --------
    >>> has_maximum(problem_of(cells.all_histories(2), np.array([4.0, 3, 2]), ()))
    True
    """
    try:
        existence.check_cells(problem.design, problem.counts)
    except UnanswerableError:
        return False
    return True


def _named(table: CaptureTable, fit: PoissonFit, terms: tuple[Term, ...], empty: tuple[Term, ...]) -> dict[str, float]:
    labels = labels_of(table)
    names = [":".join(labels[i] for i in term) for term in terms if term not in empty]
    return dict(zip(("intercept", *labels, *names), (float(b) for b in fit.coefficients), strict=True))


def labels_of(table: CaptureTable) -> tuple[str, ...]:
    """Names of the lists, or their numbers from 1.

    Examples
    --------
    >>> labels_of(CaptureTable.from_frequencies([4, 2], n_occasions=2))
    ('1', '2')
    """
    return table.labels or tuple(str(j + 1) for j in range(table.n_occasions or 0))


_HOW = {
    "none": ("main", "the lists are independent?", "Being in one list does not change the chance of being in another."),
    "all": ("pairs", "every pair of lists may depend?", "Lists depend on each other in pairs only."),
    "stepwise": (
        "stepwise",
        "the pairs of lists that overlap unusually depend?",
        "Lists depend on each other in pairs only, and the pairs that do are those that stand out in these data.",
    ),
}


def _method(pairs: Literal["none", "all", "stepwise"]) -> Method:
    name, question, assumption = _HOW[pairs]
    return Method(
        name=f"loglinear-{name}",
        question=f"How many units, if {question}",
        assumptions=(*CLOSED_ASSUMPTIONS, "All units have the same chance of being in any one list.", assumption),
        source="Chan, Silverman and Vincent (2021), doi 10.1080/01621459.2019.1708748",
        needs="histories of at most twelve lists",
        fit=ListDependence(pairs=pairs).fit,
    )


METHODS = (_method("none"), _method("all"), _method("stepwise"))
