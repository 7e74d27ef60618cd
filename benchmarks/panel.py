"""Time the estimators on one year of weeks, and set the peer's CPU seconds beside ours.

Times of the peer (an R package) were measured elsewhere, on another table of the same size, with scripts of our own;
they stand in ``tests/reference/oracles/speed.json`` and say only of which order the difference is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from darkfigure.estimate import estimate
from darkfigure.records.aggregate import CaptureTable, NotEstimable, TwoSamples
from darkfigure.study.spec import PrevalenceSection

ROOT = Path(__file__).parents[1]
PEER = ROOT / "tests" / "reference" / "oracles" / "speed.json"
UNIT = "Mh-chao"
SIDE_BY_SIDE = {
    "closedpCI.0_t52_M0": "M0",
    "closedpCI.0_t52_Mh_Chao": "Mh-chao",
    "closedpCI.0_t52_Mh_Poisson": "Mh-poisson2",
    "closedpCI.0_t52_Mh_Darroch": "Mh-darroch",
    "closedpCI.0_t52_Mh_Gamma": "Mh-gamma3.5",
    "closedpCI.0_t52_Mh_Normal": "Mh-normal",
}
"""Record of the peer's times, and our method that answers the same question with the same kind of interval."""


def table_of_a_year(*, units: int = 50_000, weeks: int = 52, seed: int = 1) -> CaptureTable:
    """Frequencies and totals by occasion of units seen unequally often, as a window gives them."""
    rng = np.random.default_rng(seed)
    odds = np.exp(rng.normal(-4.2, 0.9, units))[:, None] * rng.uniform(0.7, 1.3, weeks)[None, :]
    seen = rng.random((units, weeks)) < odds / (1 + odds)
    captures = seen.sum(axis=1)
    frequencies = np.bincount(captures, minlength=weeks + 1)[1:]
    first, second = seen[:, : weeks // 2].any(axis=1), seen[:, weeks // 2 :].any(axis=1)
    return CaptureTable(
        frequencies=tuple(int(f) for f in frequencies),
        n_occasions=weeks,
        ordered=True,
        occasion_totals=tuple(int(n) for n in seen.sum(axis=0)),
        halves=TwoSamples(int(first.sum()), int(second.sum()), int((first & second).sum())),
    )


def cpu(run: Callable[[], object], *, repeats: int = 3) -> float:
    """CPU seconds of the fastest of several runs."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return min(taken)


def rows() -> Iterator[tuple[str, str]]:
    """Measure the whole panel against one profile interval, and each method beside its peer."""
    year = table_of_a_year()
    one = cpu(lambda: estimate(UNIT, year))
    names = PrevalenceSection().panel
    panel = cpu(lambda: [estimate(name, year) for name in names])
    yield (
        f"panel of {len(names)}, t = 52",
        f"{panel / one:.1f} x one {UNIT} with its profile interval ({one:.2f} s CPU)",
    )
    peer = json.loads(PEER.read_text(encoding="utf-8"))
    for record, name in SIDE_BY_SIDE.items():
        result = estimate(name, year)
        ours = cpu(lambda: estimate(name, year))  # noqa: B023
        answer = f"refused: {result.reason.value}" if isinstance(result, NotEstimable) else "answered"
        theirs = peer[record]["median_cpu"]
        yield f"{name}, t = 52", f"{ours:.3f} s CPU ({answer}); peer measured elsewhere: {theirs:.3f} s CPU"
