"""Identifiers that keep coming back after everybody has given up theirs: shared by many sources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEWEST_STRETCHES, FEWEST_HALVES = 3, 4


def shared_sightings(entity: NDArray[np.int64], days: NDArray[np.float64], *, stretch_days: float) -> NDArray[np.bool_]:
    """Which sightings show an identifier that stays in use long after any source gave it up?

    Few leases outlast a stretch of time. An identifier seen in three stretches after its first sighting, or in four
    half ones, has passed through several hands. Twice may be chance in a small address space; more often means that
    many share it.

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
    days : ndarray, shape (sightings,)
    stretch_days : float
        A time that few leases outlast.

    Returns
    -------
    ndarray of bool, shape (sightings,)

    Examples
    --------
    >>> shared_sightings(np.array([1, 1, 1, 2, 2]), np.array([0.0, 50.0, 99.0, 3.0, 4.0]), stretch_days=30.0).tolist()
    [True, True, True, False, False]
    """
    order = np.lexsort((days, entity))
    who, when = entity[order], days[order]
    first = np.concatenate([[True], who[1:] != who[:-1]])
    number = np.cumsum(first) - 1
    since = (when - when[first][number]) / stretch_days
    shared = _occupied(since, first, number) >= FEWEST_STRETCHES
    shared |= _occupied(2 * since, first, number) >= FEWEST_HALVES
    found = np.zeros(entity.size, dtype=bool)
    found[order] = shared[number]
    return found


def _occupied(since: NDArray[np.float64], first: NDArray[np.bool_], number: NDArray[np.intp]) -> NDArray[np.intp]:
    """Unit cells of time in which each identifier was seen."""
    cell = np.floor(since)
    return np.bincount(number[first | (np.diff(cell, prepend=0.0) != 0)])
