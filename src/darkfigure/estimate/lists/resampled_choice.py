"""Estimates whose range repeats the choice of the model on every resample of the units seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.lists import hierarchical_choice
from darkfigure.estimate.lists.bootstrap import (
    IntervalKind,
    Replicates,
    acceleration,
    resampled,
    summarise,
    without_one,
)
from darkfigure.estimate.lists.criterion_choices import best_of_all, nested_choices
from darkfigure.estimate.lists.hierarchical_choice import MOST_LISTS, Ranking, model_in_words, rank_once, with_ranking
from darkfigure.estimate.lists.hierarchical_models import Model
from darkfigure.estimate.lists.list_dependence import (
    ALIKE,
    PAIRS,
    SOURCE,
    STEPWISE_ASSUMPTION,
    ListDependence,
    fit_terms,
)
from darkfigure.estimate.lists.list_tables import cells_of, in_given_order, in_order, order_of_lists
from darkfigure.estimate.lists.model_checks import ModelChecks
from darkfigure.estimate.lists.stepwise_search import ENTRY_THRESHOLD, stepwise_choices
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Reason

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
ChosenInterval = Literal["bca", "percentile", "conditional"]

_TOGETHER = 2**16
"""Resamples times cells fitted between two reports of progress."""

_FEW_FAIL = 0.05
"""Share of resamples without a number above which the answer says so."""


def _silent(_task: str, _done: int, _of: int) -> None:
    return


def stepwise(
    *,
    threshold: float = ENTRY_THRESHOLD,
    order: int = 2,
    interval: ChosenInterval = "bca",
    replicates: int = 1000,
    seed: int = 1,
    progress: Progress = _silent,
) -> Method:
    """How many units, if the lists that overlap unusually depend, and how far could the choice itself be wrong?

    Parameters
    ----------
    threshold : float
        Largest Poisson tail probability that lets a term in; 0 keeps the lists independent.
    order : int
        Most lists in one term, at least 2.
    interval : {"bca", "percentile", "conditional"}
        The first two repeat the search on every resample; the last takes the chosen model as known (profile
        likelihood).
    replicates : int
        Resamples, at least 100.
    seed : int
        Of the resampling; the same seed gives the same interval.
    progress : callable
        Told the task, resamples done and resamples in all.

    Returns
    -------
    Method
        To be given to ``estimate``.

    Raises
    ------
    EstimateError (E-EST-55)
        An option is impossible.

    Source
    ------
    Chan, Silverman and Vincent (2021), sections 3.2 and 3.3, doi 10.1080/01621459.2019.1708748.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [400, 400, 400, 600, 80, 80, 120])
    >>> result = estimate(stepwise(replicates=200), table)
    >>> round(result.n_total), result.interval.method
    (4080, 'bootstrap-bca, choice repeated')
    """
    _check(threshold=threshold, order=order, keep=1, replicates=replicates)
    if interval == "conditional":
        fit = ListDependence(terms="stepwise", threshold=threshold, order=order).fit
    else:
        fit = _Stepwise(interval, replicates, seed, progress, threshold, order).fit
    return Method(
        name="loglinear-stepwise" if interval == "conditional" else f"loglinear-stepwise-{interval}",
        question="How many units, if the lists that overlap unusually depend, the choice being part of the range?",
        assumptions=(*CLOSED_ASSUMPTIONS, ALIKE, STEPWISE_ASSUMPTION),
        source=SOURCE,
        needs="histories of three to twelve lists",
        formula=f"{PAIRS}; terms enter by the smallest Poisson tail probability while it is below {threshold:g}; "
        f"range: {_INTERVAL_WORDS[interval]}",
        misleads=(
            "Resampling the units seen repeats the choice but not the dependence that no overlap shows; with few "
            "shared units the ends hang on the last few resamples (their error is in the diagnostics)."
        ),
        fit=fit,
    )


def bic_choice(
    *,
    order: int | None = None,
    keep: int | None = 100,
    interval: ChosenInterval = "bca",
    replicates: int = 200,
    seed: int = 1,
    progress: Progress = _silent,
) -> Method:
    """How many units under the model the data speak for most, and how far could the choice itself be wrong?

    Parameters
    ----------
    order : int, optional
        Most lists in one term; one less than all lists when left out.
    keep : int or None
        Models of the original data among which every resample chooses: 1 keeps the chosen model fixed; ``None`` lets
        every resample choose among all.
    interval, replicates, seed, progress
        As in ``stepwise``.

    Returns
    -------
    Method
        To be given to ``estimate``.

    Raises
    ------
    EstimateError (E-EST-55)
        An option is impossible.

    Source
    ------
    Silverman, Chan and Vincent (2024), Statistics and Computing 34, 44, doi 10.1007/s11222-023-10346-9.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [400, 400, 400, 600, 80, 80, 120])
    >>> round(estimate(bic_choice(keep=None), table).n_total)
    4080
    """
    _check(threshold=0.5, order=2 if order is None else order, keep=1 if keep is None else keep, replicates=replicates)
    words = "all models" if keep is None else f"the {keep} models best on the data"

    def conditional(table: CaptureTable, level: float) -> Fit:
        return hierarchical_choice.fit_best(table, level, order=order)

    if interval == "conditional":
        fit = conditional
    else:
        fit = _Criterion(interval, replicates, seed, progress, order, keep).fit
    return Method(
        name="loglinear-bic" if interval == "conditional" else f"loglinear-bic-{interval}",
        question="How many units under the pattern of dependence the data speak for most, the choice being part of the "
        "range?",
        assumptions=hierarchical_choice.ASSUMPTIONS,
        source="Silverman, Chan and Vincent (2024), doi 10.1007/s11222-023-10346-9",
        needs="histories of three to twelve lists",
        formula=f"{hierarchical_choice.FORMULA}; range: {_INTERVAL_WORDS[interval]}, each choosing among {words}",
        misleads=(
            "The criterion sees the units seen only: all models it keeps may share one wrong idea of the unseen, and "
            "the range, however wide, stays within what they say."
        ),
        fit=fit,
    )


_INTERVAL_WORDS: dict[ChosenInterval, str] = {
    "bca": "BCa quantiles over multinomial resamples of the units seen",
    "percentile": "quantiles over multinomial resamples of the units seen",
    "conditional": "profile likelihood of the chosen model",
}


def _check(*, threshold: float, order: int, keep: int, replicates: int) -> None:
    for name, wrong, allowed in (
        ("threshold", not 0 <= threshold <= 1, "a probability"),
        ("order", order < 2, "2 or more lists in a term"),
        ("keep", keep < 1, "1 or more models, or None for all"),
        ("replicates", replicates < 100, "100 or more"),
    ):
        if wrong:
            raise EstimateError(
                "E-EST-55",
                where=name,
                problem="the option is impossible",
                allowed=allowed,
                remedy="Leave the option out, or give it an allowed value.",
            )


@dataclass(frozen=True, slots=True)
class _Resampled:
    """What both methods share: original table, tables with one unit left out, resamples."""

    interval: IntervalKind
    replicates: int
    seed: int
    progress: Progress

    def fit(self, table: CaptureTable, level: float) -> Fit:
        counts, histories = cells_of(table, at_least=3, at_most=MOST_LISTS)
        order = order_of_lists(histories, counts)
        column = in_order(counts, order)
        checks = ModelChecks(len(order))
        model, ranking, unseen_of = self._prepare(column, len(order), checks)
        terms = in_given_order(model, order)
        fit = fit_terms(table, histories, counts, terms, level=level)
        if ranking is not None:
            fit = with_ranking(fit, table, ranking)
        point = table.n_observed + (fit.n_unseen or 0.0)
        left_out, weights = without_one(column)
        skew = acceleration(left_out.sum(axis=0) + unseen_of(left_out), weights)
        totals, unlimited = self._totals(column, unseen_of)
        said = summarise(
            totals, point=point, level=level, kind=self.interval, skew=skew, unlimited=unlimited, seed=self.seed
        )
        return self._with_replicates(fit, table, terms, said, skew, level)

    def _totals(self, column: Array, unseen_of: Callable[[Array], Array]) -> tuple[Array, int]:
        """Total on every resample: infinite without any overlap, not a number where no model has a best value."""
        drawn = resampled(column, self.replicates, np.random.default_rng(self.seed))
        lists = np.array([i.bit_count() for i in range(len(column))])
        parts = []
        step = max(50, _TOGETHER // len(column))
        for first in range(0, self.replicates, step):
            parts.append(unseen_of(drawn[:, first : first + step]))
            self.progress("resamples", min(first + step, self.replicates), self.replicates)
        apart = drawn[lists > 1].sum(axis=0) == 0
        totals = column.sum() + np.concatenate(parts)
        totals[apart] = math.inf
        return totals, int(apart.sum())

    def _prepare(
        self, column: Array, n_lists: int, checks: ModelChecks
    ) -> tuple[Model, Ranking | None, Callable[[Array], Array]]:
        """The model of the original table, and the unseen units of other tables after a choice of their own."""
        raise NotImplementedError

    def _with_replicates(
        self, fit: Fit, table: CaptureTable, terms: Model, said: Replicates, skew: float, level: float
    ) -> Fit:
        total = table.n_observed + (fit.n_unseen or 0.0)
        ends = said.ends
        proper = ends is not None and ends.lower <= total <= ends.upper
        spread = said.spread if math.isfinite(said.spread) and said.spread > 0 else fit.standard_error
        interval = None
        if proper and ends is not None:
            lower = max(ends.lower, float(table.n_observed))
            interval = Interval(lower, ends.upper, level, f"bootstrap-{self.interval}, choice repeated")
        numbers = {
            "conditional_standard_error": fit.standard_error or 0.0,
            "replicates": said.drawn,
            "replicates_used": said.used,
            "replicates_without_overlap": said.unlimited,
            "replicates_without_model": said.failed,
            "replicates_below": math.nan if ends is None else ends.below,
            "bootstrap_median": said.median,
            "bootstrap_trimmed_mean": said.trimmed_mean,
            "acceleration": skew,
            "monte_carlo_error_lower": said.error_lower,
            "monte_carlo_error_upper": said.error_upper,
        }
        return replace(
            fit,
            standard_error=spread,
            interval=interval,
            diagnostics={**fit.diagnostics, **{k: float(v) for k, v in numbers.items() if math.isfinite(v)}},
            cautions=(*_cautions(table, terms, said, proper=proper), *fit.cautions),
        )


def _cautions(table: CaptureTable, terms: Model, said: Replicates, *, proper: bool) -> tuple[Caution, ...]:
    found = [
        Caution(
            "C-CHOICE-REPEATED",
            f"The model ({model_in_words(table, terms)}) was chosen by the same data; the range repeats the choice on "
            "resamples of the units seen.",
        )
    ]
    if said.failed + said.unlimited > _FEW_FAIL * said.drawn:
        found.append(
            Caution(
                "C-REPLICATES-FAILED",
                "Many resamples gave no number: those without any overlap count as infinite, those without a model "
                "that can be fitted are left out of the range.",
            )
        )
    if not proper:
        found.append(
            Caution(
                "C-NO-INTERVAL",
                "The resamples lie nearly all on one side of the estimate, so no range can be built from them.",
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Stepwise(_Resampled):
    threshold: float
    order: int

    def _prepare(
        self, column: Array, n_lists: int, checks: ModelChecks
    ) -> tuple[Model, Ranking | None, Callable[[Array], Array]]:
        def choose(counts: Array) -> Array:
            return stepwise_choices(
                counts, n_lists=n_lists, threshold=self.threshold, order=self.order, checks=checks
            ).n_unseen

        first = stepwise_choices(
            column[:, None], n_lists=n_lists, threshold=self.threshold, order=self.order, checks=checks
        )
        if first.chosen[0] < 0:
            raise UnanswerableError(
                Reason.DOES_NOT_EXIST,
                "Combinations of lists that nobody was seen in let the likelihood rise for ever, even if the lists are "
                "independent.",
            )
        return first.models[first.chosen[0]], None, choose


@dataclass(frozen=True, slots=True)
class _Criterion(_Resampled):
    order: int | None
    keep: int | None

    def _prepare(
        self, column: Array, n_lists: int, checks: ModelChecks
    ) -> tuple[Model, Ranking | None, Callable[[Array], Array]]:
        ranking = rank_once(column, n_lists=n_lists, order=self.order, keep=self.keep or 1)
        if self.keep is None:

            def choose(counts: Array) -> Array:
                return best_of_all(counts, n_lists=n_lists, order=self.order, checks=checks)[0]

            return ranking.models[0].terms, ranking, choose
        kept = [m.terms for m in ranking.models[: self.keep]]

        def choose_kept(counts: Array) -> Array:
            last: Array = nested_choices(counts, kept, n_lists=n_lists, checks=checks)[-1]
            return last

        return ranking.models[0].terms, ranking, choose_kept


METHODS = (stepwise(), bic_choice())
