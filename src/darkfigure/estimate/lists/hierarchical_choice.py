"""The log-linear model that an information criterion prefers among all hierarchical ones; three to five lists."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lists.list_dependence import Term, cells_of, fit_terms, has_maximum, labels_of, problem_of
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

Array = NDArray[np.float64]
Model = tuple[Term, ...]

MOST_LISTS = 5
"""Six lists have more than seven million hierarchical models."""

CLOSE = 2.0
"""Models no further behind in the criterion are hardly worse than the best: Raftery (1995), doi 10.2307/271063."""


def hierarchical_models(n_lists: int) -> Iterator[Model]:
    """Which models let lists depend on each other, each with all smaller terms inside its terms?

    Parameters
    ----------
    n_lists : int
        ``t``; every model holds the ``t`` effects of single lists.

    Yields
    ------
    tuple of tuple of int
        Terms of two or more lists, lists counted from 0. The saturated model, which fits any table and says nothing
        about the unseen, is left out. There are 8 models of three lists, 113 of four, 6,893 of five.

    Source
    ------
    The numbers: one less than the covers of a set by sets none of which holds another, OEIS A006126.

    Examples
    --------
    >>> [sum(1 for _ in hierarchical_models(t)) for t in (3, 4)]
    [8, 113]
    """
    terms = [s for size in range(2, n_lists) for s in itertools.combinations(range(n_lists), size)]

    def extend(chosen: Model, inside: frozenset[Term], position: int) -> Iterator[Model]:
        if position == len(terms):
            yield chosen
            return
        yield from extend(chosen, inside, position + 1)
        term = terms[position]
        if len(term) == 2 or all(part in inside for part in itertools.combinations(term, len(term) - 1)):
            yield from extend((*chosen, term), inside | {term}, position + 1)

    yield from extend((), frozenset(), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredModel:
    """A model that has a best value, and how good it is beside the others.

    Parameters
    ----------
    terms : tuple of tuple of int
        Sets of two or more lists with a term of their own; lists counted from 0.
    behind : float
        Its Bayesian information criterion minus that of the best model.
    n_unseen : float
        Its number of unseen units.

    Examples
    --------
    >>> ScoredModel(terms=((0, 1),), behind=0.0, n_unseen=120.0).terms
    ((0, 1),)
    """

    terms: Model
    behind: float
    n_unseen: float


def best_models(histories: Array, counts: Array, *, within: float = CLOSE) -> tuple[ScoredModel, ...]:
    """Which hierarchical model has the smallest Bayesian information criterion, and which come close?

    Parameters
    ----------
    histories : ndarray, shape (cells, lists)
        Every history with a capture, of three to five lists.
    counts : ndarray, shape (cells,)
        Units in each.
    within : float
        How far behind the best a model may be.

    Returns
    -------
    tuple of ScoredModel
        The best first; at least one.

    Raises
    ------
    UnanswerableError
        Reason ``does-not-exist`` when no model has a best value.

    Notes
    -----
    ``BIC = p log n - 2 log L``, with ``n`` the units seen and ``p`` the number of terms; a term that no unit is in
    counts. All models are scored together by Newton's method; then, from the best score on, only those that pass the
    checks of existence and rank are taken. The score of a model without a maximum is never below its limit, so it
    moves no other model. Ties go to fewer unseen units, so that the order of the lists does not matter.

    Examples
    --------
    >>> from darkfigure.estimate import cells
    >>> best_models(cells.all_histories(3), np.array([400.0, 400, 80, 400, 80, 600, 120]))[0].terms
    ((0, 1),)
    """
    models = list(hierarchical_models(histories.shape[1]))
    scores = _Scores(histories, counts, models)
    found: list[ScoredModel] = []
    best = math.inf
    for index in np.lexsort((np.round(scores.log_unseen, 6), np.round(scores.criterion, 6))):
        if scores.criterion[index] > best + within:
            break
        if not has_maximum(problem_of(histories, counts, models[index])):
            continue
        best = min(best, float(scores.criterion[index]))
        behind = max(0.0, float(scores.criterion[index]) - best)
        found.append(
            ScoredModel(terms=models[index], behind=behind, n_unseen=math.exp(min(scores.log_unseen[index], 600.0)))
        )
    if not found:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST, "No log-linear model of these lists has a best value: too many overlaps are empty."
        )
    return tuple(found)


class _Scores:
    """Criterion and unseen units of every model, fitted together from marginal totals.

    A fit that has not settled after sixty steps keeps the criterion of its last step: too high, never too low.
    """

    def __init__(self, histories: Array, counts: Array, models: list[Model]) -> None:
        t = histories.shape[1]
        subsets: list[Term] = [s for size in range(t + 1) for s in itertools.combinations(range(t), size)]
        place = {s: i for i, s in enumerate(subsets)}
        self._counts = counts
        self._columns = np.column_stack([histories[:, list(s)].prod(axis=1) for s in subsets])
        self._union = np.array([[place[tuple(sorted({*a, *b}))] for b in subsets] for a in subsets])
        self._totals = counts @ self._columns
        self.criterion = np.full(len(models), math.inf)
        self.log_unseen = np.zeros(len(models))
        always = [place[s] for s in subsets if len(s) < 2]
        groups: dict[int, list[tuple[int, list[int], Array]]] = {}
        for number, model in enumerate(models):
            terms = [place[s] for s in model]
            empty = [k for k in terms if self._totals[k] == 0]
            kept = (self._columns[:, empty] == 0).all(axis=1)
            finite = always + [k for k in terms if self._totals[k] > 0]
            groups.setdefault(len(finite), []).append((number, finite, kept))
        for members in groups.values():
            numbers = [number for number, _, _ in members]
            deviance, unseen = self._fit(np.array([m[1] for m in members]), np.array([m[2] for m in members], float))
            p = np.array([len(always) + len(models[number]) for number in numbers])
            self.criterion[numbers] = deviance + p * math.log(counts.sum())
            self.log_unseen[numbers] = unseen

    def _fit(self, terms: NDArray[np.int64], kept: Array) -> tuple[Array, Array]:
        """Deviance and intercept of models with equally many finite terms; (models, p) and (models, cells)."""
        deviance, intercept = np.full(len(terms), math.inf), np.zeros(len(terms))
        constant = float(2 * np.sum(scipy.special.xlogy(self._counts, self._counts) - self._counts))
        columns = self._columns.T[terms]
        start = np.log(self._counts + 0.1)
        working = kept * (np.exp(start) * start + self._counts - np.exp(start))
        beta = self._solve(terms, kept * np.exp(start), (working[:, None, :] * columns).sum(axis=2))
        active = np.arange(len(terms))
        for _ in range(60):
            linear = np.minimum((beta[:, None, :] @ columns)[:, 0, :], 600.0)
            means = kept * np.exp(linear)
            after = constant + 2 * (means - self._counts * linear).sum(axis=1)
            moving = np.abs(after - deviance[active]) > 1e-11 * (1 + np.abs(after))
            deviance[active], intercept[active] = after, beta[:, 0]
            if not moving.any():
                break
            terms, kept, columns, beta, active = (v[moving] for v in (terms, kept, columns, beta, active))
            gradient = self._totals[terms] - np.take_along_axis(means[moving] @ self._columns, terms, axis=1)
            beta = beta + self._solve(terms, means[moving], gradient)
        return deviance, intercept

    def _solve(self, terms: NDArray[np.int64], means: Array, right: Array) -> Array:
        """Newton's equations; a product of two columns is the column of the union of their lists."""
        margins = means @ self._columns
        rows = np.arange(len(terms))[:, None, None]
        information = margins[rows, self._union[terms[:, :, None], terms[:, None, :]]]
        scale = 1 / np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 1e-300))
        # The small ridge keeps models without a maximum solvable; it moves no maximum.
        scaled = information * scale[:, :, None] * scale[:, None, :] + 1e-11 * np.eye(terms.shape[1])
        solution: Array = np.linalg.solve(scaled, (right * scale)[..., None])[..., 0] * scale
        return solution


def fit_best(table: CaptureTable, level: float) -> Fit:
    """How many units, if the lists depend on each other in the way these data speak for most?

    Misleads because the choice and the number come from the same data: models hardly worse can give a very different
    number (``diagnostics`` holds their lowest and highest), and the range is conditional on the one chosen. Nearest
    alternatives: ``loglinear-pairs``, which chooses nothing, and ``loglinear-stepwise``.

    Parameters
    ----------
    table : CaptureTable
        Histories of three to five lists.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        Of the chosen model; a caution names it.

    Raises
    ------
    UnanswerableError
        Reason ``too-few-lists``, ``wrong-table``, ``no-overlap``, ``boundary`` or ``does-not-exist``.

    Source
    ------
    Silverman, Chan and Vincent (2024), Statistics and Computing 34, 44, doi 10.1007/s11222-023-10346-9; criterion:
    Schwarz (1978), Annals of Statistics 6, 461, doi 10.1214/aos/1176344136. Verified in
    tests/reference/test_hierarchical_choice_peers.py.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [400, 400, 400, 600, 80, 80, 120])
    >>> fit = fit_best(table, 0.95)
    >>> round(fit.n_unseen), fit.cautions[0].text
    (2000, 'The model (1*2, 3) was chosen by the same data; the range is conditional on it and leaves the choice out.')
    """
    counts, histories = cells_of(table, at_least=3, at_most=MOST_LISTS)
    close = best_models(histories, counts)
    fit = fit_terms(table, histories, counts, close[0].terms, level=level)
    totals = [table.n_observed + unseen for unseen in (fit.n_unseen or 0.0, *(model.n_unseen for model in close[1:]))]
    chosen = Caution(
        "C-MODEL-CHOSEN",
        f"The model ({_in_words(table, close[0].terms)}) was chosen by the same data; the range is conditional on it "
        "and leaves the choice out.",
    )
    conditional = "" if fit.interval is None else f"{fit.interval.method}, conditional on the chosen model"
    return replace(
        fit,
        interval=None if fit.interval is None else replace(fit.interval, method=conditional),
        diagnostics={
            **fit.diagnostics,
            "models_close": len(close),
            "lowest_close_total": min(totals),
            "highest_close_total": max(totals),
        },
        cautions=(chosen, *fit.cautions),
    )


def _in_words(table: CaptureTable, terms: Model) -> str:
    """The largest sets of lists that depend on each other, such as ``A*B*C, A*D``."""
    labels = labels_of(table)
    every = [*terms, *((i,) for i in range(len(labels)))]
    largest = [s for s in every if not any(set(s) < set(other) for other in terms)]
    return ", ".join("*".join(labels[i] for i in s) for s in sorted(largest, key=lambda s: (-len(s), s)))


METHODS = (
    Method(
        name="loglinear-bic",
        question="How many units, if the lists depend on each other in the way these data speak for most?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "All units have the same chance of being in any one list.",
            "How lists depend on each other is one of all hierarchical patterns, and the one that stands out in these "
            "data by the Bayesian information criterion; all lists together have no dependence of their own.",
        ),
        source="Silverman, Chan and Vincent (2024), doi 10.1007/s11222-023-10346-9",
        needs="histories of three to five lists",
        fit=fit_best,
    ),
)
