"""Which other countries do reports join to the study country's addresses?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from darkfigure.linkage.sightings import SelectionRules, day_number
from darkfigure.prevalence.columns import count, label
from darkfigure.records.aggregate import Cell, Column, ColumnKind, Missing, Question, Table
from darkfigure.records.restricted import UNKNOWN_COUNTRY, Flag, IpEventTable, ReportTable
from darkfigure.reference.countries import country_name
from darkfigure.reference.country_centroids import country_centroids

_SECONDS_A_DAY = 86_400
WIDTH_CLASSES = ((1_000, "1,000 and more"), (100, "100 to 999"), (10, "10 to 99"), (1, "1 to 9"))
"""Classes of line width on the map: lowest number of reports, and its name; from the widest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreportedCountries:
    """Reports that name an address of the study country and one of another country.

    Parameters
    ----------
    home_reports : int
        Reports with an address of the study country.
    linked_reports : int
        Those that also hold an address of another country (or of one that no source resolves).
    rows : tuple of (str, int, int)
        Country code, reports, distinct foreign addresses; most reports first, then by code. A report counts once for
        each country.
    """

    home_reports: int
    linked_reports: int
    rows: tuple[tuple[str, int, int], ...]


def coreported_countries(
    reports: ReportTable, events: IpEventTable, *, rules: SelectionRules, period: tuple[date, date]
) -> CoreportedCountries:
    """Which countries' addresses stand in the same report as one of the study country?

    Parameters
    ----------
    reports, events : ReportTable, IpEventTable
    rules : SelectionRules
        Country, kinds of address and proxies; both families and all roles count here, since a report is the unit.
    period : (date, date)
        Days of receipt, both included.
    """
    received = reports.received[events.report] // _SECONDS_A_DAY
    first, last = day_number(period[0]), day_number(period[1])
    use = (received >= first) & (received <= last) & np.isin(events.space, rules.spaces)
    if rules.exclude_proxies:
        use &= events.proxy != Flag.YES
    home = events.country == rules.country.upper().encode("ascii")
    has_home = np.zeros(len(reports), dtype=bool)
    has_home[events.report[use & home]] = True
    joined = use & ~home & has_home[events.report]
    report, country = events.report[joined], events.country[joined]
    rows = []
    for code in np.unique(country):
        mine = country == code
        addresses = np.unique(events.address_key[joined][mine]).size
        rows.append((code.decode("ascii"), int(np.unique(report[mine]).size), int(addresses)))
    return CoreportedCountries(
        home_reports=int(np.count_nonzero(has_home)),
        linked_reports=int(np.unique(report).size),
        rows=tuple(sorted(rows, key=lambda r: (-r[1], r[0]))),
    )


def width_class(reports: int) -> str:
    """How wide is a line on the map?

    Examples
    --------
    >>> width_class(250)
    '100 to 999'
    """
    return next((name for least, name in WIDTH_CLASSES if reports >= least), WIDTH_CLASSES[-1][1])


def coreported_table(linked: CoreportedCountries) -> Table:
    """Show the countries with the number of reports, the point on the map and the class of the line."""
    places = country_centroids()
    rows: list[tuple[Cell, ...]] = []
    for code, reports, addresses in linked.rows:
        place = places.get(code)
        where: tuple[Cell, Cell] = (place.lon, place.lat) if place else (Missing.NOT_APPLICABLE, Missing.NOT_APPLICABLE)
        name = "Country not known" if code == UNKNOWN_COUNTRY else country_name(code)
        rows.append((code, name, *where, reports, addresses, width_class(reports), reports))
    derived = ("reports",)
    return Table(
        id="coreported-countries",
        question=Question.PREVALENCE,
        title="Countries whose addresses stand in one report with an address of the study country",
        base="reports with at least one address of the study country",
        columns=(
            label("country", "Code"),
            label("name", "Country"),
            Column(name="lon", title="Longitude", kind=ColumnKind.MEASURE, unit="degrees", decimals=1),
            Column(name="lat", title="Latitude", kind=ColumnKind.MEASURE, unit="degrees", decimals=1),
            count("reports", "Reports", "reports"),
            count("addresses", "Distinct addresses abroad", "addresses"),
            Column(name="width_class", title="Class", kind=ColumnKind.LABEL, derived_from=derived),
            Column(name="contributors", title="Reports behind the row", kind=ColumnKind.CONTRIBUTORS, unit="reports"),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note="A report counts once for each country it names, so the rows add up to more than the reports. A shared "
        "report joins addresses, not people; where an address lies is what the register says.",
    )
