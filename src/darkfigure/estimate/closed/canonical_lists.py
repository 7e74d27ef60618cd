"""One order of the lists that does not depend on how they were given, so that random draws do not either."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

_MOST_ORDERS = 5040


def in_canonical_order(
    histories: NDArray[np.uint8], counts: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Which order of lists and cells is the same however the lists of this table were named or ordered?

    Parameters
    ----------
    histories : ndarray of uint8, shape (cells, lists)
        Distinct histories.
    counts : ndarray of int64, shape (cells,)
        Units in each.

    Returns
    -------
    histories, counts : ndarray
        Cells with units only, lists and cells reordered. More than seven lists that look exactly alike keep the order
        they were given in.

    Notes
    -----
    Lists are told apart by the cells they hold, cells by their count and the lists that hold them, and so on until
    nothing changes. Lists that still look alike are tried in every order.

    Examples
    --------
    >>> one = in_canonical_order(np.array([[1, 0], [1, 1]], np.uint8), np.array([5, 2]))
    >>> other = in_canonical_order(np.array([[0, 1], [1, 1]], np.uint8), np.array([5, 2]))
    >>> all((a == b).all() for a, b in zip(one, other, strict=True))
    True
    """
    kept = counts > 0
    h, c = histories[kept], counts[kept]
    classes = _alike(h, c)
    orders = [tuple(itertools.chain(*classes))]
    if math.prod(math.factorial(len(group)) for group in classes) <= _MOST_ORDERS:
        choices = (itertools.permutations(group) for group in classes)
        orders = [tuple(itertools.chain(*chosen)) for chosen in itertools.product(*choices)]
    return min((_sorted(h[:, order], c) for order in orders), key=lambda made: (made[0].tobytes(), made[1].tobytes()))


def _sorted(h: NDArray[np.uint8], c: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    order = np.lexsort(h.T[::-1])
    return np.ascontiguousarray(h[order]), c[order]


def _alike(h: NDArray[np.uint8], c: NDArray[np.int64]) -> list[list[int]]:
    """Lists in groups that cannot be told apart, the groups in an order that depends on the counts alone."""
    cells_of = [np.flatnonzero(column).tolist() for column in h.T]
    lists_of = [np.flatnonzero(row).tolist() for row in h]
    cells, lists, known = _ranks(c.tolist()), [0] * len(cells_of), 0
    while True:
        cells = _ranks([(cells[i], tuple(sorted(lists[j] for j in held))) for i, held in enumerate(lists_of)])
        lists = _ranks([(lists[j], tuple(sorted(cells[i] for i in held))) for j, held in enumerate(cells_of)])
        if len(set(lists)) == known:
            return [[j for j, rank in enumerate(lists) if rank == r] for r in sorted(set(lists))]
        known = len(set(lists))


def _ranks(keys: Sequence[Hashable]) -> list[int]:
    place = {key: rank for rank, key in enumerate(sorted(set(keys)))}  # type: ignore[type-var]
    return [place[key] for key in keys]
