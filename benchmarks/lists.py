"""Time the choice of dependence between lists, and its bootstrap, beside the R packages that do the same.

The peers' seconds (SparseMSE 2.0.1 and MultipleSystemsEstimation 1.2.0, on the same tables) were measured elsewhere and
stand in ``tests/reference/oracles``. They are wall time on a loaded machine, where CPU time was a half to a quarter of
it: the ratio printed takes the quarter, so that it is the least the difference can be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.panel import cpu
from benchmarks.peers import STEPWISE, beside

from darkfigure.estimate import Method, estimate
from darkfigure.estimate.lists import hierarchical_choice
from darkfigure.estimate.lists.resampled_choice import bic_choice, stepwise
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, SurvivalEstimate

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src" / "darkfigure" / "reference" / "data" / "capture-tables"
ORACLES = ROOT / "tests" / "reference" / "oracles"
CPU_OF_WALL = 0.25

UK = "uk_modern_slavery_5"
TASKS: tuple[tuple[str, str, str, Method, float], ...] = (
    ("stepwise + BCa, B = 1,000", UK, "UKdat_5.bca.0.02", stepwise(), 3.0),
    ("same, threshold 0.05", UK, "UKdat_5.bca.0.05", stepwise(threshold=0.05), 3.0),
    ("same, New Orleans", "new_orleans_5", "NewOrl_5.bca.0.02", stepwise(), 3.0),
    ("BIC over all models, UK", UK, "UKdat_5.bic0", bic_choice(interval="conditional"), 1.0),
    ("BIC + BCa, best 100, UK", UK, "UKdat_5.bic.b200", bic_choice(), 10.0),
    ("BIC + BCa, best 20, Kosovo", "kosovo", "Kosovo.bic.b1000", bic_choice(keep=20, replicates=1000), 10.0),
)
"""Name, table, entry that holds the peer's seconds, method, our bar in CPU seconds."""


def _searched_anew(method: Method, table: CaptureTable) -> PopulationEstimate | SurvivalEstimate | NotEstimable:
    """An answer that finds no search of an earlier call."""
    hierarchical_choice.forget_searches()
    return estimate(method, table)


def rows() -> Iterator[tuple[str, str]]:
    """Measure each task, and how many times longer the peer took at the least."""
    entries = {}
    for name in ("sparsemse", "multiplesystemsestimation"):
        entries |= {e["id"]: e for e in json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))}
    for name, file, entry, method, bar in TASKS:
        table = read_capture_table(TABLES / f"{file}.csv")
        result = estimate(method, table)
        answer = f"refused: {result.reason.value}" if isinstance(result, NotEstimable) else "answered"
        ours = cpu(lambda: _searched_anew(method, table), repeats=2)  # noqa: B023
        held = "held" if ours <= bar else "missed"
        theirs = entries[entry]["seconds"]
        yield (
            name,
            f"{ours:.2f} s CPU ({answer}; bar {bar:g} s {held}); peer measured elsewhere: {theirs:.0f} s wall, at "
            f"least {theirs * CPU_OF_WALL / ours:.0f} x ours"
            + (beside(STEPWISE, table, ours) if entry.endswith(".bca.0.02") else ""),
        )
