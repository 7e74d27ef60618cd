"""Published margins that the synthetic report process is calibrated to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Size = Literal["full", "small"]
"""``full`` has the published totals; ``small`` about a hundredth of them, for tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTargets:
    """How many reports, address entries and addresses in use the world must hold.

    Parameters
    ----------
    reports, entries : int
        Reports received in the study period, and (report, address) entries in them.
    in_use : dict of int to int
        Distinct Philippine IPv4 addresses in use in each calendar year of the process.
    share : float
        1 for the full world.
    """

    reports: int
    entries: int
    in_use: dict[int, int]
    share: float


_EARLY_YEARS = {2009: 0.08, 2010: 0.12, 2011: 0.20, 2012: 0.34, 2013: 0.59}
"""Addresses in use before the published windows, as shares of the first published one."""


def report_targets(size: Size) -> ReportTargets:
    """Which totals must the synthetic reports reach?

    Parameters
    ----------
    size : {"full", "small"}

    Returns
    -------
    ReportTargets
        Years between the two published windows grow by a constant factor.

    Examples
    --------
    >>> report_targets("full").reports, report_targets("small").entries
    (125032, 1934)
    """
    records = json.loads(files("darkfigure.reference").joinpath("data/published-figures.json").read_text("utf-8"))
    published = {record["id"]: record["value"] for record in records}
    share = 1.0 if size == "full" else 0.01
    first, last = int(published["mr-n-2014"]), int(published["mr-n-2017"])
    growth = (last / first) ** (1 / 3)
    years = {year: first * part for year, part in _EARLY_YEARS.items()}
    years |= {2014: first, 2015: first * growth, 2016: first * growth**2, 2017: last}
    return ReportTargets(
        reports=round(int(published["ct-reports"]) * share),
        entries=round(int(published["ct-ips"]) * share),
        in_use={year: round(n * share) for year, n in years.items()},
        share=share,
    )
