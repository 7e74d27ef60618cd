"""Do addresses stay in use through a window? The verdict that an estimate of a closed population needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from typing import Literal

import numpy as np

from darkfigure.histories import Window
from darkfigure.prevalence.day_pairs import Chosen, Compared, Comparison, compare_groups, day_pairs
from darkfigure.records.aggregate import EstimateResult, NotEstimable, Reason
from darkfigure.records.restricted import Sightings

SHORT_DAYS = 13
"""Longest distance at which repeated reports of one event are looked for."""
NEAR_SHARE, FAR_SHARE = 6, 2
"""Near recaptures end at a sixth of the window; far ones begin at half of it."""
EDGE_DAYS = 28
"""The first and last weeks of a window, in which an arrival or a departure has hardly had time to show."""


class Verdict(StrEnum):
    """What the recaptures of a window say about closure."""

    CLOSED = "closed enough"
    CHURNING = "churning"
    CLUSTERED = "clustered"
    CANNOT_TELL = "cannot tell"


class Cause(StrEnum):
    """What spoke against closure."""

    NONE = ""
    TURNOVER = "turnover"
    ARRIVALS = "arrivals"
    DEPARTURES = "departures"
    DAYS = "gone-in-days"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureLimits:
    """Ratios of implied totals beyond which a window is not closed enough.

    Parameters
    ----------
    turnover : float
        Far over near recaptures, same later week.
    change : float
        A later over an earlier quarter (arrivals), an earlier over a later one (departures).
    repeats : float
        Near recaptures over those within two weeks.
    """

    turnover: float = 2.0
    change: float = 1.25
    repeats: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureTests:
    """Six comparisons of totals that recaptures imply; 1 in a closed population, ``None`` where nothing was seen.

    Parameters
    ----------
    turnover : Compared or None
        Recaptures at half a window or more over those at two weeks to two months, with the same later week. Addresses
        that merely come into use leave it at 1; addresses that go out of use raise it.
    arrivals, arrivals_at_end : Compared or None
        Addresses of the first half, seen again in the last quarter (the last four weeks) over the quarter before it.
    departures, departures_at_start : Compared or None
        Mirror image: addresses of the second half, seen before in the first quarter (four weeks).
    repeats : Compared or None
        Recaptures at two weeks to two months over those within two weeks.
    """

    turnover: Compared | None
    arrivals: Compared | None
    arrivals_at_end: Compared | None
    departures: Compared | None
    departures_at_start: Compared | None
    repeats: Compared | None

    def named(self) -> Iterator[tuple[str, Compared | None]]:
        """Every comparison with its name."""
        for f in fields(self):
            yield f.name, getattr(self, f.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowVerdict:
    """Whether a window is closed enough for an estimate of addresses in use, and what spoke against it."""

    verdict: Verdict
    cause: Cause
    tests: ClosureTests


def judge_window(sightings: Sightings, window: Window, *, limits: ClosureLimits) -> WindowVerdict:
    """Do the addresses seen again say that the same addresses stayed in use through a window?

    Parameters
    ----------
    sightings : Sightings
        Restricted rows.
    window : Window
    limits : ClosureLimits

    Returns
    -------
    WindowVerdict

    Notes
    -----
    For days ``i < j`` the recaptures imply a total ``n_i n_j / m_ij``. Closed: the same for all pairs of days. Arrivals
    only: a function of ``j`` alone. Departures only: of ``i`` alone. Turnover: it grows with ``j - i``. Each address
    counts once, so that a few shared ones cannot hide the turnover of the others.
    """
    pairs = day_pairs(sightings, window)
    comparisons = _comparisons(window.days)
    tests = ClosureTests(**{name: compare_groups(pairs, c) for name, c in comparisons.items()})
    verdict, cause = verdict_of(tests, limits)
    return WindowVerdict(verdict=verdict, cause=cause, tests=tests)


def verdict_of(tests: ClosureTests, limits: ClosureLimits) -> tuple[Verdict, Cause]:
    """What follows from the comparisons?

    A limit is broken when the whole 95% interval lies above it, and kept when the whole interval lies below it. One
    broken limit decides; all must be kept for ``closed enough``; anything else is ``cannot tell``. Repeats within days
    are told from short leases by whether later recaptures are known to hold their level.
    """
    if _above(tests.turnover, limits.turnover):
        return Verdict.CHURNING, Cause.TURNOVER
    if _above(tests.arrivals, limits.change) or _above(tests.arrivals_at_end, limits.change):
        return Verdict.CHURNING, Cause.ARRIVALS
    if _above(tests.departures, limits.change) or _above(tests.departures_at_start, limits.change):
        return Verdict.CHURNING, Cause.DEPARTURES
    if _above(tests.repeats, limits.repeats):
        level = _below(tests.turnover, limits.turnover) and not _below_inverse(tests.turnover, limits.turnover)
        return (Verdict.CLUSTERED, Cause.REPEATS) if level else (Verdict.CHURNING, Cause.DAYS)
    changes = (tests.arrivals, tests.arrivals_at_end, tests.departures, tests.departures_at_start)
    kept = _below(tests.turnover, limits.turnover) and _below(tests.repeats, limits.repeats)
    if kept and all(_below(c, limits.change) for c in changes):
        return Verdict.CLOSED, Cause.NONE
    return Verdict.CANNOT_TELL, Cause.NONE


def limit_for(name: str, limits: ClosureLimits) -> float:
    """Which limit belongs to a comparison?

    Examples
    --------
    >>> limit_for("arrivals_at_end", ClosureLimits())
    1.25
    """
    return {"turnover": limits.turnover, "repeats": limits.repeats}.get(name, limits.change)


def violated(found: WindowVerdict) -> bool:
    """Is closure known to be broken?"""
    return found.verdict in (Verdict.CHURNING, Verdict.CLUSTERED)


def refuse_unclosed(result: EstimateResult, found: WindowVerdict | None, *, rule: str, words: str) -> EstimateResult:
    """Switch an estimate off where its window is not closed enough and the study declares ``refuse``.

    Parameters
    ----------
    result : PopulationEstimate or NotEstimable
    found : WindowVerdict or None
    rule : str
        ``"refuse"`` or ``"caution"``.
    words : str
        Why, and what can be said instead.
    """
    if found is None or rule != "refuse" or isinstance(result, NotEstimable) or not violated(found):
        return result
    return NotEstimable(
        method=result.method, reason=Reason.CHURN, explanation=words, n_observed=result.n_observed
    )  # fmt: skip


def _above(compared: Compared | None, limit: float) -> bool:
    return compared is not None and compared.lower > limit


def _below(compared: Compared | None, limit: float) -> bool:
    return compared is not None and compared.upper < limit


def _below_inverse(compared: Compared | None, limit: float) -> bool:
    """Whether the interval reaches so far below 1 that a level of recaptures is not established."""
    return compared is not None and compared.lower < 1 / limit


@lru_cache(maxsize=16)
def _comparisons(days: int) -> dict[str, Comparison]:
    i, j = np.arange(days)[:, None], np.arange(days)[None, :]
    lag, half, quarter = j - i, days // 2, days // 4
    short = (lag >= 1) & (lag <= SHORT_DAYS)
    near = (lag > SHORT_DAYS) & (lag <= days // NEAR_SHARE)
    before, after = i < half, j >= half
    third, second = before & after & (j < half + quarter), after & before & (i >= half - quarter)

    def made(same: Literal["earlier", "later"], over: Chosen, under: Chosen) -> Comparison:
        return Comparison.of(over & (lag > 0), under & (lag > 0), same=same)

    return {
        "turnover": made("later", lag >= days // FAR_SHARE, near),
        "arrivals": made("earlier", before & (j >= half + quarter), third),
        "arrivals_at_end": made("earlier", before & (j >= max(days - EDGE_DAYS, half + quarter)), third),
        "departures": made("later", after & (i < half - quarter), second),
        "departures_at_start": made("later", after & (i < min(EDGE_DAYS, half - quarter)), second),
        "repeats": made("later", near, short),
    }
