"""Read CyberTipline reports from a flat CSV export: one row for each report and address, report columns repeated.

A report without an address has one row with the address left blank. Rows of one report need not be neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from darkfigure.intake.csv_rows import CsvRow, read_csv_rows
from darkfigure.intake.report_fields import RawCapture, RawReport
from darkfigure.records.aggregate import RefusedRow
from darkfigure.records.restricted import Role

REPORT_COLUMNS: Final = (
    "report_id",
    "date_received",
    "incident_date_time",
    "incident_type",
    "reporting_esp",
    "bundle_id",
    "batched",
    "escalated",
)
ADDRESS_COLUMNS: Final = ("ip_address", "ip_role", "ip_event", "ip_date_time", "ip_possible_proxy")
TEXT_COLUMN: Final = "additional_information"

_REQUIRED: Final = ("report_id", "date_received", "incident_type", "ip_address", "ip_role")
_OPTIONAL: Final = tuple(c for c in (*REPORT_COLUMNS, *ADDRESS_COLUMNS, TEXT_COLUMN) if c not in _REQUIRED)
_ROLES: Final = {
    "reported user": Role.REPORTED_USER,
    "intended recipient": Role.RECIPIENT,
    "victim": Role.VICTIM,
    "file": Role.FILE,
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CsvReports:
    """Reports of one file, with the account of its physical rows.

    Parameters
    ----------
    reports : tuple of RawReport
        In the order in which they first occur.
    rows_in, rows_accepted : int
        Data rows of the file, and those that belong to one of ``reports``.
    refused : tuple of RefusedRow
        The other rows.
    unknown_columns : int
    sha256 : str
    """

    reports: tuple[RawReport, ...]
    rows_in: int
    rows_accepted: int
    refused: tuple[RefusedRow, ...]
    unknown_columns: int
    sha256: str

    def __repr__(self) -> str:
        return f"CsvReports(<{len(self.reports)} restricted reports>)"


def read_csv_reports(path: Path, *, source: str, file: str, content: bytes | None = None) -> CsvReports:
    """Take the allowed columns out of one CSV file and put each report's rows together.

    Parameters
    ----------
    path : Path
        The file.
    source, file : str
        Names for messages and refusals.
    content : bytes, optional
        The file's bytes when they were already read (from an archive).

    Returns
    -------
    CsvReports
        Rows are refused by the rules of ``read_csv_rows``, by ``report-id-missing``, and by ``report-conflict`` when
        a report column differs from the first row of the same report.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        As ``read_csv_rows``.
    """
    table = read_csv_rows(
        path, source=source, required=_REQUIRED, optional=_OPTIONAL, unit="rows", file=file,
        checked_by_caller=("ip_address", TEXT_COLUMN), content=content,
    )  # fmt: skip
    reports, refused = _group(table.rows, source=source, file=file)
    return CsvReports(
        reports=tuple(reports), rows_in=table.rows_in, rows_accepted=len(table.rows) - len(refused),
        refused=(*table.refused, *refused), unknown_columns=table.unknown_columns, sha256=table.sha256,
    )  # fmt: skip


def _group(rows: Iterable[CsvRow], *, source: str, file: str) -> tuple[list[RawReport], list[RefusedRow]]:
    reports: dict[str, RawReport] = {}
    firsts: dict[str, tuple[str, ...]] = {}
    refused: list[RefusedRow] = []
    for row in rows:
        values = row.values
        repeated = tuple(values.get(column, "") for column in (*REPORT_COLUMNS[1:], TEXT_COLUMN))
        number = values["report_id"].strip()
        if not number:
            refused.append(RefusedRow(source, file, row.number, "report_id", "report-id-missing"))
            continue
        if number not in reports:
            reports[number] = _report(number, repeated, row=row.number)
            firsts[number] = repeated
        elif firsts[number] != repeated:
            refused.append(RefusedRow(source, file, row.number, "report_id", "report-conflict"))
            continue
        capture = _capture(row)
        if capture is not None:
            reports[number].captures.append(capture)
    return list(reports.values()), refused


def _report(number: str, repeated: tuple[str, ...], *, row: int) -> RawReport:
    received, incident, incident_type, service, bundle_id, batched, escalated, text = repeated
    return RawReport(
        row=row, report_id=number, received=received, incident=incident, incident_type=incident_type, service=service,
        bundle_id=bundle_id, batched=batched, escalated=escalated, text=text,
    )  # fmt: skip


def _capture(row: CsvRow) -> RawCapture | None:
    """Give the row's address entry; None when every address column is blank."""
    address, role, event, time, proxy = (row.values.get(column, "") for column in ADDRESS_COLUMNS)
    if not (address or role or event or time or proxy):
        return None
    return RawCapture(row.number, _ROLES.get(role.strip().lower()), address, event, time, proxy)
