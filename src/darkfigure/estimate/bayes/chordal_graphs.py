"""Every decomposable graph of a few lists, as numbers that turn clique scores into graph scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Clique = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GraphFamily:
    """All decomposable graphs of some lists.

    Parameters
    ----------
    n_lists : int
        ``k``.
    weights : ndarray of int8, shape (graphs, 2^k)
        How often a set of lists is a maximal clique (positive) or separates two (negative); column ``s`` is the set of
        the lists ``j`` whose bit ``2^j`` is in ``s``. Column 0, the empty set, is always 0.
    edges : ndarray of uint32, shape (graphs,)
        The pairs joined, one bit each in the order of ``itertools.combinations``.

    Examples
    --------
    >>> family = decomposable_family(3)
    >>> family.weights.shape, family.cliques(7), family.cliques(0)
    ((8, 8), ((0, 1, 2),), ((0,), (1,), (2,)))
    """

    n_lists: int
    weights: NDArray[np.int8]
    edges: NDArray[np.uint32]

    def cliques(self, index: int) -> tuple[Clique, ...]:
        """Maximal cliques of one graph, larger ones first, lists counted from 0."""
        found = np.flatnonzero(self.weights[index] > 0)
        sets = (tuple(j for j in range(self.n_lists) if s >> j & 1) for s in found.tolist())
        return tuple(sorted(sets, key=lambda clique: (-len(clique), clique)))


@lru_cache(maxsize=8)
def decomposable_family(n_lists: int) -> GraphFamily:
    """Which patterns of direct dependence between lists have a closed-form score?

    Parameters
    ----------
    n_lists : int
        ``k``, at most 6.

    Returns
    -------
    GraphFamily
        8 graphs for three lists, 61 for four, 822 for five, 18,154 for six; made at first use and kept.

    Notes
    -----
    A graph is decomposable when its vertices can be taken away one by one, each with neighbours that are all joined to
    each other. The score of a graph is the product of ``h(v and its neighbours) / h(its neighbours)`` over the vertices
    as they go, for any score ``h`` of sets; what does not cancel are the cliques and the separators. All graphs are
    taken apart at once.

    Source
    ------
    Dawid and Lauritzen (1993), doi 10.1214/aos/1176349260. The numbers of graphs: OEIS A058862.

    Examples
    --------
    >>> [decomposable_family(k).weights.shape[0] for k in (3, 4, 5)]
    [8, 61, 822]
    """
    pairs = [(i, j) for i in range(n_lists) for j in range(i + 1, n_lists)]
    edges = np.arange(1 << len(pairs), dtype=np.uint32)
    joined = np.zeros((n_lists, len(edges)), dtype=np.uint8)
    for bit, (i, j) in enumerate(pairs):
        present = (edges >> np.uint32(bit) & np.uint32(1)).astype(np.uint8)
        joined[i] |= present << j
        joined[j] |= present << i
    rows = np.arange(len(edges))
    left = np.full(len(edges), (1 << n_lists) - 1, dtype=np.uint8)
    weights = np.zeros((len(edges), 1 << n_lists), dtype=np.int8)
    decomposable = np.ones(len(edges), dtype=bool)
    for _ in range(n_lists):
        vertex, found = _removable(joined, left)
        decomposable &= found
        neighbours = joined[vertex, rows] & left
        own = np.uint8(1) << vertex.astype(np.uint8)
        np.add.at(weights, (rows, neighbours | own), 1)
        np.add.at(weights, (rows, neighbours), -1)
        left &= ~own
    weights[:, 0] = 0
    kept = weights[decomposable]
    kept.setflags(write=False)
    return GraphFamily(n_lists, kept, edges[decomposable])


def _removable(joined: NDArray[np.uint8], left: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each graph a vertex whose remaining neighbours are all joined to each other, and whether there is one."""
    n_lists = len(joined)
    possible = np.empty(joined.shape, dtype=bool)
    for v in range(n_lists):
        neighbours = joined[v] & left
        possible[v] = (left >> v & 1).astype(bool)
        for u in range(n_lists):
            others = neighbours & np.uint8(~(1 << u) & 0xFF)
            possible[v] &= ((neighbours >> u & 1) == 0) | ((others & ~joined[u]) == 0)
    return possible.argmax(axis=0), np.asarray(possible.any(axis=0))
