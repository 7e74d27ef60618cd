"""Lease shapes, their fits against a generic optimiser, and the average over them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from darkfigure.estimate.lagged import LeaseWorld
from darkfigure.estimate.lagged.curve_average import average_curves
from darkfigure.estimate.lagged.curve_choice import bin_weights, choose_curve, lag_edges, time_resolution
from darkfigure.estimate.lagged.dispersion import bootstrap_dispersion, sandwich_dispersion
from darkfigure.estimate.lagged.lag_curve import curve_columns, fit_curve, spread_points, weigh
from darkfigure.estimate.lagged.lease_shapes import SHAPES, as_counted
from darkfigure.estimate.lagged.pair_counts import count_pairs

LAGS = np.concatenate([[0.0], np.geomspace(0.01, 400.0, 80)])


@pytest.mark.parametrize("name", SHAPES)
def test_survival_falls_from_one_and_is_convex(name: str) -> None:
    shape = SHAPES[name]
    theta = spread_points(shape.box(shortest=0.3, longest=900.0), 60)
    curves = shape.survival(theta, LAGS)
    np.testing.assert_allclose(curves[:, 0], 1.0)
    assert (np.diff(curves, axis=1) <= 1e-12).all()
    assert (curves >= 0).all()
    slopes = np.diff(curves, axis=1) / np.diff(LAGS)
    assert (np.diff(slopes, axis=1) >= -1e-9 * np.abs(slopes).max(axis=1, keepdims=True)).all()


def test_priors_of_the_shapes_add_up() -> None:
    assert sum(shape.prior for shape in SHAPES.values()) == pytest.approx(1.0)


def test_gamma_shape_is_the_integral_of_its_law() -> None:
    mean, k = 12.0, 2.7
    for lag in (0.5, 6.0, 30.0):
        tail, _ = scipy.integrate.quad(lambda t: scipy.stats.gamma.sf(t, k, scale=mean / k), lag, np.inf)
        found = SHAPES["gamma"].survival(np.log([[mean, k]]), np.array([lag]))[0, 0]
        assert found == pytest.approx(tail / mean, abs=1e-10)


def test_lognormal_shape_is_the_integral_of_its_law() -> None:
    mean, sigma = 12.0, 1.1
    law = scipy.stats.lognorm(sigma, scale=mean * np.exp(-(sigma**2) / 2))
    for lag in (0.5, 6.0, 30.0):
        tail, _ = scipy.integrate.quad(law.sf, lag, np.inf)
        found = SHAPES["lognormal"].survival(np.log([[mean, sigma]]), np.array([lag]))[0, 0]
        assert found == pytest.approx(tail / mean, abs=1e-8)


def test_uniform_shape_is_the_integral_of_its_law() -> None:
    mean, width = 12.0, 0.6
    law = scipy.stats.uniform(mean * (1 - width), 2 * mean * width)
    for lag in (0.5, 4.0, 9.0, 15.0, 30.0):
        tail, _ = scipy.integrate.quad(law.sf, lag, 40.0, points=[4.8, 19.2])
        found = SHAPES["uniform"].survival(np.array([[np.log(mean), width]]), np.array([lag]))[0, 0]
        assert found == pytest.approx(tail / mean, abs=1e-8)


def test_a_corner_is_averaged_over_its_lag_bin() -> None:
    low, high = 6.45, 8.02
    counted = as_counted(SHAPES["fixed"], resolution_days=0.0, bin_ratio=high / low)
    within, _ = scipy.integrate.quad(lambda lag: max(0.0, 1 - lag / 7), low, high, points=[7.0])
    found = counted.survival(np.log([[7.0]]), np.array([(low + high) / 2]))[0, 0]
    assert found == pytest.approx(within / (high - low), rel=0.1)
    assert SHAPES["fixed"].survival(np.log([[7.0]]), np.array([(low + high) / 2]))[0, 0] == 0
    plain = as_counted(SHAPES["gamma"], resolution_days=0.0, bin_ratio=high / low)
    assert plain.survival is SHAPES["gamma"].survival


def test_blurring_is_the_average_over_true_lags() -> None:
    rng = np.random.default_rng(1)
    first = rng.uniform(0, 1, 200_000)
    true = np.abs(3.0 + rng.uniform(0, 1, first.size) - first)
    found = as_counted(SHAPES["exponential"], resolution_days=1.0, bin_ratio=1.2)
    found = found.survival(np.log([[2.0]]), np.array([3.0]))[0, 0]
    assert found == pytest.approx(np.exp(-true / 2.0).mean(), rel=0.01)


def a_count(**world: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    drawn = LeaseWorld(n_sources=600, sightings_a_year=20.0, **world).draw(seed=2)  # type: ignore[arg-type]
    counts = count_pairs(drawn.entity, drawn.days, edges=lag_edges(365.0, 0.0))
    return counts.same, counts.pairs, counts.middles


@pytest.mark.parametrize("name", ["exponential", "gamma", "mixture"])
def test_fit_is_as_likely_as_a_generic_optimisers(name: str) -> None:
    same, pairs, lags = a_count(lease_days=14.0, shared_share=0.2, shared_pool=50)
    shape = SHAPES[name]
    box = shape.box(shortest=0.01, longest=3000.0)
    fit = fit_curve(shape, same, pairs, lags, box=box)

    def minus(x: np.ndarray) -> float:
        means = pairs * (np.exp(x[0]) * shape.survival(x[None, 2:], lags)[0] + np.exp(x[1]))
        return -float((same * np.log(means)).sum() - means.sum())

    start = np.concatenate([[-np.log(fit.n_active[0]), np.log(max(fit.floor[0], 1e-9))], fit.theta[0] + 0.1])
    bounds = [(-20.0, 0.0), (-30.0, 0.0), *zip(*box, strict=True)]
    best = scipy.optimize.minimize(minus, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
    assert fit.log_likelihood[0] >= -best.fun - 1e-3
    assert fit.means[0].sum() == pytest.approx(same.sum(), rel=1e-6)


def test_share_of_chance_is_the_likeliest() -> None:
    same, pairs, lags = a_count(lease_days=14.0, shared_share=0.5, shared_pool=50)
    curve = np.exp(-lags / 14.0)[None]
    value, rate, floor = weigh(same[None], pairs, curve)
    for change in (0.97, 1.03):
        moved = pairs * (rate[0, 0] * change * curve[0] + floor[0, 0])
        assert (same * np.log(moved)).sum() - moved.sum() < value[0, 0]


def test_columns_are_the_derivatives_of_the_means() -> None:
    same, pairs, lags = a_count(lease_days=14.0, shared_share=0.2, shared_pool=50)
    shape = SHAPES["gamma"]
    fit = fit_curve(shape, same, pairs, lags, box=shape.box(shortest=0.01, longest=3000.0))
    centre = np.concatenate([[-np.log(fit.n_active[0]), fit.floor[0]], fit.theta[0]])

    def means(x: np.ndarray) -> np.ndarray:
        return np.asarray(pairs * (np.exp(x[0]) * shape.survival(x[None, 2:], lags)[0] + x[1]))

    columns = curve_columns(fit, pairs, lags)
    columns[:, 1] *= fit.n_active[0]
    for place, step in enumerate((1e-5, 1e-8, 1e-5, 1e-5)):
        moved = np.zeros(4)
        moved[place] = step
        slope = (means(centre + moved) - means(centre - moved)) / (2 * step)
        np.testing.assert_allclose(columns[:, place], slope, rtol=2e-3, atol=2e-4 * np.abs(slope).max())


def test_average_agrees_with_the_fit_when_data_are_plenty() -> None:
    drawn = LeaseWorld(n_sources=2000, sightings_a_year=40.0, lease="fixed", lease_days=10.0).draw(seed=3)
    chosen = choose_curve(drawn.entity, drawn.days, cut_days=None, resolution_days=0.0)
    average = average_curves(chosen, dispersion=sandwich_dispersion(chosen), seed=1)
    assert max(average.shape_weights, key=lambda n: average.shape_weights[n]).startswith("fixed")
    assert sum(average.shape_weights.values()) == pytest.approx(1.0)
    assert np.exp(average.quantiles([0.5])[0]) == pytest.approx(float(chosen.fit.n_active[0]), rel=0.01)
    assert average.means.sum() == pytest.approx(chosen.counts.same.sum(), rel=0.01)


def test_bins_whose_matches_come_together_weigh_less() -> None:
    long = LeaseWorld(n_sources=400, sightings_a_year=50.0, lease_days=60.0).draw(seed=4)
    short = LeaseWorld(n_sources=400, sightings_a_year=20.0, lease_days=0.5).draw(seed=4)
    of_long, of_short = (
        bin_weights(count_pairs(drawn.entity, drawn.days, edges=lag_edges(365.0, 0.0))) for drawn in (long, short)
    )
    assert (of_long <= 1).all()
    assert of_long[40] < 0.5 * of_long[5]
    assert of_short[:40].min() > 0.9


def test_bootstrap_and_sandwich_agree_and_see_dependence() -> None:
    drawn = LeaseWorld(n_sources=400, sightings_a_year=50.0, lease_days=60.0).draw(seed=4)
    chosen = choose_curve(drawn.entity, drawn.days, cut_days=0.0, resolution_days=0.0)
    sandwich, bootstrap = sandwich_dispersion(chosen), bootstrap_dispersion(chosen, replicates=300, seed=1)
    assert sandwich.curve > 2
    assert bootstrap.curve == pytest.approx(sandwich.curve, rel=0.5)
    assert bootstrap.total == sandwich.total
    # Long leases make both the matches and the reach larger, so the two errors partly cancel in the number.
    assert sandwich.of("exponential").carried > 0.3
    assert sandwich.of("exponential").left < sandwich.total


def test_sources_that_keep_their_identifier_add_no_error_of_their_own() -> None:
    sources, a_year = 500, 10.0
    drawn = LeaseWorld(n_sources=sources, sightings_a_year=a_year, lease="static").draw(seed=4)
    chosen = choose_curve(drawn.entity, drawn.days, cut_days=0.0, resolution_days=0.0)
    # Variance of sum k (k - 1) / (sum k)^2 for Poisson k; taking sources for drawn at random would give 1 / sources.
    expected = 2 / (sources * a_year**2)
    assert expected / 2.5 < sandwich_dispersion(chosen).total < 2.5 * expected


def test_grid_of_times_is_found() -> None:
    days = np.array([17000.0, 17007.0, 17021.0])
    assert [time_resolution(days), time_resolution(days + np.array([0, 1, 0])), time_resolution(days * 1.01)] == [
        7,
        1,
        0,
    ]
