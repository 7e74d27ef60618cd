"""Lagged identification from the front: answers, refusals with their reasons, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate.lagged import LeaseWorld, active_sources
from darkfigure.records.aggregate import LaggedEstimate, NotEstimable, Reason

PLAIN = LeaseWorld(n_sources=1000, sightings_a_year=12.0, lease_days=10.0)


def answered(world: LeaseWorld, *, seed: int = 1) -> tuple[LaggedEstimate, float]:
    drawn = world.draw(seed=seed)
    answer = active_sources(drawn.entity, drawn.days)
    assert isinstance(answer, LaggedEstimate), answer
    return answer, drawn.weighted_active


@pytest.mark.parametrize(
    "world",
    [
        PLAIN,
        LeaseWorld(n_sources=1000, sightings_a_year=12.0, lease="fixed", lease_days=30.0),
        LeaseWorld(n_sources=1000, sightings_a_year=24.0, lease="mixed", fast_days=3.0, lease_days=60.0),
        LeaseWorld(n_sources=1000, sightings_a_year=36.0, lease_days=10.0, burst_size=3.0),
        LeaseWorld(n_sources=1000, sightings_a_year=12.0, lease_days=30.0, career_days=90.0, growth=2.0),
        LeaseWorld(n_sources=1000, sightings_a_year=12.0, lease_days=10.0, activity="gamma"),
        LeaseWorld(n_sources=1000, sightings_a_year=12.0, lease="static"),
        LeaseWorld(n_sources=1000, sightings_a_year=12.0, lease_days=20.0, resolution_days=1.0),
    ],
)
def test_answers_are_near_the_truth(world: LeaseWorld) -> None:
    answer, truth = answered(world)
    assert answer.interval.lower < truth < answer.interval.upper
    assert abs(answer.n_active / truth - 1) < 0.25


@pytest.mark.parametrize("draw", ["lease", "sighting"])
def test_sources_behind_shared_identifiers_count(draw: str) -> None:
    world = LeaseWorld(
        n_sources=1500, sightings_a_year=12.0, lease_days=7.0, shared_share=0.5, shared_pool=60, shared_draw=draw
    )  # type: ignore[arg-type]
    answer, truth = answered(world)
    assert answer.interval.lower < truth < answer.interval.upper
    assert answer.diagnostics["shared_share"] == pytest.approx(0.5, abs=0.05)
    assert "C-SHARED-IDENTIFIERS" in {c.code for c in answer.cautions}


def test_redrawing_at_each_sighting_shows_in_the_diagnostics() -> None:
    world = LeaseWorld(n_sources=1500, sightings_a_year=12.0, lease_days=7.0, shared_share=0.5, shared_draw="sighting")
    answer, truth = answered(world)
    assert answer.diagnostics["n_active_with_shared"] > 1.2 * truth
    assert answer.n_active < 1.2 * truth


def test_decay_of_the_lease_is_found() -> None:
    answer, _ = answered(LeaseWorld(n_sources=1500, sightings_a_year=20.0, lease="fixed", lease_days=14.0))
    assert answer.decay.shape.startswith("fixed")
    assert answer.decay.mean_days == pytest.approx(14.0, rel=0.15)


def test_bursts_are_cut_and_the_cut_is_said() -> None:
    answer, _ = answered(LeaseWorld(n_sources=1000, sightings_a_year=36.0, lease_days=10.0, burst_size=3.0))
    assert 0 < answer.session_cut_days <= 0.5


def test_unequal_activity_is_adjusted_for_where_leases_are_long() -> None:
    world = LeaseWorld(n_sources=1500, sightings_a_year=25.0, lease_days=120.0, activity="gamma", activity_cv2=1.0)
    answer, _ = answered(world)
    bound, adjusted = answer.readings
    assert (bound.name, adjusted.name) == ("lower-bound", "heterogeneity-adjusted")
    assert adjusted.n_active == pytest.approx(1500, rel=0.25)
    assert bound.n_active == answer.n_active


def many(rng: np.random.Generator, size: int, span: float) -> np.ndarray:
    return rng.uniform(0, span, size)


def refused_inputs() -> dict[str, tuple[np.ndarray, np.ndarray, Reason]]:
    rng = np.random.default_rng(9)
    never = np.arange(400), many(rng, 400, 365), Reason.NO_OVERLAP
    session = LeaseWorld(n_sources=2000, sightings_a_year=3.0, burst_size=3.0, lease_days=0.03).draw(seed=1)
    short = LeaseWorld(n_sources=2000, sightings_a_year=6.0, lease_days=0.05, address_space=40_000).draw(seed=1)
    batches = LeaseWorld(n_sources=2000, sightings_a_year=8.0, lease_days=1.0, resolution_days=7.0).draw(seed=1)
    pure = LeaseWorld(n_sources=2000, lease_days=1.0, shared_share=1.0, shared_pool=30).draw(seed=1)
    unequal = LeaseWorld(n_sources=1000, lease="static", activity="gamma", activity_cv2=1.0).draw(seed=1)
    shared = LeaseWorld(n_sources=1000, lease="static", shared_share=0.3, shared_pool=50).draw(seed=1)
    few = LeaseWorld(n_sources=3000, sightings_a_year=1.0, lease_days=7.0, period_days=90.0).draw(seed=1)
    return {
        "nothing comes back": never,
        "too few sightings": (np.arange(10), np.arange(10.0), Reason.NO_DATA),
        "all at one time": (np.arange(100) % 7, np.zeros(100), Reason.NO_DATA),
        "one identifier": (np.zeros(2000, dtype=int), many(rng, 2000, 365), Reason.NOT_IDENTIFIED),
        "one session": (np.repeat(np.arange(40), 5), np.repeat(many(rng, 40, 0.01), 5), Reason.NO_OVERLAP),
        "bursts only": (session.entity, session.days, Reason.NOT_IDENTIFIED),
        "leases shorter than all lags": (short.entity, short.days, Reason.NOT_IDENTIFIED),
        "weekly batches of daily leases": (batches.entity, batches.days, Reason.NOT_IDENTIFIED),
        "pure sharing": (pure.entity, pure.days, Reason.NOT_IDENTIFIED),
        "static and unequal": (unequal.entity, unequal.days, Reason.NOT_IDENTIFIED),
        "static and shared": (shared.entity, shared.days, Reason.NOT_IDENTIFIED),
        "few come back": (few.entity, few.days, Reason.TOO_WIDE),
    }


@pytest.mark.parametrize("name", list(refused_inputs()))
def test_inputs_that_cannot_tell_are_refused_with_the_reason(name: str) -> None:
    entity, days, reason = refused_inputs()[name]
    answer = active_sources(entity, days)
    assert isinstance(answer, NotEstimable), answer
    assert answer.reason is reason
    assert len(answer.explanation) > 40


def test_a_curve_that_rises_again_is_refused() -> None:
    """Sources that go back and forth between two identifiers: no lease curve explains matches that return."""
    rng = np.random.default_rng(3)
    source = np.repeat(np.arange(300), rng.poisson(40, 300))
    days, turn = many(rng, source.size, 365), many(rng, 300, 20)
    entity = 2 * source + ((days + turn[source]) // 10).astype(int) % 2
    answer = active_sources(entity, days)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is Reason.CHECK_FAILED
    assert answer.diagnostics["misfit_probability"] < 1e-9


def test_what_must_not_matter_does_not() -> None:
    drawn = PLAIN.draw(seed=5)
    rng = np.random.default_rng(1)
    mixed = rng.permutation(drawn.entity.size)
    base = active_sources(drawn.entity, drawn.days)
    assert active_sources(drawn.entity, drawn.days) == base
    relabelled = active_sources(991 - 3 * drawn.entity[mixed], drawn.days[mixed])
    assert relabelled.n_active == pytest.approx(base.n_active, rel=1e-9)
    assert relabelled.interval.upper == pytest.approx(base.interval.upper, rel=1e-9)
    twice = active_sources(np.repeat(drawn.entity, 2), np.repeat(drawn.days, 2))
    assert twice.n_active == pytest.approx(base.n_active, rel=1e-9)
    shifted = active_sources(drawn.entity, drawn.days + 1.7e9 / 86400)
    assert shifted.n_active == pytest.approx(base.n_active, rel=0.02)
    assert shifted.interval.upper == pytest.approx(base.interval.upper, rel=0.03)


def test_input_is_left_as_it_was() -> None:
    drawn = PLAIN.draw(seed=6)
    entity, days = drawn.entity.copy(), drawn.days.copy()
    active_sources(entity, days)
    assert (entity == drawn.entity).all()
    assert (days == drawn.days).all()


@pytest.mark.parametrize(
    ("entity", "days", "level", "code"),
    [
        (np.arange(3), np.arange(4.0), 0.95, "E-EST-96"),
        (np.arange(3), np.array([0.0, np.nan, 1.0]), 0.95, "E-EST-96"),
        (np.arange(3), np.arange(3.0), 1.0, "E-EST-02"),
    ],
)
def test_impossible_calls_are_refused(entity: np.ndarray, days: np.ndarray, level: float, code: str) -> None:
    with pytest.raises(EstimateError) as refused:
        active_sources(entity, days, level=level)
    assert refused.value.code == code


def test_worlds_are_what_they_say() -> None:
    world = LeaseWorld(n_sources=2000, sightings_a_year=10.0, career_days=60.0, growth=2.0, activity="gamma")
    one, again = world.draw(seed=1), world.draw(seed=1)
    assert (one.entity == again.entity).all()
    assert one.mean_active == pytest.approx(3000, rel=0.05)
    assert one.weighted_active == pytest.approx(one.mean_active / 2, rel=0.15)
    assert one.days.size == pytest.approx(30_000, rel=0.1)
    assert one.ever_active > 15_000
