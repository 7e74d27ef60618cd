"""How wrong we would have to be, as a drawing: SVG text that stands alone or inside a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from darkfigure.estimate.compare.axis import Axis
from darkfigure.estimate.sensitivity.breakdown import BreakdownRow
from darkfigure.estimate.sensitivity.headline import Headline

_WIDTH, _ROW, _LEFT, _RIGHT = 800, 26, 350, 700
_TOP = 124
_LONGEST = 50
_LARGEST = 100.0
"""Factors beyond this are drawn at the end of the axis, with an arrow."""
_STYLE = """
.df-wrong{--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff;--dot:#0b5fa5;--chance:#8a4b08;
font:13px system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.df-wrong{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f;
--dot:#6cb6f5;--chance:#f0a95b}}
@media print{.df-wrong{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff;--dot:#0b5fa5;--chance:#8a4b08}}
.df-wrong text{fill:var(--ink)}.df-wrong .soft{fill:var(--soft)}.df-wrong .head{font-weight:600}
.df-wrong .num{font-weight:600;font-variant-numeric:tabular-nums}.df-wrong .back{fill:var(--paper)}
.df-wrong .grid{stroke:var(--line)}.df-wrong .bar{stroke:var(--dot);stroke-width:2.5}
.df-wrong .dot{fill:var(--dot)}.df-wrong .chance{fill:var(--paper);stroke:var(--chance);stroke-width:2}
.df-wrong g[tabindex]:focus{outline:2px solid var(--ink);outline-offset:1px}
"""
_GROUPS = (
    ("times", "Wrong by what factor (1×: the assumption holds)"),
    ("share", "Wrong for what share (0%: the assumption holds)"),
)


def breakdown_svg(rows: Sequence[BreakdownRow], headline: Headline) -> str:
    """How wrong would each assumption have to be, as a drawing: the longer the line, the safer the headline?

    A filled dot is the amount at which the headline is gone; a hollow diamond the amount at which chance could do the
    rest. Every line can be reached by keyboard and says in words what it shows.

    Parameters
    ----------
    rows : sequence of BreakdownRow
        Of one headline.
    headline : Headline
        The same.

    Returns
    -------
    str
        One ``<svg>`` element; light, dark and printed colours are inside it.

    Examples
    --------
    >>> from darkfigure.estimate import CaptureTable
    >>> from darkfigure.estimate.sensitivity.breakdown import how_wrong
    >>> from darkfigure.estimate.sensitivity.headline import above
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1700, 1700, 300])
    >>> breakdown_svg(how_wrong(table, above(10_000)), above(10_000)).count('<g tabindex="0"')
    5
    """
    body: list[str] = []
    y = float(_TOP)
    for scale, title in _GROUPS:
        group = [r for r in rows if r.scale == scale]
        if not group:
            continue
        axis = _axis(scale, group)
        body += [_text(8, y, title, "head"), _text(_RIGHT + 12, y, "fails at", "head")]
        bottom = y + _ROW * (len(group) + 0.5)
        body += _grid(axis, scale, y + 8, bottom)
        body += [_line(row, axis, headline, y + _ROW * (k + 1)) for k, row in enumerate(group)]
        y = bottom + 2 * _ROW
    told = escape(" ".join(r.words for r in rows))
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="df-wrong" viewBox="0 0 {_WIDTH} {y:.0f}" role="group" '
            f'aria-labelledby="df-wrong-title df-wrong-desc"><title id="df-wrong-title">How wrong would we have to be? '
            f'{escape(headline.sentence())}</title><desc id="df-wrong-desc">{told}</desc><style>{_STYLE}</style>'
            f'<rect class="back" width="100%" height="100%"/>',
            '<text x="8" y="24" font-size="17" font-weight="600">How wrong would we have to be?</text>',
            _text(8, 46, f"We say: {headline.sentence()}", "head"),
            _text(
                8,
                64,
                "Each line shows how wrong one assumption can be before that fails: the longer, the safer.",
                "soft",
            ),
            '<circle class="dot" cx="14" cy="84" r="5"/>',
            _text(26, 88, "gone from here on", "soft"),
            _diamond(166, 84),
            _text(178, 88, "from here on, chance could do the rest", "soft"),
            *body,
            "</svg>",
        ]
    )


def _axis(scale: str, rows: Sequence[BreakdownRow]) -> Axis:
    if scale == "share":
        return Axis(0.0, 1.0, _LEFT, _RIGHT, False)
    far = max((r.strength or 1.0 for r in rows), default=1.0)
    return Axis(1.0, min(max(1.2 * far, 2.0), _LARGEST), _LEFT, _RIGHT, True)


def _grid(axis: Axis, scale: str, top: float, bottom: float) -> Iterator[str]:
    for tick in _ticks(axis):
        x = axis.at(tick)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        yield _text(x, bottom + 16, _number(scale, tick), "soft", anchor="middle")


def _ticks(axis: Axis) -> tuple[float, ...]:
    """Round numbers; finer ones where an axis of factors has fewer than three."""
    ticks = axis.ticks()
    if len(ticks) > 3 or not axis.logarithmic:
        return ticks
    return tuple(t for t in (1.0, 1.2, 1.5, 2.0, 3.0, 5.0) if t <= axis.high and (t != 1.2 or axis.high < 3))


def _line(row: BreakdownRow, axis: Axis, headline: Headline, y: float) -> str:
    where = "in opposite ways" if row.place == "both" else ""
    if row.place in ("earlier", "later"):
        where = f"in {headline.periods[row.place == 'later']}"
    label = f"{row.title} {where}".strip()
    if len(label) > _LONGEST:
        label = f"{row.title}, {row.place}"
    parts = [f'<g tabindex="0" role="img"><title>{escape(row.words)}</title>', _text(8, y + 4, label, "")]
    start = axis.at(axis.low)
    chance = row.strength_with_sampling
    if row.strength is None:
        parts.append(_text(start + 6, y + 4, "no amount overturns it, or not known", "soft"))
    else:
        x = axis.at(row.strength)
        parts.append(f'<line class="bar" x1="{start:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if row.strength > axis.high:
            parts.append(f'<path class="bar" fill="none" d="M{x - 6:.1f} {y - 5:.1f}l6 5l-6 5"/>')
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(_text(_RIGHT + 12, y + 4, _number(row.scale, row.strength), "num"))
    if chance is not None:
        parts.append(_diamond(axis.at(chance), y))
    return "".join([*parts, "</g>"])


def _number(scale: str, amount: float) -> str:
    if scale == "share":
        return f"{100 * amount:.0f}%" if amount >= 0.1 or amount == 0 else f"{100 * amount:.2g}%"
    return f"{amount:,.0f}×" if amount >= 10 or math.isclose(amount, round(amount)) else f"{amount:.1f}×"


def _diamond(x: float, y: float) -> str:
    return f'<path class="chance" d="M{x - 5:.1f} {y:.1f}l5 -5l5 5l-5 5z"/>'


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
