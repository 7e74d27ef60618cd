"""Time all windows against one plain scan and distinct count of the same sightings.

Run with ``python -m benchmarks.windows [rows ...]``. Prints one line a size. The bars are ratios, since times differ
between machines: all windows together take at most 15 times as long as reading the rows from a binary file and counting
their distinct (address, week) pairs once, and at most 40 bytes a row of memory above the rows themselves.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from darkfigure.histories import WindowRules, capture_tables, plan_windows
from darkfigure.histories.sweep import pack_keys
from darkfigure.records.restricted import Sightings

START = date(2010, 1, 1)
DAYS = 1_526
BAR_SCAN = 15.0
BAR_BYTES = 40.0
BARS_FROM = 1_000_000
"""Below it the fixed costs of a call and of a block count more than the rows."""

SIZES = (100_000, 1_000_000, 4_000_000)


def heavy_tailed(rows: int, *, seed: int) -> Sightings:
    """Sightings in which most addresses are seen once and a few very often."""
    rng = np.random.default_rng(seed)
    entity = np.minimum(rng.pareto(0.6, rows) * rows / 40, 2**31 - 2).astype(np.int64)
    _, entity = np.unique(entity, return_inverse=True)
    day = (START - date(1970, 1, 1)).days + rng.integers(0, DAYS, rows)
    return Sightings(
        entity=entity.astype(np.int32), day=day.astype(np.int32), service=np.zeros(rows, dtype=np.int16),
        services=("Service A",), n_entities=int(entity.max()) + 1,
    )  # fmt: skip


def best_of(repeats: int, run: Callable[[], object]) -> float:
    """Shortest of several runs, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def scan_and_count(path: Path) -> tuple[int, int, int, int]:
    """Read the same columns from a binary file, add them up, and count the distinct (address, week) pairs once."""
    columns = np.load(path)
    keys = pack_keys(columns[0], (columns[1] - columns[1].min()) // 7)
    keys.sort()
    return int(columns.sum()), int(columns.max()), keys.size, int(np.count_nonzero(keys[1:] != keys[:-1])) + 1


def measure(rows: int) -> bool:
    """Print one line; tell whether the bars hold."""
    rules = WindowRules(period_start=START, period_end=START + timedelta(days=DAYS - 1), year_ends=False)
    windows = plan_windows(rules)
    sightings = heavy_tailed(rows, seed=7)
    sweep = best_of(3, lambda: capture_tables(sightings, windows, rules=rules))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sightings.npy"
        np.save(path, np.stack([sightings.entity, sightings.day]))
        scan = best_of(3, lambda: scan_and_count(path))
    tracemalloc.start()
    capture_tables(sightings, windows, rules=rules)
    peak = tracemalloc.get_traced_memory()[1] / rows
    tracemalloc.stop()
    note = "" if rows >= BARS_FROM else "; bars apply to more rows"
    print(
        f"{rows:>12,} rows, {len(windows)} windows: {sweep:7.3f} s = {sweep / scan:5.2f} x one scan and distinct count "
        f"(bar {BAR_SCAN:.0f}); {peak:5.1f} bytes a row (bar {BAR_BYTES:.0f}){note}"
    )
    return rows < BARS_FROM or (sweep <= BAR_SCAN * scan and peak <= BAR_BYTES)


def main() -> int:
    """Measure the sizes given, or the default ones; 1 when a bar is missed."""
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    held = [measure(rows) for rows in sizes]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
