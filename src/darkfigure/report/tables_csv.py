"""How is a released table written as a CSV file that a spreadsheet opens without harm?"""

from __future__ import annotations

import csv
import io
import re

from darkfigure.disclosure.released import SUPPRESSED, ReleasedCell, ReleasedTable
from darkfigure.records.aggregate import Missing

_FORMULA_STARTS = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                   "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def csv_text(table: ReleasedTable) -> str:
    """Write a table as CSV: machine names as header, one line a row.

    Parameters
    ----------
    table : ReleasedTable

    Returns
    -------
    str
        Lines end in a line feed. Withheld cells read ``withheld``, missing ones their reason, zero ``0``.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([inert(c.name) for c in table.columns])
    for row in table.rows:
        writer.writerow([_field(cell) for cell in row])
    return out.getvalue()


def _field(cell: ReleasedCell) -> str:
    if cell is SUPPRESSED or isinstance(cell, Missing):
        return str(cell.value)
    if isinstance(cell, str):
        return inert(cell)
    return str(cell) if isinstance(cell, int) else format(cell, ".10g")


def inert(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula; control characters become spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> inert("=1+1"), inert("Cebu"), inert("  @now")
    ("'=1+1", 'Cebu', "'  @now")
    """
    plain = _CONTROL.sub(" ", text)
    return f"'{plain}" if plain.lstrip().startswith(_FORMULA_STARTS) else plain
