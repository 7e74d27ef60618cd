"""The posterior of the number missing under a mixture of decomposable graphs, on a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.bayes.chordal_graphs import GraphFamily, decomposable_family

Array = NDArray[np.float64]
Prior = Literal["1/n_total", "1/n_missing", "flat"]
PRIORS: tuple[Prior, ...] = ("1/n_total", "1/n_missing", "flat")

NEGLIGIBLE = math.log(1e-18)
"""Log share of the posterior that everything left out may have together."""
_CHUNK = 48
_POINTS = 1 << 21
_FINE = 512
_EVERY_DIGIT, _COARSE = 200_000, 64
"""Numbers missing above which a stretch has fewer points: still sixteen in the standard deviation of the narrowest
posterior there can be."""


@dataclass(frozen=True, slots=True, eq=False)
class MissingPosterior:
    """How probable is each number missing, and each graph?

    Parameters
    ----------
    family : GraphFamily
        The graphs.
    missing : ndarray, shape (points,)
        Numbers of units no list holds; each stands for the whole numbers around it.
    widths : ndarray, shape (points,)
        How many whole numbers it stands for.
    probability : ndarray, shape (points,)
        Of these numbers together; adds up to 1.
    graph_probability : ndarray, shape (graphs,)
        Of each graph; adds up to 1.

    Examples
    --------
    >>> found = posterior_of_missing(np.array([9.0, 8, 4, 7, 3, 2, 1]), delta=0.125, missing=np.arange(1, 500))
    >>> int(found.quantile(0.5)), round(float(found.probability.sum()), 12)
    (19, 1.0)
    """

    family: GraphFamily
    missing: Array
    widths: Array
    probability: Array
    graph_probability: Array

    def quantile(self, level: float) -> float:
        """Smallest number missing whose probability of not being exceeded reaches ``level``."""
        cumulative = np.cumsum(self.probability)
        place = min(int(np.searchsorted(cumulative, level)), len(cumulative) - 1)
        # A point that stands for several numbers spreads its probability evenly over them.
        width, own = float(self.widths[place]), float(self.probability[place])
        inside = (level - float(cumulative[place]) + own) / own if own > 0 else 1.0
        step = min(max(math.ceil(inside * width), 1), int(width))
        return float(self.missing[place]) - (width - 1) / 2 + step - 1

    @property
    def mean(self) -> float:
        """Of the number missing, over the grid."""
        return float(self.probability @ self.missing)

    @property
    def standard_deviation(self) -> float:
        """Of the number missing, over the grid."""
        return math.sqrt(float(self.probability @ (self.missing - self.mean) ** 2))

    @property
    def mode(self) -> float:
        """The most probable number missing."""
        return float(self.missing[int(np.argmax(self.probability / self.widths))])

    def mass_above(self, share: float) -> float:
        """Probability of the part of the grid above ``share`` of its end."""
        return float(self.probability[self.missing > share * self.missing[-1]].sum())


def posterior_of_missing(
    counts: Array, *, delta: float, missing: NDArray[np.integer] | Array, prior: Prior = "1/n_total"
) -> MissingPosterior:
    """How probable is each number missing, averaged over all decomposable graphs?

    Parameters
    ----------
    counts : ndarray, shape (2^k - 1,)
        Units in each capture history, in the order of ``darkfigure.estimate.cells.all_histories``; 3 to 6 lists.
    delta : float
        Prior weight of each of the ``2^k`` cells, above 0.
    missing : ndarray, shape (points,)
        Numbers missing to compare, ascending, not below 0 (above 0 with the prior ``"1/n_missing"``).
    prior : {"1/n_total", "1/n_missing", "flat"}
        On the number missing: proportional to one over the total, to one over itself, or the same for all.

    Returns
    -------
    MissingPosterior
        On that grid.

    Raises
    ------
    EstimateError (E-EST-40)
        A prior weight, a prior or a grid that cannot be.

    Notes
    -----
    ``p(n_0, G | n) ~ p(n_0) N! / n_0! * prod_C h(C) / prod_S h(S)`` over the cliques ``C`` and separators ``S`` of the
    graph ``G``, all graphs equally probable before, with ``h(A) = Gamma(2^k delta) / Gamma(N + 2^k delta) *
    prod_c Gamma(n_c + d) / Gamma(d)`` over the cells ``c`` of the table of the lists in ``A``, ``d = 2^(k - |A|)
    delta``. Only the cell of ``A`` that holds nobody's capture grows with ``n_0``, so a set of lists costs one log
    gamma per point of the grid. A graph is left out of a stretch of the grid when a bound proves that all that is left
    out holds less than ``1e-18`` of the posterior: between two points a log gamma lies below its chord, and minus a log
    gamma above it by no more than its curvature allows.

    Source
    ------
    Madigan and York (1997), Biometrika 84, 19, doi 10.1093/biomet/84.1.19. Verified in
    tests/reference/test_dga_peers.py.

    Examples
    --------
    >>> counts = np.array([9.0, 8, 4, 7, 3, 2, 1])
    >>> found = posterior_of_missing(counts, delta=1.0, missing=np.arange(1, 500))
    >>> round(float(found.graph_probability.max()), 3)
    0.304
    """
    grid = np.asarray(missing, dtype=np.float64)
    check_priors(delta, prior)
    _check_grid(grid, prior)
    return _on_grid(GraphScores(counts, delta, prior), grid, np.ones_like(grid))


def posterior_up_to(scores: GraphScores, end: float) -> MissingPosterior:
    """How probable is each number missing up to a largest one?

    Whole numbers one by one as far as they fit into one stretch of ``_FINE`` points; beyond, each point stands for so
    few of them that no posterior is narrower (its standard deviation is about the root of the number missing or more):
    128 points in that root up to ``_EVERY_DIGIT`` missing, 16 beyond.

    Parameters
    ----------
    scores : GraphScores
        Of the table.
    end : float
        Largest number missing.

    Returns
    -------
    MissingPosterior
        From 0 on, or from 1 on with the prior ``"1/n_missing"``.

    Examples
    --------
    >>> found = posterior_up_to(GraphScores(np.array([9.0, 8, 4, 7, 3, 2, 1]), 0.125, "1/n_total"), 1e5)
    >>> len(found.missing), round(float(found.missing[-1]))
    (52727, 99999)
    """
    first = 1 if scores.prior == "1/n_missing" else 0
    values, widths = [], []
    while first <= end:
        length = _length(float(first))
        stride = -(-length // (_FINE if first <= _EVERY_DIGIT else _COARSE))
        points = -(-length // stride)
        values.append(first + (stride - 1) / 2 + stride * np.arange(points))
        widths.append(np.full(points, float(stride)))
        first += points * stride
    grid, wide = np.concatenate(values), np.concatenate(widths)
    inside = grid <= end
    return _on_grid(scores, grid[inside], wide[inside])


def _on_grid(scores: GraphScores, grid: Array, widths: Array) -> MissingPosterior:
    log_mass = np.full(len(grid), -np.inf)
    log_graph = np.full(len(scores.family.weights), -np.inf)
    for first, last, graphs in _stretches(scores, grid, widths):
        values = scores.of(grid[first:last], graphs)
        values += np.log(widths[first:last])
        top = float(values.max())
        np.exp(values - top, out=values)
        log_mass[first:last] = np.log(values.sum(axis=0)) + top
        log_graph[graphs] = np.logaddexp(log_graph[graphs], np.log(values.sum(axis=1)) + top)
    return MissingPosterior(scores.family, grid, widths, _normalised(log_mass), _normalised(log_graph))


class GraphScores:
    """Log score of graphs at numbers missing, up to one constant of the table.

    Parameters
    ----------
    counts : ndarray, shape (2^k - 1,)
        Units in each capture history.
    delta : float
        Prior weight of each cell.
    prior : {"1/n_total", "1/n_missing", "flat"}
        On the number missing.

    Examples
    --------
    >>> GraphScores(np.array([9.0, 8, 4, 7, 3, 2, 1]), 0.125, "flat").of(np.array([4.0, 5.0]), slice(None)).shape
    (8, 2)
    """

    def __init__(self, counts: Array, delta: float, prior: Prior) -> None:
        k = (len(counts) + 1).bit_length() - 1
        self.family = decomposable_family(k)
        self.n_observed = float(counts.sum())
        self.prior = prior
        sets = 1 << k
        # Cells are numbered like the histories: the first list is the highest bit; sets take list j as bit j.
        lists = [sum(1 << (k - 1 - j) for j in range(k) if s >> j & 1) for s in range(sets)]
        cells = np.arange(1, sets)
        self.total_weight = sets * delta
        self.nobody = np.zeros(sets)
        self.constant = np.zeros(sets)
        gammaln = scipy.special.gammaln
        for s in range(1, sets):
            margin = np.bincount(cells & lists[s], weights=counts, minlength=sets)
            weight = delta * 2 ** (k - s.bit_count())
            seen = margin[1:][margin[1:] > 0]
            self.nobody[s] = margin[0] + weight
            self.constant[s] = (gammaln(seen + weight) - gammaln(weight)).sum() - gammaln(weight)
            self.constant[s] += gammaln(self.total_weight)
        self.negative = np.where(self.family.weights < 0, -self.family.weights, 0).sum(axis=1)
        self.parts = self.family.weights.sum(axis=1)

    def of(self, missing: Array, graphs: NDArray[np.intp] | slice) -> Array:
        """Log score, shape (graphs, points)."""
        weights = self.family.weights[graphs]
        used = np.flatnonzero(weights.any(axis=0))
        weights = weights[:, used].astype(np.float64)
        gammaln = scipy.special.gammaln
        total = self.n_observed + missing
        of_all = gammaln(total + 1) - gammaln(missing + 1) + self._log_prior(missing)
        # The large terms common to all graphs go first, so that small differences keep their digits.
        level = gammaln(total + self.total_weight)
        of_sets = gammaln(missing[None, :] + self.nobody[used, None]) - level[None, :]
        values = weights @ of_sets
        values += (weights @ self.constant[used])[:, None]
        values += of_all[None, :]
        return np.asarray(values)

    def excess(self, start: Array, width: Array, graphs: NDArray[np.intp] | slice) -> Array:
        """By how much a log score between two points may exceed the larger of its values there."""
        bend = width**2 / 8 * scipy.special.polygamma(1, np.maximum(start, 1.0))
        return np.asarray((self.negative + np.maximum(self.parts, 0) + 1)[graphs, None] * bend[None, :])

    def _log_prior(self, missing: Array) -> Array:
        if self.prior == "flat":
            return np.zeros_like(missing)
        return -np.log(missing if self.prior == "1/n_missing" else missing + self.n_observed)


def _stretches(scores: GraphScores, grid: Array, widths: Array) -> Iterator[tuple[int, int, NDArray[np.intp]]]:
    """Parts of the grid with the graphs that matter in each; neighbouring stretches with the same graphs are one."""
    nodes = _nodes(grid)
    chosen = _graphs_by_stretch(scores, grid, nodes, np.add.reduceat(widths, nodes[:-1]))
    place = 0
    while place < len(chosen):
        graphs = chosen[place]
        most, first = max(1, _POINTS // max(len(graphs), 1)), place
        while place < len(chosen) and np.array_equal(chosen[place], graphs):
            place += 1
        if len(graphs):
            for start in range(int(nodes[first]), int(nodes[place]), most):
                yield start, min(start + most, int(nodes[place])), graphs


def _graphs_by_stretch(
    scores: GraphScores, grid: Array, nodes: NDArray[np.intp], numbers: Array
) -> list[NDArray[np.intp]]:
    """Which graphs can hold more than a negligible share of the posterior in each stretch?

    Groups of stretches are bounded first: in a large table nearly all graphs drop out of nearly all groups at once.
    """
    n_stretches = len(numbers)
    spare = math.log(len(scores.family.weights) * len(nodes)) - NEGLIGIBLE
    at = grid[np.minimum(nodes, len(grid) - 1)]
    firsts = np.arange(0, n_stretches, _CHUNK)
    outer = at[np.append(firsts, n_stretches)]
    ends = scores.of(outer, slice(None))
    best = float(ends.max())
    bound = np.maximum(ends[:, :-1], ends[:, 1:])
    bound += scores.excess(outer[:-1], np.diff(outer), slice(None)) + np.log(np.add.reduceat(numbers, firsts))[None, :]
    kept: list[tuple[NDArray[np.intp], Array]] = [(np.zeros(0, dtype=np.intp), np.zeros(0))] * n_stretches
    for j in np.argsort(-ends[:, :-1].max(axis=0), kind="stable").tolist():
        graphs = np.flatnonzero(bound[:, j] >= best - spare)
        if not len(graphs):
            continue
        part = slice(int(firsts[j]), min(int(firsts[j]) + _CHUNK, n_stretches))
        here = at[part.start : part.stop + 1]
        values = scores.of(here, graphs)
        best = max(best, float(values.max()))
        fine = np.maximum(values[:, :-1], values[:, 1:])
        fine += scores.excess(here[:-1], np.diff(here), graphs) + np.log(numbers[part])[None, :]
        for i in np.flatnonzero((fine >= best - spare).any(axis=0)).tolist():
            matter = fine[:, i] >= best - spare
            kept[part.start + i] = graphs[matter], fine[matter, i]
    return [graphs[limit >= best - spare] for graphs, limit in kept]


def _nodes(grid: Array) -> NDArray[np.intp]:
    """Where in the grid stretches begin, and its length."""
    nodes, place = [0], 0
    while place < len(grid):
        place = max(place + 1, int(np.searchsorted(grid, grid[place] + _length(float(grid[place])))))
        nodes.append(min(place, len(grid)))
    return np.asarray(nodes)


def _length(start: float) -> int:
    """Length of a stretch: as long as the bound on what lies between its ends stays useful."""
    return max(1, int(min(start / 20, 4 * math.sqrt(start))))


def _normalised(log_mass: Array) -> Array:
    mass = np.exp(log_mass - log_mass.max())
    return np.asarray(mass / mass.sum())


def check_priors(delta: float, prior: str) -> None:
    """Refuse a prior weight or a prior on the number missing that cannot be.

    Raises
    ------
    EstimateError (E-EST-40)
        The weight is not a finite number above 0, or the prior is unknown.

    Examples
    --------
    >>> check_priors(0.0625, "flat")
    """
    if not (math.isfinite(delta) and delta > 0):
        raise _fault("the prior weight of a cell is impossible", "a number above 0, such as 1/16 for four lists")
    if prior not in PRIORS:
        raise _fault("the prior on the number missing is unknown", ", ".join(PRIORS))


def _check_grid(grid: Array, prior: str) -> None:
    lowest = math.ulp(0.0) if prior == "1/n_missing" else 0.0
    if grid.ndim != 1 or not grid.size or not np.isfinite(grid).all() or grid[0] < lowest or (np.diff(grid) <= 0).any():
        raise _fault(
            "the grid of numbers missing is impossible",
            "ascending numbers from 0 on (above 0 with the prior '1/n_missing')",
        )


def _fault(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-40",
        where="decomposable graphs",
        problem=problem,
        allowed=allowed,
        remedy="Correct the option and try again.",
    )
