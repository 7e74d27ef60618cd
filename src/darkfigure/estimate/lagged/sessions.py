"""Runs of sightings of one identifier that are one event: what must not be taken for a kept address."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def first_of_sessions(entity: NDArray[np.int64], days: Array, *, gap_days: float) -> tuple[NDArray[np.int64], Array]:
    """Which sightings remain when a run of one identifier without a longer gap counts once?

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
    days : ndarray, shape (sightings,)
    gap_days : float
        A run goes on while the next sighting of the identifier follows within so many days; at 0 only
        repeated rows are dropped.

    Returns
    -------
    tuple of ndarray
        Identifiers and times of the first sighting of each run.

    Examples
    --------
    >>> first_of_sessions(np.array([7, 7, 7, 9]), np.array([0.0, 0.1, 3.0, 0.0]), gap_days=0.25)[1].tolist()
    [0.0, 3.0, 0.0]
    """
    order = np.lexsort((days, entity))
    who, when = entity[order], days[order]
    new = np.ones(who.size, dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (np.diff(when) > gap_days)
    return who[new], when[new]
