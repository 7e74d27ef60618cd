"""Tables in which lists are left out, joined or kept one by one, each with a note of what was done."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import CaptureCells, CaptureTable
from darkfigure.records.aggregate.capture_operations import drop_list, merge_lists


def labels_of(table: CaptureTable) -> tuple[str, ...]:
    """Names of the lists, made up where the table has none.

    Examples
    --------
    >>> labels_of(CaptureTable.from_histories([[1, 0], [1, 1]]))
    ('list 1', 'list 2')
    """
    if table.labels or table.n_occasions is None:
        return table.labels
    kind = "occasion" if table.ordered else "list"
    return tuple(f"{kind} {k}" for k in range(1, table.n_occasions + 1))


def cells_of(table: CaptureTable) -> CaptureCells:
    """Histories of a table that must have them.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has numbers of captures only.

    Examples
    --------
    >>> cells_of(CaptureTable.from_histories([[1, 0], [1, 0]])).counts.tolist()
    [2]
    """
    if table.cells is None:
        raise EstimateError(
            "E-EST-82",
            where="table",
            problem="it does not say which list saw whom, so that no list can be left out, joined or hidden",
            allowed="a table with histories: a column of 0 and 1 for each list",
            remedy="Give the histories, or ask for `influence`, which needs numbers of captures only.",
        )
    return table.cells


def named(table: CaptureTable) -> CaptureTable:
    """The same table with a name for every list.

    Examples
    --------
    >>> named(CaptureTable.from_histories([[1, 0], [1, 1]], ordered=True)).labels
    ('occasion 1', 'occasion 2')
    """
    return table if table.labels else replace(table, labels=labels_of(table))


def without_lists(table: CaptureTable, lists: Iterable[str]) -> CaptureTable:
    """The table as it would be had these lists not been made.

    Parameters
    ----------
    table : CaptureTable
        With histories.
    lists : iterable of str
        Names as ``labels_of`` gives them.

    Returns
    -------
    CaptureTable
        Without the units that no list left has seen.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 0, 1]], [5, 3, 9], labels=("A", "B", "C"))
    >>> without_lists(table, ["C"]).n_observed
    8
    """
    cells_of(table)
    return functools.reduce(drop_list, lists, named(table))


def merge_pair(table: CaptureTable, first: str, second: str) -> CaptureTable:
    """The table as it would be were two lists one.

    Parameters
    ----------
    table : CaptureTable
        With histories.
    first, second : str
        Names as ``labels_of`` gives them; neighbours when the table is ordered.

    Returns
    -------
    CaptureTable
        The joined list stands where the first of the two stood.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 1, 1]], [5, 3, 9], labels=("A", "B", "C"))
    >>> merge_pair(table, "A", "B").labels, merge_pair(table, "A", "B").occasion_totals
    (('A+B', 'C'), (17, 9))
    """
    cells_of(table)
    return merge_lists(named(table), [first, second], into=f"{first}+{second}")


def units_of_list(table: CaptureTable, hidden: int) -> CaptureTable:
    """The units of one list, as the other lists see them.

    Parameters
    ----------
    table : CaptureTable
        With histories.
    hidden : int
        Position of the list, from 0.

    Returns
    -------
    CaptureTable
        Of the other lists; its true size is that of the hidden list.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 1, 1]], [5, 3, 9], labels=("A", "B", "C"))
    >>> units_of_list(table, 1).n_observed  # 3 by A and 9 by C
    12
    """
    cells, labels = cells_of(table), labels_of(table)
    members = cells.histories[:, hidden] == 1
    others = [k for k in range(len(labels)) if k != hidden]
    return _rebuilt(
        table,
        cells.histories[members][:, others],
        cells.counts[members],
        [labels[k] for k in others],
        f"units of {labels[hidden]} only",
    )


def with_counts(table: CaptureTable, counts: NDArray[np.int64], *, note: str = "") -> CaptureTable:
    """The same histories, or numbers of captures, with other counts of units.

    Parameters
    ----------
    table : CaptureTable
        With histories or frequencies.
    counts : ndarray of int64
        One for each history, or for each number of captures.
    note : str
        What was done, for ``operations``.

    Returns
    -------
    CaptureTable
        Without covariates.

    Examples
    --------
    >>> with_counts(CaptureTable.from_frequencies([5, 2]), np.array([4, 2])).n_observed
    6
    """
    if table.cells is not None:
        return _rebuilt(table, table.cells.histories, counts, labels_of(table), note)
    frequencies = tuple(int(c) for c in counts)
    changed = CaptureTable.from_frequencies(frequencies, n_occasions=table.n_occasions, unit=table.unit)
    return replace(changed, operations=(*table.operations, *([note] if note else [])))


def _rebuilt(
    table: CaptureTable, histories: NDArray[np.uint8], counts: NDArray[np.int64], labels: Sequence[str], note: str
) -> CaptureTable:
    seen = histories.any(axis=1)
    made = CaptureTable.from_histories(
        histories[seen], counts[seen], labels=labels, ordered=table.ordered, unit=table.unit
    )
    return replace(made, operations=(*table.operations, *([note] if note else [])))
