"""Answers as plain text, numbers and lists, and back again without loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from darkfigure.estimate.compare.families import Kind
from darkfigure.records.aggregate import (
    Caution,
    Interval,
    NotEstimable,
    PopulationEstimate,
    Quantity,
    Reason,
    SurvivalEstimate,
)

VERSION = 1
"""Of the form written; another form needs another number."""

Result = PopulationEstimate | SurvivalEstimate | NotEstimable
_FIT = ("deviance", "df", "aic", "bic")


def to_dict(result: Result) -> dict[str, Any]:
    """One answer with everything in it; numbers that JSON lacks are words, an upper end that is infinite is ``None``.

    Examples
    --------
    >>> to_dict(PopulationEstimate(method="M0", n_observed=5, n_total=9.5))["n_total"]
    9.5
    """
    told: dict[str, Any] = {
        "method": result.method,
        "status": result.status,
        "n_observed": result.n_observed,
        "diagnostics": _numbers(result.diagnostics),
    }
    if isinstance(result, NotEstimable):
        return {**told, "reason": result.reason.value, "explanation": result.explanation}
    told |= {name: getattr(result, name) for name in _FIT}
    told |= {
        "n_total": result.n_total,
        "parameters": _numbers(result.parameters),
        "assumptions": list(result.assumptions),
        "cautions": [{"code": c.code, "text": c.text} for c in result.cautions],
        "quantities": [quantity_to_dict(q) for q in result.quantities],
    }
    if isinstance(result, PopulationEstimate):
        told |= {"standard_error": result.standard_error, "interval": interval_to_dict(result.interval)}
    return told


def from_dict(told: Mapping[str, Any]) -> Result:
    """Read back what ``to_dict`` wrote.

    Examples
    --------
    >>> result = PopulationEstimate(method="M0", n_observed=5, n_total=9.5, interval=Interval(6.0, math.inf, 0.95, "x"))
    >>> from_dict(to_dict(result)) == result
    True
    """
    same = {"method": told["method"], "n_observed": told["n_observed"], "diagnostics": _read(told["diagnostics"])}
    if told["status"] == "not-estimable":
        return NotEstimable(**same, reason=Reason(told["reason"]), explanation=told["explanation"])
    same |= {name: told[name] for name in _FIT}
    same |= {
        "parameters": _read(told["parameters"]),
        "assumptions": tuple(told["assumptions"]),
        "cautions": tuple(Caution(c["code"], c["text"]) for c in told["cautions"]),
        "quantities": tuple(_quantity(q) for q in told["quantities"]),
    }
    if told["n_total"] is None:
        return SurvivalEstimate(**same)
    return PopulationEstimate(
        **same, n_total=told["n_total"], standard_error=told["standard_error"], interval=_interval(told["interval"])
    )


def interval_to_dict(interval: Interval | None) -> dict[str, Any] | None:
    """An interval; ``None`` stands for an upper end that is infinite.

    Examples
    --------
    >>> interval_to_dict(Interval(6.0, math.inf, 0.95, "log-normal"))["upper"] is None
    True
    """
    if interval is None:
        return None
    upper = interval.upper if math.isfinite(interval.upper) else None
    return {"level": interval.level, "lower": interval.lower, "upper": upper, "method": interval.method}


def quantity_to_dict(quantity: Quantity) -> dict[str, Any]:
    """A further answer of a model, with what it cannot be told apart from.

    Examples
    --------
    >>> quantity_to_dict(Quantity(name="Phi[6]", value=None, confounded_with=("p[7]",)))["confounded_with"]
    ['p[7]']
    """
    return {
        "name": quantity.name,
        "value": quantity.value,
        "standard_error": _word(quantity.standard_error),
        "interval": interval_to_dict(quantity.interval),
        "confounded_with": list(quantity.confounded_with),
    }


def tidy_row(family: str, kind: Kind, result: Result) -> Mapping[str, Any]:
    """One flat row: the same columns for every answer, ``None`` where there is nothing.

    Examples
    --------
    >>> row = tidy_row("alike units", "estimate", PopulationEstimate(method="M0", n_observed=5, n_total=9.5))
    >>> row["n_unseen"], row["lower"]
    (4.5, None)
    """
    size = result if isinstance(result, PopulationEstimate) else None
    interval = size.interval if size else None
    return {
        "method": result.method,
        "family": family,
        "kind": kind,
        "n_observed": result.n_observed,
        "n_total": size.n_total if size else None,
        "n_unseen": size.n_unseen if size else None,
        "standard_error": size.standard_error if size else None,
        "lower": interval.lower if interval else None,
        "upper": interval.upper if interval else None,
        "level": interval.level if interval else None,
        "interval": interval.method if interval else None,
        "aic": size.aic if size else None,
        "bic": size.bic if size else None,
        "reason": result.reason.value if isinstance(result, NotEstimable) else None,
        "cautions": "" if isinstance(result, NotEstimable) else " ".join(c.code for c in result.cautions),
    }


def _quantity(told: Mapping[str, Any]) -> Quantity:
    return Quantity(
        name=told["name"],
        value=told["value"],
        standard_error=None if told["standard_error"] is None else float(told["standard_error"]),
        interval=_interval(told["interval"]),
        confounded_with=tuple(told["confounded_with"]),
    )


def _interval(told: Mapping[str, Any] | None) -> Interval | None:
    if told is None:
        return None
    upper = math.inf if told["upper"] is None else told["upper"]
    return Interval(told["lower"], upper, told["level"], told["method"])


def _numbers(values: Mapping[str, float]) -> dict[str, float | str | None]:
    return {name: _word(value) for name, value in values.items()}


def _read(values: Mapping[str, float | str]) -> dict[str, float]:
    return {name: float(value) if isinstance(value, str) else value for name, value in values.items()}


def _word(value: float | None) -> float | str | None:
    """A number as it is, or as a word where JSON has no such number."""
    return value if value is None or math.isfinite(value) else str(value)
