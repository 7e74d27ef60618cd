"""Log-linear models in which being in one list may change the chance of being in another; for few lists."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import existence
from darkfigure.estimate.closed.capture_counts import CaptureCounts
from darkfigure.estimate.intervals import profile_interval
from darkfigure.estimate.lists.batched_fits import fit_batch
from darkfigure.estimate.lists.hierarchical_models import Model, Term, models_in_masks
from darkfigure.estimate.lists.list_tables import cells_of
from darkfigure.estimate.lists.stepwise_search import ENTRY_THRESHOLD, stepwise_choices
from darkfigure.estimate.log_linear_family import ProfileOverTotal, maximise, refit_of
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.estimate.poisson_regression import PoissonFit, fit_poisson
from darkfigure.records.aggregate import CaptureTable, Caution

Array = NDArray[np.float64]


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
    >>> from darkfigure.estimate.cells import all_histories
    >>> histories = all_histories(3)
    >>> problem_of(histories, np.array([4.0, 3, 0, 5, 2, 6, 0]), ((0, 1), (1, 2))).empty_terms
    ((1, 2),)
    """

    design: Array
    counts: Array
    histories: Array
    empty_terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class ListDependence:
    """How many units, if some lists attract or avoid each other?

    Misleads when the lists that matter are chosen by the same data that give the number: the range does not include
    the choice. Nearest alternatives: ``Mt`` (no dependence), ``Mth-chao`` (differences between units),
    ``loglinear-stepwise-bca`` (a range that includes the choice).

    Parameters
    ----------
    terms : {"none", "pairs", "stepwise"}
        No dependence, all pairs of lists, or those that a stepwise search lets in.
    threshold : float
        Largest tail probability that lets a term in; for ``"stepwise"`` only.
    order : int
        Most lists in one term; for ``"stepwise"`` only.

    Notes
    -----
    ``log mu(w) = a + sum b_j w_j + sum c_ij w_i w_j``. A pair in the model that no unit is in has ``c_ij`` minus
    infinity: its cells and its column are left out (extended maximum likelihood). Before a fit a linear program checks
    that a maximum exists and the rank that it is the only one. Stepwise: see ``stepwise_choices``.

    Source
    ------
    Chan, Silverman and Vincent (2021), JASA 116, 1297, doi 10.1080/01621459.2019.1708748; existence: Fienberg and
    Rinaldo (2012), doi 10.1214/12-AOS986. Verified in tests/reference/test_sparsemse.py.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [60, 49, 40, 24, 11, 14, 12])
    >>> round(ListDependence(terms="pairs").fit(table, 0.95).n_unseen, 1)  # 60 * 49 * 40 * 12 / (24 * 11 * 14)
    381.8
    """

    terms: Literal["none", "pairs", "stepwise"]
    threshold: float = ENTRY_THRESHOLD
    order: int = 2

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to a table with cells; refuses where no single best value exists."""
        counts, histories = cells_of(table, at_least=2 if self.terms == "none" else 3)
        fit = fit_terms(table, histories, counts, self._choose(histories, counts), level=level)
        if self.terms != "stepwise":
            return fit
        chosen = Caution("C-SELECTED", "The model was chosen by the same data; the range leaves that out.")
        return replace(fit, cautions=(chosen, *fit.cautions))

    def _choose(self, histories: Array, counts: Array) -> Model:
        t = histories.shape[1]
        if self.terms == "none":
            return ()
        if self.terms == "pairs":
            return tuple(itertools.combinations(range(t), 2))
        if not _proved(counts, (), t):
            independent = problem_of(histories, counts, ())
            existence.check_cells(independent.design, independent.counts)
        column = np.concatenate([[0.0], counts])[:, None]
        choices = stepwise_choices(column, n_lists=t, threshold=self.threshold, order=self.order)
        return choices.models[choices.chosen[0]]


def _proved(counts: Array, terms: Model, n_lists: int) -> bool:
    """Whether a fit by itself proves that the maximum exists; a linear program decides when it does not."""
    column = np.concatenate([[0.0], counts])[:, None]
    return bool(fit_batch(column, models_in_masks([terms], n_lists), n_lists=n_lists).proved[0])


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
    >>> from darkfigure.estimate.cells import all_histories
    >>> round(fit_terms(table, all_histories(2), np.array([20.0, 30, 10]), (), level=0.95).n_unseen, 3)
    60.0
    """
    problem = problem_of(histories, counts, terms)
    if not _proved(counts, terms, histories.shape[1]):
        _check_cells(problem, table)
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
    empty = Caution(
        "C-EMPTY-OVERLAP",
        f"Lists that the model treats as dependent share nobody ({_empty_in_words(problem, table)}); their "
        "dependence is taken as total.",
    )
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


def _check_cells(problem: Problem, table: CaptureTable) -> None:
    """Refuse a model without a single best value, naming the lists whose empty overlap may be to blame."""
    try:
        existence.check_cells(problem.design, problem.counts)
    except UnanswerableError as refusal:
        if not problem.empty_terms:
            raise
        names = f" Lists that share nobody: {_empty_in_words(problem, table)}."
        raise UnanswerableError(refusal.reason, refusal.explanation + names, refusal.diagnostics) from refusal


def _empty_in_words(problem: Problem, table: CaptureTable) -> str:
    labels = labels_of(table)
    return "; ".join(" and ".join(labels[i] for i in term) for term in problem.empty_terms)


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
    >>> from darkfigure.estimate.cells import all_histories
    >>> problem_of(all_histories(2), np.array([4.0, 3, 2]), ((0, 1),)).design.shape
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


STEPWISE_ASSUMPTION = (
    "Lists depend on each other in pairs only, and the pairs that do are those that stand out in these data."
)
SOURCE = "Chan, Silverman and Vincent (2021), doi 10.1080/01621459.2019.1708748"
ALIKE = "All units have the same chance of being in any one list."
PAIRS = "log mu(w) = a + sum_j b_j w_j + sum_ij c_ij w_i w_j; n_unseen = exp(a)"

METHODS = (
    Method(
        name="loglinear-main",
        question="How many units, if the lists are independent?",
        assumptions=(*CLOSED_ASSUMPTIONS, ALIKE, "Being in one list does not change the chance of being in another."),
        source=SOURCE,
        needs="histories of two to twelve lists",
        formula="log mu(w) = a + sum_j b_j w_j; n_unseen = exp(a)",
        misleads=(
            "Lists that attract each other, as when one refers units to another, make the number too small; lists that "
            "avoid each other make it too large. Nothing in the answer shows it."
        ),
        fit=ListDependence(terms="none").fit,
    ),
    Method(
        name="loglinear-pairs",
        question="How many units, if every pair of lists may depend?",
        assumptions=(*CLOSED_ASSUMPTIONS, ALIKE, "Lists depend on each other in pairs only."),
        source=SOURCE,
        needs="histories of three to twelve lists",
        formula=PAIRS,
        misleads=(
            "With three or more lists that share units for one reason the number is wrong and the fit can be perfect; "
            "with small overlaps one unit more or less can move the number by half."
        ),
        fit=ListDependence(terms="pairs").fit,
    ),
    Method(
        name="loglinear-stepwise",
        question="How many units, if the pairs of lists that overlap unusually depend?",
        assumptions=(*CLOSED_ASSUMPTIONS, ALIKE, STEPWISE_ASSUMPTION),
        source=SOURCE,
        needs="histories of three to twelve lists",
        formula=PAIRS + "; pairs enter by the smallest Poisson tail probability while it is below 0.02",
        misleads=(
            "Its range takes the chosen pairs as known and is far too narrow; a pair just short of the threshold can "
            "change the number more than the range is wide."
        ),
        fit=ListDependence(terms="stepwise").fit,
    ),
)
