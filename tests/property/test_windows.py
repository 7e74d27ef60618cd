"""The sweep gives what a plain count of every window gives, on random sightings."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.histories import CalendarWeeks, WindowRules, capture_tables, plan_windows, weekly_addresses
from darkfigure.histories.weekly import distinct_in_windows
from darkfigure.records.restricted import Sightings

START = date(2013, 1, 1)
START_DAY = (START - date(1970, 1, 1)).days


def make(rows: list[tuple[int, int]], n_entities: int) -> Sightings:
    entity = np.array([e for e, _ in rows], dtype=np.int32)
    day = np.array([START_DAY + d for _, d in rows], dtype=np.int32)
    return Sightings(
        entity=entity, day=day, service=np.zeros(len(rows), dtype=np.int16), services=("A",), n_entities=n_entities
    )


def naive(rows: list[tuple[int, int]], window, rules: WindowRules):
    """Count one window the slow way, address by address and day by day."""
    first_day = window.start_day - START_DAY
    odd = rules.window_days % rules.occasion_days
    seen: dict[int, set[int]] = {}
    for entity, day in rows:
        offset = day - first_day
        if not 0 <= offset < rules.window_days:
            continue
        if offset < odd:
            if rules.partial_week == "drop":
                continue
            occasion = 0
        else:
            occasion = (offset - odd) // rules.occasion_days + (1 if rules.partial_week == "own" and odd else 0)
        seen.setdefault(entity, set()).add(occasion)
    n_occ = rules.window_days // rules.occasion_days + (1 if rules.partial_week == "own" and odd else 0)
    by_captures = Counter(len(s) for s in seen.values())
    frequencies = tuple(by_captures.get(j, 0) for j in range(1, n_occ + 1))
    totals = tuple(sum(i in s for s in seen.values()) for i in range(n_occ))
    half = rules.window_days // rules.occasion_days // 2 + (n_occ - rules.window_days // rules.occasion_days)
    n1 = sum(any(i < half for i in s) for s in seen.values())
    n2 = sum(any(i >= half for i in s) for s in seen.values())
    return frequencies, totals, (n1, n2, n1 + n2 - len(seen))


@st.composite
def worlds(draw):
    window_days, occasion_days = draw(st.sampled_from([(365, 7), (29, 7), (28, 7), (20, 3), (15, 5), (23, 4)]))
    extra = draw(st.integers(0, 400 if window_days == 365 else 60))
    n_days = window_days + extra
    n_entities = draw(st.integers(1, 6))
    rows = draw(st.lists(st.tuples(st.integers(0, n_entities - 1), st.integers(0, n_days - 1)), max_size=60))
    rules = WindowRules(
        period_start=START,
        period_end=START + timedelta(days=n_days - 1),
        window_days=window_days,
        occasion_days=occasion_days,
        step_days=draw(st.sampled_from([1, 3, 7, 14, 28])) if window_days < 100 else draw(st.sampled_from([7, 28, 91])),
        partial_week=draw(st.sampled_from(["drop", "own", "join"])),
    )
    return rows, n_entities, rules


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_sweep_equals_plain_counting_of_every_window(world):
    rows, n_entities, rules = world
    windows = plan_windows(rules)
    for made in capture_tables(make(rows, n_entities), windows, rules=rules):
        frequencies, totals, halves = naive(rows, made.window, rules)
        assert made.table.frequencies == frequencies
        assert made.table.occasion_totals == totals
        two = made.table.halves
        assert (two.n_first, two.n_second, two.n_both) == halves


@settings(max_examples=60, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_rows_and_numbers_of_addresses_do_not_matter(world, random):
    rows, n_entities, rules = world
    windows = plan_windows(rules)
    renamed = list(range(n_entities))
    random.shuffle(renamed)
    shuffled = [(renamed[e], d) for e, d in rows]
    random.shuffle(shuffled)
    before = capture_tables(make(rows, n_entities), windows, rules=rules)
    after = capture_tables(make(shuffled, n_entities), windows, rules=rules)
    assert [t.table.frequencies for t in before] == [t.table.frequencies for t in after]
    assert [t.table.occasion_totals for t in before] == [t.table.occasion_totals for t in after]


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_plain_distinct_count_agrees_when_no_day_is_dropped(world):
    rows, n_entities, rules = world
    windows = plan_windows(rules)
    sightings = make(rows, n_entities)
    plain = distinct_in_windows(sightings, windows)
    for count, made in zip(plain, capture_tables(sightings, windows, rules=rules), strict=True):
        if rules.partial_week == "drop":
            assert made.table.n_observed <= count
        else:
            assert made.table.n_observed == count


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_windows_lie_in_the_period_and_the_last_ends_with_it(world):
    _, _, rules = world
    windows = plan_windows(rules)
    assert windows[-1].end == rules.period_end
    assert all(rules.period_start <= w.start for w in windows)
    assert all((w.end - w.start).days + 1 == rules.window_days for w in windows)
    assert list(windows) == sorted(set(windows))
    for before, after in pairwise(windows):
        assert after.overlaps_previous == (after.start <= before.end)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_calendar_weeks_count_each_address_once_a_week(world):
    rows, n_entities, rules = world
    weeks = CalendarWeeks(rules.period_start, rules.period_end)
    counted = weekly_addresses(make(rows, n_entities), weeks=weeks)
    expected = Counter()
    for _, year, week in {(e, *(START + timedelta(days=d)).isocalendar()[:2]) for e, d in rows}:
        expected[(year, week)] += 1
    got = {end.isocalendar()[:2]: int(n) for end, n in zip(weeks.ends, counted, strict=True) if n}
    assert got == dict(expected)


@pytest.mark.parametrize(("choice", "occasions"), [("drop", 52), ("own", 53), ("join", 52)])
def test_the_odd_day_of_a_year_is_dropped_or_kept_as_declared(choice, occasions):
    """One address seen only on the oldest day of the year, one in that and in the first whole week."""
    rules = WindowRules(
        period_start=START, period_end=START + timedelta(days=364), partial_week=choice, year_ends=False
    )
    made = capture_tables(make([(0, 0), (1, 0), (1, 3)], 2), plan_windows(rules), rules=rules)[0].table
    expected = {"drop": (1, 0), "own": (1, 1), "join": (2, 0)}[choice]
    assert made.frequencies[:2] == expected
    assert made.n_occasions == occasions == len(made.frequencies)
