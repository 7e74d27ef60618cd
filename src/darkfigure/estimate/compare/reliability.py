"""One estimator on tables that differ a little: does its answer hold when a list, a pair, a unit is changed?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from darkfigure.estimate.compare import list_changes
from darkfigure.estimate.compare.spread import Result
from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import answer
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

Progress = Callable[[str, int, int], None]
_SHARES = tuple(k / 10 for k in range(1, 11))


def silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What the estimator says of a table that differs a little.

    Parameters
    ----------
    change : str
        What differs, such as ``"without HRW"``.
    n_observed : int
        Units seen in that table.
    result : PopulationEstimate, SurvivalEstimate or NotEstimable
        The answer.
    share : float
        Part of the population that table stands for; 1 unless units were left out at random.

    Examples
    --------
    >>> result = PopulationEstimate(method="M0", n_observed=10, n_total=12.0)
    >>> Variant(change="half of the units", n_observed=10, result=result, share=0.5).n_total
    24.0
    """

    change: str
    n_observed: int
    result: Result
    share: float = 1.0

    @property
    def n_total(self) -> float | None:
        """Units in all, scaled up where units were left out; ``None`` for a refusal."""
        return self.result.n_total / self.share if isinstance(self.result, PopulationEstimate) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenList:
    """How many units of a list the others would have told of, were it not known.

    Parameters
    ----------
    label : str
        Name of the list.
    size : int
        Units on it: the truth.
    seen_by_others : int
        Those of them that another list holds.
    result : PopulationEstimate, SurvivalEstimate or NotEstimable
        The estimate of its size from these.

    Examples
    --------
    >>> result = PopulationEstimate(method="M0", n_observed=10, n_total=12.0)
    >>> HiddenList(label="A", size=15, seen_by_others=10, result=result).ratio
    0.8
    """

    label: str
    size: int
    seen_by_others: int
    result: Result

    @property
    def ratio(self) -> float | None:
        """Estimate over truth; ``None`` for a refusal."""
        return self.result.n_total / self.size if isinstance(self.result, PopulationEstimate) else None

    @property
    def covered(self) -> bool | None:
        """Whether the interval holds the truth; ``None`` without an interval."""
        interval = self.result.interval if isinstance(self.result, PopulationEstimate) else None
        return None if interval is None else interval.lower <= self.size <= interval.upper


def omission(
    table: CaptureTable, method: str | Method, *, level: float = 0.95, progress: Progress = silent
) -> tuple[Variant, ...]:
    """Does the number hang on one list: what is it without each list in turn?

    Misleads with three lists: two remain, and no method can see dependence between two.

    Parameters
    ----------
    table : CaptureTable
        With histories.
    method : str or Method
        The estimator.
    level : float
        Of the intervals.
    progress : callable
        Told of each fit.

    Returns
    -------
    tuple of Variant
        One a list, in their order.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories.
    EstimateError (E-EST-01, E-EST-02)
        The method is unknown or the level impossible.

    Source
    ------
    Binette and Steorts (2021), arXiv 2112.01594.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [60, 49, 4, 24, 11, 14, 12], labels=("A", "B", "C"))
    >>> [(v.change, round(v.n_total)) for v in omission(table, "Mt")]  # B and C: 99 * 41 / 26
    [('without A', 156), ('without B', 191), ('without C', 294)]
    """
    list_changes.cells_of(table)
    labels = list_changes.labels_of(table)
    changed = [(f"without {label}", list_changes.without_lists(table, [label])) for label in labels]
    return answers_to(changed, method, level, progress, "leaving out lists")


def merging(
    table: CaptureTable, method: str | Method, *, level: float = 0.95, progress: Progress = silent
) -> tuple[Variant, ...]:
    """Does the number hang on two lists being apart: what is it with each pair joined into one?

    Joining two lists that depend on each other takes their dependence out. Of occasions in order of time only
    neighbours are joined.

    Parameters
    ----------
    table : CaptureTable
        With histories.
    method : str or Method
        The estimator.
    level : float
        Of the intervals.
    progress : callable
        Told of each fit.

    Returns
    -------
    tuple of Variant
        One a pair.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories.
    EstimateError (E-EST-01, E-EST-02)
        The method is unknown or the level impossible.

    Source
    ------
    Binette and Steorts (2021), arXiv 2112.01594.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [60, 49, 4, 24, 11, 14, 12], labels=("A", "B", "C"))
    >>> [v.change for v in merging(table, "Mt")]
    ['A and B joined', 'A and C joined', 'B and C joined']
    """
    list_changes.cells_of(table)
    labels = list_changes.labels_of(table)
    pairs = itertools.pairwise(labels) if table.ordered else itertools.combinations(labels, 2)
    changed = [(f"{a} and {b} joined", list_changes.merge_pair(table, a, b)) for a, b in pairs]
    return answers_to(changed, method, level, progress, "joining lists")


def trajectory(
    table: CaptureTable,
    method: str | Method,
    *,
    by: Literal["lists", "units"] = "lists",
    seed: int = 1,
    level: float = 0.95,
    progress: Progress = silent,
) -> tuple[Variant, ...]:
    """Has the number settled, or does it still move as lists, periods or units come in?

    Parameters
    ----------
    table : CaptureTable
        With histories; numbers of captures are enough for ``by="units"``.
    method : str or Method
        The estimator.
    by : {"lists", "units"}
        ``"lists"``: the first two occasions, the first three, and so on; lists without an order enter by size, the
        largest first. ``"units"``: a tenth of the units drawn at random, two tenths, and so on, each holding the
        ones before.
    seed : int
        Of the draw of units.
    level : float
        Of the intervals.
    progress : callable
        Told of each fit.

    Returns
    -------
    tuple of Variant
        The last one is the whole table. A random share of the units stands for that share of the population, so its
        ``n_total`` is scaled up and should stay flat.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories, and lists were asked for.
    EstimateError (E-EST-01, E-EST-02)
        The method is unknown or the level impossible.

    Source
    ------
    Binette and Steorts (2021), arXiv 2112.01594.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [60, 49, 4, 24, 11, 14, 12], labels=("A", "B", "C"))
    >>> [v.change for v in trajectory(table, "Mt")]
    ['A, B', 'A, B, C']
    """
    changed = _by_lists(table) if by == "lists" else _by_units(table, seed)
    shares = _SHARES if by == "units" else (1.0,) * len(changed)
    found = answers_to(changed, method, level, progress, f"adding {by}")
    return tuple(
        Variant(change=v.change, n_observed=v.n_observed, result=v.result, share=share)
        for v, share in zip(found, shares, strict=True)
    )


def _by_lists(table: CaptureTable) -> list[tuple[str, CaptureTable]]:
    list_changes.cells_of(table)
    labels, totals = list_changes.labels_of(table), table.occasion_totals or ()
    order = list(range(len(labels)))
    if not table.ordered:
        order.sort(key=lambda k: (-totals[k], labels[k]))
    changed = []
    for k in range(2, len(order) + 1):
        left_out = [labels[j] for j in order[k:]]
        name = f"{labels[0]} to {labels[k - 1]}" if table.ordered else ", ".join(labels[j] for j in order[:k])
        changed.append((name, list_changes.without_lists(table, left_out)))
    return changed


def _by_units(table: CaptureTable, seed: int) -> list[tuple[str, CaptureTable]]:
    counts = table.cells.counts if table.cells is not None else np.asarray(table.frequencies, dtype=np.int64)
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    changed = []
    for share in _SHARES:
        first = drawn[: round(share * len(drawn))]
        part = np.bincount(first, minlength=len(counts)).astype(np.int64)
        changed.append((f"{share:.0%} of the units", list_changes.with_counts(table, part)))
    return changed


def consistency(
    table: CaptureTable, method: str | Method, *, level: float = 0.95, progress: Progress = silent
) -> tuple[HiddenList, ...]:
    """Would the method have told the size of each list, had that list been hidden?

    The units of one list are a population whose size is known. The other lists see a part of them, and the estimator
    is asked for the whole. It is the one check against a truth that real data hold.

    Misleads when the units of a list differ from the units of none: a method can tell the sizes of all lists and still
    miss those that no list reaches.

    Parameters
    ----------
    table : CaptureTable
        With histories of three lists or more.
    method : str or Method
        The estimator.
    level : float
        Of the intervals.
    progress : callable
        Told of each fit.

    Returns
    -------
    tuple of HiddenList
        One a list.

    Raises
    ------
    EstimateError (E-EST-82)
        The table has no histories.
    EstimateError (E-EST-01, E-EST-02)
        The method is unknown or the level impossible.

    Source
    ------
    Binette and Steorts (2021), arXiv 2112.01594.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [60, 49, 4, 24, 11, 14, 12], labels=("A", "B", "C"))
    >>> hidden = consistency(table, "Mt")[2]  # C has 41: A saw 23 of them, B 26, both 12
    >>> hidden.size, hidden.seen_by_others, round(hidden.result.n_total, 1)  # 23 * 26 / 12
    (41, 37, 49.8)
    """
    list_changes.cells_of(table)
    labels, sizes = list_changes.labels_of(table), table.occasion_totals or ()
    seen = [(label, list_changes.units_of_list(table, k)) for k, label in enumerate(labels)]
    found = answers_to(seen, method, level, progress, "hiding lists")
    return tuple(
        HiddenList(label=v.change, size=size, seen_by_others=v.n_observed, result=v.result)
        for v, size in zip(found, sizes, strict=True)
    )


def answers_to(
    changed: Sequence[tuple[str, CaptureTable]],
    method: str | Method,
    level: float = 0.95,
    progress: Progress = silent,
    what: str = "",
) -> tuple[Variant, ...]:
    """What does the estimator say of each of these tables?

    Examples
    --------
    >>> answers_to([("as it is", CaptureTable.from_frequencies([5, 2]))], "chao")[0].change
    'as it is'
    """
    found = []
    for done, (change, table) in enumerate(changed):
        progress(what, done, len(changed))
        found.append(Variant(change=change, n_observed=table.n_observed, result=answer(method, table, level=level)))
    progress(what, len(changed), len(changed))
    return tuple(found)
