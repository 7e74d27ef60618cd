"""Margins that a synthetic case review must meet: the published ones, and settings for what the report lost.

The published records are shares and totals; the counts here follow from them by rounding. Everything marked as a
setting in :func:`full_targets` is our own choice, made to agree with what the report says in words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from darkfigure.records.restricted import (
    Agency,
    Initiation,
    RelationInGroup,
    RelationToTrafficker,
    YesNo,
)

Size = Literal["full", "small"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """Victims of known age in one band, limits included."""

    low: int
    high: int
    victims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTargets:
    """How many of what a synthetic case review holds.

    Parameters
    ----------
    cases_by_year : mapping of int to int
        Files by year; their sum is the number of files.
    agency, initiation, commercial : mapping
        Files by each code.
    cases_with_victims, victims, large_cases, large_victims : int
        Files with victims, all victims, files with ten victims or more, and the victims in those.
    female_victims : int
        The other victims are male.
    age_bands : tuple of AgeBand
        Victims of known age, oldest band first; other victims have no known age.
    age_median, age_max : int
        Years.
    lone_adults : int
        Adult victims in a case of their own, aged 18; every other adult stands in a case with a minor.
    relation : mapping of RelationToTrafficker to int
        All victims, unknown included.
    rescued, rescued_alone : int
        Victims rescued, and those of them rescued without another victim.
    relation_in_group : mapping of RelationInGroup to int
        Victims rescued with another.
    abuse_known, abuse_mean_months, abuse_min_months, abuse_max_months : int
        Victims whose length of abuse is known, and the mean and range of it.
    victim_provinces, arrest_provinces : int
        Provinces with rescued victims, and those of them with arrests.
    lead_country : mapping of str to int
        Referrals by country of the lead customer; ``""`` is unknown.
    travelled, contact_abuse : int
        Referrals whose customer is known to have travelled, and is known for contact abuse.
    further_customers : int
        Customers beside the lead ones, in other files than the spotlight.
    customer_age_min, customer_age_max : int
        Years.
    trafficker_cases, single_trafficker_cases, single_female : int
        Files with traffickers, those with one trafficker, and those of them where she is female.
    mixed_cases, all_female_cases, all_male_cases, all_transgender_cases : int
        Files with several traffickers, by composition.
    traffickers, female_traffickers, foreign_traffickers : int
    trafficker_age_min, trafficker_age_median, trafficker_age_max : int
        Years.
    english_known, surface_web : int
        Traffickers known to communicate in English, and known to have used the surface web.
    second_coder_files : int
        Files abstracted a second time.
    """

    cases_by_year: Mapping[int, int]
    agency: Mapping[Agency, int]
    initiation: Mapping[Initiation, int]
    commercial: Mapping[YesNo, int]
    cases_with_victims: int
    victims: int
    large_cases: int
    large_victims: int
    female_victims: int
    age_bands: tuple[AgeBand, ...]
    age_median: int
    age_max: int
    lone_adults: int
    relation: Mapping[RelationToTrafficker, int]
    rescued: int
    rescued_alone: int
    relation_in_group: Mapping[RelationInGroup, int]
    abuse_known: int
    abuse_mean_months: int
    abuse_min_months: int
    abuse_max_months: int
    victim_provinces: int
    arrest_provinces: int
    lead_country: Mapping[str, int]
    travelled: int
    contact_abuse: int
    further_customers: int
    customer_age_min: int
    customer_age_max: int
    trafficker_cases: int
    single_trafficker_cases: int
    single_female: int
    mixed_cases: int
    all_female_cases: int
    all_male_cases: int
    all_transgender_cases: int
    traffickers: int
    female_traffickers: int
    foreign_traffickers: int
    trafficker_age_min: int
    trafficker_age_median: int
    trafficker_age_max: int
    english_known: int
    surface_web: int
    second_coder_files: int

    @property
    def files(self) -> int:
        """All files of the review."""
        return sum(self.cases_by_year.values())

    @property
    def known_ages(self) -> int:
        """Victims of known age."""
        return sum(band.victims for band in self.age_bands)


def case_targets(size: Size) -> CaseTargets:
    """Which margins does a synthetic case review of this size meet?

    Parameters
    ----------
    size : {"full", "small"}
        ``"full"`` is the published review of 92 files; ``"small"`` has 12 files of the same structure.

    Returns
    -------
    CaseTargets

    Examples
    --------
    >>> case_targets("full").files, case_targets("small").files
    (92, 12)
    """
    return full_targets() if size == "full" else small_targets()


def full_targets() -> CaseTargets:
    """Which counts do the published shares stand for?

    Settings of our own: the six lost years of Figure 5; the agencies; how cases that no foreign police referred
    began; the 340 known ages and the band limits (the report keeps "18+" only; the limits here are the plain ones
    under which the shares and the median of 11 hold together); the provinces; customers' lesser countries; and how
    many traffickers of each sex acted alone.

    Returns
    -------
    CaseTargets
    """
    figure = _published_figures()
    files, victims = figure["cf-files"], figure["v-total"]
    rescued, together = figure["v-rescued"], _count(figure["v-together"], figure["v-rescued"])
    paid = _count(figure["o-commercial"], files)
    referrals, several = figure["c-n"], figure["t-multi"]
    early = {2010: 1, 2011: 2, 2012: 2, 2013: 3, 2015: 14, 2016: 26}
    limits = ((18, figure["v-age-max"]), (15, 17), (13, 14), (11, 12), (8, 10), (6, 7), (3, 5), (0, 2))
    return CaseTargets(
        cases_by_year=dict(sorted({**early, 2014: figure["fig5-2014"], 2017: figure["fig5-2017"]}.items())),
        agency={Agency.PNP_WCPC: 52, Agency.NBI_AHTRAD: files - 52},
        initiation=_initiation(figure),
        commercial={YesNo.YES: paid, YesNo.NO: 2, YesNo.UNKNOWN: files - paid - 2},
        cases_with_victims=figure["v-cases"],
        victims=victims,
        large_cases=figure["v-large"],
        large_victims=124,
        female_victims=_count(figure["v-female"], victims),
        age_bands=tuple(
            AgeBand(low=low, high=high, victims=_count(figure[f"v-age-band-{place}"], 340))
            for place, (low, high) in enumerate(limits, start=1)
        ),
        age_median=figure["v-age-median"],
        age_max=figure["v-age-max"],
        lone_adults=figure["v-adult-exc"],
        relation=_relation(figure),
        rescued=rescued,
        rescued_alone=rescued - together,
        relation_in_group=_relation_in_group(figure, together),
        abuse_known=figure["v-len-n"],
        abuse_mean_months=12 * figure["v-len-mean"],
        abuse_min_months=figure["v-len-min"],
        abuse_max_months=12 * figure["v-len-max"],
        victim_provinces=24,
        arrest_provinces=14,
        lead_country={
            "US": _count(figure["c-us"], referrals),
            "SE": _count(figure["c-se"], referrals),
            "AU": _count(figure["c-au"], referrals),
            **{"GB": 3, "DE": 2, "CA": 1, "NL": 1, "NO": 1, "": 2},
        },
        travelled=_count(figure["c-travel"], referrals),
        contact_abuse=_count(figure["c-contact"], referrals),
        further_customers=7,
        customer_age_min=figure["c-age-min"],
        customer_age_max=figure["c-age-max"],
        trafficker_cases=figure["t-cases"],
        single_trafficker_cases=figure["t-cases"] - several,
        single_female=24,
        mixed_cases=_count(figure["t-mix-fm"], several),
        all_female_cases=_count(figure["t-mix-f"], several),
        all_male_cases=_count(figure["t-mix-m"], several),
        all_transgender_cases=_count(figure["t-mix-tg"], several),
        traffickers=figure["t-n"],
        female_traffickers=_count(figure["t-female"], figure["t-n"]),
        foreign_traffickers=figure["t-foreign"],
        trafficker_age_min=figure["t-age-min"],
        trafficker_age_median=figure["t-age-median"],
        trafficker_age_max=figure["t-age-max"],
        english_known=78,
        surface_web=112,
        second_coder_files=20,
    )


def _initiation(figure: Mapping[str, int]) -> dict[Initiation, int]:
    files, referred = figure["cf-files"], _count(figure["cf-init"], figure["cf-files"])
    settings = {
        Initiation.DOMESTIC_REFERRAL: 12,
        Initiation.VICTIM_OR_FAMILY_REPORT: 9,
        Initiation.ONLINE_INVESTIGATION: 8,
    }
    unknown = files - referred - sum(settings.values())
    return {Initiation.INTERNATIONAL_REFERRAL: referred, **settings, Initiation.UNKNOWN: unknown}


def _relation(figure: Mapping[str, int]) -> dict[RelationToTrafficker, int]:
    known = figure["v-rel-known"]
    parents, relatives = _count(figure["v-rel-parent"], known), _count(figure["v-rel-other"], known)
    return {
        RelationToTrafficker.BIOLOGICAL_PARENT: parents,
        RelationToTrafficker.OTHER_RELATIVE: relatives,
        RelationToTrafficker.NOT_RELATED: known - parents - relatives,
        RelationToTrafficker.UNKNOWN: figure["v-total"] - known,
    }


def _relation_in_group(figure: Mapping[str, int], together: int) -> dict[RelationInGroup, int]:
    """Split the victims rescued together; the eight percent the report does not describe are not related."""
    siblings, familial = _count(figure["v-tog-sib"], together), _count(figure["v-tog-fam"], together)
    unknown = _count(figure["v-tog-unk"], together)
    return {
        RelationInGroup.SIBLING: siblings,
        RelationInGroup.OTHER_FAMILIAL: familial,
        RelationInGroup.UNKNOWN: unknown,
        RelationInGroup.NOT_RELATED: together - siblings - familial - unknown,
    }


def small_targets() -> CaseTargets:
    """Which margins keep the structure of the review in 12 files?

    Returns
    -------
    CaseTargets
        All settings of our own.
    """
    bands = ((18, 31, 4), (15, 17, 5), (13, 14, 6), (11, 12, 7), (8, 10, 9), (6, 7, 5), (3, 5, 5), (0, 2, 2))
    return CaseTargets(
        cases_by_year={2010: 1, 2011: 1, 2014: 1, 2015: 2, 2016: 2, 2017: 5},
        agency={Agency.PNP_WCPC: 7, Agency.NBI_AHTRAD: 5},
        initiation={
            Initiation.INTERNATIONAL_REFERRAL: 8,
            Initiation.DOMESTIC_REFERRAL: 2,
            Initiation.VICTIM_OR_FAMILY_REPORT: 1,
            Initiation.UNKNOWN: 1,
        },
        commercial={YesNo.YES: 10, YesNo.UNKNOWN: 2},
        cases_with_victims=11,
        victims=48,
        large_cases=2,
        large_victims=21,
        female_victims=41,
        age_bands=tuple(AgeBand(low=low, high=high, victims=count) for low, high, count in bands),
        age_median=11,
        age_max=31,
        lone_adults=2,
        relation={
            RelationToTrafficker.BIOLOGICAL_PARENT: 11,
            RelationToTrafficker.OTHER_RELATIVE: 11,
            RelationToTrafficker.NOT_RELATED: 5,
            RelationToTrafficker.UNKNOWN: 21,
        },
        rescued=36,
        rescued_alone=2,
        relation_in_group={
            RelationInGroup.SIBLING: 14,
            RelationInGroup.OTHER_FAMILIAL: 5,
            RelationInGroup.UNKNOWN: 12,
            RelationInGroup.NOT_RELATED: 3,
        },
        abuse_known=6,
        abuse_mean_months=24,
        abuse_min_months=2,
        abuse_max_months=48,
        victim_provinces=6,
        arrest_provinces=3,
        lead_country={"US": 2, "SE": 2, "AU": 1, "GB": 1},
        travelled=2,
        contact_abuse=1,
        further_customers=1,
        customer_age_min=40,
        customer_age_max=72,
        trafficker_cases=9,
        single_trafficker_cases=4,
        single_female=3,
        mixed_cases=2,
        all_female_cases=1,
        all_male_cases=1,
        all_transgender_cases=1,
        traffickers=18,
        female_traffickers=11,
        foreign_traffickers=1,
        trafficker_age_min=15,
        trafficker_age_median=27,
        trafficker_age_max=76,
        english_known=10,
        surface_web=14,
        second_coder_files=4,
    )


def _published_figures() -> dict[str, int]:
    """Published whole numbers by record."""
    text = (resources.files("darkfigure.reference") / "data" / "published-figures.json").read_text(encoding="utf-8")
    return {record["id"]: record["value"] for record in json.loads(text) if type(record["value"]) is int}


def _count(percent: int, base: int) -> int:
    """Count that a published whole percentage of a base stands for (ties cannot occur with these bases)."""
    return round(percent * base / 100)
