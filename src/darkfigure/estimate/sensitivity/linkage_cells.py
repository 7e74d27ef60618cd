"""What linkage errors make of capture histories: expected cells, their derivatives and their covariance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.cells import all_histories

Array = NDArray[np.float64]

Linking = Literal["at-once", "in-turn"]
"""All lists linked at once by an identifier, or one list after the other to what is already there."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkedCells:
    """What would be seen of known cells.

    Parameters
    ----------
    expected : ndarray of float64, shape (2^t - 1,)
        Fragments by apparent history.
    jacobian : ndarray of float64, shape (2^t - 1, 2^t - 1)
        Derivative of each expected cell with respect to each true cell.
    covariance : ndarray of float64, shape (2^t - 1, 2^t - 1)
        Of the fragments when true cells are Poisson.
    """

    expected: Array
    jacobian: Array
    covariance: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Splits:
    """Fragments that one unit of each history can fall into, each outcome with its chance."""

    history: NDArray[np.int64]
    chance: Array
    fragments: Array


def linked_cells(true: Array, *, n_lists: int, gamma: float, beta: float, linking: Linking = "at-once") -> LinkedCells:
    """Which apparent histories are expected of these true ones?

    Parameters
    ----------
    true : ndarray of float64, shape (2^t - 1,)
        Units by true history, in the order of ``all_histories``.
    n_lists : int
        ``t``.
    gamma, beta : float
        Chances of a true link and of a false one.
    linking : str
        ``"at-once"`` or ``"in-turn"``.

    Returns
    -------
    LinkedCells

    Notes
    -----
    At once: each record keeps its identity with chance ``sqrt(gamma)``, so a true pair is linked with chance
    ``gamma``; a record that loses it stands alone. Then each fragment that stands in one list only, and not in the
    last, is joined with chance ``beta`` to a random fragment that stands in a later list and not in its own.

    In turn: the first record of a unit stands; each later one is linked to it with chance ``gamma`` or stands alone.
    Then each fragment that stands in one list only, and not in the first, is joined with chance ``beta`` to a random
    fragment that stands in an earlier list and not in its own.

    Examples
    --------
    >>> linked_cells(np.array([100.0, 100.0, 50.0]), n_lists=2, gamma=0.64, beta=0.0).expected
    array([118., 118.,  32.])
    """
    splits = _splits(n_lists, gamma, linking)
    weight = splits.chance[:, None] * splits.fragments
    size = 2**n_lists - 1
    step = np.zeros((size, size))
    np.add.at(step.T, splits.history, weight)
    torn = step @ true
    spread = np.einsum("o,oi,oj->ij", splits.chance * true[splits.history], splits.fragments, splits.fragments)
    if beta == 0:
        return LinkedCells(torn, step, spread)
    expected, slope, joins = _joined(torn, n_lists, beta, linking)
    return LinkedCells(expected, slope @ step, slope @ spread @ slope.T + joins)


@lru_cache(maxsize=64)
def _splits(n_lists: int, gamma: float, linking: Linking) -> _Splits:
    histories, chances, made = [], [], []
    size = 2**n_lists - 1
    for index in range(size):
        code = index + 1
        # The first list is the highest bit; linked in turn, its record is what later ones are linked to.
        lists = [2**b for b in reversed(range(n_lists)) if code & 2**b]
        keep = [math.sqrt(gamma) if linking == "at-once" else gamma] * len(lists)
        if linking == "in-turn":
            keep[0] = 1.0
        for choice in range(2 ** len(lists)):
            stays = [bool(choice & 2**k) for k in range(len(lists))]
            kept = sum(b for b, stay in zip(lists, stays, strict=True) if stay)
            chance = math.prod(p if stay else 1 - p for p, stay in zip(keep, stays, strict=True))
            if chance == 0:
                continue
            fragments = np.zeros(size)
            if kept:
                fragments[kept - 1] += 1
            for b in lists:
                if not kept & b:
                    fragments[b - 1] += 1
            histories.append(index)
            chances.append(chance)
            made.append(fragments)
    return _Splits(np.array(histories), np.array(chances), np.array(made))


@lru_cache(maxsize=16)
def _partners(n_lists: int, linking: Linking) -> tuple[tuple[int, NDArray[np.int64], NDArray[np.int64]], ...]:
    """For each list that searches: the cell of its singles, the cells they may join, and the cells that makes."""
    h = all_histories(n_lists)
    codes = np.arange(1, 2**n_lists)
    found = []
    for j in range(n_lists - 1) if linking == "at-once" else range(1, n_lists):
        bit = 2 ** (n_lists - 1 - j)
        there = h[:, j + 1 :] if linking == "at-once" else h[:, :j]
        may = (h[:, j] == 0) & there.any(axis=1)
        found.append((bit - 1, np.flatnonzero(may), codes[may] + bit - 1))
    return tuple(found)


def _joined(torn: Array, n_lists: int, beta: float, linking: Linking) -> tuple[Array, Array, Array]:
    expected, slope = torn.copy(), np.eye(torn.size)
    noise = np.zeros((torn.size, torn.size))
    for single, partners, together in _partners(n_lists, linking):
        pool = torn[partners]
        total = pool.sum()
        if total <= 0:
            continue
        flow = beta * torn[single] * pool / total
        change = np.zeros((partners.size, torn.size))
        change[:, single] += beta * pool / total
        change[np.arange(partners.size), partners] += beta * torn[single] / total
        change[:, partners] -= flow[:, None] / total
        move = np.zeros((torn.size, partners.size))
        move[single] -= 1
        columns = np.arange(partners.size)
        move[partners, columns] -= 1
        move[together, columns] += 1
        expected = expected + move @ flow
        slope = slope + move @ change
        noise = noise + (move * (flow * (1 - beta))) @ move.T
    return expected, slope, noise
