"""In which region does a country lie? The 2020 study's five labels, another reading of them, and the UN geoscheme."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

NO_REGION = "Elsewhere"
"""Label for countries that a map leaves out (the study names no African region)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMap:
    """One way to put countries into regions.

    Parameters
    ----------
    name : str
        Machine name: ``"study"``, ``"alternative"`` or ``"un"``.
    label : str
        What a reader sees.
    note : str
        Where the map comes from and what is assumed.
    region_of : mapping of str to str
        Region by two-letter country code; countries without a region are absent.
    """

    name: str
    label: str
    note: str
    region_of: Mapping[str, str]

    def region(self, iso2: str) -> str:
        """Region of a country, or ``NO_REGION``."""
        return self.region_of.get(iso2, NO_REGION)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMaps:
    """The region maps a count is made under, and the countries the study names within Asia and the Pacific.

    Parameters
    ----------
    study, alternative, un : RegionMap
        The study's five labels; the same with doubtful countries on their other side; the UN geoscheme.
    asia_pacific_groups : mapping of str to str
        ``"mixed"`` or ``"source"`` by country code, for the twelve countries the study names.
    """

    study: RegionMap
    alternative: RegionMap
    un: RegionMap
    asia_pacific_groups: Mapping[str, str]


@cache
def region_maps() -> RegionMaps:
    """Which region maps are there?

    Returns
    -------
    RegionMaps

    Notes
    -----
    The study prints five labels and names twelve Asia-Pacific countries; every other placing is an assumption, marked
    so in ``regions-2020.csv``. The alternative moves countries that an analyst could place elsewhere: Mexico to North
    America, Turkey to the Middle East, South Asia out of Asia/Pacific. UN regions follow the M49 standard, with the
    Americas in two parts.

    Examples
    --------
    >>> maps = region_maps()
    >>> maps.study.region("MX"), maps.alternative.region("MX"), maps.un.region("MX")
    ('Latin America', 'North America', 'Latin America and the Caribbean')
    >>> maps.study.region("GH")
    'Elsewhere'
    """
    text = (resources.files("darkfigure.reference") / "data" / "regions-2020.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    study = {r["iso2"]: r["study_region"] for r in rows if r["study_region"]}
    moved = {r["iso2"]: r["alternative_region"] for r in rows if r["alternative_region"]}
    return RegionMaps(
        study=RegionMap(
            name="study",
            label="The study's five regions",
            note="Labels as published; the report names twelve Asia-Pacific countries, other placings are assumed.",
            region_of=MappingProxyType(study),
        ),
        alternative=RegionMap(
            name="alternative",
            label="The study's regions, doubtful countries moved",
            note="Mexico in North America, Turkey in the Middle East, South Asia apart.",
            region_of=MappingProxyType(study | moved),
        ),
        un=RegionMap(
            name="un",
            label="UN geoscheme",
            note="United Nations M49 regions, the Americas in two parts.",
            region_of=MappingProxyType({r["iso2"]: r["un_region"] for r in rows if r["un_region"]}),
        ),
        asia_pacific_groups=MappingProxyType(
            {r["iso2"]: r["asia_pacific_group"] for r in rows if r["asia_pacific_group"]}
        ),
    )
