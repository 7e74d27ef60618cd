"""How old were the victims when they were rescued or identified?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.options import in_words
from darkfigure.nature.review import Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic, those_known
from darkfigure.nature.units import Numbers, Units, numbers_of
from darkfigure.nature.victims import BASE, victim_topic
from darkfigure.records.aggregate import Answer, Finding, Table
from darkfigure.records.restricted import Victim


def victim_age_answer(review: Review) -> Answer:
    """Describe the ages: median, youngest, oldest, bands, adults and adults in cases without a minor.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``victims-age-known``, ``victims-age-median``, ``victims-age-youngest``, ``victims-age-oldest``,
        ``victims-adult``, ``victims-adult-apart`` and, where there are such adults, ``victims-adult-apart-youngest``
        and ``victims-adult-apart-oldest``; table ``victims-by-age-band``.
    """
    ages = numbers_of(review.table.victims, case=lambda v: v.case, value=lambda v: v.age_years)
    findings = [*_middle_and_ends(review, ages), *_adults(review, ages)]
    return Answer(tuple(findings), (_by_band(review, ages),))


def band_labels(floors: Sequence[int]) -> tuple[str, ...]:
    """Name the age bands that start at these ages.

    Parameters
    ----------
    floors : sequence of int
        Lowest age in years of each band, rising.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> band_labels((0, 3, 17, 18))
    ('under 3', '3 to 16', '17', '18 and over')
    """
    named = []
    for floor, after in pairwise(floors):
        last = after - 1
        named.append(f"under {after}" if floor == 0 else str(floor) if floor == last else f"{floor} to {last}")
    return (*named, f"{floors[-1]} and over")


def band_of(age: int, floors: Sequence[int]) -> str:
    """Name the band of one age.

    Examples
    --------
    >>> band_of(11, (0, 3, 11, 18))
    '11 to 17'
    """
    return band_labels(floors)[max(i for i, floor in enumerate(floors) if age >= floor)]


def adults_apart(victims: Sequence[Victim], adult_age: int) -> list[Victim]:
    """Find the adult victims in whose case no victim of known age is a minor."""
    with_minor = {v.case for v in victims if v.age_years is not None and v.age_years < adult_age}
    return [v for v in victims if v.age_years is not None and v.age_years >= adult_age and v.case not in with_minor]


def _middle_and_ends(review: Review, ages: Numbers) -> list[Finding]:
    topic = victim_topic(review)
    known = len(ages.known.cases)
    who = _of_known_age(ages)
    return [
        topic.count(
            "victims-age-known",
            "The files state the age of {value} of the {base} victims.",
            known,
            estimand="victims whose age at rescue or identification is stated",
            contributors=ages.behind(),
            base=len(ages.cases),
            known=known,
        ),
        topic.median(
            "victims-age-median",
            f"Half of the {who} were {{value}} years old or younger{{detail}}.",
            ages,
            unit="years",
            estimand="median age in completed years at rescue or identification of victims of known age",
            headline=True,
        ),
        *topic.extremes(
            ages,
            ids=("victims-age-youngest", "victims-age-oldest"),
            statements=(
                "The youngest victim had completed {value} years of age; zero is under one year.",
                "The oldest victim was {value} years old.",
            ),
            estimands=(
                "lowest known age in completed years; zero is under one year",
                "highest known age in completed years",
            ),
            unit="years",
        ),
    ]


def _of_known_age(ages: Numbers) -> str:
    unknown = len(ages.cases) - len(ages.known.cases)
    return those_known("victims", "whose age is known", unknown=unknown)


def _adults(review: Review, ages: Numbers) -> list[Finding]:
    options, topic = review.options, victim_topic(review)
    adult = in_words(options.adult_age)
    groups = _as_units(ages, (0, options.adult_age))
    share = share_of(
        groups, {f"{options.adult_age} and over"}, convention=options.attribute_unknowns, level=options.level
    )
    apart = adults_apart(review.table.victims, options.adult_age)
    by_adult = Topic(review=review, unit="victims", base_label="adult victims")
    found = [
        topic.share(
            "victims-adult",
            f"Of the {_of_known_age(ages)}, {{value}} were {adult} or older{{detail}}.",
            share,
            estimand=f"share of victims of known age who were {adult} or older at rescue or identification",
        ),
        by_adult.count(
            "victims-adult-apart",
            "{value} of the {base} adult victims were in a case that names no minor victim.",
            len(apart),
            estimand="adult victims in whose case no victim of known age was a minor",
            contributors=len({v.case for v in apart}),
            base=share.count,
        ),
    ]
    if not apart:
        return found
    apart_ages = numbers_of(apart, case=lambda v: v.case, value=lambda v: v.age_years)
    return [
        *found,
        *by_adult.extremes(
            apart_ages,
            ids=("victims-adult-apart-youngest", "victims-adult-apart-oldest"),
            statements=(
                "The youngest adult victim in a case that names no minor victim was {value} years old.",
                "The oldest adult victim in a case that names no minor victim was {value} years old.",
            ),
            estimands=(
                "lowest age in completed years of adult victims in cases without a minor victim",
                "highest age in completed years of adult victims in cases without a minor victim",
            ),
            unit="years",
        ),
    ]


def _as_units(ages: Numbers, floors: Sequence[int]) -> Units:
    return Units(ages.cases, tuple(None if age is None else band_of(age, floors) for age in ages.values))


def _by_band(review: Review, ages: Numbers) -> Table:
    floors = review.options.age_band_floors
    labels = band_labels(floors)
    return category_table(
        "victims-by-age-band",
        title="Victims by age at rescue or identification",
        base=BASE,
        label="age_years",
        unit="victims",
        units=_as_units(ages, floors),
        categories={label: label for label in labels},
        convention=review.options.attribute_unknowns,
        level=review.options.level,
        note="Ages are completed years at rescue or identification, not at the start of abuse.",
    )
