"""Where is each country on a map? One point for every country, in the middle of its largest piece of land."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Centroid:
    """One point for a country.

    Parameters
    ----------
    iso_numeric : str
        Three-digit code of ISO 3166-1, as map outlines use it.
    lon, lat : float
        Degrees, rounded to a tenth: nothing finer is meant.
    """

    iso_numeric: str
    lon: float
    lat: float


@cache
def country_centroids() -> dict[str, Centroid]:
    """Where does a map put each country, by two-letter code?

    Returns
    -------
    dict of str to Centroid
        All 249 entries of ISO 3166-1.

    Notes
    -----
    Centroid of the largest polygon of Natural Earth 1:50m (public domain); small territories without an outline of
    their own are set by hand.

    Examples
    --------
    >>> country_centroids()["PH"]
    Centroid(iso_numeric='608', lon=121.4, lat=16.0)
    """
    text = (resources.files("darkfigure.reference") / "data" / "country-centroids.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {r["iso2"]: Centroid(r["iso_numeric"], float(r["lon"]), float(r["lat"])) for r in rows}
