"""How much does each unit of a record move the number of units?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from darkfigure.estimate.outcomes import Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Reason, UnitRows


def _silent(_: str, __: int, ___: int) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInfluence:
    """What leaving out one unit does to the total.

    Parameters
    ----------
    row : int
        First row of the table's ``rows`` that holds such a unit; without rows, the number of captures minus 1.
    captures : int
        How often such a unit was captured.
    units : int
        How many units of the record are alike.
    change : float or None
        Total without one of them minus total with it; ``None`` when the method then refuses.
    refusal : Reason or None
        Why it refuses.

    Examples
    --------
    >>> UnitInfluence(row=0, captures=1, units=7, change=-3.5, refusal=None).change
    -3.5
    """

    row: int
    captures: int
    units: int
    change: float | None
    refusal: Reason | None


def influence_on_total(
    method: Method, table: CaptureTable, *, progress: Callable[[str, int, int], None] = _silent
) -> tuple[UnitInfluence, ...]:
    """Which units carry the estimate: by how much does the total change when one of them is left out?

    Every distinct kind of unit is left out once and the method is run again, so nothing is approximated.

    Parameters
    ----------
    method : Method
        One that reads numbers of captures, with or without covariates.
    table : CaptureTable
        Frequencies, and ``rows`` where the method uses covariates.
    progress : callable
        Told after each kind of unit: what, how many, of how many.

    Returns
    -------
    tuple of UnitInfluence
        The largest change first; kinds of units without which the method refuses come before all others.

    Raises
    ------
    UnanswerableError
        The method refuses the whole table.

    Examples
    --------
    >>> from darkfigure.estimate.counts.zero_truncated import zero_truncated
    >>> found = influence_on_total(zero_truncated("geometric"), CaptureTable.from_frequencies([60, 20, 5]))
    >>> [unit.captures for unit in found], round(found[0].change, 2)
    ([3, 1, 2], 10.17)
    """
    whole = table.n_observed + float(method.fit(table, 0.95).n_unseen or 0.0)
    kinds = _kinds(table)
    found = []
    for done, (row, captures, units) in enumerate(kinds, start=1):
        change, refusal = None, None
        try:
            less = _without(table, row, captures)
            change = less.n_observed + float(method.fit(less, 0.95).n_unseen or 0.0) - whole
        except UnanswerableError as refused:
            refusal = refused.reason
        found.append(UnitInfluence(row=row, captures=captures, units=units, change=change, refusal=refusal))
        progress("units left out", done, len(kinds))
    return tuple(sorted(found, key=lambda u: (u.change is not None, -abs(u.change or 0.0), u.row)))


def _kinds(table: CaptureTable) -> list[tuple[int, int, int]]:
    rows = table.rows
    if rows is None:
        return [(j, j + 1, f) for j, f in enumerate(table.frequencies) if f]
    codes = [rows.captures, *(np.unique(c, return_inverse=True)[1] for c in rows.covariates.values())]
    _, first, group = np.unique(np.column_stack(codes), axis=0, return_index=True, return_inverse=True)
    units = np.bincount(group.ravel(), weights=rows.counts, minlength=first.size)
    # A row without a unit cannot lose one: point to the first that has one.
    holding = np.full(first.size, -1)
    full = np.flatnonzero(rows.counts > 0)[::-1]
    holding[group.ravel()[full]] = full
    return [(int(row), int(rows.captures[row]), round(u)) for row, u in zip(holding, units, strict=True) if row >= 0]


def _without(table: CaptureTable, row: int, captures: int) -> CaptureTable:
    frequencies = list(table.frequencies)
    frequencies[captures - 1] -= 1
    rows = table.rows
    if rows is not None:
        counts = rows.counts.copy()
        counts[row] -= 1
        rows = UnitRows(captures=rows.captures, counts=counts, covariates=rows.covariates)
    return CaptureTable(frequencies=tuple(frequencies), n_occasions=table.n_occasions, unit=table.unit, rows=rows)
