"""What does a figure read from a released table, and what is missing from it?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.disclosure.released import SUPPRESSED, ReleasedCell, ReleasedTable
from darkfigure.errors import StudyError
from darkfigure.records.aggregate import Column, ColumnKind

_UNKNOWN = re.compile(r"^(unknown|not (known|stated|recorded)|undetermined|no information)\b", re.IGNORECASE)


def need(table: ReleasedTable, names: Sequence[str], figure: str) -> None:
    """Refuse to draw a figure from a table that lacks a column.

    Raises
    ------
    StudyError (E-STUDY-52)
        A column the figure needs is not in the table.
    """
    absent = [n for n in names if not table.has(n)]
    if absent:
        raise StudyError(
            "E-STUDY-52",
            where=f"figure {figure}, table {table.id}",
            problem=f"columns missing: {', '.join(absent)}",
            allowed=f"a table with the columns {', '.join(names)}",
            remedy="Make the analysis release these columns, or leave the table out so that the figure is not drawn.",
        )


def number(cell: ReleasedCell) -> float | None:
    """Read a cell as a number; ``None`` when it is withheld or missing.

    Examples
    --------
    >>> number(3), number(SUPPRESSED)
    (3.0, None)
    """
    return float(cell) if isinstance(cell, int | float) else None


def numbers(table: ReleasedTable, name: str) -> list[float | None]:
    """Read a column as numbers, ``None`` where withheld or missing."""
    return [number(cell) for cell in table.column(name)]


def labels(table: ReleasedTable, name: str) -> list[str]:
    """Read a column of labels; a missing label reads as its reason."""
    return [c if isinstance(c, str) else str(getattr(c, "value", c)) for c in table.column(name)]


def sentence_case(label: str) -> str:
    """Begin a label with a capital, and leave the rest as it is.

    Examples
    --------
    >>> sentence_case("other relative of RC")
    'Other relative of RC'
    """
    return label[:1].upper() + label[1:]


def is_unknown(label: str) -> bool:
    """Tell whether a category stands for what is not known.

    Examples
    --------
    >>> is_unknown("Not stated"), is_unknown("Sibling")
    (True, False)
    """
    return bool(_UNKNOWN.match(label))


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRow:
    """One category of a bar chart.

    Parameters
    ----------
    label : str
    value : float or None
        ``None``: withheld or missing.
    share : float or None
        Proportion printed beside a count.
    lower, upper : float or None
        Interval on the scale of the bars.
    unknown, withheld : bool
        Which kind of row it is.
    of_all : bool
        Whether the share is of all units where the other rows' shares are of the known ones.
    """

    label: str
    value: float | None
    share: float | None = None
    lower: float | None = None
    upper: float | None = None
    unknown: bool = False
    withheld: bool = False
    of_all: bool = False


def first_column(table: ReleasedTable, kind: ColumnKind, figure: str) -> Column:
    """Find the first column of a kind.

    Raises
    ------
    StudyError (E-STUDY-52)
        The table has no such column.
    """
    found = next((c for c in table.columns if c.kind is kind), None)
    if found is None:
        raise StudyError(
            "E-STUDY-52",
            where=f"figure {figure}, table {table.id}",
            problem=f"no column of kind {kind.value}",
            allowed=f"a table with a {kind.value} column",
            remedy="Make the analysis release such a column, or leave the table out so that the figure is not drawn.",
        )
    return found


def bar_rows(table: ReleasedTable, figure: str, *, count: str = "", label: str = "") -> list[BarRow]:
    """Read a table of categories with counts, without its total row.

    The share is the first share column; the interval that stands with it is scaled from shares to counts.

    Parameters
    ----------
    table : ReleasedTable
    figure : str
        Named in an error.
    count, label : str
        Column names; the first column of that kind by default.

    Returns
    -------
    list of BarRow
    """
    names = labels(table, label or first_column(table, ColumnKind.LABEL, figure).name)
    counts = table.column(count or first_column(table, ColumnKind.COUNT, figure).name)
    share_name = interval_share(table)
    rows = []
    for index, (name, cell) in enumerate(zip(names, counts, strict=True)):
        if index == table.total_row:
            continue
        value = number(cell)
        share, low, high = (_at(table, c, index) for c in (share_name, *_interval_columns(table)))
        scale = value / share if value and share else None
        of_all = share is None and table.has("share_all")
        rows.append(
            BarRow(
                label=sentence_case(name),
                value=value,
                share=_at(table, "share_all", index) if of_all else share,
                lower=low * scale if low is not None and scale else None,
                upper=high * scale if high is not None and scale else None,
                unknown=is_unknown(name),
                withheld=cell is SUPPRESSED,
                of_all=of_all,
            )
        )
    return rows


def _interval_columns(table: ReleasedTable) -> tuple[str, str]:
    plain = table.has("lower") and table.has("upper")
    return ("lower", "upper") if plain else ("share_lower", "share_upper")


def interval_share(table: ReleasedTable) -> str:
    """Name the share column that the table's interval belongs to, the first; empty where there is no share."""
    shares = (c.name for c in table.columns if c.kind is ColumnKind.SHARE and not c.name.endswith(("lower", "upper")))
    return next(shares, "")


def _at(table: ReleasedTable, column: str, row: int) -> float | None:
    return number(table.column(column)[row]) if column and table.has(column) else None
