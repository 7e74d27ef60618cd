"""Crime or reporting? How often the decomposition claims a rise of crime, in worlds where it did or did not rise.

Run from the repository root; writes ``docs/methods/crime-or-reporting-worlds.md``:

    python tools/reporting_grid.py --processes 2

``--keep FILE`` lets a stopped run resume. ``--quick`` runs one world a generator and prints the page; its numbers mean
nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from darkfigure.estimate.trend import ReportingDraw, ReportingWorld, decompose_sightings
from darkfigure.records.aggregate import NotEstimable

PAGE = Path(__file__).parents[1] / "docs" / "methods" / "crime-or-reporting-worlds.md"
SEED = 20_260_101
LEASES = (1.0, 7.0, 30.0, 180.0)
REPEATS = 5
Z = 1.959964
Job = tuple[int, int, int, int]
MOST_FALSE, LEAST_FOUND = 0.05, 0.60


@dataclass(frozen=True, slots=True)
class Generator:
    """A kind of world; ``inside`` when the assumptions of the decomposition hold in it."""

    title: str
    world: ReportingWorld
    inside: bool = True


_BASE = ReportingWorld()
GENERATORS = (
    Generator("Effort changes at the break", _BASE),
    Generator("Effort grows smoothly", replace(_BASE, growth="smooth")),
    Generator("A service joins (half as many reports again)", replace(_BASE, joining=0.5)),
    Generator("Unequal activity (CV 1)", replace(_BASE, activity_cv2=1.0)),
    Generator("Very unequal activity (CV 1.6)", replace(_BASE, activity_cv2=2.5)),
    Generator(
        "Effort differs by service; 4 in 5 sources use one", replace(_BASE, one_service=0.8, efforts=(1.4, 0.5, 1, 1))
    ),
    Generator("Sources come and go (200 days)", replace(_BASE, career_days=200.0)),
    Generator("Leases of fixed length", replace(_BASE, lease="fixed")),
    Generator("Leases a third as long later", replace(_BASE, later_lease_days=-3.0)),
    Generator("Addresses never change", replace(_BASE, lease="static")),
    Generator("Two reports an act", replace(_BASE, burst=2.0, sightings_a_period=12.0)),
    Generator("All at once", replace(_BASE, joining=0.3, activity_cv2=0.6, career_days=300.0, growth="smooth")),
    Generator("Outside: later reporting reaches new kinds of sources", replace(_BASE, hidden=0.5), inside=False),
    Generator("Outside: each source does twice as much", replace(_BASE, acts=2.0), inside=False),
)
SCENARIOS = (("Reporting doubled, crime flat", 1.0, 2.0), ("Crime doubled, reporting flat", 2.0, 1.0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one world led to."""

    generator: int
    scenario: int
    lease: int
    naive: bool
    capture: bool
    verdict: str
    held: bool
    sized: bool


def _world(generator: Generator, scenario: int, lease: float, rng: np.random.Generator) -> ReportingWorld:
    """The generator's world with sizes, rates and service shares drawn at random."""
    _, crime, effort = SCENARIOS[scenario]
    base = generator.world
    shares = rng.dirichlet((4.0, 3.0, 2.0, 2.0))
    later = lease / 3 if base.later_lease_days is not None else None
    return replace(
        base,
        n_sources=int(rng.integers(300, 901)),
        sightings_a_period=float(rng.uniform(4, 10)) * base.burst,
        shares=tuple(float(s) for s in shares),
        lease_days=lease,
        later_lease_days=later,
        crime=crime,
        effort=effort,
    )


def _chapman_log(draw: ReportingDraw, first: float, last: float) -> tuple[float, float]:
    """Log of Chapman's number of addresses on the halves of a period, and its variance."""
    middle = (first + last) / 2
    early = np.unique(draw.entity[(draw.days >= first) & (draw.days < middle)])
    late = np.unique(draw.entity[(draw.days >= middle) & (draw.days < last)])
    a, b, m = early.size, late.size, np.intersect1d(early, late).size
    n = (a + 1) * (b + 1) / (m + 1) - 1
    variance = (a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) ** 2 * (m + 2))
    return math.log(n), variance / n**2


def run(job: Job) -> Outcome:
    """One world: what the naive trend, the naive capture-recapture and the decomposition say."""
    g, s, lease, repeat = job
    rng = np.random.default_rng([SEED, g, s, lease, repeat])
    world = _world(GENERATORS[g], s, LEASES[lease], rng)
    draw = world.draw(seed=int(rng.integers(2**31)))
    before, after = int((draw.days < 365).sum()), int((draw.days >= 365).sum())
    naive = math.log(after / before) > Z * math.sqrt(1 / after + 1 / before)
    (x, v), (y, w) = _chapman_log(draw, 0, 365), _chapman_log(draw, 365, 730)
    found = decompose_sightings(draw.entity, draw.service, draw.days, earlier=(0, 365), later=(365, 730))
    if isinstance(found, NotEstimable):
        return Outcome(g, s, lease, naive, y - x > Z * math.sqrt(v + w), "cannot-tell", True, False)
    part = found.decomposition.part("sources")
    truth = world.crime
    return Outcome(
        g,
        s,
        lease,
        naive,
        y - x > Z * math.sqrt(v + w),
        found.decomposition.verdict,
        part.lower <= truth <= part.upper,
        part.lower > 0,
    )


def _share(rows: Sequence[bool]) -> str:
    return f"{sum(rows)} of {len(rows)}"


def _table(outcomes: Sequence[Outcome], scenario: int, indices: Sequence[int]) -> list[str]:
    lines = [
        "| worlds | counts rose | Chapman on addresses rose | decomposition: rose | fell | cannot tell | bounds hold "
        "the truth, where given |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for i in (*indices, -1):
        rows = [
            o for o in outcomes if o.scenario == scenario and (o.generator == i or (i < 0 and o.generator in indices))
        ]
        title = "**all**" if i < 0 else GENERATORS[i].title
        cells = [
            _share([o.naive for o in rows]),
            _share([o.capture for o in rows]),
            *(_share([o.verdict == v for o in rows]) for v in ("rose", "fell", "cannot-tell")),
            _share([o.held for o in rows if o.sized]),
        ]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def _by_lease(outcomes: Sequence[Outcome], inside: Sequence[int]) -> list[str]:
    lines = ["| mean lease | rise claimed, crime flat | rise found, crime doubled |", "| --- | --- | --- |"]
    for k, lease in enumerate(LEASES):
        cells = [
            _share(
                [o.verdict == "rose" for o in outcomes if o.lease == k and o.scenario == s and o.generator in inside]
            )
            for s in (0, 1)
        ]
        lines.append(f"| {lease:g} d | " + " | ".join(cells) + " |")
    return lines


def page(outcomes: Sequence[Outcome]) -> str:
    """The page in Markdown."""
    inside = [i for i, g in enumerate(GENERATORS) if g.inside]
    outside = [i for i, g in enumerate(GENERATORS) if not g.inside]
    false = [o.verdict == "rose" for o in outcomes if o.scenario == 0 and o.generator in inside]
    found = [o.verdict == "rose" for o in outcomes if o.scenario == 1 and o.generator in inside]
    naive = [o.naive for o in outcomes if o.scenario == 0 and o.generator in inside]
    lines = [
        "# Crime or reporting: simulated worlds",
        "",
        "Written by `tools/reporting_grid.py`; the method is explained in [crime-or-reporting](crime-or-reporting.md).",
        "",
        "Two periods of 365 days; 300 to 900 sources with 4 to 10 reported acts each in the earlier one; four services "
        "with random shares; leases of 1, 7, 30 and 180 days in turn (exponential unless the row says otherwise). No "
        "limit on reporting is declared. A rise is claimed when the 95% bounds on the factor of sources exclude 1.",
        "",
        f"- Reporting doubled, crime flat: a rise of crime is claimed in {_share(false)} worlds "
        f"({np.mean(false):.1%}; bar: at most {MOST_FALSE:.0%}). The counts rise in {_share(naive)}.",
        f"- Crime doubled, reporting flat: the rise is found in {_share(found)} worlds "
        f"({np.mean(found):.1%}; bar: at least {LEAST_FOUND:.0%}).",
        "",
    ]
    for s, (title, _, _) in enumerate(SCENARIOS):
        lines += [f"## {title}", "", *_table(outcomes, s, inside), ""]
    lines += ["## By lease", "", *_by_lease(outcomes, inside), ""]
    lines += [
        "## Where the assumptions fail",
        "",
        "In the first kind of world half of the sources were invisible to every service in the earlier period. In the "
        "second each source does twice as much in the later period, on top of the change named. Neither is counted "
        "above.",
        "",
    ]
    for s, (title, _, _) in enumerate(SCENARIOS):
        lines += [f"{title}:", "", *_table(outcomes, s, outside)[:-1], ""]
    return "\n".join(lines)


def _kept(path: Path | None) -> dict[Job, Outcome]:
    """Outcomes of worlds that an earlier run has finished."""
    if path is None or not path.exists():
        return {}
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {tuple(row["job"]): Outcome(**row["outcome"]) for row in rows}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the grid and write the page."""
    parser = argparse.ArgumentParser(description="Worlds in which crime or reporting changed.")
    parser.add_argument("--quick", action="store_true", help="one world a generator; print the page")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="file that finished worlds are added to, and read from to resume")
    options = parser.parse_args(arguments)
    leases, repeats = ((2,), 1) if options.quick else (tuple(range(len(LEASES))), REPEATS)
    jobs = [
        (g, s, lease, r) for r in range(repeats) for lease in leases for g in range(len(GENERATORS)) for s in (0, 1)
    ]
    done = _kept(options.keep)
    missing = [job for job in jobs if job not in done]
    with multiprocessing.Pool(options.processes) as pool:
        for job, outcome in zip(missing, pool.imap(run, missing), strict=True):
            done[job] = outcome
            if options.keep is not None:
                with options.keep.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({"job": job, "outcome": asdict(outcome)}) + "\n")
    text = page([done[job] for job in jobs])
    if options.quick:
        sys.stdout.write(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
