"""Capture tables of all windows: occasions, frequencies, totals by week and two halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import HistoriesError
from darkfigure.histories.sweep import (
    Keys,
    WindowGrid,
    distinct_in_spans,
    distinct_keys,
    pack_keys,
    seen_on_odd_day_only,
    sweep_frequencies,
    weekly_counts,
    without,
)
from darkfigure.histories.windows import Window, WindowRules
from darkfigure.records.aggregate import CaptureTable, TwoSamples
from darkfigure.records.restricted import Sightings


@dataclass(frozen=True, slots=True, eq=False)
class WindowTable:
    """A window and what was captured in it."""

    window: Window
    table: CaptureTable


def capture_tables(
    sightings: Sightings, windows: Sequence[Window], *, rules: WindowRules, unit: str = "addresses"
) -> tuple[WindowTable, ...]:
    """How often was each address seen in each window, reduced to counts?

    Parameters
    ----------
    sightings : Sightings
        Restricted rows; only (address, occasion) pairs are used, each once.
    windows : sequence of Window
        Any windows of length ``rules.window_days``, in any order.
    rules : WindowRules
        Occasions and what becomes of the odd days.
    unit : str
        What is counted, in the plural.

    Returns
    -------
    tuple of WindowTable
        In the order of ``windows``. Every table has frequencies ``f_1 ... f_T``, totals by occasion ``n_i`` and the
        two halves (whole weeks split evenly; the odd days go with the first half).

    Raises
    ------
    HistoriesError (E-HIST-04)
        A window is not as long as the rules say.

    Notes
    -----
    Occasions are counted back from a window's last day. Windows whose ends lie a whole number of occasions apart share
    one grid, one sort and one sweep; other ends need a grid each, so a step of 1 day costs seven sweeps.

    Examples
    --------
    >>> from datetime import date
    >>> rules = WindowRules(period_start=date(1970, 1, 1), period_end=date(1970, 1, 14), window_days=14, step_days=14)
    >>> seen = Sightings(entity=np.array([0, 0, 1], dtype=np.int32), day=np.array([1, 9, 9], dtype=np.int32),
    ...                  service=np.zeros(3, dtype=np.int16), services=("Service A",), n_entities=2)
    >>> from darkfigure.histories.windows import plan_windows
    >>> capture_tables(seen, plan_windows(rules), rules=rules)[0].table.frequencies
    (1, 1)
    """
    if any(w.days != rules.window_days for w in windows):
        raise HistoriesError(
            "E-HIST-04", where="windows", problem="a window is not as long as the rules say",
            allowed="windows planned with the same rules", remedy="Plan the windows with plan_windows(rules).",
        )  # fmt: skip
    tables: dict[Window, CaptureTable] = {}
    for phase in sorted({w.end_day % rules.occasion_days for w in windows}):
        group = sorted(w for w in windows if w.end_day % rules.occasion_days == phase)
        tables.update(zip(group, _tables_on_one_grid(sightings, group, rules, unit), strict=True))
    return tuple(WindowTable(w, tables[w]) for w in windows)


def _tables_on_one_grid(
    sightings: Sightings, group: Sequence[Window], rules: WindowRules, unit: str
) -> list[CaptureTable]:
    """Make the tables of windows whose ends lie a whole number of occasions apart."""
    length, odd = rules.occasion_days, rules.odd_days
    # Day 0 of the grid lies a whole occasion before the first window's first whole occasion, for its odd days.
    origin = group[0].start_day + odd - length
    n_grid = (group[-1].end_day - origin + 1) // length
    entity, offset = sightings.entity, sightings.day - np.int32(origin)
    inside = (offset >= 0) & (offset < n_grid * length)
    if not inside.all():
        entity, offset = entity[inside], offset[inside]
    week, weekday = np.divmod(offset, np.int32(length))
    keys = distinct_keys(pack_keys(entity, week))
    oddly = weekday >= length - odd
    odd_keys = distinct_keys(pack_keys(entity[oddly], week[oddly] + 1))
    if rules.partial_week == "drop" or odd == 0:
        odd_keys = odd_keys[:0]
    elif rules.partial_week == "join":
        odd_keys = without(odd_keys, keys)
    starts = np.array([(w.start_day + odd - origin) // length for w in group])
    return _assemble(keys, odd_keys, starts, n_grid=n_grid, rules=rules, unit=unit)


def _assemble(
    keys: Keys, odd_keys: Keys, starts: NDArray[np.integer], *, n_grid: int, rules: WindowRules, unit: str
) -> list[CaptureTable]:
    """Sweep for the frequencies; halves and totals follow from counts that need no further sort."""
    whole, half = rules.n_whole, rules.n_whole // 2
    first = int(starts[0])
    step = int(np.gcd.reduce(np.diff(starts))) if starts.size > 1 else 1
    grid = WindowGrid(first, step, (int(starts[-1]) - first) // step + 1, whole)
    place = (starts - first) // step
    frequencies = sweep_frequencies(keys, grid=grid, odd_keys=odd_keys)[:, place]
    early = WindowGrid(first, step, grid.n_windows, half)
    late = WindowGrid(first + half, step, grid.n_windows, whole - half)
    n_first, n_second = (n[place] for n in distinct_in_spans(keys, grids=(early, late)))
    n_first += seen_on_odd_day_only(keys, odd_keys, grid=early)[place]
    by_week, odd_by_week = (weekly_counts(k, n_weeks=n_grid) for k in (keys, odd_keys))
    own = rules.n_occasions > whole
    made = []
    for i, start in enumerate(int(s) for s in starts):
        f = frequencies[: rules.n_occasions, i]
        totals = [int(n) for n in by_week[start : start + whole]]
        if own:
            totals.insert(0, int(odd_by_week[start]))
        else:
            totals[0] += int(odd_by_week[start])
        n1, n2, seen = int(n_first[i]), int(n_second[i]), int(frequencies[:, i].sum())
        made.append(
            CaptureTable(
                frequencies=tuple(int(x) for x in f), n_occasions=rules.n_occasions, ordered=True,
                occasion_totals=tuple(totals), halves=TwoSamples(n1, n2, n1 + n2 - seen), unit=unit,
            )
        )  # fmt: skip
    return made
