"""What would the planned study say of one world, what is true there, and what did it cost?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import estimate
from darkfigure.estimate.lagged.active_sources import active_sources
from darkfigure.records.aggregate import (
    CaptureTable,
    Interval,
    LaggedEstimate,
    NotEstimable,
    PopulationEstimate,
    TwoSamples,
)
from darkfigure.study.plan.designs import Design, cost_before_cases, designs_of, most_cases
from darkfigure.study.plan.plan_spec import Plan, longest_window
from darkfigure.study.plan.settings import draw_settings
from darkfigure.study.plan.worlds import PlanWorld, draw_world

Ints = NDArray[np.int64]
_FAULT = "fault: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one design said of one world.

    Parameters
    ----------
    world : int
        Number of the world; worlds ``2 k`` and ``2 k + 1`` have the same settings.
    design : str
        Name of the design.
    truth : float
        The number asked for.
    n_observed, cases : int
        Units seen, and cases reviewed.
    cost : float
    number, lower, upper : float or None
        The answer and its interval.
    refusal : str or None
        Reason of a refusal, or ``"fault: ..."`` with the kind of error.
    """

    world: int
    design: str
    truth: float
    n_observed: int
    cases: int
    cost: float
    number: float | None = None
    lower: float | None = None
    upper: float | None = None
    refusal: str | None = None


def is_fault(refusal: str | None) -> bool:
    """Whether an analysis stopped with a fault of the program, which says nothing about the plan.

    Examples
    --------
    >>> is_fault("fault: TypeError"), is_fault("no-overlap")
    (True, False)
    """
    return refusal is not None and refusal.startswith(_FAULT)


def answers_of_world(plan: Plan, number: int) -> tuple[Answered, ...]:
    """What does every design say of one world? It depends on the plan and the number of the world only.

    Parameters
    ----------
    plan : Plan
    number : int
        From 0.

    Returns
    -------
    tuple of Answered
        One for each design; all look at the same events.
    """
    pair, twin = divmod(number, 2)
    settings = draw_settings(plan, _generator(plan, pair, 0))
    world = draw_world(settings, _generator(plan, pair, 1 + twin), period_days=longest_window(plan))
    return tuple(_answered(plan, design, world, number) for design in designs_of(plan))


def _generator(plan: Plan, pair: int, part: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(plan.plan.seed, spawn_key=(pair, part)))


def _answered(plan: Plan, design: Design, world: PlanWorld, number: int) -> Answered:
    names = [s.name for s in plan.service]
    services = tuple(names.index(name) for name in design.services)
    events = world.recorded(
        window_days=design.window_days,
        services=services,
        detection_factor=design.detection_factor,
        at_most=most_cases(plan, design),
    )
    entity = world.address[events] if plan.analysis.entity == "address" else world.people(events)
    try:
        result = _result(plan, design, entity, world.days[events], world.service[events], services)
        refusal = result.reason.value if isinstance(result, NotEstimable) else None
    except Exception as fault:  # a method that stops must show in the result, not end the plan
        result, refusal = None, f"{_FAULT}{type(fault).__name__}"
    value, interval = _value(result)
    return Answered(
        world=number,
        design=design.name,
        truth=world.truth(plan.analysis.estimand, window_days=design.window_days, services=services),
        n_observed=int(np.unique(entity).size),
        cases=int(events.size),
        cost=cost_before_cases(plan, design) + plan.costs.per_case * events.size,
        number=value,
        lower=None if interval is None else interval.lower,
        upper=None if interval is None or not math.isfinite(interval.upper) else interval.upper,
        refusal=refusal,
    )


def _value(result: PopulationEstimate | LaggedEstimate | NotEstimable | None) -> tuple[float | None, Interval | None]:
    if isinstance(result, LaggedEstimate):
        return result.n_active, result.interval
    if isinstance(result, PopulationEstimate):
        return result.n_total, result.interval
    return None, None


def _result(
    plan: Plan, design: Design, entity: Ints, days: NDArray[np.float64], service: Ints, services: tuple[int, ...]
) -> PopulationEstimate | LaggedEstimate | NotEstimable:
    level, kind = plan.analysis.level, design.table
    if kind == "lagged":
        return active_sources(entity, days, level=level)
    if kind == "lists":
        table = lists_table(entity, service, services, labels=design.services)
    elif kind == "halves":
        table = halves_table(entity, days, window_days=design.window_days)
    else:
        table = weeks_table(entity, days, window_days=design.window_days, occasion_days=plan.analysis.occasion_days)
    return estimate(design.method, table, level=level)


def lists_table(entity: Ints, service: Ints, services: tuple[int, ...], *, labels: tuple[str, ...]) -> CaptureTable:
    """Who stands on which service's list?

    Examples
    --------
    >>> table = lists_table(np.array([7, 7, 8]), np.array([0, 1, 1]), (0, 1), labels=("A", "B"))
    >>> table.frequencies, table.occasion_totals
    ((1, 1), (1, 2))
    """
    unit, row = np.unique(entity, return_inverse=True)
    histories = np.zeros((unit.size, len(services)), dtype=np.uint8)
    column = {k: j for j, k in enumerate(services)}
    histories[row, [column[int(k)] for k in service]] = 1
    return CaptureTable.from_histories(histories, labels=labels)


def halves_table(entity: Ints, days: NDArray[np.float64], *, window_days: float) -> CaptureTable:
    """Who was seen in the first half of the window, and who in the second?

    Examples
    --------
    >>> halves_table(np.array([7, 7, 8]), np.array([1.0, 9.0, 9.5]), window_days=10).occasion_totals
    (1, 2)
    """
    unit, row = np.unique(entity, return_inverse=True)
    histories = np.zeros((unit.size, 2), dtype=np.uint8)
    histories[row, (days >= window_days / 2).astype(np.int64)] = 1
    return CaptureTable.from_histories(histories, ordered=True)


def weeks_table(entity: Ints, days: NDArray[np.float64], *, window_days: float, occasion_days: float) -> CaptureTable:
    """In how many occasions was each unit seen? Days that fill no whole occasion at the end are left out.

    Examples
    --------
    >>> seen = weeks_table(np.array([7, 7, 8]), np.array([1.0, 9.0, 9.5]), window_days=14, occasion_days=7)
    >>> seen.frequencies, seen.halves.n_both
    ((1, 1), 1)
    """
    occasions = int(window_days // occasion_days)
    kept = days < occasions * occasion_days
    unit, row = np.unique(entity[kept], return_inverse=True)
    pairs = np.unique(row * occasions + (days[kept] // occasion_days).astype(np.int64))
    row, week = np.divmod(pairs, occasions)
    captures = np.bincount(row, minlength=unit.size)
    first = week[np.concatenate([[True], row[1:] != row[:-1]])] if row.size else week
    early = np.zeros(unit.size, dtype=bool)
    late = np.zeros(unit.size, dtype=bool)
    early[row[week < occasions // 2]] = True
    late[row[week >= occasions // 2]] = True
    n1, n2, m = int(early.sum()), int(late.sum()), int((early & late).sum())
    return CaptureTable(
        frequencies=tuple(int(f) for f in np.bincount(captures, minlength=occasions + 1)[1:]),
        n_occasions=occasions,
        ordered=True,
        occasion_totals=tuple(int(x) for x in np.bincount(week, minlength=occasions)),
        first_captures=tuple(int(x) for x in np.bincount(first, minlength=occasions)),
        halves=TwoSamples(n1, n2, m),
    )
