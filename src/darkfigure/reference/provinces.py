"""Provinces of the Philippines as they were in the study period, with a place on a tile map."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Province:
    """One province, or Metro Manila.

    Parameters
    ----------
    code : str
        ISO 3166-2 code, such as ``"PH-CEB"``. ``"PH-00"`` is Metro Manila, which is a region without provinces.
    name : str
        Name at the end of 2017 (Compostela Valley became Davao de Oro in 2019).
    region_code, region_name : str
        Region at the end of 2017, after the Negros Island Region was dissolved.
    tile_col, tile_row : int
        Cell of a tile map that keeps neighbours close: columns run east, rows run south, both from 0. Every province
        has its own cell of the same size, so that a map shows no place smaller than a province.
    """

    code: str
    name: str
    region_code: str
    region_name: str
    tile_col: int
    tile_row: int


@cache
def provinces() -> tuple[Province, ...]:
    """Which provinces does the study know, and where do they lie on a tile map?

    Returns
    -------
    tuple of Province
        The 81 provinces of 2013-2022 and Metro Manila, by code.

    Source
    ------
    Codes: ISO 3166-2:PH. Regions: Philippine Standard Geographic Code at the end of 2017. The tile map is our own.

    Examples
    --------
    >>> len(provinces())
    82
    >>> next(p.name for p in provinces() if p.code == "PH-CEB")
    'Cebu'
    """
    text = (resources.files("darkfigure.reference") / "data" / "ph-provinces.csv").read_text(encoding="utf-8")
    return tuple(
        Province(
            row["code"],
            row["name"],
            row["region_code"],
            row["region_name"],
            int(row["tile_col"]),
            int(row["tile_row"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def province_codes() -> frozenset[str]:
    """Which codes may stand in a field that names a province?

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> "PH-00" in province_codes(), "PH-NCR" in province_codes()
    (True, False)
    """
    return frozenset(province.code for province in provinces())
