"""How far do coders agree beyond chance? Cohen's kappa, Krippendorff's alpha and Gwet's AC1 for unordered categories.

Kappa and alpha fall towards zero when one category is nearly always right, however often coders agree; AC1 does not.
Print them together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import Interval

REPLICATES = 2000
"""Bootstrap samples behind an interval."""

_MISSING = -1
_DEFINED_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A coefficient of agreement.

    Parameters
    ----------
    coefficient : str
        ``"cohen-kappa"``, ``"krippendorff-alpha"`` or ``"gwet-ac1"``.
    value : float or None
        1 is full agreement, 0 agreement as by chance; ``None`` when nothing could differ (fewer than two pairable
        units, or one category throughout, for kappa and alpha).
    interval : Interval or None
        By resampling units (or clusters); ``None`` where the value is undefined in too many samples.
    observed, expected : float or None
        Share of agreeing pairs, and the share expected by chance under the coefficient's own idea of chance.
    n_units : int
        Units coded by at least two coders.
    """

    coefficient: str
    value: float | None
    interval: Interval | None
    observed: float | None
    expected: float | None
    n_units: int


def cohen_kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
    replicates: int = REPLICATES,
) -> Agreement:
    """How far do two coders agree beyond what their own habits would give by chance?

    Parameters
    ----------
    first, second : sequence of hashable, length (units,)
        The coders' categories; ``None`` where a coder gave none (the unit is left out).
    rng : numpy.random.Generator
        For the interval.
    clusters : sequence of hashable, optional
        Cluster of each unit, such as its case; whole clusters are resampled.
    level : float
        Of the interval.
    replicates : int
        Bootstrap samples.

    Returns
    -------
    Agreement

    Raises
    ------
    EstimateError (E-EST-90)
        The sequences differ in length, or ``level`` or ``replicates`` is impossible.

    Notes
    -----
    kappa = (p_o - p_e) / (1 - p_e) with p_e = sum over k of p_1k p_2k, the coders' own marginal shares.

    Source: Cohen (1960), Educ. Psychol. Meas. 20, 37-46, doi:10.1177/001316446002000104.

    Examples
    --------
    >>> yes_no = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    >>> a, b = zip(*yes_no)
    >>> round(cohen_kappa(a, b, rng=np.random.default_rng(1)).value, 3)
    0.4
    """
    ratings, n_categories, cluster = _ratings((first, second), None, clusters, level, replicates)
    ratings, cluster = _pairable(ratings, cluster)
    one_hot = np.eye(n_categories)
    agreed = (ratings[:, 0] == ratings[:, 1]).astype(float)
    parts = np.column_stack((np.ones(len(ratings)), agreed, one_hot[ratings[:, 0]], one_hot[ratings[:, 1]]))
    q = n_categories

    def formula(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n = sums[:, 0]
        expected = (sums[:, 2 : 2 + q] * sums[:, 2 + q :]).sum(axis=1) / n**2
        return sums[:, 1] / n, expected

    return _coefficient("cohen-kappa", parts, cluster, formula, _Resampling(rng, level, replicates))


def krippendorff_alpha(
    *coders: Sequence[Hashable],
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
    replicates: int = REPLICATES,
) -> Agreement:
    """How far do any number of coders agree beyond chance, some codes missing?

    Parameters
    ----------
    *coders : sequence of hashable, length (units,)
        One sequence a coder; ``None`` where a coder gave no category.
    rng, clusters, level, replicates
        As in :func:`cohen_kappa`.

    Returns
    -------
    Agreement

    Raises
    ------
    EstimateError (E-EST-90)
        As in :func:`cohen_kappa`, or fewer than two coders.

    Notes
    -----
    alpha = 1 - D_o / D_e for nominal data: with coincidences o_ck = sum over u of n_uc (n_uk - [c = k]) / (n_u - 1),
    D_o = 1 - sum o_cc / n and D_e = 1 - sum n_c (n_c - 1) / (n (n - 1)).

    Source: Krippendorff (2004), Content Analysis, 2nd ed., ch. 11; Hayes and Krippendorff (2007), Commun. Methods
    Meas. 1, 77-89, doi:10.1080/19312450709336664.

    Examples
    --------
    >>> a, b = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 1, 0, 0, 1, 0]
    >>> round(krippendorff_alpha(a, b, rng=np.random.default_rng(1)).value, 3)
    0.095
    """
    ratings, n_categories, cluster = _ratings(coders, None, clusters, level, replicates)
    ratings, cluster = _pairable(ratings, cluster)
    counts = _counts(ratings, n_categories)
    per_unit = counts.sum(axis=1)
    diagonal = (counts * (counts - 1)).sum(axis=1) / np.maximum(per_unit - 1, 1)
    parts = np.column_stack((per_unit, diagonal, counts))

    def formula(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n, totals = sums[:, 0], sums[:, 2:]
        return sums[:, 1] / n, (totals * (totals - 1)).sum(axis=1) / (n * (n - 1))

    return _coefficient("krippendorff-alpha", parts, cluster, formula, _Resampling(rng, level, replicates))


def gwet_ac1(
    *coders: Sequence[Hashable],
    rng: np.random.Generator,
    categories: Sequence[Hashable] | None = None,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
    replicates: int = REPLICATES,
) -> Agreement:
    """How far do coders agree beyond chance, also when one category dominates?

    Parameters
    ----------
    *coders : sequence of hashable, length (units,)
        One sequence a coder; ``None`` where a coder gave no category.
    categories : sequence of hashable, optional
        All categories of the codebook, used or not; those seen when left out.
    rng, clusters, level, replicates
        As in :func:`cohen_kappa`.

    Returns
    -------
    Agreement

    Raises
    ------
    EstimateError (E-EST-90)
        As in :func:`krippendorff_alpha`, or a code is not among ``categories``.

    Notes
    -----
    AC1 = (p_a - p_e) / (1 - p_e) with p_e = sum over k of pi_k (1 - pi_k) / (q - 1), pi_k the mean share of category
    k over units and q the number of categories.

    Source: Gwet (2008), Br. J. Math. Stat. Psychol. 61, 29-48, doi:10.1348/000711006X126600.

    Examples
    --------
    >>> pairs = [("+", "+")] * 118 + [("+", "-")] * 5 + [("-", "+")] * 2
    >>> a, b = zip(*pairs)
    >>> round(gwet_ac1(a, b, rng=np.random.default_rng(1)).value, 4)
    0.9408
    """
    ratings, n_categories, cluster = _ratings(coders, categories, clusters, level, replicates)
    rated = (ratings != _MISSING).any(axis=1)
    ratings, cluster = ratings[rated], cluster[rated]
    counts = _counts(ratings, n_categories)
    per_unit = counts.sum(axis=1)
    paired = per_unit > 1
    agreed = np.where(paired, (counts * (counts - 1)).sum(axis=1) / np.maximum(per_unit * (per_unit - 1), 1), 0.0)
    parts = np.column_stack((paired, agreed, np.ones(len(ratings)), counts / per_unit[:, None]))

    def formula(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        share = sums[:, 3:] / sums[:, 2:3]
        return sums[:, 1] / sums[:, 0], (share * (1 - share)).sum(axis=1) / max(n_categories - 1, 1)

    return _coefficient("gwet-ac1", parts, cluster, formula, _Resampling(rng, level, replicates))


@dataclass(frozen=True, slots=True)
class _Resampling:
    rng: np.random.Generator
    level: float
    replicates: int


def _refuse(where: str, problem: str, allowed: str) -> EstimateError:
    return EstimateError("E-EST-90", where=where, problem=problem, allowed=allowed, remedy="Correct the call.")


def _ratings(
    coders: Sequence[Sequence[Hashable]],
    categories: Sequence[Hashable] | None,
    clusters: Sequence[Hashable] | None,
    level: float,
    replicates: int,
) -> tuple[NDArray[np.int64], int, NDArray[np.int64]]:
    """Codes as numbers (units by coders), the number of categories, and the cluster number of each unit."""
    if len(coders) < 2:
        raise _refuse("coders", "agreement needs two coders", "two coders or more")
    units = len(coders[0])
    if any(len(c) != units for c in coders) or (clusters is not None and len(clusters) != units):
        raise _refuse("coders", "coders or clusters differ in length", "one entry a unit in every sequence")
    if not 0 < level < 1 or replicates < 1:
        raise _refuse("level or replicates", "the interval cannot be made", "0 < level < 1 and replicates >= 1")
    seen = list(dict.fromkeys(code for coder in coders for code in coder if code is not None))
    known = list(dict.fromkeys(categories)) if categories is not None else seen
    if not set(seen) <= set(known):
        raise _refuse("categories", "a code is not among the categories", "codes of the codebook")
    number = {code: i for i, code in enumerate(known)}
    ratings = np.array(
        [[_MISSING if code is None else number[code] for code in coder] for coder in coders], dtype=np.int64
    ).T.reshape(units, len(coders))
    order = {c: i for i, c in enumerate(dict.fromkeys(clusters if clusters is not None else range(units)))}
    cluster = np.array([order[c] for c in (clusters if clusters is not None else range(units))], dtype=np.int64)
    return ratings, max(len(known), 1), cluster


def _pairable(ratings: NDArray[np.int64], cluster: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keep = (ratings != _MISSING).sum(axis=1) > 1
    return ratings[keep], cluster[keep]


def _counts(ratings: NDArray[np.int64], n_categories: int) -> NDArray[np.float64]:
    return np.stack([(ratings == k).sum(axis=1) for k in range(n_categories)], axis=1).astype(float)


_Formula = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Observed and expected agreement from sums of the units' parts, one row a sample."""


def _coefficient(
    name: str, parts: NDArray[np.float64], cluster: NDArray[np.int64], formula: _Formula, how: _Resampling
) -> Agreement:
    """The coefficient from the summed parts; its interval from sums over resampled clusters."""
    paired = int((parts[:, 0] > 0).sum())
    if paired < 2:
        return Agreement(coefficient=name, value=None, interval=None, observed=None, expected=None, n_units=paired)
    observed, expected = (float(x[0]) for x in formula(parts.sum(axis=0)[None]))
    value = None if math.isclose(expected, 1.0, abs_tol=1e-12) else (observed - expected) / (1 - expected)
    interval = None
    if value is not None:
        _, inverse = np.unique(cluster, return_inverse=True)
        sums = np.zeros((int(inverse.max()) + 1, parts.shape[1]))
        np.add.at(sums, inverse, parts)
        interval = _full_agreement(len(sums), expected, how) if observed == 1 else _resampled(sums, formula, how)
    return Agreement(
        coefficient=name, value=value, interval=interval, observed=observed, expected=expected, n_units=paired
    )


def _full_agreement(n: int, expected: float, how: _Resampling) -> Interval:
    """Without one disagreement no resample holds any: the exact lower limit of the observed agreement serves."""
    least = ((1 - how.level) / 2) ** (1 / n)
    return Interval(min((least - expected) / (1 - expected), 1.0), 1.0, how.level, "exact-observed-agreement")


def _resampled(sums: NDArray[np.float64], formula: _Formula, how: _Resampling) -> Interval | None:
    n = len(sums)
    if n < 2:
        return None
    weights = how.rng.multinomial(n, np.full(n, 1 / n), size=how.replicates).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed, expected = formula(weights @ sums)
        values = (observed - expected) / (1 - expected)
    values = values[np.isfinite(values)]
    if values.size < _DEFINED_SHARE * how.replicates:
        return None
    lower, upper = np.quantile(values, [(1 - how.level) / 2, (1 + how.level) / 2])
    return Interval(float(lower), float(upper), how.level, "percentile-bootstrap")
