"""Which verdict on closure do simulated worlds get, and how wrong is the estimate there? Prints a Markdown table.

Run from the repository root; prints the table of ``docs/methods/closure.md``:

    python tools/closure_verdicts.py --worlds 50 --sources 5000
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import estimate
from darkfigure.estimate.lagged.worlds import LeaseWorld
from darkfigure.histories import Window, WindowRules, capture_tables
from darkfigure.prevalence.closure import ClosureLimits, judge_window
from darkfigure.records.aggregate import PopulationEstimate
from darkfigure.records.restricted import Sightings

END = date(2017, 12, 31)
WINDOW = Window(END, 365)
RULES = WindowRules(period_start=date(2017, 1, 1), period_end=END)
EVENTS_A_YEAR, REPORTED = 12.0, 0.25
Draw = tuple[NDArray[np.int64], NDArray[np.float64], int]
"""Address of each sighting, its day, and how many addresses were used, seen or not."""


def leases(seed: int, *, sources: int, **world: object) -> Draw:
    """Every event uses an address; a quarter of the events is reported."""
    draw = LeaseWorld(n_sources=sources, sightings_a_year=EVENTS_A_YEAR, **world).draw(seed=seed)  # type: ignore[arg-type]
    kept = np.random.default_rng([seed, 7]).random(draw.entity.size) < REPORTED
    return draw.entity[kept], draw.days[kept], int(np.unique(draw.entity).size)


def bursts(seed: int, *, sources: int, a_year: float, size: float, delay: float) -> Draw:
    """Addresses that never change; every reported event is reported several times."""
    world = LeaseWorld(n_sources=sources, sightings_a_year=a_year * size, lease="static", burst_size=size,
                       burst_days=delay)  # fmt: skip
    draw = world.draw(seed=seed)
    return draw.entity, draw.days, sources


def stays(seed: int, *, sources: int, begin: Callable[..., NDArray[np.float64]] | None, share: float) -> Draw:
    """Addresses of which a share comes into use (or, mirrored, goes out of use) within the year."""
    rng = np.random.default_rng([seed, 3])
    new = round(sources * share)
    start = np.concatenate([np.zeros(sources - new), begin(rng, new) if begin else rng.uniform(0, 365, new)])
    live = np.maximum(365 - start, 0.0)
    events = np.repeat(np.arange(sources), rng.poisson(EVENTS_A_YEAR * live / 365))
    days = start[events] + rng.random(events.size) * live[events]
    kept = rng.random(events.size) < REPORTED
    return events[kept], days[kept], int(np.unique(events).size)


def departing(seed: int, *, sources: int, share: float) -> Draw:
    """The mirror image of arrivals spread over the year."""
    entity, days, used = stays(seed, sources=sources, begin=None, share=share)
    return entity, 364.999 - days, used


def _early(rng: np.random.Generator, many: int) -> NDArray[np.float64]:
    return rng.exponential(28.0, many)


def _late(rng: np.random.Generator, many: int) -> NDArray[np.float64]:
    return rng.uniform(273, 365, many)


def worlds(sources: int) -> Iterator[tuple[str, Callable[[int], Draw]]]:
    """Every world by its name."""
    lease = partial(leases, sources=sources)
    yield "static", partial(lease, lease="static")
    yield "static, unequal activity (CV^2 1)", partial(lease, lease="static", activity="gamma")
    yield "static, reporting grows fivefold", partial(lease, lease="static", effort="growing")
    yield "static, reporting seasonal", partial(lease, lease="static", effort="seasonal")
    for days in (1, 7, 30, 90, 180, 365, 730, 1460):
        yield f"leases of {days} days, exponential", partial(lease, lease="exponential", lease_days=float(days))
    for days in (1, 7, 30, 180):
        yield f"leases of {days} days, fixed", partial(lease, lease="fixed", lease_days=float(days))
    yield "leases of 1 or 180 days, half each", partial(lease, lease="mixed", lease_days=180.0)
    yield (
        "leases of 30 days, half behind shared addresses",
        partial(lease, lease="exponential", lease_days=30.0, shared_share=0.5),
    )
    yield "sources stay 365 days", partial(lease, lease="static", career_days=365.0)
    yield "half as many again, early in the year", partial(stays, sources=sources, begin=_early, share=1 / 3)
    yield "three times as many, early in the year", partial(stays, sources=sources, begin=_early, share=2 / 3)
    yield "half as many again, evenly", partial(stays, sources=sources, begin=None, share=1 / 3)
    yield "half as many again, in the last quarter", partial(stays, sources=sources, begin=_late, share=1 / 3)
    yield "a third leaves, evenly", partial(departing, sources=sources, share=1 / 3)
    for size, delay in ((4.0, 0.02), (4.0, 1.0), (4.0, 5.0), (4.0, 10.0)):
        yield (
            f"reported 4 times within {delay:g} days",
            partial(bursts, sources=sources, a_year=3.0, size=size, delay=delay),
        )
    yield "seldom seen, reported twice within 5 days", partial(bursts, sources=sources, a_year=0.5, size=2.0, delay=5.0)


def one(draw: Draw) -> tuple[str, float, float]:
    """Verdict on one world, and Chapman and Chao over the addresses used."""
    entity, days, used = draw
    kept = (days >= 0) & (days < 365)
    numbers, entity = np.unique(entity[kept], return_inverse=True)
    seen = Sightings(
        entity=entity.astype(np.int32),
        day=(np.floor(days[kept]) + WINDOW.start_day).astype(np.int32),
        service=np.zeros(entity.size, dtype=np.int16),
        services=("Service A",),
        n_entities=numbers.size,
    )
    table = capture_tables(seen, [WINDOW], rules=RULES)[0].table
    found = judge_window(seen, WINDOW, limits=ClosureLimits())
    results = [estimate(name, table) for name in ("chapman", "chao-bc")]
    chapman, chao = (r.n_total / used if isinstance(r, PopulationEstimate) else np.nan for r in results)
    return found.verdict.value, chapman, chao


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--sources", type=int, default=5000)
    parser.add_argument("--first-seed", type=int, default=5001)
    asked = parser.parse_args()
    print("| world | Chapman over truth | Chao over truth | closed enough | churning | clustered | cannot tell |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, draw in worlds(asked.sources):
        found = [one(draw(asked.first_seed + i)) for i in range(asked.worlds)]
        verdicts = Counter(verdict for verdict, *_ in found)
        shares = (f"{verdicts[v]}" for v in ("closed enough", "churning", "clustered", "cannot tell"))
        middle = (np.nanmedian([f[i] for f in found]) for i in (1, 2))
        print(f"| {name} | {' | '.join(f'{m:.2f}' for m in middle)} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
