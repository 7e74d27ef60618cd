"""Rows checked for meaning, one after another, and the account of what became of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from darkfigure.intake.csv_rows import CsvRow, CsvRows
from darkfigure.records.aggregate import FileAccount, IntakeAudit, RefusedRow, tally

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Broken:
    """The first rule a row broke: field as the file names it, and the rule's code; never the value."""

    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class Checked(Generic[Record]):
    """Records made from the accepted rows, in file order, and the account of the file."""

    records: tuple[Record, ...]
    audit: IntakeAudit


def check_rows(
    rows: CsvRows, *, source: str, file: str, unit: str, check: Callable[[CsvRow], Record | Broken]
) -> Checked[Record]:
    """Which rows make a record, and which break a rule of meaning?

    Parameters
    ----------
    rows : CsvRows
        Rows of one file that broke no rule of the format.
    source, file, unit : str
        For the account.
    check : callable
        Makes a record of a row, or says which rule the row breaks.

    Returns
    -------
    Checked
        Its account has every row of the file, those refused by the format included.
    """
    records: list[Record] = []
    refused = list(rows.refused)
    for row in rows.rows:
        made = check(row)
        if isinstance(made, Broken):
            refused.append(RefusedRow(source, file, row.number, made.field, made.rule))
        else:
            records.append(made)
    account = FileAccount(
        source=source,
        file=file,
        unit=unit,
        rows_in=rows.rows_in,
        rows_accepted=len(records),
        rows_refused=len(refused),
        refusals=tally(refused),
        unknown_elements=rows.unknown_columns,
        sha256=rows.sha256,
    )
    return Checked(tuple(records), IntakeAudit((account,), tuple(sorted(refused, key=lambda r: r.row))))


def whole_number(text: str, *, largest: int = 9_999) -> int | None:
    """Which whole number of 0 or more is this, in plain digits?

    Examples
    --------
    >>> whole_number("12"), whole_number("1,2"), whole_number("99999")
    (12, None, None)
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(largest))):
        return None
    number = int(text)
    return number if number <= largest else None


def year_and_month(text: str) -> tuple[int, int] | None:
    """Which month is this, written ``2018-03``?

    Examples
    --------
    >>> year_and_month("2018-03"), year_and_month("2018-13"), year_and_month("03/2018")
    ((2018, 3), None, None)
    """
    year, dash, month = text.partition("-")
    if not (dash and len(year) == 4 and len(month) == 2 and (year + month).isascii() and (year + month).isdigit()):
        return None
    return (int(year), int(month)) if 1 <= int(month) <= 12 else None
