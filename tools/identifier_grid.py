"""How far off is lagged identification, and what does it refuse? A declared grid of worlds whose sources are known.

Run from the repository root; writes ``docs/methods/identifiers.md``:

    python tools/identifier_grid.py --processes 2

``--keep FILE`` lets a stopped run of the same code resume. ``--quick`` runs one draw of a few worlds and prints the
page instead; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy

from darkfigure.estimate import CaptureTable, estimate
from darkfigure.estimate.lagged import LeaseWorld, active_sources
from darkfigure.estimate.lagged.worlds import WorldDraw
from darkfigure.records.aggregate import LaggedEstimate, PopulationEstimate

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "methods" / "identifiers.md"
SEED = 20_260_400
DRAWS = 50
LARGEST_BIAS, LOWEST, HIGHEST, LEAST_ACCEPTED, RARE = 0.10, 0.90, 0.98, 0.80, 0.025


@dataclass(frozen=True, slots=True)
class Case:
    """One world in words, and whether these data identify its sources."""

    words: str
    world: LeaseWorld
    identifiable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One draw: ratio to the truth, whether the interval holds it, or the reason of a refusal."""

    case: int
    ratio: float | None
    holds: bool
    reason: str
    chapman: float | None
    chao: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the draws of one world say together."""

    case: Case
    draws: int
    accepted: int
    bias: float | None
    coverage: float | None
    reasons: str
    chapman: float | None
    chao: float | None


def cases() -> tuple[Case, ...]:
    """Every world of the grid, in the order of the page."""
    made = []
    for share in (0.0, 0.2, 0.5):
        behind = "" if share == 0 else f", {share:.0%} behind 300 shared identifiers"
        for lease in ("exponential", "fixed"):
            for days in (1.0, 7.0, 30.0, 180.0):
                world = LeaseWorld(
                    lease=lease, lease_days=days, shared_share=share, sightings_a_year=8.0, n_sources=2000
                )
                made.append(Case(f"{lease} leases of {days:g} d{behind}", world))
        for fast, slow in ((1.0, 30.0), (7.0, 180.0)):
            world = LeaseWorld(
                lease="mixed", fast_days=fast, lease_days=slow, shared_share=share, sightings_a_year=8.0, n_sources=2000
            )
            made.append(Case(f"leases of {fast:g} d and {slow:g} d, half of the sources each{behind}", world))
        world = LeaseWorld(lease="static", shared_share=share, sightings_a_year=8.0, n_sources=2000)
        made.append(Case(f"identifiers kept for ever{behind}", world, identifiable=share == 0))
    return (*made, *_further())


def _further() -> Iterator[Case]:
    base = {"sightings_a_year": 8.0, "n_sources": 2000}
    for words, change in (
        ("bursts of three sightings, exponential leases of 7 d", {"burst_size": 3.0, "sightings_a_year": 24.0}),
        (
            "bursts of four sightings, fixed leases of 30 d",
            {"burst_size": 4.0, "sightings_a_year": 24.0, "lease": "fixed", "lease_days": 30.0},
        ),
        ("activity unequal (gamma, CV 1), leases of 30 d", {"activity": "gamma", "lease_days": 30.0}),
        ("activity unequal (log-normal, CV 1), leases of 7 d", {"activity": "lognormal"}),
        ("sources stay 90 d, leases of 30 d", {"career_days": 90.0, "lease_days": 30.0}),
        ("sources stay 90 d, identifiers kept for ever", {"career_days": 90.0, "lease": "static"}),
        ("sources double, leases of 7 d", {"growth": 2.0}),
        ("sources double and stay 90 d, leases of 30 d", {"growth": 2.0, "career_days": 90.0, "lease_days": 30.0}),
        ("log-normal leases of 7 d, CV 1.5", {"lease": "lognormal"}),
        ("gamma leases of 30 d, CV 0.5", {"lease": "gamma", "lease_days": 30.0, "lease_cv": 0.5}),
        ("all renew at midnight", {"lease": "midnight", "lease_days": 1.0}),
        ("dates only, leases of 30 d", {"lease_days": 30.0, "resolution_days": 1.0}),
        ("reporting grows fivefold, leases of 7 d", {"effort": "growing"}),
        ("seen in the evening mostly, leases of 7 d", {"effort": "evenings"}),
        (
            "half take a new shared identifier at each sighting, leases of 7 d",
            {"shared_share": 0.5, "shared_draw": "sighting"},
        ),
    ):
        yield Case(words, LeaseWorld(**{**base, **change}))  # type: ignore[arg-type]
    for words, change in (
        ("all behind 30 shared identifiers", {"shared_share": 1.0, "shared_pool": 30, "lease_days": 1.0}),
        ("weekly batches, leases of 1 d", {"lease_days": 1.0, "resolution_days": 7.0}),
        ("identifiers kept for ever, activity unequal (gamma, CV 1)", {"lease": "static", "activity": "gamma"}),
    ):
        yield Case(words, LeaseWorld(**{**base, **change}), identifiable=False)  # type: ignore[arg-type]


def run_one(job: tuple[int, int]) -> Outcome:
    """One draw of one world."""
    case, draw = job
    drawn = cases()[case].world.draw(seed=SEED + 1000 * case + draw)
    answer = active_sources(drawn.entity, drawn.days, seed=draw)
    chapman, chao = (None if n is None else n / drawn.weighted_active for n in _closed(drawn))
    if not isinstance(answer, LaggedEstimate):
        return Outcome(case=case, ratio=None, holds=False, reason=answer.reason.value, chapman=chapman, chao=chao)
    truth, interval = drawn.weighted_active, answer.interval
    return Outcome(
        case=case, ratio=answer.n_active / truth, holds=interval.lower <= truth <= interval.upper, reason="",
        chapman=chapman, chao=chao,
    )  # fmt: skip


def _closed(drawn: WorldDraw) -> tuple[float | None, float | None]:
    """Chapman's estimate from two halves and Chao's from weeks, of identifiers, as if they were the sources."""
    _, entity = np.unique(drawn.entity, return_inverse=True)
    half = drawn.days > (drawn.days.min() + drawn.days.max()) / 2
    first, second = (np.bincount(entity[part], minlength=int(entity.max()) + 1) > 0 for part in (~half, half))
    counts = [int((first & ~second).sum()), int((~first & second).sum()), int((first & second).sum())]
    weeks = np.floor((drawn.days - drawn.days.min()) / 7).astype(np.int64)
    seen = np.unique(entity.astype(np.int64) * 1_000_000 + weeks) // 1_000_000
    frequencies = np.bincount(np.bincount(seen))[1:]
    tables = (
        ("chapman", CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], counts)),
        ("chao", CaptureTable.from_frequencies(frequencies.tolist(), n_occasions=int(weeks.max()) + 1)),
    )
    answers = [estimate(method, table) for method, table in tables]
    one, two = (a.n_total if isinstance(a, PopulationEstimate) else None for a in answers)
    return one, two


def summarise(outcomes: Sequence[Outcome], chosen: Sequence[int]) -> list[Line]:
    """The draws of each world together."""
    lines = []
    for case in chosen:
        own = [o for o in outcomes if o.case == case]
        ratios = [o.ratio for o in own if o.ratio is not None]
        refused = Counter(o.reason for o in own if o.ratio is None)
        lines.append(
            Line(
                case=cases()[case], draws=len(own), accepted=len(ratios),
                bias=float(np.median(ratios)) - 1 if ratios else None,
                coverage=float(np.mean([o.holds for o in own if o.ratio is not None])) if ratios else None,
                reasons=", ".join(f"{reason} {many}" for reason, many in sorted(refused.items())),
                chapman=_median([o.chapman for o in own]), chao=_median([o.chao for o in own]),
            )
        )  # fmt: skip
    return lines


def _kept(path: Path | None) -> dict[tuple[int, int], Outcome]:
    if path is None or not path.exists():
        return {}
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {(row["job"][0], row["job"][1]): Outcome(**row["outcome"]) for row in rows}


def _beyond_chance(line: Line) -> bool:
    """Whether so few or so many intervals hold the truth that chance does not explain it."""
    held = round((line.coverage or 0.0) * line.accepted)
    low, high = (
        scipy.stats.binom.cdf(held, line.accepted, LOWEST),
        scipy.stats.binom.sf(held - 1, line.accepted, HIGHEST),
    )
    return bool(min(low, high) < RARE)


def _median(ratios: Sequence[float | None]) -> float | None:
    known = [r for r in ratios if r is not None]
    return float(np.median(known)) if known else None


def page(lines: Sequence[Line], draws: int) -> str:
    """The page, from the results alone."""
    identifiable = [line for line in lines if line.case.identifiable]
    accepted = sum(line.accepted for line in identifiable) / max(sum(line.draws for line in identifiable), 1)
    answered = [line for line in lines if line.bias is not None and line.accepted >= line.draws / 2]
    biased = [line for line in answered if abs(line.bias or 0.0) >= LARGEST_BIAS]
    total = sum(line.accepted for line in answered)
    held = sum((line.coverage or 0.0) * line.accepted for line in answered) / max(total, 1)
    missed = [line for line in answered if not LOWEST <= (line.coverage or 0.0) <= HIGHEST]
    surely = [line for line in missed if _beyond_chance(line)]
    rows = "\n".join(_row(line) for line in lines)
    return f"""# How lagged identification does on worlds whose sources are known

Written by `tools/identifier_grid.py`; {draws} draws of each world. 2,000 sources, 8 sightings of each a year, 365 days,
unless the world says otherwise. *Bias* is the median of the estimate over the truth (sources active at a time, weighted
by activity) less one; *coverage* how often the 95% interval holds the truth; both of the draws that were answered.
Beside them stands what Chapman's estimate (two halves) and Chao's (weeks) of the *identifiers* would be, over the same
truth: 1 would be right. How the method works: [lagged identification](lagged-identification.md).

- Answered, of the draws of worlds that can be identified: {accepted:.0%} (bar: at least {LEAST_ACCEPTED:.0%}).
- Worlds mostly answered with a bias of {LARGEST_BIAS:.0%} or more: {len(biased)} of {len(answered)}{_names(biased)}.
- Coverage over all answered draws of them: {held:.1%}; worlds outside {LOWEST:.0%} to {HIGHEST:.0%}: {len(missed)} of
  {len(answered)}. With {draws} draws each, chance alone puts some there; by more than chance (one in forty, on either
  side): {len(surely)}{_names(surely)}.

| world | answered | bias | coverage | Chapman / truth | Chao / truth | refused because |
| --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


def _names(lines: Sequence[Line]) -> str:
    return f" ({'; '.join(line.case.words for line in lines)})" if lines else ""


def _row(line: Line) -> str:
    bias = "" if line.bias is None else f"{line.bias:+.1%}"
    coverage = "" if line.coverage is None else f"{line.coverage:.0%}"
    closed = ["refused" if r is None else f"{r:,.3g}" if r < 1000 else f"{r:,.0f}" for r in (line.chapman, line.chao)]
    words = line.case.words if line.case.identifiable else f"{line.case.words} (cannot be identified)"
    return (
        f"| {words} | {line.accepted} of {line.draws} | {bias} | {coverage} | {' | '.join(closed)} | {line.reasons} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the grid and write the page; print it when quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=Path, help="file that finished draws are added to, and read from to resume")
    asked = parser.parse_args(arguments)
    chosen = [1, 12, 45] if asked.quick else list(range(len(cases())))
    draws = 1 if asked.quick else asked.draws
    jobs = [(case, draw) for draw in range(draws) for case in chosen]
    done = _kept(asked.keep)
    missing = [job for job in jobs if job not in done]
    with ProcessPoolExecutor(asked.processes) as pool:
        for job, outcome in zip(missing, pool.map(run_one, missing), strict=True):
            done[job] = outcome
            if asked.keep is not None:
                with asked.keep.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({"job": job, "outcome": asdict(outcome)}) + "\n")
            print(f"\r{len(done)} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    text = page(summarise([done[job] for job in jobs], chosen), draws)
    if asked.quick:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
