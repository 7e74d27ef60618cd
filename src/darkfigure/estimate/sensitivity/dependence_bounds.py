"""How large is the population, if lists may depend on each other up to a declared amount? Bounds, not one number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.cells import MOST_LISTS, all_histories, full_counts
from darkfigure.estimate.closed.two_samples import two_samples_of
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Interval, PopulationEstimate, Reason

Array = NDArray[np.float64]
Covers = Literal["whole-range", "true-value"]
_POINTS = 41


@dataclass(frozen=True, slots=True)
class SizeAt:
    """The size under one amount of dependence.

    Parameters
    ----------
    factor : float
        What the unseen number under independence is multiplied by: ``alpha`` or ``exp(lambda)``.
    n_total, standard_error : float
    lower, upper : float
        Ends of the interval at this amount.
    """

    factor: float
    n_total: float
    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenceBounds:
    """A range of sizes that the data and a declared range of dependence allow.

    Parameters
    ----------
    n_observed : int
        Units seen.
    independent : float
        The size if there is no dependence beyond the model (factor 1).
    lower, upper : float
        Ends of the sizes over the declared range, without sampling error.
    interval : Interval
        With sampling error; its method says what it covers.
    curve : tuple of SizeAt
        Sizes along the range, for a figure.
    assumption : str
        The declared range in words.
    """

    n_observed: int
    independent: float
    lower: float
    upper: float
    interval: Interval
    curve: tuple[SizeAt, ...]
    assumption: str

    def to_dict(self) -> dict[str, object]:
        """All fields as plain values, for JSON."""
        i = self.interval
        return {
            "n_observed": self.n_observed,
            "independent": self.independent,
            "lower": self.lower,
            "upper": self.upper,
            "interval": {"lower": i.lower, "upper": i.upper, "level": i.level, "method": i.method},
            "curve": [
                {"factor": p.factor, "n_total": p.n_total, "lower": p.lower, "upper": p.upper} for p in self.curve
            ],
            "assumption": self.assumption,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenBase:
    """The unseen number under no dependence, and how sure it is.

    Parameters
    ----------
    n_observed : int
    unseen : float
        ``n_0..0`` at factor 1.
    log_variance : float
        Of the logarithm of its expectation; the realised number adds its own chance.
    """

    n_observed: int
    unseen: float
    log_variance: float

    def at(self, factor: float, z: float) -> SizeAt:
        """The size when the unseen number is ``factor`` times that under independence."""
        unseen = factor * self.unseen
        error = math.sqrt(unseen + unseen**2 * self.log_variance)
        spread = math.exp(z * math.sqrt(math.log1p((error / unseen) ** 2))) if unseen > 0 else 1.0
        n = self.n_observed
        return SizeAt(factor, n + unseen, error, n + unseen / spread, n + unseen * spread)


def two_list_base(table: CaptureTable) -> UnseenBase:
    """How many units are in neither of two lists, if the lists are independent?

    Parameters
    ----------
    table : CaptureTable
        Two lists or two halves.

    Returns
    -------
    UnseenBase
        ``n_10 n_01 / n_11``.

    Raises
    ------
    UnanswerableError
        The table holds no two samples, or one of the three cells is empty.

    Examples
    --------
    >>> round(two_list_base(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])).unseen, 1)
    641.3
    """
    s = two_samples_of(table)
    first, second = s.n_first - s.n_both, s.n_second - s.n_both
    if min(first, second) == 0:
        raise UnanswerableError(
            Reason.BOUNDARY,
            "One list holds every unit of the other, so the odds ratio of the lists has no range to act on.",
            {"only_first": first, "only_second": second},
        )
    return UnseenBase(
        n_observed=s.n_observed,
        unseen=first * second / s.n_both,
        log_variance=1 / first + 1 / second + 1 / s.n_both,
    )


def many_list_base(table: CaptureTable) -> UnseenBase:
    """How many units are in no list, if the interaction of all lists at once is nil?

    Parameters
    ----------
    table : CaptureTable
        With cells of two lists or more, none of them empty.

    Returns
    -------
    UnseenBase
        Product of the cells with an odd number of captures over the product of those with an even number.

    Raises
    ------
    UnanswerableError
        ``wrong-table``, or ``does-not-exist``: a cell is empty, so the product is 0 or has no value.

    Notes
    -----
    ``var(log n_0) = sum 1 / n_h`` over all cells.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> round(many_list_base(CaptureTable.from_histories(histories, [40, 40, 40, 20, 20, 20, 10])).unseen, 9)
    80.0
    """
    t = table.n_occasions
    if table.cells is None or t is None or not 2 <= t <= MOST_LISTS:
        raise UnanswerableError(
            Reason.WRONG_TABLE, "The rule of no highest interaction needs the cells of two lists or more."
        )
    counts = full_counts(table.cells)
    if (counts == 0).any():
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "Some combination of lists holds no unit, so the product over all cells is 0 or has no value. Fewer lists, "
            "or the same bounds around a fitted model (give its estimate), would be needed.",
            {"empty_cells": float((counts == 0).sum())},
        )
    odd = np.where(all_histories(t).sum(axis=1) % 2 == 1, 1.0, -1.0)
    return UnseenBase(
        n_observed=table.n_observed,
        unseen=float(np.exp(odd @ np.log(counts))),
        log_variance=float((1 / counts).sum()),
    )


def estimate_base(result: PopulationEstimate) -> UnseenBase:
    """The unseen number of a fitted model as a base for departures from it.

    Parameters
    ----------
    result : PopulationEstimate
        With a standard error.

    Returns
    -------
    UnseenBase

    Raises
    ------
    UnanswerableError
        ``not-identified``: the estimate has no standard error, or no unseen unit.

    Examples
    --------
    >>> base = estimate_base(PopulationEstimate(method="chapman", n_observed=92, n_total=573.0, standard_error=202.0))
    >>> base.unseen
    481.0
    """
    unseen, error = result.n_unseen, result.standard_error
    if error is None or unseen <= 0:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "The estimate has no standard error or no unseen units to multiply."
        )
    return UnseenBase(n_observed=result.n_observed, unseen=unseen, log_variance=max(error**2 - unseen, 0.0) / unseen**2)


def odds_ratio_bounds(
    table: CaptureTable,
    *,
    gamma: float | None = None,
    alpha: tuple[float, float] | None = None,
    covers: Covers = "whole-range",
    level: float = 0.95,
) -> DependenceBounds:
    """How many units, if being in one list changes the odds of being in the other by a factor of up to ``gamma``?

    Parameters
    ----------
    table : CaptureTable
        Two lists or two halves.
    gamma : float or None
        ``alpha`` lies between ``1 / gamma`` and ``gamma``; 1 or more.
    alpha : (float, float) or None
        The range itself, instead of ``gamma``, for dependence whose sign is known.
    covers : str
        ``"whole-range"``: the interval holds the whole range of sizes with at least the level (plain union of the
        intervals); ``"true-value"``: it holds the one true size with at least the level, a little narrower (Imbens and
        Manski; the width of the range of ``log n_00`` is known, so their constant is exact on that scale).
    level : float

    Returns
    -------
    DependenceBounds

    Raises
    ------
    EstimateError (E-EST-66)
        The range is impossible, or none or both of ``gamma`` and ``alpha`` are given.
    UnanswerableError
        See ``two_list_base``.

    Notes
    -----
    ``n_00 = alpha n_10 n_01 / n_11`` with ``alpha = n_11 n_00 / (n_10 n_01)``, the odds ratio of the two lists;
    ``var(N) = n_00 + n_00^2 (1/n_10 + 1/n_01 + 1/n_11)``, at ``alpha = 1`` that of Sekar and Deming.

    Source
    ------
    Gerritse, van der Heijden and Bakker (2015), Journal of Official Statistics 31, 357, doi 10.1515/jos-2015-0022;
    interval: Imbens and Manski (2004), Econometrica 72, 1845, doi 10.1111/j.1468-0262.2004.00555.x.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1700, 1700, 300])
    >>> found = odds_ratio_bounds(table, gamma=2)
    >>> round(found.lower), round(found.independent), round(found.upper)
    (8517, 13333, 22967)
    """
    if (gamma is None) == (alpha is None):
        raise _fault("either gamma or alpha must be given, and not both", "gamma of 1 or more, or a range of alpha")
    low, high = alpha if alpha is not None else (1 / gamma if gamma else math.nan, gamma or math.nan)
    if not 0 < low <= high < math.inf:
        raise _fault("the declared range of dependence is impossible", "0 < low <= high; gamma of 1 or more")
    words = f"Being in one list multiplies the odds of being in the other by something between {low:g} and {high:g}."
    return _bounds(two_list_base(table), low, high, words, covers, level)


def top_interaction_bounds(
    data: CaptureTable | PopulationEstimate,
    *,
    lambdas: tuple[float, float],
    covers: Covers = "whole-range",
    level: float = 0.95,
) -> DependenceBounds:
    """How many units, if the interaction nobody can see lies in a declared range?

    Parameters
    ----------
    data : CaptureTable or PopulationEstimate
        A table with every cell filled: ``lambda`` is the interaction of all lists at once. Or the estimate of a fitted
        model, for sparse tables: then ``exp(lambda)`` is how many times its unseen number is multiplied.
    lambdas : (float, float)
        Range of ``lambda``; 0 is the usual rule.
    covers, level
        As in ``odds_ratio_bounds``.

    Returns
    -------
    DependenceBounds

    Raises
    ------
    EstimateError (E-EST-66)
        The range is impossible.
    UnanswerableError
        See ``many_list_base`` and ``estimate_base``.

    Notes
    -----
    ``n_0..0 = exp(lambda) prod(odd cells) / prod(even cells)``; ``var(N) = n_0 + n_0^2 sum 1/n_h``.

    Source
    ------
    Rule at 0: Fienberg (1972), Biometrika 59, 591, doi 10.1093/biomet/59.3.591; bounds: own algebra.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [40, 40, 40, 20, 20, 20, 10])
    >>> found = top_interaction_bounds(table, lambdas=(0.0, math.log(2)))
    >>> round(found.lower), round(found.upper)
    (270, 350)
    """
    low, high = lambdas
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise _fault("the declared range of the interaction is impossible", "two finite numbers in order")
    base = estimate_base(data) if isinstance(data, PopulationEstimate) else many_list_base(data)
    words = f"The unseen number is between {math.exp(low):.3g} and {math.exp(high):.3g} times what the model says."
    return _bounds(base, math.exp(low), math.exp(high), words, covers, level)


def _bounds(base: UnseenBase, low: float, high: float, words: str, covers: Covers, level: float) -> DependenceBounds:
    z = float(scipy.special.ndtri((1 + level) / 2))
    curve = tuple(base.at(float(f), z) for f in np.exp(np.linspace(math.log(low), math.log(high), _POINTS)))
    c, name = (
        (z, "union over the declared range")
        if covers == "whole-range"
        else (_constant(base, low, high, level), "Imbens-Manski")
    )
    least, most = base.at(low, c), base.at(high, c)
    return DependenceBounds(
        n_observed=base.n_observed,
        independent=base.n_observed + base.unseen,
        lower=least.n_total,
        upper=most.n_total,
        interval=Interval(least.lower, most.upper, level, name),
        curve=curve,
        assumption=words,
    )


def _constant(base: UnseenBase, low: float, high: float, level: float) -> float:
    """``c`` with ``Phi(c + width / sigma) - Phi(-c) = level``; ``sigma`` the larger of the two ends."""
    sigma = max(
        math.sqrt(math.log1p((p.standard_error / (p.factor * base.unseen)) ** 2))
        for p in (base.at(low, 1.0), base.at(high, 1.0))
    )
    wide = math.log(high / low) / sigma

    def gap(c: float) -> float:
        return float(scipy.special.ndtr(c + wide) - scipy.special.ndtr(-c)) - level

    return float(scipy.optimize.brentq(gap, 0.0, float(scipy.special.ndtri((1 + level) / 2)) + 1e-9, xtol=1e-12))


def _fault(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-66",
        where="declared dependence",
        problem=problem,
        allowed=allowed,
        remedy="Declare how much the lists may depend on each other.",
    )
