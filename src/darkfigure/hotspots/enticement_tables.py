"""Tables of multi-country enticement reports: by region, region pairs, countries, other maps, named countries."""

from __future__ import annotations

from collections import Counter

from darkfigure.hotspots.touched_regions import count_countries, count_pairs, count_regions, regions_of
from darkfigure.records.aggregate import Cell, Column, ColumnKind, Missing, Question, Table
from darkfigure.records.restricted import MultiCountryTable
from darkfigure.reference.countries import country_name
from darkfigure.reference.regions import RegionMap, RegionMaps

SOURCE = "Online-enticement reports made available to law enforcement in two or more countries"
BASE = "distinct reports made available to law enforcement in two or more countries"
OVERLAP_NOTE = (
    "A report touches at least two countries and can touch several regions, so the regions add up to more than the "
    "reports."
)
GROUP_WORDS = {
    "mixed": "customers as well as of traffickers and victims",
    "source": "traffickers and victims far more than of customers",
}
"""What the study says of two groups of Asia-Pacific countries, in our own words."""


def by_region(table: MultiCountryTable, region_map: RegionMap) -> Table:
    """How many distinct reports touch each region?"""
    total = len(table.reports)
    rows: list[tuple[Cell, ...]] = [
        (
            c.region, c.reports, c.reports / total, c.within, c.reports - c.within, c.mentions, c.fractional,
            Missing.NOT_APPLICABLE if c.rank is None else c.rank,
        )
        for c in count_regions(table, region_map)
    ]  # fmt: skip
    return Table(
        id="enticement-by-region",
        question=Question.HOTSPOT,
        title="Online-enticement reports by region",
        base=BASE,
        columns=(
            _region,
            _reports,
            _share,
            _count("within_region", "In this region alone", derived=("reports",)),
            _count("with_other_regions", "Also in other regions", derived=("reports", "within_region")),
            _count("country_mentions", "Countries named in all reports", unit="mentions", derived=("reports",)),
            Column(
                name="fractional",
                title="Reports shared out among their countries",
                kind=ColumnKind.MEASURE,
                unit="reports",
                derived_from=("reports",),
                decimals=1,
            ),
            _rank,
        ),
        rows=tuple(rows),
        note=f"{OVERLAP_NOTE} {region_map.note} Elsewhere: countries that this map leaves out.",
        source=SOURCE,
    )


def region_pairs(table: MultiCountryTable, region_map: RegionMap) -> Table:
    """Which regions do reports touch together?"""
    return Table(
        id="enticement-region-pairs",
        question=Question.HOTSPOT,
        title="Online-enticement reports that touch two regions",
        base=f"{BASE}; where both regions are the same, reports that touch two or more of its countries",
        columns=(
            Column(name="region_a", title="Region", kind=ColumnKind.LABEL),
            Column(name="region_b", title="And region", kind=ColumnKind.LABEL),
            _reports,
        ),
        rows=tuple(count_pairs(table, region_map)),
        note="A report that touches three regions stands in three rows.",
        source=SOURCE,
    )


def by_country(table: MultiCountryTable, region_map: RegionMap) -> Table:
    """How many distinct reports touch each country?"""
    rows = [
        (country_name(code), code, region_map.region(code), reports, reports / len(table.reports), fractional)
        for code, reports, fractional in count_countries(table)
    ]
    return Table(
        id="enticement-by-country",
        question=Question.HOTSPOT,
        title="Online-enticement reports by country",
        base=BASE,
        columns=(
            Column(name="country", title="Country", kind=ColumnKind.LABEL),
            Column(name="country_code", title="Code", kind=ColumnKind.LABEL),
            _region,
            _reports,
            _share,
            Column(
                name="fractional",
                title="Reports shared out among their countries",
                kind=ColumnKind.MEASURE,
                unit="reports",
                derived_from=("reports",),
                decimals=1,
            ),
        ),
        rows=tuple(rows),
        note="A report stands in the row of each of its countries.",
        source=SOURCE,
    )


def regions_per_report(table: MultiCountryTable, region_map: RegionMap) -> Table:
    """How many regions does a report touch?"""
    counts = Counter(len(regions_of(report.countries, region_map)) for report in table.reports)
    total = len(table.reports)
    return Table(
        id="enticement-regions-per-report",
        question=Question.HOTSPOT,
        title="Online-enticement reports by number of regions touched",
        base=BASE,
        columns=(Column(name="regions", title="Regions touched", kind=ColumnKind.LABEL), _reports, _share),
        rows=tuple((str(n), counts[n], counts[n] / total) for n in range(1, max(counts) + 1)),
        note="Countries that the map leaves out count as one region together.",
        source=SOURCE,
    )


def region_sensitivity(table: MultiCountryTable, maps: RegionMaps) -> Table:
    """How do counts and order change under another map of regions?"""
    total = len(table.reports)
    rows: list[tuple[Cell, ...]] = [
        (m.label, c.region, c.reports, c.reports / total, Missing.NOT_APPLICABLE if c.rank is None else c.rank)
        for m in (maps.study, maps.alternative, maps.un)
        for c in count_regions(table, m)
    ]
    return Table(
        id="enticement-region-sensitivity",
        question=Question.HOTSPOT,
        title="Online-enticement reports by region, under three maps of regions",
        base=BASE,
        columns=(
            Column(name="region_map", title="Map of regions", kind=ColumnKind.LABEL),
            _region,
            _reports,
            _share,
            _rank,
        ),
        rows=tuple(rows),
        note="; ".join(f"{m.label}: {m.note}" for m in (maps.study, maps.alternative, maps.un)),
        source=SOURCE,
    )


def named_groups(table: MultiCountryTable, maps: RegionMaps) -> Table:
    """How many reports touch the two groups of Asia-Pacific countries that the study names?"""
    touched = {code for report in table.reports for code in report.countries}
    rows: list[tuple[Cell, ...]] = []
    for group, words in GROUP_WORDS.items():
        named = {code for code, own in maps.asia_pacific_groups.items() if own == group}
        reports = sum(bool(report.countries & named) for report in table.reports)
        countries = ", ".join(sorted(country_name(code) for code in named))
        rows.append(
            (
                group,
                f"Places of {words}",
                countries,
                len(named),
                len(named & touched),
                reports,
                reports / len(table.reports),
            )
        )
    return Table(
        id="enticement-asia-pacific-groups",
        question=Question.HOTSPOT,
        title="Two groups of Asia-Pacific countries named by the study",
        base=BASE,
        columns=(
            Column(name="group", title="Group", kind=ColumnKind.LABEL),
            Column(name="what_the_study_says", title="What the study says of them", kind=ColumnKind.LABEL),
            Column(name="countries", title="Countries", kind=ColumnKind.LABEL),
            Column(name="countries_named", title="Countries named", kind=ColumnKind.MEASURE, unit="countries"),
            Column(
                name="countries_touched",
                title="Countries with a report",
                kind=ColumnKind.MEASURE,
                unit="countries",
                derived_from=("reports",),
            ),
            _reports,
            _share,
        ),
        rows=tuple(rows),
        note="The study gives no numbers for these groups; a report that touches both stands in both rows.",
        source=SOURCE,
    )


def _count(name: str, title: str, *, unit: str = "reports", derived: tuple[str, ...] = ()) -> Column:
    return Column(name=name, title=title, kind=ColumnKind.COUNT, unit=unit, derived_from=derived)


_region = Column(name="region", title="Region", kind=ColumnKind.LABEL)
_reports = _count("reports", "Distinct reports")
_share = Column(
    name="share_of_reports",
    title="Share of distinct reports",
    kind=ColumnKind.SHARE,
    unit="share",
    derived_from=("reports",),
    decimals=1,
)
_rank = Column(name="rank", title="Rank", kind=ColumnKind.MEASURE, unit="rank", derived_from=("reports",))
