"""The spread of estimators on one table as a drawing: SVG text that stands alone or inside a page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from html import escape

from darkfigure.estimate.compare.axis import Axis, axis_for
from darkfigure.estimate.compare.side_by_side import Multiverse
from darkfigure.estimate.compare.spread import Placed, sizes_of
from darkfigure.estimate.compare.wording import ends, short, units
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate

_WIDTH, _ROW, _RIGHT, _TOP = 800, 24, 700, 92
_LETTER = 7.2
"""Pixels that a letter of a name takes at most, on average."""
_STYLE = """
.df-spread{--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff;--dot:#0b5fa5;--bound:#8a4b08;
font:13px system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.df-spread{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f;
--dot:#6cb6f5;--bound:#f0a95b}}
@media print{.df-spread{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff;--dot:#0b5fa5;--bound:#8a4b08}}
.df-spread text{fill:var(--ink)}.df-spread .soft{fill:var(--soft)}.df-spread .head{font-weight:600;paint-order:stroke;
stroke:var(--paper);stroke-width:4px}
.df-spread .num{font-weight:600;font-variant-numeric:tabular-nums}.df-spread .back{fill:var(--paper)}
.df-spread .grid{stroke:var(--line)}.df-spread .seen{stroke:var(--soft);stroke-dasharray:4 3}
.df-spread .whisker{stroke:var(--dot);stroke-width:2.5}.df-spread .dot{fill:var(--dot)}
.df-spread .bound .whisker{stroke:var(--bound);stroke-dasharray:3 2}
.df-spread .bound .dot{fill:var(--paper);stroke:var(--bound);stroke-width:2}
.df-spread g[tabindex]:focus{outline:2px solid var(--ink);outline-offset:1px}
"""


def spread_svg(found: Multiverse) -> str:
    """How far do the methods disagree, as a drawing: a line a method, sorted by number, refusals at the end?

    Estimates are filled dots, lower bounds hollow triangles in a group of their own. The axis is logarithmic when the
    range is over a factor of eight. Every line can be reached by keyboard and says in words what it shows.

    Parameters
    ----------
    found : Multiverse
        The answers.

    Returns
    -------
    str
        One ``<svg>`` element; light, dark and printed colours are inside it.

    Examples
    --------
    >>> from darkfigure.estimate import CaptureTable
    >>> from darkfigure.estimate.compare import multiverse
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> svg = spread_svg(multiverse(table, ("M0", "chao", "Mb")))
    >>> svg.count('<g tabindex="0"')
    3
    """
    results = sizes_of(found.answers)
    intervals = [r.interval for r in results if r.interval is not None]
    axis = axis_for(
        [float(found.n_observed), *(r.n_total for r in results)],
        [x for i in intervals for x in (i.lower, i.upper)],
        left=_left(found),
        right=_RIGHT,
    )
    body: list[str] = []
    y = float(_TOP)
    for title, answers, kind in (
        ("Estimates", _sorted(found.estimates), "estimate"),
        ("Lower bounds: the number may be larger", _sorted(found.bounds), "bound"),
    ):
        if answers:
            body.append(_text(8, y, title, "head"))
            body += [_row(a, axis, y + _ROW * (k + 1), kind) for k, a in enumerate(answers)]
            y += _ROW * (len(answers) + 1.4)
    bottom = y - 0.4 * _ROW
    refused = list(_refused(found.refusals, axis.left, bottom + 2.2 * _ROW))
    body += refused
    rows = sum(text.count("<text") for text in refused) - len(refused[1:])
    height = bottom + _ROW * (2.4 + (rows if refused else 0))
    frame = [*_frame(found, axis, bottom)] if results else [*_title(found)]
    return "".join([_open(found, height), *frame, *body, "</svg>"])


def _left(found: Multiverse) -> float:
    """Where the axis begins: right of the longest name."""
    longest = max((len(a.method) for a in (*found.estimates, *found.bounds)), default=0)
    return min(max(190.0, 24 + _LETTER * longest), 320.0)


def _sorted(answers: tuple[Placed, ...]) -> list[Placed]:
    by_size = {r.method: r.n_total for r in sizes_of(answers)}
    return sorted(answers, key=lambda a: by_size.get(a.method, 0.0))


def _open(found: Multiverse, height: float) -> str:
    told = escape(" ".join(found.sentences()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="df-spread" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'role="group" aria-labelledby="df-spread-title df-spread-desc">'
        f'<title id="df-spread-title">{escape(_headline(found))}</title><desc id="df-spread-desc">{told}</desc>'
        f'<style>{_STYLE}</style><rect class="back" width="100%" height="100%"/>'
    )


def _headline(found: Multiverse) -> str:
    spread = found.spread
    if spread is None:
        return "No method gives an estimate"
    if spread.smallest == spread.largest:
        return f"The number of {found.unit}: {units(spread.smallest)}"
    return f"Methods put the number of {found.unit} between {units(spread.smallest)} and {units(spread.largest)}"


def _title(found: Multiverse) -> Iterator[str]:
    yield f'<text x="8" y="24" font-size="17" font-weight="600">{escape(_headline(found))}</text>'


def _frame(found: Multiverse, axis: Axis, bottom: float) -> Iterator[str]:
    """Title, grid, numbers below it, and the line of what was seen."""
    spread = found.spread
    share = spread.model_share if spread is not None else None
    chosen = "" if share is None else f"{share:.0%} of the variation is model choice; "
    scale = "; logarithmic scale" if axis.logarithmic else ""
    yield from _title(found)
    yield _text(8, 46, f"{chosen}lines are {found.level * 100:g}% intervals{scale}", "soft")
    for tick in axis.ticks():
        x = axis.at(tick)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 16}" y2="{bottom:.1f}"/>'
        yield _text(x, bottom + 16, units(tick), "soft", anchor="middle")
    x = axis.at(found.n_observed)
    yield f'<line class="seen" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 20}" y2="{bottom:.1f}"/>'
    yield _text(x, _TOP - 24, f"seen: {found.n_observed:,}", "soft")


def _row(placed: Placed, axis: Axis, y: float, kind: str) -> str:
    result = placed.result
    if not isinstance(result, PopulationEstimate):
        return ""
    x, line = axis.at(result.n_total), ""
    if result.interval is not None:
        low, high = axis.at(result.interval.lower), axis.at(result.interval.upper)
        line = f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        if result.interval.upper > axis.high:
            line += f'<path class="whisker" fill="none" d="M{high - 6:.1f} {y - 5:.1f}l6 5l-6 5"/>'
    mark = f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    if kind == "bound":
        mark = f'<path class="dot" d="M{x - 4:.1f} {y - 6:.1f}l10 6l-10 6z"/>'
    told = escape(_told(result, kind), quote=True)
    least = "≥ " if kind == "bound" else ""
    return (
        f'<g tabindex="0" role="img" class="{kind}" aria-label="{told}"><title>{told}</title>{line}{mark}'
        f"{_text(axis.left - 12, y + 4, result.method, '', anchor='end')}"
        f"{_text(_WIDTH - 8, y + 4, least + short(result.n_total), 'num', anchor='end')}</g>"
    )


def _told(result: PopulationEstimate, kind: str) -> str:
    least = "at least " if kind == "bound" else ""
    interval = result.interval
    reach = "" if interval is None else f", {interval.level * 100:g}% interval {ends(interval)}"
    if interval is not None and math.isinf(interval.upper):
        reach = f", {interval.level * 100:g}% interval from {short(interval.lower)} without an upper end"
    return f"{result.method}: {least}{short(result.n_total)}{reach}"


def _refused(refusals: tuple[Placed, ...], left: float, y: float) -> Iterator[str]:
    """One entry a reason: who refused, in as many lines as the names need."""
    by_reason: dict[str, list[str]] = {}
    for placed in refusals:
        if isinstance(placed.result, NotEstimable):
            by_reason.setdefault(placed.result.reason.value, []).append(placed.method)
    if by_reason:
        yield _text(8, y, "Refused to answer", "head")
    for reason, names in by_reason.items():
        told = escape(f"Refused, {reason.replace('-', ' ')}: {', '.join(names)}", quote=True)
        entry = f'<g tabindex="0" role="img" aria-label="{told}"><title>{told}</title>'
        entry += _text(left - 12, y + _ROW, reason.replace("-", " "), "soft", anchor="end")
        for line in textwrap.wrap(", ".join(names), int((_WIDTH - 8 - left) / _LETTER), break_on_hyphens=False):
            y += _ROW
            entry += _text(left, y, line, "")
        yield f"{entry}</g>"


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
