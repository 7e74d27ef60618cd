"""Fits and derivatives of small tables, checked against sums over every cell and against finite differences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import comb, gammaln

from darkfigure.estimate import estimate
from darkfigure.estimate.closed.behaviour_by_time import TimeAndBehaviour
from darkfigure.estimate.closed.heterogeneity import SHAPES, hinge
from darkfigure.estimate.closed.occasions import Occasions, leave_one_out, symmetric_means
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

HISTORIES = np.array([w for w in itertools.product((0, 1), repeat=4) if any(w)], float)
COUNTS = np.array([37, 30, 9, 52, 16, 14, 5, 44, 12, 10, 7, 18, 6, 8, 11], float)
CAPTURES = HISTORIES.sum(axis=1)
TABLE = CaptureTable.from_histories(HISTORIES.astype(int), COUNTS.astype(int), ordered=True)


def by_brute_force(design: np.ndarray, lower: np.ndarray | None = None) -> np.ndarray:
    """Poisson maximum likelihood by a general optimiser on the full table."""

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        means = np.exp(design @ theta)
        return float(means.sum() - COUNTS @ (design @ theta)), design.T @ (means - COUNTS)

    start = np.zeros(design.shape[1])
    start[0] = 3.0
    bounds = None if lower is None else [(low, None) for low in lower]
    method = "BFGS" if lower is None else "L-BFGS-B"
    result = minimize(loss, start, jac=True, method=method, bounds=bounds, options={"gtol": 1e-9, "maxiter": 5000})
    return np.asarray(result.x)


def design_of(method: str) -> tuple[np.ndarray, np.ndarray | None]:
    kind, _, shape = method.partition("-")
    first = HISTORIES if kind in ("Mt", "Mth") else CAPTURES[:, None]
    design = np.column_stack([np.ones(len(COUNTS)), first])
    if shape == "chao":
        design = np.column_stack([design, *(hinge(CAPTURES, k) for k in (3, 4))])
        return design, np.array([-np.inf] * (design.shape[1] - 2) + [0.0, 0.0])
    if shape:
        design = np.column_stack([design, SHAPES[shape].column(CAPTURES)])
    return design, None


@pytest.mark.parametrize(
    "method", ["M0", "Mt", *(f"{k}-{s}" for k in ("Mh", "Mth") for s in ("chao", "poisson2", "darroch", "gamma3.5"))]
)
def test_log_linear_fits_equal_brute_force(method: str) -> None:
    design, lower = design_of(method)
    expected = COUNTS.sum() + math.exp(by_brute_force(design, lower)[0])
    result = estimate(method, TABLE)
    assert isinstance(result, PopulationEstimate)
    assert result.n_total == pytest.approx(expected, rel=2e-5)


def multinomial_log_likelihood(total: float, cell_chances: np.ndarray) -> float:
    """Of the counts among ``total`` units, cells with their own chances, the rest unseen."""
    unseen = total - COUNTS.sum()
    value = float(gammaln(total + 1) - gammaln(unseen + 1) + COUNTS @ np.log(cell_chances))
    return value + unseen * math.log(1 - cell_chances.sum())


def test_profile_of_mt_equals_enumeration() -> None:
    result = estimate("Mt", TABLE)
    assert isinstance(result, PopulationEstimate)
    assert result.interval is not None

    def profile(total: float) -> float:
        p = np.asarray(TABLE.occasion_totals) / total
        return multinomial_log_likelihood(total, np.prod(np.where(HISTORIES == 1, p, 1 - p), axis=1))

    top = minimize_scalar(lambda x: -profile(x), bounds=(COUNTS.sum() + 1, 2000), method="bounded")
    assert result.diagnostics["n_total_multinomial"] == pytest.approx(top.x, rel=1e-4)
    for end in (result.interval.lower, result.interval.upper):
        assert 2 * (-top.fun - profile(end)) == pytest.approx(3.841458820694124, abs=1e-4)


def test_profile_of_mb_equals_enumeration() -> None:
    result = estimate("Mb", TABLE)
    assert isinstance(result, PopulationEstimate)
    assert result.interval is not None
    first = HISTORIES.argmax(axis=1)
    again = CAPTURES - 1

    def profile(total: float) -> float:
        def loss(x: np.ndarray) -> float:
            p, c = 1 / (1 + np.exp(-x))
            chances = (1 - p) ** first * p * c**again * (1 - c) ** (3 - first - again)
            return -multinomial_log_likelihood(total, chances)

        return -float(minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}).fun)

    top = profile(result.diagnostics["n_total_multinomial"])
    for near in (0.99, 1.01):
        assert profile(near * result.diagnostics["n_total_multinomial"]) < top
    for end in (result.interval.lower, result.interval.upper):
        assert 2 * (top - profile(end)) == pytest.approx(3.841458820694124, abs=1e-3)


def test_mtb_equals_enumeration() -> None:
    first = HISTORIES.argmax(axis=1)

    def means(x: np.ndarray) -> np.ndarray:
        p, c = 1 / (1 + np.exp(-x[1:5])), 1 / (1 + np.exp(-x[1:5] - x[5]))
        product = np.full(len(COUNTS), math.exp(x[0]))
        for j in range(4):
            recapture = np.where(HISTORIES[:, j] == 1, c[j], 1 - c[j])
            product *= np.where(first > j, 1 - p[j], np.where(first == j, p[j], recapture))
        return product

    def loss(x: np.ndarray) -> float:
        return float(means(x).sum() - COUNTS @ np.log(means(x)))

    x = np.concatenate([[6.0], np.full(4, -0.5), [0.0]])
    for _ in range(3):
        x = minimize(loss, x, method="BFGS").x
        x = minimize(loss, x, method="Nelder-Mead", options={"maxiter": 20000, "xatol": 1e-10, "fatol": 1e-12}).x
    fit = TimeAndBehaviour().fit(TABLE, 0.95)
    assert COUNTS.sum() + fit.n_unseen == pytest.approx(math.exp(x[0]), rel=1e-5)
    assert fit.parameters["recapture_shift"] == pytest.approx(x[5], abs=1e-4)
    steps = np.eye(6) * 1e-4
    hessian = np.array([[_mixed(loss, x, a, b) for b in steps] for a in steps])
    chances = 1 / (1 + np.exp(-x[1:5]))
    gradient = np.concatenate([[1.0], -chances, [0.0]])
    variance = fit.n_unseen**2 * gradient @ np.linalg.inv(hessian) @ gradient + fit.n_unseen
    assert fit.standard_error == pytest.approx(math.sqrt(variance), rel=1e-4)


def _mixed(function, x, a, b) -> float:
    h = 1e-4
    return (function(x + a + b) - function(x + a - b) - function(x - a + b) + function(x - a - b)) / (4 * h * h)


def test_moments_by_sufficient_statistics_equal_sums_over_cells() -> None:
    captures = np.arange(1.0, 5)
    family = Occasions(
        100, np.array([40.0, 50, 30, 60]), np.column_stack([captures**2 / 2, hinge(captures, 3)]), np.ones(2)
    )
    theta = np.array([2.0, -0.7, 0.4, -1.3, 0.9, 0.21, 0.4])
    design = np.column_stack([np.ones(15), HISTORIES, CAPTURES**2 / 2, hinge(CAPTURES, 3)])
    means = np.exp(design @ theta)
    expected = (design * means[:, None]).T @ design
    np.testing.assert_allclose(family.moments(theta).means, design.T @ means, rtol=1e-13)
    np.testing.assert_allclose(family.moments(theta).information, expected, rtol=1e-13)
    np.testing.assert_allclose(family.exact_information(theta), expected, rtol=1e-13)
    by_level = [means[k == CAPTURES].sum() for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(family.levels(theta), by_level, rtol=1e-13)


@pytest.mark.parametrize("t", [20, 52])
def test_information_is_the_derivative_of_the_expected_statistics(t: int) -> None:
    rng = np.random.default_rng(5)
    captures = np.arange(1.0, t + 1)
    columns = SHAPES["darroch"].column(captures)[:, None]
    family = Occasions(1000, rng.uniform(50, 100, t), columns, np.ones(1))
    theta = np.concatenate([[6.0], rng.normal(-3.5, 0.4, t), [0.02]])
    exact = family.exact_information(theta)
    for i in (0, 1, t // 2, t + 1):
        step = np.zeros(t + 2)
        step[i] = 1e-6
        slope = (family.moments(theta + step).means - family.moments(theta - step).means) / 2e-6
        np.testing.assert_allclose(slope, exact[i], rtol=2e-6, atol=1e-6 * exact[0, 0])
    scale = np.sqrt(np.diag(exact))
    assert np.abs((family.moments(theta).information - exact) / np.outer(scale, scale)).max() < 1e-3


def test_symmetric_polynomials_equal_their_definition() -> None:
    rng = np.random.default_rng(1)
    relative = rng.dirichlet(np.ones(6))
    means = symmetric_means(relative)
    for k in range(7):
        direct = sum(math.prod(c) for c in itertools.combinations(relative.tolist(), k))
        assert means[k] == pytest.approx(math.factorial(k) * direct, rel=1e-13)
    without = leave_one_out(relative, means, 6)
    for j in range(6):
        np.testing.assert_allclose(without[j], symmetric_means(np.delete(relative, j)), rtol=1e-12)


@pytest.mark.parametrize("uneven", [0.1, 3.0])
def test_leaving_one_occasion_out_loses_no_digits_at_many_occasions(uneven: float) -> None:
    rng = np.random.default_rng(2)
    relative = np.exp(rng.normal(0, uneven, 52))
    relative /= relative.sum()
    without = leave_one_out(relative, symmetric_means(relative), 52)
    for j in (int(np.argmax(relative)), int(np.argmin(relative)), 7):
        direct = symmetric_means(np.delete(relative, j))
        np.testing.assert_allclose(without[j], direct, rtol=1e-11)


def test_equal_occasions_give_the_binomial() -> None:
    t = 365
    means = symmetric_means(np.full(t, 1 / t))
    k = np.array([1, 2, 10, 50])
    np.testing.assert_allclose(means[k], np.exp(gammaln(k + 1) - k * math.log(t)) * comb(t, k), rtol=1e-10)
