"""Which cells must be withheld?"""

from __future__ import annotations

from darkfigure.disclosure.policy import Policy
from darkfigure.records.aggregate import Cell, Column, ColumnKind, Finding, Missing, Table

NOT_COUNTS = ("share", "years", "months", "ratio", "rank")
"""Units of values that count nobody; what stands behind such a value is protected, not its size."""

CellPlace = tuple[int, str]
"""Row index and column name."""


def is_small(count: Cell | None, threshold: int) -> bool:
    """Tell whether a count is above zero and below the threshold.

    Examples
    --------
    >>> is_small(3, 10), is_small(0, 10), is_small(10, 10), is_small(None, 10)
    (True, False, False, False)
    """
    return isinstance(count, int | float) and not isinstance(count, bool) and 0 < count < threshold


def withheld_cells(table: Table, policy: Policy) -> dict[CellPlace, str]:
    """Find every cell of a table that the policy withholds, with the rule that does.

    A row is small when one of its protected counts is, or when the cases behind it are. In each count column at least
    ``policy.complementary`` non-zero cells are withheld once one is, smallest first, so that a published total does not
    give a single withheld cell away. Columns computed from a withheld cell are withheld too.

    Parameters
    ----------
    table : Table
    policy : Policy

    Returns
    -------
    dict of (row index, column name) to str
        Rule ``"threshold"``, ``"contributors"``, ``"complementary"`` or ``"derived"``.

    Notes
    -----
    This is column-wise protection against subtraction. It is not yet audited against linear combinations of several
    tables, nor against earlier releases; the report says so.
    """
    if not table.protected or policy.threshold == 1:
        return {}
    withheld: dict[CellPlace, str] = {}
    counts = [c for c in table.columns if c.kind is ColumnKind.COUNT]
    behind = [table.column(c.name) for c in table.columns if c.kind is ColumnKind.CONTRIBUTORS]
    few = {i for cells in behind for i, cell in enumerate(cells) if is_small(cell, policy.threshold)}
    for column in counts:
        for row, cell in enumerate(table.column(column.name)):
            if is_small(cell, policy.threshold):
                withheld[(row, column.name)] = "threshold"
            elif row in few and not isinstance(cell, Missing) and cell != 0:
                withheld[(row, column.name)] = "contributors"
        _complete(table, column, policy, withheld)
    for row in few:
        for column in table.columns:
            if column.kind in (ColumnKind.SHARE, ColumnKind.ESTIMATE) or _is_measure_of_people(column):
                withheld.setdefault((row, column.name), "contributors")
    _derive(table, withheld)
    return withheld


def _is_measure_of_people(column: Column) -> bool:
    return column.kind is ColumnKind.MEASURE and bool(column.derived_from)


def _complete(table: Table, column: Column, policy: Policy, withheld: dict[CellPlace, str]) -> None:
    here = [row for row, name in withheld if name == column.name and row != table.total_row]
    if not here or len(here) >= policy.complementary:
        return
    cells = table.column(column.name)
    open_rows = [
        (float(cell), row)
        for row, cell in enumerate(cells)
        if isinstance(cell, int | float) and cell > 0 and row not in here and row != table.total_row
    ]
    for _, row in sorted(open_rows)[: policy.complementary - len(here)]:
        withheld[(row, column.name)] = "complementary"


def _derive(table: Table, withheld: dict[CellPlace, str]) -> None:
    changed = True
    while changed:
        changed = False
        for column in table.columns:
            for row in range(len(table.rows)):
                if (row, column.name) not in withheld and any((row, d) in withheld for d in column.derived_from):
                    withheld[(row, column.name)] = "derived"
                    changed = True


def finding_rule(finding: Finding, policy: Policy) -> str | None:
    """Tell by which rule a finding's numbers are withheld, or ``None`` when they may be published.

    Parameters
    ----------
    finding : Finding
    policy : Policy

    Returns
    -------
    str or None
        ``"threshold"``, ``"contributors"`` or ``"complement"`` (so close to all that the rest is small).
    """
    if not finding.protected or policy.threshold == 1 or finding.refusal is not None:
        return None
    if is_small(finding.contributors, policy.threshold):
        return "contributors"
    if is_small(finding.numerator, policy.threshold):
        return "threshold"
    if finding.unit not in NOT_COUNTS and is_small(finding.value, policy.threshold):
        return "threshold"
    whole = share_whole(finding)
    if finding.unit == "share" and finding.numerator is not None and whole is not None:
        if is_small(whole - finding.numerator, policy.threshold):
            return "complement"
    elif is_small(whole, policy.threshold):
        return "threshold"
    return None


def share_whole(finding: Finding) -> int | None:
    """Find what a finding speaks about: the known units, or all of them where its share is of all.

    Parameters
    ----------
    finding : Finding

    Returns
    -------
    int or None
        Denominator; ``None`` when the finding states none.
    """
    known, base, value, numerator = finding.known, finding.base, finding.value, finding.numerator
    if known is None or base is None or numerator is None or not isinstance(value, float):
        return base if known is None else known
    # A share says by its own value which of the two it was divided by.
    return min((known, base), key=lambda whole: abs(numerator / whole - value) if whole else 1.0)


def is_withheld_whole(table: Table, policy: Policy) -> bool:
    """Tell whether every row of a table speaks about too few cases, so that even its labels say too much.

    Parameters
    ----------
    table : Table
    policy : Policy

    Returns
    -------
    bool
        True for the network of a single case, for example.
    """
    behind = [table.column(c.name) for c in table.columns if c.kind is ColumnKind.CONTRIBUTORS]
    if not table.protected or not behind or not table.rows:
        return False
    return all(any(is_small(cells[row], policy.threshold) for cells in behind) for row in range(len(table.rows)))
