"""The full table of capture histories, for few lists."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from darkfigure.records.aggregate import CaptureCells

Array = NDArray[np.float64]

MOST_LISTS = 12
"""Above this many lists the full table is never built."""


@lru_cache(maxsize=16)
def all_histories(n_lists: int) -> Array:
    """Every history with at least one capture, shape (2^t - 1, t), in the order of binary numbers.

    Examples
    --------
    >>> all_histories(2).tolist()
    [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    numbers = np.arange(1, 2**n_lists)
    histories = ((numbers[:, None] >> np.arange(n_lists - 1, -1, -1)[None, :]) & 1).astype(np.float64)
    histories.setflags(write=False)
    return histories


def full_counts(cells: CaptureCells, keep: NDArray[np.bool_] | None = None) -> Array:
    """Units in every cell of ``all_histories``, zeros included; ``keep`` leaves out lists that saw nobody.

    Examples
    --------
    >>> full_counts(CaptureCells(np.array([[1, 1]], dtype=np.uint8), np.array([5]))).tolist()
    [0.0, 0.0, 5.0]
    """
    histories = cells.histories if keep is None else cells.histories[:, keep]
    t = histories.shape[1]
    index = histories.astype(np.int64) @ (2 ** np.arange(t - 1, -1, -1))
    counts = np.zeros(2**t - 1)
    np.add.at(counts, index - 1, cells.counts)
    return counts
