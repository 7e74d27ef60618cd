"""What every design promises, as a drawing: good answers and typical error side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape

from darkfigure.estimate.compare.axis import Axis
from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.plan_words import percent_of_truth
from darkfigure.study.plan.summary import DesignResult

_WIDTH, _ROW, _TOP = 800, 30, 78
_NAME, _FIRST, _SECOND, _PANEL = 8, 230, 530, 200
_REACH = 400.0
"""Typical errors beyond so many percent are cut off; their number stands beside the bar."""
_STYLE = """
.df-plan{--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff;--bar:#0b5fa5;--base:#8a4b08;
font:13px system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.df-plan{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f;
--bar:#6cb6f5;--base:#f0a95b}}
@media print{.df-plan{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff;--bar:#0b5fa5;--base:#8a4b08}}
.df-plan text{fill:var(--ink)}.df-plan .head{font-weight:600}.df-plan .soft{fill:var(--soft)}
.df-plan .num{font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--paper);stroke-width:5px}
.df-plan .bar{fill:var(--bar)}.df-plan .base .bar{fill:var(--base)}.df-plan .error{stroke:var(--ink);stroke-width:2}
.df-plan .rule{stroke:var(--line)}.df-plan .planned{stroke:var(--base);stroke-dasharray:4 3}
.df-plan g[tabindex]:focus{outline:2px solid var(--ink)}
"""


def plan_svg(result: PlanResult) -> str:
    """Which design promises more good answers, and a smaller error, as a drawing?

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    str
        One ``<svg>`` element; every row can be reached by keyboard and says in words what it shows.
    """
    rows = (result.base, *result.ranked())
    errors = [_reach(d.rmse_percent) for d in rows if d.rmse_percent is not None]
    good = Axis(0.0, 100.0, _FIRST, _FIRST + _PANEL, False)
    error = Axis(0.0, min(_REACH, 1.05 * max(errors, default=1.0) or 1.0), _SECOND, _SECOND + _PANEL, False)
    bottom = _TOP + _ROW * len(rows)
    told = f"Designs compared: {result.plan.plan.title}"
    close = f"{result.plan.publish.close_percent:g}%"
    return "\n".join(
        [
            f'<svg class="df-plan" viewBox="0 0 {_WIDTH} {bottom + 52}" role="group" aria-labelledby="df-plan-title" '
            f'xmlns="http://www.w3.org/2000/svg"><title id="df-plan-title">{escape(told)}</title>',
            f"<style>{_STYLE}</style>",
            _text(_FIRST, 20, "Good answers, in 100 studies", "head"),
            _text(_SECOND, 20, "Typical error, % of the truth", "head"),
            _text(_FIRST, 38, f"may be published, within {close} of the truth", "soft"),
            _text(_SECOND, 38, "how far off the number would be", "soft"),
            _text(_FIRST, 56, "longer is better", "soft"),
            _text(_SECOND, 56, "shorter is better", "soft"),
            *_grid(good, bottom),
            *_grid(error, bottom),
            *_planned(result.base, good, error, bottom),
            *(part for k, d in enumerate(rows) for part in _row(d, _TOP + _ROW * k, good, error)),
            _text(
                _NAME, bottom + 44, "Broken line: as planned. Thin line across a bar: error of the simulation.", "soft"
            ),
            "</svg>",
        ]
    )


def _reach(measured: Measured) -> float:
    return measured.value + (measured.error or 0.0)


def _grid(axis: Axis, bottom: float) -> Iterator[str]:
    ticks = axis.ticks()
    for tick in ticks if len(ticks) <= 6 else ticks[::2]:
        x = axis.at(tick)
        yield f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}"/>'
        yield _text(x, bottom + 18, f"{tick:g}", "soft", anchor="middle")


def _planned(base: DesignResult, good: Axis, error: Axis, bottom: float) -> Iterator[str]:
    """The design as planned as a line through all others."""
    places = [good.at(100 * base.good.value)]
    if base.rmse_percent is not None and base.rmse_percent.value < error.high:
        places.append(error.at(base.rmse_percent.value))
    for x in places:
        yield f'<line class="planned" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP + _ROW}" y2="{bottom}"/>'


def _row(d: DesignResult, y: float, good: Axis, error: Axis) -> Iterator[str]:
    off = "no answer" if d.rmse_percent is None else f"typical error {percent_of_truth(d.rmse_percent)}"
    told = f"{d.name}: {100 * d.good.value:.0f} good answers in 100 studies, {off}"
    kind = "base" if d.kind == "base" else "change"
    yield f'<g class="{kind}" tabindex="0" role="img" aria-label="{escape(told)}"><title>{escape(told)}</title>'
    yield _text(_NAME, y + 16, textwrap.shorten(d.name, 32, placeholder="..."), "")
    yield from _bar(good, y, 100 * d.good.value, 100 * (d.good.error or 0.0))
    if d.rmse_percent is None:
        yield _text(_SECOND + 6, y + 16, "no answer", "soft")
    else:
        yield from _bar(error, y, d.rmse_percent.value, d.rmse_percent.error or 0.0)
    yield "</g>"


def _bar(axis: Axis, y: float, value: float, error: float) -> Iterator[str]:
    start, end = axis.at(0.0), axis.at(value)
    yield f'<rect class="bar" x="{start:.1f}" y="{y + 4}" width="{end - start:.1f}" height="14"/>'
    beside = end
    if error > 0 and value < axis.high:
        low, beside = axis.at(value - error), axis.at(value + error)
        yield f'<line class="error" x1="{low:.1f}" x2="{beside:.1f}" y1="{y + 11}" y2="{y + 11}"/>'
    yield _text(max(end, beside) + 8, y + 16, f"{value:,.0f}" if value >= 10 else f"{value:.1f}", "num")


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
