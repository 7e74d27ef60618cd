"""One sheet of an agency's workbook, as rows of text like those of a CSV file."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from darkfigure.errors import IntakeError
from darkfigure.intake.csv_rows import CsvRow, CsvRows
from darkfigure.intake.xlsx_rows import CellValue, SheetRow, SheetRows, read_xlsx_sheets
from darkfigure.records.aggregate import RefusedRow


def read_referral_sheet(path: Path, *, source: str, sheet: str, columns: Sequence[str], file: str) -> CsvRows:
    """Which rows does this sheet hold, as text under the columns asked for?

    Parameters
    ----------
    path : Path
        XLSX file.
    source, file : str
        For messages and the account.
    sheet : str
        Name of the sheet; empty for a workbook with one sheet.
    columns : sequence of str
        Columns to read; the others are counted and dropped.

    Returns
    -------
    CsvRows
        Whole numbers as digits, days as ``2016-03-14``, empty cells as empty text. A row whose cell is neither text,
        nor whole number, nor day is refused (``cell-type``), and so is every row of another sheet (``unknown-sheet``).

    Raises
    ------
    IntakeError (E-INTAKE-20 to E-INTAKE-23, E-INTAKE-40 to E-INTAKE-46)
        The workbook cannot be read safely.
    IntakeError (E-INTAKE-82)
        The sheet is not there, or the workbook has several and none is declared.
    IntakeError (E-INTAKE-83)
        A column is not there.
    """
    where = f"source {source}, file {file}"
    book = read_xlsx_sheets(path, source=source, sheets=[sheet] if sheet else None, file=file)
    if len(book.sheets) != 1:
        raise IntakeError(
            "E-INTAKE-82",
            where=where,
            problem="the declared sheet is not there, or none is declared and there are several",
            allowed="one sheet of the declared name, or a workbook with one sheet",
            remedy="Correct sheet in the layout of this source in study.toml.",
        )
    rows: SheetRows = next(iter(book.sheets.values()))
    missing = [column for column in columns if column not in rows.header]
    if missing:
        raise IntakeError(
            "E-INTAKE-83",
            where=where,
            problem=f"the sheet lacks {', '.join(missing)}",
            allowed=f"the columns {', '.join(columns)}",
            remedy="Correct the layout of this source in study.toml, or ask the agency for the columns.",
        )
    accepted: list[CsvRow] = []
    refused = [RefusedRow(source, file, r.row, r.field, r.rule) for r in rows.refused]
    for row in rows.rows:
        made = _as_text(row, columns)
        if isinstance(made, str):
            refused.append(RefusedRow(source, file, row.number, made, "cell-type"))
        else:
            accepted.append(CsvRow(row.number, made))
    for position, numbers in book.unread.items():
        place = f"{file}, sheet {position}"
        refused += [RefusedRow(source, place, number, "(row)", "unknown-sheet") for number in numbers]
    return CsvRows(
        rows=tuple(accepted),
        refused=tuple(refused),
        rows_in=rows.rows_in + sum(map(len, book.unread.values())),
        unknown_columns=sum(name not in columns for name in rows.header),
        sha256=book.sha256,
    )


def _as_text(row: SheetRow, columns: Sequence[str]) -> dict[str, str] | str:
    """Write the cells of a row as text, or name the column that cannot be."""
    values = {}
    for column in columns:
        text = _text(row.values.get(column, ""))
        if text is None:
            return column
        values[column] = text
    return values


def _text(value: CellValue) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else None
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value)) if value == int(value) else None
