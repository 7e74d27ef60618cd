"""Pairs of sightings by the time between them, and how many of them show the same identifier."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_CELLS = 1 << 22
"""Time cells of the finest grid: four minutes over thirty years, two seconds over a quarter."""
SPARSE = 16
"""With fewer sightings than one in so many cells, the occupied cells are searched instead of walking through all."""
DIRECT_STEPS = 48
"""Neighbours compared one by one; sightings of busier identifiers are counted by search."""
MOST_GROUPS = 4096
"""Bootstrap units: identifiers beyond that many share one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairCounts:
    """How many pairs of sightings lie so far apart, and how many of them are of one identifier.

    Parameters
    ----------
    edges : ndarray, shape (bins + 1,)
        Lag bins ``[edges[b], edges[b + 1])`` in days.
    middles : ndarray, shape (bins,)
        Mean lag of all pairs of a bin, in days.
    pairs : ndarray, shape (bins,)
        All pairs, weighted by the effort at both times; the mean weight is one.
    same : ndarray, shape (bins,)
        Pairs of one identifier, weighted likewise.
    by_group : ndarray, shape (groups with a pair, bins)
        ``same`` split by identifier, or by groups of identifiers when there are many: the units of the bootstrap.
    weight_by_group : ndarray, shape (groups with a pair,)
        Sightings of each, weighted likewise.
    squares_alone : float
        Sum of squared weights of the identifiers without a pair.
    squares : float
        Sum of squared weights of all sightings.
    n_sightings, n_entities : int
        Sightings and distinct identifiers.
    span_days : float
        From the first sighting to the last.
    """

    edges: Array
    middles: Array
    pairs: Array
    same: Array
    by_group: Array
    weight_by_group: Array
    squares_alone: float
    squares: float
    n_sightings: int
    n_entities: int
    span_days: float

    def weighed(self, weights: Array) -> PairCounts:
        """The same with every bin's pairs, all of them and those of one identifier, weighted alike."""
        return replace(self, pairs=self.pairs * weights, same=self.same * weights, by_group=self.by_group * weights)


def count_pairs(entity: NDArray[np.int64], days: Array, *, edges: Array) -> PairCounts:
    """How many pairs of sightings lie each lag apart, and how many of those show the same identifier?

    Never looks at all pairs: all of them are counted on a grid of time cells, those of one identifier by stepping
    through its sorted sightings, and those of a busy identifier by search.

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
        Identifier codes.
    days : ndarray, shape (sightings,)
        Time of each sighting in days, any origin.
    edges : ndarray, shape (bins + 1,)
        Increasing lags in days, the first at least 0.

    Returns
    -------
    PairCounts
        Lags are exact to a time cell.

    Examples
    --------
    >>> counts = count_pairs(np.array([0, 0, 1]), np.array([0.0, 1.0, 1.5]), edges=np.array([0.0, 2.0]))
    >>> counts.pairs.round(6).tolist(), counts.same.round(6).tolist()
    ([3.0], [1.0])
    """
    start = float(days.min())
    span = float(days.max()) - start
    cell = max(span, 1e-9) / (MOST_CELLS - 1)
    ticks = np.floor((days - start) / cell).astype(np.int64)
    steps = np.ceil(np.asarray(edges) / cell - 1e-9).astype(np.int64)
    effort = _effort_weights(ticks)
    pairs, middles = _all_pairs(ticks, effort, steps, cell)
    codes, inside = np.unique(entity, return_inverse=True)
    same, weights, alone = _same_pairs(inside.ravel(), ticks, effort, steps, codes.size)
    return PairCounts(
        edges=np.asarray(edges, dtype=float),
        middles=middles,
        pairs=pairs,
        same=same.sum(axis=0),
        by_group=same,
        weight_by_group=weights,
        squares_alone=alone,
        squares=float((effort**2).sum()),
        n_sightings=int(days.size),
        n_entities=int(codes.size),
        span_days=span,
    )


def clustered_squares(by_group: Array) -> Array:
    """Sum of squares of the pairs of each identifier: the variance of their total, were identifiers independent.

    Parameters
    ----------
    by_group : ndarray, shape (groups, columns)

    Returns
    -------
    ndarray, shape (columns,)
        When identifiers are many and share groups, about the groups' mean: what a group holds of different identifiers
        is no cluster.
    """
    squares = np.asarray((by_group**2).sum(axis=0), dtype=float)
    if by_group.shape[0] < MOST_GROUPS:
        return squares
    return np.asarray(squares - by_group.sum(axis=0) ** 2 / by_group.shape[0], dtype=float)


def clustered_products(by_group: Array) -> Array:
    """The same for every two columns: their covariance, shape (columns, columns)."""
    products = by_group.T @ by_group
    if by_group.shape[0] < MOST_GROUPS:
        return np.asarray(products, dtype=float)
    sums = by_group.sum(axis=0)
    return np.asarray(products - np.outer(sums, sums) / by_group.shape[0], dtype=float)


def _effort_weights(ticks: NDArray[np.int64], pieces: int = 24) -> Array:
    """Weights ``1 / sqrt(sightings per day)``, so that busy times do not speak for the whole period.

    With sources ``K(t)`` and sightings in proportion, pairs weighted so have ``P(same) = 1 / mean(K)``; where effort
    alone changes, any weight gives the same answer.
    """
    pieces = max(1, min(pieces, ticks.size // 200))
    if pieces < 2:
        return np.ones(ticks.size)
    edges = np.linspace(0, int(ticks.max()) + 1, pieces + 1)
    counts = np.histogram(ticks, edges)[0].astype(float)
    middles = (edges[1:] + edges[:-1]) / 2
    rate = np.interp(ticks, middles, np.maximum(counts, counts.mean() / 20))
    weight = 1 / np.sqrt(rate)
    return np.asarray(weight / weight.mean(), dtype=float)


def _all_pairs(ticks: NDArray[np.int64], effort: Array, steps: NDArray[np.int64], cell: float) -> tuple[Array, Array]:
    size = int(ticks.max()) + 1
    squares = float((effort**2).sum())
    if ticks.size < size // SPARSE:
        used, inside = np.unique(ticks, return_inverse=True)
        weight = np.bincount(inside.ravel(), weights=effort)
        place = np.arange(used.size)
    else:
        here = np.bincount(ticks, weights=effort, minlength=size)
        used = np.flatnonzero(here)
        weight, place = here[used], used
    dense = np.zeros(size if place is used else used.size)
    dense[place] = weight
    within = np.concatenate([[0.0], np.cumsum(dense)])
    dense[place] *= used
    moments = np.concatenate([[0.0], np.cumsum(dense)])
    below, lag_sums = [], []
    for step in steps:
        end = np.minimum(used + step, size) if place is used else np.searchsorted(used, used + step)
        count = within[end] - within[place]
        below.append(float(weight @ count))
        lag_sums.append(float(weight @ (moments[end] - moments[place] - used * count)))
    upto = np.array(below)
    # Pairs in one cell are counted twice and each sighting with itself once; both have lag zero.
    tie = (float(weight @ weight) + squares) / 2
    upto = np.where(steps > 0, upto - tie, 0.0)
    pairs = np.diff(upto)
    sums = np.diff(np.array(lag_sums)) * cell
    middles = np.divide(sums, pairs, out=(steps[1:] + steps[:-1]) * cell / 2, where=pairs > 0)
    return pairs, middles


def _same_pairs(
    entity: NDArray[np.intp], ticks: NDArray[np.int64], effort: Array, steps: NDArray[np.int64], n_entities: int
) -> tuple[Array, Array, float]:
    order = np.lexsort((ticks, entity))
    who, when, weight = entity[order], ticks[order], effort[order]
    sizes = np.bincount(entity, minlength=n_entities)
    group = _groups(who, when, sizes)
    made = np.zeros((int(group.max()) + 1, steps.size - 1))
    _add_neighbours(made, who, when, weight, group, sizes, steps)
    _add_busy(made, who, when, weight, group, sizes, steps)
    own = np.bincount(who, weights=weight, minlength=n_entities)
    repeated = sizes > 1
    weights = np.asarray(np.bincount(group[repeated], weights=own[repeated], minlength=made.shape[0]), dtype=float)
    paired = made.any(axis=1)
    alone = float((own[~repeated] ** 2).sum() + (weights[~paired] ** 2).sum())
    return made[paired], weights[paired], alone


def _groups(who: NDArray[np.intp], when: NDArray[np.int64], sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Bootstrap unit of each identifier: its own, or one of a few thousand shared in order of first sighting.

    The order of first sightings does not depend on how identifiers are coded, so neither does the answer.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    repeated = np.flatnonzero(sizes > 1)
    by_first = repeated[np.lexsort((sizes[repeated], when[starts[repeated]]))]
    group = np.zeros(sizes.size, dtype=np.intp)
    group[by_first] = np.arange(by_first.size) % MOST_GROUPS
    return group


def _add_neighbours(
    made: Array,
    who: NDArray[np.intp],
    when: NDArray[np.int64],
    weight: Array,
    group: NDArray[np.intp],
    sizes: NDArray[np.intp],
    steps: NDArray[np.int64],
) -> None:
    bins = steps.size - 1
    left = np.flatnonzero((sizes[who] > 1) & (sizes[who] <= DIRECT_STEPS))
    for step in range(1, DIRECT_STEPS):
        left = left[left + step < who.size]
        left = left[who[left] == who[left + step]]
        lag = when[left + step] - when[left]
        near = lag < steps[-1]
        left, lag = left[near], lag[near]
        if left.size == 0:
            break
        place = np.searchsorted(steps, lag, side="right") - 1
        kept = left[place >= 0]
        key = group[who[kept]] * bins + place[place >= 0]
        made += np.bincount(key, weights=weight[kept] * weight[kept + step], minlength=made.size).reshape(made.shape)


def _add_busy(
    made: Array,
    who: NDArray[np.intp],
    when: NDArray[np.int64],
    weight: Array,
    group: NDArray[np.intp],
    sizes: NDArray[np.intp],
    steps: NDArray[np.int64],
) -> None:
    ends = np.cumsum(sizes)
    for code in np.flatnonzero(sizes > DIRECT_STEPS):
        span = slice(ends[code] - sizes[code], ends[code])
        times, effort = when[span], weight[span]
        within = np.concatenate([[0.0], np.cumsum(effort)])
        own = np.arange(1, times.size + 1)
        upto = np.array(
            [
                float(effort @ (within[np.maximum(np.searchsorted(times, times + step), own)] - within[own]))
                for step in steps
            ]
        )
        made[group[code]] += np.diff(upto)
