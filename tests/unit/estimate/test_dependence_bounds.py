"""Bounds under declared dependence: the numbers by hand, coverage in drawn worlds, and refusals."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.closed.two_samples import lincoln_petersen
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity import (
    PairLimit,
    limits_for_all,
    odds_ratio_bounds,
    pairwise_set,
    top_interaction_bounds,
)
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, Reason

THREE = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]


def two(first: int, second: int, both: int) -> CaptureTable:
    return CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [first, second, both])


@pytest.mark.parametrize(("alpha", "total"), [(0.5, 8517), (1.0, 13333), (2.0, 22967), (4.0, 42233)])
def test_sizes_at_four_odds_ratios(alpha: float, total: int) -> None:
    found = odds_ratio_bounds(two(1700, 1700, 300), alpha=(alpha, alpha))
    assert round(found.lower) == round(found.upper) == total


def test_the_declared_odds_ratio_is_that_of_the_completed_table() -> None:
    found = odds_ratio_bounds(two(170, 260, 40), alpha=(3.0, 3.0))
    unseen = found.lower - found.n_observed
    assert 40 * unseen / (170 * 260) == pytest.approx(3.0)


def test_at_one_it_is_lincoln_petersen_with_its_interval() -> None:
    table = two(1700, 1500, 300)
    plain = lincoln_petersen(table)
    found = odds_ratio_bounds(table, gamma=1.0)
    assert found.curve[0].standard_error == pytest.approx(plain.standard_error)
    assert plain.interval is not None
    assert found.interval.lower == pytest.approx(plain.interval.lower)
    assert found.interval.upper == pytest.approx(plain.interval.upper)


def test_the_interval_is_the_union_and_the_other_one_lies_inside_it() -> None:
    table = two(170, 150, 30)
    whole = odds_ratio_bounds(table, gamma=2.0)
    inner = odds_ratio_bounds(table, gamma=2.0, covers="true-value")
    ends = [odds_ratio_bounds(table, alpha=(a, a)).interval for a in (0.5, 2.0)]
    assert (whole.interval.lower, whole.interval.upper) == pytest.approx((ends[0].lower, ends[1].upper))
    assert whole.interval.lower < inner.interval.lower < whole.lower
    assert whole.upper < inner.interval.upper < whole.interval.upper
    one_sided = odds_ratio_bounds(table, gamma=50.0, covers="true-value", level=0.95).interval
    at_90 = odds_ratio_bounds(table, gamma=50.0, level=0.90).interval
    assert one_sided.lower == pytest.approx(at_90.lower, rel=1e-6), "a very wide range leaves one-sided limits"
    assert odds_ratio_bounds(table, gamma=1.0, covers="true-value").interval.lower == pytest.approx(
        odds_ratio_bounds(table, gamma=1.0).interval.lower
    )


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("covers", ["whole-range", "true-value"])
def test_intervals_hold_the_truth_for_dependence_inside_the_range(alpha: float, covers: str) -> None:
    """Units drawn one by one, with chances for the second list that depend on the first."""
    rng = np.random.default_rng(8)
    units, p1, base, held, replicates = 3000, 0.25, 0.3, 0, 400
    odds = alpha * base / (1 - base)
    inside = odds / (1 + odds)
    for _ in range(replicates):
        first = rng.random(units) < p1
        second = rng.random(units) < np.where(first, inside, base)
        table = two(int((first & ~second).sum()), int((second & ~first).sum()), int((first & second).sum()))
        found = odds_ratio_bounds(table, gamma=2.0, covers="true-value" if covers == "true-value" else "whole-range")
        held += found.interval.lower <= units <= found.interval.upper
    assert held / replicates >= 0.95 - 2.5 * math.sqrt(0.95 * 0.05 / replicates)
    if covers == "true-value" and alpha != 1.0:
        assert held / replicates <= 0.985, "at the ends of the range it is not wider than it must be"


def test_three_lists_by_hand_and_their_standard_error() -> None:
    table = CaptureTable.from_histories(THREE, [40, 50, 60, 20, 25, 30, 10])
    unseen = 40 * 50 * 60 * 10 / (20 * 25 * 30)
    found = top_interaction_bounds(table, lambdas=(-math.log(3), math.log(3)))
    assert found.lower == pytest.approx(235 + unseen / 3)
    assert found.independent == pytest.approx(235 + unseen)
    assert found.upper == pytest.approx(235 + unseen * 3)
    spread = sum(1 / x for x in (40, 50, 60, 20, 25, 30, 10))
    middle = found.curve[len(found.curve) // 2]
    assert middle.factor == pytest.approx(1.0)
    assert middle.standard_error == pytest.approx(math.sqrt(unseen + unseen**2 * spread))


def test_at_zero_it_is_the_log_linear_model_with_all_pairs() -> None:
    from darkfigure.estimate.lists.declared_terms import log_linear

    table = CaptureTable.from_histories(THREE, [40, 50, 60, 20, 25, 30, 10])
    fitted = estimate(log_linear("[12,13,23]"), table)
    assert isinstance(fitted, PopulationEstimate) and fitted.standard_error is not None
    found = top_interaction_bounds(table, lambdas=(0.0, 0.0))
    assert found.lower == pytest.approx(fitted.n_total, rel=1e-6)
    assert found.curve[0].standard_error == pytest.approx(fitted.standard_error, rel=1e-4)
    around = top_interaction_bounds(fitted, lambdas=(0.0, math.log(2)))
    assert around.upper == pytest.approx(235 + 2 * fitted.n_unseen)
    assert around.curve[0].standard_error == pytest.approx(fitted.standard_error)
    assert around.curve[-1].standard_error == pytest.approx(
        top_interaction_bounds(table, lambdas=(math.log(2), math.log(2))).curve[0].standard_error, rel=1e-4
    )


def test_two_lists_are_a_special_case_of_many() -> None:
    table = two(170, 260, 40)
    few, many = odds_ratio_bounds(table, gamma=3.0), top_interaction_bounds(table, lambdas=(-math.log(3), math.log(3)))
    assert many.interval.upper == pytest.approx(few.interval.upper)


def test_an_empty_cell_is_refused_and_a_fitted_model_is_the_way_out() -> None:
    table = CaptureTable.from_histories(THREE, [40, 50, 60, 20, 25, 30, 0])
    with pytest.raises(UnanswerableError) as refusal:
        top_interaction_bounds(table, lambdas=(-1.0, 1.0))
    assert refusal.value.reason is Reason.DOES_NOT_EXIST
    fitted = estimate("Mt", table)
    assert isinstance(fitted, PopulationEstimate)
    found = top_interaction_bounds(fitted, lambdas=(-1.0, 1.0))
    assert found.lower < fitted.n_total < found.upper
    assert json.loads(json.dumps(found.to_dict()))["n_observed"] == 225


def test_other_refusals_of_bounds() -> None:
    with pytest.raises(UnanswerableError, match="share no unit"):
        odds_ratio_bounds(two(10, 10, 0), gamma=2.0)
    with pytest.raises(UnanswerableError, match="every unit of the other"):
        odds_ratio_bounds(two(10, 0, 5), gamma=2.0)
    with pytest.raises(UnanswerableError, match="cells of two lists"):
        top_interaction_bounds(CaptureTable.from_frequencies([5, 2], n_occasions=4), lambdas=(0.0, 1.0))
    with pytest.raises(UnanswerableError, match="no standard error"):
        top_interaction_bounds(PopulationEstimate(method="x", n_observed=5, n_total=9.0), lambdas=(0.0, 1.0))


# Pairs of lists


def test_pairwise_limits_on_two_lists_are_the_odds_ratio_bounds() -> None:
    table = two(1700, 1700, 300)
    bounds = odds_ratio_bounds(table, gamma=2.0)
    found = pairwise_set(table, limits_for_all(table, gamma=2.0))
    assert (found.lower, found.upper) == pytest.approx((bounds.lower, bounds.upper), rel=1e-9)
    # Score tests and log-normal intervals are different constructions; they agree for large cells.
    assert found.interval.lower == pytest.approx(bounds.interval.lower, rel=0.02)
    assert found.interval.upper == pytest.approx(bounds.interval.upper, rel=0.03)


def test_the_edge_of_the_set_is_just_rejected() -> None:
    """At the upper end the overlap is ``c`` standard errors above what the highest odds ratio makes of it."""
    found = pairwise_set(two(170, 150, 30), [PairLimit(first=1, second=2, low=0.5, high=2.0)])
    n1, n2, size = 200, 180, found.interval.upper
    x = scipy.optimize.brentq(lambda x: x * (size - n1 - n2 + x) - 2 * (n1 - x) * (n2 - x), 0, 180)
    error = 1 / math.sqrt(1 / x + 1 / (n1 - x) + 1 / (n2 - x) + 1 / (size - n1 - n2 + x))
    assert (30 - x) / error == pytest.approx(1.959964, rel=1e-5)


def test_a_chance_if_missed_bounds_the_size_from_both_sides() -> None:
    found = pairwise_set(
        two(170, 150, 30), [PairLimit(first=1, second=2, low=0.1, high=0.25, measure="chance-if-missed")]
    )
    assert (found.lower, found.upper) == pytest.approx((200 + 150 / 0.25, 200 + 150 / 0.1))
    trials = found.interval.upper - 200
    assert (trials * 0.1 - 150) / math.sqrt(trials * 0.1 * 0.9) == pytest.approx(1.959964, rel=1e-5)
    open_end = pairwise_set(two(170, 150, 30), [PairLimit(first=1, second=2, low=0.0, high=0.25)])
    assert math.isfinite(open_end.interval.upper)
    never = PairLimit(first=1, second=2, low=0.0, high=0.25, measure="chance-if-missed")
    assert math.isinf(pairwise_set(two(170, 150, 30), [never]).interval.upper)


def test_several_limits_are_cut_together_and_contradictions_refused() -> None:
    table = CaptureTable.from_histories(THREE, [400, 500, 600, 200, 250, 300, 100])
    limits = limits_for_all(table, gamma=1.5)
    together = pairwise_set(table, limits)
    alone = [pairwise_set(table, [limit]) for limit in limits]
    assert together.lower == pytest.approx(max(a.lower for a in alone))
    assert together.upper == pytest.approx(min(a.upper for a in alone))
    assert together.interval.lower >= max(a.interval.lower for a in alone) * 0.97
    against = [
        PairLimit(first=1, second=2, low=0.9, high=1.1),
        PairLimit(first=1, second=3, low=8.0, high=9.0),
    ]
    with pytest.raises(UnanswerableError) as refusal:
        pairwise_set(table, against)
    assert refusal.value.reason is Reason.CHECK_FAILED
    assert json.loads(json.dumps(together.to_dict()))["by_pair"]


def test_low_odds_ratios_at_small_sizes_are_solved_without_cancellation() -> None:
    found = pairwise_set(two(5, 5, 100), [PairLimit(first=1, second=2, low=1e-18, high=1e9)])
    assert found.lower == pytest.approx(110.0)


def test_the_set_holds_the_truth_of_dependent_lists() -> None:
    """Three lists, the second and third chosen with odds that double for units of the first."""
    rng = np.random.default_rng(6)
    units, held, replicates = 2500, 0, 200
    for _ in range(replicates):
        first = rng.random(units) < 0.3
        lift = np.where(first, 2 * 0.25 / (1 + 0.25), 0.25)
        histories = np.column_stack([first, rng.random(units) < lift, rng.random(units) < lift])
        table = CaptureTable.from_histories(histories[histories.any(axis=1)].astype(int))
        found = pairwise_set(
            table,
            [
                PairLimit(first=1, second=2, low=1.0, high=2.0),
                PairLimit(first=1, second=3, low=1.0, high=2.0),
            ],
        )
        held += found.interval.lower <= units <= found.interval.upper
    assert held / replicates >= 0.93


@pytest.mark.parametrize(
    "make",
    [
        lambda: odds_ratio_bounds(two(10, 10, 5)),
        lambda: odds_ratio_bounds(two(10, 10, 5), gamma=2.0, alpha=(1.0, 2.0)),
        lambda: odds_ratio_bounds(two(10, 10, 5), gamma=0.5),
        lambda: odds_ratio_bounds(two(10, 10, 5), alpha=(0.0, 2.0)),
        lambda: top_interaction_bounds(two(10, 10, 5), lambdas=(1.0, 0.0)),
        lambda: PairLimit(first=1, second=1, low=1, high=2),
        lambda: PairLimit(first=1, second=2, low=0.1, high=2, measure="chance-if-missed"),
        lambda: pairwise_set(two(10, 10, 5), []),
        lambda: pairwise_set(two(10, 10, 5), [PairLimit(first=1, second=3, low=1, high=2)]),
        lambda: limits_for_all(two(10, 10, 5), gamma=0.9),
    ],
)
def test_caller_mistakes_are_named(make: object) -> None:
    assert callable(make)
    with pytest.raises(EstimateError) as mistake:
        make()
    assert mistake.value.code == "E-EST-66"
