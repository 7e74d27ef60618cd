"""How are the tables of the annex set: their order, width, size of type, and which stand side by side?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from darkfigure.records.aggregate import Missing
from darkfigure.report.document import CellView, TableView
from darkfigure.report.plan import CHAPTERS
from darkfigure.report.print_rows import MOST_ROWS, printed_rows

_FULL_LINE = 128
_HALF_LINE = 61
_WIDEST_CELL = 36
_LARGEST, _SMALLEST = 6.2, 5.0
_LONG_WORD = 11
_DASH = "\N{EN DASH}"
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"
_PAGE_LINES = 150
_AROUND_TABLE = 6
_OTHER = "The study, its recommendations and its accounts"


def numbered(tables: Sequence[TableView]) -> list[tuple[int, TableView]]:
    """Number tables in the order of the annex: by chapter, in each the narrow ones first.

    Parameters
    ----------
    tables : sequence of TableView

    Returns
    -------
    list of (int, TableView)
    """
    titles = [c.title for c in CHAPTERS] + [_OTHER]
    order = sorted(tables, key=lambda t: (titles.index(_chapter(t)), not _narrow(t)))
    return list(enumerate(order, start=1))


def table_groups(tables: Iterable[tuple[int, TableView]]) -> list[dict[str, Any]]:
    """Group numbered tables by chapter; narrow ones stand in pairs of stacks of about a page.

    Parameters
    ----------
    tables : iterable of (int, TableView)

    Returns
    -------
    list of dict
        Each with a title, pairs of stacks, and tables over the whole width.
    """
    groups: dict[str, list[tuple[int, TableView]]] = {}
    for number, table in tables:
        groups.setdefault(_chapter(table), []).append((number, table))
    return [
        {
            "title": title,
            "stacks": [_two_stacks(page) for page in _pages([x for x in members if _narrow(x[1])])],
            "wide": [table_data(t, number=n) for n, t in members if not _narrow(t)],
        }
        for title, members in groups.items()
    ]


def _chapter(table: TableView) -> str:
    return next((c.title for c in CHAPTERS if table.question in c.questions), _OTHER)


def _lines(table: TableView) -> int:
    return min(len(table.rows), MOST_ROWS) + _AROUND_TABLE


def _pages(tables: Sequence[tuple[int, TableView]]) -> list[list[tuple[int, TableView]]]:
    pages: list[list[tuple[int, TableView]]] = []
    filled = 0
    for entry in tables:
        if not pages or filled + _lines(entry[1]) > _PAGE_LINES:
            pages.append([])
            filled = 0
        pages[-1].append(entry)
        filled += _lines(entry[1])
    return pages


def _two_stacks(tables: Sequence[tuple[int, TableView]]) -> list[list[dict[str, Any]]]:
    heights = [_lines(t) for _, t in tables]
    cut = min(range(1, len(tables) + 1), key=lambda k: max(sum(heights[:k]), sum(heights[k:])))
    made = [table_data(t, number=n) for n, t in tables]
    return [made[:cut], made[cut:]]


def _wanted(table: TableView) -> list[int]:
    return [_column_width(table, i, _breakable(head)) for i, (head, _) in enumerate(table.heads)]


def _narrow(table: TableView) -> bool:
    return sum(_wanted(table)) <= _HALF_LINE


def table_data(table: TableView, *, number: int = 0, most: int = MOST_ROWS) -> dict[str, Any]:
    """Write a table for the typesetter.

    Parameters
    ----------
    table : TableView
    number : int
        In the annex; 0 for none.
    most : int
        Rows printed at most.

    Returns
    -------
    dict
        Plain values.
    """
    widths = _wanted(table)
    line = _HALF_LINE if _narrow(table) else _FULL_LINE
    printed = printed_rows(table, most)
    return {
        "id": table.id,
        "number": number,
        "title": table.title,
        "base": table.base,
        "note": " ".join(x for x in (table.note, printed.words) if x),
        "source": table.source,
        "heads": [(_breakable(title), numeric) for title, numeric in table.heads],
        "total_row": -1 if printed.total_row is None else printed.total_row,
        "size": round(max(_SMALLEST, min(_LARGEST, _LARGEST * line / sum(widths))), 1),
        "widths": [0] * len(widths) if sum(widths) < line else widths,
        "rows": [[_cell(cell) for cell in row] for row in printed.rows],
    }


def _cell(cell: CellView) -> dict[str, str]:
    """Write a cell; on paper a dash stands for "not applicable", as the annex says."""
    return {"text": _DASH if cell.text == Missing.NOT_APPLICABLE.value else cell.text, "state": cell.state}


def _breakable(title: str) -> str:
    """Let long words of a heading break in the middle."""
    words = (
        w if len(w) <= _LONG_WORD else f"{w[: len(w) // 2]}{_SOFT_HYPHEN}{w[len(w) // 2 :]}" for w in title.split()
    )
    return " ".join(words)


def _column_width(table: TableView, place: int, head: str) -> int:
    """Characters a column wants: its longest cell within reason, and the longest unbreakable part of its heading."""
    cells = max([len(_cell(row[place])["text"]) for row in table.rows], default=1)
    return (
        max(
            min(cells, _WIDEST_CELL),
            max((len(w) for w in re.split(f"[ {_SOFT_HYPHEN}]", head)), default=1),
            min(len(head), 10),
        )
        + 2
    )
