"""How far estimates of one table lie apart, and how much of that is the choice of model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import scipy

from darkfigure.estimate.compare.families import Kind
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate, SurvivalEstimate

Result = PopulationEstimate | SurvivalEstimate | NotEstimable


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One estimator's answer in its place among the others.

    Parameters
    ----------
    family : str
        Estimators of one family assume the same about the unseen.
    kind : {"estimate", "lower-bound", "rates", "refusal"}
        What the answer is.
    result : PopulationEstimate, SurvivalEstimate or NotEstimable
        The answer itself.

    Examples
    --------
    >>> result = PopulationEstimate(method="M0", n_observed=10, n_total=12.0)
    >>> Placed(family="alike units", kind="estimate", result=result).method
    'M0'
    """

    family: str
    kind: Kind
    result: Result

    @property
    def method(self) -> str:
        """Name of the estimator."""
        return self.result.method


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far do the estimates of one table lie apart, and how much of that is the choice of model?

    Parameters
    ----------
    smallest, largest, median : float
        Of the estimates, in units; lower bounds are not among them.
    smallest_method, largest_method : str
        Who says so; of equal numbers the first in the order of the registry.
    ratio : float
        Largest over smallest.
    between, within : float
        Variance of ``log N`` between methods, and the mean sampling variance of ``log N`` within them, every family
        with the same weight.
    model_share : float or None
        ``between / (between + within)``, from 0 to 1; ``None`` with fewer than two families, or when no method states
        how uncertain it is.
    families : int
        Families with an estimate.

    Examples
    --------
    >>> from darkfigure.estimate import CaptureTable, estimate
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> found = [estimate(name, table) for name in ("M0", "Mh-darroch")]
    >>> spread = spread_of([Placed(family=r.method, kind="estimate", result=r) for r in found])
    >>> round(spread.smallest, 1), round(spread.largest, 1), round(spread.model_share, 2)
    (75.4, 90.4, 0.47)
    """

    smallest: float
    smallest_method: str
    largest: float
    largest_method: str
    median: float
    ratio: float
    between: float
    within: float
    model_share: float | None
    families: int


def sizes_of(answers: Sequence[Placed]) -> list[PopulationEstimate]:
    """Which of these answers carry a number of units?

    Examples
    --------
    >>> sizes_of(())
    []
    """
    return [a.result for a in answers if isinstance(a.result, PopulationEstimate)]


def spread_of(answers: Sequence[Placed]) -> Spread | None:
    """How far do these estimates lie apart, and how much of that is the choice of model?

    Parameters
    ----------
    answers : sequence of Placed
        Estimates; answers without a size are passed over.

    Returns
    -------
    Spread or None
        ``None`` when there is no estimate.

    Examples
    --------
    >>> spread_of(()) is None
    True
    """
    placed = [a for a in answers if isinstance(a.result, PopulationEstimate)]
    results = sizes_of(placed)
    if not results:
        return None
    sizes = [r.n_total for r in results]
    low, high = min(results, key=lambda r: r.n_total), max(results, key=lambda r: r.n_total)
    families = [a.family for a in placed]
    between, within = _variances(results, families)
    n_families = len(set(families))
    share = None
    if n_families > 1 and within is not None and between + within > 0:
        share = between / (between + within)
    return Spread(
        smallest=low.n_total,
        smallest_method=low.method,
        largest=high.n_total,
        largest_method=high.method,
        median=_median(sizes),
        ratio=high.n_total / low.n_total,
        between=between,
        within=within or 0.0,
        model_share=share,
        families=n_families,
    )


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _variances(results: Sequence[PopulationEstimate], families: Sequence[str]) -> tuple[float, float | None]:
    """Variance of ``log N`` between methods, and the mean one within them, every family with the same weight."""
    weights = _weights(families)
    logs = [math.log(r.n_total) for r in results]
    mean = sum(w * y for w, y in zip(weights, logs, strict=True))
    between = sum(w * (y - mean) ** 2 for w, y in zip(weights, logs, strict=True))
    stated = [(f, v) for f, r in zip(families, results, strict=True) if (v := sampling_variance(r)) is not None]
    if not stated:
        return between, None
    known = _weights([f for f, _ in stated])
    return between, sum(w * v for w, (_, v) in zip(known, stated, strict=True))


def _weights(families: Sequence[str]) -> list[float]:
    sizes = {f: families.count(f) for f in families}
    return [1 / (len(sizes) * sizes[f]) for f in families]


def sampling_variance(result: PopulationEstimate) -> float | None:
    """How much would ``log N`` of one method vary by chance, as far as the method says?

    Parameters
    ----------
    result : PopulationEstimate
        With a standard error, or a bounded interval.

    Returns
    -------
    float or None
        Variance of ``log N``; ``None`` when the method does not say.

    Examples
    --------
    >>> sampling_variance(PopulationEstimate(method="M0", n_observed=80, n_total=100.0, standard_error=10.0))
    0.010000000000000002
    """
    if result.standard_error is not None:
        return (result.standard_error / result.n_total) ** 2
    interval = result.interval
    if interval is None or interval.lower <= 0 or math.isinf(interval.upper):
        return None
    z = float(scipy.special.ndtri((1 + interval.level) / 2))
    return (math.log(interval.upper / interval.lower) / (2 * z)) ** 2
