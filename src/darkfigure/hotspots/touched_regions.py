"""Which regions does each multi-country report touch? Counts of reports under any region map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from darkfigure.records.restricted import MultiCountryTable
from darkfigure.reference.regions import NO_REGION, RegionMap


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCounts:
    """Reports and countries of one region.

    Parameters
    ----------
    region : str
    reports : int
        Distinct reports that touch the region.
    within : int
        Of these, reports that touch no other region.
    mentions : int
        Pairs of report and country with the country in the region.
    fractional : float
        Reports shared out: each gives 1/k to each of its k countries. Sums to all reports.
    rank : int or None
        Place by ``reports`` among the regions of the map; none for countries the map leaves out.
    """

    region: str
    reports: int
    within: int
    mentions: int
    fractional: float
    rank: int | None


def regions_of(countries: frozenset[str], region_map: RegionMap) -> Counter[str]:
    """Regions that a set of countries touches, with the number of its countries in each.

    Examples
    --------
    >>> from darkfigure.reference.regions import region_maps
    >>> regions_of(frozenset({"US", "CA", "PH"}), region_maps().study)
    Counter({'North America': 2, 'Asia/Pacific': 1})
    """
    counts = Counter(region_map.region(code) for code in sorted(countries))
    return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))


def count_regions(table: MultiCountryTable, region_map: RegionMap) -> tuple[RegionCounts, ...]:
    """How many distinct reports touch each region?

    Parameters
    ----------
    table : MultiCountryTable
    region_map : RegionMap

    Returns
    -------
    tuple of RegionCounts
        Regions with a report, most reports first; countries without a region come last.
    """
    reports: Counter[str] = Counter()
    within: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    shares: Counter[tuple[str, int]] = Counter()
    for report in table.reports:
        touched = regions_of(report.countries, region_map)
        for region, n in touched.items():
            reports[region] += 1
            mentions[region] += n
            within[region] += len(touched) == 1
            shares[(region, len(report.countries))] += n
    order = sorted(reports, key=lambda region: (region == NO_REGION, -reports[region], region))
    named = [reports[region] for region in order if region != NO_REGION]
    return tuple(
        RegionCounts(
            region=region,
            reports=reports[region],
            within=within[region],
            mentions=mentions[region],
            fractional=sum(n / k for (name, k), n in sorted(shares.items()) if name == region),
            rank=None if region == NO_REGION else 1 + sum(other > reports[region] for other in named),
        )
        for region in order
    )


def count_pairs(table: MultiCountryTable, region_map: RegionMap) -> Iterator[tuple[str, str, int]]:
    """How many distinct reports touch each two regions, and how many two countries of one region?

    Yields
    ------
    tuple of (str, str, int)
        Two regions (or one twice) and reports; every pair of regions with a report, in their order.
    """
    pairs: Counter[frozenset[str]] = Counter()
    for report in table.reports:
        touched = regions_of(report.countries, region_map)
        pairs.update(frozenset(pair) for pair in combinations(sorted(touched), 2))
        pairs.update(frozenset({region}) for region, n in touched.items() if n > 1)
    order = [counts.region for counts in count_regions(table, region_map)]
    for place, region in enumerate(order):
        for other in order[place:]:
            yield region, other, pairs[frozenset({region, other})]


def count_countries(table: MultiCountryTable) -> tuple[tuple[str, int, float], ...]:
    """How many distinct reports touch each country, and how many when each report is shared out?

    Returns
    -------
    tuple of (str, int, float)
        Two-letter code, reports, and reports at 1/k for each of k countries; most reports first, ties by code.
    """
    reports: Counter[str] = Counter()
    shares: Counter[tuple[str, int]] = Counter()
    for report in table.reports:
        for code in report.countries:
            reports[code] += 1
            shares[(code, len(report.countries))] += 1
    fractional = dict.fromkeys(reports, 0.0)
    for (code, k), n in sorted(shares.items()):
        fractional[code] += n / k
    order = sorted(reports, key=lambda code: (-reports[code], code))
    return tuple((code, reports[code], fractional[code]) for code in order)
