"""Which units carry the number: one unit of each cell is left out in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkfigure.estimate.compare import list_changes
from darkfigure.estimate.compare.reliability import Progress, answers_to, silent
from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import answer
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CellInfluence:
    """How much one unit of a cell moves the number.

    Parameters
    ----------
    cell : str
        Names of the lists that saw the units, or how often they were seen.
    units : int
        Units in the cell.
    change : float or None
        Estimate with all units minus the estimate without one unit of the cell; ``None`` when that one is refused.

    Examples
    --------
    >>> CellInfluence(cell="A+B", units=3, change=-40.0).change
    -40.0
    """

    cell: str
    units: int
    change: float | None


def influence(table: CaptureTable, method: str | Method, *, progress: Progress = silent) -> tuple[CellInfluence, ...]:
    """Which units carry the number: how much does one unit of each cell move it?

    Parameters
    ----------
    table : CaptureTable
        With histories or numbers of captures.
    method : str or Method
        The estimator.
    progress : callable
        Told of each fit.

    Returns
    -------
    tuple of CellInfluence
        One for each cell with units, the largest change first.

    Raises
    ------
    EstimateError (E-EST-01)
        The method is unknown.

    Notes
    -----
    ``change_c = N - N_(-c)``, with one unit of the cell ``c`` left out. ``jackknife_error`` makes a standard error of
    the changes.

    Source
    ------
    Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, doi 10.1137/1.9781611970319.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3], labels=("A", "B"))
    >>> [(c.cell, round(c.change, 1)) for c in influence(table, "lincoln-petersen")]  # 40 * 55 / 3 less 39 * 54 / 2
    [('A+B', -319.7), ('A', 18.3), ('B', 13.3)]
    """
    counts = table.cells.counts if table.cells is not None else np.asarray(table.frequencies, dtype=np.int64)
    full = answer(method, table)
    cells = [int(k) for k in np.flatnonzero(counts)]
    changed = []
    for k in cells:
        less = counts.copy()
        less[k] -= 1
        changed.append((_cell_name(table, k), list_changes.with_counts(table, less, note="left out one unit")))
    found = answers_to(changed, method, 0.95, progress, "leaving out units")
    rows = []
    for k, variant in zip(cells, found, strict=True):
        change = None
        if isinstance(full, PopulationEstimate) and variant.n_total is not None:
            change = full.n_total - variant.n_total
        rows.append(CellInfluence(cell=variant.change, units=int(counts[k]), change=change))
    return tuple(sorted(rows, key=lambda r: -math.inf if r.change is None else -abs(r.change)))


def _cell_name(table: CaptureTable, cell: int) -> str:
    if table.cells is None:
        return f"seen {cell + 1} times" if cell else "seen once"
    labels = list_changes.labels_of(table)
    return "+".join(label for label, seen in zip(labels, table.cells.histories[cell], strict=True) if seen)


def jackknife_error(influences: Sequence[CellInfluence]) -> float | None:
    """How uncertain is the number, judged by leaving out one unit after the other?

    Parameters
    ----------
    influences : sequence of CellInfluence
        All cells of a table.

    Returns
    -------
    float or None
        Standard error of the total; ``None`` when the estimator refused a table with a unit less.

    Notes
    -----
    ``sqrt((n - 1) / n sum units_c (change_c - mean)^2)`` over the ``n`` units. The number of units seen is held
    fixed, so this leaves out the chance in how many were seen at all; it shows what a few units can do, and does not
    replace the method's own standard error.

    Source
    ------
    Efron (1982), doi 10.1137/1.9781611970319.

    Examples
    --------
    >>> cells = [CellInfluence(cell="A", units=2, change=1.0), CellInfluence(cell="B", units=2, change=-1.0)]
    >>> round(jackknife_error(cells), 4)  # sqrt(3 / 4 * 4)
    1.7321
    """
    known = [(c.units, c.change) for c in influences if c.change is not None]
    n = sum(units for units, _ in known)
    if len(known) < len(influences) or n < 2:
        return None
    mean = sum(units * change for units, change in known) / n
    return math.sqrt((n - 1) / n * sum(units * (change - mean) ** 2 for units, change in known))
