"""Tables of referrals: by country, without each agency, by agency, shared by agencies, by year."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from darkfigure.hotspots.referral_cases import DistinctCases
from darkfigure.hotspots.shares import goodman_intervals, ranks
from darkfigure.intake.dates import year_of
from darkfigure.records.aggregate import Cell, Column, ColumnKind, Question, Table
from darkfigure.reference.countries import country_name

SOURCE = "Referral survey of law-enforcement agencies"
ABSENCE_NOTE = (
    "Absence of a country is not evidence that it has no problem: agencies list what they referred, were not asked for "
    "zeros, and refer where they have partners."
)
BASE = "distinct cases referred in the study period that meet its definition, duplicates between agencies joined"


def by_country(cases: DistinctCases, *, level: float) -> Table:
    """How many distinct cases were referred to each country, and how firm is the order?"""
    counts = cases.by_country()
    total = sum(counts.values())
    left_out = [cases.by_country(without=agency) for agency in cases.agencies]
    intervals = goodman_intervals(list(counts.values()), level=level)
    rows = []
    for (code, n), interval, rank in zip(counts.items(), intervals, ranks(list(counts.values())), strict=True):
        others = [without.get(code, 0) for without in left_out]
        rows.append(
            (country_name(code), code, n, n / total, interval.lower, interval.upper, rank, min(others), max(others))
        )
    return Table(
        id="referrals-by-country",
        question=Question.HOTSPOT,
        title="Distinct cases referred, by country",
        base=BASE,
        columns=(
            _country,
            _code,
            _referrals,
            _share("share", "Share"),
            _share("share_lower", "Share, lower bound"),
            _share("share_upper", "Share, upper bound"),
            _rank,
            _count("loo_min", "Fewest when one agency is left out", derived=("referrals",)),
            _count("loo_max", "Most when one agency is left out", derived=("referrals",)),
        ),
        rows=tuple(rows),
        note=f"{ABSENCE_NOTE} Bounds hold for all countries together and treat cases as a sample of those that could "
        "have been referred.",
        source=SOURCE,
    )


def leave_one_out(cases: DistinctCases) -> Table:
    """How do counts and order of countries change when one agency's list is left out?"""
    everyone = cases.by_country()
    rows: list[tuple[Cell, ...]] = []
    for agency in cases.agencies:
        without = cases.by_country(without=agency)
        counts = [without.get(code, 0) for code in everyone]
        rows += [
            (agency, country_name(code), code, n, rank)
            for code, n, rank in zip(everyone, counts, ranks(counts), strict=True)
        ]
    return Table(
        id="referrals-leave-one-out",
        question=Question.HOTSPOT,
        title="Distinct cases by country when one agency is left out",
        base=f"{BASE}, without those that only the agency left out referred",
        columns=(
            Column(name="agency_left_out", title="Agency left out", kind=ColumnKind.LABEL),
            _country,
            _code,
            _referrals,
            _rank,
        ),
        rows=tuple(rows),
        note=ABSENCE_NOTE,
        source=SOURCE,
    )


def by_agency(cases: DistinctCases) -> Table:
    """How many distinct cases did each agency refer, and how many of them did no other?"""
    rows = []
    for agency in cases.agencies:
        own = [case for case in cases.cases if agency in case.agencies]
        alone = sum(len(case.agencies) == 1 for case in own)
        rows.append((agency, len(own), alone, len(own) - alone))
    return Table(
        id="referrals-by-agency",
        question=Question.HOTSPOT,
        title="Distinct cases by agency",
        base=f"{BASE}; a case of two agencies stands in both rows",
        columns=(
            Column(name="agency", title="Agency", kind=ColumnKind.LABEL),
            _referrals,
            _count("referred_alone", "Referred by this agency alone"),
            _count("shared", "Also referred by another", derived=("referrals", "referred_alone")),
        ),
        rows=tuple(rows),
        note="NLO stands for five Nordic countries." if "NLO" in cases.agencies else "",
        source=SOURCE,
    )


def agency_overlap(cases: DistinctCases) -> Table:
    """How many distinct cases did each two agencies both refer?"""
    rows = [
        (a, b, sum({a, b} <= case.agencies for case in cases.cases)) for a, b in combinations(cases.agencies, 2)
    ]  # fmt: skip
    return Table(
        id="referrals-agency-overlap",
        question=Question.HOTSPOT,
        title="Distinct cases that two agencies both referred",
        base=f"{BASE}; a case of three agencies stands in three rows",
        columns=(
            Column(name="agency_a", title="Agency", kind=ColumnKind.LABEL),
            Column(name="agency_b", title="And agency", kind=ColumnKind.LABEL),
            _referrals,
        ),
        rows=tuple(rows),
        source=SOURCE,
    )


def by_year(cases: DistinctCases) -> Table:
    """How many distinct cases were first referred in each year?"""
    counts = Counter(year_of(case.first_day) for case in cases.cases)
    years = range(min(counts), max(counts) + 1)
    return Table(
        id="referrals-by-year",
        question=Question.HOTSPOT,
        title="Distinct cases by year of first referral",
        base=BASE,
        columns=(Column(name="year", title="Year", kind=ColumnKind.LABEL), _referrals),
        rows=tuple((str(year), counts[year]) for year in years),
        note="A rise can come from more crime, more police at work or more partners.",
        source=SOURCE,
    )


def _count(name: str, title: str, *, derived: tuple[str, ...] = ()) -> Column:
    return Column(name=name, title=title, kind=ColumnKind.COUNT, unit="referrals", derived_from=derived)


def _share(name: str, title: str) -> Column:
    return Column(
        name=name, title=title, kind=ColumnKind.SHARE, unit="share", derived_from=("referrals",), decimals=1
    )  # fmt: skip


_country = Column(name="country", title="Country", kind=ColumnKind.LABEL)
_code = Column(name="country_code", title="Code", kind=ColumnKind.LABEL)
_referrals = _count("referrals", "Distinct cases")
_rank = Column(name="rank", title="Rank", kind=ColumnKind.MEASURE, unit="rank", derived_from=("referrals",))
