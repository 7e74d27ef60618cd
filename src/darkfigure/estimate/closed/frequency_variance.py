"""Variance of an estimator that is a smooth function of the capture frequencies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_STEP = 1e-20


def unseen_with_variance(
    unseen: Callable[[NDArray[np.complex128]], complex], frequencies: Sequence[int]
) -> tuple[float, float]:
    """How much would this number of unseen units vary from sample to sample?

    Parameters
    ----------
    unseen : callable
        ``unseen(f)`` gives ``f_0`` from ``f_1, f_2, ...``; made of sums, products and quotients, so that it takes
        complex numbers. Choices within it must look at the real part only.
    frequencies : sequence of int
        ``f_1, f_2, ...``.

    Returns
    -------
    value, variance : float
        ``f_0``, and the variance of ``N = n + f_0``, both in units.

    Notes
    -----
    Delta method with ``f_0, f_1, f_2, ...`` multinomial of size ``N``: with ``d_j = 1 + df_0 / df_j``,
    ``var N = sum d_j^2 f_j - (sum d_j f_j)^2 / N``. The derivatives are exact to rounding: the imaginary part of
    ``f_0`` after an imaginary step of 1e-20 has no difference of nearly equal numbers in it.

    Source
    ------
    The variance: Chao and Lee (1992), JASA 87, 210, doi 10.1080/01621459.1992.10475194. The complex step: Squire and
    Trapp (1998), SIAM Review 40, 110, doi 10.1137/S003614459631241X.

    Examples
    --------
    >>> value, variance = unseen_with_variance(lambda f: f[0] ** 2 / (2 * f[1]), (60, 20))
    >>> value, variance == 20 * (3**2 / 2 + 3**3 + 3**4 / 4)
    (90.0, True)
    """
    f = np.array([*frequencies, *[0] * max(0, 4 - len(frequencies))], dtype=np.complex128)
    value = float(unseen(f).real)
    counts = f.real
    there = np.flatnonzero(counts)
    slopes = np.ones(there.size)
    for place, j in enumerate(there):
        moved = f.copy()
        moved[j] += _STEP * 1j
        slopes[place] += unseen(moved).imag / _STEP
    weighted = slopes * counts[there]
    total = float(counts.sum()) + value
    return value, max(float(slopes @ weighted) - float(weighted.sum()) ** 2 / total, 0.0)
