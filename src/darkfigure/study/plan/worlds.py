"""Worlds of a plan: who is active when, with which address, on which service, and what of it is recorded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.study.plan.plan_spec import YEAR_DAYS, EstimandName
from darkfigure.study.plan.settings import Settings

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_TIMES = 200


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlanWorld:
    """Every event of one simulated world, recorded or not, and the population behind it.

    Parameters
    ----------
    settings : Settings
    start, end : ndarray, shape (sources,)
        When each source is active, in days; below 0: before the first day.
    activity : ndarray, shape (sources,)
        Around 1.
    member : ndarray of bool, shape (sources, services)
        Who uses which service.
    unmatched : ndarray of bool, shape (sources, services)
        Whose records at a service cannot be matched with those elsewhere.
    source, service, address : ndarray of int, shape (events,)
    days : ndarray, shape (events,)
        In order of time.
    found, reviewed : ndarray, shape (events,)
        Even random numbers that decide which events are found, and which are reviewed first.
    """

    settings: Settings
    start: Array
    end: Array
    activity: Array
    member: Flags
    unmatched: Flags
    source: Ints
    service: Ints
    address: Ints
    days: Array
    found: Array
    reviewed: Array

    def recorded(
        self,
        *,
        window_days: float,
        services: tuple[int, ...],
        detection_factor: float = 1.0,
        at_most: int | None = None,
    ) -> NDArray[np.intp]:
        """Events that a study has on record: in its window, of its services, found, and reviewed if only some are."""
        detection = np.zeros(len(self.settings.services))
        for k in services:
            detection[k] = min(1.0, self.settings.services[k].detection * detection_factor)
        seen = np.flatnonzero((self.days < window_days) & (self.found < detection[self.service]))
        if at_most is not None and seen.size > at_most:
            first = np.argsort(self.reviewed[seen], kind="stable")[:at_most]
            seen = np.sort(seen[first])
        return seen

    def people(self, events: NDArray[np.intp]) -> Ints:
        """Source of each event as far as records can be matched: records that cannot count as somebody else's."""
        source, service = self.source[events], self.service[events]
        return source + np.where(self.unmatched[source, service], (service + 1) * self.start.size, 0)

    def truth(self, estimand: EstimandName, *, window_days: float, services: tuple[int, ...]) -> float:
        """The number that a study would like to know, in its window."""
        if estimand == "addresses-used":
            return float(np.unique(self.address[self.days < window_days]).size)
        if estimand == "sources-ever-active":
            return float(((self.end > 0) & (self.start < window_days)).sum())
        times = (np.arange(_TIMES) + 0.5) / _TIMES * window_days
        if estimand == "sources-active":
            return float(_present(self.start, self.end, np.ones(self.start.size), times).mean())
        rates = np.array([s.events_a_year * s.detection for s in self.settings.services])
        weight = self.activity * (self.member[:, list(services)] @ rates[list(services)])
        first = _present(self.start, self.end, weight, times)
        second = _present(self.start, self.end, weight**2, times)
        return float((first**2 / np.maximum(second, 1e-300)).mean())


def draw_world(settings: Settings, rng: np.random.Generator, *, period_days: float) -> PlanWorld:
    """Draw a population, its events and its addresses.

    Parameters
    ----------
    settings : Settings
    rng : Generator
    period_days : float
        Length of the longest window looked at.

    Returns
    -------
    PlanWorld

    Notes
    -----
    Sources active at time t: ``K exp(g t)`` on average, ``g`` the logarithm of the growth a year over 365; they leave
    at the rate ``h``, one over the mean career (or ``-g`` if the population shrinks faster), and come at the rate
    ``K(t) (h + g)``.
    Services are used by the shares declared; a normal factor common to all services with the weight ``dependence``
    makes those who use one use the others. Events of a source on a service it uses are a Poisson process at its
    activity times ``events_a_year``; every event is found with the service's chance.
    """
    start, end = _careers(settings, period_days, rng)
    n = start.size
    cv2 = settings.activity_cv2
    activity = rng.gamma(1 / cv2, cv2, n) if cv2 > 0 else np.ones(n)
    member = _members(settings, n, rng)
    unmatched = rng.random((n, len(settings.services))) < settings.missed_matches
    source, service, days = _events(settings, start, end, activity, member, period_days, rng)
    order = np.argsort(days, kind="stable")
    source, service, days = source[order], service[order], days[order]
    address = _addresses(settings, source, days, n, rng)
    return PlanWorld(
        settings=settings,
        start=start,
        end=end,
        activity=activity,
        member=member,
        unmatched=unmatched,
        source=source,
        service=service,
        address=address,
        days=days,
        found=rng.random(days.size),
        reviewed=rng.random(days.size),
    )


def _careers(settings: Settings, period: float, rng: np.random.Generator) -> tuple[Array, Array]:
    growth = math.log(settings.growth_a_year) / YEAR_DAYS
    leave = max(0.0 if settings.career_days is None else 1 / settings.career_days, -growth)
    first, come = settings.sources, leave + growth
    arrivals = first * come * (math.expm1(growth * period) / growth if growth else period)
    even = rng.random(rng.poisson(max(arrivals, 0.0)))
    arrive = np.log1p(even * math.expm1(growth * period)) / growth if growth else even * period
    start = np.concatenate([np.full(first, -1.0), arrive])
    stay = rng.exponential(1 / leave, start.size) if leave > 0 else np.full(start.size, np.inf)
    return start, np.maximum(start, 0.0) + stay


def _members(settings: Settings, n: int, rng: np.random.Generator) -> Flags:
    """Who uses which service: normal scores with one factor in common."""
    common = rng.standard_normal((n, 1))
    own = rng.standard_normal((n, len(settings.services)))
    scores = math.sqrt(settings.dependence) * common + math.sqrt(1 - settings.dependence) * own
    cut = scipy.special.ndtri(np.array([s.used_by for s in settings.services]))
    return np.asarray(scores < cut, dtype=bool)


def _events(
    settings: Settings,
    start: Array,
    end: Array,
    activity: Array,
    member: Flags,
    period: float,
    rng: np.random.Generator,
) -> tuple[Ints, Ints, Array]:
    found = []
    for k, service in enumerate(settings.services):
        low = np.maximum(start, service.first_day)
        live = np.clip(np.minimum(end, period) - low, 0, None)
        # Bursts multiply the records of an event, so that the declared rate is that of all records.
        rate = activity * member[:, k] * service.events_a_year / YEAR_DAYS / settings.burst_size
        source = np.repeat(np.arange(start.size), rng.poisson(rate * live))
        days = low[source] + rng.random(source.size) * live[source]
        further = np.repeat(np.arange(source.size), rng.poisson(settings.burst_size - 1, source.size))
        late = days[further] + rng.exponential(settings.burst_days, further.size)
        source, days = np.concatenate([source, source[further]]), np.concatenate([days, late])
        found.append((source, np.full(source.size, k), days))
    source, kind, days = (np.concatenate(parts) for parts in zip(*found, strict=True))
    kept = days < period
    return source[kept].astype(np.int64), kind[kept].astype(np.int64), days[kept]


def _addresses(settings: Settings, source: Ints, days: Array, n: int, rng: np.random.Generator) -> Ints:
    """Address of each event: one for each lease, from the pool for sources behind a shared one."""
    shared = rng.random(n) < settings.shared_share
    order = np.lexsort((days, source))
    holder = source[order]
    lease = _leases(settings, holder, days[order], n, rng)
    # In order of source and time, an address is a new one wherever the source or its lease is.
    fresh = np.ones(holder.size, dtype=bool)
    fresh[1:] = (holder[1:] != holder[:-1]) | (lease[1:] != lease[:-1])
    number = np.cumsum(fresh) - 1
    own = settings.shared_pool + rng.integers(0, settings.space, int(fresh.sum()))
    pooled = rng.integers(0, settings.shared_pool, int(fresh.sum()))
    address = np.zeros(source.size, dtype=np.int64)
    address[order] = np.where(shared[holder], pooled[number], own[number])
    return address


def _leases(settings: Settings, source: Ints, days: Array, n: int, rng: np.random.Generator) -> Ints:
    """Which of its leases each event falls in; events are sorted by source and time."""
    if settings.lease == "static" or not source.size:
        return np.zeros(source.size, dtype=np.int64)
    if settings.lease == "fixed":
        phase = rng.random(n) * settings.mean_days
        return np.floor((days + phase[source]) / settings.mean_days).astype(np.int64)
    fast = (rng.random(n) < settings.fast_share) & (settings.lease == "mixed")
    mean = np.where(fast, settings.fast_days, settings.mean_days)[source]
    same = np.concatenate([[False], source[1:] == source[:-1]])
    gap = np.where(same, np.diff(days, prepend=0.0), 0.0)
    return np.cumsum(rng.random(source.size) < -np.expm1(-gap / mean))


def _present(start: Array, end: Array, weight: Array, times: Array) -> Array:
    """Total weight of the sources active at each time."""
    came, gone = np.argsort(start, kind="stable"), np.argsort(end, kind="stable")
    arrived = np.concatenate([[0.0], np.cumsum(weight[came])])[np.searchsorted(start[came], times, side="right")]
    left = np.concatenate([[0.0], np.cumsum(weight[gone])])[np.searchsorted(end[gone], times, side="right")]
    return np.asarray(arrived - left, dtype=float)
