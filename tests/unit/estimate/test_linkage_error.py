"""Errors of linkage: the formula by hand, where its chances come from, and what it refuses."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.closed.two_samples import lincoln_petersen
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity import (
    between,
    checked_sample,
    corrected_many_lists,
    corrected_two_lists,
    declared_errors,
    lease_errors,
    linkage_corrected,
    of_share,
)
from darkfigure.estimate.sensitivity.linkage_cells import Linking, linked_cells
from darkfigure.records.aggregate import (
    CaptureTable,
    Interval,
    LaggedEstimate,
    LagPoint,
    LeaseDecay,
    NotEstimable,
    PopulationEstimate,
    Reason,
    TwoSamples,
)

BOTH: tuple[Linking, Linking] = ("at-once", "in-turn")
THREE = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]


def two(first: int, second: int, both: int) -> CaptureTable:
    return CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [first, second, both])


@pytest.mark.parametrize("total", [2_000, 10_000, 60_000])
@pytest.mark.parametrize(("gamma", "beta"), [(0.9, 0.02), (0.5, 0.0), (1.0, 0.05), (0.3, 0.1)])
def test_expected_links_give_the_true_size(total: int, gamma: float, beta: float) -> None:
    """``m* = gamma M + beta (n_1 - M)``, worked out from the truth, leads back to it."""
    n1, n2 = 1000, 800
    pairs = n1 * n2 / total
    links = gamma * pairs + beta * (n1 - pairs)
    samples = TwoSamples(n1 * 1000, n2 * 1000, round(links * 1000))
    found = corrected_two_lists(samples, declared_errors(gamma=gamma, beta=beta), draws=10)
    assert found.n_total == pytest.approx(total * 1000, rel=2e-4)


def test_misses_alone_inflate_by_one_over_gamma_and_false_links_take_some_back() -> None:
    alone = corrected_two_lists(TwoSamples(1000, 1000, 810), declared_errors(gamma=0.9), draws=10)
    assert alone.naive_error_percent == pytest.approx(100 / 0.9 - 100)
    both = corrected_two_lists(TwoSamples(1000, 1000, 812), declared_errors(gamma=0.9, beta=0.02), draws=10)
    assert 10 < both.naive_error_percent < alone.naive_error_percent


def test_without_errors_it_is_lincoln_petersen_with_its_standard_error() -> None:
    table = two(1700, 1500, 300)
    plain = lincoln_petersen(table)
    found = corrected_two_lists(TwoSamples(2000, 1800, 300), declared_errors(gamma=1.0), draws=10)
    assert found.n_total == pytest.approx(table.n_observed + (plain.n_unseen or 0))
    assert found.standard_error == pytest.approx(plain.standard_error)


def test_who_can_be_linked_falsely_matters_as_the_algebra_says() -> None:
    samples, errors = TwoSamples(2000, 1500, 250), declared_errors(gamma=0.4, beta=0.03)
    unmatched = corrected_two_lists(samples, errors, draws=10)
    unlinked = corrected_two_lists(samples, errors, false_links="unlinked", draws=10)
    assert unmatched.links == pytest.approx((250 - 60) / (0.4 - 0.03))
    assert unlinked.links == pytest.approx((250 - 60) / (0.4 * 0.97))


def test_uncertain_chances_widen_the_range_as_the_delta_method_says() -> None:
    samples = TwoSamples(2000, 2000, 394)
    exact = corrected_two_lists(samples, declared_errors(gamma=0.9, beta=0.02), draws=10)
    errors = checked_sample(true_linked=180, true_missed=20, unmatched_linked=6, unmatched_unlinked=294)
    found = corrected_two_lists(samples, errors, draws=20_000)
    step = 1e-5

    def size(gamma: float, beta: float) -> float:
        return corrected_two_lists(samples, declared_errors(gamma=gamma, beta=beta), draws=2).n_total

    by_gamma = (size(0.9 + step, 0.02) - size(0.9 - step, 0.02)) / (2 * step) * errors.gamma.standard_error
    by_beta = (size(0.9, 0.02 + step) - size(0.9, 0.02 - step)) / (2 * step) * errors.beta.standard_error
    assert found.standard_error**2 == pytest.approx(exact.standard_error**2 + by_gamma**2 + by_beta**2, rel=1e-5)
    # Draws and test inversion are different constructions and agree as far as both are good approximations.
    assert math.log(found.drawn.upper / found.drawn.lower) == pytest.approx(
        math.log(found.interval.upper / found.interval.lower), rel=0.15
    )


def test_declared_ranges_give_the_union_over_their_ends() -> None:
    samples = TwoSamples(2000, 2000, 394)
    ends = [
        corrected_two_lists(samples, declared_errors(gamma=g, beta=b), draws=10).interval
        for g in (0.8, 0.95)
        for b in (0.0, 0.04)
    ]
    found = corrected_two_lists(samples, declared_errors(gamma=between(0.8, 0.95), beta=between(0, 0.04)), draws=10)
    assert found.interval.lower == pytest.approx(min(i.lower for i in ends))
    assert found.interval.upper == pytest.approx(max(i.upper for i in ends))


def test_an_interval_without_an_upper_end_when_chance_alone_could_make_the_links() -> None:
    found = corrected_two_lists(TwoSamples(2000, 2000, 45), declared_errors(gamma=0.9, beta=0.02), draws=2000)
    assert math.isinf(found.interval.upper) and found.interval.lower < found.n_total
    assert json.loads(json.dumps(found.to_dict()))["interval"]["upper"] is None


@pytest.mark.parametrize(
    ("samples", "gamma", "beta", "reason"),
    [
        (TwoSamples(2000, 2000, 0), 0.9, 0.02, Reason.NO_OVERLAP),
        (TwoSamples(2000, 2000, 40), 0.9, 0.02, Reason.NOT_IDENTIFIED),
        (TwoSamples(2000, 2000, 300), 0.1, 0.1, Reason.NOT_IDENTIFIED),
        (TwoSamples(2000, 2000, 300), 0.05, 0.1, Reason.NOT_IDENTIFIED),
        (TwoSamples(2000, 1000, 900), 0.5, 0.0, Reason.BOUNDARY),
    ],
)
def test_refusals_name_their_cause(samples: TwoSamples, gamma: float, beta: float, reason: Reason) -> None:
    with pytest.raises(UnanswerableError) as refusal:
        corrected_two_lists(samples, declared_errors(gamma=gamma, beta=beta))
    assert refusal.value.reason is reason
    only = (samples.n_first - samples.n_both, samples.n_second - samples.n_both)
    result = estimate(linkage_corrected(gamma=gamma, beta=beta), two(*only, samples.n_both))
    assert isinstance(result, NotEstimable) and result.reason is reason


def test_a_declared_range_that_reaches_an_impossible_corner_is_refused() -> None:
    with pytest.raises(UnanswerableError, match="All links found could be false"):
        corrected_two_lists(TwoSamples(2000, 2000, 50), declared_errors(gamma=0.9, beta=between(0.0, 0.03)))


def test_a_table_that_shows_most_units_twice_is_refused_with_a_way_out() -> None:
    samples = TwoSamples(900, 900, 729)
    result = estimate(linkage_corrected(gamma=0.9), two(171, 171, 729))
    assert isinstance(result, NotEstimable) and result.reason is Reason.BOUNDARY
    assert corrected_two_lists(samples, declared_errors(gamma=0.9), draws=10).n_total == pytest.approx(1000)


def test_few_true_links_are_cautioned() -> None:
    result = estimate(linkage_corrected(gamma=0.9), two(300, 300, 12))
    assert isinstance(result, PopulationEstimate)
    assert "C-SMALL-OVERLAP" in [c.code for c in result.cautions]
    assert result.diagnostics["bias_reduced"] < result.n_total


def test_the_number_is_the_same_for_the_same_seed_and_halves_count_as_lists() -> None:
    one = estimate(linkage_corrected(gamma=0.9, beta=0.02, seed=3), two(1606, 1606, 394))
    assert one == estimate(linkage_corrected(gamma=0.9, beta=0.02, seed=3), two(1606, 1606, 394))


def test_gamma_and_beta_from_a_checked_sample() -> None:
    errors = checked_sample(true_linked=45, true_missed=5, unmatched_linked=0, unmatched_unlinked=200)
    assert errors.gamma.value == 0.9
    assert errors.beta.value == 0.0
    assert errors.beta.standard_error > 0, "none false among 200 does not prove that none is"
    draws = errors.gamma.at(np.linspace(0.0005, 0.9995, 1000))
    assert draws.mean() == pytest.approx(45.5 / 51, abs=1e-3)
    assert draws.std() == pytest.approx(errors.gamma.standard_error, rel=0.02)


def test_a_share_estimated_elsewhere_keeps_its_mean_and_spread() -> None:
    draws = of_share(0.8, 0.05).at(np.linspace(0.00005, 0.99995, 10_000))
    assert draws.mean() == pytest.approx(0.8, abs=1e-3)
    assert draws.std() == pytest.approx(0.05, rel=0.02)


def test_gamma_from_leases_is_their_survival_averaged_over_the_lags() -> None:
    decay = LeaseDecay("exponential", 30.0, Interval(24.0, 37.0, 0.95, "x"))
    errors = lease_errors(decay, lag_days=[10.0, 50.0], floor=0.0, n_second=100)
    assert errors.gamma.value == pytest.approx((math.exp(-1 / 3) + math.exp(-5 / 3)) / 2)
    ends = [(math.exp(-10 / m) + math.exp(-50 / m)) / 2 for m in (24.0, 37.0)]
    assert errors.gamma.standard_error == pytest.approx((ends[1] - ends[0]) / (2 * 1.959964), rel=1e-5)
    assert lease_errors(LeaseDecay("fixed", 30.0), lag_days=12, floor=0.0, n_second=5).gamma.value == pytest.approx(0.6)
    assert lease_errors(LeaseDecay("none", None), lag_days=12, floor=0.0, n_second=5).gamma.value == 1.0


def test_beta_from_the_floor_is_the_chance_that_any_of_the_second_list_is_taken() -> None:
    errors = lease_errors(LeaseDecay("exponential", 30.0), lag_days=1, floor=1e-4, n_second=300)
    assert errors.beta.value == pytest.approx(1 - (1 - 1e-4) ** 300)


def test_other_shapes_are_read_off_the_fitted_curve() -> None:
    n_active, floor = 500.0, 1e-5
    lags = (1.0, 5.0, 20.0, 60.0)
    survival = (0.9, 0.6, 0.3, 0.1)
    pairs = 1e7
    found = LaggedEstimate(
        n_active=n_active,
        interval=Interval(400.0, 600.0, 0.95, "x"),
        decay=LeaseDecay("mixture", 20.0),
        floor=floor,
        session_cut_days=0.0,
        n_sightings=10,
        n_entities=5,
        n_matches=3,
        curve=tuple(
            LagPoint(t, pairs, 0.0, pairs * (s / n_active + floor)) for t, s in zip(lags, survival, strict=True)
        ),
        readings=(),
        estimand="sources",
    )
    assert lease_errors(found, lag_days=5, n_second=10).gamma.value == pytest.approx(0.6)
    assert lease_errors(found, lag_days=12.5, n_second=10).gamma.value == pytest.approx(0.45)
    assert lease_errors(found, lag_days=5, n_second=10).beta.value == pytest.approx(1 - (1 - floor) ** 10)


def cells_by_listing_outcomes(true: list[float], keep: float) -> np.ndarray:
    """Expected fragments of three lists by going through every way in which records can be lost."""
    found = np.zeros(8)
    for code in range(1, 8):
        lists = [b for b in (4, 2, 1) if code & b]
        for lost in range(2 ** len(lists)):
            gone = [b for k, b in enumerate(lists) if lost >> k & 1]
            chance = keep ** (len(lists) - len(gone)) * (1 - keep) ** len(gone) * true[code - 1]
            rest = sum(lists) - sum(gone)
            found[rest] += chance
            for b in gone:
                found[b] += chance
    return found[1:]


def test_expected_cells_after_losses() -> None:
    true = [40.0, 50.0, 20.0, 60.0, 25.0, 30.0, 10.0]
    linked = linked_cells(np.array(true), n_lists=3, gamma=0.81, beta=0.0)
    assert linked.expected == pytest.approx(cells_by_listing_outcomes(true, 0.9))


def test_expected_cells_after_linking_in_turn() -> None:
    """Cell by cell: the first record of a unit stands, each later one stays with it or stands alone."""
    gamma = 0.8
    only_3, only_2, both_23, only_1, both_13, both_12, all_three = 40.0, 50.0, 20.0, 60.0, 25.0, 30.0, 10.0
    true = np.array([only_3, only_2, both_23, only_1, both_13, both_12, all_three])
    lost, g2, mixed = 1 - gamma, gamma**2, gamma * (1 - gamma)
    expected = [
        only_3 + lost * (both_23 + both_13 + all_three),
        only_2 + lost * (both_23 + both_12 + all_three),
        gamma * both_23,
        only_1 + lost * (both_13 + both_12) + lost**2 * all_three,
        gamma * both_13 + mixed * all_three,
        gamma * both_12 + mixed * all_three,
        g2 * all_three,
    ]
    # The record of list 2 in a unit of lists 2 and 3 stands whether or not that of list 3 is linked to it.
    made = linked_cells(true, n_lists=3, gamma=gamma, beta=0.0, linking="in-turn").expected
    assert made == pytest.approx(np.array(expected))


def test_linking_in_turn_is_another_model_for_three_lists_and_nearly_the_same_for_two() -> None:
    table = CaptureTable.from_histories(THREE, [140, 150, 130, 60, 58, 55, 42])
    errors = declared_errors(gamma=0.8, beta=0.02)
    once, turn = (corrected_many_lists(table, errors, linking=how) for how in BOTH)
    assert abs(turn.n_total / once.n_total - 1) > 0.005
    pair = two(1606, 1606, 394)
    alone = declared_errors(gamma=0.8)
    once, turn = (corrected_many_lists(pair, alone, linking=how) for how in BOTH)
    assert turn.n_total == pytest.approx(once.n_total, rel=1e-9)
    front = estimate(linkage_corrected(errors=errors, linking="in-turn"), table)
    assert isinstance(front, PopulationEstimate)
    assert front.n_total == pytest.approx(corrected_many_lists(table, errors, linking="in-turn").n_total)


@pytest.mark.parametrize("beta", [0.0, 0.05])
@pytest.mark.parametrize("linking", BOTH)
def test_derivatives_of_cells_are_those_by_differences(beta: float, linking: Linking) -> None:
    true = np.array([40.0, 50.0, 20.0, 60.0, 25.0, 30.0, 10.0])
    linked = linked_cells(true, n_lists=3, gamma=0.8, beta=beta, linking=linking)
    for k in range(7):
        step = np.zeros(7)
        step[k] = 1e-4
        up = linked_cells(true + step, n_lists=3, gamma=0.8, beta=beta, linking=linking).expected
        down = linked_cells(true - step, n_lists=3, gamma=0.8, beta=beta, linking=linking).expected
        assert linked.jacobian[:, k] == pytest.approx((up - down) / 2e-4, abs=1e-6)


@pytest.mark.parametrize("linking", BOTH)
def test_linking_keeps_the_captures_of_every_list(linking: Linking) -> None:
    true = np.array([40.0, 50.0, 20.0, 60.0, 25.0, 30.0, 10.0])
    linked = linked_cells(true, n_lists=3, gamma=0.8, beta=0.05, linking=linking)
    captures = np.array([[code >> b & 1 for b in range(3)] for code in range(1, 8)]).T
    assert captures @ linked.expected == pytest.approx(captures @ true)


def test_two_lists_are_a_special_case_of_many() -> None:
    table = two(1606, 1706, 394)
    many = corrected_many_lists(table, declared_errors(gamma=0.9, beta=0.02))
    few = corrected_two_lists(
        TwoSamples(2000, 2100, 394), declared_errors(gamma=0.9, beta=0.02), false_links="unlinked", draws=10
    )
    assert many.n_total == pytest.approx(few.n_total, rel=1e-9)
    assert many.n_seen == pytest.approx(few.n_seen, rel=1e-9)
    assert many.standard_error == pytest.approx(few.standard_error, rel=0.02)


def test_many_lists_without_errors_are_the_model_of_independent_lists() -> None:
    table = CaptureTable.from_histories(THREE, [140, 150, 130, 30, 28, 25, 12])
    plain = estimate("Mt", table)
    assert isinstance(plain, PopulationEstimate)
    found = corrected_many_lists(table, declared_errors(gamma=1.0))
    assert found.n_total == pytest.approx(plain.n_total, rel=1e-8)
    assert found.standard_error == pytest.approx(plain.standard_error, rel=1e-6)


def test_expected_cells_of_many_lists_give_the_true_size() -> None:
    p, total = np.array([0.3, 0.25, 0.2]), 1_000_000
    h = np.array([[code >> b & 1 for b in (2, 1, 0)] for code in range(1, 8)])
    true = total * np.prod(np.where(h == 1, p, 1 - p), axis=1)
    seen = linked_cells(true, n_lists=3, gamma=0.85, beta=0.03).expected
    table = CaptureTable.from_histories(h.tolist(), np.round(seen).astype(int).tolist())
    found = corrected_many_lists(table, declared_errors(gamma=0.85, beta=0.03))
    assert found.n_total == pytest.approx(total, rel=1e-4)
    # Misses alone would make it 1 / 0.85 times too high; false links take a part of that back.
    naive = corrected_many_lists(table, declared_errors(gamma=1.0)).n_total
    assert 1.05 * total < naive < total / 0.85
    front = estimate(linkage_corrected(gamma=0.85, beta=0.03), table)
    assert isinstance(front, PopulationEstimate) and front.n_total == pytest.approx(found.n_total)


def test_ranges_and_dependence_of_many_lists() -> None:
    table = CaptureTable.from_histories(THREE, [140, 150, 130, 60, 28, 25, 20])
    exact = corrected_many_lists(table, declared_errors(gamma=0.9), pairs=[(1, 2)])
    wide = corrected_many_lists(table, declared_errors(gamma=between(0.8, 1.0, best=0.9)), pairs=[(1, 2)])
    assert wide.interval.lower < exact.interval.lower < exact.interval.upper < wide.interval.upper
    measured = checked_sample(true_linked=90, true_missed=10, unmatched_linked=2, unmatched_unlinked=98)
    found = corrected_many_lists(table, measured)
    assert found.standard_error > found.sampling_error


def test_many_lists_refuse() -> None:
    table = CaptureTable.from_histories(THREE, [140, 150, 130, 30, 28, 25, 12])
    with pytest.raises(UnanswerableError, match="no more likely"):
        corrected_many_lists(table, declared_errors(gamma=0.1, beta=0.2))
    with pytest.raises(UnanswerableError, match="more parameters"):
        corrected_many_lists(two(10, 10, 5), declared_errors(gamma=0.9), pairs=[(1, 2)])
    with pytest.raises(UnanswerableError, match="No links"):
        corrected_many_lists(two(10, 10, 0), declared_errors(gamma=0.9))
    with pytest.raises(UnanswerableError, match="two to seven"):
        corrected_many_lists(CaptureTable.from_frequencies([10, 3], n_occasions=2), declared_errors(gamma=0.9))
    with pytest.raises(UnanswerableError, match="could be false"):
        corrected_many_lists(two(1960, 1960, 39), declared_errors(gamma=0.9, beta=0.02))
    with pytest.raises(EstimateError, match="E-EST-65"):
        corrected_many_lists(table, declared_errors(gamma=0.9), pairs=[(1, 4)])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: declared_errors(gamma=1.2), "E-EST-62"),
        (lambda: linkage_corrected(beta=0.1), "E-EST-62"),
        (lambda: declared_errors(gamma=between(0.5, 1.5)), "E-EST-62"),
        (lambda: between(0.5, 0.2), "E-EST-62"),
        (lambda: between(0.2, 0.5, best=0.6), "E-EST-62"),
        (lambda: of_share(0.5, 0.6), "E-EST-62"),
        (
            lambda: checked_sample(true_linked=0, true_missed=0, unmatched_linked=1, unmatched_unlinked=2),
            "E-EST-62",
        ),
        (lambda: lease_errors(LeaseDecay("gamma", 30.0), lag_days=1, floor=0.0, n_second=1), "E-EST-64"),
        (lambda: lease_errors(LeaseDecay("exponential", 30.0), lag_days=-1, floor=0.0, n_second=1), "E-EST-64"),
        (lambda: lease_errors(LeaseDecay("exponential", 30.0), lag_days=1, n_second=1), "E-EST-64"),
        (lambda: lease_errors(LeaseDecay("exponential", 30.0), lag_days=1, floor=0.1, n_second=-1), "E-EST-64"),
    ],
)
def test_caller_mistakes_are_named(make: object, code: str) -> None:
    assert callable(make)
    with pytest.raises(EstimateError) as mistake:
        make()
    assert mistake.value.code == code
