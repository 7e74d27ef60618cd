"""What the year ends say about their own assumptions, beyond the checks that every window gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from darkfigure.estimate import estimate
from darkfigure.estimate.lagged import active_sources
from darkfigure.histories import Window, WindowRules, capture_tables, distinct_in_windows
from darkfigure.linkage.sightings import day_number
from darkfigure.prevalence.closure import WindowVerdict
from darkfigure.prevalence.columns import recaptures_in
from darkfigure.prevalence.day_pairs import DayPairs, day_pairs
from darkfigure.prevalence.options import PrevalenceOptions, Progress
from darkfigure.records.aggregate import EstimateResult, LaggedEstimate, NotEstimable, Reason
from darkfigure.records.restricted import Sightings

LAG_EDGES = (1, 8, 15, 31, 61, 91, 121, 182, 243, 365)
"""First days of the bands of lags that are shown."""

SourcesResult = LaggedEstimate | NotEstimable


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthEstimate:
    """The headline method on a window of another length that ends on the same day."""

    days: int
    observed: int
    recaptures: int
    result: EstimateResult


@dataclass(frozen=True, slots=True, kw_only=True)
class LagBin:
    """Pairs of sightings a lag apart: how many of a million are of one address, observed and fitted.

    Parameters
    ----------
    first, last : int
        Days, both included.
    middle : float
        Mean lag of its pairs.
    observed, fitted : float
        Of a million pairs.
    addresses : int
        Distinct addresses seen again at these lags; for protection only.
    """

    first: int
    last: int
    middle: float
    observed: float
    fitted: float | None
    addresses: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class YearTrust:
    """Evidence on one year-end window.

    Parameters
    ----------
    window : Window
    verdict : WindowVerdict
    lengths : tuple of LengthEstimate
    sources : LaggedEstimate, NotEstimable or None
        ``None`` where the study does not ask.
    curve : tuple of LagBin
    again : int
        Addresses seen on two days or more.
    """

    window: Window
    verdict: WindowVerdict
    lengths: tuple[LengthEstimate, ...]
    sources: SourcesResult | None
    curve: tuple[LagBin, ...]
    again: int


def gather_trust(
    sightings: Sightings,
    windows: Sequence[Window],
    verdicts: Mapping[Window, WindowVerdict],
    *,
    options: PrevalenceOptions,
    progress: Progress,
) -> tuple[YearTrust, ...]:
    """How far may the estimate of each year end be trusted, by evidence that does not come from its own model?"""
    by_length = {days: _at_length(sightings, windows, days, options) for days in options.trust.window_lengths}
    made = []
    for done, window in enumerate(windows, start=1):
        pairs = day_pairs(sightings, window)
        again = int(np.unique(pairs.owner).size)
        sources = sources_in(sightings, window, again, options) if options.trust.sources else None
        made.append(
            YearTrust(
                window=window,
                verdict=verdicts[window],
                lengths=tuple(found[window] for found in by_length.values() if window in found),
                sources=sources,
                curve=lag_bins(pairs, sources),
                again=again,
            )
        )
        progress("Year ends examined", done, len(windows))
    return tuple(made)


def _at_length(
    sightings: Sightings, windows: Sequence[Window], days: int, options: PrevalenceOptions
) -> dict[Window, LengthEstimate]:
    """Headline method on windows of another length; none that begins before the study does."""
    rules: WindowRules = replace(options.windows, window_days=days, year_ends=False, first_end=None)
    first = day_number(rules.period_start)
    others = {w: Window(w.end, days) for w in windows if w.end_day - days + 1 >= first}
    tables = capture_tables(sightings, list(others.values()), rules=rules) if others else ()
    seen = distinct_in_windows(sightings, list(others.values())) if others else ()
    return {
        window: LengthEstimate(
            days=days,
            observed=int(n),
            recaptures=recaptures_in(entry.table),
            result=estimate(options.headline, entry.table, level=options.level),
        )
        for window, entry, n in zip(others, tables, seen, strict=True)
    }


def sources_in(sightings: Sightings, window: Window, again: int, options: PrevalenceOptions) -> SourcesResult:
    """How many sources were active at a time in a window, by lagged identification?"""
    if again < options.trust.sources_need:
        return NotEstimable(
            method="lagged-identification",
            reason=Reason.NO_DATA,
            explanation="Fewer addresses were seen again in this window than the study asks for before it reads "
            "sources off them.",
            n_observed=0,
        )
    inside = (sightings.day >= window.start_day) & (sightings.day <= window.end_day)
    return active_sources(
        sightings.entity[inside].astype(np.int64),
        (sightings.day[inside] - window.start_day).astype(float),
        level=options.level,
        replicates=options.trust.replicates,
        seed=options.trust.seed,
    )


def lag_bins(pairs: DayPairs, sources: SourcesResult | None) -> tuple[LagBin, ...]:
    """How often are two sightings of one address, by the days between them; observed, and fitted where there is a fit?

    Parameters
    ----------
    pairs : DayPairs
    sources : LaggedEstimate, NotEstimable or None

    Returns
    -------
    tuple of LagBin
        Without bands that hold no pair of sightings.

    Notes
    -----
    With a fit, both curves are those of lagged identification, in which pairs are weighed for reporting effort: its
    finer bins are pooled. Without one, plain pairs of address-days.
    """
    edges = np.array(LAG_EDGES)
    lag = pairs.later - pairs.earlier
    behind = [int(np.unique(pairs.owner[(lag >= a) & (lag < b)]).size) for a, b in pairwise(LAG_EDGES)]
    if isinstance(sources, LaggedEstimate):
        points = np.array([(p.lag_days, p.pairs, p.same, p.fitted) for p in sources.curve]).T
    else:
        days = np.arange(pairs.seen.size)
        chances = np.array([float(pairs.seen[: days.size - d] @ pairs.seen[d:]) for d in days])
        points = np.array([days, chances, np.bincount(lag, minlength=days.size), np.full(days.size, np.nan)])
        points = points[:, 1:]
    place = np.digitize(np.round(points[0]), edges) - 1
    made = []
    for number, addresses in enumerate(behind):
        chosen = place == number
        total = float(points[1][chosen].sum())
        if total <= 0:
            continue
        fitted = float(points[3][chosen].sum()) / total * 1e6
        made.append(
            LagBin(
                first=int(edges[number]),
                last=int(edges[number + 1]) - 1,
                middle=float(points[0][chosen] @ points[1][chosen]) / total,
                observed=float(points[2][chosen].sum()) / total * 1e6,
                fitted=None if np.isnan(fitted) else fitted,
                addresses=addresses,
            )
        )
    return tuple(made)
