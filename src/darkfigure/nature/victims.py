"""Who are the victims named in the files: how many, in how many cases, of which sex?"""

from __future__ import annotations

from collections import Counter

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.options import in_words
from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic, those_known
from darkfigure.nature.units import Numbers, units_of
from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table
from darkfigure.records.restricted import Sex

SEXES: dict[str, str] = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.TRANSGENDER: "transgender"}
BASE = "all victims named in the reviewed files"
BASE_LABEL = "victims named in the reviewed files"


def victim_topic(review: Review) -> Topic:
    """Words that every finding about victims shares."""
    return Topic(review=review, unit="victims", base_label=BASE_LABEL)


def victim_answer(review: Review) -> Answer:
    """Count the victims, their cases and their sex.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``victims``, ``victim-cases``, ``case-files-without-victims``, ``victims-per-case``,
        ``victim-cases-large``, ``victims-female``, ``victims-male``; tables ``victims-by-sex``,
        ``victims-by-case-size``.
    """
    findings = [*_totals(review), *_sexes(review)]
    return Answer(tuple(findings), (_by_sex(review), _by_case_size(review)))


def victims_per_case(review: Review) -> Numbers:
    """Number of victims of each case that names one, in the order of case numbers."""
    sizes = Counter(v.case for v in review.table.victims)
    return Numbers(tuple(sorted(sizes)), tuple(sizes[case] for case in sorted(sizes)))


def _totals(review: Review) -> list[Finding]:
    topic, files = victim_topic(review), review.table.cases
    sizes = victims_per_case(review)
    cases = len(sizes.cases)
    limit = review.options.large_case_victims
    large = sum(size is not None and size >= limit for size in sizes.values)
    by_case = Topic(review=review, unit="cases", base_label="cases that name a victim")
    by_file = Topic(review=review, unit="case files", base_label="reviewed case files")
    return [
        topic.count(
            "victims",
            "The reviewed files name {value} victims, in {value:victim-cases} cases.",
            len(review.table.victims),
            estimand="victims named in the reviewed files, not all victims; a person in two cases counts twice",
            contributors=cases,
        ),
        by_file.count(
            "victim-cases",
            "{value} of the {base} files name at least one victim.",
            cases,
            estimand="reviewed case files that name at least one victim",
            contributors=cases,
            base=len(files),
            unit="cases",
        ),
        by_file.count(
            "case-files-without-victims",
            "{value} of the {base} files name no victim.",
            len(files) - cases,
            estimand="reviewed case files that name no victim",
            contributors=len(files) - cases,
            base=len(files),
        ),
        by_case.mean(
            "victims-per-case",
            "A case that names a victim names {value} on average{detail}.",
            sizes,
            unit="ratio",
            estimand="mean number of victims over the cases that name one",
        ),
        by_case.count(
            "victim-cases-large",
            f"{{value}} of the {{base}} cases name {in_words(limit)} victims or more.",
            large,
            estimand=f"cases that name {in_words(limit)} victims or more",
            contributors=large,
            base=cases,
        ),
    ]


def _sexes(review: Review) -> list[Finding]:
    units = units_of(review.table.victims, case=lambda v: v.case, code=lambda v: v.sex)
    options, topic = review.options, victim_topic(review)
    words = {Sex.FEMALE: "girls or women", Sex.MALE: "boys or men"}
    who = those_known("victims", "whose sex is known", unknown=units.count(None))
    return [
        topic.share(
            f"victims-{code}",
            f"Of the {who}, {{value}} were {text}{{detail}}.",
            share_of(units, {code}, convention=options.attribute_unknowns, level=options.level),
            estimand=f"share of victims named in the reviewed files who were {text}, among those of known sex",
        )
        for code, text in words.items()
    ]


def _by_sex(review: Review) -> Table:
    return category_table(
        "victims-by-sex",
        title="Victims by sex",
        base=BASE,
        label="sex",
        unit="victims",
        units=units_of(review.table.victims, case=lambda v: v.case, code=lambda v: v.sex),
        categories=SEXES,
        convention=review.options.attribute_unknowns,
        level=review.options.level,
    )


def _by_case_size(review: Review) -> Table:
    limit = review.options.large_case_victims
    floors = sorted({1, 2, 4, 6, limit} - {f for f in (2, 4, 6) if f >= limit})
    sizes = [size for size in victims_per_case(review).values if size is not None]
    rows = []
    for floor, after in zip(floors, [*floors[1:], None], strict=True):
        within = [s for s in sizes if s >= floor and (after is None or s < after)]
        last = None if after is None else after - 1
        label = f"{floor} or more" if last is None else str(floor) if last == floor else f"{floor} to {last}"
        rows.append((label, len(within), sum(within), len(within)))
    return Table(
        id="victims-by-case-size",
        question=Question.NATURE,
        title="Cases by number of victims",
        base="all cases that name a victim",
        columns=(
            Column(name="victims_in_case", title="Victims in the case", kind=ColumnKind.LABEL),
            Column(name="victim_cases", title="Cases", kind=ColumnKind.COUNT, unit="cases"),
            Column(name="victims", title="Victims", kind=ColumnKind.COUNT, unit="victims"),
            Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(rows),
        source=SOURCE,
    )
