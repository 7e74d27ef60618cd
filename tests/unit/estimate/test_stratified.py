"""Strata are estimated apart and added up: numbers, variances, ranges, the test of their difference, refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from darkfigure.errors import EstimateError
from darkfigure.estimate import CaptureTable, Method, estimate
from darkfigure.estimate.covariates import METHODS, combine_replicates, pool_strata, strata, stratified
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.simulate import Homogeneous, RepeatedCounts, Strata, TimeVarying, draw
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate, Reason, UnitRows

HISTORIES = [[1, 0], [0, 1], [1, 1]]


def grouped(*groups: tuple[str, list[int]], histories: list[list[int]] = HISTORIES) -> CaptureTable:
    """A table of strata with the same histories."""
    h = np.array(histories * len(groups), dtype=np.uint8)
    counts = np.concatenate([np.array(c) for _, c in groups])
    rows = UnitRows(
        captures=h.sum(axis=1, dtype=np.int64),
        counts=counts,
        covariates={"area": np.repeat(np.array([level for level, _ in groups]), len(histories))},
        histories=h,
    )
    return replace(CaptureTable.from_histories(h, counts, labels=("a", "b", "c")[: h.shape[1]]), rows=rows)


def answered(method: str | Method, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)
    assert isinstance(result, PopulationEstimate), result
    return result


def refused(method: str | Method, table: CaptureTable) -> NotEstimable:
    result = estimate(method, table)
    assert isinstance(result, NotEstimable), result
    return result


TWO = grouped(("canary-x", [60, 40, 20]), ("canary-y", [10, 20, 30]))


def test_numbers_and_variances_of_strata_are_added() -> None:
    whole = answered(stratified("chapman", by="area"), TWO)
    parts = [answered("chapman", CaptureTable.from_histories(HISTORIES, c)) for c in ([60, 40, 20], [10, 20, 30])]
    assert whole.n_total == pytest.approx(sum(p.n_total for p in parts), rel=1e-12)
    assert whole.standard_error is not None
    assert whole.standard_error**2 == pytest.approx(sum((p.standard_error or 0) ** 2 for p in parts), rel=1e-12)
    assert [q.value for q in whole.quantities] == pytest.approx([p.n_total for p in parts])


def test_the_range_is_of_the_total_and_not_the_ends_added_up() -> None:
    whole = answered(stratified("chapman", by="area"), TWO)
    assert whole.interval is not None and whole.standard_error is not None
    expected = log_normal_interval(180, whole.n_total - 180, whole.standard_error, 0.95)
    assert (whole.interval.lower, whole.interval.upper) == pytest.approx((expected.lower, expected.upper))
    ends = [q.interval for q in whole.quantities if q.interval is not None]
    assert whole.interval.upper < sum(i.upper for i in ends)
    assert whole.interval.lower > sum(i.lower for i in ends)


def test_recovered_variances_follow_their_formula() -> None:
    whole = answered(stratified("Mt", by="area", combine="recovered"), TWO)
    parts = [answered("Mt", CaptureTable.from_histories(HISTORIES, c)) for c in ([60, 40, 20], [10, 20, 30])]
    below = math.sqrt(sum((p.n_total - p.interval.lower) ** 2 for p in parts if p.interval))
    above = math.sqrt(sum((p.interval.upper - p.n_total) ** 2 for p in parts if p.interval))
    assert whole.interval is not None
    assert whole.interval.lower == pytest.approx(max(180, whole.n_total - below))
    assert whole.interval.upper == pytest.approx(whole.n_total + above)


def test_one_list_a_stratum_saturates_the_pooled_model_with_groups() -> None:
    """Sekar and Deming's sum, by hand: 60 * 40 / 20 + 10 * 20 / 30 unseen."""
    assert answered(stratified("lincoln-petersen", by="area"), TWO).n_unseen == pytest.approx(120 + 200 / 30)


def test_the_registry_entry_takes_the_only_grouping_covariate() -> None:
    chapman, by_time = METHODS[:2]
    assert (chapman.name, by_time.name) == ("stratified-chapman", "stratified-Mt")
    assert answered(chapman, TWO).n_total == answered(stratified("chapman", by="area"), TWO).n_total
    for table in (CaptureTable.from_histories(HISTORIES, [5, 5, 5]), with_column("sex"), with_column(None)):
        assert refused(chapman, table).reason is Reason.WRONG_TABLE


def with_column(name: str | None) -> CaptureTable:
    """``TWO`` with one more factor, or with a quantity instead of its factor."""
    assert TWO.rows is not None
    n = len(TWO.rows.captures)
    columns = {**TWO.rows.covariates, name: np.array(["f", "m"] * (n // 2))} if name else {"age": np.arange(float(n))}
    return replace(TWO, rows=replace(TWO.rows, covariates=columns))


def test_one_stratum_that_cannot_be_estimated_refuses_the_whole_without_naming_it() -> None:
    table = grouped(("canary-x", [60, 40, 20]), ("canary-y", [10, 20, 0]), ("canary-z", [9, 8, 7]))
    result = refused(stratified("chapman", by="area"), table)
    assert result.reason is Reason.NO_OVERLAP
    assert "1 of 3 strata" in result.explanation and "Pool" in result.explanation
    assert "canary" not in repr(result)
    assert result.diagnostics == {"strata": 3, "strata_refused": 1}


def test_pooling_mends_it_and_is_written_down() -> None:
    table = grouped(("canary-x", [60, 40, 20]), ("canary-y", [10, 20, 0]), ("canary-z", [9, 8, 7]))
    pooled = pool_strata(table, by="area", into={"canary-y": "rest", "canary-z": "rest"})
    assert pooled.operations == ("strata of area pooled: 3 into 2",)
    expected = [answered("chapman", CaptureTable.from_histories(HISTORIES, c)) for c in ([60, 40, 20], [19, 28, 7])]
    assert answered(stratified("chapman", by="area"), pooled).n_total == pytest.approx(sum(p.n_total for p in expected))
    assert table.operations == ()


def test_an_estimate_beyond_what_a_stratum_carries_refuses_the_whole() -> None:
    far = Method(
        name="far", question="?", assumptions=(), source="", needs="", fit=lambda table, level: strata.Fit(n_unseen=1e9)
    )
    assert refused(stratified(far, by="area"), TWO).reason is Reason.DIVERGED


def test_a_level_without_units_is_no_stratum_and_one_stratum_is_none() -> None:
    table = grouped(("canary-x", [60, 40, 20]), ("canary-y", [0, 0, 0]))
    assert refused(stratified("chapman", by="area"), table).reason is Reason.WRONG_TABLE
    three = grouped(("canary-x", [60, 40, 20]), ("canary-y", [0, 0, 0]), ("canary-z", [10, 20, 30]))
    assert (
        answered(stratified("chapman", by="area"), three).n_total
        == answered(stratified("chapman", by="area"), TWO).n_total
    )


def test_order_of_rows_does_not_matter() -> None:
    assert TWO.rows is not None
    order = np.random.default_rng(2).permutation(len(TWO.rows.captures))
    r = TWO.rows
    assert r.histories is not None
    rows = UnitRows(
        captures=r.captures[order],
        counts=r.counts[order],
        covariates={"area": r.covariates["area"][order]},
        histories=r.histories[order],
    )
    assert repr(estimate(METHODS[1], replace(TWO, rows=rows))) == repr(estimate(METHODS[1], TWO))


def test_the_difference_of_strata_is_the_likelihood_ratio_of_the_model() -> None:
    """Against log-likelihoods written out: chances of each stratum against shared ones, given how many were seen."""
    histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    a, b = np.array([40, 30, 22, 14, 12, 9, 6]), np.array([70, 20, 16, 9, 14, 4, 3])
    table = grouped(("x", a.tolist()), ("y", b.tolist()), histories=histories)

    def best(counts: np.ndarray) -> float:
        fitted = answered("Mt", CaptureTable.from_histories(histories, counts))
        p = np.array(histories).T @ counts / fitted.n_total
        cell = np.prod(np.where(np.array(histories) == 1, p, 1 - p), axis=1)
        return float(counts @ np.log(cell / cell.sum()))

    found = answered(stratified("Mt", by="area"), table).diagnostics
    assert found["heterogeneity_statistic"] == pytest.approx(2 * (best(a) + best(b) - best(a + b)), rel=1e-6)
    assert found["heterogeneity_df"] == 3


def test_without_a_deviance_strata_and_histories_are_compared() -> None:
    found = answered(stratified("chapman", by="area"), TWO).diagnostics
    n = np.array([[60.0, 40, 20], [10, 20, 30]])
    expected = n.sum(axis=1, keepdims=True) * n.sum(axis=0) / n.sum()
    assert found["heterogeneity_statistic"] == pytest.approx(2 * float(np.sum(n * np.log(n / expected))))
    assert found["heterogeneity_df"] == 2
    assert found["heterogeneity_p"] < 1e-4


@pytest.mark.parametrize("method", ["Mt", "chapman"])
def test_strata_that_do_not_differ_are_found_different_as_often_as_chance_says(method: str) -> None:
    chances = (0.3, 0.35) if method == "chapman" else (0.25, 0.3, 0.35)
    same = TimeVarying(n_total=400, chances=chances)
    world = Strata(parts=(("x", same), ("y", replace(same, n_total=250))))
    p = [answered(stratified(method), draw(world, seed)).diagnostics["heterogeneity_p"] for seed in range(120)]
    assert kstest(p, "uniform").pvalue > 0.01
    other = TimeVarying(n_total=400, chances=tuple(0.6 * c for c in chances))
    apart = Strata(parts=(("x", same), ("y", other)))
    p = [answered(stratified(method), draw(apart, seed)).diagnostics["heterogeneity_p"] for seed in range(20)]
    assert float(np.median(p)) < 0.1


def test_sparse_strata_carry_a_caution_and_cautions_of_strata_are_told_once() -> None:
    table = grouped(("x", [30, 20, 3]), ("y", [9, 20, 4]), ("z", [60, 40, 30]))
    codes = {c.code: c.text for c in answered(stratified("chapman", by="area"), table).cautions}
    assert codes["C-SPARSE-STRATA"].startswith("2 of 3 strata")
    assert codes["C-SMALL-OVERLAP"].startswith("In 2 of 3 strata: ")
    plain = {c.code for c in answered(stratified("chapman", by="area"), TWO).cautions}
    assert not plain & {"C-SPARSE-STRATA", "C-SMALL-OVERLAP"}


def test_frequencies_without_histories_have_strata_too() -> None:
    parts = tuple((f"{m}", RepeatedCounts(n_total=300, family="poisson", mean=m)) for m in (0.8, 1.6))
    table = draw(Strata(parts=parts), 4)
    assert table.cells is None and table.rows is not None and table.rows.histories is None
    whole = answered(stratified("chao"), table)
    inside = [s.table for s in strata.strata_of(table, by="group")]
    assert whole.n_total == pytest.approx(sum(answered("chao", t).n_total for t in inside))
    assert sum(t.n_observed for t in inside) == table.n_observed


def test_mistakes_of_the_caller_have_codes_and_show_no_level() -> None:
    for by in ("sex", "age"):
        with pytest.raises(EstimateError, match="E-EST-32") as caught:
            estimate(stratified("chapman", by=by), TWO if by == "sex" else with_column(None))
        assert "canary" not in str(caught.value)
    with pytest.raises(EstimateError, match="E-EST-32") as caught:
        pool_strata(TWO, by="area", into={"canary-q": "rest"})
    assert "canary" not in str(caught.value)
    with pytest.raises(EstimateError, match="E-EST-01"):
        stratified("magic")
    with pytest.raises(EstimateError, match="E-EST-33"):
        stratified("chapman", combine="add-the-ends")  # type: ignore[arg-type]


def version(n: float, error: float | None = 12.0, *, seen: int = 80, method: str = "Mt") -> PopulationEstimate:
    return PopulationEstimate(method=method, n_observed=seen, n_total=n, standard_error=error)


def test_versions_of_completed_data_are_combined_by_the_total_variance() -> None:
    result = combine_replicates([version(100.0, 10.0), version(130.0, 14.0), version(115.0, 12.0)])
    assert isinstance(result, PopulationEstimate)
    within, between = (100 + 196 + 144) / 3, 225.0
    total = within + 4 / 3 * between
    assert result.n_total == pytest.approx(115)
    assert result.standard_error == pytest.approx(math.sqrt(total))
    assert result.diagnostics["degrees_of_freedom"] == pytest.approx(2 * (1 + within / 300) ** 2)
    assert result.diagnostics["share_of_variance_from_missing"] == pytest.approx(300 / total)


def test_versions_that_agree_change_nothing() -> None:
    result = combine_replicates([version(100.0)] * 5)
    assert isinstance(result, PopulationEstimate) and result.interval is not None
    expected = log_normal_interval(80, 20.0, 12.0, 0.95)
    assert result.standard_error == pytest.approx(12.0)
    assert (result.interval.lower, result.interval.upper) == pytest.approx((expected.lower, expected.upper))
    assert result.cautions == ()


def test_few_versions_that_disagree_widen_the_range_beyond_the_normal() -> None:
    result = combine_replicates([version(100.0), version(190.0)])
    assert isinstance(result, PopulationEstimate) and result.interval is not None
    assert result.standard_error is not None
    normal = log_normal_interval(80, result.n_total - 80, result.standard_error, 0.95)
    assert result.interval.upper > normal.upper and 80 < result.interval.lower < normal.lower


def test_a_refused_version_refuses_the_whole() -> None:
    refusal = NotEstimable(method="Mt", reason=Reason.NO_OVERLAP, explanation="None was seen twice.", n_observed=80)
    result = combine_replicates([version(100.0), refusal, version(110.0)])
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NO_OVERLAP and result.explanation.startswith("1 of 3")


def test_versions_with_other_numbers_seen_say_so() -> None:
    result = combine_replicates([version(100.0, seen=70), version(110.0, seen=90)])
    assert [c.code for c in result.cautions] == ["C-SEEN-VARIES"]  # type: ignore[union-attr]
    assert result.n_observed == 80


@pytest.mark.parametrize(
    "versions", [[version(100.0)], [version(100.0), version(90.0, None)], [version(99.0), version(99.0, method="M0")]]
)
def test_estimates_that_cannot_be_combined_are_an_error(versions: list[PopulationEstimate]) -> None:
    with pytest.raises(EstimateError, match="E-EST-34"):
        combine_replicates(versions)


def test_an_impossible_level_is_an_error() -> None:
    with pytest.raises(EstimateError, match="E-EST-02"):
        combine_replicates([version(100.0), version(101.0)], level=95)


def test_a_stratum_world_of_equal_parts_is_its_parts() -> None:
    one = Homogeneous(n_total=30, n_occasions=3, chance=0.5)
    table = draw(Strata(parts=(("x", one), ("y", one))), 8)
    assert {s.level for s in strata.strata_of(table, by=None)} == {"x", "y"}
    assert table.ordered and all(s.table.ordered for s in strata.strata_of(table, by="group"))
