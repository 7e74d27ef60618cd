"""Pair counts against counting every pair, and what is done to sightings before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.estimate.lagged import pair_counts
from darkfigure.estimate.lagged.pair_counts import count_pairs
from darkfigure.estimate.lagged.sessions import first_of_sessions
from darkfigure.estimate.lagged.shared import shared_sightings

EDGES = np.array([0.05, 1.05, 7.05, 30.05, 80.05])


def every_pair(entity: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first, second = np.triu_indices(days.size, 1)
    lag = np.abs(days[first] - days[second])
    all_pairs = np.histogram(lag, EDGES)[0]
    same = np.histogram(lag[entity[first] == entity[second]], EDGES)[0]
    sums = np.histogram(lag, EDGES, weights=lag)[0]
    return all_pairs, same, sums


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 150), st.integers(1, 60))
def test_counts_equal_those_of_every_pair(seed: int, sightings: int, identifiers: int) -> None:
    rng = np.random.default_rng(seed)
    entity = rng.integers(0, identifiers, sightings)
    days = np.round(rng.uniform(0, 100, sightings), 1)
    days[0], days[-1] = 0.0, 100.0
    counts = count_pairs(entity, days, edges=EDGES)
    pairs, same, sums = every_pair(entity, days)
    np.testing.assert_allclose(counts.pairs, pairs, atol=1e-9)
    np.testing.assert_allclose(counts.same, same, atol=1e-9)
    np.testing.assert_allclose(counts.by_group.sum(axis=0), same, atol=1e-9)
    some = pairs > 0
    np.testing.assert_allclose(counts.middles[some], sums[some] / pairs[some], atol=1e-3)


def test_searching_and_walking_count_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    entity, days = rng.integers(0, 9, 2000), rng.uniform(0, 100, 2000)
    by_search = count_pairs(entity, days, edges=EDGES)
    monkeypatch.setattr(pair_counts, "SPARSE", 1e-9)
    monkeypatch.setattr(pair_counts, "DIRECT_STEPS", 300)
    by_walk = count_pairs(entity, days, edges=EDGES)
    np.testing.assert_allclose(by_search.pairs, by_walk.pairs, rtol=1e-12)
    np.testing.assert_allclose(by_search.same, by_walk.same, rtol=1e-12)


def test_counts_do_not_depend_on_order_codes_or_origin() -> None:
    rng = np.random.default_rng(4)
    entity, days = rng.integers(0, 40, 3000), rng.uniform(0, 100, 3000)
    mixed = rng.permutation(3000)
    here = count_pairs(entity, days, edges=EDGES)
    there = count_pairs(7_000_000_007 - 13 * entity[mixed], days[mixed], edges=EDGES)
    np.testing.assert_allclose(here.pairs, there.pairs, rtol=1e-12)
    np.testing.assert_allclose(here.by_group, there.by_group, rtol=1e-12)
    late = count_pairs(entity, days + 1.7e9 / 86400, edges=EDGES)
    np.testing.assert_allclose(here.same, late.same, rtol=2e-3)


def test_a_run_counts_once_and_repeated_rows_go() -> None:
    entity = np.array([5, 5, 5, 5, 8])
    days = np.array([0.0, 0.2, 0.4, 3.0, 0.1])
    assert first_of_sessions(entity, days, gap_days=0.25)[1].tolist() == [0.0, 3.0, 0.1]
    assert first_of_sessions(np.array([1, 1, 2]), np.array([1.0, 1.0, 1.0]), gap_days=0.0)[0].tolist() == [1, 2]


def test_shared_are_those_in_use_for_several_stretches() -> None:
    rng = np.random.default_rng(5)
    short = np.repeat(np.arange(300), 3)
    short_days = np.repeat(rng.uniform(0, 300, 300), 3) + rng.uniform(0, 20, 900)
    busy = rng.integers(1000, 1010, 800)
    entity, days = np.concatenate([short, busy]), np.concatenate([short_days, rng.uniform(0, 330, 800)])
    found = shared_sightings(entity, days, stretch_days=60.0)
    assert found[entity >= 1000].all()
    assert not found[entity < 1000].any()
