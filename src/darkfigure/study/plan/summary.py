"""How well would each design do, which change helps most, and how sure are we of that?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.study.plan.analysis import Answered
from darkfigure.study.plan.designs import BASE, Design, designs_of
from darkfigure.study.plan.monte_carlo import Measured, difference_of_shares, ratio_of_sums, share_of
from darkfigure.study.plan.plan_spec import Plan

Array = NDArray[np.float64]
POWER = 0.8
AGREEMENT_PERCENT = 15.0
"""Predicted and realised errors of two runs are wanted within so many percent of each other."""
_TOP_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignResult:
    """How one design did over all worlds.

    Parameters
    ----------
    name, kind : str
        Of the design.
    worlds : int
        Simulated.
    answered, publishable, good : Measured
        Shares of the worlds with an answer; with one that may be published; with one that may be published and is
        close to the truth.
    bias_percent, rmse_percent : Measured or None
        Mean error and root mean square error of the answers in percent of the truth.
    median_bias_percent : float or None
    rmse_published_percent : Measured or None
        The same of answers that may be published.
    coverage : Measured or None
        Share of the answers' intervals that hold the truth.
    width : float or None
        Median width of the intervals over the number, of those with two ends.
    change_alike_percent, change_any_percent : Measured or None
        Smallest rise between two windows that a two-sided test at 1 minus the level finds four times in five: when
        conditions are alike in both windows, and when they may lie anywhere in the ranges.
    false_alarms : Measured or None
        Share of pairs of windows without a change and alike whose intervals claim one.
    cost : float
        On average.
    within_budget : float or None
        Share of the worlds.
    refusals : tuple of (str, int)
        Reasons, the most frequent first.
    top_share : float or None
        Share of the squared error that comes from the worst hundredth of the answers.
    worlds_needed : int or None
        For the error of two runs to agree within 15% in 95 of 100 cases.
    good_gain : Measured or None
        Good answers more than as planned.
    rmse_ratio : Measured or None
        Error over that of the design as planned, where both answer.
    """

    name: str
    kind: str
    worlds: int
    answered: Measured
    publishable: Measured
    good: Measured
    bias_percent: Measured | None
    median_bias_percent: float | None
    rmse_percent: Measured | None
    rmse_published_percent: Measured | None
    coverage: Measured | None
    width: float | None
    change_alike_percent: Measured | None
    change_any_percent: Measured | None
    false_alarms: Measured | None
    cost: float
    within_budget: float | None
    refusals: tuple[tuple[str, int], ...]
    top_share: float | None
    worlds_needed: int | None
    good_gain: Measured | None
    rmse_ratio: Measured | None


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Answers of one design as columns, by number of the world."""

    pair: NDArray[np.int64]
    truth: Array
    number: Array
    lower: Array
    upper: Array
    observed: Array
    cost: Array

    @property
    def answered(self) -> Array:
        return np.isfinite(self.number).astype(float)

    @property
    def ranged(self) -> Array:
        return (np.isfinite(self.number) & np.isfinite(self.lower)).astype(float)

    @property
    def error(self) -> Array:
        return np.where(np.isfinite(self.number), self.number / self.truth - 1, 0.0)

    @property
    def holds(self) -> Array:
        upper = np.where(np.isfinite(self.upper), self.upper, np.inf)
        with np.errstate(invalid="ignore"):
            return self.ranged * ((self.lower <= self.truth) & (self.truth <= upper))

    def publishable(self, plan: Plan) -> Array:
        with np.errstate(invalid="ignore"):
            narrow = (self.upper - self.lower) <= plan.publish.max_width * self.number
        return self.ranged * narrow * (self.observed >= plan.publish.threshold)

    def good(self, plan: Plan) -> Array:
        return self.publishable(plan) * (100 * np.abs(self.error) <= plan.publish.close_percent)


def summarise_plan(plan: Plan, answers: Sequence[Answered]) -> tuple[DesignResult, ...]:
    """How did every design do?

    Parameters
    ----------
    plan : Plan
    answers : sequence of Answered
        Of all worlds and designs, in any order.

    Returns
    -------
    tuple of DesignResult
        In the order of the designs.
    """
    by_design: dict[str, list[Answered]] = {}
    for answer in sorted(answers, key=lambda a: a.world):
        by_design.setdefault(answer.design, []).append(answer)
    base = _columns(by_design[BASE])
    return tuple(_result(plan, design, by_design[design.name], base) for design in designs_of(plan))


def rank(plan: Plan, results: Sequence[DesignResult]) -> tuple[str, ...]:
    """Names of the changes, the one that helps most first: by good answers or by the error, as the plan says."""
    changes = [r for r in results if r.kind != "base"]

    def error(r: DesignResult) -> float:
        return math.inf if r.rmse_percent is None else r.rmse_percent.value

    if plan.changes.rank_by == "rmse":
        return tuple(r.name for r in sorted(changes, key=lambda r: (error(r), -r.good.value, r.name)))
    return tuple(r.name for r in sorted(changes, key=lambda r: (-r.good.value, error(r), r.name)))


def _columns(answers: Sequence[Answered]) -> _Columns:
    def column(values: list[float | None]) -> Array:
        return np.array([np.nan if v is None else v for v in values], dtype=float)

    return _Columns(
        pair=np.array([a.world // 2 for a in answers], dtype=np.int64),
        truth=column([a.truth if a.truth > 0 else None for a in answers]),
        number=column([a.number if a.truth > 0 else None for a in answers]),
        lower=column([a.lower for a in answers]),
        upper=column([a.upper for a in answers]),
        observed=column([a.n_observed for a in answers]),
        cost=column([a.cost for a in answers]),
    )


def _result(plan: Plan, design: Design, answers: Sequence[Answered], base: _Columns) -> DesignResult:
    c = _columns(answers)
    every = np.ones(c.pair.size)
    published, good = c.publishable(plan), c.good(plan)
    errors = 100 * c.error[c.answered > 0]
    rmse = ratio_of_sums(1e4 * c.error**2, c.answered, c.pair, then=np.sqrt)
    widths = ((c.upper - c.lower) / c.number)[(c.ranged > 0) & np.isfinite(c.upper)]
    alike, alarms = _between_windows(c, plan.analysis.level)
    is_base = design.name == BASE
    budget = plan.costs.budget
    refusals = Counter(a.refusal for a in answers if a.refusal is not None)
    return DesignResult(
        name=design.name,
        kind=design.kind,
        worlds=c.pair.size,
        answered=_share(c.answered, every, c.pair),
        publishable=_share(published, every, c.pair),
        good=_share(good, every, c.pair),
        bias_percent=ratio_of_sums(100 * c.error * c.answered, c.answered, c.pair),
        median_bias_percent=float(np.median(errors)) if errors.size else None,
        rmse_percent=rmse,
        rmse_published_percent=ratio_of_sums(1e4 * c.error**2 * published, published, c.pair, then=np.sqrt),
        coverage=share_of(c.holds, c.ranged, c.pair),
        width=float(np.median(widths)) if widths.size else None,
        change_alike_percent=alike,
        change_any_percent=_any_conditions(c, plan.analysis.level),
        false_alarms=alarms,
        cost=float(c.cost.mean()),
        within_budget=None if budget is None else float((c.cost <= budget).mean()),
        refusals=tuple(sorted(refusals.items(), key=lambda item: (-item[1], item[0]))),
        top_share=_top_share(errors),
        worlds_needed=_worlds_needed(rmse, c.pair.size),
        good_gain=None if is_base else difference_of_shares(good, base.good(plan), c.pair),
        rmse_ratio=None if is_base else _against(c, base),
    )


def _share(top: Array, bottom: Array, pair: NDArray[np.int64]) -> Measured:
    return share_of(top, bottom, pair) or Measured(0.0, None)


def _against(c: _Columns, base: _Columns) -> Measured | None:
    both = c.answered * base.answered
    if not (base.error**2 * both).sum() > 0:
        return None
    return ratio_of_sums(c.error**2 * both, base.error**2 * both, c.pair, then=np.sqrt)


def _rise(mean_square: Array, level: float) -> Array:
    """Smallest rise found with the power wanted, in percent, from the variance of a logarithmic change."""
    reach = scipy.special.ndtri((1 + level) / 2) + scipy.special.ndtri(POWER)
    return np.asarray(100 * np.expm1(np.minimum(reach * np.sqrt(mean_square), 50.0)))


def _log_ratio(c: _Columns) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(c.number / c.truth)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _any_conditions(c: _Columns, level: float) -> Measured | None:
    ratio = _log_ratio(c)
    used = np.isfinite(ratio)
    if int(used.sum()) < 3:
        return None
    spread = np.where(used, (ratio - np.nanmean(ratio)) ** 2, 0.0)
    return ratio_of_sums(2 * spread, used.astype(float), c.pair, then=lambda v: _rise(v, level))


def _between_windows(c: _Columns, level: float) -> tuple[Measured | None, Measured | None]:
    """Two worlds of a pair are two windows with the same settings: what their difference says is error."""
    if c.pair.size < 2:
        return None, None
    first = np.flatnonzero(c.pair[:-1] == c.pair[1:])
    second, ratio = first + 1, _log_ratio(c)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.log(c.upper / c.lower) / (2 * scipy.special.ndtri((1 + level) / 2))
        apart = ratio[first] - ratio[second]
        claimed = np.abs(apart) > scipy.special.ndtri((1 + level) / 2) * np.hypot(half[first], half[second])
    used = np.isfinite(apart)
    judged = used & np.isfinite(half[first]) & np.isfinite(half[second])
    pair = c.pair[first]
    rise = ratio_of_sums(
        np.where(used, apart, 0.0) ** 2, used.astype(float), pair, then=lambda v: _rise(v, level)
    )  # fmt: skip
    return rise, share_of((claimed & judged).astype(float), judged.astype(float), pair)


def _top_share(errors: Array) -> float | None:
    total = float((errors**2).sum())
    if errors.size < 20 or total <= 0:
        return None
    most = np.sort(errors**2)[-max(1, round(_TOP_SHARE * errors.size)) :]
    return float(most.sum() / total)


def _worlds_needed(rmse: Measured | None, worlds: int) -> int | None:
    """Worlds for which two runs agree: the difference of two errors has sqrt(2) times the error of one."""
    if rmse is None or rmse.error is None or rmse.value <= 0:
        return None
    apart = 1.96 * math.sqrt(2) * rmse.error / rmse.value
    return max(20, math.ceil(worlds * (apart / (AGREEMENT_PERCENT / 100)) ** 2 / 2) * 2)
