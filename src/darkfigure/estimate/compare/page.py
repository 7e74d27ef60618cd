"""The spread of estimators on one table as a page: drawing, words and table in one file, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from darkfigure.estimate.compare.figure import spread_svg
from darkfigure.estimate.compare.side_by_side import Multiverse
from darkfigure.estimate.compare.spread import Placed
from darkfigure.estimate.compare.wording import ends, heading, short
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f}}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;color:var(--ink);
background:var(--paper);margin:0 auto;padding:1.5rem;max-width:60rem}
h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.wide{overflow-x:auto}.wide svg{min-width:40rem;width:100%;height:auto;display:block}
.wide:focus-visible{outline:2px solid var(--ink)}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;color:var(--soft)}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tbody th{font-weight:500;white-space:nowrap}p.soft{color:var(--soft)}
@media print{:root{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff}body{padding:0;max-width:none;font-size:10pt}
.wide{overflow:visible}.wide svg{min-width:0}tr,svg{break-inside:avoid}}
"""
_READ = (
    "Methods are not drawn from anything, so the spread is no interval: one more bad method widens it, and all methods "
    "can be wrong together, about matching or about a population that changes. The share that is the choice of model "
    "gives every family of assumptions the same weight; a small share says that the methods agree, not that they are "
    "right. A lower bound never counts as an estimate."
)
_HEAD = ("method", "family", "all units", "std. error", "interval", "cautions")


def spread_page(found: Multiverse, *, title: str = "All methods on one table") -> str:
    """How far do the methods disagree, as a page to open, print or send?

    Parameters
    ----------
    found : Multiverse
        The answers.
    title : str
        Heading of the page.

    Returns
    -------
    str
        A whole HTML document: nothing is fetched, and everything in the drawing stands in the table too.

    Examples
    --------
    >>> from darkfigure.estimate import CaptureTable
    >>> from darkfigure.estimate.compare import multiverse
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> page = spread_page(multiverse(table, ("M0", "chao", "Mb")))
    >>> page.count('<th scope="row">')
    3
    """
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="soft">{escape(heading(found))}</p>',
            *(f"<p>{escape(sentence)}</p>" for sentence in found.sentences()),
            f'<div class="wide" role="region" aria-label="Figure" tabindex="0">{spread_svg(found)}</div>',
            *_sizes("Estimates", found.estimates, found.level),
            *_sizes("Lower bounds", found.bounds, found.level),
            *_refusals(found),
            f'<h2>How to read this</h2><p class="soft">{escape(_READ)}</p>',
            "</main></body></html>",
            "",
        ]
    )


def _sizes(title: str, answers: Sequence[Placed], level: float) -> Iterator[str]:
    if not answers:
        return
    yield f"<h2>{title}</h2>"
    yield from _table(
        title,
        f"Intervals are of {level * 100:g}%. Every number of the figure stands here.",
        [(name, "n" if 1 < k < 5 else "") for k, name in enumerate(_HEAD)],
        [_cells(a) for a in answers],
    )


def _cells(placed: Placed) -> tuple[str, ...]:
    result = placed.result
    if not isinstance(result, PopulationEstimate):
        return (placed.method, placed.family, "", "", "", "")
    error = "" if result.standard_error is None else short(result.standard_error)
    cautions = " ".join(c.text for c in result.cautions)
    return (result.method, placed.family, short(result.n_total), error, ends(result.interval), cautions)


def _refusals(found: Multiverse) -> Iterator[str]:
    rows = [
        (a.method, a.result.reason.value, a.result.explanation)
        for a in found.refusals
        if isinstance(a.result, NotEstimable)
    ]
    if rows:
        yield "<h2>Refused to answer</h2>"
        head = [("method", ""), ("reason", ""), ("what is missing", "")]
        yield from _table("Refusals", "A refusal is an answer: these data do not carry that method.", head, rows)


def _table(name: str, caption: str, head: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f'<div class="wide" role="region" aria-label="{escape(name)}" tabindex="0"><table>'
    yield f"<caption>{escape(caption)}</caption><thead><tr>"
    yield "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for name, kind in head)
    yield "</tr></thead><tbody>"
    for first, *rest in rows:
        cells = (f'<td class="{kind}">{escape(c)}</td>' for c, (_, kind) in zip(rest, head[1:], strict=True))
        yield f'<tr><th scope="row">{escape(first)}</th>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"
