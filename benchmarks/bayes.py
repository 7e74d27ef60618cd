"""Time the Bayesian estimators and set the peers' CPU seconds beside ours.

Times of the peers (R packages) were measured elsewhere with scripts of our own; they stand in
``tests/reference/oracles/speed.json`` and ``lcmcr_dga.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.panel import cpu
from benchmarks.peers import CLASSES, GRAPHS, beside

from darkfigure.estimate import cells, estimate
from darkfigure.estimate.bayes import decomposable_graphs, latent_classes, posterior_of_missing
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, NotEstimable

ROOT = Path(__file__).parents[1]
ORACLES = ROOT / "tests" / "reference" / "oracles"
TABLES = ROOT / "src" / "darkfigure" / "reference" / "data" / "capture-tables"


def rows() -> Iterator[tuple[str, str]]:
    """Graph averaging on grids as long as the peer's, and latent classes with as many draws as the peer."""
    speed = json.loads((ORACLES / "speed.json").read_text(encoding="utf-8"))
    runs = {e["id"]: e for e in json.loads((ORACLES / "lcmcr_dga.json").read_text(encoding="utf-8"))}
    uk = read_capture_table(TABLES / "uk_modern_slavery_5.csv")
    kosovo = read_capture_table(TABLES / "kosovo.csv")
    yield _grid(uk, 40_000, speed["dga_5lists_40000"]["median_cpu"], "s CPU")
    yield _grid(uk, 150_000, runs["UKdat_5.dga.150000"]["seconds"], "s wall")
    taken = cpu(lambda: estimate(decomposable_graphs(), uk))
    yield "dga, 5 lists, whole answer", f"{taken:.2f} s CPU, three prior weights and growing grids"
    yield _latent(
        kosovo, speed["lcmcr_kosovo_10000_thin10"]["median_cpu"], runs["kosovo.lcmcr.10000"]["results"]["lag1"]
    )


def _grid(table: CaptureTable, last: int, peer: float, unit: str) -> tuple[str, str]:
    assert table.cells is not None
    counts, grid = cells.full_counts(table.cells), np.arange(1, last + 1)
    taken = cpu(lambda: posterior_of_missing(counts, delta=2.0**-5, missing=grid))
    told = f"{taken:.2f} s CPU; peer measured elsewhere: {peer:.2f} {unit}, {peer / taken:.0f} x"
    told += beside(GRAPHS, table, taken) if last == 150_000 else ""
    return f"dga, 822 graphs, {last:,}", told


def _latent(table: CaptureTable, peer: float, lag1: float) -> tuple[str, str]:
    result = estimate(latent_classes(), table)
    if isinstance(result, NotEstimable):
        return "lcmcr, 10,000 draws", f"refused: {result.reason.value}"
    taken = cpu(lambda: estimate(latent_classes(), table))
    worth, theirs = result.diagnostics["effective_draws_bulk"], 10_000 * (1 - lag1) / (1 + lag1)
    return (
        "lcmcr, 10,000 draws",
        f"{taken:.2f} s CPU, worth {worth:.0f}; peer measured elsewhere: {peer:.2f} s CPU, worth at most {theirs:.0f} "
        f"(first-order autocorrelation); {peer / taken:.1f} x as fast, {peer / theirs * worth / taken:.1f} x a draw"
        + beside(CLASSES, table, taken),
    )
