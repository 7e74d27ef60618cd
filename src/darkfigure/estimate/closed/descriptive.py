"""What a capture table shows before any model: how often, when first, when last, and how many each time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkfigure.records.aggregate import CaptureTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Counts that describe a capture table; ``None`` where the table does not hold them.

    Parameters
    ----------
    n_observed : int
        Units seen, ``n``.
    frequencies : tuple of int
        ``f_k``, units seen exactly ``k`` times.
    first_captures : tuple of int or None
        ``u_i``, units seen on occasion ``i`` for the first time; needs an order of occasions.
    last_captures : tuple of int or None
        ``v_i``, units seen on occasion ``i`` for the last time; needs an order and histories.
    occasion_totals : tuple of int or None
        ``n_i``, units seen on occasion ``i``.

    Examples
    --------
    >>> describe(CaptureTable.from_frequencies([3, 1])).first_captures is None
    True
    """

    n_observed: int
    frequencies: tuple[int, ...]
    first_captures: tuple[int, ...] | None
    last_captures: tuple[int, ...] | None
    occasion_totals: tuple[int, ...] | None


def describe(table: CaptureTable) -> Description:
    """How often were units seen, and how many for the first time, for the last time and in all on each occasion?

    Parameters
    ----------
    table : CaptureTable
        Any; what it does not hold is ``None`` in the answer.

    Returns
    -------
    Description
        Counts of units.

    Notes
    -----
    If all units are alike and occasions too, ``log(f_k / C(t, k))`` falls on a line in ``k`` and ``log u_i`` on one in
    ``i``; a bend upwards of the first speaks for units that differ.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, doi 10.1111/j.1541-0420.2007.00779.x. Verified in
    tests/reference/test_rcapture_descriptive.py.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 0, 1]], ordered=True)
    >>> describe(table).last_captures
    (1, 1, 1)
    """
    last: tuple[int, ...] | None = None
    if table.ordered and table.cells is not None:
        histories, counts = table.cells.histories, table.cells.counts
        t = histories.shape[1]
        latest = t - 1 - histories[:, ::-1].argmax(axis=1) if histories.size else np.zeros(0, dtype=np.int64)
        last = tuple(int(x) for x in np.bincount(latest, weights=counts, minlength=t))
    return Description(
        n_observed=table.n_observed,
        frequencies=table.frequencies,
        first_captures=table.first_captures,
        last_captures=last,
        occasion_totals=table.occasion_totals,
    )
