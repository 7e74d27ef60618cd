"""Which world comes next? One draw of every declared range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from darkfigure.study.plan.plan_spec import Lease, Plan, ServiceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """One service in one world.

    Parameters
    ----------
    used_by : float
        Share of the sources that use it.
    events_a_year : float
        Of a source of mean activity that uses it.
    detection : float
        Share of the events that are found and reported.
    first_day : float
        First day on which it reports.
    """

    used_by: float
    events_a_year: float
    detection: float
    first_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One world's settings, drawn from the ranges of a plan.

    Parameters
    ----------
    sources : int
        Active on the first day.
    growth_a_year, career_days, activity_cv2
        Of the population; ``career_days`` is ``None`` when nobody leaves of their own accord.
    lease, mean_days, fast_days, fast_share, shared_share, shared_pool, space
        Of the addresses.
    dependence, burst_size, burst_days, missed_matches
        Of the sightings.
    services : tuple of ServiceSettings
        In the order of the plan.
    """

    sources: int
    growth_a_year: float
    career_days: float | None
    activity_cv2: float
    lease: Lease
    mean_days: float
    fast_days: float
    fast_share: float
    shared_share: float
    shared_pool: int
    space: int
    dependence: float
    burst_size: float
    burst_days: float
    missed_matches: float
    services: tuple[ServiceSettings, ...]


def draw_settings(plan: Plan, rng: np.random.Generator) -> Settings:
    """Draw every range once: numbers and lengths evenly on a logarithmic scale, shares and growth evenly as they are.

    Parameters
    ----------
    plan : Plan
    rng : Generator

    Returns
    -------
    Settings
    """
    population, addresses, sightings = plan.population, plan.addresses, plan.sightings
    return Settings(
        sources=max(1, round(_even_in_ratio(population.sources, rng))),
        growth_a_year=_even(population.growth_a_year, rng),
        career_days=None if population.career_days is None else _even_in_ratio(population.career_days, rng),
        activity_cv2=_even(population.activity_cv2, rng),
        lease=addresses.lease[int(rng.integers(len(addresses.lease)))],
        mean_days=_even_in_ratio(addresses.mean_days, rng),
        fast_days=_even_in_ratio(addresses.fast_days, rng),
        fast_share=_even(addresses.fast_share, rng),
        shared_share=_even(addresses.shared_share, rng),
        shared_pool=max(1, round(_even_in_ratio(addresses.shared_pool, rng))),
        space=max(1, round(_even_in_ratio(addresses.space, rng))),
        dependence=_even(sightings.dependence, rng),
        burst_size=_even(sightings.burst_size, rng),
        burst_days=_even_in_ratio(sightings.burst_days, rng),
        missed_matches=_even(sightings.missed_matches, rng),
        services=tuple(_service(s, rng) for s in plan.service),
    )


def _service(declared: ServiceSection, rng: np.random.Generator) -> ServiceSettings:
    return ServiceSettings(
        used_by=_even(declared.used_by, rng),
        events_a_year=_even_in_ratio(declared.events_a_year, rng),
        detection=_even(declared.detection, rng),
        first_day=declared.first_day,
    )


def _even(ends: tuple[float, float], rng: np.random.Generator) -> float:
    return float(rng.uniform(*ends)) if ends[0] < ends[1] else ends[0]


def _even_in_ratio(ends: tuple[float, float], rng: np.random.Generator) -> float:
    return math.exp(_even((math.log(ends[0]), math.log(ends[1])), rng)) if ends[0] < ends[1] else ends[0]
