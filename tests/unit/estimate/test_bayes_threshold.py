"""Keeping pairs by the sign of their effect: the posterior against a grid, planted dependence, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import cells, estimate
from darkfigure.estimate.lists import bayes_threshold as module
from darkfigure.estimate.lists.bayes_threshold import bayes_threshold
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason


def planted(pairs: dict[tuple[int, int], float], *, seed: int, n: int = 5000, lists: int = 4) -> CaptureTable:
    histories = np.vstack([np.zeros(lists), cells.all_histories(lists)])
    log_mean = histories @ np.full(lists, -1.8) + sum(
        e * histories[:, i] * histories[:, j] for (i, j), e in pairs.items()
    )
    share = np.exp(log_mean) / np.exp(log_mean).sum()
    counts = np.random.default_rng(seed).multinomial(n, share)
    return CaptureTable.from_histories(histories[1:], counts[1:])


def test_posterior_of_two_lists_equals_a_grid() -> None:
    """Intercept and two lists, against brute force over the product of Poisson terms and normal priors."""
    column = np.array([0.0, 20, 30, 15])
    found = module._posterior(column, [], 2, 1.0, 20_000, np.random.default_rng(1))
    centre = np.array([np.log(65), np.log(45.5 / 66), np.log(35.5 / 66)])
    a, b, c = np.meshgrid(np.linspace(2, 5.5, 140), np.linspace(-2.5, 2, 130), np.linspace(-2.5, 2, 130), indexing="ij")
    log = 30 * (a + b) + 20 * (a + c) + 15 * (a + b + c) - np.exp(a + b) - np.exp(a + c) - np.exp(a + b + c)
    log -= sum((x - m) ** 2 / 200 for x, m in zip((a, b, c), centre, strict=True))
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    for k, values in enumerate((a, b, c)):
        mean = float((weight * values).sum())
        spread = float(np.sqrt((weight * (values - mean) ** 2).sum()))
        ours = float(found.weights @ found.effects[:, k])
        assert ours == pytest.approx(mean, abs=5 * spread / np.sqrt(found.effective))
        away = float(np.sqrt(found.weights @ (found.effects[:, k] - ours) ** 2))
        assert away == pytest.approx(spread, rel=0.05)


def test_planted_pairs_are_kept_and_others_mostly_not() -> None:
    kept, extra, held = 0, 0, 0
    for seed in range(12):
        result = estimate(bayes_threshold(draws=4000), planted({(0, 1): 1.2, (2, 3): -1.0}, seed=seed))
        assert isinstance(result, PopulationEstimate)
        unsure = {k.removeprefix("sign_unsure "): v for k, v in result.diagnostics.items() if k.startswith("sign")}
        assert len(unsure) == 6
        kept += (unsure["1:2"] <= 0.05) + (unsure["3:4"] <= 0.05)
        extra += sum(v <= 0.05 for k, v in unsure.items() if k not in ("1:2", "3:4"))
        assert result.diagnostics["pairs_kept"] == sum(v <= 0.05 for v in unsure.values())
        assert result.interval is not None
        held += result.interval.lower <= 5000 <= result.interval.upper
    assert kept >= 22
    # Of 48 pairs without effect at most a tenth should stay, twice the threshold, give or take three errors.
    assert extra <= 4.8 + 3 * np.sqrt(4.8)
    assert held >= 7


def test_without_dependence_the_number_is_that_of_independent_lists() -> None:
    table = planted({}, seed=3)
    result = estimate(bayes_threshold(threshold=1e-6), table)
    independent = estimate("loglinear-main", table)
    assert isinstance(result, PopulationEstimate)
    assert isinstance(independent, PopulationEstimate)
    assert result.n_total == pytest.approx(independent.n_total, rel=0.01)
    assert result.standard_error == pytest.approx(independent.standard_error, rel=0.05)


def test_a_wider_prior_pulls_less() -> None:
    table = planted({(0, 1): 2.0}, seed=4, n=1500)
    narrow, wide = (estimate(bayes_threshold(prior_spread=s), table) for s in (0.2, 2.0))
    independent = estimate("loglinear-main", table)
    assert isinstance(narrow, PopulationEstimate)
    assert isinstance(wide, PopulationEstimate)
    assert isinstance(independent, PopulationEstimate)
    assert independent.n_total < narrow.n_total < wide.n_total


def test_the_same_seed_gives_the_same_and_the_order_of_lists_does_not_matter() -> None:
    table = planted({(0, 1): 1.0}, seed=5)
    assert repr(estimate(bayes_threshold(), table)) == repr(estimate(bayes_threshold(), table))
    assert table.cells is not None
    turned = CaptureTable.from_histories(table.cells.histories[:, [3, 1, 0, 2]], table.cells.counts)
    a, b = estimate(bayes_threshold(), table), estimate(bayes_threshold(), turned)
    assert isinstance(a, PopulationEstimate)
    assert isinstance(b, PopulationEstimate)
    assert a.n_total == b.n_total


def test_a_posterior_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEWEST_EFFECTIVE", 10**6)
    result = estimate(bayes_threshold(), planted({}, seed=6))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NOT_CONVERGED
    assert result.diagnostics["effective_draws"] > 1000


@pytest.mark.parametrize("option", [{"threshold": 0.5}, {"prior_spread": 0.0}, {"draws": 10}])
def test_impossible_options_are_refused(option: dict[str, float]) -> None:
    with pytest.raises(EstimateError, match="E-EST-55"):
        bayes_threshold(**option)  # type: ignore[arg-type]
