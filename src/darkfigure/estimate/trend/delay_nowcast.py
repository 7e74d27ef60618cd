"""How many events of the last periods are still to be reported?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.asked import checked_level
from darkfigure.records.aggregate import Interval, NotEstimable, Reason

Floats = NDArray[np.float64]
METHOD = "delay-nowcast"
FEWEST_COMPLETE = 3
FEWEST_EVENTS = 30
LARGEST_TAIL = 0.02
LEAST_REPORTED = 0.05
_DRAWS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NowcastPeriod:
    """Events of one period, reported and still to be reported.

    Parameters
    ----------
    reported : int
        Events reported so far.
    share_reported : float
        Expected share of all events of the period that is reported by now.
    total : float or None
        Expected events when all are reported; ``None`` when too small a share is reported to say.
    interval : Interval or None
        In which the final number will lie.
    """

    reported: int
    share_reported: float
    total: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nowcast:
    """All periods completed for reporting delays.

    Parameters
    ----------
    periods : tuple of NowcastPeriod
        In order of time.
    delay : tuple of float
        Share of events reported by the end of each delay.
    dispersion : float
        Variance of the numbers over what independent delays would give, at least 1.
    """

    periods: tuple[NowcastPeriod, ...]
    delay: tuple[float, ...]
    dispersion: float

    def sentences(self) -> tuple[str, ...]:
        """The nowcast in words."""
        last = next((p for p in reversed(self.periods) if p.total is not None and p.interval is not None), None)
        unknown = sum(p.total is None for p in self.periods)
        said = []
        if last is not None and last.interval is not None:
            i = last.interval
            said.append(
                f"Of the latest period that can be completed {last.reported:,} events are reported, about "
                f"{last.share_reported:.0%} of all; the final number is expected at {last.total:,.0f} "
                f"({i.level:.0%} interval {i.lower:,.0f} to {i.upper:,.0f})."
            )
        if unknown:
            said.append(f"For {unknown} period(s) too little is reported to say anything.")
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists."""
        return {
            "delay": list(self.delay),
            "dispersion": self.dispersion,
            "periods": [
                {
                    "reported": p.reported,
                    "share_reported": p.share_reported,
                    "total": p.total,
                    "lower": p.interval.lower if p.interval else None,
                    "upper": p.interval.upper if p.interval else None,
                }
                for p in self.periods
            ],
            "sentences": list(self.sentences()),
        }


def delay_nowcast(
    triangle: NDArray[Any], *, level: float = 0.95, seed: int = 1, largest_tail: float = LARGEST_TAIL
) -> Nowcast | NotEstimable:
    """How many events of each period will there be once all are reported?

    Parameters
    ----------
    triangle : ndarray, shape (periods, delays)
        Events of period ``t`` reported with delay ``d``. The last column is the longest delay there is. Cells with
        ``t + d`` beyond the last period lie in the future: they are not read and may hold anything, such as NaN.
    level : float
        Of the intervals.
    seed : int
        Of the draws that make the intervals.
    largest_tail : float
        Refuse when the longest delay still brings more than this share of the events.

    Returns
    -------
    Nowcast or NotEstimable
        A refusal when fewer than three periods have been seen to the longest delay, when that delay still brings
        reports, or with fewer than 30 events in all.

    Raises
    ------
    EstimateError (E-EST-77, E-EST-79)
        The triangle, the level or the largest tail is impossible.

    Notes
    -----
    ``h_d``: share of the events reported by delay ``d`` that came with delay ``d``, over all periods seen to ``d``
    (chain ladder in reversed time). Reported share ``F_d = prod_{k > d} (1 - h_k)``; total ``C_t / F``. Intervals:
    ``h_d`` from beta distributions, then for a period with ``C`` events reported a negative binomial number of
    ``C + 1/2`` successes with chance ``F``; both with counts divided by the dispersion, the Pearson statistic of the
    triangle over its degrees of freedom.

    Source
    ------
    Mack (1993), ASTIN Bulletin 23, 213, doi 10.2143/AST.23.2.2005092; Lawless (1994), Canadian Journal of Statistics
    22, 15, doi 10.2307/3315826.

    Examples
    --------
    >>> full = np.outer([100, 200, 100, 200, 100, 100], [0.5, 0.4, 0.1, 0.0]).astype(int)
    >>> now = delay_nowcast(full)
    >>> [round(p.total) for p in now.periods]
    [100, 200, 100, 200, 100, 100]
    """
    checked_level(level)
    if not 0 <= largest_tail < 1:
        raise EstimateError(
            "E-EST-79",
            where="largest_tail",
            problem="the share of events at the longest delay is impossible",
            allowed="a share from 0 to below 1, such as 0.02",
            remedy="Give a share, not a percentage.",
        )
    cells, seen = _checked(triangle)
    periods, delays = cells.shape
    by = np.cumsum(cells, axis=1)
    refusal = _refusal(cells, seen, largest_tail)
    if refusal is not None:
        return refusal
    new = np.array([cells[seen[:, d], d].sum() for d in range(delays)])
    before = np.array([by[seen[:, d], d].sum() for d in range(delays)]) - new
    hazard = new / np.maximum(new + before, 1e-300)
    hazard[0] = 1.0
    share = _reported(hazard[None, :])[0]
    age = np.minimum(periods - 1 - np.arange(periods), delays - 1)
    now = by[np.arange(periods), age]
    dispersion = _dispersion(cells, by, seen, hazard)
    low, high = _ends(now, age, new, before, dispersion, level=level, seed=seed)
    told = []
    for t in range(periods):
        f = float(share[age[t]])
        known = f >= LEAST_REPORTED
        told.append(
            NowcastPeriod(
                reported=int(now[t]),
                share_reported=f,
                total=float(now[t] / f) if known else None,
                interval=Interval(float(low[t]), float(high[t]), level, "negative binomial, delays drawn")
                if known
                else None,
            )
        )
    return Nowcast(periods=tuple(told), delay=tuple(float(f) for f in share), dispersion=dispersion)


def _checked(triangle: NDArray[Any]) -> tuple[Floats, NDArray[np.bool_]]:
    given = np.asarray(triangle)
    cells = given.astype(float) if given.dtype.kind in "iuf" else np.zeros(0)
    if cells.ndim == 2 and cells.shape[1] >= 2 and cells.shape[0] >= 2:
        seen = np.add.outer(np.arange(cells.shape[0]), np.arange(cells.shape[1])) <= cells.shape[0] - 1
        cells[~seen] = 0.0
        if bool(np.isfinite(cells).all()) and bool((cells >= 0).all()) and bool((cells == np.floor(cells)).all()):
            return cells, seen
    raise EstimateError(
        "E-EST-77",
        where="delay triangle",
        problem="the table is no table of events by period and delay",
        allowed="whole numbers from 0 for all delays that have passed; at least two periods and two delays",
        remedy="Count events by the period they happened in and the number of periods until their report.",
    )


def _refusal(cells: Floats, seen: NDArray[np.bool_], largest_tail: float) -> NotEstimable | None:
    complete = int(seen[:, -1].sum())
    events = int(cells.sum())
    numbers = {"periods_seen_to_the_end": float(complete), "events": float(events)}
    if complete < FEWEST_COMPLETE or events < FEWEST_EVENTS or cells[:complete].sum() == 0:
        return NotEstimable(
            method=METHOD,
            reason=Reason.NO_DATA,
            explanation=f"Delays are not observed to their end: fewer than {FEWEST_COMPLETE} periods, or fewer than "
            f"{FEWEST_EVENTS} events, have been followed to the longest delay. Wait, or give an older start.",
            n_observed=events,
            diagnostics=numbers,
        )
    # Reports at the last delay are compared with all reports of the periods followed so far.
    last, whole = float(cells[:complete, -1].sum()), float(cells[:complete].sum())
    if last / whole > largest_tail:
        return NotEstimable(
            method=METHOD,
            reason=Reason.NOT_IDENTIFIED,
            explanation="Delays are not observed to their end: the longest delay still brings a good part of the "
            "reports, so more must follow later, and nothing shows how many. Longer delays would be needed.",
            n_observed=events,
            diagnostics={**numbers, "share_at_longest_delay": last / whole},
        )
    return None


def _reported(hazard: Floats) -> Floats:
    """``F_d`` from hazards in reversed time, shape (draws, delays)."""
    kept = np.cumprod((1 - hazard[:, ::-1])[:, :-1], axis=1)[:, ::-1]
    return np.concatenate([kept, np.ones((len(hazard), 1))], axis=1)


def _dispersion(cells: Floats, by: Floats, seen: NDArray[np.bool_], hazard: Floats) -> float:
    """Pearson statistic over degrees of freedom, of new reports given those reported by then."""
    expected = by * hazard
    variance = expected * (1 - hazard)
    used = seen & (variance > 0.5)
    used[:, 0] = False
    columns = int(used.any(axis=0).sum())
    free = int(used.sum()) - columns
    if free < 1:
        return 1.0
    return max(1.0, float(((cells - expected)[used] ** 2 / variance[used]).sum() / free))


def _ends(
    now: Floats, age: NDArray[np.int64], new: Floats, before: Floats, dispersion: float, *, level: float, seed: int
) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    hazard = rng.beta((new + 0.5) / dispersion, (before + 0.5) / dispersion, (_DRAWS, new.size))
    hazard[:, new == 0] = 0.0
    hazard[:, 0] = 1.0
    share = np.clip(_reported(hazard), 1e-6, 1.0)[:, age]
    low, high = np.empty(now.size), np.empty(now.size)
    tail = (1 - level) / 2
    for t in range(now.size):
        f = share[:, t]
        rate = rng.gamma((now[t] + 0.5) / dispersion, 1.0, _DRAWS) * (1 - f) / f
        more = dispersion * rng.poisson(rate)
        low[t], high[t] = now[t] + np.quantile(more, [tail, 1 - tail], method="closest_observation")
    return np.floor(low), np.ceil(high)
