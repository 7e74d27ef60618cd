"""When did the way services detect and report change? Dated public events to mark on any trend of reports."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, order=True)
class ReportingBreak:
    """One known change of detection or reporting.

    Parameters
    ----------
    start : date
        First day from which it may show.
    precision : str
        ``"day"``, ``"month"`` or ``"year"``: how exactly the date is known.
    text : str
        What changed, in a reader's words.
    source : str
        Where this is stated.
    """

    start: date
    precision: str
    text: str
    source: str


@cache
def reporting_breaks() -> tuple[ReportingBreak, ...]:
    """Which changes of detection or reporting are known, in order of time?

    Returns
    -------
    tuple of ReportingBreak

    Notes
    -----
    A trend of reports shows detection as much as crime. The list holds only changes with a dated public source; it is
    not complete, and no absence of a mark means that nothing changed.

    Examples
    --------
    >>> reporting_breaks()[0].precision
    'year'
    """
    text = (resources.files("darkfigure.reference") / "data" / "reporting-breaks.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        sorted(ReportingBreak(date.fromisoformat(r["from"]), r["precision"], r["text"], r["source"]) for r in rows)
    )
