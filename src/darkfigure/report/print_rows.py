"""Which rows of a long table are worth paper? The others stand in its file and on the web page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from darkfigure.report.document import CellView, TableView
from darkfigure.report.numbers import grouped

MOST_ROWS = 40
"""Rows that are printed of a long table."""

_LEAVE_OUT = 5

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Row = tuple[CellView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedRows:
    """Rows of a table for print, and how they were chosen.

    Parameters
    ----------
    rows : tuple of tuple of CellView
    total_row : int or None
        Place of the total among them.
    words : str
        What was left out; empty when nothing was.
    """

    rows: tuple[Row, ...]
    total_row: int | None
    words: str


def printed_rows(table: TableView, most: int = MOST_ROWS) -> PrintedRows:
    """Which rows of a table are printed?

    Parameters
    ----------
    table : TableView
    most : int

    Returns
    -------
    PrintedRows
        All of a table that is short, or longer than ``most`` by a few rows. Of a long one those that name a year end,
        else the last of each quarter, else those that are not empty, else those of the last day, else the first ones.
    """
    everything = list(range(len(table.rows)))
    if len(everything) <= most + _LEAVE_OUT:
        return PrintedRows(rows=table.rows, total_row=table.total_row, words="")
    choices = (
        (_named(table), "those that end a year"),
        (_quarters(table), "the last of each quarter"),
        (_filled(table), "those in which some count is not 0"),
        (_last(table), "those of the last period"),
        (everything[:most], "the first ones"),
    )
    chosen, words = next((places, words) for places, words in choices if 0 < len(places) <= most)
    if table.total_row is not None and table.total_row not in chosen:
        chosen = [*chosen[: most - 1], table.total_row]
    total = None if table.total_row is None else chosen.index(table.total_row)
    return PrintedRows(
        rows=tuple(table.rows[i] for i in chosen),
        total_row=total,
        words=f"Printed: {grouped(len(chosen))} of {grouped(len(everything))} rows, {words}. "
        f"All rows: tables/{table.id}.csv.",
    )


def _column(table: TableView, place: int) -> list[CellView]:
    return [row[place] for row in table.rows]


def _named(table: TableView) -> list[int]:
    """Rows of a series of days of which some carry a name."""
    if not _days(table) or len(table.heads) < 2 or table.heads[1][1]:
        return []
    named = [i for i, cell in enumerate(_column(table, 1)) if cell.state == "text"]
    return named if len(named) < len(table.rows) else []


def _days(table: TableView) -> bool:
    return all(_DAY.fullmatch(c.text) for c in _column(table, 0))


def _quarters(table: TableView) -> list[int]:
    days = [c.text for c in _column(table, 0)]
    if not _days(table) or len(set(days)) < len(days):
        return []
    last: dict[tuple[str, int], int] = {}
    for i, day in enumerate(days):
        last[(day[:4], (int(day[5:7]) - 1) // 3)] = i
    return sorted(last.values())


def _filled(table: TableView) -> list[int]:
    """Rows that do not count nought throughout."""
    return [n for n, row in enumerate(table.rows) if any(row[i].text != "0" for i in table.counts)]


def _last(table: TableView) -> list[int]:
    """Rows of the last of several days that have many rows each."""
    first = [c.text for c in _column(table, 0)]
    return [i for i, text in enumerate(first) if text == first[-1]] if _days(table) else []
