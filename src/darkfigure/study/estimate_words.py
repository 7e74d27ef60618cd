"""The answer of ``darkfigure estimate`` as text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 80
UNBOUNDED = "The range has no upper end; null stands for it."
_NAME = 18


def render_estimates(result: Mapping[str, Any]) -> str:
    """The answer as a text table, with every refusal and its reason.

    Parameters
    ----------
    result : mapping
        As ``EstimateRun.to_json`` gave it.

    Returns
    -------
    str
        Lines without a trailing newline.

    Examples
    --------
    >>> refusal = {"method": "Mb", "status": "not-estimable", "reason": "unordered-lists", "explanation": "No order."}
    >>> table = {"n_observed": 68, "lists": 6, "ordered": False}
    >>> print(render_estimates({"table": table, "estimates": [refusal]}))
    68 units seen; 6 lists or occasions, without an order in time
    <BLANKLINE>
    No answer
      Mb: unordered-lists. No order.
    """
    lines = [_heading(result["table"])]
    for done in result["table"].get("operations", ()):
        lines += wrapped(done)
    together = result.get("multiverse")
    if together is not None:
        lines.append("")
        for sentence in together["sentences"]:
            lines += textwrap.wrap(sentence, WIDTH, break_on_hyphens=False)
    lines += _answers(result["estimates"], apart=together is not None)
    for level, group in result.get("groups", {}).items():
        lines += ["", f"Group {level}: {group['n_observed']:,} units seen", *_answers(group["estimates"], apart=False)]
    return "\n".join(lines)


def wrapped(text: str) -> list[str]:
    """One entry of a list of notes, wrapped.

    Examples
    --------
    >>> wrapped("Mb: no order.")
    ['  Mb: no order.']
    """
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _answers(answers: Sequence[Mapping[str, Any]], *, apart: bool) -> Iterator[str]:
    """Tables of numbers, rates, cautions and refusals; lower bounds in a table of their own when ``apart``."""
    sizes = [e for e in answers if e["status"] == "estimated" and e["n_total"] is not None]
    bounds = [e for e in sizes if apart and e["kind"] == "lower-bound"]
    for title, rows in (("method", [e for e in sizes if e not in bounds]), ("lower bound", bounds)):
        if rows:
            yield from ("", *_rows(title, rows))
    estimated = [e for e in answers if e["status"] == "estimated"]
    for e in estimated:
        if e.get("quantities"):
            yield from ("", f"Further numbers of {e['method']}", *(_quantity(q) for q in e["quantities"]))
    yield from _notes("Cautions", [(e["method"], c["text"]) for e in estimated for c in e["cautions"]])
    refused = [e for e in answers if e["status"] != "estimated"]
    yield from _notes("No answer", [(e["method"], f"{e['reason']}. {e['explanation']}") for e in refused])


def _heading(table: Mapping[str, Any]) -> str:
    if table["lists"] is None:
        return f"{table['n_observed']:,} units seen; any number of captures possible"
    order = "in order of time" if table["ordered"] else "without an order in time"
    return f"{table['n_observed']:,} units seen; {table['lists']} lists or occasions, {order}"


def _rows(title: str, estimated: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    levels = sorted({e["interval"]["level"] for e in estimated if e["interval"]})
    share = f"{levels[0] * 100:g}% range" if levels else "range"
    yield f"{title:<{_NAME}}{'all units':>13}{'std. error':>12}{share:>27}{'AIC':>10}"
    yield "-" * WIDTH
    for e in estimated:
        error = "" if e["standard_error"] is None else _short(e["standard_error"])
        aic = "" if e["aic"] is None else f"{e['aic']:.1f}"
        name = e["method"]
        if len(name) > _NAME:
            yield name
            name = ""
        yield f"{name:<{_NAME}}{_short(e['n_total']):>13}{error:>12}{_range(e['interval']):>27}{aic:>10}".rstrip()


def _range(interval: Mapping[str, Any] | None) -> str:
    if interval is None:
        return ""
    upper = "no upper end" if interval["upper"] is None else _short(interval["upper"])
    return f"{_short(interval['lower'])} to {upper}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}"


def _quantity(quantity: Mapping[str, Any]) -> str:
    name = f"  {quantity['name']}"
    if quantity["value"] is None:
        others = ", ".join(quantity["confounded_with"])
        return f"{name:<28} cannot be told apart from {others}"[:WIDTH] if others else f"{name:<28} not identified"
    error = "" if quantity["standard_error"] is None else f"{float(quantity['standard_error']):.4g}"
    interval = quantity["interval"]
    reach = ""
    if interval is not None:
        upper = "no upper end" if interval["upper"] is None else f"{interval['upper']:.4g}"
        reach = f"{interval['lower']:.4g} to {upper}"
    return f"{name:<28}{quantity['value']:>12.5g}{error:>12}{reach:>26}".rstrip()


def _notes(title: str, notes: Sequence[tuple[str, str]]) -> list[str]:
    """Wrapped notes, one for each text; methods that share a text share its line."""
    by_text: dict[str, list[str]] = {}
    for method, text in notes:
        by_text.setdefault(text, []).append(method)
    if not by_text:
        return []
    lines = ["", title]
    for text, methods in by_text.items():
        lines += wrapped(f"{', '.join(methods)}: {text}")
    return lines
