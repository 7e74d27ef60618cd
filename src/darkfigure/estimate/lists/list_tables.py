"""Tables of few lists: every cell, and an order of the lists that does not depend on how they were given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import cells
from darkfigure.estimate.lists.hierarchical_models import Model
from darkfigure.estimate.outcomes import UnanswerableError, require_occasions, require_overlap
from darkfigure.records.aggregate import CaptureTable, Reason

Array = NDArray[np.float64]


def cells_of(table: CaptureTable, *, at_least: int, at_most: int = cells.MOST_LISTS) -> tuple[Array, Array]:
    """Counts and histories of all cells; refuses tables without cells, overlap or proper lists.

    Parameters
    ----------
    table : CaptureTable
        Of lists.
    at_least, at_most : int
        Lists the model can do with.

    Returns
    -------
    ndarray, ndarray
        Counts, shape (cells,); histories, shape (cells, lists).

    Raises
    ------
    UnanswerableError
        Reason ``too-few-lists``, ``no-overlap``, ``wrong-table`` or ``boundary``.

    Examples
    --------
    >>> cells_of(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10]), at_least=2)[0].tolist()
    [20.0, 30.0, 10.0]
    """
    t = require_occasions(table, at_least)
    require_overlap(table)
    if table.cells is None or t > at_most:
        raise UnanswerableError(Reason.WRONG_TABLE, f"This model needs the histories of at most {at_most} lists.")
    totals = np.asarray(table.occasion_totals)
    if (totals == 0).any() or (totals == table.n_observed).any():
        raise UnanswerableError(
            Reason.BOUNDARY, "A list holds nobody, or every unit seen; its effect has no finite value."
        )
    return cells.full_counts(table.cells), cells.all_histories(t)


def order_of_lists(histories: Array, counts: Array) -> tuple[int, ...]:
    """In which order do the lists stand when only the units in them decide, not the order they were given in?

    Lists that no cell tells apart keep the given order, which then changes nothing. So a method that draws at random
    gives the same number whatever the order of the lists.

    Parameters
    ----------
    histories : ndarray, shape (cells, lists)
        Every history with a capture.
    counts : ndarray, shape (cells,)
        Units in each.

    Returns
    -------
    tuple of int
        Places of the lists.

    Examples
    --------
    >>> order_of_lists(cells.all_histories(2), np.array([30.0, 20, 10]))
    (1, 0)
    """
    sizes = histories.sum(axis=1)
    keys = []
    for j in range(histories.shape[1]):
        inside = histories[:, j] > 0
        by_size = [float(counts[inside & (sizes == k)] @ counts[inside & (sizes == k)]) for k in np.unique(sizes)]
        keys.append((float(counts[inside].sum()), *by_size, *sorted(counts[inside])))
    return tuple(sorted(range(len(keys)), key=lambda j: tuple(-x for x in keys[j])))


def in_order(counts: Array, order: tuple[int, ...]) -> Array:
    """Units in every cell once the lists stand in another order.

    Parameters
    ----------
    counts : ndarray, shape (2^t - 1,)
        In the order of ``all_histories``.
    order : tuple of int
        Place each list had before.

    Returns
    -------
    ndarray, shape (2^t,)
        In the order of binary numbers; entry 0, the unseen, is 0.

    Examples
    --------
    >>> in_order(np.array([20.0, 30.0, 10.0]), (1, 0)).tolist()
    [0.0, 30.0, 20.0, 10.0]
    """
    t = len(order)
    cube = np.concatenate([[0.0], counts]).reshape((2,) * t)
    moved: Array = np.ascontiguousarray(cube.transpose(order)).ravel()
    return moved


def in_given_order(model: Model, order: tuple[int, ...]) -> Model:
    """Terms of a model of the lists in another order, written with the places the lists had before.

    Parameters
    ----------
    model : tuple of tuple of int
        Sets of lists of the table that ``in_order`` made.
    order : tuple of int
        Place each list had before.

    Returns
    -------
    tuple of tuple of int
        Small sets first.

    Examples
    --------
    >>> in_given_order(((0, 1),), (2, 0, 1))
    ((0, 2),)
    """
    return tuple(sorted((tuple(sorted(order[i] for i in s)) for s in model), key=lambda s: (len(s), s)))
