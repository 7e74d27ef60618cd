"""Simulated worlds in which crime and reporting change by known factors, seen through services and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Growth = Literal["break", "smooth"]
Lease = Literal["exponential", "fixed", "static"]


@dataclass(frozen=True, slots=True, eq=False)
class ReportingDraw:
    """Sightings of a simulated world.

    Parameters
    ----------
    entity, service : ndarray of int, shape (sightings,)
        Address and reporting service.
    days : ndarray, shape (sightings,)
        Time, from 0 to twice the period.
    """

    entity: Integers
    service: Integers
    days: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingWorld:
    """Two periods in which sources and reporting change by known factors.

    Parameters
    ----------
    n_sources : int
        In the earlier period.
    crime : float
        Factor of the number of sources in the later period.
    effort : float
        Factor of reports per source at services present throughout.
    growth : str
        Whether effort changes at the ``"break"`` between the periods or ``"smooth"``, from the start on.
    sightings_a_period : float
        Mean of a source in the earlier period, over all services.
    shares : tuple of float
        Of the services present throughout.
    joining : float
        Reports of a service that joins at the break, over those of the others in the later period.
    efforts : tuple of float
        Further factor of each service's effort in the later period; empty for none.
    one_service : float
        Share of sources that use one service only.
    activity_cv2 : float
        Squared coefficient of variation of the sources' activity (gamma).
    lease, lease_days, later_lease_days
        Law and mean of the time an address is kept; the later mean is the same unless given.
    career_days : float
        Mean time a source stays, with others coming in its place; 0 for all the time.
    burst : float
        Mean reports of one act; further ones follow within minutes.
    hidden : float
        Share of sources that no service sees in the earlier period; seen by all in the later one.
    acts : float
        Factor of acts per source in the later period.
    period_days : float
        Length of each period.

    Examples
    --------
    >>> w = ReportingWorld(n_sources=200, effort=2.0).draw(seed=1)
    >>> bool(1.5 < (w.days >= 365).sum() / (w.days < 365).sum() < 2.5)
    True
    """

    n_sources: int = 500
    crime: float = 1.0
    effort: float = 1.0
    growth: Growth = "break"
    sightings_a_period: float = 6.0
    shares: tuple[float, ...] = (0.5, 0.3, 0.15, 0.05)
    joining: float = 0.0
    efforts: tuple[float, ...] = ()
    one_service: float = 0.0
    activity_cv2: float = 0.0
    lease: Lease = "exponential"
    lease_days: float = 30.0
    later_lease_days: float | None = None
    career_days: float = 0.0
    burst: float = 1.0
    hidden: float = 0.0
    acts: float = 1.0
    period_days: float = 365.0

    def draw(self, *, seed: int) -> ReportingDraw:
        """Sightings; the same seed gives the same world."""
        rng = np.random.default_rng(seed)
        source, days, service = _acts(self, rng)
        if self.burst > 1:
            extra = rng.poisson(self.burst - 1, source.size)
            late = np.repeat(days, extra) + rng.exponential(0.01, int(extra.sum()))
            source = np.concatenate([source, np.repeat(source, extra)])
            service = np.concatenate([service, np.repeat(service, extra)])
            days = np.concatenate([days, late])
        entity = _addresses(self, source, days, rng)
        order = np.argsort(days, kind="stable")
        return ReportingDraw(entity[order], service[order], days[order])


def _acts(world: ReportingWorld, rng: np.random.Generator) -> tuple[Integers, Array, Integers]:
    """Reported acts of all sources: who, when, by which service."""
    length = world.period_days
    parts: list[tuple[Integers, Array, Integers]] = []
    most = max(world.crime, 1.0)
    many = round(world.n_sources * most)
    activity = rng.gamma(1 / world.activity_cv2, world.activity_cv2, many) if world.activity_cv2 else np.ones(many)
    own = np.where(rng.random(many) < world.one_service, rng.choice(len(world.shares), many, p=world.shares), -1)
    hidden = rng.random(many) < world.hidden
    for period, present in ((0, world.n_sources), (1, round(world.n_sources * world.crime))):
        chances = _chances(world, period)
        rate = np.where(own >= 0, chances[own] / np.array(world.shares)[own], chances.sum()) * activity
        rate = rate * world.sightings_a_period / world.burst * (world.acts if period else 1.0)
        rate[present:] = 0.0
        if not period:
            rate[hidden] = 0.0
        source = np.repeat(np.arange(many), rng.poisson(rate))
        days = length * (period + _times(world, period, source.size, rng))
        service = np.where(
            own[source] >= 0, own[source], rng.choice(chances.size, source.size, p=chances / chances.sum())
        )
        parts.append((source, days, service))
    source, days, service = (np.concatenate([p[k] for p in parts]) for k in range(3))
    return _persons(world, source, days, rng), days, service.astype(np.int64)


def _chances(world: ReportingWorld, period: int) -> Array:
    """Expected reports of each service, in units of all reports of the earlier period; the last one joins."""
    shares = np.array([*world.shares, 0.0])
    if period:
        shares[:-1] *= world.effort * np.array(world.efforts or (1.0,) * len(world.shares))
        shares[-1] = world.joining * shares[:-1].sum()
    return shares


def _times(world: ReportingWorld, period: int, size: int, rng: np.random.Generator) -> Array:
    """Times within a period, as shares of it; with smooth growth the rate rises in a straight line."""
    u = rng.random(size)
    if world.growth == "break" or world.effort <= 1:
        return u
    # A straight line whose means over the two periods are 1 and `effort`; beyond a factor of 3 it would begin below 0.
    slope = min(world.effort - 1, 2.0)
    start = 1.0 - slope / 2 + period * slope
    total = start + slope / 2
    return np.asarray((-start + np.sqrt(start**2 + 2 * slope * total * u)) / slope)


def _persons(world: ReportingWorld, place: Integers, days: Array, rng: np.random.Generator) -> Integers:
    """With careers, a place is taken by one source after another."""
    if world.career_days <= 0:
        return place
    return _renewed(place, days, world.career_days, "exponential", rng)


def _addresses(world: ReportingWorld, source: Integers, days: Array, rng: np.random.Generator) -> Integers:
    if world.lease == "static":
        lease = source
    else:
        late = days >= world.period_days
        lengths = np.where(late, world.later_lease_days or world.lease_days, world.lease_days)
        lease = _renewed(source, days, lengths, world.lease, rng)
    unique, inside = np.unique(lease, return_inverse=True)
    return np.asarray(rng.integers(0, 5_000_000, unique.size)[inside], dtype=np.int64)


def _renewed(holder: Integers, days: Array, length: Array | float, law: Lease, rng: np.random.Generator) -> Integers:
    """Number the stretches that each holder's times fall in."""
    order = np.lexsort((days, holder))
    h, t = holder[order], days[order]
    each = np.broadcast_to(np.asarray(length, dtype=float), days.shape)[order]
    if law == "fixed":
        phase = rng.random(int(h.max(initial=0)) + 1)[h]
        key = np.stack([h, np.floor(t / each + phase).astype(np.int64), each.astype(np.int64)])
        number = np.unique(key, axis=1, return_inverse=True)[1].ravel()
    else:
        new = np.diff(h, prepend=-1) != 0
        gap = np.where(new, np.inf, np.diff(t, prepend=0.0))
        number = np.cumsum(rng.random(h.size) < -np.expm1(-gap / each))
    out = np.empty(holder.size, dtype=np.int64)
    out[order] = number
    return out
