"""Simulated worlds hold what their settings say, and what a study sees of them is part of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from test_plan_spec import small_plan

from darkfigure.study.plan.analysis import answers_of_world, lists_table
from darkfigure.study.plan.plan_spec import plan_of
from darkfigure.study.plan.settings import Settings, draw_settings
from darkfigure.study.plan.worlds import PlanWorld, draw_world


def settings(**changes: object) -> Settings:
    plan = plan_of(small_plan(population={"sources": 4000}))
    return replace(draw_settings(plan, np.random.default_rng(0)), **changes)  # type: ignore[arg-type]


def world(period: float = 365.0, seed: int = 1, **changes: object) -> PlanWorld:
    return draw_world(settings(**changes), np.random.default_rng(seed), period_days=period)


def test_settings_stay_in_their_ranges_and_differ() -> None:
    plan = plan_of(small_plan())
    drawn = [draw_settings(plan, np.random.default_rng(k)) for k in range(50)]
    assert all(300 <= s.sources <= 600 and 0.5 <= s.services[0].used_by <= 0.8 for s in drawn)
    assert len({s.sources for s in drawn}) > 30
    assert all(s.lease == "static" and s.missed_matches == 0 for s in drawn)


def test_numbers_are_drawn_evenly_in_ratio() -> None:
    plan = plan_of(small_plan(population={"sources": [100, 10_000]}))
    rng = np.random.default_rng(1)
    sizes = np.log10([draw_settings(plan, rng).sources for _ in range(2000)])
    assert np.quantile(sizes, [0.25, 0.5, 0.75]) == pytest.approx([2.5, 3.0, 3.5], abs=0.1)


def test_use_events_and_detection_are_as_declared() -> None:
    w = world()
    s = w.settings.services[0]
    users = w.member[:, 0].mean()
    assert users == pytest.approx(s.used_by, abs=4 * math.sqrt(0.25 / 4000))
    expected = w.member[:, 0].sum() * s.events_a_year
    assert (w.service == 0).sum() == pytest.approx(expected, abs=4 * math.sqrt(expected))
    seen = w.recorded(window_days=365, services=(0,))
    found = (w.service == 0).sum() * s.detection
    assert seen.size == pytest.approx(found, abs=4 * math.sqrt(found))
    assert (np.diff(w.days) >= 0).all()


def test_a_service_reports_nothing_before_its_first_day() -> None:
    first, *rest = settings().services
    w = world(services=(replace(first, first_day=200.0), *rest))
    assert w.days[w.service == 0].min() >= 200
    assert w.days[w.service == 1].min() < 10


def test_dependence_makes_users_of_one_service_use_the_other() -> None:
    def odds(w: PlanWorld) -> float:
        a, b = w.member[:, 0], w.member[:, 1]
        return float((a & b).sum() * (~a & ~b).sum() / ((a & ~b).sum() * (~a & b).sum()))

    assert odds(world(dependence=0.0)) == pytest.approx(1.0, abs=0.3)
    assert odds(world(dependence=0.5)) > 2


def test_growth_and_careers() -> None:
    grown = world(growth_a_year=2.0)
    active = [((grown.start < t) & (grown.end > t)).sum() for t in (0, 364.99)]
    assert active[1] / active[0] == pytest.approx(2.0, rel=0.1)
    shrunk = world(growth_a_year=0.5)
    assert ((shrunk.start < 365) & (shrunk.end > 365)).sum() / 4000 == pytest.approx(0.5, rel=0.1)
    moving = world(career_days=90.0)
    assert moving.truth("sources-active", window_days=365, services=(0,)) == pytest.approx(4000, rel=0.05)
    assert moving.truth("sources-ever-active", window_days=365, services=(0,)) == pytest.approx(
        4000 * (1 + 365 / 90), rel=0.05
    )


@pytest.mark.parametrize("lease", ["exponential", "fixed"])
def test_addresses_used_follow_the_lease(lease: str) -> None:
    """Many events in a lease: a source uses one address and one more for each change."""
    services = tuple(replace(s, used_by=1.0, events_a_year=400.0) for s in settings().services[:1])
    w = world(sources=300, services=services, lease=lease, mean_days=30.0, space=10**9)
    events = 400 / 365
    # With memoryless leases some hold no event: the formula of addresses seen at the rate of events.
    r, mu, days = events, 1 / 30, 365.0
    seen = r * mu * days / (r + mu) + (r / (r + mu)) ** 2 * -math.expm1(-(r + mu) * days)
    expected = seen if lease == "exponential" else 1 + 365 / 30
    used = w.truth("addresses-used", window_days=365, services=(0,))
    assert used / 300 == pytest.approx(expected, rel=0.05)


def test_static_sources_keep_their_address_and_shared_ones_share() -> None:
    w = world(lease="static", shared_share=0.5, shared_pool=50)
    pairs = np.unique(np.stack([w.source, w.address]), axis=1)
    assert pairs.shape[1] == np.unique(w.source).size
    pooled = w.address < 50
    assert np.unique(w.source[pooled]).size / np.unique(w.source).size == pytest.approx(0.5, abs=0.05)
    assert np.unique(w.address[pooled]).size == 50


def test_bursts_repeat_an_event_and_keep_the_rate() -> None:
    alone, burst = world(), world(burst_size=4.0, burst_days=0.01)
    assert burst.days.size == pytest.approx(alone.days.size, rel=0.1)

    def close(w: PlanWorld) -> float:
        order = np.lexsort((w.days, w.source))
        gap, same = np.diff(w.days[order]), np.diff(w.source[order]) == 0
        return float((gap[same] < 0.1).mean())

    assert close(burst) > 0.5 > close(alone)


def test_weighted_truth_is_below_the_number_of_sources() -> None:
    w = world(activity_cv2=1.0, services=(replace(settings().services[0], used_by=1.0),))
    assert w.truth("sources-active", window_days=365, services=(0,)) == 4000
    assert w.truth("sources-active-weighted", window_days=365, services=(0,)) == pytest.approx(2000, rel=0.1)


def test_missed_matches_split_a_person_between_lists() -> None:
    whole, split = world(), world(missed_matches=0.3)
    seen = split.recorded(window_days=365, services=(0, 1))
    table = lists_table(split.people(seen), split.service[seen], (0, 1), labels=("A", "B"))
    kept = lists_table(split.source[seen], split.service[seen], (0, 1), labels=("A", "B"))
    # Matched only if neither record fails.
    assert table.frequencies[1] / kept.frequencies[1] == pytest.approx(0.49, abs=0.06)
    assert (whole.people(seen[:5]) == whole.source[seen[:5]]).all()


def test_a_budget_lets_only_some_cases_be_reviewed() -> None:
    w = world()
    seen = w.recorded(window_days=365, services=(0, 1))
    some = w.recorded(window_days=365, services=(0, 1), at_most=100)
    assert some.size == 100
    assert np.isin(some, seen).all()
    assert w.recorded(window_days=365, services=(0, 1), at_most=10**9).size == seen.size


def test_more_detection_finds_the_same_events_and_more() -> None:
    w = world()
    seen, more = (w.recorded(window_days=365, services=(0,), detection_factor=f) for f in (1.0, 2.0))
    assert np.isin(seen, more).all()
    assert more.size > 1.7 * seen.size


def test_a_world_depends_on_the_plan_and_its_number_only() -> None:
    plan = plan_of(small_plan())
    assert answers_of_world(plan, 4) == answers_of_world(plan, 4)
    assert answers_of_world(plan, 4) != answers_of_world(plan, 5)
    longer = plan_of(small_plan(plan={"worlds": 40}))
    assert answers_of_world(longer, 4) == answers_of_world(plan, 4)


def test_worlds_of_a_pair_share_their_settings() -> None:
    plan = plan_of(small_plan())
    truths = [answers_of_world(plan, k)[0].truth for k in range(8)]
    assert [truths[k] == truths[k + 1] for k in (0, 2, 4, 6)] == [True] * 4
    assert len(set(truths)) == 4
