"""Crime or reporting as a drawing: one line for each possible cause, as long as the data leave it open."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from darkfigure.estimate.compare.axis import Axis
from darkfigure.estimate.trend.decomposition import TITLES, Decomposition, Part

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 800, 32, 200, 650, 128
_NAMES = {
    "sources": "Sources",
    "reporting": "Reports per source",
    "services": "Services that report",
    "churn": "Turnover of addresses",
}
_STYLE = """
.df-parts{--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff;--bar:#0b5fa5;--open:#8a4b08;
font:13px system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.df-parts{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f;
--bar:#6cb6f5;--open:#f0a95b}}
@media print{.df-parts{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff;--bar:#0b5fa5;--open:#8a4b08}}
.df-parts text{fill:var(--ink)}.df-parts .soft{fill:var(--soft)}.df-parts .back{fill:var(--paper)}
.df-parts .num{font-weight:600;font-variant-numeric:tabular-nums}.df-parts .grid{stroke:var(--line)}
.df-parts .one{stroke:var(--soft);stroke-dasharray:4 3}.df-parts .told{stroke:var(--bar);stroke-width:7}
.df-parts .open{stroke:var(--open);stroke-width:3;stroke-dasharray:6 3}
.df-parts .dot{fill:var(--bar)}.df-parts .all{fill:var(--ink)}
.df-parts .end{fill:none;stroke:var(--open);stroke-width:2.5}
.df-parts g[tabindex]:focus{outline:2px solid var(--ink);outline-offset:1px}
"""


def decomposition_svg(found: Decomposition) -> str:
    """How large may each cause of the change be, as a drawing: solid where its direction is told, dashed where not?

    The change of all reports stands above; sources, reports per source and services multiply to it. Lines end in an
    arrow where nothing bounds them. The axis is logarithmic: half and twice are equally far from 1. Every line can be
    reached by keyboard and says in words what it shows.

    Parameters
    ----------
    found : Decomposition

    Returns
    -------
    str
        One ``<svg>`` element; light, dark and printed colours are inside it.

    Examples
    --------
    >>> import numpy as np
    >>> from darkfigure.estimate.trend import ServiceCounts, decompose
    >>> table = ServiceCounts(("A", "B"), ("1", "2"), np.array([[500, 1000], [500, 1000]]))
    >>> decomposition_svg(decompose(table, first="1", last="2")).count('<g tabindex="0"')
    4
    """
    sentences = found.sentences()
    axis = _axis(found)
    bottom = _TOP + _ROW * (len(found.parts) + 1) + 4
    height = bottom + 52 + (22 if found.cannot_tell else 0)
    body = [*_key(), *_grid(axis, bottom), _all_reports(found, axis)]
    body += [_line(p, axis, _TOP + _ROW * (k + 1.6)) for k, p in enumerate(found.parts)]
    body += _ways(axis, bottom)
    if found.cannot_tell:
        names = " and ".join(TITLES[n] for n in found.cannot_tell)
        body.append(_text(8, bottom + 62, f"Cannot be told apart: {names}.", "num"))
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="df-parts" viewBox="0 0 {_WIDTH} {height:.0f}" '
            f'role="group" aria-labelledby="df-parts-title df-parts-desc"><title id="df-parts-title">Crime or '
            f'reporting? {escape(sentences[0])}</title><desc id="df-parts-desc">{escape(" ".join(sentences))}</desc>'
            f'<style>{_STYLE}</style><rect class="back" width="100%" height="100%"/>',
            f'<text x="8" y="24" font-size="17" font-weight="600">{escape(sentences[0])}</text>',
            _text(8, 46, _asked(found), "soft"),
            *body,
            "</svg>",
        ]
    )


def _asked(found: Decomposition) -> str:
    p = found.panel
    return f"By what factor each may have changed, {p.first} to {p.last}; all bounds together hold at {found.level:.0%}"


def _key() -> Iterator[str]:
    """What the kinds of line mean."""
    y = 74
    yield f'<line class="told" x1="8" x2="44" y1="{y}" y2="{y}"/>'
    yield _text(52, y + 4, "more, or less, for certain", "soft")
    yield f'<line class="open" x1="232" x2="268" y1="{y}" y2="{y}"/>'
    yield _text(276, y + 4, "may be more or less", "soft")
    yield f'<path class="end" d="M440 {y - 6}l7 6l-7 6"/>'
    yield _text(456, y + 4, "nothing bounds it", "soft")
    yield f'<circle class="dot" cx="606" cy="{y}" r="5"/>'
    yield _text(618, y + 4, "known", "soft")


def _ways(axis: Axis, bottom: float) -> Iterator[str]:
    yield _text(axis.at(1) - 14, bottom + 38, "← less", "soft", anchor="end")
    yield _text(axis.at(1), bottom + 38, "·", "soft", anchor="middle")
    yield _text(axis.at(1) + 14, bottom + 38, "more →", "soft")


def _all_reports(found: Decomposition, axis: Axis) -> str:
    """The change to be explained."""
    factor, y = found.panel.total_factor, _TOP + _ROW * 0.6
    words = escape(f"All reports: {factor:.2f} times as many.", quote=True)
    return (
        f'<g tabindex="0" role="img" aria-label="{words}"><title>{words}</title>'
        f'<circle class="all" cx="{axis.at(factor):.1f}" cy="{y:.1f}" r="5"/>'
        f"{_text(8, y + 4, 'All reports', 'num')}{_text(_RIGHT + 14, y + 4, f'{factor:.2f}', 'num')}</g>"
    )


def _axis(found: Decomposition) -> Axis:
    ends = [abs(math.log(x)) for p in found.parts for x in (p.lower, p.upper) if 0 < x < math.inf]
    far = min(max([*ends, math.log(2.5), abs(math.log(found.panel.total_factor))]) * 1.15, math.log(50.0))
    return Axis(math.exp(-far), math.exp(far), _LEFT, _RIGHT, True)


def _grid(axis: Axis, bottom: float) -> Iterator[str]:
    for tick in axis.ticks():
        x = axis.at(tick)
        kind = "one" if tick == 1 else "grid"
        yield f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 14}" y2="{bottom:.1f}"/>'
        yield _text(x, bottom + 18, f"× {tick:g}", "soft", anchor="middle")


def _line(part: Part, axis: Axis, y: float) -> str:
    low, high = axis.at(max(part.lower, axis.low)), axis.at(min(part.upper, axis.high))
    kind = "open" if part.direction == "unknown" and part.lower < part.upper else "told"
    words = escape(part.words(), quote=True)
    marks = [f'<line class="{kind}" x1="{low:.1f}" x2="{max(high, low + 3):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>']
    if part.lower == part.upper:
        marks = [f'<circle class="dot" cx="{low:.1f}" cy="{y:.1f}" r="5"/>']
    if part.lower < axis.low:
        marks.append(f'<path class="end" d="M{low + 7:.1f} {y - 6:.1f}l-7 6l7 6"/>')
    if part.upper > axis.high:
        marks.append(f'<path class="end" d="M{high - 7:.1f} {y - 6:.1f}l7 6l-7 6"/>')
    return (
        f'<g tabindex="0" role="img" aria-label="{words}"><title>{words}</title>{"".join(marks)}'
        f"{_text(8, y + 4, _NAMES[part.name], '')}{_text(_RIGHT + 14, y + 4, _ends(part), 'num')}</g>"
    )


def _ends(part: Part) -> str:
    if part.lower <= 0 and math.isinf(part.upper):
        return "not bounded"
    if part.lower == part.upper:
        return f"{part.lower:.2f}"
    return f"{part.lower:.2f} to {'any' if math.isinf(part.upper) else f'{part.upper:.2f}'}"


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
