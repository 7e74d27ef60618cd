"""Windows and the whole path from sightings to an estimate recover a known number of addresses in use."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.histories import WindowRules, capture_tables, plan_windows
from darkfigure.records.restricted import Sightings

PERIOD = (date(2013, 1, 1), date(2015, 12, 31))
FIRST = (PERIOD[0] - date(1970, 1, 1)).days
N_DAYS = (PERIOD[1] - PERIOD[0]).days + 1
REPLICATES = 60


def sightings(n: int, *, rng: np.random.Generator, spread: float, growth: float) -> Sightings:
    """Addresses in use throughout; activity gamma-distributed, reporting growing by a factor over the period."""
    activity = rng.gamma(1 / spread, spread, n) if spread else np.ones(n)
    entity = np.repeat(np.arange(n), rng.poisson(1.1 * 3 * activity))
    share = rng.random(entity.size)
    day = np.log1p(share * (growth - 1)) / np.log(growth) if growth > 1 else share
    return Sightings(
        entity=entity.astype(np.int32), day=(FIRST + (day * N_DAYS).astype(int)).astype(np.int32),
        service=np.zeros(entity.size, dtype=np.int16), services=("Service A",), n_entities=n,
    )  # fmt: skip


def year_end_estimates(
    method: str, *, n: int, spread: float, growth: float, choice: str = "join", replicates: int = REPLICATES
):
    rules = WindowRules(
        period_start=PERIOD[0], period_end=PERIOD[1], step_days=364, partial_week=choice, first_end=date(2013, 12, 31)
    )
    ends = [w for w in plan_windows(rules) if w.year_end]
    found = []
    for seed in range(replicates):
        seen = sightings(n, rng=np.random.default_rng([seed, 11]), spread=spread, growth=growth)
        found += [estimate(method, t.table) for t in capture_tables(seen, ends, rules=rules)]
    return found


@pytest.mark.parametrize("method", ["chapman", "chao-bc", "M0", "Mt"])
def test_closed_even_population_with_growing_reports_is_recovered(method):
    n = 2_000
    made = year_end_estimates(method, n=n, spread=0.0, growth=2.0)
    totals = np.array([m.n_total for m in made])
    held = np.mean([m.interval.lower <= n <= m.interval.upper for m in made])
    assert abs(totals.mean() / n - 1) < 0.01
    assert held > 0.91


def test_mth_chao_is_right_on_an_even_population_but_for_its_known_upward_pull():
    """Its effects of unevenness may not be negative, so chance alone can push it up and never down."""
    n = 2_000
    made = year_end_estimates("Mth-chao", n=n, spread=0.0, growth=2.0, replicates=16)
    totals = np.array([m.n_total for m in made])
    noise = 2 * totals.std() / np.sqrt(len(made))
    assert -noise < totals.mean() - n < 0.02 * n + noise
    assert np.mean([m.interval.lower <= n <= m.interval.upper for m in made]) > 0.85


def test_uneven_addresses_pull_the_estimate_down_and_never_up():
    n = 2_000
    even = np.mean([m.n_total for m in year_end_estimates("chao-bc", n=n, spread=0.0, growth=1.0)])
    uneven = np.mean([m.n_total for m in year_end_estimates("chao-bc", n=n, spread=0.5, growth=1.0)])
    assert uneven < 0.95 * even
    assert even == pytest.approx(n, rel=0.01)


def test_dropping_the_odd_day_changes_what_is_seen_and_hardly_the_estimate():
    n = 2_000
    joined = year_end_estimates("chao-bc", n=n, spread=0.0, growth=1.0)
    dropped = year_end_estimates("chao-bc", n=n, spread=0.0, growth=1.0, choice="drop")
    assert all(d.n_observed <= j.n_observed for d, j in zip(dropped, joined, strict=True))
    assert sum(d.n_observed for d in dropped) < sum(j.n_observed for j in joined)
    ratio = np.mean([d.n_total for d in dropped]) / np.mean([j.n_total for j in joined])
    assert ratio == pytest.approx(1, abs=0.005)
