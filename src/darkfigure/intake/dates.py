"""Dates as agencies write them, in four forms and several languages."""

from __future__ import annotations

import datetime
import re
from typing import Literal, get_args

DateForm = Literal["iso", "us", "english", "french", "nordic"]
"""``iso`` 2016-03-14, ``us`` 3/14/2016, and day, month in words and year in a language."""

DATE_FORMS: tuple[str, ...] = get_args(DateForm)

_EPOCH = datetime.date(1970, 1, 1)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00(?:\.0+)?)?", re.ASCII)
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_WORDS = re.compile(r"(\d{1,2})(?:\.|er|st|nd|rd|th)?\s+([^\W\d_]+)\.?\s+(\d{4})")
_MONTHS: dict[str, tuple[str, ...]] = {
    "english": (
        "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december",
    ),
    "french": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "nordic": (
        "januar januari tammikuuta janúar", "februar februari helmikuuta febrúar", "mars marts maaliskuuta",
        "april huhtikuuta apríl", "mai maj toukokuuta maí", "juni kesäkuuta júní", "juli heinäkuuta júlí",
        "august augusti elokuuta ágúst", "september syyskuuta", "oktober lokakuuta október",
        "november marraskuuta nóvember", "desember december joulukuuta",
    ),
}  # fmt: skip
_MONTH_NUMBER = {
    form: {word: number for number, words in enumerate(months, start=1) for word in words.split()}
    for form, months in _MONTHS.items()
}


def parse_date(text: str, *, form: DateForm) -> datetime.date | None:
    """Which day does this text name, read in one declared form and no other?

    A date in another form is not guessed at: ``3/4/2016`` is 4 March in one country and 3 April in the next.

    Parameters
    ----------
    text : str
        The field.
    form : str
        The declared form.

    Returns
    -------
    datetime.date or None
        ``None`` when the text is no date of this form, or names a day that does not exist.

    Examples
    --------
    >>> parse_date("12. mars 2016", form="nordic")
    datetime.date(2016, 3, 12)
    >>> parse_date("3/4/2016", form="us"), parse_date("3/4/2016", form="iso")
    (datetime.date(2016, 3, 4), None)
    >>> parse_date("30 February 2016", form="english") is None
    True
    """
    parts = _parts(text.strip(), form)
    if parts is None:
        return None
    try:
        return datetime.date(*parts)
    except ValueError:
        return None


def _parts(text: str, form: DateForm) -> tuple[int, int, int] | None:
    if form == "iso":
        found = _ISO.fullmatch(text)
        return (int(found[1]), int(found[2]), int(found[3])) if found else None
    if form == "us":
        found = _US.fullmatch(text)
        return (int(found[3]), int(found[1]), int(found[2])) if found else None
    found = _WORDS.fullmatch(text)
    month = _MONTH_NUMBER[form].get(found[2].casefold()) if found else None
    return (int(found[3]), month, int(found[1])) if found and month else None


def day_number(date: datetime.date) -> int:
    """Days since 1970-01-01, the form in which records keep a day.

    Examples
    --------
    >>> day_number(datetime.date(1970, 1, 2))
    1
    """
    return (date - _EPOCH).days


def year_of(day: int) -> int:
    """Year of a day number.

    Examples
    --------
    >>> year_of(0)
    1970
    """
    return (_EPOCH + datetime.timedelta(days=day)).year
