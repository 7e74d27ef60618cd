"""How are series over calendar time drawn, with their labels beside them?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes

from darkfigure.report.numbers import grouped
from darkfigure.report.style import INK


def with_gaps(values: Sequence[float | None]) -> list[float]:
    """Leave a gap in a line where a value is withheld or missing."""
    return [math.nan if v is None else v for v in values]


def year_point(iso: str) -> float:
    """Place a calendar day on an axis of years.

    Examples
    --------
    >>> year_point("2014-01-01"), round(year_point("2014-12-31"), 3)
    (2014.0, 2014.997)
    """
    day = date.fromisoformat(iso)
    length = (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
    return day.year + (day - date(day.year, 1, 1)).days / length


def year_axis(axes: Axes, first: float, last: float) -> None:
    """Write each year in the middle of its stretch, with a tick where it begins."""
    years = range(int(first), int(last - 1e-9) + 1)
    axes.set_xlim(first, last)
    axes.set_xticks([y for y in years if first <= y <= last], [])
    middles = [(max(first, y) + min(last, y + 1)) / 2 for y in years]
    axes.set_xticks(middles, [str(y) for y in years], minor=True)
    axes.tick_params(axis="x", which="minor", length=0)


def count_axis(axes: Axes, highest: float, steps: int = 4) -> None:
    """Give an axis from zero round ticks with thousands separators and light lines."""
    step = _round_step(highest / steps)
    top = step * (int(highest / step) + 1)
    ticks = [step * k for k in range(int(top / step) + 1)]
    axes.set_ylim(0, max(top, highest * 1.02))
    axes.set_yticks(ticks, [grouped(t) for t in ticks])
    axes.grid(visible=True, axis="y")


def _round_step(wanted: float) -> float:
    power = 1.0
    while power * 10 <= wanted:
        power *= 10
    return next((m * power for m in (1, 2, 5, 10) if m * power >= 0.8 * wanted), 10 * power)


def apart(places: Sequence[float], least: float) -> list[float]:
    """Move label heights apart so that no two are closer than ``least``, keeping their order and each heap's middle.

    Examples
    --------
    >>> apart([0.5, 0.5, 0.9], 0.1)
    [0.45, 0.55, 0.9]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    heaps: list[list[int]] = []
    for place in order:
        heaps.append([place])
        while len(heaps) > 1 and _edges(heaps[-1], places, least)[0] - _edges(heaps[-2], places, least)[1] < least:
            last = heaps.pop()
            heaps[-1].extend(last)
    moved = list(places)
    for heap in heaps:
        bottom = _edges(heap, places, least)[0]
        for line, place in enumerate(heap):
            moved[place] = round(bottom + line * least, 9)
    return moved


def by_rank(places: Sequence[float], close: float) -> list[float]:
    """Treat heights closer than ``close`` as one, the first named a hair above the next.

    Examples
    --------
    >>> by_rank([5.0, 5.5, 9.0], 1.0)
    [5.25, 5.249, 9.0]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    found = list(places)
    heap: list[int] = []
    for i in [*order, -1]:
        if heap and (i < 0 or places[i] - places[heap[-1]] >= close):
            middle = sum(places[k] for k in heap) / len(heap)
            for rank, k in enumerate(sorted(heap)):
                found[k] = middle - 1e-3 * close * rank
            heap = []
        heap.append(i)
    return found


def _edges(heap: Sequence[int], places: Sequence[float], least: float) -> tuple[float, float]:
    """Lowest and highest label of a heap spread about its mean."""
    middle = sum(places[i] for i in heap) / len(heap)
    half = least * (len(heap) - 1) / 2
    return middle - half, middle + half


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]], x: float, gap_inches: float = 0.15) -> None:
    """Write the names of lines beside their ends, moved apart where they would touch.

    Parameters
    ----------
    axes : Axes
    labels : sequence of (height in data units, text, colour)
        The most important first: among lines that end too close to be told apart it stands highest.
    x : float
        Where the lines end, data units.
    gap_inches : float
        Least distance between two lines of text.
    """
    figure = axes.get_figure(root=True)
    if figure is None or not labels:
        return
    bottom, top = axes.get_ylim()
    inches = axes.get_position().height * figure.get_size_inches()[1]
    lines = [text.count("\n") + 1 for _, text, _ in labels]
    least = gap_inches * max(lines) / inches * (top - bottom)
    for (_, text, colour), y in zip(labels, apart(by_rank([y for y, _, _ in labels], least / 2), least), strict=True):
        axes.annotate(
            text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.8, color=colour or INK,
            annotation_clip=False, linespacing=1.1,
        )  # fmt: skip
