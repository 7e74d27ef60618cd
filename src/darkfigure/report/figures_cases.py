"""Figure 5: when did the cases come in, and how did they begin?"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkfigure.disclosure.released import Release
from darkfigure.report.bars import count_and_share
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.numbers import grouped
from darkfigure.report.readings import BarRow, bar_rows, need
from darkfigure.report.style import (
    ACCENT,
    HATCH,
    HATCH_INK,
    HATCH_WITHHELD,
    INK,
    PALE,
    SOFT,
    Layout,
)

_ID = "cases-by-year"
_BEGINNINGS = "cases-by-initiation"
_SHADES = (ACCENT, "#5b8ba6", "#93b9cc", "#c6dbe6", "#e3edf2")


def _years(release: Release) -> list[BarRow]:
    table = table_of(release, _ID, _ID)
    need(table, ("year", "cases"), _ID)
    return bar_rows(table, _ID, count="cases", label="year")


def _beginnings(release: Release) -> list[BarRow]:
    table = release.table(_BEGINNINGS)
    return [] if table is None else [r for r in bar_rows(table, _ID) if r.value is None or r.value > 0]


def _words(release: Release) -> FigureWords:
    years, beginnings = _years(release), _beginnings(release)
    table = table_of(release, _ID, _ID)
    title = "Cases referred to or investigated by law enforcement, by year"
    seen = [r for r in years if r.value]
    last = years[-1]
    whole = sum(r.value or 0 for r in years)
    if last.value and not any(r.withheld for r in years) and last is max(seen, key=lambda r: r.value or 0):
        title = f"{grouped(last.value)} of the {grouped(whole)} cases came in {last.label}, more than in any other year"
    told = ", ".join(f"{r.label}: {grouped(r.value) if r.value is not None else 'withheld'}" for r in years)
    begun = ", ".join(f"{r.label} {count_and_share(r)}" for r in beginnings)
    return FigureWords(
        title=title,
        subtitle=f"Cases by year{'; below, how they began' if beginnings else ''}; {table.base}",
        alt=f"Columns: {told}." + (f" One bar of how the cases began: {begun}." if begun else ""),
        note=table.note,
    )


def _draw(release: Release, layout: Layout) -> Figure:
    years, beginnings = _years(release), _beginnings(release)
    lower = (0.62 + 0.26 * len(beginnings)) if beginnings else 0.0
    upper = 2.3 if layout.narrow else 2.5
    height = upper + lower
    figure = Figure(figsize=(layout.width, height))
    axes = figure.add_axes((0.01, (lower + 0.3) / height, 0.98, (upper - 0.5) / height))
    _columns(axes, years)
    if beginnings:
        _one_bar(figure.add_axes((0, 0, 1, lower / height)), beginnings, (layout.width, lower))
    return figure


def _columns(axes: Axes, years: list[BarRow]) -> None:
    highest = max([r.value for r in years if r.value is not None], default=1) or 1
    axes.set(xlim=(-0.6, len(years) - 0.4), ylim=(0, highest * 1.05), yticks=[])
    axes.set_xticks(range(len(years)), [r.label for r in years])
    axes.tick_params(axis="x", length=0)
    for place, row in enumerate(years):
        if row.value is None:
            axes.bar(place, highest * 0.18, 0.62, color="white", hatch=HATCH_WITHHELD, edgecolor=HATCH_INK, lw=0)
            axes.text(place, highest * 0.21, "withheld", ha="center", fontsize=6.5, color=SOFT)
            continue
        axes.bar(place, row.value, 0.62, color=ACCENT)
        axes.text(place, row.value + highest * 0.025, grouped(row.value), ha="center", va="bottom", fontweight="bold")


def _one_bar(axes: Axes, rows: list[BarRow], inches: tuple[float, float]) -> None:
    width, height = inches
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    axes.text(0, 0.1, "How the cases began", fontsize=8.5, fontweight="bold", va="center")
    whole = sum(r.value or 0 for r in rows) or 1
    left = 0.0
    for place, row in enumerate(rows):
        length = (row.value or 0) / whole * width
        style: dict[str, Any] = {"fc": PALE, "hatch": HATCH} if row.unknown else {"fc": _SHADES[place % len(_SHADES)]}
        axes.barh(
            0.38, length, 0.22, left=left, edgecolor="white" if not row.unknown else HATCH_INK, linewidth=0.8, **style
        )
        swatch = 0.7 + place * 0.26
        axes.barh(swatch, 0.16, 0.13, left=0.02, edgecolor=HATCH_INK, linewidth=0, **style)
        axes.text(0.27, swatch, row.label, va="center", fontsize=8.2, color=INK)
        text = count_and_share(row)
        axes.text(width, swatch, text, va="center", ha="right", fontsize=8.2, fontweight="bold")
        left += length


FIGURES = (FigureSpec(id=_ID, label="Figure 5", requires=(_ID,), optional=(_BEGINNINGS,), words=_words, draw=_draw),)
"""Cases by year and by beginning."""
