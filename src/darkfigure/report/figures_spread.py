"""How far do the methods disagree? Every estimate with its interval, every refusal with its reason."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.method_names import method_in_words
from darkfigure.report.numbers import grouped, measure
from darkfigure.report.readings import labels, need, numbers
from darkfigure.report.style import ACCENT, CONTRAST, LINE, SOFT, Layout

Row = tuple[str, float | None, float | None, float | None, str]
"""Method, estimate, both ends of its interval, reason of a refusal."""

_COLUMNS = ("method", "n_total", "lower", "upper", "status", "reason")
_LOG_FROM = 20.0


def _rows(table: ReleasedTable, figure: str) -> list[Row]:
    """Read the table; of several windows only the last."""
    need(table, _COLUMNS, figure)
    reasons = [r.replace("-", " ") for r in labels(table, "reason")]
    names = [method_in_words(m) for m in labels(table, "method")]
    rows = list(zip(names, *(numbers(table, c) for c in _COLUMNS[1:4]), reasons, strict=True))
    if not table.has("window_end"):
        return rows
    ends = labels(table, "window_end")
    return [row for row, end in zip(rows, ends, strict=True) if end == max(ends)]


def _last_label(table: ReleasedTable) -> str:
    if not (table.has("window_end") and table.has("label")):
        return ""
    ends = labels(table, "window_end")
    return labels(table, "label")[ends.index(max(ends))]


def _words_of(release: Release, table_id: str) -> FigureWords:
    table = table_of(release, table_id, table_id)
    rows = _rows(table, table_id)
    when = _last_label(table)
    known = [(n, m) for m, n, *_ in rows if n is not None]
    refused = [f"{m} refused ({r})" for m, n, _, _, r in rows if n is None]
    title = "No method could answer"
    if known:
        subject = f"the number in the year to {when}" if when else "the total"
        title = f"Methods put {subject} between {measure(min(known)[0])} and {measure(max(known)[0])}"
        title += f"; {len(refused)} of {len(rows)} refused to answer" if refused else ""
    told = "; ".join(f"{m} {measure(n)}" for n, m in known)
    scale = "; logarithmic scale" if _logarithmic(rows) else ""
    return FigureWords(
        title=title,
        subtitle=f"Estimate with its interval, by method{scale}; {table.base}",
        alt=f"Dots with whiskers, one line a method. {'; '.join(x for x in (told, *refused) if x)}.",
        note=table.note + (" The table holds every year end." if when else ""),
    )


def _logarithmic(rows: list[Row]) -> bool:
    known = [n for _, n, *_ in rows if n]
    return bool(known) and max(known) > _LOG_FROM * min(known)


def _floor(release: Release, table_id: str) -> float | None:
    if table_id == "panel":
        seen = release.finding("lists-observed")
        return float(seen.value) if seen is not None and isinstance(seen.value, int | float) else None
    windows = release.table("window-estimates")
    if windows is None or not windows.has("observed"):
        return None
    ends = labels(windows, "window_end")
    return numbers(windows, "observed")[ends.index(max(ends))]


def _spec(table_id: str) -> FigureSpec:
    def words(release: Release) -> FigureWords:
        return _words_of(release, table_id)

    def draw(release: Release, layout: Layout) -> Figure:
        rows = _rows(table_of(release, table_id, table_id), table_id)
        return spread_figure(rows, layout, floor=_floor(release, table_id))

    return FigureSpec(id=table_id, label="", requires=(table_id,), words=words, draw=draw)


def spread_figure(rows: list[Row], layout: Layout, *, floor: float | None) -> Figure:
    """Draw estimates by method as dots with whiskers; a refusal stands on its own line with its reason.

    Parameters
    ----------
    rows : list of (method, estimate, lower, upper, reason)
        ``None`` where there is no number; ``upper`` without a number next to a ``lower`` has no finite end.
    layout : Layout
    floor : float or None
        Number seen, drawn as a dashed line that no estimate can lie below.

    Returns
    -------
    Figure
    """
    step = 0.40 if layout.narrow else 0.215
    height = len(rows) * step + 0.75
    figure = Figure(figsize=(layout.width, height))
    longest = max((len(m) for m, *_ in rows), default=0)
    left = 0.02 if layout.narrow else min(0.42, (0.2 + 0.066 * longest) / layout.width)
    axes = figure.add_axes((left, 0.45 / height, 0.98 - left - (0 if layout.narrow else 0.09), 1 - 0.75 / height))
    limits = _range([x for _, *three, _ in rows for x in three if x is not None] + ([floor] if floor else []))
    if _logarithmic(rows):
        axes.set_xscale("log")
        limits = (limits[0] or 1.0, limits[1])
    axes.set(xlim=limits, ylim=(len(rows) - 0.5, -0.5), yticks=[])
    if not _logarithmic(rows):
        axes.xaxis.set_major_locator(MaxNLocator(4 if layout.narrow else 6, prune="upper"))
    axes.xaxis.set_major_formatter(lambda value, _: grouped(value))
    axes.grid(visible=True, axis="x")
    if floor is not None:
        axes.axvline(floor, color=SOFT, lw=1.0, ls=(0, (4, 3)))
        axes.annotate(
            f"seen: {grouped(floor)}", (floor, 1), xycoords=("data", "axes fraction"), xytext=(3, 5),
            textcoords="offset points", fontsize=7.8, color=SOFT,
        )  # fmt: skip
    for index, row in enumerate(rows):
        _spread_row(axes, index, row, limits, layout)
    return figure


def _range(values: list[float]) -> tuple[float, float]:
    finite = sorted(v for v in values if math.isfinite(v))
    if not finite:
        return 0.0, 1.0
    pad = 0.08 * (finite[-1] - finite[0]) or 0.1 * finite[-1] or 1.0
    return max(0.0, finite[0] - pad), finite[-1] + pad


def _spread_row(
    axes: Axes,
    index: int,
    row: Row,
    limits: tuple[float, float],
    layout: Layout,
) -> None:
    method, value, lower, upper, reason = row
    name_y, y = (index - 0.22, index + 0.15) if layout.narrow else (index, index)
    across = axes.get_yaxis_transform()
    if layout.narrow:
        axes.text(
            0, name_y, method, transform=across, va="center", fontsize=8, bbox={"fc": "white", "ec": "none", "pad": 1.0}
        )
    else:
        axes.text(-0.015, name_y, method, transform=across, va="center", ha="right", fontsize=8)
    if value is None:
        axes.text(0.01, y, f"refused: {reason}" if reason else "no number", transform=across, va="center",
                  fontsize=7.8, color=SOFT, style="italic", bbox={"fc": "white", "ec": "none", "pad": 1.0})  # fmt: skip
        return
    if lower is not None:
        end = limits[1] if upper is None else upper
        axes.plot([lower, end], [y, y], color=LINE if upper is None else ACCENT, lw=2.2, solid_capstyle="butt")
    axes.plot([value], [y], "o", color=ACCENT if lower is not None else CONTRAST, ms=5.5, mec="white", mew=0.8)
    at = (1.0, name_y) if layout.narrow else (1.015, y)
    axes.text(*at, measure(value), transform=across, va="center", ha="right" if layout.narrow else "left", fontsize=8,
              fontweight="bold")  # fmt: skip


FIGURES = (
    _spec("panel"),
    _spec("panel-december"),
)
"""The spread of methods, on lists and on the last year end."""
