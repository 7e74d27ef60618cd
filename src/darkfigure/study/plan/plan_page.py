"""The result of a plan as a page: words, drawing and tables in one file, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_assumed import assumed_rows
from darkfigure.study.plan.plan_figure import plan_svg
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.plan_spec import Plan
from darkfigure.study.plan.plan_words import (
    COUNTED,
    MEANINGS,
    analysis_in_words,
    budget_words,
    costs_anything,
    expected_rows,
    honesty,
    refusal_words,
    verdict,
)
from darkfigure.study.plan.preregistration import preregistration_of

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f}}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;color:var(--ink);
background:var(--paper);margin:0 auto;padding:1.5rem;max-width:60rem}
h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}.soft{color:var(--soft)}
.wide{overflow-x:auto}.wide svg{min-width:40rem;width:100%;height:auto;display:block}
.wide:focus-visible{outline:2px solid var(--ink)}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;
color:var(--soft);padding:.8rem 0 .3rem}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
thead th:not(:first-child){text-align:right}tbody th{font-weight:500}tbody th small{display:block;font-weight:400}
.words td{text-align:left;white-space:normal}.words thead th{text-align:left}
code{overflow-wrap:anywhere}
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
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(plan.plan.title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body><main>",
            f"<h1>{escape(plan.plan.title)}</h1>",
            f'<p class="soft">{escape(_what(plan))}</p>',
            "<h2>What to expect</h2>",
            f"<p>{escape(_printed(verdict(result)))}</p>",
            *_paragraphs(refusal_words(result.base)),
            "<h2>What would help</h2>",
            f"<p>{escape(_printed(budget_words(result)))}</p>",
            f'<div class="wide" role="region" aria-label="Figure: designs compared" tabindex="0">{plan_svg(result)}',
            "</div>",
            *_changes_table(result),
            "<h2>As planned, in numbers</h2>",
            *_expected_table(result),
            "<h2>What was assumed</h2>",
            "<p>Every simulated world is drawn from these ranges; what is said above holds for such worlds only.</p>",
            *_table(
                ("assumed", "between"), ((name, value) for name, value in assumed_rows(plan)), "As declared.", "words"
            ),
            "<h2>How far to trust this</h2>",
            *_paragraphs(_printed(sentence) for sentence in honesty(result)),
            *_registration(result),
            "</main></body></html>",
            "",
        ]
    )


def _what(plan: Plan) -> str:
    # The package of the report takes a second to load, which every process of a plan would wait for.
    from darkfigure.report.method_names import METHOD_NAMES

    name = METHOD_NAMES.get(plan.analysis.method)
    named = "" if name is None else f" ({plan.analysis.method}: {name})"
    return (
        f"To be counted: {COUNTED[plan.analysis.estimand]}. Analysis: {analysis_in_words(plan)}{named}. "
        f"{plan.plan.worlds} simulated worlds, seed {plan.plan.seed}, plan of {plan.plan.date.isoformat()}."
    )


def _printed(text: str) -> str:
    """Signs that a terminal may not have."""
    return text.replace("+-", "±")


def _paragraphs(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield f"<p>{escape(sentence)}</p>"


def _expected_table(result: PlanResult) -> Iterator[str]:
    rows = ((name, value, error) for name, value, error in expected_rows(result.plan, result.base))
    head = ("as planned", "value", "± error of the simulation")
    yield from _table(head, rows, "Over all simulated worlds.", "numbers", told=MEANINGS)


def _changes_table(result: PlanResult) -> Iterator[str]:
    costs, budget = costs_anything(result.plan), result.plan.costs.budget is not None
    head = ["one change at a time", "good answers in 100", "more than planned", "typical error, % of the truth"]
    rows = []
    for d in (result.base, *result.ranked()):
        row = [d.name, _with_error(d.good, 100), "" if d.good_gain is None else _with_error(d.good_gain, 100, sign="+")]
        row.append("no answer" if d.rmse_percent is None else _with_error(d.rmse_percent, 1))
        row += [f"{d.cost:,.0f}"] if costs else []
        row += [f"{100 * (d.within_budget or 0):.0f}"] if budget else []
        rows.append(tuple(row))
    head += ["mean cost"] if costs else []
    head += ["within the budget, in 100"] if budget else []
    caption = "The numbers of the figure, best change first. After ±: error of the simulation."
    yield from _table(head, rows, caption, "numbers")


def _registration(result: PlanResult) -> Iterator[str]:
    digest = preregistration_of(result).registration.content_sha256
    yield "<h2>To be held to this plan</h2>"
    yield (
        "<p>Beside this page lies <code>preregistration.toml</code>. Put it into the study folder and name it in "
        "<code>study.toml</code> under <code>[preregistration]</code>; <code>darkfigure run</code> then says in the "
        "report what was kept and names every departure. Keep a copy, or this digest, with a date where others can "
        "see it, because nothing in the file itself shows when it was written:</p>"
    )
    yield f"<p><code>{digest}</code></p>"


def _with_error(measured: Measured, scale: float, *, sign: str = "") -> str:
    value = f"{scale * measured.value:{sign},.1f}"
    return value if measured.error is None else f"{value} ± {scale * measured.error:,.1f}"


def _table(
    head: Sequence[str], rows: Iterable[tuple[str, ...]], caption: str, kind: str, *, told: dict[str, str] | None = None
) -> Iterator[str]:
    yield f'<div class="wide" role="region" aria-label="Table: {escape(head[0])}" tabindex="0"><table class="{kind}">'
    yield f"<caption>{escape(caption)}</caption><thead><tr>"
    yield "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    yield "</tr></thead><tbody>"
    for first, *rest in rows:
        meaning = (told or {}).get(first.split(":")[0].split(",")[0].removesuffix(" %"), "")
        small = f'<small class="soft">{escape(meaning)}</small>' if meaning else ""
        cells = "".join(f"<td>{escape(c)}</td>" for c in rest)
        yield f'<tr><th scope="row">{escape(first)}{small}</th>{cells}</tr>'
    yield "</tbody></table></div>"
