"""Which sightings repeat one event: the same address in one bundle, or reported again and again by one service.

Repeat uploads and bundles are one event told several times. Counted apart they look like recaptures, which breaks the
independence every capture-recapture estimate rests on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NO_BUNDLE = -1
"""Bundle code of a sighting whose report belongs to no bundle."""


def first_appearance_codes(values: NDArray[np.generic]) -> tuple[NDArray[np.int32], int]:
    """Which distinct value stands in each row, numbered by first appearance?

    Numbering by first appearance keeps results free of the values themselves: with another pseudonym key the same
    rows get the same numbers.

    Parameters
    ----------
    values : ndarray, shape (rows,)
        Anything NumPy can sort.

    Returns
    -------
    codes : ndarray of int32, shape (rows,)
    n_distinct : int

    Examples
    --------
    >>> codes, n = first_appearance_codes(np.array([b"z", b"a", b"z", b"m"]))
    >>> codes.tolist(), n
    ([0, 1, 0, 2], 3)
    """
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size, dtype=np.int32)
    return rank[inverse.reshape(-1)], int(first.size)


def first_in_bundle(entity: NDArray[np.int32], bundle: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which sightings stay when an address counts once in a bundle?

    Parameters
    ----------
    entity, bundle : ndarray of int32, shape (rows,)
        Address number and bundle code; ``NO_BUNDLE`` rows all stay.
    time : ndarray of int64, shape (rows,)
        Seconds since 1970; the earliest sighting of an address in a bundle stays, of equal ones the first row.

    Returns
    -------
    ndarray of bool, shape (rows,)

    Examples
    --------
    >>> first_in_bundle(np.array([0, 0, 0]), np.array([5, 5, -1]), np.array([20, 10, 30])).tolist()
    [False, True, True]
    """
    order = np.lexsort((time, bundle, entity))
    e, b = entity[order], bundle[order]
    repeats = np.zeros(order.size, dtype=bool)
    repeats[1:] = (e[1:] == e[:-1]) & (b[1:] == b[:-1]) & (b[1:] != NO_BUNDLE)
    keep = np.empty(order.size, dtype=bool)
    keep[order] = ~repeats
    return keep


def first_in_session(
    entity: NDArray[np.int32], service: NDArray[np.int16], time: NDArray[np.int64], *, hours: float
) -> NDArray[np.bool_]:
    """Which sightings stay when a run of reports by one service counts once for an address?

    Parameters
    ----------
    entity, service : ndarray, shape (rows,)
        Address number and service code.
    time : ndarray of int64, shape (rows,)
        Seconds since 1970.
    hours : float
        A sighting goes when the same service had the same address at most this many hours before (whether that one
        stays or not, so that a long run counts once). 0 keeps every sighting.

    Returns
    -------
    ndarray of bool, shape (rows,)

    Examples
    --------
    >>> one = np.zeros(4, dtype=np.int32)
    >>> first_in_session(one, one.astype(np.int16), 3600 * np.array([0, 1, 2, 9]), hours=1).tolist()
    [True, False, False, True]
    """
    if hours <= 0:
        return np.ones(entity.size, dtype=bool)
    order = np.lexsort((time, service, entity))
    e, s, t = entity[order], service[order], time[order]
    repeats = np.zeros(order.size, dtype=bool)
    repeats[1:] = (e[1:] == e[:-1]) & (s[1:] == s[:-1]) & (t[1:] - t[:-1] <= hours * 3600)
    keep = np.empty(order.size, dtype=bool)
    keep[order] = ~repeats
    return keep
