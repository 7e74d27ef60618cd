"""Windows, calendar weeks and lags: what they hold, and which rules are refused."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from darkfigure.errors import HistoriesError
from darkfigure.histories import (
    CalendarWeeks,
    LagBand,
    Window,
    WindowRules,
    capture_tables,
    distinct_in_windows,
    plan_windows,
    recapture_by_lag,
    weekly_addresses,
)
from darkfigure.histories.sweep import pack_keys, unpack_keys
from darkfigure.records.restricted import Sightings

EPOCH = date(1970, 1, 1)


def seen(*rows: tuple[int, date]) -> Sightings:
    return Sightings(
        entity=np.array([e for e, _ in rows], dtype=np.int32),
        day=np.array([(d - EPOCH).days for _, d in rows], dtype=np.int32),
        service=np.zeros(len(rows), dtype=np.int16), services=("A",),
        n_entities=max((e for e, _ in rows), default=-1) + 1,
    )  # fmt: skip


def test_year_ends_of_the_study_are_whole_years_that_share_no_day():
    rules = WindowRules(period_start=date(2010, 1, 1), period_end=date(2017, 12, 31), first_end=date(2014, 12, 31))
    ends = [w for w in plan_windows(rules) if w.year_end]
    assert [str(w.end) for w in ends] == ["2014-12-31", "2015-12-31", "2016-12-31", "2017-12-31"]
    assert all(a.end < b.start for a, b in pairwise(ends))
    assert ends[0].start == date(2014, 1, 1)
    # 2016 has 366 days: its window starts on 2 January.
    assert ends[2].start == date(2016, 1, 2)


def test_a_period_that_ends_on_a_leap_day_has_year_ends_at_the_end_of_february():
    rules = WindowRules(period_start=date(2011, 1, 1), period_end=date(2016, 2, 29), step_days=364)
    ends = [w.end for w in plan_windows(rules) if w.year_end]
    assert ends == [date(2012, 2, 29), date(2013, 2, 28), date(2014, 2, 28), date(2015, 2, 28), date(2016, 2, 29)]


def test_without_year_ends_only_the_steps_count():
    rules = WindowRules(period_start=date(2014, 1, 1), period_end=date(2015, 12, 31), step_days=28, year_ends=False)
    ends = [w.end for w in plan_windows(rules)]
    assert {(b - a).days for a, b in pairwise(ends)} == {28}
    assert not any(w.year_end for w in plan_windows(rules))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"window_days": 0}, "E-HIST-01"),
        ({"step_days": 0}, "E-HIST-01"),
        ({"occasion_days": -7}, "E-HIST-01"),
        ({"occasion_days": 200}, "E-HIST-01"),
        ({"window_days": 800}, "E-HIST-02"),
        ({"first_end": date(2014, 12, 30)}, "E-HIST-02"),
        ({"first_end": date(2016, 1, 1)}, "E-HIST-02"),
    ],
)
def test_impossible_window_rules_are_refused(change, code):
    with pytest.raises(HistoriesError, match=code):
        WindowRules(**{"period_start": date(2014, 1, 1), "period_end": date(2015, 12, 31), **change})


def test_weeks_that_do_not_fit_the_key_are_refused():
    with pytest.raises(HistoriesError, match="E-HIST-03"):
        pack_keys(np.array([0]), np.array([2**20]))
    with pytest.raises(HistoriesError, match="E-HIST-03"):
        pack_keys(np.array([0]), np.array([-1]))
    largest = pack_keys(np.array([2**31 - 1]), np.array([2**20 - 2]))
    assert [int(x[0]) for x in unpack_keys(largest)] == [2**31 - 1, 2**20 - 2]


def test_windows_of_another_length_are_refused():
    rules = WindowRules(period_start=date(2014, 1, 1), period_end=date(2015, 12, 31))
    with pytest.raises(HistoriesError, match="E-HIST-04"):
        capture_tables(seen((0, date(2015, 1, 1))), [Window(date(2015, 12, 31), 364)], rules=rules)


def test_tables_come_in_the_order_of_the_windows_asked_for():
    rules = WindowRules(period_start=date(2014, 1, 1), period_end=date(2015, 12, 31), step_days=91)
    windows = plan_windows(rules)[::-1]
    made = capture_tables(seen((0, date(2014, 1, 1)), (1, date(2015, 12, 31))), windows, rules=rules)
    assert [m.window for m in made] == list(windows)
    assert made[0].table.n_observed == 1
    assert made[-1].table.n_observed == 1


def test_sightings_in_many_blocks_give_the_same_tables(monkeypatch):
    rng = np.random.default_rng(5)
    rules = WindowRules(period_start=date(2014, 1, 1), period_end=date(2015, 12, 31))
    sightings = Sightings(
        entity=rng.integers(0, 300, 4_000).astype(np.int32),
        day=((date(2014, 1, 1) - EPOCH).days + rng.integers(0, 730, 4_000)).astype(np.int32),
        service=np.zeros(4_000, dtype=np.int16), services=("A",), n_entities=300,
    )  # fmt: skip
    whole = capture_tables(sightings, plan_windows(rules), rules=rules)
    monkeypatch.setattr("darkfigure.histories.sweep.BLOCK_KEYS", 17)
    blocks = capture_tables(sightings, plan_windows(rules), rules=rules)
    assert [m.table.frequencies for m in whole] == [m.table.frequencies for m in blocks]
    assert [m.table.halves for m in whole] == [m.table.halves for m in blocks]


def test_an_address_seen_twice_in_a_week_counts_once_in_it():
    weeks = CalendarWeeks(date(2014, 1, 1), date(2014, 1, 19))
    rows = [(0, date(2014, 1, 6)), (0, date(2014, 1, 12)), (0, date(2014, 1, 13)), (1, date(2014, 1, 13))]
    assert weekly_addresses(seen(*rows), weeks=weeks).tolist() == [0, 1, 2]
    assert weeks.whole == (False, True, True)


def test_sightings_outside_the_weeks_are_not_counted():
    weeks = CalendarWeeks(date(2014, 1, 6), date(2014, 1, 12))
    assert weekly_addresses(seen((0, date(2014, 1, 5)), (1, date(2014, 1, 13))), weeks=weeks).tolist() == [0]


def test_plain_distinct_counts_include_both_ends_of_a_window():
    rows = [(0, date(2014, 1, 1)), (1, date(2014, 1, 10)), (2, date(2014, 1, 11)), (1, date(2014, 1, 9))]
    assert distinct_in_windows(seen(*rows), [Window(date(2014, 1, 10), 10), Window(date(2014, 1, 11), 1)]) == (2, 1)


def test_recaptures_are_counted_by_the_weeks_between_them():
    start = date(2014, 1, 1)
    rows = [(0, start), (0, start + timedelta(7)), (0, start + timedelta(21)), (1, start), (1, start + timedelta(1))]
    window = Window(start + timedelta(27), 28)
    found = recapture_by_lag(seen(*rows), window, bands=[LagBand(1, 1), LagBand(2, 3)])
    assert [(f.again, f.chances, f.pairs) for f in found] == [(1, 3, 2), (2, 5, 3)]
    assert found[0].share == pytest.approx(1 / 3)
    assert found[1].implied_total == 1.5


def test_a_population_with_leases_shows_in_the_lags_and_a_closed_one_does_not():
    rng = np.random.default_rng(2)
    window = Window(date(2014, 12, 31), 365)
    bands = [LagBand(1, 8), LagBand(14, 20)]
    for lease, low, high in ((10_000, 0.85, 1.2), (150, 2.0, 20.0)):
        n = 40_000 if lease == 150 else 6_000
        begin = rng.uniform(-lease, 365, n) if lease == 150 else np.full(n, -1.0)
        count = rng.poisson(4, n)
        entity = np.repeat(np.arange(n), count)
        day = rng.uniform(0, 365, entity.size)
        alive = (day >= begin[entity]) & (day < begin[entity] + lease)
        sightings = Sightings(
            entity=entity[alive].astype(np.int32), day=(window.start_day + day[alive].astype(int)).astype(np.int32),
            service=np.zeros(int(alive.sum()), dtype=np.int16), services=("A",), n_entities=n,
        )  # fmt: skip
        near, far = recapture_by_lag(sightings, window, bands=bands)
        assert low < far.implied_total / near.implied_total < high
