"""Workbooks whose bytes depend on their content alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

Cell = str | int | float | None
"""What one cell holds; text is written as text, also when it looks like a formula."""

_CREATED = datetime(2018, 2, 1, tzinfo=UTC).replace(tzinfo=None)


def write_workbook(
    path: Path, *, sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]], title: str
) -> None:
    """Which workbook holds these sheets, byte for byte the same on every machine?

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file to write.
    sheets : mapping of str to (header, rows)
        By sheet name, in the order of the workbook. ``None`` leaves a cell empty.
    title : str
        Title among the document's properties.
    """
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": title, "author": "", "company": "", "created": _CREATED})
    bold = book.add_format({"bold": True})
    for name, (header, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(header):
            sheet.write_string(0, column, heading, bold)
        for row, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif cell is not None:
                    sheet.write_number(row, column, cell)
    book.close()
