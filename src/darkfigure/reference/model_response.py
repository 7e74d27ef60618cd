"""Which capabilities does the Model National Response name? The 2016 numbering, which the 2020 study cites."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One capability of the WeProtect Model National Response.

    Parameters
    ----------
    number : int
        1 to 21, numbering of ``version``.
    group : str
        One of the model's six groups.
    name : str
        Short name.
    version : int
        Year of the model's text.
    standing : str
        How far the wording here was checked.
    """

    number: int
    group: str
    name: str
    version: int
    standing: str


@cache
def capabilities() -> dict[int, Capability]:
    """Which capabilities are there, by number?

    Returns
    -------
    dict of int to Capability
        The 21 capabilities of the 2016 numbering; the model was revised in 2022, so a number means nothing without its
        version.

    Examples
    --------
    >>> capabilities()[12].name
    'CSEA hotline'
    """
    text = (resources.files("darkfigure.reference") / "data" / "model-national-response.csv").read_text("utf-8")
    return {
        int(row["number"]): Capability(
            number=int(row["number"]),
            group=row["group"],
            name=row["capability"],
            version=int(row["version"]),
            standing=row["standing"],
        )
        for row in csv.DictReader(text.splitlines())
    }
