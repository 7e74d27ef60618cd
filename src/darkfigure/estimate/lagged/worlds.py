"""Simulated worlds in which sources keep identifiers for a while: sightings with the number of sources known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Lease = Literal["exponential", "fixed", "gamma", "lognormal", "mixed", "midnight", "static"]
Activity = Literal["equal", "gamma", "lognormal"]
Effort = Literal["constant", "growing", "weekly", "seasonal", "evenings"]
_CHUNK = 4_000_000
_YEAR = 365.0


@dataclass(frozen=True, slots=True, eq=False)
class WorldDraw:
    """Sightings of one simulated world, with the truth.

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
        Identifier shown at each sighting.
    days : ndarray, shape (sightings,)
        Time of each sighting.
    mean_active : float
        Sources active at a time, on average over the period.
    weighted_active : float
        The same weighted by activity: mean over time of ``(sum a)^2 / sum a^2`` over the sources then active.
    ever_active : int
        Sources active at any time of the period.
    """

    entity: NDArray[np.int64]
    days: Array
    mean_active: float
    weighted_active: float
    ever_active: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseWorld:
    """How sources, identifiers and sightings come about.

    Parameters
    ----------
    n_sources : int
        Active at the start; all the time unless ``career_days`` or ``growth`` is given.
    sightings_a_year : float
        Of a source of mean activity, before bursts.
    period_days : float
        Length of the observation.
    lease : str
        Law of the time an identifier is kept. ``"mixed"``: a share of the sources has exponential leases of
        ``fast_days``, the others of ``lease_days``. ``"midnight"``: fixed, and renewed by all sources at midnight.
    lease_days : float
        Its mean.
    lease_cv : float
        Coefficient of variation for ``"gamma"`` and ``"lognormal"``.
    fast_days, fast_share : float
        Of ``"mixed"``.
    shared_share : float
        Share of the sources that take identifiers from a small common pool.
    shared_pool : int
        Identifiers of the pool.
    shared_draw : str
        Whether such a source draws from the pool at each ``"lease"`` or at each ``"sighting"``.
    burst_size : float
        Mean sightings of one event.
    burst_days : float
        Mean delay of the further sightings of an event.
    activity : str
        Law of the sources' activity.
    activity_cv2 : float
        Its squared coefficient of variation.
    career_days : float, optional
        Mean time a source stays; as many come as go.
    growth : float
        Sources active at the end over those at the start, growing in a straight line; at least 1.
    effort : str
        How the chance of a sighting changes over time, for all sources alike.
    address_space : int
        Identifiers that are not shared are drawn from so many.
    resolution_days : float
        Times are cut down to multiples of it; 0 for exact times.

    Examples
    --------
    >>> draw = LeaseWorld(n_sources=500, lease="fixed", lease_days=7.0).draw(seed=1)
    >>> draw.mean_active, draw.entity.size == draw.days.size
    (500.0, True)
    """

    n_sources: int = 3000
    sightings_a_year: float = 6.0
    period_days: float = 365.0
    lease: Lease = "exponential"
    lease_days: float = 7.0
    lease_cv: float = 1.5
    fast_days: float = 1.0
    fast_share: float = 0.5
    shared_share: float = 0.0
    shared_pool: int = 300
    shared_draw: Literal["lease", "sighting"] = "lease"
    burst_size: float = 1.0
    burst_days: float = 0.02
    activity: Activity = "equal"
    activity_cv2: float = 1.0
    career_days: float | None = None
    growth: float = 1.0
    effort: Effort = "constant"
    address_space: int = 5_000_000
    resolution_days: float = 0.0

    def draw(self, *, seed: int) -> WorldDraw:
        """Sightings and truth; the same seed gives the same world."""
        rng = np.random.default_rng(seed)
        start, end = _careers(self, rng)
        activity = _activities(self, start.size, rng)
        shared = rng.random(start.size) < self.shared_share
        source, time = _sightings(self, start, end, activity, rng)
        entity = _identifiers(self, source, time, shared, start.size, rng)
        if self.resolution_days > 0:
            time = np.floor(time / self.resolution_days) * self.resolution_days
        order = np.argsort(time, kind="stable")
        mean, weighted = _truth(self, start, end, activity)
        return WorldDraw(
            entity[order], time[order], mean, weighted, int(((end > 0) & (start < self.period_days)).sum())
        )


def _careers(world: LeaseWorld, rng: np.random.Generator) -> tuple[Array, Array]:
    span, first = world.period_days, world.n_sources
    if world.career_days is None:
        joining = round(first * (world.growth - 1))
        start = np.concatenate([np.full(first, -1.0), rng.uniform(0, span, joining)])
        return start, np.full(start.size, span + 1)
    career = world.career_days
    # Those present at the start have memoryless time left; others come so that the number follows the growth.
    slope = first * (world.growth - 1) / span
    times = np.linspace(0, span, 2001)
    rate = (first + slope * times) / career + slope
    comers = rng.poisson(float(np.trapezoid(rate, times)))
    cumulative = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)])
    arrive = np.interp(rng.random(comers) * cumulative[-1], cumulative, times)
    start = np.concatenate([np.full(first, -1.0), arrive])
    leave = np.concatenate([np.zeros(first), arrive]) + rng.exponential(career, start.size)
    return start, leave


def _activities(world: LeaseWorld, size: int, rng: np.random.Generator) -> Array:
    if world.activity == "gamma":
        return rng.gamma(1 / world.activity_cv2, world.activity_cv2, size)
    if world.activity == "lognormal":
        sigma = np.sqrt(np.log1p(world.activity_cv2))
        return rng.lognormal(-(sigma**2) / 2, sigma, size)
    return np.ones(size)


def _effort(world: LeaseWorld, time: Array) -> Array:
    """Chance that a sighting at this time is kept."""
    if world.effort == "growing":
        return 0.2 + 0.8 * time / world.period_days
    if world.effort == "weekly":
        return np.where(np.floor(time) % 7 < 5, 1.0, 0.25)
    if world.effort == "seasonal":
        return 0.55 + 0.45 * np.sin(2 * np.pi * time / _YEAR)
    if world.effort == "evenings":
        return np.where(time % 1.0 > 0.7, 1.0, 0.15)
    return np.ones(time.size)


def _mean_effort(world: LeaseWorld) -> float:
    return float(_effort(world, np.linspace(0, world.period_days, 20_001)).mean())


def _sightings(
    world: LeaseWorld, start: Array, end: Array, activity: Array, rng: np.random.Generator
) -> tuple[NDArray[np.intp], Array]:
    low, high = np.maximum(start, 0), np.minimum(end, world.period_days)
    live = np.maximum(high - low, 0)
    rate = world.sightings_a_year / _YEAR / world.burst_size / _mean_effort(world)
    events = rng.poisson(rate * activity * live)
    source = np.repeat(np.arange(start.size), events)
    time = low[source] + rng.random(source.size) * live[source]
    kept = rng.random(source.size) < _effort(world, time)
    source, time = source[kept], time[kept]
    if world.burst_size <= 1:
        return source, time
    further = rng.poisson(world.burst_size - 1, source.size)
    event = np.repeat(np.arange(source.size), further)
    late = time[event] + rng.exponential(world.burst_days, event.size)
    return np.concatenate([source, source[event]]), np.concatenate([time, late])


def _identifiers(
    world: LeaseWorld,
    source: NDArray[np.intp],
    time: Array,
    shared: NDArray[np.bool_],
    size: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    order = np.lexsort((time, source))
    lease = np.zeros(source.size, dtype=np.int64)
    lease[order] = _lease_numbers(world, source[order], time[order], size, rng)
    keys = np.stack([source.astype(np.int64), lease])
    _, first, inside = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    number = rng.integers(world.shared_pool, world.shared_pool + world.address_space, first.size)
    pooled = rng.integers(0, world.shared_pool, first.size)
    identifier = np.where(shared[source[first]], pooled, number)[inside.ravel()]
    if world.shared_draw == "sighting":
        each = rng.integers(0, world.shared_pool, source.size)
        identifier = np.where(shared[source], each, identifier)
    return identifier.astype(np.int64)


def _lease_numbers(
    world: LeaseWorld, source: NDArray[np.intp], time: Array, size: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Which of its leases each sighting falls in; sightings are sorted by source and time."""
    if world.lease == "static":
        return np.zeros(source.size, dtype=np.int64)
    if world.lease == "midnight":
        return np.floor(time / world.lease_days).astype(np.int64)
    if world.lease in ("exponential", "mixed"):
        fast = (rng.random(size) < world.fast_share) & (world.lease == "mixed")
        mean = np.where(fast, world.fast_days, world.lease_days)[source]
        same = np.concatenate([[False], source[1:] == source[:-1]]) if source.size else np.zeros(0, dtype=bool)
        gap = np.where(same, np.diff(time, prepend=0.0), 0.0)
        return np.cumsum(rng.random(source.size) < -np.expm1(-gap / mean))
    return _renewals(world, source, time, rng)


def _renewals(world: LeaseWorld, source: NDArray[np.intp], time: Array, rng: np.random.Generator) -> NDArray[np.int64]:
    seen, inside = np.unique(source, return_inverse=True)
    run_in = (6.0 if world.lease != "fixed" else 1.0) * world.lease_days
    reach = world.period_days + run_in + 40 * world.burst_days
    many = int(reach / world.lease_days * 1.2 + 12 + 8 * np.sqrt(reach / world.lease_days) * world.lease_cv)
    at_once = max(1, _CHUNK // many)
    number = np.zeros(source.size, dtype=np.int64)
    for first in range(0, seen.size, at_once):
        rows = min(at_once, seen.size - first)
        lengths = _lengths(world, (rows, many), rng)
        changes = np.cumsum(lengths, axis=1) - run_in - rng.random((rows, 1)) * lengths[:, :1]
        here = (inside >= first) & (inside < first + rows)
        offset = (inside[here] - first) * 4.0 * reach
        flat = (np.clip(changes, -reach, 2 * reach) + np.arange(rows)[:, None] * 4.0 * reach).ravel()
        number[here] = np.searchsorted(flat, time[here] + offset)
    return number


def _lengths(world: LeaseWorld, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    if world.lease == "fixed":
        return np.full(shape, world.lease_days)
    if world.lease == "gamma":
        k = 1 / world.lease_cv**2
        return rng.gamma(k, world.lease_days / k, shape)
    sigma = np.sqrt(np.log1p(world.lease_cv**2))
    return world.lease_days * rng.lognormal(-(sigma**2) / 2, sigma, shape)


def _truth(world: LeaseWorld, start: Array, end: Array, activity: Array) -> tuple[float, float]:
    times = (np.arange(400) + 0.5) / 400 * world.period_days
    count, first, second = (
        _present(start, end, weight, times) for weight in (np.ones(start.size), activity, activity**2)
    )
    return float(count.mean()), float((first**2 / np.maximum(second, 1e-300)).mean())


def _present(start: Array, end: Array, weight: Array, times: Array) -> Array:
    """Total weight of the sources active at each time."""
    came, gone = np.argsort(start), np.argsort(end)
    arrived = np.concatenate([[0.0], np.cumsum(weight[came])])[np.searchsorted(start[came], times, side="right")]
    left = np.concatenate([[0.0], np.cumsum(weight[gone])])[np.searchsorted(end[gone], times, side="right")]
    return np.asarray(arrived - left, dtype=float)
