"""Figure 2: distinct addresses reported by week, with the volume of reports and known changes of reporting."""

from __future__ import annotations

import math
import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.numbers import grouped, measure
from darkfigure.report.readings import labels, need, numbers
from darkfigure.report.style import ACCENT, ACCENT_PALE, FAINT, PALE, SOFT, Layout
from darkfigure.report.timelines import count_axis, with_gaps, year_axis, year_point

_WEEKLY, _BREAKS = "weekly-addresses", "reporting-breaks"


def _breaks(release: Release, span: tuple[float, float]) -> list[tuple[float, str, str]]:
    table = release.table(_BREAKS)
    if table is None:
        return []
    need(table, ("when", "start", "text"), _WEEKLY)
    rows = zip(labels(table, "start"), labels(table, "when"), labels(table, "text"), strict=True)
    placed = [(year_point(start), when, text) for start, when, text in rows]
    return sorted(p for p in placed if span[0] <= p[0] <= span[1])


def _weekly_words(release: Release) -> FigureWords:
    table = table_of(release, _WEEKLY, _WEEKLY)
    need(table, ("week_end", "addresses", "reports"), _WEEKLY)
    ends, addresses, reports = labels(table, "week_end"), *(_whole_weeks(table, c) for c in ("addresses", "reports"))
    first, last = ends[0][:4], ends[-1][:4]
    means = {year: _year_mean(ends, addresses, year) for year in (first, last)}
    title, told = "Distinct addresses reported each week, and the reports they came in", ""
    low, high = means[first], means[last]
    if low and high and first != last:
        times = high / low
        title = f"A week of {last} saw {measure(times)} times as many addresses as a week of {first}, on average"
        told = f" On average {grouped(low)} addresses a week in {first} and {grouped(high)} in {last}."
    known = [(v, e) for v, e in zip(addresses, ends, strict=True) if v is not None]
    peak = max(known) if known else None
    told += f" The peak is {grouped(peak[0])} in the week to {peak[1]}." if peak else ""
    volume = [r for r in reports if r is not None]
    told += f" Reports a week lie between {grouped(min(volume))} and {grouped(max(volume))}." if volume else ""
    return FigureWords(
        title=title,
        subtitle="Above: distinct addresses a week. Below, on its own scale: reports received a week",
        alt=f"Line chart by week from {ends[0]} to {ends[-1]}.{told}",
        note=table.note + (" Parts of weeks stand in the table only." if _has_parts(table) else ""),
    )


def _whole_weeks(table: ReleasedTable, column: str) -> list[float | None]:
    """Read a column, without weeks of which only a part lies in the period: they would look like a fall."""
    values = numbers(table, column)
    if not table.has("marks"):
        return values
    parts = ["part of a week" in mark.lower() for mark in labels(table, "marks")]
    return [None if part else value for part, value in zip(parts, values, strict=True)]


def _year_mean(ends: list[str], values: list[float | None], year: str) -> float | None:
    known = [v for e, v in zip(ends, values, strict=True) if e.startswith(year) and v is not None]
    return sum(known) / len(known) if known else None


def _has_parts(table: ReleasedTable) -> bool:
    return _whole_weeks(table, "addresses") != numbers(table, "addresses")


def _weekly_draw(release: Release, layout: Layout) -> Figure:
    table = table_of(release, _WEEKLY, _WEEKLY)
    x = [year_point(e) for e in labels(table, "week_end")]
    span = (math.floor(x[0]), math.ceil(x[-1]))
    breaks = _breaks(release, span)
    notes = [_break_note(i, b, 52 if layout.narrow else 104) for i, b in enumerate(breaks, start=1)]
    foot = 0.14 * sum(n.count("\n") + 1 for n in notes) + (0.16 if notes else 0.02)
    chart = 3.0 if layout.narrow else 3.5
    height = chart + foot
    figure = Figure(figsize=(layout.width, height))
    left = 0.155 if layout.narrow else 0.085
    main = figure.add_axes((left, (foot + 1.33) / height, 0.985 - left, (chart - 1.68) / height))
    small = figure.add_axes((left, (foot + 0.28) / height, 0.985 - left, 0.62 / height))
    series = ((main, "addresses", ACCENT, 4), (small, "reports", SOFT, 2))
    for axes, column, colour, steps in series:
        values = _whole_weeks(table, column)
        axes.plot(x, with_gaps(values), color=colour, lw=1.0)
        axes.fill_between(x, with_gaps(values), color=ACCENT_PALE if colour == ACCENT else PALE, lw=0)
        count_axis(axes, max([v for v in values if v is not None], default=1.0), steps)
        year_axis(axes, *span)
        axes.set_title(
            "Distinct addresses a week" if column == "addresses" else "Reports received a week",
            loc="left", fontsize=8, fontweight="bold", color=colour, pad=11 if column == "addresses" else 8,
            x=-(left - 0.005) / (0.985 - left),
        )  # fmt: skip
    if layout.narrow:
        for axes in (main, small):
            axes.set_xticklabels([t.get_text()[-2:] for t in axes.get_xticklabels(minor=True)], minor=True)
            axes.xaxis.get_minorticklabels()[0].set_text("")
    _draw_breaks(main, small, breaks)
    figure.text(0.005, (foot - 0.08) / height, "\n".join(notes), fontsize=7, color=SOFT, va="top", linespacing=1.3)
    return figure


def _break_note(place: int, entry: tuple[float, str, str], width: int) -> str:
    return "\n     ".join(textwrap.wrap(f"{place}  {entry[1]}: {entry[2]}", width))


def _draw_breaks(main: Axes, small: Axes, breaks: list[tuple[float, str, str]]) -> None:
    groups: list[tuple[float, list[str]]] = []
    low, high = main.get_xlim()
    for place, (x, _, _) in enumerate(breaks, start=1):
        if groups and x - groups[-1][0] < 0.018 * (high - low):
            groups[-1][1].append(str(place))
        else:
            groups.append((x, [str(place)]))
    for x, names in groups:
        for axes in (main, small):
            axes.axvline(x, color=FAINT, lw=0.7, ls=(0, (2, 2)))
        main.annotate(
            ",".join(names), (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
            ha="center", fontsize=6.5, color=SOFT,
        )  # fmt: skip


FIGURES = (
    FigureSpec(
        id=_WEEKLY, label="Figure 2", requires=(_WEEKLY,), optional=(_BREAKS,), words=_weekly_words, draw=_weekly_draw
    ),
)
"""The weekly series."""
