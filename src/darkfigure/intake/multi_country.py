"""Online-enticement reports that were made available to law enforcement in two or more countries."""

from __future__ import annotations

from pathlib import Path

from darkfigure.intake.checked_rows import Broken, check_rows
from darkfigure.intake.csv_rows import CsvRow, read_csv_rows
from darkfigure.intake.dates import day_number, parse_date
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import MultiCountryReport, MultiCountryTable
from darkfigure.reference.countries import countries

COLUMNS = ("report_id", "received", "countries")
FEWEST_COUNTRIES = 2
"""Countries a report must have been made available to, by the definition of these reports."""


def read_multi_country(
    path: Path, *, source: str, pseudonymiser: Pseudonymiser, file: str = ""
) -> tuple[MultiCountryTable, IntakeAudit]:
    """Which multi-country reports does this file hold, and which rows break a rule?

    Parameters
    ----------
    path : Path
        CSV with the columns ``report_id``, ``received`` (``2016-03-14``) and ``countries`` (two-letter codes separated
        by ``;``).
    source : str
        Name of the declared source.
    pseudonymiser : Pseudonymiser
        Replaces report ids.
    file : str
        Name of the file in the account; the file's own name when empty.

    Returns
    -------
    MultiCountryTable
        Accepted reports in file order; a country named twice in a row counts once.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        The file cannot be read as a whole.

    Notes
    -----
    Rules, in the order checked: ``report-missing``, ``report-repeated`` (the first accepted row stands),
    ``date-malformed``, ``country-unknown``, ``too-few-countries``.
    """
    name = file or path.name
    rows = read_csv_rows(path, source=source, required=COLUMNS, unit="reports", file=name)
    seen: set[str] = set()

    def check(row: CsvRow) -> MultiCountryReport | Broken:
        report_id = row.values["report_id"].strip()
        if report_id in seen:
            return Broken("report_id", "report-repeated")
        made = _report(row, report_id, pseudonymiser)
        if isinstance(made, MultiCountryReport):
            seen.add(report_id)
        return made

    checked = check_rows(rows, source=source, file=name, unit="multi-country reports", check=check)
    return MultiCountryTable(checked.records), checked.audit


def _report(row: CsvRow, report_id: str, pseudonymiser: Pseudonymiser) -> MultiCountryReport | Broken:
    if not report_id:
        return Broken("report_id", "report-missing")
    received = parse_date(row.values["received"], form="iso")
    if received is None:
        return Broken("received", "date-malformed")
    codes = frozenset(code.strip() for code in row.values["countries"].split(";"))
    if not codes <= countries().keys():
        return Broken("countries", "country-unknown")
    if len(codes) < FEWEST_COUNTRIES:
        return Broken("countries", "too-few-countries")
    return MultiCountryReport(
        report_key=pseudonymiser.of("report", report_id), day=day_number(received), countries=codes
    )
