"""Strict reading of partners' workbooks: every row of every sheet accepted or refused, with its place in the sheet.

A formula is refused where it stands: what it shows was computed on another machine, from cells that may have changed
since. An error value (``#REF!``) is refused too. Rows without any value are no rows.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from darkfigure.errors import IntakeError
from darkfigure.intake.xlsx_safety import check_workbook, column_letters
from darkfigure.records.aggregate import RefusedRow

CellValue = str | int | float | bool | date | datetime | time | timedelta
"""A value as the sheet types it; an empty cell has none."""


@dataclass(frozen=True, slots=True, repr=False)
class SheetRow:
    """One row: its number in the sheet (as the spreadsheet program shows it) and its values by column name."""

    number: int
    values: Mapping[str, CellValue]

    def __repr__(self) -> str:
        return f"SheetRow({self.number}, <{len(self.values)} restricted values>)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SheetRows:
    """What one sheet held.

    Parameters
    ----------
    position : int
        Place in the workbook, from 1; messages use it in place of the sheet's name.
    header : tuple of str
        Column names in order; ``""`` for a column without one.
    rows : tuple of SheetRow
        Rows that broke no rule so far; callers check meaning and may refuse more.
    refused : tuple of RefusedRow
        Rows that broke a rule: ``formula-cell``, ``error-cell``, ``number-not-finite``, ``cell-without-heading``. The
        field is ``column C`` or the like.
    broken : tuple of SheetRow
        The refused rows' sound cells, in the order of ``refused``: for joins between sheets only.
    """

    position: int
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    refused: tuple[RefusedRow, ...]
    broken: tuple[SheetRow, ...]

    @property
    def rows_in(self) -> int:
        """Rows below the header that hold a value."""
        return len(self.rows) + len(self.refused)

    def __repr__(self) -> str:
        return f"SheetRows(<{len(self.rows)} restricted rows>, refused={len(self.refused)})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class XlsxBook:
    """The sheets of a workbook by name, and the digest of its bytes.

    ``unread`` has, by position of each sheet that was not asked for, the numbers of its rows that hold a value.
    """

    sheets: Mapping[str, SheetRows]
    sha256: str
    unread: Mapping[int, tuple[int, ...]]

    def __repr__(self) -> str:
        return f"XlsxBook(<{len(self.sheets)} restricted sheets>)"


def read_xlsx_sheets(
    path: Path, *, source: str, header_row: int = 1, sheets: Collection[str] | None = None, file: str | None = None
) -> XlsxBook:
    """Read the rows of a workbook, and say which break a rule of the format.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file.
    source : str
        Name of the declared source, for messages.
    header_row : int
        Row of the column names; rows above it are not read.
    sheets : collection of str, optional
        Sheets to read, by exact name; all when left out. Of the others the filled rows are counted.
    file : str, optional
        Name of the file in messages and refusals; the file's own name when left out.

    Returns
    -------
    XlsxBook

    Raises
    ------
    IntakeError (E-INTAKE-20 to E-INTAKE-23, E-INTAKE-40 to E-INTAKE-44)
        The workbook is not safe to open; see ``check_workbook``.
    IntakeError (E-INTAKE-45)
        The workbook's parts do not fit together.
    IntakeError (E-INTAKE-46)
        A heading occurs twice in one sheet, or is no text.
    """
    name = path.name if file is None else file
    where = f"source {source}, file {name}"
    check_workbook(path, where=where)
    read: dict[str, SheetRows] = {}
    unread: dict[int, tuple[int, ...]] = {}
    with warnings.catch_warnings():
        # The library's warnings quote cell values.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
            for position, sheet in enumerate(book.worksheets, start=1):
                if sheets is None or sheet.title in sheets:
                    place = f"{name}, sheet {position}"
                    read[sheet.title] = _read_sheet(
                        sheet, position=position, header_row=header_row, source=source, file=place
                    )
                else:
                    sheet.reset_dimensions()
                    unread[position] = tuple(number for number, _ in _numbered(sheet, first=header_row + 1))
            book.close()
        except IntakeError:
            raise
        except Exception:  # the library raises whatever a damaged part leads it to
            raise IntakeError(
                "E-INTAKE-45", where=where, problem="the parts of the workbook do not fit together",
                allowed="a complete workbook", remedy="Open the workbook and save it again as XLSX.",
            ) from None  # fmt: skip
    return XlsxBook(sheets=read, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), unread=unread)


def _read_sheet(sheet: Any, *, position: int, header_row: int, source: str, file: str) -> SheetRows:
    sheet.reset_dimensions()
    header: tuple[str, ...] = ()
    rows: list[SheetRow] = []
    refused: list[RefusedRow] = []
    sound_cells: list[SheetRow] = []
    for number, cells in _numbered(sheet, first=header_row):
        if number == header_row:
            header = _header(cells, where=f"source {source}, file {file}, row {number}")
            continue
        rules = {column: rule for column, cell in cells if (rule := _broken_rule(column, cell, header))}
        row = SheetRow(number, {header[column]: cell.value for column, cell in cells if column not in rules})
        if rules:
            column, rule = next(iter(rules.items()))
            refused.append(RefusedRow(source, file, number, f"column {column_letters(column + 1)}", rule))
            sound_cells.append(row)
        else:
            rows.append(row)
    return SheetRows(
        position=position, header=header, rows=tuple(rows), refused=tuple(refused), broken=tuple(sound_cells)
    )


def _numbered(sheet: Any, *, first: int) -> Iterator[tuple[int, list[tuple[int, Any]]]]:
    """Yield the number of each row that holds a value, and its filled cells by column index."""
    for number, row in enumerate(sheet.iter_rows(min_row=1), start=1):
        filled = [(column, cell) for column, cell in enumerate(row) if cell.value is not None and cell.value != ""]
        if filled and number >= first:
            yield number, filled


def _header(cells: list[tuple[int, Any]], *, where: str) -> tuple[str, ...]:
    named = {column: cell.value.strip() for column, cell in cells if cell.data_type == "s"}
    texts = [text for text in named.values() if text]
    if len(named) != len(cells) or len(set(texts)) != len(texts):
        raise IntakeError(
            "E-INTAKE-46", where=where, problem="a heading occurs twice or is no text",
            allowed="headings that are text and differ", remedy="Correct the first row of the sheet and save it again.",
        )  # fmt: skip
    return tuple(named.get(column, "") for column in range(max(named) + 1))


def _broken_rule(column: int, cell: Any, header: tuple[str, ...]) -> str:
    if cell.data_type == "f":
        return "formula-cell"
    if cell.data_type == "e":
        return "error-cell"
    if isinstance(cell.value, float) and not math.isfinite(cell.value):
        return "number-not-finite"
    return "cell-without-heading" if column >= len(header) or not header[column] else ""
