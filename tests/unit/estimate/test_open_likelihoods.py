"""Open-population likelihoods equal the sum over everything that can have happened; slopes equal differences."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from darkfigure.estimate.formulas import design
from darkfigure.estimate.open_populations.cormack_jolly_seber import cjs_likelihood
from darkfigure.estimate.open_populations.entries import chance_never_seen, expected_sightings
from darkfigure.estimate.open_populations.maximum import information_at, maximise
from darkfigure.estimate.open_populations.rate_formulas import occasion_columns, rate_design
from darkfigure.estimate.open_populations.robust_design import robust_likelihood
from darkfigure.estimate.open_populations.super_population import super_population
from darkfigure.records.aggregate import CaptureTable
from darkfigure.records.aggregate.unit_rows import UnitRows


def some_table(t: int, seed: int, *, covariates: bool = False) -> CaptureTable:
    rng = np.random.default_rng(seed)
    every = np.array(list(itertools.product([0, 1], repeat=t))[1:], dtype=np.uint8)
    histories = np.repeat(every, 2, axis=0)
    counts = rng.integers(0, 12, len(histories))
    table = CaptureTable.from_histories(histories, counts, ordered=True)
    if not covariates:
        return table
    rows = UnitRows(
        captures=histories.sum(axis=1).astype(np.int64),
        counts=counts,
        covariates={"sex": np.array(["f", "m"] * len(every)), "size": rng.normal(size=len(histories)).round(2)},
        histories=histories,
    )
    return replace(table, rows=rows)


def logit(x: float) -> float:
    return math.log(x / (1 - x))


def differences(function: object, at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    return np.array([(function(at + step * e) - function(at - step * e)) / (2 * step) for e in np.eye(len(at))])  # type: ignore[operator]


def seen_again(history: tuple[int, ...], phi: list[float], p: list[float]) -> float:
    """Chance of the sightings after the first, summed over the occasion from which the unit is gone."""
    t, first = len(history), history.index(1)
    total = 0.0
    for gone in range(first + 1, t + 1):
        chance = math.prod(phi[first : gone - 1]) * ((1 - phi[gone - 1]) if gone < t else 1.0)
        for k in range(first + 1, t):
            there = p[k] if k < gone else 0.0
            chance *= there if history[k] else 1 - there
        total += chance
    return total


def whole_history(history: tuple[int, ...], phi: list[float], p: list[float], b: list[float]) -> float:
    """Chance of a history, summed over the occasions of coming and of going."""
    t, total = len(history), 0.0
    for come in range(t):
        for gone in range(come + 1, t + 1):
            chance = b[come] * math.prod(phi[come : gone - 1]) * ((1 - phi[gone - 1]) if gone < t else 1.0)
            for k in range(t):
                there = p[k] if come <= k < gone else 0.0
                chance *= there if history[k] else 1 - there
            total += chance
    return total


@pytest.mark.parametrize("t", [3, 4])
def test_cjs_is_the_sum_over_all_paths(t: int) -> None:
    rng = np.random.default_rng(t)
    phi, p = rng.uniform(0.3, 0.9, t - 1).tolist(), [0.0, *rng.uniform(0.2, 0.9, t - 1).tolist()]
    table = some_table(t, 1)
    assert table.cells is not None
    by_hand = sum(
        int(n) * math.log(seen_again(tuple(h.tolist()), phi, p))
        for h, n in zip(table.cells.histories, table.cells.counts, strict=True)
    )
    beta = np.array([logit(x) for x in (*phi, *p[1:])])
    value, _ = cjs_likelihood(table, phi="~ 0 + time", p="~ 0 + time").evaluate(beta)
    assert value == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("t", [3, 4])
def test_super_population_is_the_multinomial_over_all_paths(t: int) -> None:
    rng = np.random.default_rng(t)
    phi, p = rng.uniform(0.3, 0.9, t - 1).tolist(), rng.uniform(0.2, 0.9, t).tolist()
    b, f0, table = rng.dirichlet(np.ones(t)).tolist(), 17, some_table(t, 2)
    assert table.cells is not None
    n = table.n_observed
    every = [whole_history(h, phi, p, b) for h in itertools.product([0, 1], repeat=t)]
    assert sum(every) == pytest.approx(1, abs=1e-12)
    by_hand = math.lgamma(n + f0 + 1) - math.lgamma(f0 + 1) + f0 * math.log(every[0])
    for history, count in zip(table.cells.histories, table.cells.counts, strict=True):
        by_hand += int(count) * math.log(whole_history(tuple(history.tolist()), phi, p, b))
    assert table.first_captures is not None
    by_hand -= sum(math.lgamma(u + 1) for u in table.first_captures)
    beta = [*map(logit, phi), *map(logit, p), *(math.log(x / b[0]) for x in b[1:]), math.log(f0)]
    likelihood = super_population(table, phi="~ 0 + time", p="~ 0 + time", pent="~ 0 + time")
    assert likelihood.evaluate(np.array(beta))[0] == pytest.approx(by_hand, rel=1e-12)
    assert chance_never_seen(likelihood.chances(np.array(beta)))[0] == pytest.approx(every[0], rel=1e-12)


def robust_history(history: tuple[int, ...], phi: float, p: list[float], b: list[float], gamma: float) -> float:
    """Three periods of two occasions, summed over coming, going and being away."""
    total = 0.0
    for come in range(3):
        for gone in range(come + 1, 4):
            path = b[come] * phi ** (gone - 1 - come) * ((1 - phi) if gone < 3 else 1.0)
            for away in itertools.product([0, 1], repeat=gone - come):
                chance = path
                for k in range(3):
                    inside = come <= k < gone
                    there = inside and not away[k - come]
                    if inside:
                        chance *= gamma if away[k - come] else 1 - gamma
                    for s in (2 * k, 2 * k + 1):
                        seen = p[s] if there else 0.0
                        chance *= seen if history[s] else 1 - seen
                total += chance
    return total


@pytest.mark.parametrize(("emigration", "gamma"), [("none", 0.0), ("random", 0.3)])
def test_robust_design_is_the_multinomial_over_all_paths(emigration: str, gamma: float) -> None:
    rng = np.random.default_rng(7)
    phi, p, b, f0 = 0.7, rng.uniform(0.2, 0.8, 6).tolist(), [0.5, 0.3, 0.2], 23
    table = some_table(6, 3)
    assert table.cells is not None
    n = table.n_observed
    nothing = robust_history((0,) * 6, phi, p, b, gamma)
    by_hand = math.lgamma(n + f0 + 1) - math.lgamma(f0 + 1) + f0 * math.log(nothing)
    for history, count in zip(table.cells.histories, table.cells.counts, strict=True):
        by_hand += int(count) * math.log(robust_history(tuple(history.tolist()), phi, p, b, gamma))
    formulas = {"phi": "~ 1", "p": "~ 0 + time", "pent": "~ 0 + time", "gamma": "~ 1"}
    likelihood = robust_likelihood(table, (2, 2, 2), emigration=emigration, formulas=formulas)  # type: ignore[arg-type]
    by_hand -= sum(math.lgamma(u + 1) for u in likelihood.data.first[0])
    away = [] if emigration == "none" else [logit(gamma)]
    beta = [logit(phi), *map(logit, p), *away, *(math.log(x / b[0]) for x in b[1:]), math.log(f0)]
    assert likelihood.evaluate(np.array(beta))[0] == pytest.approx(by_hand, rel=1e-12)


def test_cjs_slope_equals_differences() -> None:
    likelihood = cjs_likelihood(some_table(4, 5, covariates=True), phi="~ time*sex + size", p="~ cohort + Time")
    beta = np.random.default_rng(1).normal(size=len(likelihood.phi.names) + len(likelihood.p.names))
    found = differences(lambda b: likelihood.evaluate(b)[0], beta)
    assert likelihood.evaluate(beta)[1] == pytest.approx(found, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("given_n", [False, True])
def test_super_population_slope_equals_differences(given_n: bool) -> None:
    likelihood = super_population(some_table(4, 6, covariates=True), phi="~ time", p="~ time + sex", pent="~ time*sex")
    beta = np.random.default_rng(2).normal(size=likelihood.n_columns + 2)
    expected = expected_sightings(likelihood.chances(beta), likelihood.data.n_units) if given_n else None
    found = differences(lambda b: likelihood.evaluate(b, None, expected)[0], beta)
    assert likelihood.evaluate(beta, None, expected)[1] == pytest.approx(found, rel=1e-6, abs=1e-5)


def test_robust_slope_and_curvature_equal_differences() -> None:
    formulas = {"phi": "~ time", "p": "~ time", "pent": "~ time", "gamma": "~ time"}
    likelihood = robust_likelihood(some_table(6, 7), (2, 2, 2), emigration="random", formulas=formulas)
    beta = np.random.default_rng(3).normal(size=likelihood.n_columns + 1)
    found = differences(lambda b: likelihood.evaluate(b)[0], beta)
    assert likelihood.evaluate(beta)[1] == pytest.approx(found, rel=1e-6, abs=1e-4)
    curved = -np.array([differences(lambda b, i=i: likelihood.evaluate(b)[1][i], beta) for i in range(len(beta))])
    assert information_at(likelihood.evaluate, beta) == pytest.approx(curved, rel=1e-5, abs=1e-4)


def test_the_slope_is_zero_on_average() -> None:
    """Exposures a model expects put its maximum at the rates they came from."""
    likelihood = super_population(some_table(4, 8), phi="~ time", p="~ 1", pent="~ time")
    beta = np.random.default_rng(4).normal(size=likelihood.n_columns + 1)
    expected = expected_sightings(likelihood.chances(beta), likelihood.data.n_units)
    slope = likelihood.evaluate(beta, None, expected)[1]
    assert slope == pytest.approx(np.zeros(len(beta)), abs=1e-9)


def test_two_thin_matrices_make_the_design_of_the_formula() -> None:
    units = {"sex": np.array(["m", "f", "m"]), "size": np.array([0.5, 1.5, 2.0])}
    times = occasion_columns(4, 1, 4)
    formula = "~ time*sex + size:time + Time"
    made = rate_design(formula, symbol="p", units=units, weights=np.ones(3), occasions=times)
    table = {k: np.repeat(v, 3) for k, v in units.items()} | {k: np.tile(v, 3) for k, v in times.items()}
    whole = design(formula, table, n_rows=9)
    assert made.names == whole.names
    product = (made.units[:, None, :] * made.occasions[None, :, :]).reshape(9, -1)
    assert product == pytest.approx(whole.matrix)
    beta = np.arange(1.0, 1 + len(made.names))
    assert made.predictor(beta).ravel() == pytest.approx(whole.matrix @ beta)


def test_the_search_finds_a_maximum_that_lies_far_out() -> None:
    found = maximise(lambda b: (-((b - 40.0) ** 4).sum() / 1e4, -4 * (b - 40.0) ** 3 / 1e4), np.zeros(2))
    assert found.beta == pytest.approx([40.0, 40.0], abs=0.5)
