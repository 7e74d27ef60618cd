"""The weekly series: distinct addresses seen, reports received beside them, and marks where reporting changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from darkfigure.histories import CalendarWeeks, Window, weekly_addresses
from darkfigure.prevalence.columns import count, label
from darkfigure.prevalence.wording import short_label
from darkfigure.records.aggregate import Cell, Missing, Question, Table
from darkfigure.records.restricted import ReportTable, Sightings
from darkfigure.reference.reporting_breaks import ReportingBreak

_EPOCH = date(1970, 1, 1)
_SECONDS_A_DAY = 86_400
QUIET_DAYS = 180
"""A service that starts or stops this long inside the period is marked."""

ENOUGH_REPORTS = 50
"""A service with fewer reports is not marked: its first report says nothing about when it began."""


@dataclass(frozen=True, slots=True)
class WeeklyMeans:
    """Distinct addresses and reports in a mean week."""

    addresses: float
    reports: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeeklySeries:
    """Distinct addresses and reports by calendar week.

    Parameters
    ----------
    weeks : CalendarWeeks
    addresses : ndarray of int64, shape (weeks,)
        Distinct addresses seen in the week.
    reports : ndarray of int64, shape (weeks,)
        Reports received in the week.
    """

    weeks: CalendarWeeks
    addresses: NDArray[np.int64]
    reports: NDArray[np.int64]

    @property
    def peak(self) -> int:
        """Week with the most addresses (the first of equals)."""
        return int(self.addresses.argmax())

    def mean_in(self, window: Window) -> WeeklyMeans:
        """Mean of the whole weeks inside a window; zeros without one."""
        first = window.start + timedelta(days=6)
        whole_weeks = zip(self.weeks.ends, self.weeks.whole, strict=True)
        inside = [i for i, (end, whole) in enumerate(whole_weeks) if whole and first <= end <= window.end]
        if not inside:
            return WeeklyMeans(0.0, 0.0)
        return WeeklyMeans(float(self.addresses[inside].mean()), float(self.reports[inside].mean()))


def weekly_series(sightings: Sightings, reports: ReportTable, *, period: tuple[date, date]) -> WeeklySeries:
    """How many distinct addresses were seen, and how many reports received, in each ISO week of the period?"""
    weeks = CalendarWeeks(*period)
    number = weeks.number(received_days(reports, period=period))
    received = np.bincount(number, minlength=weeks.count)[: weeks.count].astype(np.int64)
    return WeeklySeries(weeks=weeks, addresses=weekly_addresses(sightings, weeks=weeks), reports=received)


def received_days(reports: ReportTable, *, period: tuple[date, date]) -> NDArray[np.int64]:
    """On which days were the reports of the period received, as days since 1970?"""
    day = reports.received // _SECONDS_A_DAY
    first, last = ((d - _EPOCH).days for d in period)
    return day[(day >= first) & (day <= last)]


def weekly_table(series: WeeklySeries, breaks: Sequence[ReportingBreak]) -> Table:
    """Show the weekly series with a mark in every week in which a known change begins."""
    rows: list[tuple[Cell, ...]] = []
    for end, whole, addresses, received in zip(
        series.weeks.ends, series.weeks.whole, series.addresses, series.reports, strict=True
    ):
        marks = [b.text for b in breaks if end - timedelta(days=6) <= b.start <= end]
        marks += [] if whole else ["Part of a week"]
        rows.append((end.isoformat(), int(addresses), int(received), "; ".join(marks) or Missing.NOT_APPLICABLE))
    return Table(
        id="weekly-addresses",
        question=Question.PREVALENCE,
        title="Distinct addresses seen and reports received, by week",
        base="all selected sightings; all reports received in the study period",
        columns=(
            label("week_end", "Week ends on"),
            count("addresses", "Distinct addresses", "addresses"),
            count("reports", "Reports", "reports"),
            label("marks", "Known changes"),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note="Addresses stand in the week they were seen, reports in the week they were received. The number of "
        "addresses seen depends on how much is detected and reported.",
    )


def service_changes(reports: ReportTable, *, period: tuple[date, date]) -> tuple[ReportingBreak, ...]:
    """Which reporting services began or stopped well inside the period, by their reports?"""
    first, last = ((d - _EPOCH).days for d in period)
    day = reports.received // _SECONDS_A_DAY
    found = []
    for code, name in enumerate(reports.services):
        days = day[(reports.service == code) & (day >= first) & (day <= last)]
        if days.size < ENOUGH_REPORTS:
            continue
        begin, stop = int(days.min()), int(days.max())
        if begin - first > QUIET_DAYS:
            found.append(_change(begin, f"{name} begins to report"))
        if last - stop > QUIET_DAYS:
            found.append(_change(stop, f"{name} stops reporting"))
    return tuple(sorted(found))


def _change(day: int, text: str) -> ReportingBreak:
    # The month is enough for a chart, and says nothing about a single report.
    when = (_EPOCH + timedelta(days=day)).replace(day=1)
    return ReportingBreak(when, "month", text, "the reports of this study")


def breaks_table(breaks: Sequence[ReportingBreak], *, period: tuple[date, date]) -> Table:
    """List the changes of detection or reporting inside the period, dated and sourced."""
    rows = tuple((_when(b), b.start.isoformat(), b.text, b.source) for b in breaks if period[0] <= b.start <= period[1])
    return Table(
        id="reporting-breaks",
        question=Question.PREVALENCE,
        title="Known changes of detection and reporting",
        base="changes with a dated source, and services that begin or stop in these reports",
        columns=(label("when", "When"), label("start", "From"), label("text", "Change"), label("source", "Source")),
        rows=rows,
        source="public sources as named; CyberTipline reports",
        note="Not complete: no mark does not mean that nothing changed.",
        protected=False,
    )


def _when(entry: ReportingBreak) -> str:
    if entry.precision == "year":
        return str(entry.start.year)
    return entry.start.isoformat() if entry.precision == "day" else short_label(Window(entry.start, 1))
