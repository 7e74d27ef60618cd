"""Distinct addresses in each calendar week, and by plain day ranges: counts that do not pass through the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from darkfigure.histories.sweep import distinct_keys, pack_keys, weekly_counts
from darkfigure.histories.windows import EPOCH, Window
from darkfigure.records.restricted import Sightings

_FIRST_MONDAY = 4  # 1970-01-05, as days since 1970-01-01


@dataclass(frozen=True, slots=True)
class CalendarWeeks:
    """ISO weeks (Monday to Sunday) that share a day with a period.

    Parameters
    ----------
    period_start, period_end : date
        Both included. The first and the last week may hold fewer than seven days of the period.

    Examples
    --------
    >>> weeks = CalendarWeeks(date(2010, 1, 1), date(2010, 1, 10))
    >>> [str(day) for day in weeks.ends], weeks.whole
    (['2010-01-03', '2010-01-10'], (False, True))
    """

    period_start: date
    period_end: date

    @property
    def _first(self) -> int:
        return ((self.period_start - EPOCH).days - _FIRST_MONDAY) // 7

    @property
    def count(self) -> int:
        """Weeks in the period."""
        return ((self.period_end - EPOCH).days - _FIRST_MONDAY) // 7 - self._first + 1

    @property
    def ends(self) -> tuple[date, ...]:
        """Sunday of each week."""
        first_sunday = EPOCH + timedelta(days=self._first * 7 + _FIRST_MONDAY + 6)
        return tuple(first_sunday + timedelta(days=7 * k) for k in range(self.count))

    @property
    def whole(self) -> tuple[bool, ...]:
        """Whether all seven days of each week lie in the period."""
        return tuple(end - timedelta(days=6) >= self.period_start and end <= self.period_end for end in self.ends)

    def number(self, day: NDArray[np.integer]) -> NDArray[np.int64]:
        """Which week of the period is each day in, from 0? Outside the period: negative or ``count`` and more."""
        return (day.astype(np.int64) - _FIRST_MONDAY) // 7 - self._first


def weekly_addresses(sightings: Sightings, *, weeks: CalendarWeeks) -> NDArray[np.int64]:
    """How many distinct addresses were seen in each calendar week?

    Returns
    -------
    ndarray of int64, shape (weeks.count,)
    """
    number = weeks.number(sightings.day)
    inside = (number >= 0) & (number < weeks.count)
    keys = distinct_keys(pack_keys(sightings.entity[inside], number[inside]))
    return weekly_counts(keys, n_weeks=weeks.count)


def distinct_in_windows(sightings: Sightings, windows: Sequence[Window]) -> tuple[int, ...]:
    """How many distinct addresses were seen between the first and last day of each window, counted plainly?

    Shares no code with the sweep, so that the two can check each other.

    Returns
    -------
    tuple of int
        In the order of ``windows``.
    """
    order = np.argsort(sightings.day, kind="stable")
    day, entity = sightings.day[order], sightings.entity[order]
    begin = np.searchsorted(day, [w.start_day for w in windows], side="left")
    end = np.searchsorted(day, [w.end_day for w in windows], side="right")
    marked = np.zeros(sightings.n_entities, dtype=bool)
    counts = []
    for a, b in zip(begin, end, strict=True):
        marked[:] = False
        marked[entity[a:b]] = True
        counts.append(int(np.count_nonzero(marked)))
    return tuple(counts)
