"""Simulated truth for changes over time: error rates of tests, coverage of intervals, and crime told from reporting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from darkfigure.estimate.trend import (
    CrimeOrReporting,
    DatedBreak,
    InterruptedSeries,
    Nowcast,
    ReportingWorld,
    RollingTrend,
    Window,
    WindowChange,
    decompose_sightings,
    delay_nowcast,
    interrupted_series,
    joint_states,
    rolling_trend,
    window_change,
)

Sightings = tuple[np.ndarray, np.ndarray]
OCCASIONS, CHANCE, SIZE = 78, 0.03, 1500


def closed(rng: np.random.Generator) -> Sightings:
    occasion, entity = np.nonzero(rng.random((OCCASIONS, SIZE)) < CHANCE)
    return entity, occasion


def uneven(rng: np.random.Generator) -> Sightings:
    activity = rng.gamma(1.0, 1.0, SIZE)
    occasion, entity = np.nonzero(rng.random((OCCASIONS, SIZE)) < np.minimum(CHANCE * activity, 1))
    return entity, occasion


def effort(rng: np.random.Generator) -> Sightings:
    chance = CHANCE * np.linspace(0.5, 1.5, OCCASIONS)[:, None]
    occasion, entity = np.nonzero(rng.random((OCCASIONS, SIZE)) < chance)
    return entity, occasion


def turnover(rng: np.random.Generator) -> Sightings:
    life = 50.0
    start = np.concatenate(
        [np.zeros(rng.poisson(SIZE)), rng.uniform(0, OCCASIONS, rng.poisson(SIZE * OCCASIONS / life))]
    )
    end = start + rng.exponential(life, start.size)
    time = np.arange(OCCASIONS)[:, None]
    occasion, entity = np.nonzero((rng.random((OCCASIONS, start.size)) < CHANCE) & (time >= start) & (time < end))
    return entity, occasion


def _rates(world: Callable[[np.random.Generator], Sightings], estimator: str, draws: int) -> tuple[float, float, float]:
    """How often the trend test and its naive form reject, and how often the interval of two windows holds 1."""
    rng = np.random.default_rng(5)
    joint, naive, held = 0, 0, 0
    for _ in range(draws):
        entity, occasion = world(rng)
        trend = rolling_trend(entity, occasion, n_occasions=OCCASIONS, length=26, step=2, estimator=estimator)  # type: ignore[arg-type]
        assert isinstance(trend, RollingTrend)
        joint, naive = joint + (trend.p_value < 0.05), naive + (trend.naive_p_value < 0.05)
        table = joint_states(entity, occasion, first=Window(0, 26), last=Window(4, 30), estimator=estimator)  # type: ignore[arg-type]
        change = window_change(table, estimator=estimator, n_occasions=(26, 26))  # type: ignore[arg-type]
        assert isinstance(change, WindowChange)
        held += change.ratio_interval.lower <= 1 <= change.ratio_interval.upper
    return joint / draws, naive / draws, held / draws


@pytest.mark.slow
@pytest.mark.parametrize("world", [closed, uneven, effort, turnover])
def test_trend_of_rolling_windows_errs_as_often_as_it_says(world: Callable[[np.random.Generator], Sightings]) -> None:
    joint, naive, held = _rates(world, "chapman", 4000)
    assert 0.04 <= joint <= 0.06
    assert naive > 0.2
    assert 0.935 <= held <= 0.965


@pytest.mark.slow
@pytest.mark.parametrize("world", [closed, turnover])
def test_trend_of_rolling_lower_bounds_errs_as_often_as_it_says(
    world: Callable[[np.random.Generator], Sightings],
) -> None:
    joint, naive, held = _rates(world, "chao", 4000)
    assert 0.04 <= joint <= 0.06
    assert naive > 0.2
    assert 0.935 <= held <= 0.965


def test_trend_of_rolling_windows_in_a_few_worlds() -> None:
    joint, naive, held = _rates(turnover, "chapman", 250)
    assert joint < 0.1 < naive
    assert held > 0.9


@pytest.mark.parametrize(
    ("points", "persistence", "spread", "error"),
    [(12, 0.4, 0.1, 0.05), (24, 0.0, 0.1, 0.1), (24, 0.5, 0.1, 0.05), (24, 0.5, 0.1, 0.0), (48, 0.5, 0.1, 0.05)],
)
def test_jumps_are_covered(points: int, persistence: float, spread: float, error: float) -> None:
    rng = np.random.default_rng(7)
    t = np.arange(points, dtype=float)
    root = np.linalg.cholesky(spread**2 * persistence ** np.abs(t[:, None] - t) + 1e-12 * np.eye(points))
    at, held = DatedBreak(points / 2, "law"), []
    for _ in range(200):
        y = 0.3 + 0.01 * t + 0.2 * (t >= at.time) + root @ rng.normal(size=points) + error * rng.normal(size=points)
        found = interrupted_series(t, y, np.full(points, error**2), breaks=[at], slopes=[at])
        assert isinstance(found, InterruptedSeries)
        level = found.effects[0].level
        assert level is not None and level.interval is not None
        held.append(level.interval.lower <= 0.2 <= level.interval.upper)
    assert np.mean(held) >= 0.92


# Whole numbers: with eight events a period, no interval of whole numbers has a coverage near 95%.
@pytest.mark.parametrize(("clump", "size", "highest"), [(1, 150.0, 0.985), (1, 8.0, 1.0), (4, 60.0, 0.985)])
def test_numbers_to_be_reported_are_covered(clump: int, size: float, highest: float) -> None:
    rng = np.random.default_rng(3)
    delay = (0.4, 0.3, 0.2, 0.1, 0.0)
    held: list[bool] = []
    for _ in range(250):
        full = clump * np.array([rng.multinomial(rng.poisson(size), delay) for _ in range(16)])
        found = delay_nowcast(full)
        assert isinstance(found, Nowcast)
        for period, truth in zip(found.periods[-3:], full.sum(axis=1)[-3:], strict=True):
            assert period.interval is not None
            held.append(period.interval.lower <= truth <= period.interval.upper)
    assert 0.92 <= np.mean(held) <= highest


def _claims(worlds: list[ReportingWorld]) -> float:
    rose = 0
    for seed, world in enumerate(worlds):
        draw = world.draw(seed=seed)
        found = decompose_sightings(draw.entity, draw.service, draw.days, earlier=(0, 365), later=(365, 730))
        rose += isinstance(found, CrimeOrReporting) and found.decomposition.verdict == "rose"
    return rose / len(worlds)


def test_doubled_crime_is_told_from_doubled_reporting_in_a_few_worlds() -> None:
    leases = (7.0, 30.0, 180.0, 30.0)
    assert _claims([ReportingWorld(lease_days=d, crime=2.0) for d in leases]) >= 0.6
    assert _claims([ReportingWorld(lease_days=d, effort=2.0) for d in leases]) <= 0.25
