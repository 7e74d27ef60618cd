"""Figure 1: which question is answered from which source by which method?"""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from darkfigure.disclosure.released import Release
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.readings import labels, need
from darkfigure.report.style import ACCENT, ACCENT_PALE, INK, LINE, PALE, SOFT, Layout

_TABLE = "study-questions"
_COLUMNS = ("question", "source", "method")
_LINE_HEIGHT = 0.165
_HEADS = ("Question", "Source", "Method")
_FILLS = (ACCENT, PALE, ACCENT_PALE)
_INKS = ("white", INK, INK)


def _rows(release: Release) -> list[tuple[str, str, str]]:
    table = table_of(release, _TABLE, "scheme")
    need(table, _COLUMNS, "scheme")
    question, source, method = (labels(table, c) for c in _COLUMNS)
    return list(zip(question, source, method, strict=True))


def _words(release: Release) -> FigureWords:
    rows = _rows(release)
    steps = "; ".join(f"{q} Source: {s}. Method: {m}" for q, s, m in rows)
    count = {1: "One question", 2: "Two questions", 3: "Three questions", 4: "Four questions"}.get(
        len(rows), "Questions"
    )
    return FigureWords(
        title=f"{count}, each answered from its own source by its own method",
        subtitle="From question to source to method",
        alt=f"Scheme with {len(rows)} rows. {steps}",
    )


def _draw(release: Release, layout: Layout) -> Figure:
    rows = _rows(release)
    return _stacked(rows, layout) if layout.narrow else _columns(rows, layout)


def _columns(rows: list[tuple[str, str, str]], layout: Layout) -> Figure:
    gap, box = 0.42, (layout.width - 2 * 0.42 - 0.04) / 3
    wrapped = [[textwrap.wrap(text, 27) for text in row] for row in rows]
    heights = [max(len(cell) for cell in row) * _LINE_HEIGHT + 0.26 for row in wrapped]
    total = 0.32 + sum(heights) + 0.2 * len(rows)
    figure, axes = _canvas(layout.width, total)
    for column, head in enumerate(_HEADS):
        axes.text(
            0.02 + column * (box + gap), 0.14, head.upper(), fontsize=7.5, color=SOFT, fontweight="bold", va="center"
        )
    top = 0.32
    for row, height in zip(wrapped, heights, strict=True):
        for column, lines in enumerate(row):
            left = 0.02 + column * (box + gap)
            _box(axes, (left, top, box, height), lines, column)
            if column:
                _arrow(axes, (left - gap + 0.05, top + height / 2), (left - 0.05, top + height / 2))
        top += height + 0.2
    return figure


def _stacked(rows: list[tuple[str, str, str]], layout: Layout) -> Figure:
    wrapped = [[textwrap.wrap(text, 44) for text in row] for row in rows]
    box = layout.width - 0.04
    heights = [[len(cell) * _LINE_HEIGHT + 0.36 for cell in row] for row in wrapped]
    total = sum(sum(row) + 2 * 0.2 + 0.28 for row in heights)
    figure, axes = _canvas(layout.width, total)
    top = 0.02
    for row, sizes in zip(wrapped, heights, strict=True):
        for column, (lines, height) in enumerate(zip(row, sizes, strict=True)):
            _box(axes, (0.02, top, box, height), lines, column, head=_HEADS[column].upper())
            if column:
                _arrow(axes, (layout.width / 2, top - 0.19), (layout.width / 2, top - 0.02))
            top += height + 0.2
        top += 0.06
    return figure


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure, axes


def _box(
    axes: Axes, place: tuple[float, float, float, float], lines: list[str], column: int, *, head: str = ""
) -> None:
    left, top, width, height = place
    axes.add_patch(
        FancyBboxPatch((left, top), width, height, boxstyle="round,pad=0,rounding_size=0.05", fc=_FILLS[column], lw=0)
    )
    if head:
        axes.text(left + 0.12, top + 0.13, head, fontsize=6.8, color=_INKS[column], fontweight="bold", va="center")
    middle = top + height / 2 + (0.08 if head else 0)
    weight = "bold" if column == 0 else "normal"
    axes.text(
        left + 0.12, middle, "\n".join(lines), fontsize=8, color=_INKS[column], va="center", linespacing=1.35,
        fontweight=weight,
    )  # fmt: skip


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=LINE, lw=1.4, shrinkA=0, shrinkB=0)
    )


FIGURES = (FigureSpec(id="study-questions", label="Figure 1", requires=(_TABLE,), words=_words, draw=_draw),)
"""The scheme of the study."""
