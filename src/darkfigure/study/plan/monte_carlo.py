"""Shares, errors and widths over simulated worlds, each with its Monte-Carlo standard error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A number over simulated worlds, with its Monte-Carlo standard error.

    Parameters
    ----------
    value : float
    error : float or None
        ``None`` when there are too few worlds to tell.
    """

    value: float
    error: float | None


def ratio_of_sums(
    top: Array, bottom: Array, pair: NDArray[np.int64], *, then: Callable[[Array], Array] = np.asarray
) -> Measured | None:
    """A function of a ratio of sums over worlds, with its standard error by leaving out one pair of worlds at a time.

    Parameters
    ----------
    top, bottom : ndarray, shape (worlds,)
    pair : ndarray of int, shape (worlds,)
        Worlds of one pair have the same settings and are not independent.
    then : callable
        Applied to the ratio, such as the square root.

    Returns
    -------
    Measured or None
        ``None`` when the sum below is 0.

    Notes
    -----
    Jackknife over ``G`` pairs: ``sqrt((G - 1) / G * sum over g of (theta without g - mean of these)^2)``.

    Examples
    --------
    >>> seen = ratio_of_sums(np.array([1.0, 0.0, 1.0, 1.0]), np.ones(4), np.arange(4))
    >>> seen.value, round(seen.error, 4)
    (0.75, 0.25)
    """
    _, group = np.unique(pair, return_inverse=True)
    tops, bottoms = np.bincount(group, weights=top), np.bincount(group, weights=bottom)
    total = float(bottoms.sum())
    if total <= 0:
        return None
    value = float(then(np.array([tops.sum() / total]))[0])
    rest = total - bottoms
    used = rest > 0
    if int((bottoms > 0).sum()) < 2 or not used.all():
        return Measured(value, None)
    left = then((tops.sum() - tops) / rest)
    groups = left.size
    error = math.sqrt((groups - 1) / groups * float(((left - left.mean()) ** 2).sum()))
    return Measured(value, error if math.isfinite(error) else None)


def share_of(top: Array, bottom: Array, pair: NDArray[np.int64]) -> Measured | None:
    """A share of worlds; one of none or of all still has an error, that of two more successes and two more failures.

    Examples
    --------
    >>> share = share_of(np.ones(40), np.ones(40), np.arange(40))
    >>> share.value, round(share.error, 3)
    (1.0, 0.031)
    """
    found = ratio_of_sums(top, bottom, pair)
    return None if found is None else _not_certain(found, pair[bottom > 0])


def difference_of_shares(top: Array, base: Array, pair: NDArray[np.int64]) -> Measured:
    """Difference of two shares over the same worlds, with its standard error.

    Examples
    --------
    >>> difference_of_shares(np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(4), np.arange(4))
    Measured(value=0.25, error=0.25)
    """
    found = ratio_of_sums(top - base, np.ones(top.size), pair)
    return Measured(0.0, None) if found is None else _not_certain(found, pair)


def _not_certain(found: Measured, pair: NDArray[np.int64]) -> Measured:
    """When no world differs from the others, the error is that of a share with two of each kind added (Agresti)."""
    if found.error is None or found.error > 0:
        return found
    trials = int(np.unique(pair).size) + 4
    share = 2 / trials
    return Measured(found.value, math.sqrt(share * (1 - share) / trials))
