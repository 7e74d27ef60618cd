"""One capture table, many estimators side by side: the answer of ``darkfigure estimate`` and ``darkfigure methods``."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from darkfigure.estimate import REGISTRY, estimate
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import Interval, NotEstimable, PopulationEstimate

WIDTH = 80
UNBOUNDED = "The range has no upper end; null stands for it."


def estimate_table(
    path: Path,
    *,
    methods: Sequence[str] | None = None,
    ordered: bool = False,
    occasions: int | Literal["inf"] | None = None,
    level: float = 0.95,
) -> dict[str, Any]:
    """How many units does a capture table leave out, by one estimator or by all?

    Parameters
    ----------
    path : Path
        A CSV in one of the shapes of ``read_capture_table``.
    methods : sequence of str, optional
        Names of the registry; all when not given.
    ordered : bool
        Whether the lists are occasions in order of time.
    occasions : int, "inf" or None
        Occasions behind a table of numbers of captures.
    level : float
        Of the intervals.

    Returns
    -------
    dict
        ``{"table": {...}, "estimates": [...]}`` with numbers at full precision, ready for JSON; an unbounded upper end
        is ``None`` with a note.

    Raises
    ------
    IntakeError (E-INTAKE-60 to E-INTAKE-68)
        The table cannot be read.
    EstimateError (E-EST-01, E-EST-02)
        A method is unknown or the level impossible.
    """
    table = read_capture_table(path, occasions=occasions, ordered=ordered)
    names = list(REGISTRY) if methods is None else list(methods)
    results = [estimate(name, table, level=level) for name in names]
    return {
        "table": {"n_observed": table.n_observed, "lists": table.n_occasions, "ordered": table.ordered},
        "estimates": [_refused(r) if isinstance(r, NotEstimable) else _estimated(r) for r in results],
    }


def _estimated(result: PopulationEstimate) -> dict[str, Any]:
    return {
        "method": result.method,
        "status": result.status,
        "n_observed": result.n_observed,
        "n_total": result.n_total,
        "n_unseen": result.n_unseen,
        "standard_error": result.standard_error,
        "interval": None if result.interval is None else _interval(result.interval),
        "deviance": result.deviance,
        "df": result.df,
        "aic": result.aic,
        "bic": result.bic,
        "parameters": _numbers(result.parameters),
        "diagnostics": _numbers(result.diagnostics),
        "assumptions": list(result.assumptions),
        "cautions": [{"code": c.code, "text": c.text} for c in result.cautions],
    }


def _refused(result: NotEstimable) -> dict[str, Any]:
    return {
        "method": result.method,
        "status": result.status,
        "reason": result.reason.value,
        "explanation": result.explanation,
        "n_observed": result.n_observed,
        "diagnostics": _numbers(result.diagnostics),
    }


def _interval(interval: Interval) -> dict[str, Any]:
    bounded = math.isfinite(interval.upper)
    return {
        "level": interval.level,
        "lower": interval.lower,
        "upper": interval.upper if bounded else None,
        "method": interval.method,
        **({} if bounded else {"note": UNBOUNDED}),
    }


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def render_estimates(result: Mapping[str, Any]) -> str:
    """The same answer as a text table of 80 columns, with every refusal and its reason.

    Parameters
    ----------
    result : mapping
        As ``estimate_table`` gave it.

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
    estimated = [e for e in result["estimates"] if e["status"] == "estimated"]
    refused = [e for e in result["estimates"] if e["status"] != "estimated"]
    lines = [_heading(result["table"])]
    if estimated:
        lines += ["", *_rows(estimated)]
        lines += _notes("Cautions", [(e["method"], c["text"]) for e in estimated for c in e["cautions"]])
    if refused:
        lines += _notes("No answer", [(e["method"], f"{e['reason']}. {e['explanation']}") for e in refused])
    return "\n".join(lines)


def _heading(table: Mapping[str, Any]) -> str:
    if table["lists"] is None:
        return f"{table['n_observed']:,} units seen; any number of captures possible"
    order = "in order of time" if table["ordered"] else "without an order in time"
    return f"{table['n_observed']:,} units seen; {table['lists']} lists or occasions, {order}"


def _rows(estimated: Sequence[Mapping[str, Any]]) -> list[str]:
    levels = sorted({e["interval"]["level"] for e in estimated if e["interval"]})
    share = f"{levels[0]:.0%} range" if levels else "range"
    lines = [f"{'method':<18}{'all units':>13}{'std. error':>12}{share:>27}{'AIC':>10}", "-" * WIDTH]
    for e in estimated:
        error = "" if e["standard_error"] is None else _short(e["standard_error"])
        aic = "" if e["aic"] is None else f"{e['aic']:.1f}"
        lines.append(
            f"{e['method']:<18}{_short(e['n_total']):>13}{error:>12}{_range(e['interval']):>27}{aic:>10}".rstrip()
        )
    return lines


def _range(interval: Mapping[str, Any] | None) -> str:
    if interval is None:
        return ""
    upper = "no upper end" if interval["upper"] is None else _short(interval["upper"])
    return f"{_short(interval['lower'])} to {upper}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}"


def _notes(title: str, notes: Sequence[tuple[str, str]]) -> list[str]:
    """Wrapped notes, one for each text; methods that share a text share its line."""
    by_text: dict[str, list[str]] = {}
    for method, text in notes:
        by_text.setdefault(text, []).append(method)
    if not by_text:
        return []
    lines = ["", title]
    for text, methods in by_text.items():
        lines += _wrapped(f"{', '.join(methods)}: {text}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def list_methods() -> list[dict[str, Any]]:
    """Every estimator: name, question, assumptions, kind of table, source.

    Returns
    -------
    list of dict
        In the order of the registry.

    Examples
    --------
    >>> list_methods()[0]["name"]
    'lincoln-petersen'
    """
    return [
        {
            "name": m.name,
            "question": m.question,
            "needs": m.needs,
            "assumptions": list(m.assumptions),
            "source": m.source,
        }
        for m in REGISTRY.values()
    ]


def render_methods() -> str:
    """The list of estimators as text of 80 columns.

    Returns
    -------
    str
        Lines without a trailing newline.

    Examples
    --------
    >>> render_methods().splitlines()[0]
    'lincoln-petersen'
    """
    blocks = []
    for method in REGISTRY.values():
        lines = [method.name]
        for label, text in (
            ("", method.question),
            ("Needs: ", method.needs),
            *(("Assumes: ", a) for a in method.assumptions),
            ("Source: ", method.source),
        ):
            lines += _wrapped(label + text)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
