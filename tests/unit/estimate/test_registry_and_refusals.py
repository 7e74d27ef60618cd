"""The front door: names, errors, refusals with reasons, and the limit to what data can carry."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

from darkfigure.errors import EstimateError
from darkfigure.estimate import REGISTRY, estimate
from darkfigure.estimate.existence import check_cells
from darkfigure.estimate.outcomes import Fit, UnanswerableError
from darkfigure.estimate.plausibility import carrying_limit, check_plausible
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason, TwoSamples

HARE = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
CONTRACT = {
    "lincoln-petersen", "chapman", "chao", "chao-bc", "zelterman", "M0", "Mt", "Mb", "Mbh", "Mtb",
    *(f"{k}-{s}" for k in ("Mh", "Mth") for s in ("chao", "poisson2", "darroch", "gamma3.5", "normal")),
    "loglinear-main", "loglinear-pairs", "loglinear-stepwise",
}  # fmt: skip


REFUSED_AT_52 = {"Mb", "Mbh", "Mtb", "Mh-poisson2", "Mth-poisson2"}
"""Need first captures, which a window does not carry, or a shape that 52 occasions cannot show."""


def window(n_total: int, *, t: int = 52, rate: float = 0.01, spread: float = 0.7, seed: int = 3) -> CaptureTable:
    """A year of weeks as the prevalence stage makes it: frequencies, totals and halves, no cells."""
    rng = np.random.default_rng(seed)
    odds = np.log(rng.uniform(0.5, 1.5, t) * rate)[None, :] + rng.normal(0, spread, n_total)[:, None]
    seen = rng.random((n_total, t)) < 1 / (1 + np.exp(-odds))
    seen = seen[seen.any(axis=1)]
    first, second = seen[:, : t // 2].any(axis=1), seen[:, t // 2 :].any(axis=1)
    return CaptureTable(
        frequencies=tuple(int(x) for x in np.bincount(seen.sum(axis=1), minlength=t + 1)[1:]),
        n_occasions=t,
        ordered=True,
        occasion_totals=tuple(int(x) for x in seen.sum(axis=0)),
        halves=TwoSamples(int(first.sum()), int(second.sum()), int((first & second).sum())),
    )


def refusal(method: str, table: CaptureTable) -> NotEstimable:
    result = estimate(method, table)
    assert isinstance(result, NotEstimable), result
    return result


@pytest.mark.parametrize(
    "table",
    [
        CaptureTable.from_histories([[1]], [40]),
        CaptureTable.from_histories([[1]], [40], ordered=True, labels=("police",)),
        CaptureTable.from_frequencies([40], n_occasions=1),
    ],
)
def test_every_method_says_of_a_single_list_that_lists_are_too_few(table: CaptureTable) -> None:
    assert {refusal(name, table).reason for name in REGISTRY} == {Reason.TOO_FEW_LISTS}


def test_two_lists_are_too_few_for_units_that_differ_before_anything_else() -> None:
    apart = CaptureTable.from_histories([[1, 0], [0, 1]], [40, 30])
    for name in ("Mh-darroch", "Mth-darroch", "Mth-chao"):
        assert refusal(name, apart).reason is Reason.TOO_FEW_LISTS
    assert refusal("Mt", apart).reason is Reason.NO_OVERLAP


def test_the_registry_has_every_method_of_the_contract() -> None:
    assert set(REGISTRY) >= CONTRACT


@pytest.mark.parametrize("name", list(REGISTRY))
def test_every_entry_is_described(name: str) -> None:
    entry = REGISTRY[name]
    assert entry.name == name
    assert entry.question.endswith("?")
    assert all(a.endswith(".") for a in entry.assumptions)
    assert len(entry.assumptions) >= 3
    assert "(19" in entry.source or "(20" in entry.source
    assert entry.needs


def test_an_unknown_method_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(EstimateError, match="E-EST-01") as caught:
        estimate("magic", HARE)
    assert "chapman" in caught.value.allowed
    assert caught.value.exit_code == 40


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, math.nan])
def test_an_impossible_level_is_an_error(level: float) -> None:
    with pytest.raises(EstimateError, match="E-EST-02"):
        estimate("M0", HARE, level=level)


def test_a_higher_level_gives_a_wider_range() -> None:
    for method in ("chao", "M0", "Mh-chao", "Mh-darroch"):
        narrow, wide = estimate(method, HARE, level=0.8), estimate(method, HARE, level=0.99)
        assert isinstance(narrow, PopulationEstimate)
        assert isinstance(wide, PopulationEstimate)
        assert narrow.interval is not None
        assert wide.interval is not None
        assert wide.interval.lower <= narrow.interval.lower < narrow.interval.upper < wide.interval.upper


def test_lists_without_order_refuse_models_of_behaviour() -> None:
    table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], [20, 10, 6, 9])
    for method in ("Mb", "Mbh", "Mtb"):
        assert refusal(method, table).reason is Reason.UNORDERED_LISTS


def test_a_table_of_captures_without_limit_refuses_models_that_need_occasions() -> None:
    table = CaptureTable.from_frequencies([60, 20, 5, 1])
    for method in ("Mt", "Mh-darroch", "Mh-gamma3.5", "Mth-chao"):
        assert refusal(method, table).reason is Reason.WRONG_TABLE
    assert isinstance(estimate("M0", table), PopulationEstimate)


def test_m0_without_limit_is_the_zero_truncated_poisson() -> None:
    table = CaptureTable.from_frequencies([60, 20, 5, 1])
    result = estimate("M0", table)
    assert isinstance(result, PopulationEstimate)
    captures, n = 119, 86
    rate = captures / result.n_total
    assert rate / (1 - math.exp(-rate)) == pytest.approx(captures / n, rel=1e-7)
    assert result.n_total == pytest.approx(n / (1 - math.exp(-rate)), rel=1e-7)


def test_totals_are_needed_for_mt() -> None:
    assert refusal("Mt", HARE).reason is Reason.WRONG_TABLE


def test_a_list_that_holds_everybody_is_a_boundary() -> None:
    table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [1, 0, 1]], [20, 10, 6])
    for method in ("Mt", "Mth-chao", "Mth-darroch"):
        assert refusal(method, table).reason is Reason.BOUNDARY


def test_units_seen_every_time_are_a_boundary() -> None:
    table = CaptureTable.from_frequencies([0, 0, 12], n_occasions=3)
    assert refusal("M0", table).reason is Reason.BOUNDARY


def test_units_all_seen_equally_often_identify_nothing() -> None:
    table = CaptureTable.from_frequencies([0, 12, 0, 0], n_occasions=4)
    assert refusal("M0", table).reason is Reason.NOT_IDENTIFIED


def test_two_numbers_of_captures_cannot_show_how_units_differ() -> None:
    table = CaptureTable.from_frequencies([40, 12, 0, 0, 0], n_occasions=5)
    assert refusal("Mh-darroch", table).reason is Reason.DOES_NOT_EXIST
    assert isinstance(estimate("M0", table), PopulationEstimate)


def test_two_lists_are_too_few_for_differences_between_units() -> None:
    table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [20, 10, 6], ordered=True)
    for method in ("Mh-darroch", "Mth-chao", "Mb", "Mtb"):
        assert refusal(method, table).reason is Reason.TOO_FEW_LISTS


def test_first_captures_that_do_not_fall_off_are_a_boundary() -> None:
    table = CaptureTable(
        frequencies=(25, 5, 0), n_occasions=3, ordered=True, occasion_totals=(5, 12, 18), first_captures=(5, 10, 15)
    )
    assert refusal("Mb", table).reason is Reason.BOUNDARY


def test_empty_cells_that_leave_a_fit_without_a_best_value_are_refused() -> None:
    """Two numbers of captures in every pattern of the first list: the likelihood of Mth rises for ever."""
    histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
    table = CaptureTable.from_histories(histories, [30, 20, 25, 4])
    assert refusal("Mth-darroch", table).reason in {Reason.DOES_NOT_EXIST, Reason.NOT_IDENTIFIED}


def test_an_empty_list_is_left_out_with_a_caution() -> None:
    histories = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]])
    counts = [30, 20, 25, 9, 8, 3]
    with_empty = estimate("Mt", CaptureTable.from_histories(histories, counts))
    without = estimate("Mt", CaptureTable.from_histories(histories[:, :3], counts))
    assert isinstance(with_empty, PopulationEstimate)
    assert isinstance(without, PopulationEstimate)
    assert with_empty.n_total == pytest.approx(without.n_total, rel=1e-9)
    assert [c.code for c in with_empty.cautions] == ["C-EMPTY-OCCASION"]


def test_a_number_beyond_what_repeats_can_carry_is_refused() -> None:
    limit = carrying_limit(HARE)
    assert limit == pytest.approx(20 * 145**2 / (2 * 77))
    assert check_plausible(Fit(n_unseen=limit - 69), HARE).n_unseen == limit - 69
    with pytest.raises(UnanswerableError) as caught:
        check_plausible(Fit(n_unseen=limit), HARE)
    assert caught.value.reason is Reason.DIVERGED
    with pytest.raises(UnanswerableError):
        check_plausible(Fit(n_unseen=math.inf), HARE)
    with pytest.raises(UnanswerableError):
        check_plausible(Fit(n_unseen=-1.0), HARE)
    with pytest.raises(UnanswerableError):
        check_plausible(Fit(n_unseen=5.0, standard_error=math.inf), HARE)


def test_a_model_that_explodes_is_refused_with_its_size() -> None:
    """Mostly singles, one pair, one unit seen very often: gamma differences between units run away."""
    table = CaptureTable.from_frequencies([400, 4, 1, 1, 1, 1, 1, 1], n_occasions=10)
    result = refusal("Mh-gamma3.5", table)
    assert result.reason is Reason.DIVERGED
    assert result.diagnostics["log10_n_total"] > math.log10(result.diagnostics["carrying_limit"])


def test_a_wide_range_is_said_to_be_wide() -> None:
    result = estimate("Mh-darroch", CaptureTable.from_frequencies([40, 4, 2], n_occasions=4))
    assert isinstance(result, PopulationEstimate)
    assert "C-WIDE" in {c.code for c in result.cautions}


@pytest.mark.parametrize("name", sorted(n for n in CONTRACT - REFUSED_AT_52 if not n.startswith("loglinear")))
def test_a_year_of_weeks_needs_no_cells(name: str) -> None:
    table = window(6000)
    result = estimate(name, table)
    assert isinstance(result, PopulationEstimate), result
    assert table.n_observed < result.n_total < 4 * 6000
    assert result.interval is not None
    assert result.interval.lower < result.n_total * 1.001
    assert math.isfinite(result.interval.upper)
    if name.startswith("Mt"):
        assert result.deviance is None
        assert result.aic is None
    elif name.startswith("M"):
        assert result.deviance is not None


def test_a_year_of_days_works() -> None:
    table = window(1500, t=365, rate=0.002)
    for name in ("Mt", "Mth-gamma3.5"):
        result = estimate(name, table)
        assert isinstance(result, PopulationEstimate)
        assert 1000 < result.n_total < 3000


def test_cells_of_many_occasions_give_the_same_as_no_cells() -> None:
    rng = np.random.default_rng(8)
    odds = np.log(rng.uniform(0.02, 0.1, 20))[None, :] + rng.normal(0, 0.6, 400)[:, None]
    seen = rng.random((400, 20)) < 1 / (1 + np.exp(-odds))
    table = CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int), ordered=True)
    bare = dataclasses.replace(table, cells=None)
    for name in ("M0", "Mt", "Mh-darroch", "Mth-darroch", "Mth-chao"):
        a, b = estimate(name, table), estimate(name, bare)
        assert isinstance(a, PopulationEstimate)
        assert isinstance(b, PopulationEstimate)
        assert a.n_total == pytest.approx(b.n_total, rel=1e-7)
        assert a.aic is not None
        assert a.df == 2**20 - 1 - int(a.diagnostics["n_parameters"])


@pytest.mark.parametrize("name", ["Mh-poisson2", "Mth-poisson2"])
def test_a_shape_too_steep_for_its_occasions_is_refused(name: str) -> None:
    result = estimate(name, window(6000))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NOT_IDENTIFIED
    assert "52 occasions" in result.explanation
    few = estimate(name, window(6000, t=8, rate=0.1))
    assert isinstance(few, PopulationEstimate)


def test_a_standard_error_above_the_unseen_number_is_said_to_be_large() -> None:
    result = estimate("Mh-gamma3.5", CaptureTable.from_frequencies([173, 10, 2], n_occasions=5))
    assert isinstance(result, PopulationEstimate)
    assert result.standard_error is not None
    assert result.standard_error > result.n_unseen
    assert "C-UNCERTAIN" in {c.code for c in result.cautions}


def test_units_seen_too_evenly_get_a_caution() -> None:
    result = estimate("Mh-darroch", CaptureTable.from_frequencies([10, 60, 30, 1], n_occasions=5))
    assert isinstance(result, PopulationEstimate)
    assert "C-NO-HETEROGENEITY" in {c.code for c in result.cautions}
    normal = refusal("Mh-normal", CaptureTable.from_frequencies([10, 60, 30, 1], n_occasions=5))
    assert normal.reason is Reason.BOUNDARY


@pytest.mark.parametrize(
    "frequencies",
    [(0, 3, 8, 39), (0, 9, 41), (0, 2, 6, 94, 725, 2173), (5, 2, 2, 0, 2, 3, 1, 0), (0, 1, 1, 4, 2, 1, 1, 0)],
)
def test_the_lower_bound_exists_when_frequencies_have_gaps(frequencies: tuple[int, ...]) -> None:
    """A general optimiser under the restriction finds the same number."""
    t = len(frequencies)
    result = estimate("Mh-chao", CaptureTable.from_frequencies(frequencies, n_occasions=t))
    assert isinstance(result, PopulationEstimate), result
    k = np.arange(1.0, t + 1)
    f = np.array(frequencies, float)
    offset = gammaln(t + 1) - gammaln(k + 1) - gammaln(t - k + 1)
    design = np.column_stack([np.ones(t), k, *(np.maximum(k - (c - 1), 0) for c in range(3, t + 1))])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        means = np.exp(design @ theta + offset)
        return float(means.sum() - f @ (design @ theta)), design.T @ (means - f)

    bounds = [(None, None)] * 2 + [(0, None)] * (t - 2)
    options = {"maxiter": 50000, "maxfun": 500000, "ftol": 1e-16, "gtol": 1e-10}
    best = minimize(loss, np.zeros(t), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    assert result.n_unseen == pytest.approx(math.exp(best[0]), rel=1e-2, abs=1e-4)


def test_cells_on_which_a_term_runs_away_are_found_before_the_fit() -> None:
    design = np.array([[1.0, 0.0], [1.0, 1.0]])
    with pytest.raises(UnanswerableError) as caught:
        check_cells(design, np.array([3.0, 0.0]))
    assert caught.value.reason is Reason.DOES_NOT_EXIST
    check_cells(design, np.array([3.0, 1.0]))
    with pytest.raises(UnanswerableError) as caught:
        check_cells(np.ones((3, 2)), np.array([3.0, 1.0, 2.0]))
    assert caught.value.reason is Reason.NOT_IDENTIFIED


def test_a_pair_seen_in_three_lists_only_leaves_all_pairs_without_an_answer() -> None:
    """Nobody is in A and C without B: the saturated model would need minus infinity in a cell that is not empty."""
    histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]]
    result = refusal("loglinear-pairs", CaptureTable.from_histories(histories, [30, 20, 25, 4, 6, 9]))
    assert result.reason is Reason.DOES_NOT_EXIST
