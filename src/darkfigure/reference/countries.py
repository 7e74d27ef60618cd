"""Which countries are there, and what are they called? ISO 3166-1 codes with names in several languages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

_WITH_ARTICLE = frozenset(
    {
        "AE", "BS", "CD", "CF", "CG", "CK", "DO", "FK", "FO", "GB", "GM", "IM", "KM", "KY", "MH", "MP", "MV", "NL",
        "PH", "SB", "SC", "TC", "US", "VA", "VG", "VI",
    }
)  # fmt: skip
"""Countries whose English name takes "the" inside a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """One country or territory of ISO 3166-1.

    Parameters
    ----------
    iso2, iso3 : str
        Codes of two and of three letters.
    english : str
        Short name in English; what the report prints.
    french, nordic, also : tuple of str
        Names in French, in the Nordic languages, and other English names; empty where none is recorded.
    """

    iso2: str
    iso3: str
    english: str
    french: tuple[str, ...]
    nordic: tuple[str, ...]
    also: tuple[str, ...]


@cache
def countries() -> dict[str, Country]:
    """Which countries are there, by two-letter code?

    Returns
    -------
    dict of str to Country
        All 249 entries of ISO 3166-1, in order of their code.

    Notes
    -----
    Codes: ISO 3166-1 (2020). Short names are this project's, close to the standard's; French and Nordic names are given
    for the countries that partners' files name most.

    Examples
    --------
    >>> countries()["PH"].french
    ('Philippines',)
    >>> len(countries())
    249
    """
    text = (resources.files("darkfigure.reference") / "data" / "countries.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        found[row["iso2"]] = Country(
            iso2=row["iso2"],
            iso3=row["iso3"],
            english=row["english"],
            french=_names(row["french"]),
            nordic=_names(row["nordic"]),
            also=_names(row["also"]),
        )
    return found


def _names(field: str) -> tuple[str, ...]:
    return tuple(name for name in field.split("|") if name)


def country_name(iso2: str) -> str:
    """What is this country called in the report?

    Parameters
    ----------
    iso2 : str
        Two-letter code.

    Returns
    -------
    str
        Short English name, or ``"Country not known"`` for a code that is not in ISO 3166-1.

    Examples
    --------
    >>> country_name("KH"), country_name("ZZ")
    ('Cambodia', 'Country not known')
    """
    country = countries().get(iso2)
    return country.english if country else "Country not known"


def country_in_sentence(iso2: str) -> str:
    """How does this country stand inside a sentence?

    Examples
    --------
    >>> country_in_sentence("PH"), country_in_sentence("MX")
    ('the Philippines', 'Mexico')
    """
    name = country_name(iso2)
    return f"the {name}" if iso2 in _WITH_ARTICLE else name
