"""Lists that depend on each other: log-linear worlds, declared or taken from a fitted model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate import cells
from darkfigure.estimate.closed.heterogeneity import SHAPES
from darkfigure.estimate.simulate.drawing import check, check_size
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

Array = NDArray[np.float64]
Term = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLinear:
    """Lists may attract or avoid each other, in pairs or larger sets; units may differ in a log-linear way.

    Parameters
    ----------
    n_total : int
        Units, drawn as a multinomial over all histories, the empty one with them.
    effects : tuple of float
        ``b_j`` of each list: without interactions the log odds of being in it.
    interactions : tuple of (tuple of int, float)
        Sets of two or more lists, counted from 0, with their terms; minus infinity for a set that never occurs.
    shape : {"poisson2", "darroch", "gamma3.5"} or None
        Of the term ``size * h(|w|)`` of ``Mh`` and ``Mth``.
    size : float
        Of that term.
    labels : tuple of str
        Names of the lists.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Notes
    -----
    ``P(w) proportional to exp(sum b_j w_j + sum c_S prod_{j in S} w_j + size h(|w|))``, the empty history has weight 1.

    Examples
    --------
    >>> world = LogLinear(n_total=60, effects=(0.0, 0.0), interactions=(((0, 1), math.log(3)),))
    >>> world.cell_probabilities().round(4).tolist()  # none, second only, first only, both
    [0.1667, 0.1667, 0.1667, 0.5]
    """

    n_total: int
    effects: tuple[float, ...]
    interactions: tuple[tuple[Term, float], ...] = ()
    shape: Literal["poisson2", "darroch", "gamma3.5"] | None = None
    size: float = 0.0
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_size(self.n_total)
        t = len(self.effects)
        check(1 <= t <= cells.MOST_LISTS, where="effects", problem="too many or too few lists", allowed="1 to 12 lists")
        proper = all(
            len(set(term)) == len(term) >= 2 and all(0 <= j < t for j in term) and value < math.inf
            for term, value in self.interactions
        )
        check(
            proper, where="interactions", problem="a set is impossible", allowed="two or more different lists from 0 on"
        )
        check(all(math.isfinite(b) for b in self.effects), where="effects", problem="not finite", allowed="numbers")
        check(self.shape is None or self.shape in SHAPES, where="shape", problem="unknown", allowed=", ".join(SHAPES))

    def cell_probabilities(self) -> Array:
        """Probability of every history, shape (2^t,): first the empty one, then those of ``all_histories``."""
        histories = cells.all_histories(len(self.effects))
        weight = histories @ np.array(self.effects)
        for term, value in self.interactions:
            inside = histories[:, list(term)].all(axis=1)
            weight[inside] += value
        if self.shape is not None:
            captures = np.arange(len(self.effects) + 1.0)
            column = SHAPES[self.shape].column(captures)
            weight += self.size * (column - column[0])[histories.sum(axis=1).astype(int)]
        made: Array = scipy.special.softmax(np.concatenate([[0.0], weight]))
        return made

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table, without an order of the lists."""
        counts = rng.multinomial(self.n_total, self.cell_probabilities())[1:]
        t = len(self.effects)
        histories = cells.all_histories(t).astype(np.uint8)
        met = counts > 0
        return CaptureTable.from_histories(histories[met].reshape(-1, t), counts[met], labels=self.labels)


def from_fit(
    fitted: PopulationEstimate,
    table: CaptureTable,
    *,
    n_total: int | None = None,
) -> LogLinear:
    """Which world would be the truth if a fitted model were?

    Parameters
    ----------
    fitted : PopulationEstimate
        Of a log-linear method with its terms in ``parameters``; or of ``M0`` or ``Mt``.
    table : CaptureTable
        What it was fitted to.
    n_total : int, optional
        Another size than the fitted one, the chances staying as they are.

    Returns
    -------
    LogLinear
        Terms that no unit was in never occur.

    Raises
    ------
    EstimateError (E-EST-46)
        The estimate does not hold the terms of a log-linear model of this table.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    >>> world = from_fit(estimate("Mt", table), table)
    >>> world.n_total, world.cell_probabilities().round(4).tolist()
    (120, [0.5, 0.1667, 0.25, 0.0833])
    """
    total = round(fitted.n_total) if n_total is None else n_total
    labels = table.labels or tuple(str(j + 1) for j in range(table.n_occasions or 0))
    if fitted.method in ("M0", "Mt") and table.n_occasions and table.occasion_totals:
        chances = np.array(table.occasion_totals) / fitted.n_total
        if fitted.method == "M0":
            chances = np.full(table.n_occasions, chances.mean())
        effects = tuple(float(b) for b in scipy.special.logit(chances))
        return LogLinear(n_total=total, effects=effects, labels=table.labels)
    parameters = fitted.parameters
    if "intercept" not in parameters or any(label not in parameters for label in labels):
        raise EstimateError(
            "E-EST-46",
            where="from_fit",
            problem="the estimate does not hold the terms of a log-linear model of this table",
            allowed="an estimate by M0, Mt or a loglinear method, with the table it was fitted to",
            remedy="Fit a log-linear model, or declare the world.",
        )
    return LogLinear(
        n_total=total,
        effects=tuple(float(parameters[label]) for label in labels),
        interactions=_interactions(parameters, labels) + _never(fitted, table, parameters, labels),
        labels=table.labels,
    )


def _interactions(parameters: Mapping[str, float], labels: tuple[str, ...]) -> tuple[tuple[Term, float], ...]:
    place = {label: j for j, label in enumerate(labels)}
    names = [name for name in parameters if ":" in name and all(part in place for part in name.split(":"))]
    return tuple((tuple(place[part] for part in name.split(":")), float(parameters[name])) for name in names)


def _never(
    fitted: PopulationEstimate, table: CaptureTable, parameters: Mapping[str, float], labels: tuple[str, ...]
) -> tuple[tuple[Term, float], ...]:
    """Pairs that share nobody, when the fit says that it took such terms to minus infinity."""
    if table.cells is None or not any(caution.code == "C-EMPTY-OVERLAP" for caution in fitted.cautions):
        return ()
    histories = table.cells.histories[table.cells.counts > 0].astype(int)
    shared = histories.T @ histories
    named = {frozenset(name.split(":")) for name in parameters}
    t = len(labels)
    empty = [
        (i, j)
        for i in range(t)
        for j in range(i + 1, t)
        if shared[i, j] == 0 and frozenset((labels[i], labels[j])) not in named
    ]
    # Not every empty pair need be in the model; the fit counts those that are.
    needed = round(fitted.diagnostics.get("terms", 0)) - sum(":" in name for name in parameters)
    if len(empty) != needed:
        raise EstimateError(
            "E-EST-46",
            where="from_fit",
            problem="which of the empty overlaps the fitted model treats as impossible is not in the estimate",
            allowed="a fit without empty overlaps, or one in which every empty overlap is a term",
            remedy="Declare the world with LogLinear(interactions=...).",
        )
    return tuple((pair, -math.inf) for pair in empty)
