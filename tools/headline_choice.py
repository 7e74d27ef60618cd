"""Which estimator recovers the true number of addresses in use? Compares the panel on synthetic worlds.

Run from the repository root; prints the Markdown table of ``docs/methods/headline-choice.md``:

    python tools/headline_choice.py --worlds 40 --first-seed 1
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from darkfigure.estimate import estimate
from darkfigure.histories.tables import capture_tables
from darkfigure.histories.windows import Window, WindowRules
from darkfigure.intake.addresses import SYNTHETIC_SPACE, CanonicalAddress, canonical_address
from darkfigure.linkage.sightings import SelectionRules, select_sightings
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate
from darkfigure.records.restricted import IpEventTable, ReportTable, TimeSource
from darkfigure.synth.delegation_file import simulate_delegations
from darkfigure.synth.report_model import SyntheticReport
from darkfigure.synth.report_process import ReportWorld, simulate_reports

METHODS = (
    "lincoln-petersen", "chapman", "chao", "chao-bc", "zelterman", "M0", "Mt",
    "Mth-chao", "Mth-poisson2", "Mth-darroch", "Mth-gamma3.5",
)  # fmt: skip
ENDS = (*(date(year, 12, 31) for year in range(2014, 2018)), date(2016, 3, 31), date(2017, 3, 31))
"""The windows the study reports, and two that end while addresses come into use and are therefore less closed."""

PERIOD = (date(2010, 1, 1), date(2017, 12, 31))


def observe(world: ReportWorld, *, seed: int) -> tuple[ReportTable, IpEventTable]:
    """What do the intake tables of a world hold, made in memory rather than through files?"""
    reports = world.reports
    services = sorted({r.service for r in reports})
    number = {name: i for i, name in enumerate(services)}
    table = ReportTable(
        report_key=np.array([f"{r.report_id}".encode() for r in reports], dtype="S32"),
        received=np.array([r.received for r in reports], dtype=np.int64),
        incident=np.array([r.incident for r in reports], dtype=np.int64),
        incident_type=np.array([r.incident_type for r in reports], dtype=np.int8),
        service=np.array([number[r.service] for r in reports], dtype=np.int16),
        services=tuple(services),
        bundle_key=np.array([b"" if r.bundle_id is None else f"{r.bundle_id}".encode() for r in reports], dtype="S32"),
        batched=np.array([r.batched for r in reports], dtype=np.int8),
        escalated=np.array([r.escalated for r in reports], dtype=np.int8),
        has_text=np.array([bool(r.text) for r in reports]),
        source_index=np.zeros(len(reports), dtype=np.int16),
        sources=("synthetic",),
    )
    return table, _events(reports, seed)


def _events(reports: Sequence[SyntheticReport], seed: int) -> IpEventTable:
    rows = list(_event_rows(reports))
    numbers = np.array([a.number for _, a, *_ in rows], dtype=np.int64)
    delegated = simulate_delegations(seed=seed)
    block = np.maximum(np.searchsorted(delegated.start, numbers, side="right") - 1, 0)
    inside = (numbers >= delegated.start[block]) & (numbers < (delegated.start + delegated.size)[block])
    column = list(zip(*rows, strict=True))
    return IpEventTable(
        report=np.array(column[0], dtype=np.int32),
        address_key=np.array([a.packed.hex().encode() for a in column[1]], dtype="S32"),
        family=np.array([a.family for a in column[1]], dtype=np.int8),
        space=np.array([a.space for a in column[1]], dtype=np.int8),
        role=np.array(column[2], dtype=np.int8),
        event=np.array(column[3], dtype=np.int8),
        time=np.array(column[4], dtype=np.int64),
        time_source=np.array(column[5], dtype=np.int8),
        zone_stated=np.array(column[6], dtype=np.bool_),
        proxy=np.array(column[7], dtype=np.int8),
        country=np.where(inside, delegated.country[block], b"ZZ").astype("S2"),
    )


def _event_rows(
    reports: Sequence[SyntheticReport],
) -> Iterator[tuple[int, CanonicalAddress, int, int, int, int, bool, int]]:
    for row, report in enumerate(reports):
        for c in report.captures:
            address = canonical_address(c.address, synthetic_space=SYNTHETIC_SPACE)
            if isinstance(address, CanonicalAddress):
                own = c.time is not None
                source = TimeSource.CAPTURE if own else TimeSource.INCIDENT
                when = c.time if c.time is not None else report.incident
                yield row, address, c.role, c.event, when, source, c.zone_stated, c.proxy


def window_tables(
    reports: ReportTable, events: IpEventTable, *, ends: Sequence[date] = ENDS, collapse_hours: float = 24.0
) -> dict[date, CaptureTable]:
    """What was captured in the 365 days to each day?"""
    selection = SelectionRules(
        country="PH", period_start=PERIOD[0], period_end=PERIOD[1], collapse_bundle_hours=collapse_hours
    )
    rules = WindowRules(period_start=PERIOD[0], period_end=PERIOD[1])
    sightings = select_sightings(reports, events, rules=selection)
    windows = [Window(end, rules.window_days) for end in ends]
    return {t.window.end: t.table for t in capture_tables(sightings, windows, rules=rules)}


@dataclass(frozen=True, slots=True)
class Recovery:
    """How one method did in one window of one world."""

    relative_error: float
    covered: bool
    half_width: float


Recoveries = dict[tuple[str, date], Recovery | None]


def recoveries(seed: int, *, size: Literal["full", "small"], collapse_hours: float = 24.0) -> Recoveries:
    """How does every method do in each window of one world? ``None`` where it refuses."""
    world = simulate_reports(seed=seed, size=size)
    tables = window_tables(*observe(world, seed=seed), collapse_hours=collapse_hours)
    found: Recoveries = {}
    for end, table in tables.items():
        truth = world.truth["windows"][end.isoformat()]
        for method in METHODS:
            result = estimate(method, table)
            i = result.interval if isinstance(result, PopulationEstimate) else None
            found[method, end] = (
                Recovery(result.n_total / truth - 1, i.lower <= truth <= i.upper, (i.upper - i.lower) / 2 / truth)
                if isinstance(result, PopulationEstimate) and i is not None
                else None
            )
    return found


def summary(worlds: Sequence[Recoveries]) -> str:
    """Bias, spread, coverage and width of every method over worlds, as a Markdown table."""
    lines = [
        "| window ends | method | worlds answered | mean error | spread (sd) | 95% interval covers | half width |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    grouped: dict[tuple[str, date], list[Recovery | None]] = defaultdict(list)
    for world in worlds:
        for key, value in world.items():
            grouped[key].append(value)
    lines += [_line(method, end, grouped[method, end]) for end in ENDS for method in METHODS]
    return "\n".join(lines)


def _line(method: str, end: date, values: Sequence[Recovery | None]) -> str:
    done = [v for v in values if v is not None]
    head = f"| {end.isoformat()} | {method} | {len(done)} of {len(values)} |"
    if not done:
        return f"{head} refused | | | |"
    errors = np.array([v.relative_error for v in done])
    covered = np.mean([v.covered for v in done])
    width = np.mean([v.half_width for v in done])
    return f"{head} {errors.mean():+.2%} | {errors.std(ddof=min(1, len(done) - 1)):.2%} | {covered:.0%} | {width:.2%} |"


def main() -> None:
    """Run the comparison and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=24)
    parser.add_argument("--first-seed", type=int, default=1001)
    parser.add_argument("--size", choices=("full", "small"), default="full")
    parser.add_argument("--collapse-hours", type=float, default=72.0)
    options = parser.parse_args()
    begun = time.perf_counter()
    seeds = range(options.first_seed, options.first_seed + options.worlds)
    worlds = [recoveries(seed, size=options.size, collapse_hours=options.collapse_hours) for seed in seeds]
    print(summary(worlds))
    print(f"\n{len(worlds)} worlds, seeds {seeds.start} to {seeds.stop - 1}, {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
