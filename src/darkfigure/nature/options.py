"""Which conventions does the structured review follow?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnknownConvention(StrEnum):
    """Whether units of unknown property belong to the denominator of a share.

    ``EXCLUDE`` divides by the units whose property is known; ``INCLUDE`` divides by all units and keeps "unknown" as a
    category of its own. Neither is right in general, so both shares stand in every table and this switch decides only
    which of the two a sentence states.
    """

    EXCLUDE = "exclude"
    INCLUDE = "include"


@dataclass(frozen=True, slots=True, kw_only=True)
class NatureOptions:
    """Choices of the review that change numbers, each with the value of the 2020 study as its default.

    Parameters
    ----------
    level : float
        Confidence level of every interval, between 0 and 1.
    seed : int
        Kept in the manifest; no result of this package depends on chance.
    first_year, last_year : int or None
        Calendar years the files were sampled from; years without a file are then shown as zero. ``None`` takes the
        first and last year found.
    large_case_victims : int
        Victims from which a case counts as large.
    adult_age : int
        Age in years from which a person is an adult.
    age_band_floors : tuple of int
        Lowest age in years of each band of victims' ages, rising, the first 0.
    initiation_unknowns, commercial_unknowns : UnknownConvention
        The study divides both by all files.
    relation_unknowns : UnknownConvention
        Relation to the trafficker: the study divides by the victims whose relation is known.
    group_relation_unknowns : UnknownConvention
        Relation between victims rescued together: the study keeps unknown as a category.
    attribute_unknowns : UnknownConvention
        Sex, age, nationality, language and channel: by default divided by the known.
    history_unknowns : UnknownConvention
        Customers' travel and history of contact abuse: the study divides by all referrals with customer information.
    country_minimum : int
        Lead customers below which a country is shown under "other countries".
    home_country : str
        ISO 3166-1 alpha-2 code of the country whose files were reviewed.

    Examples
    --------
    >>> NatureOptions().relation_unknowns
    <UnknownConvention.EXCLUDE: 'exclude'>
    """

    level: float = 0.95
    seed: int = 0
    first_year: int | None = None
    last_year: int | None = None
    large_case_victims: int = 10
    adult_age: int = 18
    age_band_floors: tuple[int, ...] = (0, 3, 6, 8, 11, 13, 15, 18)
    initiation_unknowns: UnknownConvention = UnknownConvention.INCLUDE
    commercial_unknowns: UnknownConvention = UnknownConvention.INCLUDE
    relation_unknowns: UnknownConvention = UnknownConvention.EXCLUDE
    group_relation_unknowns: UnknownConvention = UnknownConvention.INCLUDE
    attribute_unknowns: UnknownConvention = UnknownConvention.EXCLUDE
    history_unknowns: UnknownConvention = UnknownConvention.INCLUDE
    country_minimum: int = 3
    home_country: str = "PH"


SMALL_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "twenty-one"),
)
"""Whole numbers in words, from zero."""


def in_words(number: int) -> str:
    """Write a small whole number in words, so that sentences hold no digit that is not a result.

    Examples
    --------
    >>> in_words(10), in_words(18)
    ('ten', 'eighteen')
    """
    return SMALL_NUMBERS[number] if 0 <= number < len(SMALL_NUMBERS) else str(number)
