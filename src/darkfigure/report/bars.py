"""How are counts of categories drawn: labelled bars with intervals, unknown hatched, in panels."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from darkfigure.report.numbers import grouped, percent
from darkfigure.report.readings import BarRow
from darkfigure.report.style import (
    ACCENT,
    ACCENT_PALE,
    CONTRAST,
    HATCH,
    HATCH_INK,
    HATCH_WITHHELD,
    INK,
    LINE,
    PALE,
    SOFT,
    Layout,
)

_HEADING = 0.30
_LINE = 0.155
_ROW_BESIDE = 0.27
_ROW_TWO_LINES = 0.33
_ROW_ABOVE = 0.47
_GAP = 0.22
_BROKEN_FROM = 4.0
_MARGIN = 0.06
_LABEL_SHARE = 0.40
_LETTER = 0.0735
_FULL_LABEL = 38


def count_and_share(row: BarRow) -> str:
    """Write a bar's number: the count, and its share where there is one.

    Examples
    --------
    >>> count_and_share(BarRow(label="Female", value=328.0, share=0.861))
    '328 (86%)'
    """
    if row.value is None:
        return "withheld" if row.withheld else "not stated"
    if row.share is None:
        return grouped(row.value)
    return f"{grouped(row.value)} ({percent(row.share)}{' of all' if row.of_all else ''})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPanel:
    """One bar chart among others of a figure.

    Parameters
    ----------
    rows : sequence of BarRow
        From top to bottom.
    heading : str
        Printed above; empty for none.
    colour : str
        Of known categories.
    mark : int or None
        Row whose label carries ``mark_text``, such as the one that holds the median.
    mark_text : str
    ticks : mapping of label to values
        Small ticks on a bar, such as counts without each agency in turn.
    unknown_added : float
        Length of a hatched extension: how far each known bar would reach if every unknown belonged to it.
    parts : mapping of label to value
        Part of a bar drawn in full colour; the rest of the bar is then pale.
    text : callable
        How a row's number is written.
    """

    rows: Sequence[BarRow]
    heading: str = ""
    colour: str = ACCENT
    mark: int | None = None
    mark_text: str = ""
    ticks: Mapping[str, Sequence[float]] = field(default_factory=dict)
    unknown_added: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    text: Callable[[BarRow], str] = count_and_share

    @property
    def known_reach(self) -> float:
        """Scale of the known bars where the unknown would dwarf them, so that theirs is drawn broken; else 0."""
        known = [x for r in self.rows if not r.unknown for x in (r.value, r.upper) if x is not None]
        unknown = [r.value for r in self.rows if r.unknown and r.value is not None]
        dwarfed = known and unknown and max(unknown) > _BROKEN_FROM * max(known)
        return max(known) / 0.8 if dwarfed else 0.0

    def height(self, width: float, *, above: bool) -> float:
        """Inches this panel needs at this width in inches."""
        return self.head(width) + len(self.rows) * self.row(width, above=above) + _GAP

    def row(self, width: float, *, above: bool) -> float:
        """Inches of one row."""
        if above:
            return _ROW_ABOVE
        return (
            _ROW_TWO_LINES if any(len(self.label_lines(n, width)) > 1 for n in range(len(self.rows))) else _ROW_BESIDE
        )

    def label(self, number: int) -> str:
        """Label of a row, with its mark."""
        return self.rows[number].label + (f"  \N{BLACK DIAMOND} {self.mark_text}" if number == self.mark else "")

    def label_lines(self, number: int, width: float) -> list[str]:
        """Lines of a row's label beside its bar, in a panel this many inches wide."""
        letters = min(_FULL_LABEL, int(width * _LABEL_SHARE / _LETTER))
        lines = textwrap.wrap(self.rows[number].label, letters)
        return [*lines, f"\N{BLACK DIAMOND} {self.mark_text}"] if number == self.mark else lines

    def fits_beside(self, width: float) -> bool:
        """Whether every label takes two lines at most beside its bar."""
        return all(len(self.label_lines(n, width)) <= 2 for n in range(len(self.rows)))

    def head(self, width: float) -> float:
        """Inches of the heading."""
        return _HEADING + _LINE * (len(self.heading_lines(width)) - 1) if self.heading else 0.0

    def heading_lines(self, width: float) -> list[str]:
        """Lines of the heading at this width in inches."""
        return textwrap.wrap(self.heading, max(12, int(width * 12.2)))


def bar_figure(panels: Sequence[BarPanel], layout: Layout) -> Figure:
    """Draw panels of labelled bars: one below the other on a phone, two beside each other on a page.

    Parameters
    ----------
    panels : sequence of BarPanel
    layout : Layout

    Returns
    -------
    Figure
    """
    columns = 1 if layout.narrow or len(panels) == 1 else 2
    gutter = 0.35 / layout.width
    width = (1.0 - gutter * (columns - 1)) / columns
    inches = width * layout.width
    above = layout.narrow or not all(p.fits_beside(inches) for p in panels)
    lines = _columns_of(panels, columns, inches, above=above)
    height = max(sum(p.height(inches, above=above) for p in line) for line in lines) + _MARGIN
    figure = Figure(figsize=(layout.width, height))
    for number, line in enumerate(lines):
        top = 1.0 - _MARGIN / 2 / height
        for panel in line:
            share = panel.height(inches, above=above) / height
            axes = figure.add_axes((number * (width + gutter), top - share, width, share))
            draw_panel(axes, panel, inches=(inches, panel.height(inches, above=above)), above=above)
            top -= share
    return figure


def _columns_of(panels: Sequence[BarPanel], columns: int, width: float, *, above: bool) -> list[list[BarPanel]]:
    """Keep the reading order and split it where the two columns come out most alike."""
    if columns == 1:
        return [list(panels)]
    heights = [p.height(width, above=above) for p in panels]
    cut = min(range(1, len(panels)), key=lambda k: max(sum(heights[:k]), sum(heights[k:])))
    return [list(panels[:cut]), list(panels[cut:])]


def draw_panel(axes: Axes, panel: BarPanel, *, inches: tuple[float, float], above: bool) -> None:
    """Draw one panel into axes that measure ``inches``; one unit of the axes is one inch.

    Parameters
    ----------
    axes : Axes
    panel : BarPanel
    inches : (float, float)
        Width and height of the axes.
    above : bool
        Whether labels stand above their bars (narrow panels) or beside them.
    """
    width, height = inches
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    top = 0.0
    if panel.heading:
        heading = "\n".join(panel.heading_lines(width))
        axes.text(0, 0.06, heading, fontsize=8.5, fontweight="bold", va="top", color=INK, linespacing=1.15)
        top = panel.head(width)
    longest = max((len(x) for n in range(len(panel.rows)) for x in panel.label_lines(n, width)), default=0)
    left = 0.0 if above else 0.16 + (_LETTER if longest > 8 else 0.09) * longest
    beside = 0.16 + 0.078 * max((len(panel.text(r)) for r in panel.rows), default=0)
    right = width - (0.0 if above else beside)
    reach = [
        x + (0 if r.unknown else panel.unknown_added) for r in panel.rows for x in (r.value, r.upper) if x is not None
    ]
    highest = max([x for x in reach if math.isfinite(x)], default=1)
    highest = panel.known_reach or highest
    scale = (right - left) / (highest or 1)
    step = panel.row(width, above=above)
    for number in range(len(panel.rows)):
        _draw_row(axes, panel, number, (left, right, top + number * step, scale), above=above)
    bottom = top + len(panel.rows) * step
    axes.plot([left, left], [top, bottom], color=LINE, lw=0.8, zorder=3)


def _draw_row(
    axes: Axes, panel: BarPanel, number: int, place: tuple[float, float, float, float], *, above: bool
) -> None:
    left, right, top, scale = place
    row = panel.rows[number]
    width = axes.get_xlim()[1]
    step = panel.row(width, above=above)
    bar_top, bar_height = (top + 0.21, 0.17) if above else (top + (step - 0.18) / 2, 0.18)
    middle = bar_top + bar_height / 2
    if above:
        axes.text(left + 0.03, top + 0.105, panel.label(number), va="center", fontsize=8.2)
        axes.text(right, top + 0.105, panel.text(row), va="center", ha="right", fontsize=8.2, fontweight="bold")
    else:
        lines = panel.label_lines(number, width)
        size = 8.2 if len(lines) < 2 else 7.4
        axes.text(left - 0.08, middle, "\n".join(lines[:2]), va="center", ha="right", fontsize=size, linespacing=1.05)
        axes.text(width - 0.02, middle, panel.text(row), va="center", ha="right", fontsize=8.2, fontweight="bold")
    _draw_bar(axes, panel, row, (left, right, bar_top, bar_height, scale))


def _draw_bar(axes: Axes, panel: BarPanel, row: BarRow, place: tuple[float, float, float, float, float]) -> None:
    left, right, top, height, scale = place
    if row.value is None:
        hatch = HATCH_WITHHELD if row.withheld else ""
        axes.add_patch(
            Rectangle((left, top), (right - left) * 0.25, height, fc="white", ec=HATCH_INK, hatch=hatch, lw=0)
        )
        return
    length = min(max(row.value * scale, 0.0), right - left)
    if row.unknown:
        axes.add_patch(Rectangle((left, top), length, height, fc=PALE, ec=HATCH_INK, hatch=HATCH, lw=0))
    else:
        part = panel.parts.get(row.label)
        axes.add_patch(Rectangle((left, top), length, height, fc=panel.colour if part is None else ACCENT_PALE, lw=0))
        if part is not None:
            axes.add_patch(Rectangle((left, top), part * scale, height, fc=panel.colour, lw=0))
        if panel.unknown_added:
            reach = panel.unknown_added * scale
            axes.add_patch(
                Rectangle(
                    (left + length, top + height * 0.25), reach, height * 0.5, fc=PALE, ec=HATCH_INK, hatch=HATCH, lw=0
                )
            )
    if row.value * scale > right - left + 1e-9:
        _break_bar(axes, left + length * 0.9, top, height)
    middle = top + height / 2
    for value in panel.ticks.get(row.label, ()):
        at = left + value * scale
        axes.plot([at, at], [top - 0.035, top + height + 0.035], color="white", lw=2.6, zorder=4)
        axes.plot([at, at], [top - 0.035, top + height + 0.035], color=CONTRAST, lw=1.3, zorder=5)
    if row.lower is not None and row.upper is not None:
        ends = [left + x * scale for x in (row.lower, row.upper)]
        axes.plot(ends, [middle, middle], color="white", lw=2.6, zorder=4, solid_capstyle="butt")
        axes.plot(ends, [middle, middle], color=INK, lw=1.0, zorder=5)
        for at in ends:
            axes.plot([at, at], [middle - 0.045, middle + 0.045], color=INK, lw=1.0, zorder=5)


def _break_bar(axes: Axes, x: float, top: float, height: float) -> None:
    """Mark a bar that is longer than drawn with a white gash."""
    slope, gap, over = height * 0.45, 0.07, 0.035
    corners = [
        (x, top + height + over),
        (x + slope, top - over),
        (x + slope + gap, top - over),
        (x + gap, top + height + over),
    ]
    axes.add_patch(Polygon(corners, closed=True, fc="white", lw=0, zorder=6))
    for start, end in ((corners[0], corners[1]), (corners[3], corners[2])):
        axes.plot([start[0], end[0]], [start[1], end[1]], color=SOFT, lw=1.0, zorder=7)
