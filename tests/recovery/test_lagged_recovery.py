"""Lagged identification on simulated worlds: bias and coverage of what it answers, and that it answers."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from darkfigure.estimate.lagged import LeaseWorld, active_sources
from darkfigure.estimate.lagged.curve_choice import choose_curve
from darkfigure.estimate.lagged.dispersion import sandwich_dispersion
from darkfigure.records.aggregate import LaggedEstimate

DRAWS = 24
WORLDS = {
    "exponential": LeaseWorld(n_sources=1500, sightings_a_year=10.0, lease_days=7.0),
    "fixed": LeaseWorld(n_sources=1500, sightings_a_year=10.0, lease="fixed", lease_days=30.0),
    "shared": LeaseWorld(n_sources=1500, sightings_a_year=10.0, lease_days=7.0, shared_share=0.5, shared_pool=100),
    "bursts": LeaseWorld(n_sources=1500, sightings_a_year=30.0, lease_days=14.0, burst_size=3.0),
    "exits": LeaseWorld(n_sources=1500, sightings_a_year=10.0, lease_days=30.0, career_days=90.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_bias_and_coverage(name: str) -> None:
    ratios, held = [], 0
    for draw in range(DRAWS):
        drawn = WORLDS[name].draw(seed=500 + draw)
        answer = active_sources(drawn.entity, drawn.days)
        if isinstance(answer, LaggedEstimate):
            ratios.append(answer.n_active / drawn.weighted_active)
            held += answer.interval.lower <= drawn.weighted_active <= answer.interval.upper
    assert len(ratios) >= 0.8 * DRAWS
    assert abs(np.median(ratios) - 1) < 0.10
    # With 24 draws a coverage of 90% gives fewer than 19 in about two of a hundred runs.
    assert held >= 19 / 24 * len(ratios)


@pytest.mark.slow
def test_static_identifiers_are_counted_when_none_is_shared() -> None:
    worlds = [LeaseWorld(n_sources=1500, sightings_a_year=6.0, lease="static").draw(seed=seed) for seed in range(8)]
    answers = [active_sources(drawn.entity, drawn.days) for drawn in worlds]
    found = [answer for answer in answers if isinstance(answer, LaggedEstimate)]
    assert len(found) >= 6
    for answer in found:
        assert answer.decay.shape == "none"
        assert answer.n_active == pytest.approx(1500, rel=0.03)


@pytest.mark.slow
def test_error_of_the_number_is_what_fresh_worlds_show() -> None:
    world = LeaseWorld(n_sources=400, sightings_a_year=12.0, lease_days=20.0)
    numbers, errors = [], []
    for seed in range(30):
        drawn = world.draw(seed=900 + seed)
        chosen = choose_curve(drawn.entity, drawn.days, cut_days=0.0, resolution_days=0.0)
        spread = sandwich_dispersion(chosen).of("exponential")
        numbers.append(np.log(chosen.fits["exponential"].n_active[0]))
        errors.append(spread.of_number)
    assert np.median(errors) == pytest.approx(np.std(numbers), rel=0.4)


@pytest.mark.slow
def test_the_grid_runs() -> None:
    grid = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "identifier_grid.py"))
    outcomes = [grid["run_one"]((case, 0)) for case in (1, 21)]
    page = grid["page"](grid["summarise"](outcomes, (1, 21)), 1)
    assert "| exponential leases of 7 d | 1 of 1 |" in page
    assert "(cannot be identified) | 0 of 1 |" in page
    assert "not-identified 1" in page
