"""How is a released number written for a reader?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from darkfigure.disclosure.released import SUPPRESSED, ReleasedCell
from darkfigure.records.aggregate import Column, ColumnKind, Interval, Missing

WITHHELD = "a number withheld to protect people"
"""What stands in a sentence in place of a withheld number."""

CALENDAR_UNITS = frozenset({"year", "calendar year"})
"""Units whose values are names of years and take no thousands separator."""

_ESTIMATE_FROM = 1000
_ESTIMATE_DIGITS = 3


def grouped(number: float, decimals: int = 0) -> str:
    """Write a number with thousands separators and a fixed number of decimals, halves away from zero.

    Examples
    --------
    >>> grouped(193405), grouped(2.345, 2), grouped(-0.0001)
    ('193,405', '2.35', '0')
    """
    step = 10**decimals
    scaled = math.floor(abs(number) * step + 0.5 + 1e-9)
    text = f"{scaled / step:,.{decimals}f}"
    return f"\N{MINUS SIGN}{text}" if number < 0 and scaled else text


def significant(number: float, digits: int = _ESTIMATE_DIGITS) -> float:
    """Round to significant digits, halves away from zero.

    Examples
    --------
    >>> significant(81723), significant(23333.4)
    (81700.0, 23300.0)
    """
    if number == 0 or not math.isfinite(number):
        return number
    step = 10.0 ** (math.floor(math.log10(abs(number))) - digits + 1)
    return math.copysign(math.floor(abs(number) / step + 0.5 + 1e-9) * step, number)


def percent(share: float, decimals: int = 0, *, sign: str = "%") -> str:
    """Write a proportion as a percentage, never calling a small one nothing or a large one all.

    Examples
    --------
    >>> percent(0.8635), percent(0.002), percent(0.9999), percent(0.0)
    ('86%', 'less than 1%', 'more than 99%', '0%')
    """
    text = grouped(100 * share, decimals)
    smallest = grouped(10**-decimals, decimals)
    if share > 0 and float(text) == 0:
        return f"less than {smallest}{sign}"
    if share < 1 and float(text) == 100:
        return f"more than {grouped(100 - 10**-decimals, decimals)}{sign}"
    return f"{text}{sign}"


def quantity(value: float | str, unit: str) -> str:
    """Write a finding's value: counts exactly, estimates to three digits, shares in percent.

    Parameters
    ----------
    value : int, float or str
        Whole numbers are counts; floats are estimates or measures.
    unit : str
        ``"share"`` for proportions.

    Returns
    -------
    str
        The number without its unit, but with the percent sign of a share.

    Examples
    --------
    >>> quantity(125032, "reports"), quantity(81723.4, "addresses"), quantity(0.64, "share"), quantity(3.5025, "ratio")
    ('125,032', '81,700', '64%', '3.5')
    >>> quantity(2014, "year"), quantity(148.9, "per 10,000"), quantity("Philippines", "country")
    ('2014', '149', 'Philippines')
    """
    if isinstance(value, str):
        return value
    if unit in CALENDAR_UNITS:
        return f"{value:.0f}"
    if unit == "share":
        return percent(float(value))
    if isinstance(value, int):
        return grouped(value)
    return measure(value)


def measure(value: float) -> str:
    """Write a number that is not a count: three digits from a thousand on, one decimal below ten.

    Examples
    --------
    >>> measure(23333.3), measure(43.2), measure(2.0), measure(0.437)
    ('23,300', '43', '2', '0.44')
    """
    size = abs(value)
    if size >= _ESTIMATE_FROM:
        return grouped(significant(value))
    if value == int(value) or size >= 10:
        return grouped(value)
    return grouped(value, 1 if size >= 1 else 2)


def interval_words(interval: Interval, unit: str) -> str:
    """Write an interval in words, with the percent sign once.

    Examples
    --------
    >>> interval_words(Interval(79912.0, 83591.0, 0.95, "profile"), "addresses")
    '79,900 to 83,600'
    >>> interval_words(Interval(0.041, 0.212, 0.95, "wilson"), "share")
    '4 to 21%'
    >>> interval_words(Interval(812.0, float("inf"), 0.95, "bounds"), "addresses")
    '812 or more'
    """
    lower, upper = bound(interval.lower, unit), bound(interval.upper, unit)
    if not upper:
        return f"{lower} or more"
    if unit == "share" and lower[:-1].isdigit():
        lower = lower[:-1]
    return f"{lower} to {upper}"


def bound(value: float, unit: str) -> str:
    """Write one end of an interval; an infinite end is empty text.

    Examples
    --------
    >>> bound(0.041, "share"), bound(float("inf"), "addresses")
    ('4%', '')
    """
    if not math.isfinite(value):
        return ""
    return percent(value) if unit == "share" else measure(float(value))


def and_list(names: Sequence[str]) -> str:
    """Join names the way a sentence does.

    Examples
    --------
    >>> and_list(["Mexico"]), and_list(["Mexico", "Brazil", "India"])
    ('Mexico', 'Mexico, Brazil and India')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def the_country(name: str) -> str:
    """Put the article before the countries that take one.

    Examples
    --------
    >>> the_country("Philippines"), the_country("Mexico")
    ('the Philippines', 'Mexico')
    """
    plural = ("Philippines", "Netherlands", "Bahamas", "Maldives", "Comoros", "Gambia", "Seychelles")
    return (
        f"the {name}"
        if name in plural or name.startswith("United ") or name.endswith(("Islands", "Republic"))
        else name
    )


def cell_text(cell: ReleasedCell, column: Column) -> str:
    """Write a table cell: withheld, missing and zero stay three different things.

    Examples
    --------
    >>> count = Column(name="n", title="Victims", kind=ColumnKind.COUNT)
    >>> [cell_text(c, count) for c in (SUPPRESSED, Missing.NOT_STATED, 0, 1234)]
    ['withheld', 'not stated', '0', '1,234']
    """
    if cell is SUPPRESSED or isinstance(cell, Missing):
        return str(cell.value)
    if isinstance(cell, str):
        return cell
    if column.kind is ColumnKind.SHARE:
        return percent(float(cell), column.decimals)
    if column.unit in CALENDAR_UNITS:
        return f"{cell:.0f}"
    if column.kind is ColumnKind.ESTIMATE and column.decimals == 0 and abs(cell) >= _ESTIMATE_FROM:
        return grouped(significant(float(cell)))
    return grouped(cell, column.decimals)
