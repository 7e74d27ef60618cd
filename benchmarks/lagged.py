"""Time lagged identification: pair counts over ten million sightings, and a whole answer with its bootstrap."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator

import numpy as np

from darkfigure.estimate.lagged import LeaseWorld, active_sources
from darkfigure.estimate.lagged.curve_choice import lag_edges
from darkfigure.estimate.lagged.pair_counts import count_pairs

PAIR_SIGHTINGS, ANSWER_SIGHTINGS = 10_000_000, 200_000
BAR_PAIRS, BAR_GIGABYTES, BAR_ANSWER = 30.0, 2.0, 20.0


def rows() -> Iterator[tuple[str, str]]:
    """What was measured, and the result with its bar."""
    began = time.process_time()
    count_pairs(*_many(PAIR_SIGHTINGS), edges=lag_edges(1000.0, 0.0))
    taken = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    yield f"pair counts, {PAIR_SIGHTINGS:,} sightings", f"{taken:.1f} s CPU (bar {BAR_PAIRS:.0f})"
    yield "most memory so far, with the sightings", f"{peak:.2f} GB (bar {BAR_GIGABYTES:.0f})"
    world = LeaseWorld(n_sources=20_000, sightings_a_year=10.0, lease_days=14.0, shared_share=0.2).draw(seed=1)
    began = time.process_time()
    active_sources(world.entity, world.days, interval="bootstrap")
    taken = time.process_time() - began
    yield f"answer with bootstrap, {world.entity.size:,} sightings", f"{taken:.1f} s CPU (bar {BAR_ANSWER:.0f})"


def _many(
    sightings: int,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Identifiers of very unequal use over a thousand days."""
    rng = np.random.default_rng(1)
    entity = np.minimum(rng.pareto(0.9, sightings) * sightings / 40, 2**31).astype(np.int64)
    return entity, rng.uniform(0.0, 1000.0, sightings)


if __name__ == "__main__":
    for what, result in rows():
        sys.stdout.write(f"{what}: {result}\n")
