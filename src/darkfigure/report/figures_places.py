"""Figure 6: in which provinces were victims found and traffickers arrested, on a map of equal tiles?"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from darkfigure.disclosure.released import SUPPRESSED, Release
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.numbers import grouped
from darkfigure.report.readings import labels, need, number
from darkfigure.report.style import ACCENT, ACCENT_PALE, HATCH_INK, HATCH_WITHHELD, INK, PALE, SOFT, Layout

_TABLE = "places-victims-by-province"
_COLUMNS = ("province", "name", "tile_col", "tile_row", "victims", "arrests", "class_code")
_NEITHER, _VICTIMS, _BOTH, _ARRESTS, _WITHHELD = range(5)
_WORDS = ("nothing placed here", "victims", "victims and arrests", "arrests", "withheld")


@dataclass(frozen=True, slots=True)
class Tile:
    """One province on the map."""

    code: str
    name: str
    column: float
    row: float
    kind: int
    victims: float | None


def _tiles(release: Release) -> list[Tile]:
    table = table_of(release, _TABLE, "places")
    need(table, _COLUMNS, "places")
    names, codes = labels(table, "name"), labels(table, "province")
    tiles = []
    for i, code in enumerate(codes):
        cells = [table.column(c)[i] for c in ("class_code", "victims", "arrests")]
        kind = _WITHHELD if SUPPRESSED in cells else int(number(cells[0]) or 0)
        column, row = (number(table.column(c)[i]) or 0.0 for c in ("tile_col", "tile_row"))
        tiles.append(Tile(_short_code(code, names[i]), names[i], column, row, kind, number(cells[1])))
    return tiles


def _short_code(code: str, name: str) -> str:
    """Shorten a subdivision's code to its letters; a numeric one to the initials of its name.

    Examples
    --------
    >>> _short_code("PH-CEB", "Cebu"), _short_code("PH-00", "Metro Manila")
    ('CEB', 'MM')
    """
    end = code.partition("-")[2] or code
    return "".join(word[0] for word in name.split()) if end.isdigit() else end


def _words(release: Release) -> FigureWords:
    tiles = _tiles(release)
    table = table_of(release, _TABLE, "places")
    counts = [sum(t.kind == kind for t in tiles) for kind in range(5)]
    with_victims, with_arrests = counts[_VICTIMS] + counts[_BOTH], counts[_ARRESTS] + counts[_BOTH]
    title = "Provinces with victims and provinces with arrests"
    if not counts[_WITHHELD]:
        title = f"Victims were found in {with_victims} provinces, traffickers arrested in {with_arrests}"
    top = sorted((t for t in tiles if t.victims), key=lambda t: (-(t.victims or 0), t.name))[:5]
    most = ", ".join(f"{t.name} {grouped(t.victims or 0)}" for t in top)
    kinds = ", ".join(f"{n} {word}" for n, word in zip(counts, _WORDS, strict=True) if n)
    return FigureWords(
        title=title,
        subtitle="Each tile is a province, roughly where it lies; the number is victims",
        alt=f"Tile map of provinces: {kinds}. Most victims: {most or 'not published'}.",
        note=table.note,
    )


def _draw(release: Release, layout: Layout) -> Figure:
    tiles = _tiles(release)
    left, top = min(t.column for t in tiles), min(t.row for t in tiles)
    columns, rows = max(t.column for t in tiles) - left + 1, max(t.row for t in tiles) - top + 1
    beside = 0.0 if layout.narrow else 2.3
    size = min((layout.width - beside) / columns, 0.37 if layout.narrow else 0.335)
    used = len({t.kind for t in tiles})
    legend = 0.25 * used + 0.12 if layout.narrow else 0.0
    height = rows * size + legend + 0.05
    figure = Figure(figsize=(layout.width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, layout.width), ylim=(height, 0))
    axes.axis("off")
    shift = (layout.width - beside - columns * size) / 2
    for tile in tiles:
        _tile(axes, tile, (shift + (tile.column - left) * size, legend + (tile.row - top) * size), size)
    _legend(axes, tiles, (0.02, 0.1) if layout.narrow else (layout.width - beside + 0.1, 0.1))
    if not layout.narrow:
        _list_most(axes, tiles, (layout.width - beside + 0.1, 1.75), layout.width)
    return figure


_FACES = {_NEITHER: PALE, _VICTIMS: ACCENT_PALE, _BOTH: ACCENT, _ARRESTS: "white", _WITHHELD: "white"}


def _face(axes: Axes, kind: int, place: tuple[float, float], size: float) -> None:
    edge = ACCENT if kind == _ARRESTS else HATCH_INK if kind == _WITHHELD else "white"
    axes.add_patch(
        Rectangle(place, size, size, fc=_FACES[kind], ec=edge, lw=1.2 if kind == _ARRESTS else 0.0,
                  hatch=HATCH_WITHHELD if kind == _WITHHELD else None)
    )  # fmt: skip


def _tile(axes: Axes, tile: Tile, place: tuple[float, float], size: float) -> None:
    gap = size * 0.05
    _face(axes, tile.kind, (place[0] + gap, place[1] + gap), size - 2 * gap)
    if tile.kind == _WITHHELD:
        return
    ink = "white" if tile.kind == _BOTH else INK if tile.kind else SOFT
    shown = tile.kind in (_VICTIMS, _BOTH) and tile.victims is not None
    x, y = place[0] + size / 2, place[1] + size * (0.34 if shown else 0.52)
    axes.text(x, y, tile.code, ha="center", va="center", fontsize=max(size * 15.5, 5.4), color=ink)
    if shown:
        axes.text(x, place[1] + size * 0.68, grouped(tile.victims or 0), ha="center", va="center", color=ink,
                  fontsize=size * 20, fontweight="bold")  # fmt: skip


def _legend(axes: Axes, tiles: list[Tile], place: tuple[float, float]) -> None:
    x, y = place
    kinds = [(kind, sum(t.kind == kind for t in tiles)) for kind in (_BOTH, _VICTIMS, _ARRESTS, _NEITHER, _WITHHELD)]
    for line, (kind, count) in enumerate(entry for entry in kinds if entry[1]):
        top = y + line * 0.25
        _face(axes, kind, (x, top), 0.16)
        axes.text(x + 0.26, top + 0.085, f"{_WORDS[kind].capitalize()}: {count}", va="center", fontsize=8.2)


def _list_most(axes: Axes, tiles: list[Tile], place: tuple[float, float], right: float) -> None:
    most = sorted((t for t in tiles if t.victims), key=lambda t: (-(t.victims or 0), t.name))[:10]
    if not most:
        return
    x, y = place
    axes.text(x, y, "Most victims", fontsize=8.5, fontweight="bold", va="center")
    for line, tile in enumerate(most, start=1):
        axes.text(x, y + line * 0.21, tile.name, fontsize=8, va="center")
        axes.text(right - 0.02, y + line * 0.21, grouped(tile.victims or 0), fontsize=8, va="center", ha="right",
                  fontweight="bold")  # fmt: skip


FIGURES = (
    FigureSpec(
        id="places", label="Figure 6", requires=(_TABLE,), optional=("places-by-class",), words=_words, draw=_draw
    ),
)
"""The tile map of provinces."""
