"""Which studies are compared? The design of the plan and its changes, one at a time, with what each costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from darkfigure.study.plan.plan_spec import Plan, TableKind, analysis_named, window_changes

BASE = "as planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One study that could be done.

    Parameters
    ----------
    name : str
        What it changes, in words; ``"as planned"`` for the design itself.
    kind : str
        ``"base"``, ``"window"``, ``"extra-list"``, ``"leave-out"``, ``"detection"`` or ``"analysis"``.
    window_days : int
        Length of the window, from day 0.
    services : tuple of str
        Whose records are used.
    table : str
        What the sightings are made into.
    method : str
        Name of the estimator; empty for lagged identification.
    detection_factor : float
        Every service finds so many times as many events, up to all.
    """

    name: str
    kind: str
    window_days: int
    services: tuple[str, ...]
    table: TableKind
    method: str
    detection_factor: float = 1.0


def designs_of(plan: Plan) -> tuple[Design, ...]:
    """The design as planned, then every change of it, in the order of the plan.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of Design
        A change that leaves fewer lists than the analysis needs is left out.
    """
    declared, changes = plan.design, plan.changes
    base = Design(
        name=BASE,
        kind="base",
        window_days=declared.window_days,
        services=declared.services,
        table=plan.analysis.table,
        method=plan.analysis.method,
    )
    others = tuple(s.name for s in plan.service if s.name not in declared.services)
    extra = others if changes.extra_services is None else changes.extra_services
    found = [base]
    found += [
        replace(base, name=f"window of {days} days", kind="window", window_days=days) for days in window_changes(plan)
    ]
    found += [
        replace(base, name=f"with {name}", kind="extra-list", services=(*base.services, name))
        for name in extra
        if name not in base.services
    ]
    fewest = 2 if plan.analysis.table == "lists" else 1
    found += [
        replace(base, name=f"without {name}", kind="leave-out", services=rest)
        for name in changes.leave_out
        if len(rest := tuple(s for s in base.services if s != name)) >= fewest and rest != base.services
    ]
    found += [
        replace(base, name=f"detection x {factor:g}", kind="detection", detection_factor=factor)
        for factor in changes.detection_factors
        if factor != 1
    ]
    for text in changes.analyses:
        table, method = analysis_named(text)
        if (table, method) != (base.table, base.method):
            changed = replace(base, name=f"analysis {text}", kind="analysis", method=method)
            found.append(replace(changed, table=cast("TableKind", table)))
    return tuple(found)


def cost_before_cases(plan: Plan, design: Design) -> float:
    """What a design costs before the first case is reviewed."""
    costs = plan.costs
    lists = sum(s.cost for s in plan.service if s.name in design.services)
    return costs.fixed + lists + costs.per_day * design.window_days


def most_cases(plan: Plan, design: Design) -> int | None:
    """Cases that the budget lets be reviewed, when a plan says to review no more; else ``None``."""
    costs = plan.costs
    if costs.when_over != "sample" or costs.budget is None:
        return None
    return max(0, int((costs.budget - cost_before_cases(plan, design)) // costs.per_case))
