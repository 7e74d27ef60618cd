"""Ranges that repeat the choice: the stepwise search against one table at a time, options, refusals, what is told."""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np
import pytest
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate import cells, estimate, existence
from darkfigure.estimate.lists import bootstrap
from darkfigure.estimate.lists.bootstrap import acceleration, bootstrap_ends, resampled, summarise, without_one
from darkfigure.estimate.lists.declared_terms import log_linear
from darkfigure.estimate.lists.list_dependence import problem_of
from darkfigure.estimate.lists.list_tables import in_order, order_of_lists
from darkfigure.estimate.lists.resampled_choice import METHODS, bic_choice, stepwise
from darkfigure.estimate.lists.stepwise_search import stepwise_choices
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason

Array = NDArray[np.float64]


def table_of(counts: Array, labels: tuple[str, ...] = ()) -> CaptureTable:
    t = len(counts).bit_length()
    return CaptureTable.from_histories(cells.all_histories(t), counts, labels=labels)


def dependent(seed: int, n_lists: int = 4, size: float = 9.0) -> Array:
    rng = np.random.default_rng(seed)
    histories = cells.all_histories(n_lists)
    effects = rng.normal(0, 0.8, (n_lists, n_lists))
    pairs = sum(effects[i, j] * histories[:, i] * histories[:, j] for i in range(n_lists) for j in range(i))
    return rng.poisson(np.exp(size - 2.2 * histories.sum(axis=1) + pairs)).astype(float)


def one_at_a_time(counts: Array, n_lists: int, threshold: float) -> tuple[tuple[int, ...], ...] | None:
    """The stepwise search over pairs with one fit and one linear program at a time."""
    histories = cells.all_histories(n_lists)

    def fitted(terms: tuple[tuple[int, ...], ...]) -> Array | None:
        problem = problem_of(histories, counts, terms)
        try:
            existence.check_cells(problem.design, problem.counts)
        except UnanswerableError:
            return None
        fit = fit_poisson(problem.design, problem.counts, stopping="exact")
        kept = (histories[:, None] == problem.histories[None]).all(axis=2).any(axis=1)
        means = np.zeros(len(counts))
        means[kept] = fit.means
        return means

    chosen: tuple[tuple[int, ...], ...] = ()
    means = fitted(chosen)
    while means is not None:
        tails = []
        for pair in itertools.combinations(range(n_lists), 2):
            both = histories[:, pair[0]] * histories[:, pair[1]]
            seen, expected = counts @ both, means @ both
            lower = scipy.stats.poisson.cdf(seen, expected)
            tails.append((min(lower, scipy.stats.poisson.sf(seen - 1, expected)), pair))
        for tail, pair in sorted(t for t in tails if t[1] not in chosen):
            larger = fitted((*chosen, pair)) if tail < threshold else None
            if larger is not None:
                chosen, means = (*chosen, pair), larger
                break
        else:
            return tuple(sorted(chosen))
    return None


@pytest.mark.parametrize("threshold", [0.02, 0.2])
def test_search_over_many_tables_equals_one_at_a_time(threshold: float) -> None:
    rng = np.random.default_rng(4)
    histories = cells.all_histories(4)
    # Sparse: empty overlaps, models without a maximum, and tables on which even independent lists have none.
    tables = rng.poisson(np.exp(rng.normal(1.2, 1.2, (25, 15)) - 1.1 * histories.sum(axis=1))).astype(float)
    apart = np.where(histories.sum(axis=1) == 1, 9.0, 0.0)
    tables = np.vstack([tables, apart])
    columns = np.column_stack([np.concatenate([[0.0], c]) for c in tables])
    choices = stepwise_choices(columns, n_lists=4, threshold=threshold)
    refused = 0
    for counts, chosen in zip(tables, choices.chosen, strict=True):
        if (counts @ histories == 0).any():
            continue  # the search one at a time has no place for a list that holds nobody
        expected = one_at_a_time(counts, 4, threshold)
        found = tuple(sorted(choices.models[chosen])) if chosen >= 0 else None
        assert found == expected
        refused += expected is None
    assert refused
    assert len({c for c in choices.chosen if c >= 0}) > 1


def test_search_to_any_order_takes_terms_only_after_those_inside() -> None:
    counts = np.concatenate([[0.0], dependent(2)])
    histories = np.vstack([np.zeros(4), cells.all_histories(4)])
    counts = np.rint(counts * np.exp(1.3 * histories[:, 0] * histories[:, 1] * histories[:, 2]))
    counts[0] = 0
    choices = stepwise_choices(counts[:, None], n_lists=4, order=3)
    (model,) = choices.models
    assert any(len(s) == 3 for s in model)
    for term in model:
        assert all(p in model for p in itertools.combinations(term, len(term) - 1) if len(p) > 1)


def test_every_list_can_be_one_of_twelve() -> None:
    rng = np.random.default_rng(3)
    units = rng.random((4000, 12)) < 0.06
    seen = units[units.any(axis=1)]
    result = estimate(stepwise(interval="conditional"), CaptureTable.from_histories(seen.astype(int)))
    assert isinstance(result, PopulationEstimate)
    assert result.n_total == pytest.approx(4000, rel=0.15)


def test_resamples_keep_the_number_seen_and_the_shares() -> None:
    counts = np.array([0.0, 50, 0, 150])
    drawn = resampled(counts, 4000, np.random.default_rng(1))
    assert (drawn.sum(axis=0) == 200).all()
    assert (drawn[[0, 2]] == 0).all()
    assert drawn[1].mean() == pytest.approx(50, abs=4 * math.sqrt(200 * 0.25 * 0.75 / 4000))
    assert drawn[1].var() == pytest.approx(200 * 0.25 * 0.75, rel=0.1)


def test_acceleration_is_that_of_leaving_out_every_unit() -> None:
    counts = np.array([0.0, 3, 2, 4])
    tables, weights = without_one(counts)
    values = np.log(tables[1] + 1) + tables[3] ** 2
    every = np.repeat(values, weights.astype(int))
    skew = float(scipy.stats.skew(every.max() - every)) / (6 * math.sqrt(len(every)))
    assert acceleration(values, weights) == pytest.approx(skew, rel=1e-9)


def test_bca_is_nearly_exact_where_the_distribution_is_known() -> None:
    """Variance of a normal sample: chi-squared ends against those from resampling, beside the plain percentiles."""
    rng = np.random.default_rng(8)
    n, held = 30, {"bca": 0, "percentile": 0}
    for _ in range(200):
        x = rng.normal(size=n)
        values = x[rng.integers(0, n, (600, n))].var(axis=1)
        left_out = np.array([np.delete(x, i).var() for i in range(n)])
        skew = acceleration(left_out, np.ones(n))
        for kind in ("bca", "percentile"):
            ends = bootstrap_ends(values, point=float(x.var()), level=0.9, kind=kind, skew=skew)
            assert ends is not None
            held[kind] += ends.lower <= 1.0 <= ends.upper
    assert held["bca"] > held["percentile"]
    assert held["bca"] / 200 > 0.8


def test_bca_ends_by_hand() -> None:
    """999 replicates 1, 2, ..., of which 300 lie below the estimate; the k-th is k."""
    normal = scipy.stats.norm
    z0, skew = normal.ppf(0.3), -0.04
    low, high = (normal.cdf(z0 + (z0 + z) / (1 - skew * (z0 + z))) for z in (normal.ppf(0.1), normal.ppf(0.9)))
    ends = bootstrap_ends(np.arange(1.0, 1000.0), point=300.7, level=0.8, kind="bca", skew=skew)
    assert ends is not None
    assert ends.below == pytest.approx(300 / 999)
    # The share of the replicates is 300 of 999, not 0.3 itself: a thousandth of the distance.
    assert ends.lower == pytest.approx(1000 * low, abs=0.5)
    assert ends.upper == pytest.approx(1000 * high, abs=1.0)


def test_without_correction_bca_is_the_percentile_range() -> None:
    values = np.random.default_rng(2).normal(size=999)
    point = float(np.median(values))
    a = bootstrap_ends(values, point=point, level=0.9, kind="bca")
    b = bootstrap_ends(values, point=point, level=0.9, kind="percentile")
    assert a is not None
    assert b is not None
    assert (a.lower, a.upper) == pytest.approx((b.lower, b.upper), abs=1e-9)
    assert b.lower == pytest.approx(np.sort(values)[49])  # the (B + 1) alpha-th of 999


def test_replicates_without_overlap_make_the_upper_end_infinite_and_leave_the_lower() -> None:
    values = np.concatenate([np.arange(1.0, 95.0), np.full(6, math.inf)])
    ends = bootstrap_ends(values, point=50.0, level=0.9, kind="percentile")
    assert ends is not None
    assert ends.upper == math.inf
    assert ends.lower == pytest.approx(5.05)


def test_error_of_the_ends_is_that_of_repeated_draws() -> None:
    rng = np.random.default_rng(5)
    lower, told = [], []
    for seed in range(40):
        said = summarise(
            rng.lognormal(size=500), point=1.0, level=0.9, kind="percentile", skew=0.0, unlimited=0, seed=seed
        )
        assert said.ends is not None
        lower.append(said.ends.lower)
        told.append(said.error_lower)
    assert np.mean(told) == pytest.approx(np.std(lower), rel=0.4)


@pytest.mark.parametrize("make", [stepwise, partial(bic_choice, keep=20)])
def test_range_does_not_depend_on_the_order_of_lists_and_repeats_with_the_seed(make: object) -> None:
    assert callable(make)
    counts = dependent(6)
    first = estimate(make(replicates=100), table_of(counts))
    again = estimate(make(replicates=100), table_of(counts))
    assert repr(first) == repr(again)
    other = estimate(make(replicates=100, seed=2), table_of(counts))
    assert isinstance(first, PopulationEstimate)
    assert isinstance(other, PopulationEstimate)
    assert first.interval != other.interval
    histories = cells.all_histories(4)
    turned = estimate(make(replicates=100), CaptureTable.from_histories(histories[:, [2, 0, 3, 1]], counts))
    assert isinstance(turned, PopulationEstimate)
    assert first.interval is not None
    assert turned.interval is not None
    assert turned.interval.lower == pytest.approx(first.interval.lower, rel=1e-8)
    assert turned.interval.upper == pytest.approx(first.interval.upper, rel=1e-8)


def test_canonical_order_undoes_any_order_of_the_lists() -> None:
    counts, histories = dependent(9), cells.all_histories(4)
    expected = in_order(counts, order_of_lists(histories, counts))
    for order in itertools.permutations(range(4)):
        moved = in_order(counts, order)[1:]
        assert (in_order(moved, order_of_lists(histories, moved)) == expected).all()


def test_a_wider_choice_gives_a_wider_range() -> None:
    counts = dependent(6, size=7.0)
    fixed = estimate(bic_choice(keep=1, replicates=300), table_of(counts))
    free = estimate(bic_choice(keep=None, replicates=300), table_of(counts))
    for result in (fixed, free):
        assert isinstance(result, PopulationEstimate)
        assert result.interval is not None
        assert result.interval.method == "bootstrap-bca, choice repeated"
        assert result.diagnostics["replicates"] == 300
    assert fixed.n_total == free.n_total
    assert isinstance(fixed, PopulationEstimate)
    assert isinstance(free, PopulationEstimate)
    assert fixed.standard_error is not None
    assert free.standard_error is not None
    assert free.standard_error > fixed.standard_error


def test_failed_replicates_are_counted_and_told() -> None:
    """Three units in two lists: many resamples hold none of them."""
    table = table_of(np.array([30.0, 40, 1, 25, 0, 1, 0]))
    result = estimate(stepwise(interval="percentile", replicates=300), table)
    assert isinstance(result, PopulationEstimate)
    assert 0.05 * 300 < result.diagnostics["replicates_without_overlap"] < 0.3 * 300
    assert "C-REPLICATES-FAILED" in {c.code for c in result.cautions}
    assert result.interval is not None
    assert result.interval.upper == math.inf


def test_no_range_is_made_up_when_all_replicates_lie_on_one_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "bootstrap_ends", lambda *_, **__: None)
    result = estimate(stepwise(replicates=100), table_of(dependent(6)))
    assert isinstance(result, PopulationEstimate)
    assert result.interval is None
    assert result.standard_error is not None
    assert "C-NO-INTERVAL" in {c.code for c in result.cautions}


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[str, int, int]] = []
    method = stepwise(replicates=150, progress=lambda *x: told.append(x))
    estimate(method, table_of(dependent(6)))
    assert told[-1] == ("resamples", 150, 150)


@pytest.mark.parametrize(
    "call",
    [
        lambda: stepwise(threshold=1.5),
        lambda: stepwise(order=1),
        lambda: stepwise(replicates=10),
        lambda: bic_choice(keep=0),
        lambda: bic_choice(order=1),
    ],
)
def test_impossible_options_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(EstimateError, match="E-EST-55"):
        call()


@pytest.mark.parametrize("method", METHODS)
def test_tables_that_bear_no_choice_are_refused(method: object) -> None:
    two = estimate(method, table_of(np.array([3.0, 4, 5])))  # type: ignore[arg-type]
    assert isinstance(two, NotEstimable)
    assert two.reason is Reason.TOO_FEW_LISTS
    apart = estimate(method, CaptureTable.from_histories(np.eye(4, dtype=int), [9, 8, 7, 6]))  # type: ignore[arg-type]
    assert isinstance(apart, NotEstimable)
    assert apart.reason is Reason.NO_OVERLAP
    everyone = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [1, 1, 1]], [5, 3, 2])
    whole = estimate(method, everyone)  # type: ignore[arg-type]
    assert isinstance(whole, NotEstimable)
    assert whole.reason is Reason.BOUNDARY


def test_methods_say_what_they_do_and_when_they_mislead() -> None:
    for method in (*METHODS, log_linear("[12,3]")):
        assert len(method.misleads) > 40
        assert "n_unseen" in method.formula


def test_declared_terms_by_number_by_name_and_by_sets_are_one_model() -> None:
    table = table_of(dependent(7), labels=("police", "clinic", "shelter", "court"))
    written = (
        "[123,34]",
        "police*clinic*shelter, shelter*court",
        [("police", "clinic", "shelter"), ("shelter", "court")],
    )
    results = [estimate(log_linear(terms), table) for terms in written]
    for result in results:
        assert isinstance(result, PopulationEstimate)
        assert {"police:clinic:shelter", "police:clinic", "shelter:court"} <= set(result.parameters)
        assert result.n_total == pytest.approx(results[0].n_total or 0.0, rel=1e-12)
    assert "[123,34]" in results[0].method


def test_declaring_nothing_is_independence_and_all_lists_is_refused() -> None:
    table = table_of(dependent(7))
    assert estimate(log_linear("[]"), table).n_total == estimate("loglinear-main", table).n_total
    saturated = estimate(log_linear("[1234]"), table)
    assert isinstance(saturated, NotEstimable)
    assert saturated.reason is Reason.TOO_FEW_LISTS


@pytest.mark.parametrize("terms", ["[12", "[1a]", "[11]", "x**y", "x*x", [()]])
def test_terms_that_cannot_be_read_are_an_error(terms: object) -> None:
    with pytest.raises(EstimateError, match="E-EST-56"):
        log_linear(terms)  # type: ignore[arg-type]


@pytest.mark.parametrize("terms", ["police*church", "[15]"])
def test_lists_the_table_does_not_have_are_an_error(terms: str) -> None:
    with pytest.raises(EstimateError, match="E-EST-56"):
        estimate(log_linear(terms), table_of(dependent(7), labels=("police", "clinic", "shelter", "court")))
