"""Small tables of a programme: convictions, recorded interviews, trainings, yearly totals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from darkfigure.intake.checked_rows import Broken, check_rows, whole_number, year_and_month
from darkfigure.intake.csv_rows import CsvRow, read_csv_rows
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import Conviction, ConvictionMode, ProgrammeYear, RecordedInterview, Training

Record = TypeVar("Record")

_MODES = {mode.value: mode for mode in ConvictionMode}
_YES_NO = {"yes": True, "no": False}
AUDIENCES = ("prosecutors", "law enforcers")
"""Audiences of trainings that the reader accepts."""


def read_convictions(path: Path, *, source: str, file: str = "") -> tuple[tuple[Conviction, ...], IntakeAudit]:
    """Which convictions does this file list?

    Parameters
    ----------
    path : Path
        CSV with the columns ``conviction`` (a token, used to find repeated rows and then dropped), ``month``
        (``2018-03``), ``mode`` (``plea`` or ``trial``) and ``trained_prosecutor`` (``yes`` or ``no``).
    source, file : str
        For the account.

    Returns
    -------
    tuple of Conviction
        In file order.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        The file cannot be read as a whole.

    Notes
    -----
    Rules: ``token-missing``, ``token-repeated``, ``month-malformed``, ``mode-not-listed``, ``yes-no-malformed``.
    """

    def make(row: CsvRow) -> Conviction | Broken:
        month = year_and_month(row.values["month"])
        mode = _MODES.get(row.values["mode"])
        trained = _YES_NO.get(row.values["trained_prosecutor"])
        if month is None:
            return Broken("month", "month-malformed")
        if mode is None:
            return Broken("mode", "mode-not-listed")
        if trained is None:
            return Broken("trained_prosecutor", "yes-no-malformed")
        return Conviction(year=month[0], month=month[1], mode=mode, trained_prosecutor=trained)

    columns = ("conviction", "month", "mode", "trained_prosecutor")
    return _read(path, source=source, file=file, unit="convictions", columns=columns, make=make)


def read_interviews(
    path: Path, *, source: str, pseudonymiser: Pseudonymiser, file: str = ""
) -> tuple[tuple[RecordedInterview, ...], IntakeAudit]:
    """Which recorded interviews does this file list?

    Parameters
    ----------
    path : Path
        CSV with the columns ``interview`` and ``case`` (tokens) and ``used_at_inquest`` (``yes`` or ``no``).
    source, file : str
        For the account.
    pseudonymiser : Pseudonymiser
        Replaces the case token.

    Returns
    -------
    tuple of RecordedInterview
        In file order.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        The file cannot be read as a whole.

    Notes
    -----
    Rules: ``token-missing``, ``token-repeated``, ``case-missing``, ``yes-no-malformed``.
    """

    def make(row: CsvRow) -> RecordedInterview | Broken:
        used = _YES_NO.get(row.values["used_at_inquest"])
        if not row.values["case"].strip():
            return Broken("case", "case-missing")
        if used is None:
            return Broken("used_at_inquest", "yes-no-malformed")
        case = pseudonymiser.of("interviewed case", row.values["case"].strip())
        return RecordedInterview(case=case, used_at_inquest=used)

    columns = ("interview", "case", "used_at_inquest")
    return _read(path, source=source, file=file, unit="interviews", columns=columns, make=make)


def read_trainings(path: Path, *, source: str, file: str = "") -> tuple[tuple[Training, ...], IntakeAudit]:
    """Which trainings does this file list?

    Parameters
    ----------
    path : Path
        CSV with the columns ``training`` (a token), ``month`` (``2018-03``), ``audience`` and ``people``.
    source, file : str
        For the account.

    Returns
    -------
    tuple of Training
        In file order.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        The file cannot be read as a whole.

    Notes
    -----
    Rules: ``token-missing``, ``token-repeated``, ``month-malformed``, ``audience-not-listed``, ``count-malformed``.
    """

    def make(row: CsvRow) -> Training | Broken:
        month = year_and_month(row.values["month"])
        people = whole_number(row.values["people"])
        if month is None:
            return Broken("month", "month-malformed")
        if row.values["audience"] not in AUDIENCES:
            return Broken("audience", "audience-not-listed")
        if people is None:
            return Broken("people", "count-malformed")
        return Training(year=month[0], month=month[1], audience=row.values["audience"], people=people)

    columns = ("training", "month", "audience", "people")
    return _read(path, source=source, file=file, unit="trainings", columns=columns, make=make)


def read_programme(path: Path, *, source: str, file: str = "") -> tuple[tuple[ProgrammeYear, ...], IntakeAudit]:
    """Which yearly totals does the programme state?

    Parameters
    ----------
    path : Path
        CSV with the columns ``year``, ``cases``, ``victims`` and ``charged``.
    source, file : str
        For the account.

    Returns
    -------
    tuple of ProgrammeYear
        In file order; each year once.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        The file cannot be read as a whole.

    Notes
    -----
    Rules: ``token-missing`` (no year), ``token-repeated`` (a year stands twice), ``year-malformed``,
    ``count-malformed``.
    """

    def make(row: CsvRow) -> ProgrammeYear | Broken:
        year = whole_number(row.values["year"])
        if year is None or year < 1900:
            return Broken("year", "year-malformed")
        counts = {}
        for column in ("cases", "victims", "charged"):
            number = whole_number(row.values[column], largest=9_999_999)
            if number is None:
                return Broken(column, "count-malformed")
            counts[column] = number
        return ProgrammeYear(year=year, **counts)

    columns = ("year", "cases", "victims", "charged")
    return _read(path, source=source, file=file, unit="years", columns=columns, make=make)


def _read(
    path: Path,
    *,
    source: str,
    file: str,
    unit: str,
    columns: tuple[str, ...],
    make: Callable[[CsvRow], Record | Broken],
) -> tuple[tuple[Record, ...], IntakeAudit]:
    """Read one small table whose first column is a token that may not repeat."""
    name = file or path.name
    rows = read_csv_rows(path, source=source, required=columns, unit=unit, file=name)
    seen: set[str] = set()

    def check(row: CsvRow) -> Record | Broken:
        token = row.values[columns[0]].strip()
        if not token or token in seen:
            return Broken(columns[0], "token-repeated" if token else "token-missing")
        made = make(row)
        if not isinstance(made, Broken):
            seen.add(token)
        return made

    checked = check_rows(rows, source=source, file=name, unit=unit, check=check)
    return checked.records, checked.audit
