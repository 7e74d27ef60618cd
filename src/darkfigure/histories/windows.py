"""Windows over time and the occasions inside them: 365 days, cut into 52 weeks and one odd day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from darkfigure.errors import HistoriesError

EPOCH = date(1970, 1, 1)

PartialWeek = Literal["drop", "own", "join"]
"""What becomes of the days of a window that fill no whole occasion."""


def _refuse(code: str, option: str, problem: str, allowed: str) -> HistoriesError:
    return HistoriesError(
        code, where=f"window option {option}", problem=problem, allowed=allowed, remedy="Mend the option in study.toml."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRules:
    """How long a window is, how windows follow each other, and what an occasion is.

    Parameters
    ----------
    period_start, period_end : date
        Days with data, both included. The last window ends on ``period_end``.
    window_days : int
        Length of a window.
    step_days : int
        Days from the end of one window to the end of the next.
    occasion_days : int
        Length of an occasion.
    partial_week : {"join", "own", "drop"}
        The oldest ``window_days % occasion_days`` days: joined to the first occasion, an occasion of their own, or
        left out (the window then covers fewer days than it says).
    first_end : date or None
        No window ends before this day; ``None`` for the first day with a whole window of data before it.
    year_ends : bool
        Also end a window on every anniversary of ``period_end``, whatever the step.

    Raises
    ------
    HistoriesError (E-HIST-01)
        A length or step is not a positive whole number, or an occasion is longer than half a window.
    HistoriesError (E-HIST-02)
        The period holds no whole window, or ``first_end`` lies outside the days on which a window can end.

    Notes
    -----
    A year is no whole number of weeks: 52 weeks are 364 days. With ``"join"`` the first of 52 occasions has 8 days;
    with ``"own"`` there are 53 occasions, the first of one day; with ``"drop"`` there are 52 and the oldest day of the
    year is not counted.

    Examples
    --------
    >>> rules = WindowRules(period_start=date(2014, 1, 1), period_end=date(2015, 12, 31))
    >>> rules.n_occasions, rules.odd_days
    (52, 1)
    """

    period_start: date
    period_end: date
    window_days: int = 365
    step_days: int = 7
    occasion_days: int = 7
    partial_week: PartialWeek = "join"
    first_end: date | None = None
    year_ends: bool = True

    def __post_init__(self) -> None:
        for option in ("window_days", "step_days", "occasion_days"):
            if getattr(self, option) < 1:
                raise _refuse("E-HIST-01", option, "it is not positive", "whole days, 1 or more")
        if self.occasion_days * 2 > self.window_days:
            raise _refuse("E-HIST-01", "occasion_days", "a window holds fewer than two occasions", "a shorter occasion")
        if self.period_end < self.earliest_end:
            raise _refuse("E-HIST-02", "window_days", "the period holds no whole window", "a longer period")
        if self.first_end is not None and not self.earliest_end <= self.first_end <= self.period_end:
            raise _refuse("E-HIST-02", "first_end", "no whole window ends on that day", "a day with a window before it")

    @property
    def earliest_end(self) -> date:
        """First day on which a whole window can end."""
        return self.period_start + timedelta(days=self.window_days - 1)

    @property
    def odd_days(self) -> int:
        """Days of a window that fill no whole occasion."""
        return self.window_days % self.occasion_days

    @property
    def n_whole(self) -> int:
        """Whole occasions in a window."""
        return self.window_days // self.occasion_days

    @property
    def n_occasions(self) -> int:
        """Occasions in a window, with the odd days as declared."""
        return self.n_whole + (1 if self.partial_week == "own" and self.odd_days else 0)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One window, named by its last day.

    Parameters
    ----------
    end : date
        Last day, included.
    days : int
        Length.
    year_end : bool
        Whether it ends on an anniversary of the period's end.
    overlaps_previous : bool
        Whether it shares days with the window before it in the plan: estimates of such windows are not independent.
    """

    end: date
    days: int
    year_end: bool = False
    overlaps_previous: bool = False

    @property
    def start(self) -> date:
        """First day, included."""
        return self.end - timedelta(days=self.days - 1)

    @property
    def end_day(self) -> int:
        """Last day, as days since 1970-01-01."""
        return (self.end - EPOCH).days

    @property
    def start_day(self) -> int:
        """First day, as days since 1970-01-01."""
        return self.end_day - self.days + 1


def plan_windows(rules: WindowRules) -> tuple[Window, ...]:
    """Which windows does the study look at, from the first to the last?

    Parameters
    ----------
    rules : WindowRules
        Lengths, step and period.

    Returns
    -------
    tuple of Window
        By end date. Ends lie ``step_days`` apart, counted back from the period's end; with ``year_ends`` the
        anniversaries of the period's end are added.

    Examples
    --------
    >>> rules = WindowRules(period_start=date(2014, 1, 1), period_end=date(2016, 12, 31), step_days=28)
    >>> [str(w.end) for w in plan_windows(rules) if w.year_end]
    ['2014-12-31', '2015-12-31', '2016-12-31']
    """
    first = rules.first_end or rules.earliest_end
    anniversaries = _anniversaries(rules.period_end, first) if rules.year_ends else set()
    steps = range((rules.period_end - first).days // rules.step_days + 1)
    ends = sorted(anniversaries | {rules.period_end - timedelta(days=rules.step_days * k) for k in steps})
    return tuple(
        Window(end, rules.window_days, end in anniversaries, i > 0 and (end - ends[i - 1]).days < rules.window_days)
        for i, end in enumerate(ends)
    )


def _anniversaries(last: date, first: date) -> set[date]:
    """List the same calendar day in earlier years (28 February where a year has no 29th)."""
    found = set()
    for year in range(first.year, last.year + 1):
        leap_day = (last.month, last.day) == (2, 29)
        day = date(year, 3, 1) - timedelta(days=1) if leap_day else last.replace(year=year)
        if first <= day <= last:
            found.add(day)
    return found
