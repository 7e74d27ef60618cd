"""Who are the traffickers named in the files: how many, alone or together, of which sex, age and nationality?"""

from __future__ import annotations

from collections import Counter, defaultdict

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.options import in_words
from darkfigure.nature.review import Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic, those_known
from darkfigure.nature.units import Numbers, Units, numbers_of, units_of
from darkfigure.records.aggregate import Answer, Finding, Table
from darkfigure.records.restricted import Nationality, Sex

BASE = "all traffickers named in the reviewed files"
BASE_LABEL = "traffickers named in the reviewed files"
SEXES: dict[str, str] = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.TRANSGENDER: "transgender"}
NATIONALITIES: dict[str, str] = {Nationality.FILIPINO: "Filipino", Nationality.FOREIGN: "foreign national"}
COMPOSITIONS = (
    "female and male",
    "all female",
    "all male",
    "all transgender",
    "another mix",
)


def trafficker_topic(review: Review) -> Topic:
    """Words that every finding about traffickers shares."""
    return Topic(review=review, unit="traffickers", base_label=BASE_LABEL)


def trafficker_answer(review: Review) -> Answer:
    """Count the traffickers and describe their cases, sex, age and nationality.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``traffickers``, ``trafficker-cases``, ``traffickers-per-case``, ``trafficker-cases-multiple``,
        ``traffickers-female``, ``traffickers-age-known``, ``traffickers-age-median``, ``traffickers-age-youngest``,
        ``traffickers-age-oldest``, ``traffickers-minors``, ``traffickers-foreign``, ``traffickers-filipino``,
        ``traffickers-arrested``; tables ``trafficker-cases-by-composition``, ``traffickers-by-sex``,
        ``traffickers-by-nationality``.
    """
    findings = [*_totals(review), *_sex(review), *_ages(review), *_nationality(review), _arrested(review)]
    tables = (
        _composition(review),
        _by(review, "sex", "Traffickers by sex", _sexes(review), SEXES),
        _by(review, "nationality", "Traffickers by nationality", _nationalities(review), NATIONALITIES),
    )
    return Answer(tuple(findings), tables)


def composition_of(sexes: list[Sex]) -> str | None:
    """Name the mix of sexes of several traffickers; ``None`` when any is unknown.

    Examples
    --------
    >>> composition_of([Sex.FEMALE, Sex.MALE]), composition_of([Sex.MALE, Sex.UNKNOWN])
    ('female and male', None)
    """
    found = set(sexes)
    if Sex.UNKNOWN in found:
        return None
    if len(found) == 1:
        return f"all {SEXES[found.pop()]}"
    return "female and male" if found == {Sex.FEMALE, Sex.MALE} else "another mix"


def _per_case(review: Review) -> Numbers:
    sizes = Counter(t.case for t in review.table.traffickers)
    return Numbers(tuple(sorted(sizes)), tuple(sizes[case] for case in sorted(sizes)))


def _sexes(review: Review) -> Units:
    return units_of(review.table.traffickers, case=lambda t: t.case, code=lambda t: t.sex)


def _nationalities(review: Review) -> Units:
    return units_of(review.table.traffickers, case=lambda t: t.case, code=lambda t: t.nationality)


def _totals(review: Review) -> list[Finding]:
    sizes, topic = _per_case(review), trafficker_topic(review)
    cases = len(sizes.cases)
    several = sum(size is not None and size > 1 for size in sizes.values)
    by_file = Topic(review=review, unit="cases", base_label="reviewed case files")
    by_case = Topic(review=review, unit="cases", base_label="cases that name a trafficker")
    return [
        topic.count(
            "traffickers",
            "The reviewed files name {value} traffickers, in {value:trafficker-cases} cases.",
            len(review.table.traffickers),
            estimand="traffickers named in the reviewed files; a person in two cases counts twice",
            contributors=cases,
        ),
        by_file.count(
            "trafficker-cases",
            "{value} of the {base} files name at least one trafficker.",
            cases,
            estimand="reviewed case files that name at least one trafficker",
            contributors=cases,
            base=len(review.table.cases),
        ),
        by_case.mean(
            "traffickers-per-case",
            "A case that names a trafficker names {value} on average{detail}.",
            sizes,
            unit="ratio",
            estimand="mean number of traffickers over the cases that name one",
        ),
        by_case.count(
            "trafficker-cases-multiple",
            "{value} of the {base} cases that name a trafficker name more than one.",
            several,
            estimand="cases that name more than one trafficker",
            contributors=several,
            base=cases,
        ),
    ]


def _sex(review: Review) -> list[Finding]:
    options = review.options
    who = those_known("traffickers", "whose sex is known", unknown=_sexes(review).count(None))
    return [
        trafficker_topic(review).share(
            "traffickers-female",
            f"Of the {who}, {{value}} were girls or women{{detail}}.",
            share_of(_sexes(review), {Sex.FEMALE}, convention=options.attribute_unknowns, level=options.level),
            estimand="share of traffickers named in the reviewed files who were girls or women, among those of known "
            "sex",
        )
    ]


def _ages(review: Review) -> list[Finding]:
    topic, adult_age = trafficker_topic(review), review.options.adult_age
    ages = numbers_of(review.table.traffickers, case=lambda t: t.case, value=lambda t: t.age_years)
    known = len(ages.known.cases)
    who = those_known("traffickers", "whose age is known", unknown=len(ages.cases) - known)
    minors = [t for t in review.table.traffickers if t.age_years is not None and t.age_years < adult_age]
    return [
        topic.count(
            "traffickers-age-known",
            "The files state the age of {value} of the {base} traffickers.",
            known,
            estimand="traffickers whose age is stated",
            contributors=ages.behind(),
            base=len(ages.cases),
            known=known,
        ),
        topic.median(
            "traffickers-age-median",
            f"Half of the {who} were {{value}} years old or younger{{detail}}.",
            ages,
            unit="years",
            estimand="median age in completed years of traffickers of known age",
        ),
        *topic.extremes(
            ages,
            ids=("traffickers-age-youngest", "traffickers-age-oldest"),
            statements=(
                "The youngest trafficker was {value} years old.",
                "The oldest trafficker was {value} years old.",
            ),
            estimands=("lowest known age in completed years", "highest known age in completed years"),
            unit="years",
        ),
        topic.count(
            "traffickers-minors",
            f"{{value}} of the {who} were under {in_words(adult_age)}: children in conflict with the law.",
            len(minors),
            estimand=f"traffickers of known age under {in_words(adult_age)}, children in conflict with the law",
            contributors=len({t.case for t in minors}),
            base=len(ages.cases),
            known=known,
        ),
    ]


def _nationality(review: Review) -> list[Finding]:
    units, options, topic = _nationalities(review), review.options, trafficker_topic(review)
    who = those_known("traffickers", "whose nationality is known", unknown=units.count(None))
    share = share_of(units, {Nationality.FILIPINO}, convention=options.attribute_unknowns, level=options.level)
    return [
        topic.count(
            "traffickers-foreign",
            f"{{value}} of the {who} were foreign nationals.",
            units.count(Nationality.FOREIGN),
            estimand="traffickers of known nationality who were foreign nationals",
            contributors=units.behind(lambda code: code == Nationality.FOREIGN),
            base=len(units.cases),
            known=units.known,
        ),
        topic.share(
            "traffickers-filipino",
            f"Of the {who}, {{value}} were Filipino{{detail}}.",
            share,
            estimand="share of traffickers of known nationality who were Filipino",
        ),
    ]


def _arrested(review: Review) -> Finding:
    arrested = [t for t in review.table.traffickers if t.arrested]
    return trafficker_topic(review).count(
        "traffickers-arrested",
        "{value} of the {base} traffickers had been arrested when the files were reviewed.",
        len(arrested),
        estimand="traffickers named in the reviewed files who had been arrested",
        contributors=len({t.case for t in arrested}),
        base=len(review.table.traffickers),
    )


def _by(review: Review, label: str, title: str, units: Units, categories: dict[str, str]) -> Table:
    return category_table(
        f"traffickers-by-{label}",
        title=title,
        base=BASE,
        label=label,
        unit="traffickers",
        units=units,
        categories=categories,
        convention=review.options.attribute_unknowns,
        level=review.options.level,
    )


def _composition(review: Review) -> Table:
    sexes: defaultdict[int, list[Sex]] = defaultdict(list)
    for trafficker in review.table.traffickers:
        sexes[trafficker.case].append(trafficker.sex)
    several = sorted(case for case, found in sexes.items() if len(found) > 1)
    return category_table(
        "trafficker-cases-by-composition",
        title="Cases with several traffickers, by who acted together",
        base="all cases that name more than one trafficker",
        label="traffickers",
        unit="trafficker_cases",
        units=Units(tuple(several), tuple(composition_of(sexes[case]) for case in several)),
        categories={text: text for text in COMPOSITIONS},
        convention=review.options.attribute_unknowns,
        level=review.options.level,
    )
