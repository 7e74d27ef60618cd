"""How is a count for every pair drawn: a triangle of discs, the number in each."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from darkfigure.disclosure.released import SUPPRESSED, ReleasedCell
from darkfigure.report.numbers import grouped
from darkfigure.report.readings import number
from darkfigure.report.style import ACCENT_PALE, INK, PALE, SOFT, Layout

_STEP = 0.62
_LEAST_LEVEL = 0.55
_FOOT_SLANTED = 0.72
_FOOT = 0.36


def pair_figure(names: Sequence[str], cells: Mapping[tuple[str, str], ReleasedCell], layout: Layout) -> Figure:
    """Draw a count for every pair of names, with the pairs of a name with itself where there are any.

    Parameters
    ----------
    names : sequence of str
        From top to bottom and from left to right.
    cells : mapping of (name, name) to cell
        In either order of the two names.
    layout : Layout

    Returns
    -------
    Figure
    """
    diagonal = any(a == b for a, b in cells)
    rows = names if diagonal else names[1:]
    left = 1.05 if layout.narrow else 2.1
    step = min(_STEP, (layout.width - left - 0.05) / len(rows))
    slanted = step < _LEAST_LEVEL
    foot = _FOOT_SLANTED if slanted else _FOOT
    height = step * len(rows) + foot
    figure = Figure(figsize=(layout.width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, layout.width), ylim=(height, 0))
    axes.axis("off")
    highest = max([v for v in map(number, cells.values()) if v is not None], default=1.0) or 1.0
    for row, name in enumerate(rows):
        y = (row + 0.5) * step
        axes.text(left - 0.1, y, _wrapped(name, 14), ha="right", va="center", fontsize=8)
        for column, other in enumerate(names[: row + 1]):
            x = left + (column + 0.5) * step
            _disc(axes, (x, y), cells.get((other, name), cells.get((name, other))), step * 0.46, highest)
            if row == len(rows) - 1:
                _below(axes, other, (x, height - foot), foot, slanted=slanted)
    return figure


def _below(axes: Axes, name: str, at: tuple[float, float], foot: float, *, slanted: bool) -> None:
    """Name a column, on a slant where columns are narrower than names."""
    if slanted:
        axes.text(
            at[0] + 0.08, at[1] + 0.07, name, ha="right", va="top", fontsize=7, rotation=35, rotation_mode="anchor"
        )
    else:
        axes.text(at[0], at[1] + foot / 2, _wrapped(name, 12), ha="center", va="center", fontsize=7)


def _wrapped(name: str, width: int) -> str:
    return "\n".join(textwrap.wrap(name, width, break_long_words=False)[:2])


def _disc(axes: Axes, at: tuple[float, float], cell: ReleasedCell | None, radius: float, highest: float) -> None:
    value = None if cell is None else number(cell)
    axes.add_patch(Circle(at, radius, fc="white", ec=PALE, lw=0.8))
    if value is None:
        axes.text(*at, "withheld" if cell is SUPPRESSED else "–", ha="center", va="center", fontsize=6.2, color=SOFT)
        return
    axes.add_patch(Circle(at, radius * math.sqrt(max(value, 0.0) / highest), fc=ACCENT_PALE, lw=0))
    axes.text(
        *at, grouped(value), ha="center", va="center", fontsize=8 if radius > 0.27 else 7, fontweight="bold", color=INK
    )
