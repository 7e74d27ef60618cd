"""How many sources are active at a time behind identifiers that change hands? Lagged identification."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.lagged.curve_choice import time_resolution
from darkfigure.estimate.lagged.curve_search import (
    FEWEST_SIGHTINGS,
    FoundCurves,
    SearchOptions,
    curves_without_shared,
    fitted_curves,
)
from darkfigure.estimate.lagged.heterogeneity import readings
from darkfigure.estimate.lagged.unchanging import unchanging_quantiles
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import (
    Caution,
    Interval,
    LaggedEstimate,
    LagPoint,
    LeaseDecay,
    NotEstimable,
    Reason,
)

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
METHOD = "lagged-identification"
ESTIMAND = (
    "Sources active at a time, on average over the period and weighted by how active they are; "
    "with unequal activity this is below the number of sources."
)
ASSUMPTIONS = (
    "Within the period every source keeps an identifier for a while and then gets another, at no fixed moment.",
    "How often a source is seen does not depend on how long it keeps an identifier, nor on sharing one.",
    "Unrelated sightings share an identifier with the same probability at all lags.",
)
STATIC_ASSUMPTIONS = (
    "Identifiers do not change within the period.",
    "No identifier is shared by several sources.",
)
FEWEST_MATCHES = 12.0
LARGEST_LOG_ERROR = 0.25
LARGEST_CHANCE_ERROR = 0.04
LATE, MANY_KEPT = 0.6, 0.35
"""If more than such a share of leases outlasts such a share of the period, identifiers are taken to stay: how many
matches are chance cannot be told from how many leases are long."""
LEAST_FALL = 12.0
MOSTLY_CHANCE = 0.5
_STAGE = "lag curves"


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return


def active_sources(
    entity: NDArray[np.int64],
    days: Array,
    *,
    level: float = 0.95,
    interval: Literal["sandwich", "bootstrap"] = "sandwich",
    replicates: int = 200,
    seed: int = 1,
    session_cut_days: float | None = None,
    progress: Progress = _quiet,
) -> LaggedEstimate | NotEstimable:
    """How many sources are active at a time, judging by how soon an identifier comes back and how soon it stops to?

    Two sightings taken at random are of one source with probability ``1 / n``. Right after a sighting its source still
    holds the identifier; a lease later it does not. So the share of pairs with one identifier starts near ``1 / n`` at
    short lags and falls to the chance of unrelated sightings. How hard anybody looked cancels: all pairs of a lag are
    counted as well.

    It misleads when a source gets a new identifier for nearly every sighting, when sources that share identifiers are
    more or less active than the others, and when activity is very unequal (then the number is a lower bound). For
    identifiers that never change a closed-population model is better.

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
        Identifier codes; their values and order do not matter.
    days : ndarray, shape (sightings,)
        Time of each sighting in days, from any origin.
    level : float
        Of the interval.
    interval : str
        How the dependence of pairs enters the interval: ``"sandwich"`` from the influence of each identifier, or
        ``"bootstrap"`` over identifiers.
    replicates : int
        Of the bootstrap.
    seed : int
        Of the bootstrap and of the points of the average.
    session_cut_days : float, optional
        Sightings of one identifier within such a gap count once; chosen from the data when not given.
    progress : callable
        ``progress(stage, done, total)``.

    Returns
    -------
    LaggedEstimate | NotEstimable
        Refused when the lags do not show how long identifiers stay, when sessions cannot be told from leases, when too
        few identifiers come back, or when lease shapes that fit about equally well disagree too much.

    Raises
    ------
    EstimateError (E-EST-02)
        The level is not between 0 and 1.
    EstimateError (E-EST-96)
        Identifiers and times differ in number, a time is not finite, or the bootstrap has fewer than 20 replicates.

    Notes
    -----
    ``P(same | tau) = S(tau) / n + b`` with ``same_b ~ Poisson(pairs_b P)`` by lag bin. ``n`` is the median, and the
    interval the quantiles, of an average over ``S`` exponential, fixed, uniform, gamma, log-normal, fixed with exits,
    and mixtures of two, with priors uniform in the logarithms of times, and the likelihood raised to the inverse of
    the dispersion of pairs. With activities ``a_i``, ``n = (sum a)^2 / sum a^2 = K / (1 + CV^2)``. With exits, ``S``
    includes them and ``n`` counts the sources active at one time. Identifiers that outlive every lease are shared:
    they are left out, and ``n = n_rest / (1 - share of sightings left out)``.

    Source
    ------
    After Whitehead (2001), Ecology 82, 1417, doi 10.1890/0012-9658(2001)082[1417:AOAMUO]2.0.CO;2. The average over
    shapes, the treatment of shared identifiers, the session cut and the refusals are this library's own.

    Examples
    --------
    >>> from darkfigure.estimate.lagged.worlds import LeaseWorld
    >>> world = LeaseWorld(n_sources=1000, sightings_a_year=12, lease_days=7.0).draw(seed=1)
    >>> answer = active_sources(world.entity, world.days)
    >>> answer.interval.lower < world.mean_active < answer.interval.upper
    True
    """
    entity, days = np.asarray(entity), np.asarray(days, dtype=float)
    _check(entity, days, level, replicates)
    try:
        _require_lags(days)
        options = SearchOptions(
            level=level, interval=interval, replicates=replicates, seed=seed, cut_days=session_cut_days,
            resolution_days=time_resolution(days),
        )  # fmt: skip
        return _answered(entity, days, options, progress)
    except UnanswerableError as refusal:
        return NotEstimable(
            method=METHOD,
            reason=refusal.reason,
            explanation=refusal.explanation,
            n_observed=int(np.unique(entity).size),
            diagnostics=refusal.diagnostics,
        )


def _check(entity: NDArray[np.int64], days: Array, level: float, replicates: int) -> None:
    if not 0 < level < 1:
        raise EstimateError(
            "E-EST-02", where="level", problem="the level of an interval is impossible",
            allowed="a number above 0 and below 1, such as 0.95", remedy="Give the level as a proportion.",
        )  # fmt: skip
    if entity.ndim != 1 or entity.shape != days.shape or not np.isfinite(days).all() or replicates < 20:
        raise EstimateError(
            "E-EST-96", where="sightings",
            problem="identifiers and times differ in number, a time is not finite, or replicates are too few",
            allowed="one identifier and one finite time a sighting, and at least 20 replicates",
            remedy="Give two columns of one length.",
        )  # fmt: skip


def _require_lags(days: Array) -> None:
    if days.size < FEWEST_SIGHTINGS or float(np.ptp(days)) <= 0:
        raise UnanswerableError(
            Reason.NO_DATA,
            f"Fewer than {FEWEST_SIGHTINGS} sightings, or all at one time: there are no lags to learn from.",
            {"sightings": days.size},
        )


def _answered(entity: NDArray[np.int64], days: Array, options: SearchOptions, progress: Progress) -> LaggedEstimate:
    progress(_STAGE, 0, 2)
    try:
        whole = fitted_curves(entity, days, options)
    except LookupError:
        raise UnanswerableError(
            Reason.NO_OVERLAP,
            "No identifier was seen again after its first session, so nothing shows how many sources there are. Longer "
            "observation, or lags shorter than the time an identifier is kept, would be needed.",
        ) from None
    progress(_STAGE, 1, 2)
    rest = curves_without_shared(entity, days, options)
    progress(_STAGE, 2, 2)
    found = rest if rest is not None and (rest.chosen.accepted or not whole.chosen.accepted) else whole
    fall = found.chosen.gain_over_flat() / found.dispersion.curve
    if fall < LEAST_FALL or found.kept(LATE * found.chosen.counts.span_days) > MANY_KEPT:
        quantiles, error, further = unchanging_quantiles(whole, entity, days, level=options.level, seed=options.seed)
        return _estimate(whole, quantiles, error, further, entity, days, options, static=True)
    if not found.chosen.accepted:
        raise UnanswerableError(
            Reason.CHECK_FAILED,
            "No lag cut separates sessions from kept identifiers: the observed lag curve follows no lease curve.",
            {"misfit_probability": found.chosen.misfit_probability, "cut_days": found.chosen.cut_days},
        )
    quantiles, error = found.log_quantiles(options.level)
    _require_enough(found, quantiles[1], error)
    further = {"n_active_with_shared": math.exp(whole.average.quantiles([0.5])[0])}
    return _estimate(found, quantiles, error, further, entity, days, options, static=False)


def _require_enough(found: FoundCurves, middle: float, error: float) -> None:
    counts = found.chosen.weighed
    floor = found.average.quantiles([0.5], of=found.average.floor)[0]
    decaying = float(counts.same.sum() - floor * counts.pairs.sum()) / found.dispersion.curve
    if decaying < FEWEST_MATCHES:
        raise UnanswerableError(
            Reason.TOO_WIDE,
            "Too few identifiers came back within the time they are kept: "
            f"about {decaying:.0f} independent pairs speak for the number, {FEWEST_MATCHES:.0f} are needed.",
            {"decaying_matches": decaying},
        )
    if found.average.chance_error > LARGEST_CHANCE_ERROR:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "Some identifiers are kept for so long that they cannot be told from identifiers shared by many sources, "
            "and the number depends on which they are. A longer period would be needed.",
            {"chance_error": found.average.chance_error, "n_active": math.exp(middle)},
        )
    if not error <= LARGEST_LOG_ERROR:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "Lease shapes that fit about equally well give numbers that differ too much: the lags do not show how "
            "identifiers are given up. More sightings close together in time would be needed.",
            {"log_standard_error": error, "n_active": math.exp(middle)},
        )


def _estimate(
    found: FoundCurves,
    quantiles: tuple[float, float, float],
    error: float,
    further: dict[str, float],
    entity: NDArray[np.int64],
    days: Array,
    options: SearchOptions,
    *,
    static: bool,
) -> LaggedEstimate:
    chosen, average, counts = found.chosen, found.average, found.chosen.counts
    low, middle, high = (math.exp(q) for q in quantiles)
    floor = 0.0 if static else average.quantiles([0.5], of=average.floor)[0]
    return LaggedEstimate(
        n_active=middle,
        interval=Interval(low, high, options.level, f"average over lease shapes, {options.interval}"),
        decay=LeaseDecay("none", None) if static else _decay(found, options.level),
        floor=floor,
        session_cut_days=chosen.cut_days,
        n_sightings=counts.n_sightings,
        n_entities=counts.n_entities,
        n_matches=round(float(counts.same.sum())),
        curve=_flat_curve(found) if static else _curve(found, average.means),
        readings=readings(found, entity, days, n_active=middle, static=static),
        estimand=ESTIMAND,
        diagnostics={
            "log_standard_error": error,
            "dispersion": found.dispersion.curve,
            "misfit_probability": chosen.misfit_probability,
            "shared_share": found.shared_share,
            **further,
            **({} if static else {f"weight_{name}": w for name, w in average.shape_weights.items()}),
        },
        assumptions=STATIC_ASSUMPTIONS if static else ASSUMPTIONS,
        cautions=tuple(_cautions(found, floor, static=static)),
    )


def _decay(found: FoundCurves, level: float) -> LeaseDecay:
    average, tail = found.average, (1 - level) / 2
    low, middle, high = average.quantiles([tail, 0.5, 1 - tail], of=average.mean_days)
    shape = max(average.shape_weights, key=lambda name: average.shape_weights[name])
    return LeaseDecay(shape, middle, Interval(low, high, level, "average over lease shapes"))


def _curve(found: FoundCurves, means: Array) -> tuple[LagPoint, ...]:
    counts = found.chosen.counts
    rows = zip(counts.middles, counts.pairs, counts.same, means, strict=True)
    return tuple(LagPoint(float(a), float(b), float(c), float(d)) for a, b, c, d in rows if b > 0)


def _flat_curve(found: FoundCurves) -> tuple[LagPoint, ...]:
    counts = found.chosen.counts
    return _curve(found, counts.pairs / counts.pairs.sum() * counts.same.sum())


def _cautions(found: FoundCurves, floor: float, *, static: bool) -> list[Caution]:
    counts, made = found.chosen.counts, []
    if static:
        text = "Identifiers do not change within the period; the number holds only if none of them is shared."
        made.append(Caution("C-NO-CHURN", text))
    elif found.average.quantiles([0.5], of=found.average.mean_days)[0] > counts.span_days:
        text = "Identifiers are kept longer than the period lasts; how many matches are chance is hard to say."
        made.append(Caution("C-LONG-LEASE", text))
    if found.shared_share > 0:
        text = (
            f"{found.shared_share:.0%} of the sightings show identifiers shared by many; the sources behind them are "
            "counted as if they were as active as the others."
        )
        made.append(Caution("C-SHARED-IDENTIFIERS", text))
    elif floor * counts.pairs.sum() > MOSTLY_CHANCE * counts.same.sum():
        text = (
            "Most matches are of unrelated sightings. Sources that take a new shared identifier at each sighting would "
            "not be counted."
        )
        made.append(Caution("C-MOSTLY-CHANCE", text))
    if found.chosen.resolution_days > 0:
        text = "Times lie on a grid; shorter lags are not used, and leases as short as it are hard to see."
        made.append(Caution("C-COARSE-TIMES", text))
    return made
