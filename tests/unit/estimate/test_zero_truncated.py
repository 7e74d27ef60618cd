"""One list, repeated counts: likelihoods by enumeration, derivatives, identities between models, options."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.counts import one_inflated_chao
from darkfigure.estimate.counts.influence import influence_on_total
from darkfigure.estimate.counts.maximum import climb, highest, likelihood_of
from darkfigure.estimate.counts.observations import observations
from darkfigure.estimate.counts.totals import fit_counts, total_of
from darkfigure.estimate.counts.truncation import COUNT_MODELS
from darkfigure.estimate.counts.zero_truncated import METHODS, zero_truncated
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, UnitRows

Array = NDArray[np.float64]
MODELS = list(COUNT_MODELS)
WHOLE = [name for name, model in COUNT_MODELS.items() if model.scheme is not None]
TABLE = CaptureTable.from_frequencies([410, 140, 52, 22, 9, 4, 2, 1])


def with_rows(captures: list[int], counts: list[int], **covariates: list[str] | list[float]) -> CaptureTable:
    y, c = np.array(captures), np.array(counts)
    frequencies = np.bincount(y, weights=c)[1:].astype(int)
    columns = {k: np.array(v) if isinstance(v[0], str) else np.array(v, dtype=float) for k, v in covariates.items()}
    return CaptureTable(
        frequencies=tuple(int(f) for f in frequencies),
        n_occasions=None,
        rows=UnitRows(captures=y, counts=c, covariates=columns),
    )


def two_kinds() -> CaptureTable:
    return with_rows(
        [1, 2, 3, 4, 1, 2, 3, 4, 5],
        [200, 50, 12, 2, 150, 90, 40, 11, 3],
        kind=["quiet"] * 4 + ["loud"] * 5,
    )


def estimated(method: str, table: CaptureTable = TABLE, **options: object) -> PopulationEstimate:
    result = estimate(zero_truncated(method, **options), table)  # type: ignore[arg-type]
    assert isinstance(result, PopulationEstimate), result
    return result


# --- likelihoods -----------------------------------------------------------------------------------------------------

LAST = 400


def law(name: str, rate: float, dispersion: float) -> Array:
    """Chances of 0, 1, 2, ... captures, from another library."""
    y = np.arange(LAST)
    if name.endswith("poisson"):
        return np.asarray(scipy.stats.poisson.pmf(y, rate))
    if name.endswith("geometric"):
        return np.asarray(scipy.stats.geom.pmf(y + 1, 1 / (1 + rate)))
    return np.asarray(scipy.stats.nbinom.pmf(y, 1 / dispersion, 1 / (1 + dispersion * rate)))


def record(scheme: str, p: Array, share: float) -> tuple[Array, float]:
    """Chances of 1, 2, ... captures of a unit of the record, and unseen units per unit of it, told step by step."""
    once = np.zeros(LAST)
    once[1] = 1.0
    above = p.copy()
    above[1] = 0.0
    above /= above.sum()
    if scheme == "zt":
        whole = p
    elif scheme == "oneinflated-zt":
        whole = share * once + (1 - share) * p
    elif scheme == "hurdle-zt":
        whole = share * once + (1 - share) * above
    elif scheme == "zot":
        whole = above
    elif scheme == "zt-oneinflated":
        seen = p[1:] / p[1:].sum()
        return share * once[1:] + (1 - share) * seen, p[0] / (1 - p[0])
    else:
        repeated = above[2:] / above[2:].sum()
        seen = np.concatenate([[share], (1 - share) * repeated])
        return seen, above[0] / (1 - above[0])
    return whole[1:] / whole[1:].sum(), whole[0] / (1 - whole[0])


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(("rate", "dispersion", "share"), [(0.7, 0.9, 0.35), (0.02, 3.0, 0.6), (3.5, 0.2, 0.1)])
def test_likelihood_is_the_enumerated_chance(name: str, rate: float, dispersion: float, share: float) -> None:
    model = COUNT_MODELS[name]
    chances, unseen = record(str(model.scheme), law(name, rate, dispersion), share)
    seen = observations(TABLE, "~ 1")
    shapes = [math.log(dispersion)] * len(model.law.shapes) + [math.log(share / (1 - share))] * len(model.extra)
    rows = likelihood_of(model, seen).rows(np.array([math.log(rate), *shapes]))
    used = model.within(seen.captures)
    expected = np.log(chances[seen.captures[used].astype(int) - 1])
    assert rows.log_likelihood.value[used] == pytest.approx(expected, rel=1e-9, abs=1e-11)
    assert np.exp(rows.log_odds_unseen.value) == pytest.approx(np.full(8, unseen), rel=1e-9)


@pytest.mark.parametrize(("name", "low"), [("chao", 1), ("zelterman", 1), ("chao-one-inflated", 2)])
def test_two_counts_are_a_pair_of_poisson_chances(name: str, low: int) -> None:
    p = law("poisson", 0.6, 1.0)
    seen = observations(TABLE, "~ 1")
    rows = likelihood_of(COUNT_MODELS[name], seen).rows(np.array([math.log(0.6)]))
    pair = p[low : low + 2] / p[low : low + 2].sum()
    assert np.exp(rows.log_likelihood.value[low - 1 : low + 1]) == pytest.approx(pair, rel=1e-12)
    seen_chance = 1 - p[0] if name == "zelterman" else p[low : low + 2].sum()
    assert math.exp(rows.log_odds_unseen.value[0]) == pytest.approx(p[0] / seen_chance, rel=1e-12)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("rate", [1e-4, 0.3, 4.0])
@pytest.mark.parametrize("quantity", ["log_likelihood", "log_odds_unseen"])
def test_derivatives_are_those_of_finite_differences(name: str, rate: float, quantity: str) -> None:
    model = COUNT_MODELS[name]
    likelihood = likelihood_of(model, observations(TABLE, "~ 1"))
    theta = np.array([math.log(rate), *([0.4] * len(model.shapes))])
    weights = np.where(model.within(likelihood.captures), likelihood.weights, 0.0)

    def at(point: Array) -> tuple[float, Array, Array]:
        return likelihood.total(getattr(likelihood.rows(point), quantity), weights)

    _, gradient, hessian = at(theta)
    for i in range(theta.size):
        step = np.zeros(theta.size)
        step[i] = 1e-5
        up, down = at(theta + step), at(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5, abs=1e-4)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_no_random_start_climbs_higher(name: str) -> None:
    model, rng = COUNT_MODELS[name], np.random.default_rng(3)
    seen = observations(TABLE, "~ 1")
    likelihood = likelihood_of(model, seen)
    best = highest(likelihood, seen)
    for _ in range(8):
        start = rng.normal(-0.5, 1.5, 1 + len(model.shapes))
        assert climb(likelihood, start).value <= best.value + 1e-7


def test_rare_captures_keep_their_digits() -> None:
    # P(Y >= 2) of a negative binomial law at tiny rates: differences of chances would lose all digits.
    one = CaptureTable.from_frequencies([5, 2])
    likelihood = likelihood_of(COUNT_MODELS["zot-negbin"], observations(one, "~ 1"))
    for log_rate in (-4.0, -9.0, -14.0):
        value = likelihood.rows(np.array([log_rate, -1.0])).log_likelihood.value[1]
        alpha, rate = math.exp(-1.0), math.exp(log_rate)
        # P(3) / P(2) to first order in the rate.
        assert -value == pytest.approx((1 + 2 * alpha) / 3 * rate, rel=2 * rate + 1e-9)


# --- identities ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["poisson", "geometric"])
def test_three_ways_to_set_singletons_aside_agree_without_covariates(name: str) -> None:
    # The identity of one-inflated and zero-one-truncated likelihoods (Boehning and van der Heijden 2019).
    table = CaptureTable.from_frequencies([900, 140, 52, 22, 9, 4, 2, 1])
    one, two, three = (estimated(f"{scheme}-{name}", table) for scheme in ("oneinflated-zt", "hurdle-zt", "zot"))
    for other in (two, three):
        assert other.n_total == pytest.approx(one.n_total, rel=1e-7)
        assert other.standard_error == pytest.approx(one.standard_error, rel=1e-6)


def test_two_counts_without_covariates_are_the_closed_formulas() -> None:
    table = with_rows([1, 2, 3], [410, 140, 52], same=["x"] * 3)
    for ours, theirs in (("chao", "chao"), ("zelterman", "zelterman"), ("chao-one-inflated", "chao-one-inflated")):
        regression = estimated(ours, table, formula=None)
        method = next((m for m in one_inflated_chao.METHODS if m.name == theirs), theirs)
        closed = estimate(method, table)
        assert isinstance(closed, PopulationEstimate)
        assert regression.n_total == pytest.approx(closed.n_total, rel=1e-9)
        assert regression.standard_error == pytest.approx(closed.standard_error, rel=1e-8)


@pytest.mark.parametrize("name", ["zt-poisson", "zt-geometric", "zot-poisson", "chao", "zelterman"])
def test_a_rate_for_each_kind_is_a_fit_for_each_kind(name: str) -> None:
    both = estimated(name, two_kinds(), formula="~ kind")
    parts = [
        estimated(name, with_rows(y, c, all=["x"] * len(y)), formula="~ 1")
        for y, c in (([1, 2, 3, 4], [200, 50, 12, 2]), ([1, 2, 3, 4, 5], [150, 90, 40, 11, 3]))
    ]
    assert both.n_total == pytest.approx(sum(p.n_total for p in parts), rel=1e-9)
    assert both.standard_error == pytest.approx(math.hypot(*(p.standard_error or 0 for p in parts)), rel=1e-8)
    assert both.deviance == pytest.approx(sum(p.deviance or 0 for p in parts), abs=1e-7)


@pytest.mark.parametrize("name", WHOLE)
def test_covariates_that_say_nothing_change_nothing(name: str) -> None:
    counts = list(TABLE.frequencies) * 2
    twin = with_rows([*range(1, 9)] * 2, counts, kind=["a"] * 8 + ["b"] * 8)
    whole = CaptureTable.from_frequencies([2 * f for f in TABLE.frequencies])
    plain, split = estimate(zero_truncated(name), whole), estimate(zero_truncated(name, formula="~ kind"), twin)
    assert type(plain) is type(split)
    if isinstance(plain, PopulationEstimate) and isinstance(split, PopulationEstimate):
        assert split.n_total == pytest.approx(plain.n_total, rel=1e-7)
        assert split.standard_error == pytest.approx(plain.standard_error, rel=1e-6)


def test_scale_and_origin_of_a_quantity_do_not_matter() -> None:
    year = [2011.0, 2012.0, 2011.0, 2013.0, 2012.0, 2011.0, 2013.0]
    captures, counts = [1, 1, 2, 2, 2, 3, 3], [300, 250, 60, 90, 70, 12, 25]
    plain = estimated("zt-poisson", with_rows(captures, counts, year=year), formula="~ year")
    other = [1e-4 * (y - 2012) for y in year]
    scaled = estimated("zt-poisson", with_rows(captures, counts, year=other), formula="~ year")
    assert scaled.n_total == pytest.approx(plain.n_total, rel=1e-8)
    assert scaled.standard_error == pytest.approx(plain.standard_error, rel=1e-6)
    assert scaled.parameters["year"] == pytest.approx(1e4 * plain.parameters["year"], rel=1e-6)


def test_order_and_splitting_of_rows_do_not_matter() -> None:
    table = two_kinds()
    assert table.rows is not None
    units = np.repeat(np.arange(9), table.rows.counts)
    order = np.random.default_rng(4).permutation(units)
    one_each = with_rows(
        [int(y) for y in table.rows.captures[order]],
        [1] * order.size,
        kind=[str(k) for k in table.rows.covariates["kind"][order]],
    )
    assert repr(estimated("zt-geometric", one_each, formula="~ kind")) == repr(
        estimated("zt-geometric", table, formula="~ kind")
    )


def test_the_negative_binomial_law_contains_the_geometric() -> None:
    table = CaptureTable.from_frequencies([round(4e6 * 0.6**j) for j in range(30)])
    wide, narrow = estimated("negbin", table), estimated("geometric", table)
    assert wide.parameters["log(dispersion)"] == pytest.approx(0.0, abs=1e-4)
    assert wide.n_total == pytest.approx(narrow.n_total, rel=1e-4)
    assert (wide.standard_error or 0) > 2 * (narrow.standard_error or 0)


@pytest.mark.parametrize("name", [n for n in WHOLE if not n.endswith("hurdle-negbin")])
def test_deviance_compares_with_a_rate_for_each_number_of_captures(name: str) -> None:
    table = CaptureTable.from_frequencies([round(4e4 * 0.6**j) + 9000 * (j == 0) for j in range(20)])
    r = estimate(zero_truncated(name), table)
    assert isinstance(r, PopulationEstimate) or name in ("zt-negbin", "oneinflated-zt-negbin")
    if not isinstance(r, PopulationEstimate):
        return
    dispersion = math.exp(r.parameters.get("log(dispersion)", 0.0))
    floor = 2 if "hurdle" in name or "zot" in name else 1

    def best(y: int) -> float:
        def minus(log_rate: float) -> float:
            p = law(name, math.exp(log_rate), dispersion)
            return -math.log(p[y] / p[floor:].sum())

        found = scipy.optimize.minimize_scalar(minus, bounds=(-5, 4), method="bounded", options={"xatol": 1e-10})
        return -float(found.fun)

    full = sum(f * best(y) for y, f in enumerate(table.frequencies, start=1) if y > floor)
    assert r.deviance == pytest.approx(2 * (full - r.diagnostics["log_likelihood"]), rel=1e-8)


def test_fit_statistics_follow_their_definitions() -> None:
    r = estimated("zt-oneinflated-poisson")
    logl = r.diagnostics["log_likelihood"]
    assert r.aic == pytest.approx(4 - 2 * logl)
    assert r.bic == pytest.approx(2 * math.log(640) - 2 * logl)
    assert r.df == 638
    zot = estimated("zot-poisson")
    assert zot.diagnostics["units_in_likelihood"] == 230
    assert zot.bic == pytest.approx(math.log(230) - 2 * zot.diagnostics["log_likelihood"])


def test_each_interval_has_its_level() -> None:
    wide, narrow = (estimate(zero_truncated("poisson"), TABLE, level=level) for level in (0.99, 0.5))
    assert isinstance(wide, PopulationEstimate) and isinstance(narrow, PopulationEstimate)
    assert wide.interval and narrow.interval
    assert wide.interval.lower < narrow.interval.lower < wide.n_total < narrow.interval.upper < wide.interval.upper
    z = scipy.stats.norm.ppf(0.75)
    assert narrow.diagnostics["normal_upper"] == pytest.approx(narrow.n_total + z * (narrow.standard_error or 0))


# --- influence -------------------------------------------------------------------------------------------------------


def test_influence_is_a_fit_without_the_unit() -> None:
    table = two_kinds()
    method = zero_truncated("poisson", formula="~ kind")
    found = influence_on_total(method, table)
    assert len(found) == 9
    assert [abs(u.change or 0) for u in found] == sorted((abs(u.change or 0) for u in found), reverse=True)
    top = next(u for u in found if u.row == 3)
    assert (top.captures, top.units) == (4, 2)
    less = with_rows(
        [1, 2, 3, 4, 1, 2, 3, 4, 5], [200, 50, 12, 1, 150, 90, 40, 11, 3], kind=["quiet"] * 4 + ["loud"] * 5
    )
    by_hand = (
        estimated("poisson", less, formula="~ kind").n_total - estimated("poisson", table, formula="~ kind").n_total
    )
    assert top.change == pytest.approx(by_hand, rel=1e-6)


def test_influence_of_a_unit_without_which_the_method_refuses() -> None:
    found = influence_on_total(zero_truncated("poisson"), CaptureTable.from_frequencies([50, 1]))
    assert found[0].captures == 2
    assert found[0].change is None
    assert found[0].refusal is not None
    assert found[0].refusal.value == "no-overlap"


@pytest.mark.parametrize("name", [n for n in MODELS if not n.endswith("negbin")])
def test_first_order_influence_is_near_the_exact_one(name: str) -> None:
    table = CaptureTable.from_frequencies([9000, 1400, 520, 220, 90, 40, 20, 10])
    seen = observations(table, "~ 1")
    quick = total_of(fit_counts(COUNT_MODELS[name], seen)).change
    exact = {u.captures: u.change for u in influence_on_total(zero_truncated(name), table)}
    for j, change in enumerate(quick, start=1):
        assert exact[j] == pytest.approx(change, rel=0.05, abs=0.05)


# --- bootstrap -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parametric", "semiparametric", "nonparametric"])
def test_bootstrap_is_repeatable_and_of_the_right_width(kind: str) -> None:
    options = {"interval": "bootstrap", "bootstrap": kind, "replicates": 200}
    one, again = (estimated("poisson", two_kinds(), formula="~ kind", **options) for _ in range(2))
    other = estimated("poisson", two_kinds(), formula="~ kind", seed=9, **options)
    analytic = estimated("poisson", two_kinds(), formula="~ kind")
    assert repr(one) == repr(again)
    assert other.interval != one.interval
    assert one.n_total == analytic.n_total
    assert one.standard_error == pytest.approx(analytic.standard_error, rel=0.2)
    assert one.interval
    assert one.interval.method == f"bootstrap-{kind}"
    assert one.interval.lower < one.n_total < one.interval.upper


def test_kinds_of_bootstrap_differ_by_the_length_of_the_list() -> None:
    table = CaptureTable.from_frequencies([round(2000 * scipy.stats.poisson.pmf(j, 2.0)) for j in range(1, 12)])
    analytic = estimated("poisson", table)
    for kind, error in (
        ("parametric", analytic.standard_error),
        ("semiparametric", analytic.standard_error),
        ("nonparametric", analytic.diagnostics["error_of_fit_only"]),
    ):
        drawn = estimated("poisson", table, interval="bootstrap", bootstrap=kind, replicates=400)
        assert drawn.standard_error == pytest.approx(error, rel=0.12), kind


@pytest.mark.parametrize("name", [n for n in WHOLE if not n.endswith("negbin")])
def test_parametric_bootstrap_draws_from_the_model(name: str) -> None:
    """Records drawn from a fitted law give that law's total back, with the error the delta method says."""
    table = CaptureTable.from_frequencies([9000, 1400, 520, 220, 90, 40, 20, 10])
    analytic = estimated(name, table)
    drawn = estimated(name, table, interval="bootstrap", replicates=150)
    assert drawn.diagnostics["bootstrap_median"] == pytest.approx(
        analytic.n_total, abs=0.5 * (analytic.standard_error or 0)
    )
    assert drawn.standard_error == pytest.approx(analytic.standard_error, rel=0.25)


def test_drawn_records_without_a_total_make_the_upper_end_endless() -> None:
    # One unit of a kind was captured twice: in more than a third of the records drawn, none is.
    table = with_rows([1, 2, 3, 1, 2], [300, 80, 20, 30, 1], kind=["a"] * 3 + ["b"] * 2)
    r = estimated("poisson", table, formula="~ kind", interval="bootstrap", bootstrap="nonparametric", replicates=100)
    assert r.interval and math.isinf(r.interval.upper)
    assert r.diagnostics["replicates_without_total"] > 15
    assert "C-RECORDS-LOST" in {c.code for c in r.cautions}
    assert "C-ONE-UNIT" in {c.code for c in estimated("poisson", table, formula="~ kind").cautions}


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    progress: Callable[[str, int, int], None] = lambda what, done, of: told.append((what, done, of))  # noqa: E731
    estimated("poisson", TABLE, interval="bootstrap", replicates=20, progress=progress)
    assert told[-1][1:] == (20, 20)
    influence_on_total(zero_truncated("poisson"), TABLE, progress=progress)
    assert told[-1][1:] == (8, 8)


# --- one-inflation-robust Chao ---------------------------------------------------------------------------------------


def test_singletons_do_not_move_the_robust_bound() -> None:
    for method in one_inflated_chao.METHODS:
        one, two = (estimate(method, CaptureTable.from_frequencies([f1, 90, 30, 5])) for f1 in (200, 5000))
        assert one.n_observed + 4800 == two.n_observed
        assert isinstance(one, PopulationEstimate) and isinstance(two, PopulationEstimate)
        assert one.n_unseen == pytest.approx(two.n_unseen)


@pytest.mark.parametrize("t", [4, 8])
def test_robust_bound_is_exact_on_expected_binomial_counts(t: int) -> None:
    n_total, p = 1_000_000, 0.1
    expected = [n_total * scipy.stats.binom.pmf(j, t, p) for j in range(t + 1)]
    table = CaptureTable.from_frequencies([round(e) for e in expected[1:]], n_occasions=t)
    r = estimate(one_inflated_chao.METHODS[0], table)
    assert isinstance(r, PopulationEstimate)
    assert r.n_unseen == pytest.approx(expected[0], rel=1e-3)


# --- options and refusals --------------------------------------------------------------------------------------------


def test_impossible_options_are_told() -> None:
    for options, code in (
        ({"family": "weibull"}, "E-EST-50"),
        ({"family": "poisson", "interval": "exact"}, "E-EST-51"),
        ({"family": "poisson", "bootstrap": "wild"}, "E-EST-51"),
        ({"family": "poisson", "replicates": 5}, "E-EST-51"),
        ({"family": "poisson", "replicates": 10**6}, "E-EST-51"),
        ({"family": "chao", "interval": "bootstrap"}, "E-EST-51"),
    ):
        with pytest.raises(EstimateError) as told:
            zero_truncated(**options)  # type: ignore[arg-type]
        assert told.value.code == code
    with pytest.raises(EstimateError) as told:
        estimate(zero_truncated("poisson", formula="~ 0"), two_kinds())
    assert told.value.code == "E-EST-52"
    with pytest.raises(EstimateError) as told:
        estimate(zero_truncated("poisson", formula="~ height"), two_kinds())
    assert told.value.code == "E-EST-10"


def test_names_of_methods_are_unique_and_say_everything() -> None:
    assert len({m.name for m in METHODS}) == len(METHODS) == 39
    for method in (*METHODS, *one_inflated_chao.METHODS):
        assert all((method.question, method.assumptions, method.source, method.needs, method.formula, method.misleads))
        assert len(method.misleads) > 40
    assert {m.name for m in METHODS} >= {"zt-poisson", "zt-negbin-covariates", "chao-covariates", "hurdle-zt-geometric"}
    assert replace(METHODS[0]).name == "zt-poisson"


def test_main_effects_take_columns_with_any_name() -> None:
    table = two_kinds()
    assert table.rows is not None
    rows = UnitRows(
        captures=table.rows.captures,
        counts=table.rows.counts,
        covariates={"kind of unit": table.rows.covariates["kind"]},
    )
    method = zero_truncated("poisson", formula=None)
    named = estimate(method, replace(table, rows=rows))
    assert isinstance(named, PopulationEstimate)
    assert "kind of unit=quiet" in named.parameters
    assert named.n_total == estimated("poisson", table, formula="~ kind").n_total
