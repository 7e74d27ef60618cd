"""From the maximum of a super-population likelihood to its answer: total, sizes, arrivals, rates, interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.intervals import log_normal_interval, profile_interval
from darkfigure.estimate.open_populations.answers import (
    column_values,
    edge_cautions,
    open_cautions,
    require_converged_rates,
)
from darkfigure.estimate.open_populations.entries import (
    Chances,
    chance_never_seen,
    expected_sightings,
    sizes,
)
from darkfigure.estimate.open_populations.identification import (
    Curvature,
    NamedRate,
    curvature,
    not_told_apart,
    rate_quantities,
    rates_at_the_edge,
    slopes_of,
)
from darkfigure.estimate.open_populations.maximum import Maximum, information_at, maximise, rate_of, settle
from darkfigure.estimate.open_populations.rate_formulas import RateDesign
from darkfigure.estimate.open_populations.sightings import Sightings
from darkfigure.estimate.outcomes import Fit, UnanswerableError
from darkfigure.records.aggregate import Caution, Interval, Quantity, Reason

Array = NDArray[np.float64]

EVER_PRESENT = (
    "The total counts every unit present on at least one occasion, also those that had left before others came: it is "
    "not the size on any one day."
)
_TOTAL = "N"
_NOTHING = 1e-6
"""Shares and unseen units below this stand at zero."""
_AHEAD = 3.0
"""How many times the distance of two known points a third may lie beyond them to be expected on their line."""


class SizedLikelihood(Protocol):
    """What ``sized_fit`` reads of a model: rates by formula, then the logarithm of ``f_0`` of each group."""

    @property
    def data(self) -> Sightings:
        """Exposures of the groups."""

    @property
    def blocks(self) -> tuple[tuple[str, RateDesign, int], ...]:
        """Symbol, design and first column of each formula, ``"pent"`` last."""

    @property
    def n_columns(self) -> int:
        """Columns of the formulas."""

    def chances(self, beta: NDArray[Any], push: Mapping[str, Array] | None = None) -> Chances:
        """Rates between and on the occasions."""

    def evaluate(
        self, beta: NDArray[Any], push: Mapping[str, Array] | None = None, expected: Sightings | None = None
    ) -> tuple[Any, NDArray[Any]]:
        """Log-likelihood and gradient; of ``expected`` exposures, given their number, where these are there."""


def sized_fit(likelihood: SizedLikelihood, level: float, *, with_total: bool = True) -> Fit:
    """What does a super-population likelihood say of a table?

    Parameters
    ----------
    likelihood : SizedLikelihood
        Of the table.
    level : float
        Of the intervals.
    with_total : bool
        Whether the model is meant to give the number ever present; without it only rates and sizes are answered.

    Returns
    -------
    Fit
        With all quantities.

    Raises
    ------
    UnanswerableError
        Reasons ``not-identified`` and ``not-converged``.

    Examples
    --------
    >>> from darkfigure.estimate.open_populations.super_population import super_population
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 1]]
    >>> table = CaptureTable.from_histories(seen, [9, 8, 9, 3, 7, 6, 5], ordered=True)
    >>> fit = sized_fit(super_population(table, phi="~ 1", p="~ 1", pent="~ 1"), 0.95)
    >>> [q.name for q in fit.quantities if q.name.startswith("N")]
    ['N[1]', 'N[2]', 'N[3]']
    """
    top = maximise(likelihood.evaluate, _start(likelihood))
    rates, edges = _rates(likelihood, top)
    size, k = len(top.beta), likelihood.n_columns
    unseen = np.exp(top.beta[k:])
    none_left = [NamedRate("N", np.eye(size)[k + i]) for i, f0 in enumerate(unseen) if f0 < _NOTHING]
    found = curvature(top, [*edges, *none_left])
    told = _Told(likelihood, rates, found, top)
    if with_total and _TOTAL in told.partners:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "The number ever present cannot be told from the chances to be seen on the first or last occasion. A model "
            "with fewer rates of being seen would be needed, such as one chance for all occasions.",
            {"n_parameters": float(size), "n_parameters_identified": float(told.n_identified)},
        )
    quantities = (
        *rate_quantities(rates, top, found, level=level, partners=told.partners),
        *_derived(likelihood, top, found, told.partners, level),
    )
    require_converged_rates(quantities)
    names = [f"{symbol}:{column}" for symbol, made, _ in likelihood.blocks for column in made.names]
    names += [f"log_f0{suffix}" for suffix in _group_labels(likelihood.data)]
    deviance = -2 * top.value
    shown = [edge for edge in edges if not edge.name.startswith("pent") and edge.name not in told.partners]
    all_seen = len(none_left) == len(unseen)
    answer = Fit(
        n_unseen=None,
        aic=deviance + 2 * told.n_identified,
        diagnostics={
            "neg2_log_likelihood": deviance,
            "n_parameters": float(size),
            "n_parameters_identified": float(told.n_identified),
            "aic_all_columns": deviance + 2 * size,
        },
        parameters={
            **{q.name: q.value for q in quantities if q.name in ("Phi", "p", "gamma") and q.value is not None},
            **({} if told.n_identified < size else column_values(names, top, found)),
        },
        quantities=quantities,
        cautions=(
            *edge_cautions(shown, top),
            *open_cautions(quantities),
            *_size_cautions(quantities, all_seen=with_total and all_seen),
        ),
    )
    if not with_total:
        return answer
    if all_seen:
        unseen = np.zeros_like(unseen)
    error = math.sqrt(max(float(unseen @ found.covariance[k:, k:] @ unseen), 0.0))
    total = float(unseen.sum())
    return replace(
        answer, n_unseen=total, standard_error=error, interval=_interval(likelihood, top, total, error, level)
    )


class _Told:
    """Which quantities can be told apart, by the structure of the model and by the data at hand.

    The likelihood of a size leans by a fraction of a unit towards smaller totals, so its maximum is not flat where the
    model is redundant. The structure is therefore judged by the expected information given the number seen, at a point
    away from all edges.
    """

    def __init__(self, likelihood: SizedLikelihood, rates: Sequence[NamedRate], found: Curvature, top: Maximum) -> None:
        k, data = likelihood.n_columns, likelihood.data
        inner = _start(likelihood)
        inner[:k] += 0.4 * np.sin(1.0 + np.arange(k))
        expected = expected_sightings(likelihood.chances(inner), data.n_units)

        def given_n(beta: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
            value, slope = likelihood.evaluate(np.concatenate([beta, inner[k:]]), None, expected)
            return value, slope[:k]

        information = information_at(given_n, inner[:k])
        structure = curvature(Maximum(inner[:k], 0.0, information), ())

        def values(beta: NDArray[Any]) -> NDArray[Any]:
            whole = np.concatenate([beta, inner[k:]])
            never = chance_never_seen(likelihood.chances(whole))
            return _sizes_at(likelihood, whole, data.n_units * never / (1 - never))

        slopes = {
            rate.name: rate.row[:k] * float(np.prod(rate_of(rate.row @ np.append(inner[:k], top.beta[k:]))))
            for rate in rates
        }
        slopes |= _named_slopes(likelihood, *slopes_of(values, inner[:k]))
        at_top = _named_slopes(likelihood, *slopes_of(lambda b: _sizes_at(likelihood, b, np.exp(b[k:])), top.beta))
        self.n_identified = min(structure.n_identified + len(top.beta) - k, found.n_identified + len(found.at_edge))
        self.partners = {**not_told_apart(at_top, found), **not_told_apart(slopes, structure)}


def _start(likelihood: SizedLikelihood) -> Array:
    parts = []
    for symbol, made, _ in likelihood.blocks:
        rows = np.array([rate.row for rate in made.rates])
        parts.append(np.linalg.lstsq(rows, np.full(len(rows), 0.0 if symbol == "pent" else 0.5), rcond=None)[0])
    return np.concatenate([*parts, np.log(0.3 * likelihood.data.n_units + 1)])


def _rates(likelihood: SizedLikelihood, top: Maximum) -> tuple[list[NamedRate], tuple[NamedRate, ...]]:
    """Rates on the logit scale, and those of them (and of the entries) that stand at an edge."""
    found: list[NamedRate] = []
    tried: list[tuple[NamedRate, Callable[[float], float]]] = []
    for symbol, made, start in likelihood.blocks:
        for rate in made.rates:
            row = np.zeros(len(top.beta))
            row[start : start + len(rate.row)] = rate.row
            named = NamedRate(rate.name, row)
            if symbol != "pent":
                found.append(named)
            if rate.where is not None:
                where = rate.where.astype(float)
                tried.append((named, _pushed(likelihood, top.beta, symbol, where)))
    return found, rates_at_the_edge(tried, top)


def _pushed(likelihood: SizedLikelihood, beta: Array, symbol: str, where: Array) -> Callable[[float], float]:
    return lambda by: float(likelihood.evaluate(beta, {symbol: by * where})[0])


def _derived(
    likelihood: SizedLikelihood,
    top: Maximum,
    found: Curvature,
    partners: Mapping[str, tuple[str, ...]],
    level: float,
) -> tuple[Quantity, ...]:
    """Entries, sizes and arrivals, with standard errors by the delta method.

    A size ``N[i]`` is the expected one, ``N pi_i``; its interval is log-normal. The units present on the day scatter
    about it.
    """
    data, k = likelihood.data, likelihood.n_columns
    units = float(data.n_units.sum())
    numbers, slopes = slopes_of(lambda beta: _sizes_at(likelihood, beta, np.exp(beta[k:])), top.beta)
    made = []
    for name, number, slope in zip(_size_names(likelihood), numbers, slopes, strict=True):
        if name == _TOTAL:
            continue
        if name in partners:
            made.append(Quantity(name=name, value=None, confounded_with=_without_total(partners[name])))
            continue
        if number < _NOTHING * (1.0 if name.startswith("pent") else units):
            made.append(Quantity(name=name, value=0.0))
            continue
        error, interval = math.sqrt(max(float(slope @ found.covariance @ slope), 0.0)), None
        if name.startswith("N[") and error > 0:
            interval = log_normal_interval(0, float(number), error, level)
        made.append(Quantity(name=name, value=float(number), standard_error=error, interval=interval))
    return tuple(made)


def _without_total(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name != _TOTAL)


def _size_names(likelihood: SizedLikelihood) -> list[str]:
    t, labels = likelihood.data.n_occasions, _group_labels(likelihood.data)
    names = [f"pent[{i + 1}]" for i in range(t)] if len(labels) == 1 else [f"N{label}" for label in labels]
    return [*names, *(f"N[{i + 1}]" for i in range(t)), *(f"B[{i + 1}]" for i in range(t - 1)), _TOTAL]


def _sizes_at(likelihood: SizedLikelihood, beta: NDArray[Any], unseen: NDArray[Any]) -> NDArray[Any]:
    """Entries (of a single group) or totals of groups, sizes, arrivals and the total."""
    units = likelihood.data.n_units
    at = replace(likelihood.chances(beta), unseen=unseen)
    present, joining = sizes(at, units)
    first = at.enters[0] if len(units) == 1 else units + unseen
    return np.concatenate([first, present.sum(axis=0), joining.sum(axis=0)[1:], [(units + unseen).sum()]])


def _named_slopes(likelihood: SizedLikelihood, numbers: Array, slopes: Array) -> dict[str, Array]:
    """Slopes as shares: of one for entries, of the units seen for numbers of units."""
    units = float(likelihood.data.n_units.sum())
    return {
        name: slope / (1.0 if name.startswith("pent") else units)
        for name, slope in zip(_size_names(likelihood), slopes, strict=True)
    }


def _group_labels(data: Sightings) -> list[str]:
    if len(data.first) == 1:
        return [""]
    rows = zip(*data.columns.values(), strict=True)
    return [f"[{', '.join(f'{name}={v}' for name, v in zip(data.columns, row, strict=True))}]" for row in rows]


def _size_cautions(quantities: tuple[Quantity, ...], *, all_seen: bool) -> tuple[Caution, ...]:
    texts = []
    still = [q.name for q in quantities if q.value == 0 and q.name.startswith("B[")]
    if still:
        texts.append(f"{', '.join(still)} stands at its lower limit of 0: the counts call for no arrivals there.")
    if all_seen:
        texts.append("The most likely number of units never seen is zero; the upper end of the range still matters.")
    return tuple(Caution("C-BOUNDARY", text) for text in texts)


def _interval(likelihood: SizedLikelihood, top: Maximum, unseen: float, error: float, level: float) -> Interval:
    """Profile likelihood of the total for one group; log-normal for several."""
    n, k = int(likelihood.data.n_units.sum()), likelihood.n_columns
    if len(top.beta) > k + 1:
        return log_normal_interval(n, unseen, error, level)
    known = {math.log(max(unseen, 0.01)): (top.beta[:k], top.information[:k, :k])}

    def profile(f0: float) -> tuple[float, float]:
        last = np.array([math.log(f0)])

        def rest(beta: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
            value, slope = likelihood.evaluate(np.concatenate([beta, last]))
            return value, slope[:k]

        warm, information = _expected(known, float(last[0]))
        try:
            inner = settle(rest, warm, information)
        except UnanswerableError:
            inner = maximise(rest, _start(likelihood)[:k])
        known[float(last[0])] = inner.beta, inner.information
        slope = likelihood.evaluate(np.concatenate([inner.beta, last]))[1][k]
        return inner.value, float(slope) / f0

    relative = error / unseen if unseen > 0 else 1.0
    return profile_interval(profile, n_observed=n, start=max(unseen, 0.01), relative_error=relative, level=level)[0]


def _expected(known: Mapping[float, tuple[Array, Array]], log_unseen: float) -> tuple[Array, Array]:
    """Where the rates should be highest for another number unseen: on the line through the two nearest known numbers.

    With ten times the unseen the chances of being seen are a tenth; a search that starts from the old chances ends far
    off where the likelihood is flat.
    """
    near = sorted(known, key=lambda x: abs(x - log_unseen))[:2]
    beta, information = known[near[0]]
    apart = near[0] - near[-1]
    if abs(log_unseen - near[0]) <= _AHEAD * abs(apart):
        ahead = (log_unseen - near[0]) / apart if apart else 0.0
        beta = beta + ahead * (beta - known[near[-1]][0])
    return beta, information
