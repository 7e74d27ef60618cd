"""Automatic checks of every estimate: what looks wrong becomes a coded caution beside the number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import estimate
from darkfigure.histories import LagBand, LagRecapture, Window, WindowRules, capture_tables, recapture_by_lag
from darkfigure.prevalence.columns import recaptures_in
from darkfigure.prevalence.options import PrevalenceOptions
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.records.aggregate import (
    CaptureTable,
    EstimateResult,
    NotEstimable,
    PopulationEstimate,
    Reason,
)
from darkfigure.records.restricted import Sightings

LAG_BANDS = (LagBand(1, 1), LagBand(2, 8), LagBand(9, 26), LagBand(27, 51))
"""Weeks between two sightings: the next week, within two months, within half a year, later."""

NEXT, NEAR, FAR = 0, 1, 3
OVERLAP_CHECK = "Shares days with the window before"
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one window.

    Parameters
    ----------
    name : str
        What is checked, in a reader's words.
    value : float or None
        The measured number, or ``None`` where it could not be measured.
    limit : float or None
        Beyond it the check becomes a caution; ``None`` for numbers that are shown only.
    code : str
        Caution code where the check fired, else empty.
    """

    name: str
    value: float | None
    limit: float | None
    code: str = ""

    @property
    def verdict(self) -> str:
        """In one word or three: caution, passed, shown only, could not be checked."""
        if self.value is None:
            return "could not be checked"
        if self.code:
            return "caution"
        return "shown only" if self.limit is None else "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEstimate:
    """Distinct addresses one service saw, those seen again, and the headline method on its reports alone."""

    observed: int
    recaptures: int
    result: EstimateResult


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class YearEndEvidence:
    """What the deeper checks of one year-end window rest on.

    Parameters
    ----------
    lags : tuple of LagRecapture
        One for each of ``LAG_BANDS``.
    without_largest : EstimateResult
        Headline method on the reports of all other services.
    by_service : mapping of str to ServiceEstimate
        What each service alone gives.
    """

    lags: tuple[LagRecapture, ...]
    without_largest: EstimateResult
    by_service: Mapping[str, ServiceEstimate]


def gather_evidence(
    sightings: Sightings, windows: Sequence[Window], *, options: PrevalenceOptions
) -> dict[Window, YearEndEvidence]:
    """What do lags and single services say about each year-end window?"""
    services = range(len(sightings.services))
    headline = options.headline
    alone: dict[Window, dict[str, ServiceEstimate]] = {w: {} for w in windows}
    for code in services:
        only = capture_tables(sightings.where(sightings.service == code), windows, rules=options.windows)
        for entry in only:
            result = estimate(headline, entry.table, level=options.level)
            alone[entry.window][sightings.services[code]] = ServiceEstimate(
                observed=entry.table.n_observed, recaptures=recaptures_in(entry.table), result=result
            )
    found = {}
    for window in windows:
        rest = capture_tables(
            sightings.where(sightings.service != _largest(sightings, window)), [window], rules=options.windows
        )
        found[window] = YearEndEvidence(
            lags=recapture_by_lag(sightings, window, bands=LAG_BANDS, occasion_days=options.windows.occasion_days),
            without_largest=estimate(headline, rest[0].table, level=options.level),
            by_service=alone[window],
        )
    return found


def _largest(sightings: Sightings, window: Window) -> int:
    inside = (sightings.day >= window.start_day) & (sightings.day <= window.end_day)
    return int(np.bincount(sightings.service[inside], minlength=1).argmax())


def half_totals(
    sightings: Sightings, windows: Sequence[Window], *, rules: WindowRules
) -> dict[Window, tuple[PooledTotal, PooledTotal]]:
    """How many addresses do the recaptures within each half of a window imply?

    In a closed population both halves imply the same total; a larger second one shows that addresses came into use
    within the window, a smaller one that they went out of use.
    """
    days = rules.n_whole // 2 * rules.occasion_days
    half_rules = replace(
        rules, window_days=days, partial_week="drop", year_ends=False, first_end=None,
    )  # fmt: skip
    late = [Window(w.end, days) for w in windows]
    early = [Window(w.end - timedelta(days=days), days) for w in windows]
    totals = [pooled_total(t.table) for t in capture_tables(sightings, [*early, *late], rules=half_rules)]
    return {w: (totals[i], totals[i + len(windows)]) for i, w in enumerate(windows)}


@dataclass(frozen=True, slots=True)
class PooledTotal:
    """Pairs of occasions pooled: ``pairs = sum n_i n_j``, ``again = sum m_ij`` over ``i < j``."""

    pairs: int
    again: int

    @property
    def total(self) -> float:
        """Population that the recaptures imply; infinite without one."""
        return self.pairs / self.again if self.again else math.inf


def pooled_total(table: CaptureTable) -> PooledTotal:
    """Which total do all pairs of occasions imply together?

    Notes
    -----
    Lincoln-Petersen pooled over pairs: ``sum_{i<j} n_i n_j / sum_j f_j j (j - 1) / 2``.

    Examples
    --------
    >>> pooled_total(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 40, 10])).total
    200.0
    """
    n = table.occasion_totals or ()
    pairs = (sum(n) ** 2 - sum(x * x for x in n)) // 2
    again = sum(f * j * (j - 1) // 2 for j, f in enumerate(table.frequencies, start=1))
    return PooledTotal(pairs, again)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowEvidence:
    """What the checks of every window rest on, apart from its estimates.

    Parameters
    ----------
    received : ndarray of int64
        Days of receipt of all reports of the period, sorted, as days since 1970.
    first_day : int
        First day of the period.
    halves : mapping of Window to (PooledTotal, PooledTotal)
        Recaptures within each half.
    """

    received: NDArray[np.int64]
    first_day: int
    halves: Mapping[Window, tuple[PooledTotal, PooledTotal]]


def quick_checks(entry: WindowEstimates, evidence: WindowEvidence, *, options: PrevalenceOptions) -> tuple[Check, ...]:
    """Which of the checks that every window gets does this one fail?"""
    limits = options.limits
    return (
        _observed_check(entry),
        _halves_check(entry, limits.halves_ratio),
        _closure_check(*evidence.halves[entry.window], limits.closure_ratio),
        _effort_check(entry.window, evidence, limits.effort_growth),
        Check(
            name=OVERLAP_CHECK, value=float(entry.window.overlaps_previous), limit=0.0,
            code="C-OVERLAPPING-WINDOWS" if entry.window.overlaps_previous else "",
        ),
    )  # fmt: skip


def _observed_check(entry: WindowEstimates) -> Check:
    """Compare the estimate with an independent count of what was seen; a headline below it was refused already."""
    name = "Estimate over distinct addresses seen"
    result = entry.headline
    if isinstance(result, NotEstimable):
        below = result.reason is Reason.CHECK_FAILED
        return Check(name=name, value=0.0 if below else None, limit=1.0, code="C-BELOW-OBSERVED" if below else "")
    return Check(name=name, value=result.n_total / entry.observed if entry.observed else None, limit=1.0)


def _halves_check(entry: WindowEstimates, limit: float) -> Check:
    """Compare Chapman on two halves with Chao on weeks; noise does not fire, the intervals must not touch."""
    halves, weeks = entry.results.get("chapman"), entry.results.get("chao-bc")
    name = "Chapman on two halves over Chao on weeks"
    if not isinstance(halves, PopulationEstimate) or not isinstance(weeks, PopulationEstimate) or not weeks.n_total:
        return Check(name=name, value=None, limit=limit)
    apart = halves.interval is None or weeks.interval is None or halves.interval.lower > weeks.interval.upper
    ratio = halves.n_total / weeks.n_total
    return Check(name=name, value=ratio, limit=limit, code="C-CHURN" if ratio > limit and apart else "")


def _closure_check(early: PooledTotal, late: PooledTotal, limit: float) -> Check:
    """Compare the totals that the two halves imply, either way."""
    name = "Total implied by the second half over the first"
    compared = _ratio_and_noise(late, early)
    if compared is None:
        return Check(name=name, value=None, limit=limit)
    ratio, noise = compared
    fires = abs(math.log(ratio)) > max(math.log(limit), Z95 * noise)
    return Check(name=name, value=ratio, limit=limit, code="C-NOT-CLOSED" if fires else "")


def _effort_check(window: Window, evidence: WindowEvidence, limit: float) -> Check:
    name = "Reports received over those in the window before"
    before = reports_between(evidence.received, window.start_day - window.days, window.start_day - 1)
    if window.start_day - window.days < evidence.first_day or before == 0:
        return Check(name=name, value=None, limit=limit)
    growth = reports_between(evidence.received, window.start_day, window.end_day) / before
    return Check(name=name, value=growth, limit=limit, code="C-EFFORT-GREW" if growth > limit else "")


def reports_between(received: NDArray[np.int64], first: int, last: int) -> int:
    """How many reports were received from the first to the last day? ``received`` is sorted."""
    return int(np.searchsorted(received, last, side="right") - np.searchsorted(received, first, side="left"))


def deep_checks(
    entry: WindowEstimates, evidence: YearEndEvidence, received: NDArray[np.int64], *, options: PrevalenceOptions
) -> tuple[Check, ...]:
    """Which of the checks that only year ends get does this one fail?"""
    limits = options.limits
    lags = evidence.lags
    reports = reports_between(received, entry.window.start_day, entry.window.end_day)
    total = entry.headline.n_total if isinstance(entry.headline, PopulationEstimate) else None
    return (
        _lag_check("Total implied by distant over near recaptures", lags[FAR], lags[NEAR], limits.lag_ratio, "C-CHURN"),
        _lag_check(
            "Total implied by near over next-week recaptures", lags[NEAR], lags[NEXT], limits.lag_ratio, "C-CLUSTERED"
        ),
        _service_check(entry, evidence, limits.service_change),
        Check(name="Estimate per report received", value=total / reports if total and reports else None, limit=None),
    )


def _lag_check(name: str, later: LagRecapture, sooner: LagRecapture, limit: float, code: str) -> Check:
    """Compare the populations that recaptures at two distances imply."""
    compared = _ratio_and_noise(PooledTotal(later.pairs, later.again), PooledTotal(sooner.pairs, sooner.again))
    if compared is None:
        return Check(name=name, value=None, limit=limit)
    ratio, noise = compared
    fires = ratio > limit and math.log(ratio) > Z95 * noise
    return Check(name=name, value=ratio, limit=limit, code=code if fires else "")


def _ratio_and_noise(upper: PooledTotal, lower: PooledTotal) -> tuple[float, float] | None:
    """Ratio of two implied totals and the standard error of its logarithm, Poisson in the recaptures.

    Half a recapture is added to each, so that no recapture at all, the plainest sign of churn, still gives a number.
    """
    if not (upper.pairs and lower.pairs and upper.again + lower.again):
        return None
    a, b = upper.again + 0.5, lower.again + 0.5
    return upper.pairs / a * b / lower.pairs, math.sqrt(1 / a + 1 / b)


def _service_check(entry: WindowEstimates, evidence: YearEndEvidence, limit: float) -> Check:
    name = "Estimate without the largest service over the estimate"
    rest = evidence.without_largest
    if not isinstance(entry.headline, PopulationEstimate):
        return Check(name=name, value=None, limit=limit)
    if not isinstance(rest, PopulationEstimate):
        return Check(name=name, value=0.0, limit=limit, code="C-SERVICE-DOMINATES")
    ratio = rest.n_total / entry.headline.n_total
    return Check(name=name, value=ratio, limit=limit, code="C-SERVICE-DOMINATES" if abs(ratio - 1) > limit else "")
