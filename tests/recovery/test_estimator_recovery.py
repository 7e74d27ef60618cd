"""Known truth: draw tables from a model and ask it for the total. Small and quick; the wide grid is another run."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

REPLICATES = 200


def draw(method: str, rng: np.random.Generator, n_total: int, t: int) -> CaptureTable:
    """One table of a population of ``n_total`` units under a method's own assumptions."""
    chance = np.full(t, 0.18) if method in ("M0", "Mh-chao", "Mb") else np.linspace(0.08, 0.3, t)
    seen = rng.random((n_total, t)) < chance
    if method == "Mb":
        first = np.where(seen.any(axis=1), seen.argmax(axis=1), t)
        again = rng.random((n_total, t)) < 0.4
        later = np.arange(t)[None, :] > first[:, None]
        seen = np.where(later, again, seen)
    return CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int), ordered=True)


@pytest.mark.parametrize(("method", "bias"), [("M0", 0.01), ("Mt", 0.01), ("Mh-chao", 0.05), ("Mb", 0.08)])
def test_a_true_model_recovers_the_total_and_covers_it(method: str, bias: float) -> None:
    rng = np.random.default_rng(11)
    n_total, numbers, covered = 400, [], 0
    for _ in range(REPLICATES):
        result = estimate(method, draw(method, rng, n_total, 6))
        if not isinstance(result, PopulationEstimate):
            continue
        assert result.interval is not None
        numbers.append(result.n_total)
        covered += result.interval.lower <= n_total <= result.interval.upper
    assert len(numbers) >= 0.97 * REPLICATES
    assert abs(np.mean(numbers) / n_total - 1) < bias
    # 95% of 200 with room for three Monte-Carlo standard errors (0.046).
    assert 0.90 <= covered / len(numbers) <= 0.997


def test_the_standard_error_is_the_spread_of_the_estimates() -> None:
    rng = np.random.default_rng(12)
    results = [estimate("Mt", draw("Mt", rng, 400, 6)) for _ in range(REPLICATES)]
    numbers = [r.n_total for r in results if isinstance(r, PopulationEstimate)]
    errors = [r.standard_error for r in results if isinstance(r, PopulationEstimate) and r.standard_error is not None]
    assert np.std(numbers) == pytest.approx(float(np.mean(errors)), rel=0.16)


def test_differences_between_units_pull_m0_down_and_mth_back_up() -> None:
    rng = np.random.default_rng(13)
    t, n_total = 12, 1500
    odds = -2.6 + rng.normal(0, 0.8, (40, n_total))
    found: dict[str, list[float]] = {"M0": [], "Mh-chao": [], "Mh-darroch": [], "Mth-darroch": []}
    for row in odds:
        seen = rng.random((n_total, t)) < 1 / (1 + np.exp(-row[:, None]))
        table = CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int))
        for method, numbers in found.items():
            result = estimate(method, table)
            assert isinstance(result, PopulationEstimate)
            numbers.append(result.n_total / n_total)
    mean = {method: float(np.mean(numbers)) for method, numbers in found.items()}
    assert mean["M0"] < 0.9
    assert mean["M0"] < mean["Mh-chao"] < 1.0
    assert 0.9 < mean["Mh-darroch"] < 1.12
    assert mean["Mth-darroch"] == pytest.approx(mean["Mh-darroch"], abs=0.02)
