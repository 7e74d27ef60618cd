"""Figure 3: addresses estimated to be in use, seen and unseen, by window."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.records.aggregate import Missing
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.method_names import method_in_words
from darkfigure.report.numbers import measure
from darkfigure.report.readings import labels, need, number, numbers
from darkfigure.report.style import ACCENT, ACCENT_PALE, CONTRAST, CONTRAST_TEXT, FAINT, INK, PALE, SOFT, Layout
from darkfigure.report.timelines import count_axis, end_labels, with_gaps, year_point
from darkfigure.report.truth_gap import lag_words

_WINDOWS, _PANEL, _TRUTH, _RATES = "window-estimates", "window-panel", "window-truth", "rates"
_YEARS = "year-end-estimates"
_WHY = {
    "churning": "the addresses in use changed within the window",
    "check-failed": "the addresses seen again did not fit the method",
    "no-overlap": "no address was seen again",
    "no-data": "no address was seen",
}
"""Reasons a reader should know, in words; the table of windows holds all."""


@dataclass(frozen=True, slots=True)
class _YearEnd:
    """A window that ends a year: place, name, estimate and rate."""

    x: float
    name: str
    total: float
    rate: float | None


def _year_ends(release: Release, table: ReleasedTable) -> list[_YearEnd]:
    rates = _declared_rates(release)
    rows = zip(labels(table, "window_end"), labels(table, "label"), numbers(table, "n_total"), strict=True)
    return [
        _YearEnd(year_point(end), name, total, rates.get(name))
        for (end, name, total), cell in zip(rows, table.column("label"), strict=True)
        if not isinstance(cell, Missing) and name and total is not None
    ]


def _declared_rates(release: Release) -> dict[str, float]:
    by_year = release.table(_YEARS)
    if by_year is not None:
        need(by_year, ("label", "rate_per_10k"), _WINDOWS)
        pairs = zip(labels(by_year, "label"), numbers(by_year, "rate_per_10k"), strict=True)
        return {name: rate for name, rate in pairs if rate is not None}
    table = release.table(_RATES)
    if table is None:
        return {}
    need(table, ("label", "role", "rate_per_10k"), _WINDOWS)
    rows = list(zip(labels(table, "label"), labels(table, "role"), numbers(table, "rate_per_10k"), strict=True))
    first = rows[0][1] if rows else ""
    role = "declared" if any(r == "declared" for _, r, _ in rows) else first
    return {name: rate for name, r, rate in rows if r == role and rate is not None}


def _window_words(release: Release) -> FigureWords:
    table = table_of(release, _WINDOWS, _WINDOWS)
    need(table, ("window_end", "label", "observed", "n_total", "lower", "upper"), _WINDOWS)
    ends = _year_ends(release, table)
    title = "Addresses estimated to be in use, seen and unseen"
    if len(ends) > 1 and ends[0].total:
        times = ends[-1].total / ends[0].total
        change = f"rose {measure(times)} times" if times >= 1.1 else f"changed by a factor of {measure(times)}"
        title = f"Estimated addresses in use {change} between {ends[0].name} and {ends[-1].name}"
    told = "; ".join(
        f"{e.name}: {measure(e.total)}" + (f", {measure(e.rate)} per 10,000 addresses" if e.rate is not None else "")
        for e in ends
    )
    over = _beyond(release, table)
    note = f"Beyond the top of the axis: {over}. " if over else ""
    truth = release.table(_TRUTH)
    told_truth = f" The dotted line is the truth of the synthetic world, which no real study knows. {lag_words(truth)}"
    return FigureWords(
        title=title,
        subtitle="Addresses in use in the window that ends on the day shown; band: interval of the headline estimate; "
        "thin lines: the other methods; floor: addresses seen"
        + ("; labels: estimate, and rate per 10,000 addresses" if any(e.rate is not None for e in ends) else ""),
        alt=f"Line chart of the estimated number of addresses by window. {told}.",
        note=(note + _gap_words(table) + table.note + (told_truth if truth else "")).strip(),
    )


def _gap_words(table: ReleasedTable) -> str:
    """Why the line breaks, so that a gap is not taken for a year without exploitation."""
    totals = numbers(table, "n_total")
    missing = sum(value is None for value in totals)
    if not missing:
        return ""
    text = f"Where the line breaks there is no answer ({missing} of {len(totals)} windows)"
    if any(column.name == "reason" for column in table.columns):
        found = Counter(reason for reason in table.column("reason") if isinstance(reason, str))
        told = [f"in {many} {_WHY[reason]}" for reason, many in found.most_common() if reason in _WHY]
        text += f": {', '.join(told)}" if told else ""
    return text + ". "


def _top(table: ReleasedTable, release: Release) -> float:
    values = [v for c in ("observed", "n_total", "upper") for v in numbers(table, c) if v is not None]
    truth = release.table(_TRUTH)
    values += [v for _, v in _truth(truth)] if truth else []
    return 1.3 * max(values, default=1.0)


def _methods(release: Release) -> dict[str, list[tuple[float, float]]]:
    table = release.table(_PANEL)
    if table is None:
        return {}
    need(table, ("window_end", "method", "n_total"), _WINDOWS)
    lines: dict[str, list[tuple[float, float]]] = {}
    for end, name, value in zip(
        labels(table, "window_end"), labels(table, "method"), numbers(table, "n_total"), strict=True
    ):
        if value is not None:
            lines.setdefault(name, []).append((year_point(end), value))
    return lines


def _beyond(release: Release, table: ReleasedTable) -> str:
    top = _top(table, release)
    highest = {name: max(v for _, v in line) for name, line in _methods(release).items()}
    return "; ".join(f"{method_in_words(name)} up to {measure(v)}" for name, v in highest.items() if v > top)


def _truth(table: ReleasedTable) -> list[tuple[float, float]]:
    column = next((c.name for c in table.columns if c.kind.value != "label"), "")
    need(table, ("window_end", column or "addresses"), _WINDOWS)
    rows = zip(labels(table, "window_end"), table.column(column), strict=True)
    return [(year_point(end), v) for end, cell in rows if (v := number(cell)) is not None]


def _window_draw(release: Release, layout: Layout) -> Figure:
    table = table_of(release, _WINDOWS, _WINDOWS)
    height = 3.3 if layout.narrow else 4.1
    figure = Figure(figsize=(layout.width, height))
    left, right = (0.165, 0.80) if layout.narrow else (0.085, 0.85)
    axes = figure.add_axes((left, 0.34 / height, right - left, 1 - 0.44 / height))
    x = [year_point(e) for e in labels(table, "window_end")]
    observed, total, lower, upper = (with_gaps(numbers(table, c)) for c in ("observed", "n_total", "lower", "upper"))
    top = _top(table, release)
    axes.fill_between(x, observed, color=PALE, lw=0)
    axes.plot(x, observed, color=SOFT, lw=1.0)
    axes.fill_between(x, lower, upper, color=ACCENT_PALE, lw=0)
    for line in _methods(release).values():
        axes.plot(*zip(*line, strict=True), color=FAINT, lw=0.6, alpha=0.9, zorder=2.1)
    axes.plot(x, total, color=ACCENT, lw=2.0, zorder=3)
    count_axis(axes, top / 1.02, 5)
    axes.set_ylim(0, top)
    axes.set_xlim(x[0], x[-1] + 0.02)
    ends = _year_ends(release, table)
    axes.set_xticks([e.x for e in ends], [_short(e.name, layout) for e in ends])
    drawn = [list(zip(x, line, strict=True)) for line in (observed, total, upper)]
    drawn += [*_methods(release).values(), *([_truth(truth)] if (truth := release.table(_TRUTH)) else [])]
    _label_lines(axes, release, {"observed": observed, "total": total}, x)
    taken: list[Bbox] = []
    for end in ends:
        taken.append(_label_year_end(axes, end, layout, drawn, taken))
    return figure


def _short(name: str, layout: Layout) -> str:
    return name.replace(" 20", " \N{RIGHT SINGLE QUOTATION MARK}") if layout.narrow else name


def _label_lines(axes: Axes, release: Release, lines: dict[str, list[float]], x: list[float]) -> None:
    named = []
    for key, text, colour in (("total", "Headline\nestimate", ACCENT), ("observed", "Seen", SOFT)):
        known = [v for v in lines[key] if not math.isnan(v)]
        if known:
            named.append((known[-1], text, colour))
    truth = release.table(_TRUTH)
    if truth is not None and (points := _truth(truth)):
        axes.plot(*zip(*points, strict=True), color=CONTRAST, lw=1.8, ls=(0, (1, 1.6)), zorder=4)
        named.insert(1, (points[-1][1], "Truth\n(synthetic)", CONTRAST_TEXT))
    methods = [line[-1][1] for line in _methods(release).values() if line[-1][1] <= axes.get_ylim()[1]]
    if methods:
        named.append((max(methods), "Other\nmethods", SOFT))
    end_labels(axes, named, x[-1])


def _label_year_end(
    axes: Axes, end: _YearEnd, layout: Layout, lines: list[list[tuple[float, float]]], taken: list[Bbox]
) -> Bbox:
    """Write a year end's numbers above every line and label in their way, with a thin leader where that is far."""
    axes.plot([end.x], [end.total], "o", color=ACCENT, ms=5, mec="white", mew=0.9, zorder=5, clip_on=False)
    size = 7.0 if layout.narrow else 8.2
    low, high = axes.get_xlim()
    first = end.x - low < 0.22 * (high - low)
    rate = ""
    if end.rate is not None:
        rate = f"\n{measure(end.rate)} " + ("/ 10,000" if layout.narrow else "per 10,000")
    text = f"{measure(end.total)}{rate}"
    x_inch, y_inch = _units_in_an_inch(axes)
    width = max(map(len, text.split("\n"))) * size * 0.0096 * x_inch
    height = (0.0165 * size * (text.count("\n") + 1) + 0.03) * y_inch
    left, right = (end.x, end.x + width) if first else (end.x - width, end.x)
    passed = [v for line in lines for at, v in line if left <= at <= right and not math.isnan(v)]
    bottom = max([end.total, *(v for v in passed if v <= axes.get_ylim()[1])]) + 0.07 * y_inch
    for box in taken:
        if box.x0 < right and left < box.x1 and box.y0 < bottom + height and bottom < box.y1:
            bottom = box.y1
    if bottom - end.total > 0.2 * y_inch:
        axes.plot([end.x, end.x], [end.total, bottom], color=INK, lw=0.7, zorder=4.5)
    axes.text(
        end.x, bottom, text, ha="left" if first else "right", va="bottom", fontsize=size, color=INK, fontweight="bold",
        linespacing=1.15, zorder=6,
    )  # fmt: skip
    return Bbox([[left, bottom], [right, bottom + height]])


def _units_in_an_inch(axes: Axes) -> tuple[float, float]:
    """How much of each axis is one inch of paper?"""
    figure = axes.get_figure(root=True)
    width, height = figure.get_size_inches() if figure is not None else (1.0, 1.0)
    place, (low, high), (bottom, top) = axes.get_position(), axes.get_xlim(), axes.get_ylim()
    return (high - low) / (place.width * width), (top - bottom) / (place.height * height)


FIGURES = (
    FigureSpec(
        id=_WINDOWS,
        label="Figure 3",
        requires=(_WINDOWS,),
        optional=(_YEARS, _TRUTH, _PANEL, _RATES),
        words=_window_words,
        draw=_window_draw,
    ),
)
"""The estimates by window."""
