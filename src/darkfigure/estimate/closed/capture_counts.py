"""Models in which all occasions are alike: units matter only through their number of captures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.log_linear_family import Moments

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CaptureCounts:
    """Poisson log-linear model of the frequencies ``f_1 ... f_t``.

    Parameters
    ----------
    counts : ndarray, shape (rows,)
        ``f_k`` for ``k = 1 ... rows``.
    design : ndarray, shape (rows, p)
        Columns: intercept, ``k``, then heterogeneity.
    offset : ndarray, shape (rows,)
        Log of the number of histories with ``k`` captures.

    Notes
    -----
    ``log E f_k = log C(t, k) + a + b k + sum tau h(k)``; for an unlimited number of occasions ``-log k!`` stands in
    the place of ``log C(t, k)``.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, doi 10.1111/j.1541-0420.2007.00779.x.

    Examples
    --------
    >>> CaptureCounts.of((3, 1), n_occasions=2, columns=()).offset.round(4).tolist()
    [0.6931, 0.0]
    """

    counts: Array
    design: Array
    offset: Array

    @classmethod
    def of(
        cls,
        frequencies: Sequence[float],
        *,
        n_occasions: int | None,
        columns: Sequence[tuple[str, Array]],
        captures: Array | None = None,
    ) -> CaptureCounts:
        """Build from ``f_1, f_2, ...``; ``columns`` are over ``captures`` (``captures_of`` by default)."""
        k = captures_of(len(frequencies), n_occasions) if captures is None else captures
        padded = np.zeros(max(int(k[-1]), len(frequencies)))
        padded[: len(frequencies)] = frequencies
        counts = padded[k.astype(int) - 1]
        offset = (
            -scipy.special.gammaln(k + 1)
            if n_occasions is None
            else scipy.special.gammaln(n_occasions + 1)
            - scipy.special.gammaln(k + 1)
            - scipy.special.gammaln(n_occasions - k + 1)
        )
        return cls(counts, np.column_stack([np.ones(len(k)), k, *(c for _, c in columns)]), offset)

    @property
    def statistics(self) -> Array:
        """``n``, captures, and the sum of each heterogeneity column."""
        return self.counts @ self.design

    def moments(self, theta: Array) -> Moments:
        """Expected statistics at ``theta``."""
        means = np.exp(self.design @ theta + self.offset)
        weighted = self.design * means[:, None]
        return Moments(float(means.sum()), weighted.sum(axis=0), weighted.T @ self.design)

    def levels(self, theta: Array) -> Array:
        """Expected units with ``k`` captures, ``k = 1, 2, ...``."""
        means: Array = np.exp(self.design @ theta + self.offset)
        return means

    def exact_information(self, theta: Array) -> Array:
        """The same matrix as in ``moments``: nothing is approximated here."""
        return self.moments(theta).information


def captures_of(n_frequencies: int, n_occasions: int | None) -> Array:
    """Numbers of captures that have a row: ``1 ... t``, or far beyond the largest seen when there is no limit.

    Examples
    --------
    >>> captures_of(3, 3).tolist()
    [1.0, 2.0, 3.0]
    """
    rows = n_occasions if n_occasions is not None else max(60, 3 * n_frequencies + 40)
    return np.arange(1.0, rows + 1)
