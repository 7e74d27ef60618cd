"""How often do ranges hold the truth, when the model was chosen by the same data? A simulation with known truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.lists.batched_fits import fit_batch, over_subsets
from darkfigure.estimate.lists.bootstrap import acceleration, bootstrap_ends, resampled, without_one
from darkfigure.estimate.lists.hierarchical_choice import rank_models
from darkfigure.estimate.lists.hierarchical_models import Model, models_in_masks
from darkfigure.estimate.lists.list_tables import cells_of
from darkfigure.estimate.lists.model_checks import ModelChecks
from darkfigure.estimate.lists.stepwise_search import ENTRY_THRESHOLD, stepwise_choices
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

PROCEDURES = ("stepwise-bca", "stepwise-percentile", "stepwise-conditional", "bic-conditional")


def _silent(_task: str, _done: int, _of: int) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionCoverage:
    """What a simulation of the choice of models found.

    Parameters
    ----------
    n_total : int
        The truth: units in every simulated population.
    model : tuple of tuple of int
        Terms of the model the populations were drawn from; lists counted from 0.
    simulations : int
        Populations drawn.
    held : mapping of (str, float) to float
        For each procedure and level, the share of ranges that held the truth; a table without a range counts as a miss.
    without_range : mapping of str to int
        For each procedure, tables on which it gave no range.
    root_mean_square_error, on_log_scale : mapping of str to float
        Of the totals by ``"stepwise"`` and ``"bic"``.
    right_model : mapping of str to float
        How often each chose exactly the model the data came from.

    Examples
    --------
    >>> held = {("stepwise-bca", 0.8): 0.5}
    >>> found = SelectionCoverage(n_total=9, model=(), simulations=100, held=held, without_range={},
    ...     root_mean_square_error={}, on_log_scale={}, right_model={})
    >>> round(found.simulation_error("stepwise-bca", 0.8), 3)
    0.05
    """

    n_total: int
    model: Model
    simulations: int
    held: Mapping[tuple[str, float], float]
    without_range: Mapping[str, int]
    root_mean_square_error: Mapping[str, float]
    on_log_scale: Mapping[str, float]
    right_model: Mapping[str, float]

    def simulation_error(self, procedure: str, level: float) -> float:
        """Standard error of a share in ``held`` that comes from drawing so few populations."""
        share = self.held[procedure, level]
        return math.sqrt(share * (1 - share) / self.simulations)


def coverage_of_selection(
    table: CaptureTable,
    *,
    model: Model | None = None,
    simulations: int = 500,
    replicates: int = 1000,
    levels: tuple[float, ...] = (0.95, 0.8),
    threshold: float = ENTRY_THRESHOLD,
    order: int | None = None,
    seed: int = 1,
    progress: Progress = _silent,
) -> SelectionCoverage:
    """How often does each range hold the truth, if populations come from the model fitted to a table?

    Parameters
    ----------
    table : CaptureTable
        Histories of three to five lists.
    model : tuple of tuple of int, optional
        Terms of the true model, lists counted from 0; the stepwise choice on the table when left out.
    simulations : int
        Populations to draw, at least 10.
    replicates : int
        Resamples of each, at least 100.
    levels : tuple of float
        Of the ranges.
    threshold : float
        Of the stepwise search.
    order : int, optional
        Most lists in one term for the choice by criterion.
    seed : int
        Of all draws.
    progress : callable
        Told the task, populations done and populations in all.

    Returns
    -------
    SelectionCoverage
        For ranges that repeat the stepwise choice (BCa, percentile), and for ranges conditional on the model chosen
        stepwise or by criterion, ``n + exp(a -+ z s.e.(a))``.

    Raises
    ------
    EstimateError (E-EST-55)
        Too few simulations or resamples.
    UnanswerableError
        The table cannot be fitted.

    Notes
    -----
    The truth is ``N = n + exp(a)``, rounded, and the fitted probability of every history, the empty one included; each
    population is one multinomial draw, of which the units with a history are kept.

    Source
    ------
    The set-up of Chan, Silverman and Vincent (2021), section 3.4, doi 10.1080/01621459.2019.1708748, who compared the
    stepwise BCa range with the range conditional on the model chosen by BIC.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> small = CaptureTable.from_histories(histories, [400, 400, 400, 600, 80, 80, 120])
    >>> coverage_of_selection(small, simulations=10, replicates=100).n_total
    4080
    """
    if simulations < 10 or replicates < 100:
        raise EstimateError(
            "E-EST-55",
            where="simulations, replicates",
            problem="the option is impossible",
            allowed="10 or more simulations of 100 or more resamples",
            remedy="Leave the option out, or give it an allowed value.",
        )
    counts, histories = cells_of(table, at_least=3, at_most=5)
    t = histories.shape[1]
    study = _Study(t, threshold, order, replicates, levels)
    truth = study.truth(np.concatenate([[0.0], counts]), model)
    rng = np.random.default_rng(seed)
    populations = rng.multinomial(truth.n_total, truth.probabilities, size=simulations).T.astype(np.float64)
    populations[0] = 0.0
    for i in range(simulations):
        study.add(populations[:, i], truth.n_total, truth.model, rng)
        progress("populations", i + 1, simulations)
    return study.found(truth.n_total, truth.model, simulations)


@dataclass(frozen=True, slots=True, eq=False)
class _Truth:
    n_total: int
    probabilities: Array
    model: Model


class _Study:
    def __init__(
        self, n_lists: int, threshold: float, order: int | None, replicates: int, levels: tuple[float, ...]
    ) -> None:
        self._t, self._threshold, self._order = n_lists, threshold, order
        self._replicates, self._levels = replicates, levels
        self._checks = ModelChecks(n_lists)
        self._held = {(name, level): 0 for name in PROCEDURES for level in levels}
        self._without = dict.fromkeys(PROCEDURES, 0)
        self._errors: dict[str, list[tuple[float, float]]] = {"stepwise": [], "bic": []}
        self._right = {"stepwise": 0, "bic": 0}

    def truth(self, column: Array, model: Model | None) -> _Truth:
        if model is None:
            choice = stepwise_choices(column[:, None], n_lists=self._t, threshold=self._threshold, checks=self._checks)
            model = choice.models[choice.chosen[0]]
        fits = fit_batch(column[:, None], models_in_masks([model], self._t), n_lists=self._t)
        means = np.exp(over_subsets(fits.effects.copy(), self._t)[:, 0])
        total = round(float(column.sum() + means[0]))
        return _Truth(total, means / means.sum(), model)

    def add(self, column: Array, truth: int, model: Model, rng: np.random.Generator) -> None:
        """Run every procedure on one population."""
        left_out, weights = without_one(column)
        drawn = resampled(column, self._replicates, rng)
        tables = np.column_stack([column, left_out, drawn])
        choices = stepwise_choices(tables, n_lists=self._t, threshold=self._threshold, checks=self._checks)
        totals = tables.sum(axis=0) + choices.n_unseen
        self._stepwise(totals, weights, truth)
        seen = float(column.sum())
        if choices.chosen[0] >= 0:
            self._right["stepwise"] += choices.models[choices.chosen[0]] == model
        self._conditional("stepwise", seen, float(choices.n_unseen[0]), float(choices.log_variance[0]), truth)
        try:
            best = rank_models(column, n_lists=self._t, order=self._order, within=0.0, checks=self._checks).models[0]
        except UnanswerableError:
            self._conditional("bic", seen, math.nan, math.nan, truth)
            return
        self._right["bic"] += set(best.terms) == set(model)
        fit = fit_batch(column[:, None], models_in_masks([best.terms], self._t), n_lists=self._t)
        self._conditional("bic", seen, best.n_unseen, float(fit.log_variance[0]), truth)

    def _stepwise(self, totals: Array, weights: Array, truth: int) -> None:
        point, left_out, values = totals[0], totals[1 : 1 + len(weights)], totals[1 + len(weights) :]
        values = values[~np.isnan(values)]
        skew = acceleration(left_out, weights)
        for kind in ("bca", "percentile"):
            found = True
            for level in self._levels:
                ends = None
                if len(values) and math.isfinite(point):
                    ends = bootstrap_ends(values, point=float(point), level=level, kind=kind, skew=skew)
                found = found and ends is not None
                if ends is not None:
                    self._held[f"stepwise-{kind}", level] += ends.lower <= truth <= ends.upper
            self._without[f"stepwise-{kind}"] += not found

    def _conditional(self, name: str, seen: float, unseen: float, variance: float, truth: int) -> None:
        if not (math.isfinite(unseen) and math.isfinite(variance) and unseen > 0):
            self._without[f"{name}-conditional"] += 1
            return
        self._errors[name].append((seen + unseen - truth, math.log((seen + unseen) / truth)))
        for level in self._levels:
            reach = math.exp(float(scipy.special.ndtri((1 + level) / 2)) * math.sqrt(variance))
            self._held[f"{name}-conditional", level] += seen + unseen / reach <= truth <= seen + unseen * reach

    def found(self, truth: int, model: Model, simulations: int) -> SelectionCoverage:
        errors = {name: np.array(values).reshape(-1, 2) for name, values in self._errors.items()}
        return SelectionCoverage(
            n_total=truth,
            model=model,
            simulations=simulations,
            held={key: n / simulations for key, n in self._held.items()},
            without_range=self._without,
            root_mean_square_error={k: float(np.sqrt((e[:, 0] ** 2).mean())) for k, e in errors.items() if len(e)},
            on_log_scale={k: float(np.sqrt((e[:, 1] ** 2).mean())) for k, e in errors.items() if len(e)},
            right_model={k: n / simulations for k, n in self._right.items()},
        )
