"""What may be done to a capture table before it is estimated from, each step recorded in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import RecordError
from darkfigure.records.aggregate.capture import CaptureTable
from darkfigure.records.aggregate.capture_building import factor_of
from darkfigure.records.aggregate.unit_rows import UnitRows


def _fault(problem: str, allowed: str) -> RecordError:
    return RecordError(
        "E-RECORD-07",
        where="CaptureTable",
        problem=problem,
        allowed=allowed,
        remedy="See the labels of the table and the covariates of its rows.",
    )


def merge_lists(table: CaptureTable, names: Sequence[str], *, into: str) -> CaptureTable:
    """Which table would there be if these lists were one? A unit is in it when it is in any of them.

    Lists that feed each other are better one list than two that look independent. No unit leaves the table.

    Parameters
    ----------
    table : CaptureTable
        With labels and histories; never changed.
    names : sequence of str
        Two or more of its labels. In an ordered table they must follow each other.
    into : str
        Name of the new list; it stands where the first of them stood.

    Returns
    -------
    CaptureTable
        The same units, fewer lists, one more entry in ``operations``.

    Raises
    ------
    RecordError (E-RECORD-07)
        A label is unknown, repeated or taken, the table has no histories, or occasions far apart would be merged.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [0, 1, 1], [1, 0, 1]], [5, 2, 4], labels=("A", "B", "E"))
    >>> merged = merge_lists(table, ["B", "E"], into="BE")
    >>> merged.labels, merged.occasion_totals, merged.operations
    (('A', 'BE'), (9, 6), ('lists B and E merged into BE',))
    """
    merged = [_index(table, name) for name in names]
    if len(set(merged)) != len(merged) or len(merged) < 2:
        raise _fault("lists to merge are fewer than two, or one is named twice", "two or more different labels")
    place = min(merged)
    others = [j for j in range(len(table.labels)) if j not in merged]
    if into in {table.labels[j] for j in others}:
        raise _fault("the merged list would bear the name of another list", "a name no other list has")
    if table.ordered and max(merged) - place != len(merged) - 1:
        raise _fault("occasions to merge do not follow each other in time", "neighbouring occasions")
    order = sorted([*others, place])

    def merge(histories: NDArray[np.uint8]) -> NDArray[np.uint8]:
        joined = histories.copy()
        joined[:, place] = histories[:, merged].any(axis=1)
        return joined[:, order]

    labels = tuple(into if j == place else table.labels[j] for j in order)
    words = f"lists {', '.join(names[:-1])} and {names[-1]} merged into {into}"
    return replace(_changed(table, merge, labels, words), halves=table.halves)


def drop_list(table: CaptureTable, name: str) -> CaptureTable:
    """Which table would there be without this list? Units seen only there leave it.

    Parameters
    ----------
    table : CaptureTable
        With labels and histories; never changed.
    name : str
        One of its labels, and not the only one.

    Returns
    -------
    CaptureTable
        One list fewer, and one more entry in ``operations`` that says how many units left.

    Raises
    ------
    RecordError (E-RECORD-07)
        The label is unknown, or of the only list, or the table has no histories.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [0, 1, 1], [1, 0, 1]], [5, 2, 4], labels=("A", "B", "D"))
    >>> drop_list(table, "A").n_observed, drop_list(table, "A").operations
    (6, ('list A dropped: 5 units seen only there leave the table',))
    """
    index = _index(table, name)
    if len(table.labels) < 2:
        raise _fault("the only list of the table cannot be dropped", "a table of two or more lists")
    kept = [j for j in range(len(table.labels)) if j != index]
    labels = tuple(table.labels[j] for j in kept)
    made = _changed(table, lambda histories: histories[:, kept], labels, "")
    lost = table.n_observed - made.n_observed
    words = f"list {name} dropped: {lost} {table.unit} seen only there leave the table"
    return replace(made, operations=(*table.operations, words))


def restrict(table: CaptureTable, covariate: str, *, level: str | float) -> CaptureTable:
    """Which table do the units of one group make?

    Parameters
    ----------
    table : CaptureTable
        With ``rows``; never changed.
    covariate : str
        Name of a covariate.
    level : str or float
        The group to keep.

    Returns
    -------
    CaptureTable
        Only these units; their other covariates stay in ``rows``, and ``operations`` says what was kept.

    Raises
    ------
    RecordError (E-RECORD-07)
        The covariate is unknown, or no unit is in that group.

    Examples
    --------
    >>> table = CaptureTable.from_captures([1, 2, 1], [8, 3, 5], covariates={"sex": ["f", "f", "m"]})
    >>> restrict(table, "sex", level="f").frequencies
    (8, 3)
    """
    rows = _rows_with(table, covariate)
    text = level if isinstance(level, str) else str(factor_of([level])[0])
    chosen = factor_of(rows.covariates[covariate]) == text
    if not chosen.any():
        raise _fault("no unit has the level asked for", "a level that occurs in the column")
    return _only(table, rows, chosen, covariate, text)


def split_by(table: CaptureTable, covariate: str) -> dict[str, CaptureTable]:
    """Which tables do the groups of units make, one by one?

    Parameters
    ----------
    table : CaptureTable
        With ``rows``; never changed.
    covariate : str
        A factor, or a quantity of whole numbers.

    Returns
    -------
    dict of str to CaptureTable
        By level, sorted; together they hold every unit once.

    Raises
    ------
    RecordError (E-RECORD-07)
        The covariate is unknown, or a quantity that is not whole numbers: cut it into classes first.

    Examples
    --------
    >>> table = CaptureTable.from_captures([1, 2, 1], [8, 3, 5], covariates={"sex": ["f", "f", "m"]})
    >>> {level: part.n_observed for level, part in split_by(table, "sex").items()}
    {'f': 11, 'm': 5}
    """
    rows = _rows_with(table, covariate)
    column = rows.covariates[covariate]
    if column.dtype.kind == "f" and (column != np.floor(column)).any():
        raise _fault("a quantity with fractions makes no groups", "a factor, or whole numbers")
    levels = factor_of(column)
    return {
        str(level): _only(table, rows, levels == level, covariate, str(level)) for level in factor_of(np.unique(column))
    }


def _index(table: CaptureTable, name: str) -> int:
    if table.labels.count(name) != 1:
        raise _fault("a list that was named is not in the table, or stands there twice", "one of its labels")
    return table.labels.index(name)


def _rows_with(table: CaptureTable, covariate: str) -> UnitRows:
    if table.rows is None or covariate not in table.rows.covariates:
        raise _fault("the table has no covariate of this name", "a covariate of the table's rows")
    return table.rows


def _changed(
    table: CaptureTable, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], labels: tuple[str, ...], words: str
) -> CaptureTable:
    """Build the table again with the histories changed; units that no history shows any more are left out."""
    if table.cells is None:
        raise _fault("the table keeps no histories, so its lists cannot be changed", "a table with its cells")
    kept = table.rows if table.rows is not None and table.rows.histories is not None else None
    source = table.cells.histories if kept is None or kept.histories is None else kept.histories
    counts = table.cells.counts if kept is None else kept.counts
    histories = change(source)
    seen = histories.any(axis=1)
    made = CaptureTable.from_histories(
        histories[seen],
        counts[seen],
        labels=labels,
        ordered=table.ordered,
        unit=table.unit,
        covariates=None if kept is None else {name: column[seen] for name, column in kept.covariates.items()},
    )
    return replace(made, operations=(*table.operations, words))


def _only(table: CaptureTable, rows: UnitRows, chosen: NDArray[np.bool_], covariate: str, level: str) -> CaptureTable:
    beside = {name: column[chosen] for name, column in rows.covariates.items() if name != covariate} or None
    if rows.histories is not None:
        made = CaptureTable.from_histories(
            rows.histories[chosen],
            rows.counts[chosen],
            labels=table.labels,
            ordered=table.ordered,
            unit=table.unit,
            covariates=beside,
        )
    else:
        made = CaptureTable.from_captures(
            rows.captures[chosen],
            rows.counts[chosen],
            covariates=beside,
            n_occasions=table.n_occasions,
            unit=table.unit,
        )
    return replace(made, operations=(*table.operations, f"only {table.unit} whose {covariate} is {level}"))
