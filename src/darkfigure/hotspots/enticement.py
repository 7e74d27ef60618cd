"""In which regions are multi-country reports of online enticement made available to law enforcement?"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from darkfigure.hotspots import enticement_tables as tables
from darkfigure.hotspots.touched_regions import RegionCounts, count_regions
from darkfigure.intake.dates import day_number, year_of
from darkfigure.records.aggregate import Answer, Caution, Finding, Question, Reason, Refusal
from darkfigure.records.restricted import MultiCountryTable
from darkfigure.reference.regions import NO_REGION, RegionMaps, region_maps

OVERLAP = Caution("C-REGIONS-OVERLAP", tables.OVERLAP_NOTE)
REVIEWED = Caution(
    "C-ANALYST-REVIEW",
    "A report is classed as online enticement when an analyst has looked at it; the number follows how many analysts "
    "there are, and most reports were not looked at.",
)
MAP_ASSUMED = Caution(
    "C-REGION-MAP",
    "The study prints region labels without their countries; most countries were placed by assumption. A table shows "
    "the counts under two other maps.",
)
_BASE_LABEL = "distinct reports made available in two or more countries"


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiCountryOptions:
    """What counts.

    Parameters
    ----------
    period_start, period_end : datetime.date
        First and last day of receipt of reports that count.
    study_country : str
        Two-letter code of the country the study is about; the rank of its region is stated.
    """

    period_start: datetime.date
    period_end: datetime.date
    study_country: str


def analyse_multi_country(
    table: MultiCountryTable,
    regions: RegionMaps | None = None,
    *,
    options: MultiCountryOptions,
    digests: Sequence[str] = (),
) -> Answer:
    """How many distinct reports touch each region, and how far do regions overlap?

    Parameters
    ----------
    table : MultiCountryTable
        Reports made available in two or more countries.
    regions : RegionMaps, optional
        The study's map, and two others for comparison; those of ``region_maps()`` when left out.
    options : MultiCountryOptions
        Period and study country.
    digests : sequence of str
        SHA-256 of the files behind the table.

    Returns
    -------
    Answer
        Findings and the tables ``enticement-by-region``, ``enticement-region-pairs``, ``enticement-by-country``,
        ``enticement-regions-per-report``, ``enticement-region-sensitivity`` and ``enticement-asia-pacific-groups``;
        without a report in the period, one refusal.

    Notes
    -----
    Every count is of distinct reports that touch a region. Since regions overlap, three bases stand side by side:
    distinct reports, pairs of report and country, and reports shared out at 1/k to each of their k countries.
    """
    regions = regions or region_maps()
    first, last = day_number(options.period_start), day_number(options.period_end)
    kept = MultiCountryTable(tuple(r for r in table.reports if first <= r.day <= last))
    cited = tuple(sorted(digests))
    if not kept.reports:
        return Answer(findings=(_no_data(cited),))
    counts = count_regions(kept, regions.study)
    findings = (
        *_totals(kept, counts, cited),
        *(_of_region(c, len(kept.reports), cited) for c in counts),
        *_focus(kept, counts, regions.study.region(options.study_country), cited),
        *_groups(kept, regions, cited),
    )
    return Answer(
        findings=findings,
        tables=(
            tables.by_region(kept, regions.study),
            tables.region_pairs(kept, regions.study),
            tables.by_country(kept, regions.study),
            tables.regions_per_report(kept, regions.study),
            tables.region_sensitivity(kept, regions),
            tables.named_groups(kept, regions),
        ),
    )


def region_slug(region: str) -> str:
    """Part of a finding's id that stands for a region.

    Examples
    --------
    >>> region_slug("Asia/Pacific"), region_slug("North America")
    ('asia-pacific', 'north-america')
    """
    return region.lower().replace("/", "-").replace(" ", "-")


def _in_sentence(region: str) -> str:
    return "the Middle East" if region == "Middle East" else region


def _no_data(digests: tuple[str, ...]) -> Finding:
    return Finding(
        id="enticement-distinct",
        question=Question.HOTSPOT,
        statement="{value} distinct reports.",
        value=None,
        unit="reports",
        estimand=_BASE_LABEL,
        refusal=Refusal(Reason.NO_DATA, "No report lies in the study period."),
        source_digests=digests,
    )


def _totals(table: MultiCountryTable, counts: Sequence[RegionCounts], digests: tuple[str, ...]) -> Iterator[Finding]:
    total = len(table.reports)
    one_region = sum(c.within for c in counts)
    summed = sum(c.reports for c in counts if c.region != NO_REGION)
    yield Finding(
        id="enticement-distinct",
        question=Question.HOTSPOT,
        statement="{value} distinct reports of online enticement of children were made available to law enforcement in "
        "two or more countries in the study period.",
        value=total,
        unit="reports",
        contributors=total,
        estimand="distinct reports classed as online enticement and made available in two or more countries",
        cautions=(REVIEWED,),
        source_digests=digests,
    )
    yield Finding(
        id="enticement-region-sum",
        question=Question.HOTSPOT,
        statement="Added up, the counts of the study's regions give {value}, against {base} distinct reports: a report "
        "can touch several regions.",
        value=summed,
        unit="reports",
        base=total,
        base_label=_BASE_LABEL,
        contributors=total,
        estimand="sum over regions of distinct reports touching each",
        cautions=(OVERLAP,),
        source_digests=digests,
    )
    yield Finding(
        id="enticement-several-regions-share",
        question=Question.HOTSPOT,
        statement="{value} of the distinct reports touch more than one region ({numerator} of {base}).",
        value=(total - one_region) / total,
        unit="share",
        numerator=total - one_region,
        base=total,
        base_label=_BASE_LABEL,
        contributors=total - one_region,
        estimand="share of distinct reports that touch more than one region",
        cautions=(MAP_ASSUMED,),
        source_digests=digests,
    )
    yield Finding(
        id="enticement-fewest-countries",
        question=Question.HOTSPOT,
        statement="Every report that counts was made available in at least {value} countries.",
        value=min(len(report.countries) for report in table.reports),
        unit="countries",
        estimand="fewest countries a report that counts was made available in",
        source_digests=digests,
        protected=False,
    )
    years = [year_of(report.day) for report in table.reports]
    for which, year in (("first", min(years)), ("last", max(years))):
        yield Finding(
            id=f"enticement-{which}-year",
            question=Question.HOTSPOT,
            statement=f"The {which} of these reports was received in {{value}}.",
            value=year,
            unit="year",
            estimand=f"{which} year with a multi-country report of online enticement",
            source_digests=digests,
            protected=False,
        )


def _of_region(counts: RegionCounts, total: int, digests: tuple[str, ...]) -> Finding:
    left_out = counts.region == NO_REGION
    touched = "at least one country that the study's regions leave out" if left_out else _in_sentence(counts.region)
    return Finding(
        id=f"enticement-{'no-region' if left_out else region_slug(counts.region)}",
        question=Question.HOTSPOT,
        statement=f"{{value}} of {{base}} distinct reports touched {touched}.",
        value=counts.reports,
        unit="reports",
        base=total,
        base_label=_BASE_LABEL,
        contributors=counts.reports,
        estimand=f"distinct reports touching {touched}",
        cautions=(OVERLAP, MAP_ASSUMED, REVIEWED),
        source_digests=digests,
    )


def _focus(
    table: MultiCountryTable, counts: Sequence[RegionCounts], region: str, digests: tuple[str, ...]
) -> Iterator[Finding]:
    focus = next((c for c in counts if c.region == region), None)
    if focus is None or focus.rank is None:
        return
    slug, total = region_slug(focus.region), len(table.reports)
    name = _in_sentence(focus.region)
    yield Finding(
        id=f"enticement-{slug}-rank",
        question=Question.HOTSPOT,
        statement=f"By distinct reports, {name} ranks number {{value}} among the study's regions.",
        value=focus.rank,
        unit="rank",
        base=sum(c.rank is not None for c in counts),
        base_label="regions with a report",
        estimand=f"rank of the region by distinct reports: {focus.region}",
        cautions=(MAP_ASSUMED, REVIEWED),
        source_digests=digests,
        protected=False,
    )
    yield Finding(
        id=f"enticement-{slug}-share",
        question=Question.HOTSPOT,
        statement=f"{{value}} of the distinct multi-country reports of online enticement touched {name} "
        "({numerator} of {base}).",
        value=focus.reports / total,
        unit="share",
        numerator=focus.reports,
        base=total,
        base_label=_BASE_LABEL,
        contributors=focus.reports,
        estimand=f"share of distinct reports touching {focus.region}",
        cautions=(OVERLAP, MAP_ASSUMED, REVIEWED),
        source_digests=digests,
    )


def _groups(table: MultiCountryTable, regions: RegionMaps, digests: tuple[str, ...]) -> Iterator[Finding]:
    touched = {code for report in table.reports for code in report.countries}
    for group, words in tables.GROUP_WORDS.items():
        named = {code for code, own in regions.asia_pacific_groups.items() if own == group}
        yield Finding(
            id=f"enticement-asia-pacific-{group}-countries",
            question=Question.HOTSPOT,
            statement=f"Reports touched {{value}} of the {{base}} Asia-Pacific countries that the study names as "
            f"places of {words}.",
            value=len(named & touched),
            unit="countries",
            base=len(named),
            base_label="Asia-Pacific countries the study names in this group",
            estimand=f"Asia-Pacific countries with a report, named as places of {words}",
            source_digests=digests,
            protected=False,
        )
