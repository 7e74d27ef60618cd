"""The result of a plan as a page: words, drawing and tables in one file, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_figure import plan_svg
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.plan_words import (
    COUNTED,
    analysis_in_words,
    budget_words,
    expected_rows,
    honesty,
    verdict,
)

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f}}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;color:var(--ink);
background:var(--paper);margin:0 auto;padding:1.5rem;max-width:60rem}
h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p.soft{color:var(--soft)}
.wide{overflow-x:auto}.wide svg{min-width:40rem;width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;color:var(--soft)}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
thead th:not(:first-child){text-align:right}tbody th{font-weight:500}
@media print{:root{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff}body{padding:0;max-width:none;font-size:10pt}
.wide{overflow:visible}.wide svg{min-width:0}tr,svg{break-inside:avoid}}
"""


def plan_page(result: PlanResult) -> str:
    """What to expect of the planned study, as a page to open, print or send?

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    str
        A whole HTML document.
    """
    plan = result.plan
    counted = f"To be counted: {COUNTED[plan.analysis.estimand]}. Analysis: {analysis_in_words(plan)}."
    drawn = f"{result.base.worlds} simulated worlds, seed {plan.plan.seed}, plan of {plan.plan.date.isoformat()}."
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(plan.plan.title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body><main>",
            f"<h1>{escape(plan.plan.title)}</h1>",
            f'<p class="soft">{escape(counted)} {escape(drawn)}</p>',
            f"<p>{escape(verdict(result))}</p>",
            f"<p>{escape(budget_words(result))}</p>",
            f'<div class="wide" role="region" aria-label="Figure" tabindex="0">{plan_svg(result)}</div>',
            "<h2>As planned</h2>",
            *_table(("what", "value", "Monte-Carlo error"), expected_rows(plan, result.base), "Over all worlds."),
            "<h2>One change at a time, best first</h2>",
            *_table(
                ("change", "good answers %", "gain, points", "typical error %", "cost", "within the budget %"),
                _changes(result),
                "After +-: Monte-Carlo standard error. Gains are over the same worlds as the design as planned.",
            ),
            "<h2>How far to trust this</h2>",
            *(f'<p class="soft">{escape(sentence)}</p>' for sentence in honesty(result)),
            "</main></body></html>",
            "",
        ]
    )


def _changes(result: PlanResult) -> Iterator[tuple[str, ...]]:
    for d in (result.base, *result.ranked()):
        inside = "" if d.within_budget is None else f"{100 * d.within_budget:.0f}"
        error = "none" if d.rmse_percent is None else _with_error(d.rmse_percent, 1)
        gain = "" if d.good_gain is None else _with_error(d.good_gain, 100)
        yield d.name, _with_error(d.good, 100), gain, error, f"{d.cost:,.0f}", inside


def _with_error(measured: Measured, scale: float) -> str:
    value = f"{scale * measured.value:,.1f}"
    return value if measured.error is None else f"{value} +- {scale * measured.error:,.1f}"


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]], caption: str) -> Iterator[str]:
    yield f'<div class="wide" role="region" aria-label="{escape(head[0])}" tabindex="0"><table>'
    yield f"<caption>{escape(caption)}</caption><thead><tr>"
    yield "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    yield "</tr></thead><tbody>"
    for first, *rest in rows:
        yield f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(c)}</td>" for c in rest)}</tr>'
    yield "</tbody></table></div>"
