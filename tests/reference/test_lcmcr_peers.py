"""Latent classes against LCMCR 0.4.14 on the Kosovo table: six seeds of 1,000 draws, and one run of 10,000."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.estimate.bayes import latent_classes
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate, Reason

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "src/darkfigure/reference/data/capture-tables"
ORACLE = {e["id"]: e for e in json.loads((HERE / "oracles/lcmcr_dga.json").read_text()) if e["package"] == "LCMCR"}
SEEDS = [f"kosovo.lcmcr.seed{seed}" for seed in range(1, 7)]


@pytest.fixture(scope="module")
def ours() -> PopulationEstimate:
    table = read_capture_table(TABLES / "kosovo.csv")
    assert table.n_observed == 4400
    result = estimate(latent_classes(), table)
    assert isinstance(result, PopulationEstimate), result
    return result


def spread(level: str) -> tuple[float, float]:
    values = [ORACLE[seed]["results"]["quantiles"][level] for seed in SEEDS]
    return float(np.mean(values)), float(np.std(values, ddof=1))


def test_median_lies_within_the_spread_between_the_peers_seeds(ours: PopulationEstimate) -> None:
    middle, between = spread("50%")
    assert abs(ours.n_total - middle) < 3 * between


@pytest.mark.parametrize(("level", "end"), [("2.5%", "lower"), ("97.5%", "upper")])
def test_interval_ends_lie_within_the_spread_between_the_peers_seeds(
    ours: PopulationEstimate, level: str, end: str
) -> None:
    middle, between = spread(level)
    assert abs(getattr(ours.interval, end) - middle) < 3 * between


def test_monte_carlo_error_is_no_larger_than_the_peers_spread(ours: PopulationEstimate) -> None:
    """Each of the peer's seeds ran 110,000 sweeps; the spread between six of them is their error."""
    assert ours.diagnostics["mc_error_median"] < 1.3 * spread("50%")[1]
    assert ours.diagnostics["r_hat"] < 1.05


def test_the_peers_run_of_ten_thousand_draws_lies_below_its_own_seeds(ours: PopulationEstimate) -> None:
    """One chain, thinned by 10: it visited a lower total that the six longer runs and ours hardly do."""
    alone = ORACLE["kosovo.lcmcr.10000"]["results"]["quantiles"]
    middle, between = spread("2.5%")
    assert alone["2.5%"] < middle - 3 * between
    assert ours.interval is not None
    assert ours.interval.lower > alone["2.5%"]


@pytest.mark.slow
def test_plain_gibbs_gives_the_same_posterior(ours: PopulationEstimate) -> None:
    plain = estimate(
        latent_classes(sampler="gibbs", chains=48, draws=96_000, extensions=2),
        read_capture_table(TABLES / "kosovo.csv"),
    )
    assert isinstance(plain, PopulationEstimate), plain
    error = np.hypot(ours.diagnostics["mc_error_median"], plain.diagnostics["mc_error_median"])
    assert abs(ours.n_total - plain.n_total) < 3 * error


@pytest.mark.slow
def test_uk_table_has_two_answers_and_is_refused() -> None:
    """Chains stay near 12,000 or near 22,000 and do not cross: one chain alone would print either."""
    result = estimate(latent_classes(extensions=2), read_capture_table(TABLES / "uk_modern_slavery_5.csv"))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NOT_CONVERGED
    assert result.diagnostics["lowest_group_median"] < 0.85 * result.diagnostics["highest_group_median"]
