"""Country names as agencies write them, resolved to two-letter codes."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Literal, get_args

from darkfigure.reference.countries import Country, countries

CountryForm = Literal["iso2", "iso3", "english", "french", "nordic"]
"""A code, or names in English, French or the Nordic languages."""

COUNTRY_FORMS: tuple[str, ...] = get_args(CountryForm)


def resolve_country(text: str, *, form: CountryForm) -> str | None:
    """Which country does this text name, in the declared form?

    Parameters
    ----------
    text : str
        The field; letter case, accents written in another way and repeated blanks do not matter.
    form : str
        The declared form. Names of another language are not tried.

    Returns
    -------
    str or None
        ISO 3166-1 alpha-2, or ``None`` when no country has this name in this form.

    Examples
    --------
    >>> resolve_country("  cambodge", form="french"), resolve_country("PHL", form="iso3")
    ('KH', 'PH')
    >>> resolve_country("Rumania", form="english")
    'RO'
    >>> resolve_country("Kambodsja", form="english") is None
    True
    """
    return _names(form).get(_plain(text))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
    return " ".join(folded.split())


@cache
def _names(form: CountryForm) -> dict[str, str]:
    return {_plain(name): country.iso2 for country in countries().values() for name in _written(country, form)}


def _written(country: Country, form: CountryForm) -> tuple[str, ...]:
    if form == "iso2":
        return (country.iso2,)
    if form == "iso3":
        return (country.iso3,)
    if form == "english":
        return (country.english, *country.also)
    return country.french if form == "french" else country.nordic
