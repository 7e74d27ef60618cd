"""Which figures can the report draw?"""

from __future__ import annotations

from darkfigure.disclosure.released import Release
from darkfigure.report import (
    figures_cases,
    figures_causes,
    figures_closure,
    figures_hotspots,
    figures_lists,
    figures_map,
    figures_nature,
    figures_network,
    figures_overturned,
    figures_places,
    figures_practice,
    figures_prevalence,
    figures_scheme,
    figures_spread,
    figures_weekly,
)
from darkfigure.report.document import FigureView, table_view
from darkfigure.report.figure_spec import FigureSpec
from darkfigure.report.picture import Picture, png_bytes, svg_bytes
from darkfigure.report.style import NARROW, WIDE, Layout, report_style

FIGURES: tuple[FigureSpec, ...] = (
    *figures_scheme.FIGURES,
    *figures_lists.FIGURES,
    *figures_weekly.FIGURES,
    *figures_prevalence.FIGURES,
    *figures_spread.FIGURES,
    *figures_map.FIGURES,
    *figures_cases.FIGURES,
    *figures_nature.FIGURES,
    *figures_places.FIGURES,
    *figures_network.FIGURES,
    *figures_hotspots.FIGURES,
    *figures_practice.FIGURES,
    *figures_closure.FIGURES,
    *figures_overturned.FIGURES,
    *figures_causes.FIGURES,
)
"""Every figure, in the order of the report."""


def figure_views(release: Release) -> dict[str, FigureView]:
    """Draw every figure whose tables were released.

    Parameters
    ----------
    release : Release

    Returns
    -------
    dict of str to FigureView
        By figure id, in the order of the report.
    """
    with report_style():
        return {spec.id: _view(spec, release) for spec in FIGURES if spec.applies(release)}


def _view(spec: FigureSpec, release: Release) -> FigureView:
    words = spec.words(release)
    tables = spec.tables(release)
    sources = dict.fromkeys(part for t in tables for part in t.source.split("; ") if part)
    return FigureView(
        id=spec.id,
        label=spec.label,
        words=words,
        source="; ".join(sources),
        wide=_picture(spec, release, WIDE, words.title, words.alt),
        narrow=_picture(spec, release, NARROW, words.title, words.alt),
        tables=tuple(table_view(t) for t in tables),
    )


def _picture(spec: FigureSpec, release: Release, layout: Layout, title: str, alt: str) -> Picture:
    figure = spec.draw(release, layout)
    if release.face.synthetic:
        title = f"Synthetic data: {title}"
    width, height = figure.get_size_inches()
    return Picture(
        svg=svg_bytes(figure, title=title, description=alt),
        png=b"" if layout.narrow else png_bytes(figure, title=title, description=alt),
        width=float(width),
        height=float(height),
    )
