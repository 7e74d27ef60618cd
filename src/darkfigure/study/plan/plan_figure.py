"""What every design promises, as a drawing: good answers and typical error side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape

from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.summary import DesignResult

_WIDTH, _ROW, _TOP = 800, 30, 56
_NAME, _FIRST, _SECOND, _PANEL = 8, 230, 530, 200
_REACH = 400.0
"""Typical errors beyond so many percent are cut off; their number stands beside the bar."""
_STYLE = """
.df-plan{--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--bar:#0b5fa5;--base:#8a4b08;
font:13px system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.df-plan{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--bar:#6cb6f5;--base:#f0a95b}}
@media print{.df-plan{--ink:#000;--soft:#333;--line:#bbb;--bar:#0b5fa5;--base:#8a4b08}}
.df-plan text{fill:var(--ink)}.df-plan .head{font-weight:600}.df-plan .soft{fill:var(--soft)}
.df-plan .bar{fill:var(--bar)}.df-plan .base .bar{fill:var(--base)}.df-plan .error{stroke:var(--ink);stroke-width:2}
.df-plan .rule{stroke:var(--line)}.df-plan g[tabindex]:focus{outline:2px solid var(--ink)}
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
    errors = [d.rmse_percent.value for d in rows if d.rmse_percent is not None]
    most = min(_REACH, max(errors, default=1.0) or 1.0)
    height = _TOP + _ROW * len(rows) + 16
    return "\n".join(
        [
            f'<svg class="df-plan" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Designs compared" '
            'xmlns="http://www.w3.org/2000/svg">',
            f"<style>{_STYLE}</style>",
            f'<text class="head" x="{_FIRST}" y="20">Good answers, % of studies</text>',
            f'<text class="head" x="{_SECOND}" y="20">Typical error, % of the truth</text>',
            f'<text class="soft" x="{_FIRST}" y="38">may be published, close to the truth</text>',
            f'<text class="soft" x="{_SECOND}" y="38">RMSE of the answers; bars end at {most:.0f}%</text>',
            *(part for k, d in enumerate(rows) for part in _row(d, _TOP + _ROW * k, most)),
            "</svg>",
        ]
    )


def _row(d: DesignResult, y: float, most: float) -> Iterator[str]:
    error = "no answer" if d.rmse_percent is None else f"{d.rmse_percent.value:.0f}%"
    told = f"{d.name}: {100 * d.good.value:.0f}% good answers, typical error {error}"
    kind = "base" if d.kind == "base" else "change"
    yield f'<g class="{kind}" tabindex="0" role="img" aria-label="{escape(told)}"><title>{escape(told)}</title>'
    yield f'<line class="rule" x1="{_NAME}" x2="{_WIDTH - 8}" y1="{y + 24}" y2="{y + 24}"/>'
    yield f'<text x="{_NAME}" y="{y + 16}">{escape(textwrap.shorten(d.name, 30, placeholder="..."))}</text>'
    yield from _bar(_FIRST, y, d.good, 1.0, f"{100 * d.good.value:.0f}")
    if d.rmse_percent is None:
        yield f'<text class="soft" x="{_SECOND}" y="{y + 16}">no answer</text>'
    else:
        yield from _bar(_SECOND, y, d.rmse_percent, most, f"{d.rmse_percent.value:,.0f}")
    yield "</g>"


def _bar(x: float, y: float, measured: Measured, most: float, label: str) -> Iterator[str]:
    def reach(value: float) -> float:
        return _PANEL * min(max(value, 0.0), most) / most

    length = reach(measured.value)
    yield f'<rect class="bar" x="{x}" y="{y + 4}" width="{length:.1f}" height="14"/>'
    if measured.error is not None and measured.value < most:
        low, high = reach(measured.value - measured.error), reach(measured.value + measured.error)
        yield f'<line class="error" x1="{x + low:.1f}" x2="{x + high:.1f}" y1="{y + 11}" y2="{y + 11}"/>'
    yield f'<text x="{x + _PANEL + 10}" y="{y + 16}">{label}</text>'
