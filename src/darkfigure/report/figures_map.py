"""Figure 4: which countries do reports link to addresses of the study country, on a map of the world?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from darkfigure.disclosure.released import SUPPRESSED, Release
from darkfigure.errors import StudyError
from darkfigure.reference.countries import countries
from darkfigure.reference.country_centroids import country_centroids
from darkfigure.reference.world_map import world_outline
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.map_projection import Points, centred, great_circle, line_pieces, outline_pieces, project
from darkfigure.report.numbers import and_list, grouped, the_country
from darkfigure.report.readings import labels, need, numbers
from darkfigure.report.style import ACCENT, CONTRAST, CONTRAST_TEXT, INK, SOFT, Layout

_TABLE = "coreported-countries"
_COLUMNS = ("country", "name", "lon", "lat", "reports")
_CLASSES = ((1_000, 2.2, "1,000 reports or more"), (100, 1.3, "100 to 999"), (10, 0.7, "10 to 99"), (1, 0.4, "1 to 9"))
_LAND, _BORDER = "#dfe5e8", "#ffffff"
_FARTHEST_SOUTH, _SOUTH, _NORTH = -85.0, -56.0, 84.0


@dataclass(frozen=True, slots=True)
class Link:
    """One country linked to the study country."""

    name: str
    place: tuple[float, float]
    reports: float

    @property
    def width_class(self) -> int:
        """Index of the line's class, 0 the widest."""
        return next((i for i, (least, _, _) in enumerate(_CLASSES) if self.reports >= least), len(_CLASSES) - 1)


def _links(release: Release) -> list[Link]:
    table = table_of(release, _TABLE, _TABLE)
    need(table, _COLUMNS, _TABLE)
    rows = zip(labels(table, "name"), *(numbers(table, c) for c in ("lon", "lat", "reports")), strict=True)
    found = [Link(n, (lon, lat), r) for n, lon, lat, r in rows if lon is not None and lat is not None and r]
    return sorted(found, key=lambda link: (-link.reports, link.name))


def _home(release: Release) -> tuple[str, tuple[float, float]]:
    wanted = release.face.country
    code = next((c for c, entry in countries().items() if wanted in (c, entry.english)), "")
    place = country_centroids().get(code)
    if place is None:
        raise StudyError(
            "E-STUDY-55",
            where="[study] country_name",
            problem="the map cannot place the country of the study",
            allowed="a country by its two-letter code or its short English name",
            remedy="Correct country or country_name in the [study] section of study.toml.",
        )
    return countries()[code].english, (place.lon, place.lat)


def _words(release: Release) -> FigureWords:
    links = _links(release)
    table = table_of(release, _TABLE, _TABLE)
    home, _ = _home(release)
    withheld = sum(c is SUPPRESSED for c in table.column("reports"))
    title = f"Countries whose addresses stand in one report with an address of {the_country(home)}"
    if links:
        most = and_list([the_country(link.name) for link in links[:3]])
        title = f"Reports link addresses of {the_country(home)} most often to {most}"
    told = ", ".join(f"{link.name} {grouped(link.reports)}" for link in links[:10])
    rows = zip(labels(table, "name"), numbers(table, "lon"), numbers(table, "reports"), strict=True)
    unplaced = [(n, r) for n, lon, r in rows if lon is None and r]
    extra = f" Not on the map: {', '.join(f'{n} {grouped(r)}' for n, r in unplaced)}." if unplaced else ""
    hidden = f" Withheld and not drawn: {withheld} countries." if withheld else ""
    return FigureWords(
        title=title,
        subtitle=f"Lines: shortest ways over the globe; wider for more reports; {table.base}",
        alt=f"World map with lines from {the_country(home)} to {len(links)} countries. Most reports: {told}.{extra}"
        f"{hidden}",
        note=f"{table.note}{extra}{hidden} Borders follow Natural Earth and imply no opinion on any territory.",
    )


def _draw(release: Release, layout: Layout) -> Figure:
    links, (_, start) = _links(release), _home(release)
    ways = [great_circle(start, link.place) for link in links]
    south = max(_FARTHEST_SOUTH, min([_SOUTH, *(float(way[:, 1].min()) - 2.0 for way in ways)]))
    bounds = project(_array([(-180.0, 0.0), (180.0, 0.0), (0.0, south), (0.0, _NORTH)]))
    x0, x1, y0, y1 = bounds[0, 0], bounds[1, 0], bounds[2, 1], bounds[3, 1]
    chart = layout.width * (y1 - y0) / (x1 - x0)
    foot = 0.62 if layout.narrow else 0.3
    figure = Figure(figsize=(layout.width, chart + foot))
    axes = figure.add_axes((0, foot / (chart + foot), 1, chart / (chart + foot)))
    axes.set(xlim=(x0, x1), ylim=(y0, y1))
    axes.axis("off")
    outline = world_outline()
    land = [piece for ring in outline.land for piece in outline_pieces(ring)]
    axes.add_collection(PolyCollection(land, facecolor=_LAND, edgecolor=_LAND, linewidth=0.3))
    borders = [piece for line in outline.borders for piece in line_pieces(line)]
    axes.add_collection(LineCollection(borders, colors=_BORDER, linewidths=0.3))
    for link, way in reversed(list(zip(links, ways, strict=True))):
        arcs = line_pieces(way)
        width = _CLASSES[link.width_class][1] * (0.75 if layout.narrow else 1.0)
        axes.add_collection(
            LineCollection(arcs, colors=ACCENT, linewidths=width, alpha=0.65, zorder=3, capstyle="round")
        )
        axes.plot(*_point(link.place), "o", ms=1.2 + width, color=ACCENT, mec="white", mew=0.3, zorder=4)
    axes.plot(*_point(start), "o", ms=6.5, color=CONTRAST, mec="white", mew=0.9, zorder=6)
    _name_countries(axes, release, links, layout)
    _legend(figure, links, foot / (chart + foot), layout)
    return figure


def _array(points: list[tuple[float, float]]) -> Points:
    return np.asarray(points, dtype=float)


def _point(place: tuple[float, float]) -> tuple[float, float]:
    x, y = project(centred(_array([place])))[0]
    return float(x), float(y)


def _name_countries(axes: Axes, release: Release, links: list[Link], layout: Layout) -> None:
    home, start = _home(release)
    size, shown = (6.2, 5) if layout.narrow else (7.4, 12)
    inch = (axes.get_xlim()[1] - axes.get_xlim()[0]) / layout.width
    taken: list[tuple[float, float, float, float]] = []
    named = [(home, start, CONTRAST_TEXT), *((link.name, link.place, INK) for link in links[:shown])]
    for name, place, colour in named:
        x, y = _point(place)
        width, height = len(name) * size * 0.0084 * inch, size * 0.016 * inch
        for side, dy in ((1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            left = x + 0.06 * inch if side > 0 else x - 0.06 * inch - width
            box = (left, y + dy * height - height / 2, left + width, y + dy * height + height / 2)
            inside = axes.get_xlim()[0] < box[0] and box[2] < axes.get_xlim()[1]
            if inside and not any(_touch(box, other) for other in taken):
                taken.append(box)
                axes.text(box[0], y + dy * height, name, fontsize=size, color=colour, va="center", zorder=7,
                          fontweight="bold" if colour == CONTRAST_TEXT else "normal",
                          bbox={"fc": "white", "ec": "none", "alpha": 0.72, "pad": 0.6})  # fmt: skip
                break


def _touch(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _legend(figure: Figure, links: list[Link], height: float, layout: Layout) -> None:
    axes = figure.add_axes((0, 0, 1, height))
    axes.set(xlim=(0, layout.width), ylim=(0, 1))
    axes.axis("off")
    used = sorted({link.width_class for link in links})
    columns = 2 if layout.narrow else 4
    for place, index in enumerate(used):
        x = 0.05 + (place % columns) * (layout.width / columns)
        y = 0.75 - 0.5 * (place // columns) if layout.narrow else 0.4
        axes.plot([x, x + 0.3], [y, y], color=ACCENT, lw=_CLASSES[index][1], alpha=0.75)
        axes.text(x + 0.38, y, _CLASSES[index][2], va="center", fontsize=7.8, color=SOFT)


FIGURES = (FigureSpec(id=_TABLE, label="Figure 4", requires=(_TABLE,), words=_words, draw=_draw),)
"""The map of linked countries."""
