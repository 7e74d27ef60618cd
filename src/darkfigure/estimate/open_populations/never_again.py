"""The chance of never being seen again, by the last occasion on which a unit was seen, and its derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[Any]


def never_again(stays: Complex, leaves: Complex, missed: Complex) -> Complex:
    """How likely is it that a unit present on an occasion is never seen afterwards?

    Parameters
    ----------
    stays, leaves : ndarray, shape (groups, t - 1)
        ``phi_i`` and ``1 - phi_i`` of the intervals.
    missed : ndarray, shape (groups, t - 1)
        ``1 - p`` of the occasions 2 to t.

    Returns
    -------
    ndarray, shape (groups, t)
        ``chi_i = 1 - phi_i + phi_i (1 - p_(i+1)) chi_(i+1)``, ``chi_t = 1``.

    Source
    ------
    Lebreton, Burnham, Clobert and Anderson (1992), Ecological Monographs 62, 67, doi 10.2307/2937171.

    Examples
    --------
    >>> never_again(np.array([[0.5, 0.8]]), np.array([[0.5, 0.2]]), np.array([[0.1, 0.5]])).round(2).tolist()
    [[0.53, 0.6, 1.0]]
    """
    chances = np.ones((stays.shape[0], stays.shape[1] + 1), dtype=np.result_type(stays, missed))
    for i in range(stays.shape[1] - 1, -1, -1):
        chances[:, i] = leaves[:, i] + stays[:, i] * missed[:, i] * chances[:, i + 1]
    return chances


def pull_back(slope: Complex, stays: Complex, missed: Complex, chances: Complex) -> tuple[Complex, Complex]:
    """Slopes with respect to ``phi`` and ``1 - p`` from the slopes with respect to ``chi``.

    Parameters
    ----------
    slope : ndarray, shape (groups, t)
        Of some function with respect to each ``chi_i``, as if they were free.
    stays, missed : ndarray, shape (groups, t - 1)
        As in ``never_again``.
    chances : ndarray, shape (groups, t)
        Its result.

    Returns
    -------
    tuple of two ndarray, shape (groups, t - 1)
        With respect to ``phi`` and to ``1 - p``.

    Examples
    --------
    >>> a = pull_back(np.array([[1.0, 0.0]]), np.array([[0.5]]), np.array([[0.1]]), np.array([[0.55, 1.0]]))
    >>> [x.tolist() for x in a]
    [[[-0.9]], [[0.5]]]
    """
    kind = np.result_type(slope, stays, missed)
    by_stays, by_missed = np.empty(stays.shape, dtype=kind), np.empty(stays.shape, dtype=kind)
    carried = slope[:, 0]
    for i in range(stays.shape[1]):
        later = chances[:, i + 1]
        by_stays[:, i] = carried * (missed[:, i] * later - 1)
        by_missed[:, i] = carried * stays[:, i] * later
        carried = slope[:, i + 1] + carried * stays[:, i] * missed[:, i]
    return by_stays, by_missed
