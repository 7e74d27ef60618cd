"""Lists that lie wholly inside others: overlap that comes from how the lists were made, not from being seen twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Reason, TwoSamples

CHANCE_UNITS = 5
"""Units from which on two nested samples are hardly chance: if the larger held half of all units, all of five units of
the other would be in it once in 32 times."""

RARE = 0.01
"""Chance of a list to lie inside another below which it is said."""

MOST_LISTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesting:
    """One list inside another.

    Parameters
    ----------
    inner, outer : int
        Places of the lists; ``inner`` holds no unit that ``outer`` does not hold.
    same : bool
        Whether both hold the same units.

    Examples
    --------
    >>> Nesting(inner=1, outer=0, same=False).outer
    0
    """

    inner: int
    outer: int
    same: bool


def nested_lists(table: CaptureTable) -> tuple[Nesting, ...]:
    """Which lists lie inside another, where chance does not explain it?

    Parameters
    ----------
    table : CaptureTable
        Of lists, with cells; occasions in order of time and tables of more than ``MOST_LISTS`` lists are not looked at.

    Returns
    -------
    tuple of Nesting
        Lists that hold the same units stand once.

    Notes
    -----
    Of the units that list ``i`` does not hold, list ``j`` holds the share ``q = (n_j - n_i) / (n - n_i)``. If list
    ``i`` were no different, all its units would be in ``j`` with chance ``q^(n_i)``; a pair is returned where that is
    below ``RARE``, or where ``j`` holds every unit seen and ``i`` at least ``CHANCE_UNITS``. The rule is this library's
    own.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]]
    >>> nested_lists(CaptureTable.from_histories(histories, [30, 40, 10, 5]))
    (Nesting(inner=1, outer=0, same=False),)
    """
    t = table.n_occasions
    if table.cells is None or table.ordered or t is None or not 2 <= t <= MOST_LISTS:
        return ()
    histories = table.cells.histories.astype(np.float64)
    shared = histories.T @ (histories * table.cells.counts[:, None])
    sizes, n = np.diag(shared), float(table.n_observed)
    found = []
    for inner, outer in np.argwhere((shared == sizes[:, None]) & (sizes[:, None] > 0)).tolist():
        same = bool(sizes[inner] == sizes[outer])
        if inner == outer or (same and inner < outer):
            continue
        outside = n - sizes[inner]
        share = 1.0 if outside == 0 else (sizes[outer] - sizes[inner]) / outside
        if share ** sizes[inner] < RARE or (share == 1 and sizes[inner] >= CHANCE_UNITS):
            found.append(Nesting(inner=inner, outer=outer, same=same))
    return tuple(found)


def nesting_caution(table: CaptureTable) -> tuple[Caution, ...]:
    """A caution that names the lists that lie inside others; none where there are none.

    Examples
    --------
    >>> nested = CaptureTable.from_histories([[1, 0], [1, 1]], [30, 20], labels=("police", "hospital"))
    >>> nesting_caution(nested)[0].code
    'C-NESTED'
    """
    found = nested_lists(table)
    if not found:
        return ()
    names = table.labels or tuple(f"list {j + 1}" for j in range(table.n_occasions or 0))
    pairs = "; ".join(
        f"{names[one.inner]} and {names[one.outer]} hold the same units"
        if one.same
        else f"everyone on {names[one.inner]} is also on {names[one.outer]}"
        for one in found
    )
    return (
        Caution(
            "C-NESTED",
            f"Lists lie inside others ({pairs}): one was probably made from the other, so their overlap says nothing "
            "about units that no list holds. Merge such lists.",
        ),
    )


def require_both_alone(samples: TwoSamples, table: CaptureTable) -> None:
    """Refuse two lists of which one holds every unit of the other: no ratio of them shows a unit that both missed.

    Halves of a period pass: neither half is made from the other, and units that stay in sight are in both.

    Parameters
    ----------
    samples : TwoSamples
        The two samples that are compared.
    table : CaptureTable
        The table they come from; its labels name the lists.

    Raises
    ------
    UnanswerableError
        Reason ``boundary``.

    Examples
    --------
    >>> require_both_alone(TwoSamples(40, 55, 3), CaptureTable.from_frequencies([89, 3]))
    """
    if table.halves is not None or samples.n_both < min(samples.n_first, samples.n_second):
        return
    first, second = table.labels or ("the first list", "the second list")
    inner, outer = (first, second) if samples.n_first <= samples.n_second else (second, first)
    if samples.n_first == samples.n_second:
        fact = f"Exactly the same units are on {first} and on {second}"
    else:
        fact = f"Everyone on {inner} is also on {outer}"
    if samples.n_both >= CHANCE_UNITS:
        why = (
            "chance does not do that, so one was probably made from the other, as by referral. Then the overlap says "
            "nothing about the units that both missed, and the number seen would be returned as the answer"
        )
    else:
        why = (
            f"with {samples.n_both} shared that may be chance or referral, and the number seen would be returned as "
            "the answer"
        )
    raise UnanswerableError(
        Reason.BOUNDARY,
        f"{fact}: {why}. Lists made without regard to each other, each with units of its own, would be needed.",
        {"n_first": samples.n_first, "n_second": samples.n_second, "n_both": samples.n_both},
    )
