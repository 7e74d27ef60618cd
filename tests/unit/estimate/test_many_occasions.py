"""Closed models at any number of occasions: the route without cells gives the numbers of the cells, and stays small."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln, xlogy

from darkfigure.estimate import estimate
from darkfigure.estimate.closed.heterogeneity import SHAPES, hinge
from darkfigure.estimate.closed.normal_units import _Likelihood
from darkfigure.estimate.closed.occasions import Occasions
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate

INDEPENDENT = ["M0", "Mt", *(f"{k}-{s}" for k in ("Mh", "Mth") for s in ("chao", "poisson2", "darroch", "gamma3.5"))]
OTHERS = ["Mb", "Mbh", "Mtb", "Mh-normal", "Mth-normal"]


def drawn(*, units: int, t: int, seed: int, centre: float = -1.0) -> CaptureTable:
    rng = np.random.default_rng(seed)
    odds = np.exp(rng.normal(centre, 0.9, units))[:, None] * rng.uniform(0.7, 1.3, t)[None, :]
    histories = (rng.random((units, t)) < odds / (1 + odds)).astype(np.uint8)
    return CaptureTable.from_histories(histories[histories.any(axis=1)], ordered=True)


SMALL = drawn(units=400, t=5, seed=4)
THIRTEEN = drawn(units=700, t=13, seed=5, centre=-2.2)


def estimated(method: str, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)
    assert isinstance(result, PopulationEstimate), result
    return result


@pytest.mark.parametrize("method", [*INDEPENDENT, "Mb", "Mbh"])
def test_histories_that_occur_give_the_numbers_of_all_cells(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_cells = estimated(method, SMALL)
    monkeypatch.setattr("darkfigure.estimate.cells.MOST_LISTS", 0)
    without = estimated(method, SMALL)
    # The fit to the cells stops where the peer stops; number and error move with that, the likelihood hardly.
    assert without.n_total == pytest.approx(by_cells.n_total, rel=1e-7)
    assert without.standard_error == pytest.approx(by_cells.standard_error, rel=1e-4)
    assert without.deviance == pytest.approx(by_cells.deviance, abs=1e-9)
    assert without.aic == pytest.approx(by_cells.aic, abs=1e-9)
    assert without.bic == pytest.approx(by_cells.bic, abs=1e-9)
    assert without.df == by_cells.df
    assert without.interval is not None
    assert by_cells.interval is not None
    assert without.interval.upper == pytest.approx(by_cells.interval.upper, rel=1e-9)


def every_history(t: int) -> np.ndarray:
    numbers = np.arange(1, 2**t)
    return ((numbers[:, None] >> np.arange(t - 1, -1, -1)) & 1).astype(float)


def counts_of_all(table: CaptureTable, t: int) -> np.ndarray:
    assert table.cells is not None
    counts = np.zeros(2**t - 1)
    counts[table.cells.histories.astype(int) @ 2 ** np.arange(t - 1, -1, -1) - 1] = table.cells.counts
    return counts


@pytest.mark.parametrize("method", [m for m in INDEPENDENT if not m.endswith("chao")])
def test_thirteen_occasions_equal_the_sum_over_8191_cells(method: str) -> None:
    """Above twelve occasions no cell is built; here they are, by hand."""
    histories, counts = every_history(13), counts_of_all(THIRTEEN, 13)
    captures = histories.sum(axis=1)
    kind, _, shape = method.partition("-")
    first = histories if kind in ("Mt", "Mth") else captures[:, None]
    design = np.column_stack([np.ones(len(counts)), first])
    if shape:
        design = np.column_stack([design, SHAPES[shape].column(captures)])
    fit = fit_poisson(design, counts, stopping="exact")
    ours = estimated(method, THIRTEEN)
    unseen = math.exp(fit.coefficients[0])
    assert ours.n_total == pytest.approx(counts.sum() + unseen, rel=1e-9)
    assert ours.deviance == pytest.approx(fit.deviance, rel=1e-9)
    assert ours.df == 2**13 - 1 - design.shape[1]
    assert ours.aic == pytest.approx(2 * design.shape[1] - 2 * fit.log_likelihood, rel=1e-9)
    means = np.exp(design @ fit.coefficients)
    covariance = np.linalg.inv((design * means[:, None]).T @ design)
    assert ours.standard_error == pytest.approx(math.sqrt(unseen + unseen**2 * covariance[0, 0]), rel=1e-7)


@pytest.mark.parametrize("by_time", [False, True])
def test_chao_at_thirteen_occasions_equals_the_sum_over_8191_cells(by_time: bool) -> None:
    histories, counts = every_history(13), counts_of_all(THIRTEEN, 13)
    captures = histories.sum(axis=1)
    ours = estimated("Mth-chao" if by_time else "Mh-chao", THIRTEEN)
    knots = [int(name.removeprefix("eta")) for name in ours.parameters if name.startswith("eta")]
    first = histories if by_time else captures[:, None]
    design = np.column_stack([np.ones(len(counts)), first, *(hinge(captures, k) for k in knots)])
    fit = fit_poisson(design, counts, stopping="exact")
    assert fit.coefficients[-len(knots) :].min() > 0
    assert ours.n_total == pytest.approx(counts.sum() + math.exp(fit.coefficients[0]), rel=1e-8)
    assert ours.deviance == pytest.approx(fit.deviance, rel=1e-9)


@pytest.mark.parametrize("method", ["Mb", "Mbh"])
def test_behaviour_at_thirteen_occasions_equals_the_sum_over_8191_cells(method: str) -> None:
    histories, counts = every_history(13), counts_of_all(THIRTEEN, 13)
    first = histories.argmax(axis=1)
    columns = [np.ones(len(counts)), first, histories.sum(axis=1) - 1]
    if method == "Mbh":
        columns.append(first == 0)
    fit = fit_poisson(np.column_stack(columns).astype(float), counts, stopping="exact")
    ours = estimated(method, THIRTEEN)
    assert ours.deviance == pytest.approx(fit.deviance, rel=1e-9)
    assert ours.aic == pytest.approx(2 * len(columns) - 2 * fit.log_likelihood, rel=1e-9)
    assert ours.df == 2**13 - 1 - len(columns)


def test_deviance_of_mtb_equals_the_sum_over_its_cells() -> None:
    ours = estimated("Mtb", SMALL)
    histories, counts = every_history(5), counts_of_all(SMALL, 5)
    first = histories.argmax(axis=1)
    u, totals = np.asarray(SMALL.first_captures, float), np.asarray(SMALL.occasion_totals, float)
    known = np.concatenate([[0.0], np.cumsum(u)[:-1]])
    shift = ours.parameters["recapture_shift"]

    def chance_at(j: int) -> float:
        return _root(lambda b: (ours.n_total - known[j]) * _p(b) + known[j] * _p(b + shift) - totals[j])

    odds = np.array([chance_at(j) for j in range(5)])
    p, c = _p(odds), _p(odds + shift)
    before = np.arange(5)[None, :] < first[:, None]
    at = np.arange(5)[None, :] == first[:, None]
    chance = np.where(before, 1 - p, np.where(at, p, np.where(histories == 1, c, 1 - c)))
    means = ours.n_total * np.prod(chance, axis=1)
    assert means.sum() == pytest.approx(counts.sum(), rel=1e-8)
    direct = 2 * float(np.sum(xlogy(counts, counts) - counts * np.log(means) - counts + means))
    assert ours.deviance == pytest.approx(direct, abs=1e-7)
    log_likelihood = float(np.sum(counts * np.log(means) - means - gammaln(counts + 1)))
    assert ours.aic == pytest.approx(2 * 7 - 2 * log_likelihood, abs=1e-7)


@pytest.mark.parametrize("by_time", [False, True])
def test_normal_units_equal_a_direct_search_over_their_cells(by_time: bool) -> None:
    ours = estimated("Mth-normal" if by_time else "Mh-normal", SMALL)
    histories, counts = every_history(5), counts_of_all(SMALL, 5)
    z = np.linspace(-8, 8, 401)
    w = np.exp(-(z**2) / 2)
    w /= w.sum()
    cells = np.vstack([np.zeros(5), histories])

    def chances(x: np.ndarray) -> np.ndarray:
        p = _p(np.broadcast_to(x[:-1], 5)[:, None] + x[-1] * z[None, :])
        return np.array([np.prod(np.where(h[:, None] == 1, p, 1 - p), axis=0) @ w for h in cells])

    def loss(x: np.ndarray) -> float:
        d = chances(x)
        return -float(counts @ np.log(d[1:] / (1 - d[0]))) / counts.sum()

    start = np.append(np.full(5 if by_time else 1, -1.2), 0.7)
    best = minimize(loss, start, method="BFGS", options={"gtol": 1e-9})
    n = counts.sum()
    assert ours.n_total == pytest.approx(n / (1 - chances(best.x)[0]), rel=1e-5)
    direct = 2 * float(np.sum(xlogy(counts, counts)) - n * math.log(n) + n * best.fun)
    assert ours.deviance == pytest.approx(direct, abs=1e-6)
    assert ours.df == 31 - len(start) - 1


def _p(x):
    return 1 / (1 + np.exp(-x))


def _root(function) -> float:
    low, high = -15.0, 15.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return (low + high) / 2


def test_information_of_normal_units_is_the_derivative_of_the_gradient() -> None:
    for repeats, totals, theta in (
        (1.0, np.array([40.0, 35, 50, 20]), np.array([-1.0, -1.2, -0.4, -2.0, 0.8])),
        (4.0, np.array([145.0]), np.array([-1.1, 0.7])),
    ):
        likelihood = _Likelihood(np.array([60.0, 25, 9, 2]), totals, repeats)
        exact = likelihood.information(theta)
        for i in range(len(theta)):
            step = np.zeros(len(theta))
            step[i] = 1e-5
            slope = (likelihood.loss(theta + step)[1] - likelihood.loss(theta - step)[1]) / 2e-5
            np.testing.assert_allclose(exact[i], slope, rtol=1e-7, atol=1e-6)


def test_expected_first_captures_equal_the_sum_over_cells() -> None:
    captures = np.arange(1.0, 6)
    family = Occasions(100, np.full(5, 40.0), (captures**2 / 2)[:, None], np.ones(1))
    theta = np.array([2.0, -0.7, 0.4, -1.3, 0.9, -0.2, 0.3])
    histories = every_history(5)
    k = histories.sum(axis=1)
    means = np.exp(theta[0] + histories @ theta[1:6] + theta[6] * k**2 / 2)
    direct = np.bincount(histories.argmax(axis=1), weights=means)
    np.testing.assert_allclose(family.first_captures(theta), direct, rtol=1e-13)


@pytest.mark.parametrize("t", [2, 7, 8, 9, 17, 64, 65])
def test_packed_histories_are_counted_as_whole_rows(t: int) -> None:
    rng = np.random.default_rng(t)
    histories = (rng.random((300, t)) < 1.5 / t).astype(int)
    counts = rng.integers(0, 4, 300) * histories.any(axis=1)
    table = CaptureTable.from_histories(histories, counts, ordered=True)
    kept = histories[histories.any(axis=1)]
    rows, inverse = np.unique(kept, axis=0, return_inverse=True)
    assert table.cells is not None
    np.testing.assert_array_equal(table.cells.histories, rows)
    weights = np.bincount(inverse.ravel(), weights=counts[histories.any(axis=1)])
    np.testing.assert_array_equal(table.cells.counts, weights)
    assert table.occasion_totals == tuple(int(x) for x in (histories * counts[:, None]).sum(axis=0))


@pytest.mark.parametrize(("t", "centre"), [(52, -4.2), (365, -6.0)])
def test_all_models_answer_or_refuse_at_many_occasions(t: int, centre: float) -> None:
    table = drawn(units=90_000, t=t, seed=1, centre=centre)
    results = {name: estimate(name, table) for name in [*INDEPENDENT, *OTHERS]}
    refused = {name: r for name, r in results.items() if isinstance(r, NotEstimable)}
    assert set(refused) == {"Mh-poisson2", "Mth-poisson2"}
    assert {r.reason.value for r in refused.values()} == {"not-identified"}
    answered = [r for r in results.values() if isinstance(r, PopulationEstimate)]
    assert all(r.deviance is not None and r.aic is not None and r.bic is not None for r in answered)
    assert all((r.df is not None) == (t == 52) for r in answered)


def test_mtb_takes_counts_beyond_170() -> None:
    histories = np.array([w for w in itertools.product((0, 1), repeat=4) if any(w)])
    counts = np.array([437, 330, 109, 552, 216, 214, 105, 644, 212, 210, 107, 318, 106, 108, 211])
    table = CaptureTable.from_histories(histories, counts, ordered=True)
    thousandfold = CaptureTable.from_histories(histories, counts * 1000, ordered=True)
    once, often = estimated("Mtb", table), estimated("Mtb", thousandfold)
    assert often.n_total == pytest.approx(1000 * once.n_total, rel=1e-8)
