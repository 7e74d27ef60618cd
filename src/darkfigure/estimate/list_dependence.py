"""Log-linear models in which being in one list may change the chance of being in another; for few lists."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrc

from darkfigure.estimate import cells, existence
from darkfigure.estimate.capture_counts import CaptureCounts
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

ENTRY_THRESHOLD = 0.02
"""Largest Poisson tail probability at which the stepwise search lets a pair in."""


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Cells and design of one choice of pairs, cells that an empty overlap rules out taken away."""

    design: Array
    counts: Array
    histories: Array
    empty_pairs: tuple[Pair, ...]


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
        counts, histories = _cells_of(table, at_least=2 if self.pairs == "none" else 3)
        chosen = self._choose(histories, counts)
        problem = _problem(histories, counts, chosen)
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
        p = problem.design.shape[1] + len(problem.empty_pairs)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=interval,
            deviance=fit.deviance,
            df=len(problem.counts) - problem.design.shape[1],
            aic=2 * p - 2 * fit.log_likelihood,
            bic=p * math.log(table.n_observed) - 2 * fit.log_likelihood,
            parameters=_named(table, fit, chosen, problem.empty_pairs),
            diagnostics={"n_parameters": p, "pairs": len(chosen), "n_total_multinomial": table.n_observed + best},
            cautions=self._cautions(problem.empty_pairs),
        )

    def _choose(self, histories: Array, counts: Array) -> tuple[Pair, ...]:
        t = histories.shape[1]
        if self.pairs == "none":
            return ()
        if self.pairs == "all":
            return tuple(itertools.combinations(range(t), 2))
        return stepwise_pairs(histories, counts)

    def _cautions(self, empty: tuple[Pair, ...]) -> tuple[Caution, ...]:
        found = []
        if self.pairs == "stepwise":
            found.append(Caution("C-SELECTED", "The model was chosen by the same data; the range leaves that out."))
        if empty:
            found.append(Caution("C-EMPTY-OVERLAP", "Some pairs of lists in the model share nobody."))
        return tuple(found)


def _cells_of(table: CaptureTable, *, at_least: int) -> tuple[Array, Array]:
    t = require_occasions(table, at_least)
    require_overlap(table)
    if table.cells is None or t > cells.MOST_LISTS:
        raise UnanswerableError(
            Reason.WRONG_TABLE, f"This model needs the histories of at most {cells.MOST_LISTS} lists."
        )
    totals = np.asarray(table.occasion_totals)
    if (totals == 0).any() or (totals == table.n_observed).any():
        raise UnanswerableError(
            Reason.BOUNDARY, "A list holds nobody, or every unit seen; its effect has no finite value."
        )
    return cells.full_counts(table.cells), cells.all_histories(t)


def _problem(histories: Array, counts: Array, pairs: tuple[Pair, ...]) -> _Problem:
    keep = np.ones(len(counts), dtype=bool)
    columns, empty = [], []
    for i, j in pairs:
        both = histories[:, i] * histories[:, j]
        if counts @ both == 0:
            keep &= both == 0
            empty.append((i, j))
        else:
            columns.append(both)
    design = np.column_stack([np.ones(len(counts)), histories, *columns])
    return _Problem(design[keep], counts[keep], histories[keep], tuple(empty))


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
        problem = _problem(histories, counts, chosen)
        if not chosen:
            existence.check_cells(problem.design, problem.counts)
        fit = fit_poisson(problem.design, problem.counts)
        tails = [_tail(problem, fit, pair) for pair in unused]
        for index in np.argsort(tails, kind="stable"):
            if not tails[index] < threshold:
                return chosen
            candidate = (*chosen, unused[index])
            if _passes(_problem(histories, counts, candidate)):
                chosen = candidate
                unused.pop(int(index))
                break
        else:
            return chosen
    return chosen


def _tail(problem: _Problem, fit: PoissonFit, pair: Pair) -> float:
    both = problem.histories[:, pair[0]] * problem.histories[:, pair[1]]
    seen, expected = float(problem.counts @ both), float(fit.means @ both)
    if expected <= 0:
        return 1.0
    upper = 1.0 if seen == 0 else float(pdtrc(seen - 1, expected))
    return min(float(pdtr(seen, expected)), upper)


def _passes(problem: _Problem) -> bool:
    try:
        existence.check_cells(problem.design, problem.counts)
    except UnanswerableError:
        return False
    return True


def _named(table: CaptureTable, fit: PoissonFit, pairs: tuple[Pair, ...], empty: tuple[Pair, ...]) -> dict[str, float]:
    t = table.n_occasions or 0
    labels = table.labels or tuple(str(j + 1) for j in range(t))
    terms = [f"{labels[i]}:{labels[j]}" for i, j in pairs if (i, j) not in empty]
    return dict(zip(("intercept", *labels, *terms), (float(b) for b in fit.coefficients), strict=True))


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
