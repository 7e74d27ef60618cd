"""Ranges that repeat the choice of the model against ranges that take it as known, where the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import cells
from darkfigure.estimate.lists.selection_coverage import coverage_of_selection
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable

TABLES = Path(__file__).parents[2] / "src/darkfigure/reference/data/capture-tables"


def three_lists() -> CaptureTable:
    histories = cells.all_histories(3)
    log_mean = 7.0 + histories @ [-1.2, -1.4, -1.0] + 0.35 * histories[:, 0] * histories[:, 1]
    return CaptureTable.from_histories(histories, np.rint(np.exp(log_mean)))


def test_without_choice_the_conditional_range_holds_as_often_as_it_says() -> None:
    """Independent lists and a threshold that lets nothing in: no choice is made, so the level must hold."""
    histories = cells.all_histories(3)
    table = CaptureTable.from_histories(histories, np.rint(np.exp(7.0 + histories @ [-1.2, -1.4, -1.0])))
    found = coverage_of_selection(table, model=(), simulations=300, replicates=100, threshold=1e-12)
    for level in (0.95, 0.8):
        allowed = 3 * np.sqrt(level * (1 - level) / 300)
        assert abs(found.held["stepwise-conditional", level] - level) < allowed
    assert found.right_model["stepwise"] == 1.0


def test_a_range_that_ignores_the_choice_holds_too_seldom() -> None:
    """One weak dependence that is found about half the time."""
    found = coverage_of_selection(three_lists(), model=((0, 1),), simulations=120, replicates=200)
    table = three_lists()
    assert found.n_total == pytest.approx(table.n_observed + np.exp(7.0), rel=0.005)
    assert 0.1 < found.right_model["stepwise"] < 0.95
    assert found.held["stepwise-bca", 0.95] > found.held["stepwise-conditional", 0.95]
    assert found.held["stepwise-conditional", 0.95] < 0.9
    assert found.without_range["stepwise-bca"] <= 3


def test_the_same_seed_gives_the_same() -> None:
    a, b = (coverage_of_selection(three_lists(), simulations=10, replicates=100, seed=4) for _ in range(2))
    assert a == b


def test_too_few_simulations_are_refused() -> None:
    with pytest.raises(EstimateError, match="E-EST-55"):
        coverage_of_selection(three_lists(), simulations=2)


@pytest.mark.slow
def test_claim_of_the_literature_on_the_uk_lists() -> None:
    """Populations from the stepwise model of the UK lists: repeating the choice holds far more often than BIC alone."""
    table = read_capture_table(TABLES / "uk_modern_slavery_5.csv")
    found = coverage_of_selection(table, simulations=60, replicates=500)
    assert found.n_total == 11313
    for level in (0.95, 0.8):
        error = found.simulation_error("stepwise-bca", level) + found.simulation_error("bic-conditional", level)
        assert found.held["stepwise-bca", level] > found.held["bic-conditional", level] + 2 * error
        assert found.held["stepwise-bca", level] >= found.held["stepwise-conditional", level]
    assert found.root_mean_square_error["bic"] > found.root_mean_square_error["stepwise"]
