"""Crime or reporting, and do the methods agree?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.method_names import method_in_words
from darkfigure.report.numbers import grouped, measure
from darkfigure.report.readings import labels, need, numbers
from darkfigure.report.style import ACCENT, ACCENT_PALE, CONTRAST, CONTRAST_TEXT, INK, LINE, PALE, SOFT, Layout
from darkfigure.report.trust_words import CAUSES, FAMILIES

_CAUSES, _BREAKS = "causes-of-change", "reporting-breaks"
_AGREE, _WINDOWS = "method-agreement", "window-estimates"
_HARDLY = 1.05
_TIMES = {0.5: "half", 1.0: "same"}


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Bounds of one possible cause between two years."""

    group: str
    name: str
    lower: float | None
    upper: float | None


def _cause_rows(table: ReleasedTable) -> list[_Bounds]:
    need(table, ("years", "cause", "lower", "upper"), _CAUSES)
    columns = (labels(table, "years"), labels(table, "cause"), numbers(table, "lower"), numbers(table, "upper"))
    return [_Bounds(years, cause, low, high) for years, cause, low, high in zip(*columns, strict=True)]


def _cause_words(release: Release) -> FigureWords:
    table = table_of(release, _CAUSES, _CAUSES)
    rows = _cause_rows(table)
    last = rows[-1].group
    mine = {r.name: r for r in rows if r.group == last}
    sources, seen = mine.get("sources"), mine.get("all sightings")
    title = "Whether crime or reporting changed cannot be told apart"
    if sources is not None and sources.lower is not None and sources.lower > 1:
        title = f"The number of sources rose {measure(sources.lower)} times at least, {last}"
        title += ", whatever reporting did"
    elif sources is not None and sources.upper is not None and sources.upper < 1:
        title = f"The number of sources fell to {measure(sources.upper)} of what it was at most, {last}"
    elif seen is not None and seen.lower is not None:
        title = (
            f"Sightings became {measure(seen.lower)} times as many, {last}; whether crime or reporting cannot be told"
        )
    told = "; ".join(f"{r.group}, {CAUSES.get(r.name, r.name).lower()}: {_between(r)}" for r in rows)
    return FigureWords(
        title=title,
        subtitle="Factor by which each possible cause may have changed; bar: from its lower to its upper bound; "
        "hatched: nothing in the data bounds it",
        alt=f"Bars of bounds by cause, for each pair of years. {told}.",
        note=table.note + _break_words(release, {y for r in rows for y in r.group.split(" to ")}),
    )


def _between(row: _Bounds) -> str:
    if row.lower is None and row.upper is None:
        return "nothing bounds it"
    low = "any factor" if row.lower is None else measure(row.lower)
    high = "any factor" if row.upper is None else measure(row.upper)
    return low if low == high else f"{low} to {high}"


def _breaks(release: Release) -> list[tuple[int, str]]:
    table = release.table(_BREAKS)
    if table is None or not (table.has("start") and table.has("text")):
        return []
    return [(int(day[:4]), text) for day, text in zip(labels(table, "start"), labels(table, "text"), strict=True)]


def _break_words(release: Release, years: set[str]) -> str:
    """Name the known changes of detection and reporting between the first and the last of these years."""
    known = [int(y) for y in years if y.isdigit()]
    found = [f"{text} ({year})" for year, text in _breaks(release) if known and min(known) < year <= max(known)]
    return f" Known changes of detection and reporting in these years: {'; '.join(found)}." if found else ""


def _cause_draw(release: Release, layout: Layout) -> Figure:
    rows = _cause_rows(table_of(release, _CAUSES, _CAUSES))
    groups = list(dict.fromkeys(r.group for r in rows))
    line, head = (0.2, 0.3) if layout.narrow else (0.175, 0.29)
    height = head * len(groups) + line * len(rows) + 0.45
    figure = Figure(figsize=(layout.width, height))
    left = 0.42 if layout.narrow else 0.3
    right = 0.79 if layout.narrow else 0.86
    axes = figure.add_axes((left, 0.34 / height, right - left, 1 - 0.38 / height))
    top = max([2.0, *(v for r in rows for v in (r.lower, r.upper) if v is not None)]) * 1.25
    axes.set_xscale("log")
    ticks = [t for t in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0) if t <= top]
    axes.set(xlim=(0.45, top), ylim=(height - 0.45, 0), yticks=[])
    axes.set_xticks(ticks, [_TIMES.get(t, f"{measure(t)} times") for t in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1, color=SOFT, lw=0.9)
    across = axes.get_yaxis_transform()
    marks = _breaks(release)
    y = 0.0
    for group in groups:
        first, last = (int(n) for n in group.split(" to "))
        many = sum(first < year <= last for year, _ in marks)
        changes = "change" if many == 1 else "changes"
        text = group + (f"   \N{BLACK UP-POINTING TRIANGLE} {many} known {changes} of reporting" if many else "")
        axes.text(-left / (right - left) * 0.97, y + 0.17, text, transform=across, va="center", fontsize=8.2,
                  fontweight="bold")  # fmt: skip
        y += head
        for row in (r for r in rows if r.group == group):
            _cause_row(axes, y + line / 2, row, line, layout)
            y += line
    return figure


def _cause_row(axes: Axes, y: float, row: _Bounds, line: float, layout: Layout) -> None:
    low, high = axes.get_xlim()
    across = axes.get_yaxis_transform()
    counted = row.name in ("all sightings", "the same services")
    axes.text(-0.02, y, CAUSES.get(row.name, row.name), transform=across, va="center", ha="right",
              fontsize=7.4 if layout.narrow else 7.9, color=SOFT if counted else INK)  # fmt: skip
    if row.lower is None and row.upper is None:
        axes.barh([y], [high - low], left=low, height=line * 0.6, color=PALE, hatch="////", lw=0)
    elif counted or row.lower == row.upper:
        axes.plot([row.lower or low], [y], "D", color=SOFT, ms=3.6)
    else:
        start, end = row.lower or low, row.upper or high
        colour = CONTRAST if row.name == "sources" else ACCENT
        axes.plot([start, end], [y, y], color=colour, lw=5.0, solid_capstyle="butt")
    words = "nothing bounds it" if row.lower is None and row.upper is None else _between(row)
    axes.text(1.02, y, "?" if words.startswith("nothing") else words, transform=across, va="center", fontsize=7.2,
              color=SOFT)  # fmt: skip


def _agree_rows(table: ReleasedTable) -> dict[str, list[tuple[str, str, float]]]:
    need(table, ("family", "method", "kind", "n_total"), _AGREE)
    found: dict[str, list[tuple[str, str, float]]] = {}
    columns = (labels(table, "family"), labels(table, "method"), labels(table, "kind"), numbers(table, "n_total"))
    for family, method, kind, value in zip(*columns, strict=True):
        if value is not None:
            found.setdefault(family, []).append((method, kind, value))
    order = sorted(found, key=lambda f: sorted(v for _, _, v in found[f])[len(found[f]) // 2])
    return {family: found[family] for family in order}


def _agree_words(release: Release) -> FigureWords:
    table = table_of(release, _AGREE, _AGREE)
    rows = _agree_rows(table)
    values = sorted(v for family in rows.values() for _, kind, v in family if kind == "estimate")
    title = "No method could answer"
    if values:
        low, high = values[len(values) // 4], values[-1 - len(values) // 4]
        title = f"The middle half of {len(values)} methods say {measure(low)} to {measure(high)}"
        title += f"; the lowest {measure(values[0])}, the highest {measure(values[-1])}"
    told = "; ".join(
        f"{FAMILIES.get(family, family)}: " + ", ".join(f"{method_in_words(m)} {measure(v)}" for m, _, v in found)
        for family, found in rows.items()
    )
    return FigureWords(
        title=title,
        subtitle="One mark a method, by what it assumes about the addresses never seen; dots: estimates; triangles: "
        f"lower bounds; line: the quoted estimate{_scale_words(values)}",
        alt=f"Marks by family of methods. {told}.",
        note=table.note,
    )


def _scale_words(values: Sequence[float]) -> str:
    return "; logarithmic scale" if values and values[-1] > 4 * values[0] else ""


def _quoted(release: Release) -> float | None:
    table = release.table(_WINDOWS)
    if table is None or not table.has("n_total"):
        return None
    ends = labels(table, "window_end")
    return numbers(table, "n_total")[ends.index(max(ends))]


def _agree_draw(release: Release, layout: Layout) -> Figure:
    rows = _agree_rows(table_of(release, _AGREE, _AGREE))
    line = 0.38 if layout.narrow else 0.25
    height = line * max(len(rows), 1) + 0.62
    figure = Figure(figsize=(layout.width, height))
    left = 0.03 if layout.narrow else 0.31
    axes = figure.add_axes((left, 0.34 / height, 0.95 - left, 1 - 0.6 / height))
    values = [v for family in rows.values() for _, _, v in family]
    low, high = min(values, default=1.0), max(values, default=1.0)
    if high > 4 * low:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        ticks = [m * 10.0**p for p in range(0, 10) for m in (1, 2, 5) if low * 0.8 <= m * 10.0**p <= high * 1.25]
        axes.set_xticks(ticks[:: max(1, math.ceil(len(ticks) / (3 if layout.narrow else 6)))])
    axes.set(xlim=(low * 0.9, high * 1.1), ylim=(len(rows) - 0.5, -0.5), yticks=[])
    axes.xaxis.set_major_formatter(lambda value, _: grouped(value))
    axes.grid(visible=True, axis="x")
    quoted = _quoted(release)
    if quoted is not None:
        axes.axvline(quoted, color=CONTRAST, lw=1.4, zorder=1.5)
        axes.annotate(
            f"quoted: {measure(quoted)}", (quoted, 1), xycoords=("data", "axes fraction"), xytext=(3, 4),
            textcoords="offset points", fontsize=7.8, color=CONTRAST_TEXT,
        )  # fmt: skip
    across = axes.get_yaxis_transform()
    for place, (family, found) in enumerate(rows.items()):
        name = FAMILIES.get(family, family)
        if layout.narrow:
            axes.text(0, place - 0.24, name, transform=across, va="center", fontsize=7.8, zorder=5,
                      bbox={"fc": "white", "ec": "none", "pad": 0.8})  # fmt: skip
        else:
            axes.text(-0.02, place, name, transform=across, va="center", ha="right", fontsize=8.2)
        y = place + (0.18 if layout.narrow else 0)
        axes.plot([min(v for *_, v in found), max(v for *_, v in found)], [y, y], color=LINE, lw=1.0, zorder=2)
        for _, kind, value in found:
            bound = kind == "lower-bound"
            axes.plot([value], [y], ">" if bound else "o", color=ACCENT_PALE if bound else ACCENT, ms=4.8, mec="white",
                      mew=0.5, alpha=0.9, zorder=3)  # fmt: skip
    return figure


FIGURES = (
    FigureSpec(id=_CAUSES, label="", requires=(_CAUSES,), words=_cause_words, draw=_cause_draw),
    FigureSpec(id=_AGREE, label="", requires=(_AGREE,), words=_agree_words, draw=_agree_draw),
)
"""Causes of change, and the spread of methods."""
