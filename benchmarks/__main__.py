"""Speed as ratios measured in one run, so that they can be compared between machines.

Run with ``make bench``, or ``python -m benchmarks``. ``python -m benchmarks.windows`` measures larger tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import bayes, closed, counts, lagged, lists, open_populations, panel, reading, windows

SIGHTINGS = 1_000_000


def main() -> int:
    """Print every measurement; 1 when a declared bar is missed."""
    print("All windows against one scan and distinct count of the same sightings")
    held = windows.measure(SIGHTINGS)
    _print("Reading the same reports in three shapes", reading.rows())
    _print("Estimating from one year of weeks", panel.rows())
    _print("All closed models at 52 and 365 occasions", closed.rows())
    _print("Bayesian estimators", bayes.rows())
    _print("One list, repeated counts", counts.rows())
    _print("Choosing which lists depend", lists.rows())
    _print("Open populations", open_populations.rows())
    _print("Sources behind changing identifiers", lagged.rows())
    print("\nall bars held" if held else "\na bar was missed")
    return 0 if held else 1


def _print(title: str, rows: Iterator[tuple[str, str]]) -> None:
    print(f"\n{title}")
    for name, told in rows:
        print(f"  {name:<26}{told}")


if __name__ == "__main__":
    raise SystemExit(main())
