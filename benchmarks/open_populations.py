"""Time the open-population models, the peer's CPU seconds beside ours.

Times of the peer (an R package) were measured elsewhere with scripts of our own; they stand in
``tests/reference/oracles/speed.json`` and say only of which order the difference is.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from darkfigure.estimate import answer
from darkfigure.estimate.open_populations.cormack_jolly_seber import cjs
from darkfigure.estimate.open_populations.super_population import jolly_seber, popan
from darkfigure.records.aggregate import CaptureTable

ROOT = Path(__file__).parents[1]
PEER = ROOT / "tests" / "reference" / "oracles" / "speed.json"
DIPPER = ROOT / "src/darkfigure/reference/data/capture-tables/dipper.csv"
SIDE_BY_SIDE = {"marked_dipper_dot": ("~ 1", "~ 1"), "marked_dipper_time": ("~ time", "~ time")}
"""Record of the peer's times, and the formulas of the same model."""


def dipper() -> CaptureTable:
    """The dippers of Lebreton et al. (1992), both sexes together."""
    with DIPPER.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    histories = np.array([[int(x) for x in line["history"]] for line in lines])
    return CaptureTable.from_histories(histories, [int(line["count"]) for line in lines], ordered=True)


def year_of_comers_and_goers(*, units: int = 20_000, weeks: int = 52, seed: int = 1) -> CaptureTable:
    """Units that enter at any week, stay with a chance of 0.92 and are seen with a chance of 0.3."""
    rng = np.random.default_rng(seed)
    entered, present = rng.integers(0, weeks, units), np.zeros(units, dtype=bool)
    seen = np.zeros((units, weeks), dtype=np.uint8)
    for week in range(weeks):
        present = (present & (rng.random(units) < 0.92)) | (entered == week)
        seen[:, week] = present & (rng.random(units) < 0.3)
    return CaptureTable.from_histories(seen[seen.any(axis=1)], ordered=True)


def cpu(run: Callable[[], object], *, repeats: int) -> float:
    """CPU seconds of the fastest of several runs."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return min(taken)


def rows() -> Iterator[tuple[str, str]]:
    """Measure the models of the dippers beside the peer, and a year of weeks."""
    peer, table = json.loads(PEER.read_text(encoding="utf-8")), dipper()
    for record, (phi, p) in SIDE_BY_SIDE.items():
        method = cjs(phi, p)
        ours = cpu(lambda: answer(method, table), repeats=5)  # noqa: B023
        theirs = peer[record]["median_cpu"]
        yield (
            f"cjs Phi({phi}) p({p}), dipper",
            f"{ours:.4f} s CPU; peer measured elsewhere: {theirs:.3f} s CPU ({theirs / ours:.0f} x)",
        )
    year = year_of_comers_and_goers()
    for label, method in (
        ("cjs Phi(t) p(t)", cjs("~ time", "~ time")),
        ("popan Phi(.) p(.) pent(t) with its profile interval", popan()),
        ("jolly-seber with its profile interval", jolly_seber()),
    ):
        taken = cpu(lambda: answer(method, year), repeats=1)  # noqa: B023
        yield f"{label}, t = 52, {year.n_observed:,} units", f"{taken:.2f} s CPU"
