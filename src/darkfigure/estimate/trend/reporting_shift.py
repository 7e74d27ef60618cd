"""Did the panel's reports jump at a dated change of law, policy or detection?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.interrupted_series import DatedBreak, InterruptedSeries, interrupted_series
from darkfigure.estimate.trend.service_panel import ServiceCounts, panel_change
from darkfigure.records.aggregate import NotEstimable, Reason

METHOD = "reporting-shift"
FEWEST_REPORTS = 10


def reporting_shift(
    counts: ServiceCounts,
    times: Sequence[float] | NDArray[Any],
    *,
    breaks: Sequence[DatedBreak],
    dispersion: float = 1.0,
    level: float = 0.95,
) -> InterruptedSeries | NotEstimable:
    """By what factor did reports of the panel jump at each declared date?

    Parameters
    ----------
    counts : ServiceCounts
        Reports by service and period.
    times : sequence of float, shape (periods,)
        Time of each period, such as decimal years.
    breaks : sequence of DatedBreak
        Declared before looking; several that fall in one period should be merged.
    dispersion : float
        Variance of the panel's counts over their mean; what exceeds it is estimated.
    level : float
        Of the intervals.

    Returns
    -------
    InterruptedSeries or NotEstimable
        Shifts of the logarithm of the panel's reports; a refusal without a panel, with fewer than ten reports in a
        period, or with too few periods.

    Raises
    ------
    EstimateError (E-EST-75, E-EST-76)
        Times do not fit the table; a date lies outside the series.

    Notes
    -----
    ``log P_t`` with sampling variance ``dispersion / P_t``, in ``interrupted_series``. A jump on the day of a change of
    reporting is reporting if crime does not jump on that day; the test does not show that it is not crime.

    Examples
    --------
    >>> table = ServiceCounts(("A",), tuple("123456789"), np.array([[90, 99, 104, 95, 203, 190, 212, 197, 201]]))
    >>> shift = reporting_shift(table, range(9), breaks=[DatedBreak(4.0, "free matching")])
    >>> shift.effects[0].level.interval.lower > 0
    True
    """
    if len(times) != len(counts.periods) or not 1 <= dispersion < math.inf:
        raise EstimateError(
            "E-EST-75",
            where="times",
            problem="there is not one time a period, or counts vary less than independent events",
            allowed="as many times as periods, and a dispersion of at least 1",
            remedy="Give the time of each column of the table.",
        )
    panel = panel_change(counts, first=counts.periods[0], last=counts.periods[-1])
    if isinstance(panel, NotEstimable):
        return panel
    inside = np.isin(np.array(counts.services), panel.services)
    reports = counts.counts[inside].sum(axis=0).astype(float)
    if reports.min() < FEWEST_REPORTS:
        return NotEstimable(
            method=METHOD,
            reason=Reason.NO_DATA,
            explanation=f"A period has fewer than {FEWEST_REPORTS} reports of the panel, too few to tell a jump from "
            "chance. Longer periods would be needed.",
            n_observed=int(reports.sum()),
        )
    return interrupted_series(times, np.log(reports), dispersion / reports, breaks=breaks, level=level)


def limits_from_shift(found: InterruptedSeries) -> tuple[float, float]:
    """How much did reporting per source change over all dates together, if every jump was reporting and nothing else?

    Parameters
    ----------
    found : InterruptedSeries
        Of the logarithm of counts.

    Returns
    -------
    tuple of float
        For ``Limits(reporting=...)``. It takes reporting as unchanged between the dates.

    Examples
    --------
    >>> table = ServiceCounts(("A",), tuple("123456789"), np.array([[90, 99, 104, 95, 203, 190, 212, 197, 201]]))
    >>> low, high = limits_from_shift(reporting_shift(table, range(9), breaks=[DatedBreak(4.0, "free matching")]))
    >>> low < 2 < high
    True
    """
    ends = [e.level.interval for e in found.effects if e.level is not None and e.level.interval is not None]
    return math.exp(sum(i.lower for i in ends)), math.exp(sum(i.upper for i in ends))
