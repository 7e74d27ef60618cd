"""What a plan takes for granted, as rows a reader can doubt one by one."""

from __future__ import annotations

from collections.abc import Iterator

from darkfigure.study.plan.plan_spec import Plan

_LEASES = {
    "exponential": "for random times",
    "fixed": "always as long",
    "mixed": "some sources for short, some for long",
    "static": "for good",
}


def assumed_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """What is every simulated world drawn from?

    Parameters
    ----------
    plan : Plan

    Yields
    ------
    tuple of str
        What it is, and its range in words; things the plan leaves out are named as absent, since that is a claim.

    Examples
    --------
    >>> from darkfigure.study.plan.plan_spec import plan_of
    >>> plan = plan_of({
    ...     "plan": {"id": "p", "title": "P", "date": "2026-01-31"}, "population": {"sources": [300, 900]},
    ...     "service": [{"name": n, "used_by": 0.5, "events_a_year": 4, "detection": [0.2, 0.4]} for n in "AB"],
    ...     "design": {"window_days": 365, "services": ["A", "B"]},
    ...     "analysis": {"table": "lists", "method": "chapman", "estimand": "sources-ever-active", "entity": "source"}})
    >>> dict(assumed_rows(plan))["sources active on the first day"]
    '300 to 900'
    """
    yield from _population(plan)
    if plan.analysis.entity == "address":
        yield from _addresses(plan)
    yield from _sightings(plan)
    for s in plan.service:
        used = "" if s.name in plan.design.services else " (not in the plan; tried as a change)"
        starts = f"; reports from day {s.first_day:g} on" if s.first_day > 0 else ""
        yield (
            f"{s.name}{used}",
            f"reaches {_share(s.used_by)} of the sources; {_number(s.events_a_year)} events a year of each; "
            f"{_share(s.detection)} of them found and reported{starts}",
        )


def _population(plan: Plan) -> Iterator[tuple[str, str]]:
    p = plan.population
    yield "sources active on the first day", _number(p.sources)
    grows = "the same all the time" if p.growth_a_year == (1.0, 1.0) else f"{_number(p.growth_a_year)} times"
    yield "sources a year later", grows
    stays = "all the time" if p.career_days is None else f"{_number(p.career_days)} days on average"
    yield "a source stays active", stays
    alike = "all alike" if p.activity_cv2 == (0.0, 0.0) else f"unequal, squared variation {_number(p.activity_cv2)}"
    yield "activity of the sources", alike


def _addresses(plan: Plan) -> Iterator[tuple[str, str]]:
    a = plan.addresses
    kept = ", or ".join(_LEASES[name] for name in a.lease)
    if any(name != "static" for name in a.lease):
        kept += f"; {_number(a.mean_days)} days on average"
    if "mixed" in a.lease:
        kept += f" for the slow, {_number(a.fast_days)} for the fast, who are {_share(a.fast_share)}"
    yield "an address is kept", kept
    shared = "nobody" if a.shared_share == (0.0, 0.0) else f"{_share(a.shared_share)} of the sources"
    pool = "" if shared == "nobody" else f", on {_number(a.shared_pool)} addresses"
    yield "behind shared addresses", shared + pool
    yield "addresses that the others are drawn from", _number(a.space)


def _sightings(plan: Plan) -> Iterator[tuple[str, str]]:
    s = plan.sightings
    tied = "not at all" if s.dependence == (0.0, 0.0) else f"with strength {_number(s.dependence)} of 1"
    yield "use of one service goes with use of another", tied
    bursts = "one" if s.burst_size == (1.0, 1.0) else f"{_number(s.burst_size)} on average"
    yield "records of one event", bursts
    if plan.analysis.entity == "source":
        missed = "none" if s.missed_matches == (0.0, 0.0) else _share(s.missed_matches)
        yield "records on one list that cannot be matched with others", missed


def _number(ends: tuple[float, float]) -> str:
    low, high = (f"{e:,.0f}" if e >= 1000 else f"{e:g}" for e in ends)
    return low if low == high else f"{low} to {high}"


def _share(ends: tuple[float, float]) -> str:
    low, high = (f"{100 * e:g}" for e in ends)
    return f"{low}%" if low == high else f"{low} to {high}%"
