"""How far off is each estimator, and how often does its range hold the truth? A declared grid of worlds of known size.

Run from the repository root; writes ``docs/methods/coverage.md``:

    python tools/coverage_grid.py --processes 2

``--quick`` runs a few draws of a few methods, to see that the grid runs; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from darkfigure.estimate import REGISTRY, CaptureTable, Method, estimate
from darkfigure.estimate import covariates as with_covariates
from darkfigure.estimate.simulate import (
    CovariateDriven,
    CoverageRow,
    Heterogeneous,
    Homogeneous,
    LogLinear,
    OpenPopulation,
    Outcome,
    RepeatedCounts,
    Strata,
    TimeVarying,
    TrapResponse,
    World,
    coverage_study,
    draw,
    from_fit,
)
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import PopulationEstimate

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "methods" / "coverage.md"
TABLES = ROOT / "src" / "darkfigure" / "reference" / "data" / "capture-tables"
SEED = 20_260_101

LOWEST, HIGHEST = 0.93, 0.97
"""Where the coverage of a nominal 95% interval is to lie when the model is true."""

SLOW = re.compile(r"bca|percentile|bootstrap|dga|lcmcr|latent|bayes")
"""Methods that resample, sample or average within one estimate; fewer draws, and only in worlds that name them."""
COUNTING = re.compile(r"^(?:oneinflated-)?zt-|^zot-|hurdle")
"""Laws of repeated counts; run only in worlds of repeated counts."""
SLOW_HERE = {"loglinear-bic": 6}
"""Left out from this number of lists on: one estimate takes seconds there."""
CHOOSES = re.compile(r"stepwise|bic")
"""Methods whose range is conditional on a model that the data chose; the bar is not set for them."""
BOUNDS = re.compile(r"chao|zelterman|ace|jackknife|coverage|dga|lcmcr")
"""Lower bounds, posteriors and estimators without a likelihood; the bar is not set for them."""
APART = re.compile(r"-covariates$")
"""Run only in worlds with covariates."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws where the model is true, where it is not, and for slow methods."""

    true: int
    other: int
    slow: int

    def share(self, share: float) -> Draws:
        """Fewer draws of every kind, at least one."""
        return Draws(*(max(1, round(share * n)) for n in (self.true, self.other, self.slow)))


FULL, QUICK = Draws(1000, 150, 40), Draws(2, 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One world, in words, and the methods whose model is true in it."""

    title: str
    words: str
    world: World
    true: tuple[str, ...]
    extra: tuple[Method, ...] = ()
    slow: tuple[str, ...] = ()
    """Methods of ``SLOW`` to run here although their model is not true."""


_SHAPES = ("poisson2", "darroch", "gamma3.5")
_CLOSED = ("loglinear-main", "loglinear-pairs", *(f"Mth-{shape}" for shape in _SHAPES))
_LEVEL = tuple(f"Mh-{shape}" for shape in _SHAPES)
_SIX = (0.10, 0.15, 0.20, 0.25, 0.18, 0.12)


def _uk() -> tuple[CaptureTable, PopulationEstimate]:
    table = read_capture_table(TABLES / "uk_modern_slavery_5.csv")
    fitted = estimate("loglinear-stepwise", table)
    if not isinstance(fitted, PopulationEstimate):
        raise TypeError("the stepwise model of the five lists has no answer")
    return table, fitted


def cases() -> tuple[Case, ...]:
    """Every world of the grid, in the order of the page."""
    table, fitted = _uk()
    return (
        Case(
            title="Six occasions, all alike",
            words="500 units, each seen on each of six occasions with chance 0.15.",
            world=Homogeneous(n_total=500, n_occasions=6, chance=0.15),
            true=("M0", "M0-bc", "Mt", "Mt-bc", "Mb", "Mb-bc", "Mbh", "Mbh-bc", "Mtb", *_LEVEL, *_CLOSED),
        ),
        Case(
            title="Six occasions that differ",
            words="500 units; the chance runs from 0.10 to 0.25 over six occasions.",
            world=TimeVarying(n_total=500, chances=_SIX),
            true=("Mt", "Mt-bc", "Mtb", *_CLOSED),
        ),
        Case(
            title="A first capture changes later ones",
            words="500 units, chance 0.20 until first seen; then the log odds fall by 0.8 (shy units). Six occasions.",
            world=TrapResponse(n_total=500, chances=(0.20,) * 6, shift=-0.8),
            true=("Mb", "Mb-bc", "Mbh", "Mbh-bc", "Mtb"),
        ),
        Case(
            title="The first occasion apart",
            words="600 units, chance 0.35 on the first of six occasions and 0.20 on later ones until first seen; then "
            "the log odds rise by 0.6.",
            world=TrapResponse(n_total=600, chances=(0.35, *(0.20,) * 5), shift=0.6),
            true=("Mbh", "Mbh-bc", "Mtb"),
        ),
        Case(
            title="Occasions differ and captures change units",
            words="1,500 units, chances from 0.15 to 0.30 over six occasions, log odds 0.8 higher after the first "
            "capture.",
            world=TrapResponse(n_total=1500, chances=(0.15, 0.25, 0.20, 0.30, 0.22, 0.18), shift=0.8),
            true=("Mtb",),
        ),
        *(
            Case(
                title=f"Units differ: the {shape} shape",
                words=f"1,000 units on six occasions; the log-linear shape `{shape}` holds exactly.",
                world=LogLinear(n_total=1000, effects=(effect,) * 6, shape=shape, size=size),
                true=(f"Mh-{shape}", f"Mh-{shape}-bc", f"Mth-{shape}", f"Mth-{shape}-bc"),
            )
            for shape, effect, size in (("poisson2", -1.9, 0.08), ("darroch", -1.9, 0.25), ("gamma3.5", -0.6, 4.0))
        ),
        Case(
            title="Units differ: log odds normal",
            words="1,000 units on six occasions; log odds of 0.15, plus a normal variable of standard deviation 0.8.",
            world=Heterogeneous(n_total=1000, chances=(0.15,) * 6, spread="logit-normal", size=0.8),
            true=("Mh-normal", "Mth-normal"),
        ),
        Case(
            title="Units differ: two kinds",
            words="1,000 units on six occasions; half with log odds 0.9 above, half 0.9 below those of 0.18. No "
            "shape of the library holds; latent classes do.",
            world=Heterogeneous(n_total=1000, chances=(0.18,) * 6, spread="two-point", size=0.9),
            true=("lcmcr",),
        ),
        Case(
            title="Units differ: beta chances",
            words="1,000 units on six occasions; chances beta with mean 0.15 and coefficient of variation 0.8. No "
            "shape of the library holds.",
            world=Heterogeneous(n_total=1000, chances=(0.15,) * 6, spread="beta", size=0.8),
            true=(),
        ),
        Case(
            title="Two independent lists",
            words="500 units, chances 0.30 and 0.40.",
            world=TimeVarying(n_total=500, chances=(0.30, 0.40), ordered=False),
            true=("lincoln-petersen", "chapman", "Mt", "Mt-bc", "loglinear-main"),
        ),
        Case(
            title="Two lists that attract each other",
            words="500 units, chances near 0.3 and 0.4, odds ratio 2.7 between the lists. No two-list method can know.",
            world=LogLinear(n_total=500, effects=(-1.2, -0.7), interactions=(((0, 1), 1.0),)),
            true=(),
        ),
        Case(
            title="Four lists, one pair attracts",
            words="1,500 units; lists 1 and 2 attract each other (log odds ratio 0.9).",
            world=LogLinear(n_total=1500, effects=(-1.3, -1.0, -1.4, -0.9), interactions=(((0, 1), 0.9),)),
            true=("loglinear-pairs", "loglinear-stepwise", "loglinear-bic", "loglinear-stepwise-bca", "dga"),
            slow=("lcmcr", "loglinear-bic-bca"),
        ),
        Case(
            title="Four lists, two pairs and a triple",
            words="3,000 units; lists 1 and 2, 2 and 3, 1 and 3 attract (0.7, 0.5, 0.4), and all three once "
            "more (0.5).",
            world=LogLinear(
                n_total=3000,
                effects=(-1.3, -1.2, -1.4, -0.8),
                interactions=(((0, 1), 0.7), ((1, 2), 0.5), ((0, 2), 0.4), ((0, 1, 2), 0.5)),
            ),
            true=("loglinear-bic", "loglinear-bic-bca", "dga"),
            slow=("lcmcr", "loglinear-stepwise-bca"),
        ),
        Case(
            title="Five sparse lists",
            words=f"{round(fitted.n_total):,} units, the world that `loglinear-stepwise` finds in the table of the "
            f"United Kingdom's five lists ({table.n_observed:,} seen there). The methods that choose a model choose it "
            "anew in every draw.",
            world=from_fit(fitted, table),
            true=("loglinear-pairs", "loglinear-stepwise", "loglinear-bic", "loglinear-stepwise-bca"),
            slow=("dga",),
        ),
        Case(
            title="Repeated counts: Poisson",
            words="800 units recorded 1.2 times on average, Poisson.",
            world=RepeatedCounts(n_total=800, family="poisson", mean=1.2),
            true=("M0", "zt-poisson", "zot-poisson"),
        ),
        Case(
            title="Repeated counts: geometric",
            words="800 units recorded 1.5 times on average, geometric.",
            world=RepeatedCounts(n_total=800, family="geometric", mean=1.5),
            true=("zt-geometric", "zot-geometric", "zt-negbin"),
        ),
        Case(
            title="Repeated counts: negative binomial",
            words="3,000 units recorded 2.5 times on average, variance 2.5 + 0.5 times 2.5 squared.",
            world=RepeatedCounts(n_total=3000, family="negative-binomial", mean=2.5, dispersion=0.5),
            true=("zt-negbin",),
        ),
        Case(
            title="Repeated counts: some never come back",
            words="800 units, Poisson of mean 1.8; a quarter of those recorded are never recorded again.",
            world=RepeatedCounts(n_total=800, family="poisson", mean=1.8, one_inflation=0.25),
            true=("zt-oneinflated-poisson",),
        ),
        Case(
            title="Repeated counts: some are recorded once for certain",
            words="800 units, Poisson of mean 1.8, but a fifth of all units are recorded exactly once, none of them "
            "missed.",
            world=RepeatedCounts(n_total=800, family="poisson", mean=1.8, one_inflation=0.2, ones="of-all"),
            true=("oneinflated-zt-poisson", "hurdle-zt-poisson", "zot-poisson"),
        ),
        Case(
            title="Units come and go",
            words="1,000 units over six occasions: 40% there from the start, 12% joining before each later one; 80% "
            "stay from one occasion to the next; chance 0.4. Closed models take all of them for one population.",
            world=OpenPopulation(n_total=1000, entry=(0.4, *(0.12,) * 5), survival=(0.8,) * 5, detection=(0.4,) * 6),
            true=("popan", "jolly-seber"),
        ),
        Case(
            title="Two strata",
            words="400 units with chances 0.20, 0.30, 0.30 and 900 with 0.10, 0.12, 0.20; the stratum is recorded.",
            world=Strata(
                parts=(
                    ("x", TimeVarying(n_total=400, chances=(0.20, 0.30, 0.30))),
                    ("y", TimeVarying(n_total=900, chances=(0.10, 0.12, 0.20))),
                )
            ),
            true=("stratified-Mt", "huggins ~ group*time"),
            extra=(with_covariates.huggins("~ group*time"),),
        ),
        Case(
            title="Two lists in two strata",
            words="500 units with chances 0.5 and 0.4, 800 with 0.2 and 0.3; the stratum is recorded.",
            world=Strata(
                parts=(
                    ("x", TimeVarying(n_total=500, chances=(0.5, 0.4))),
                    ("y", TimeVarying(n_total=800, chances=(0.2, 0.3))),
                )
            ),
            true=("stratified-chapman", "stratified-Mt", "doubly-robust", "huggins ~ group*time"),
            extra=(with_covariates.huggins("~ group*time"),),
        ),
        Case(
            title="Covariates drive two lists",
            words="3,000 units; two quantities move the log odds of both lists (0.9 and 0.4; 0.9 and -0.2).",
            world=CovariateDriven(
                n_total=3000, effects=(-0.6, -0.4), slopes=((0.9, 0.4), (0.9, -0.2)), names=("a", "b")
            ),
            true=("doubly-robust", "huggins ~ time*a + time*b"),
            extra=(with_covariates.huggins("~ time*a + time*b"),),
        ),
        Case(
            title="A driver nobody recorded",
            words="The same, but the first quantity is not recorded. Nothing in the data can tell.",
            world=CovariateDriven(
                n_total=3000,
                effects=(-0.6, -0.4),
                slopes=((0.9, 0.4), (0.9, -0.2)),
                names=("a", "b"),
                recorded=("b",),
            ),
            true=(),
        ),
    )


CASES = cases()


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one world; ``true`` are the names whose model is true."""

    case: Case
    rows: tuple[CoverageRow, ...]


def _methods(case: Case, *, quick: bool) -> dict[str, str | Method]:
    """Registry names and extra methods by name; families the registry does not hold yet are left out."""
    found: dict[str, str | Method] = {name: name for name in REGISTRY}
    found |= {m.name: m for m in (*with_covariates.METHODS, *case.extra) if m.name not in REGISTRY}
    recorded = isinstance(case.world, Strata | CovariateDriven)
    counting = isinstance(case.world, RepeatedCounts)
    found = {
        name: m
        for name, m in found.items()
        if (recorded or not APART.search(name))
        and (counting or not COUNTING.search(name))
        and (not SLOW.search(name) or name in (*case.true, *case.slow))
        and _lists(case.world) < SLOW_HERE.get(name, 99)
    }
    if quick:
        wanted = {*case.true, "M0", "Mt", "chao", "chapman"}
        found = {name: m for name, m in found.items() if name in wanted and not SLOW.search(name)}
    return found


def _lists(world: World) -> int:
    """Lists or occasions of a world, 0 for repeated counts."""
    return draw(world, 1).n_occasions or 0


def run(draws: Draws, *, quick: bool, processes: int, seed: int, kept: Path | None = None) -> tuple[Block, ...]:
    """Every method in every world; with ``quick`` a few methods. ``kept`` holds what an earlier run has drawn."""
    done = [] if kept is None or not kept.exists() else [_outcome(line) for line in kept.read_text().splitlines()]

    def keep(outcomes: tuple[Outcome, ...]) -> None:
        if kept is not None:
            with kept.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(o)) + "\n" for o in outcomes)

    blocks = []
    for case in CASES:
        begun = time.perf_counter()
        methods = _methods(case, quick=quick)
        slow = [n for n in methods if SLOW.search(n)]
        true = [n for n in methods if n in case.true and n not in slow]
        other = [n for n in methods if n not in true and n not in slow]
        rows: dict[str, CoverageRow] = {}
        for names, replicates in ((true, draws.true), (other, draws.other), (slow, draws.slow)):
            if names:
                made = coverage_study(
                    {case.title: case.world},
                    [methods[n] for n in names],
                    replicates=replicates,
                    seed=seed,
                    processes=processes,
                    done=[o for o in done if o.world == case.title],
                    keep=keep,
                )
                rows |= {row.method: row for row in made}
        blocks.append(Block(case, tuple(rows[n] for n in methods)))
        print(f"{case.title}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return tuple(blocks)


def _outcome(line: str) -> Outcome:
    return Outcome(**json.loads(line))


def judged(blocks: Sequence[Block]) -> list[tuple[str, CoverageRow]]:
    """Likelihood estimators with an interval in worlds where their model is true: those the bar is set for."""
    return [
        (block.case.title, row)
        for block in blocks
        for row in block.rows
        if row.method in block.case.true
        and row.coverage is not None
        and not CHOOSES.search(row.method)
        and not BOUNDS.search(row.method)
    ]


def outside(row: CoverageRow) -> str:
    """``""`` within the bar; ``"unclear"`` outside by less than two Monte-Carlo standard errors; else ``"outside"``."""
    if row.coverage is None or LOWEST <= row.coverage <= HIGHEST:
        return ""
    end = LOWEST if row.coverage < LOWEST else HIGHEST
    error = math.sqrt(end * (1 - end) / row.intervals)
    return "unclear" if abs(row.coverage - end) <= 2 * error else "outside"


def page(blocks: Sequence[Block], draws: Draws, *, command: str) -> str:
    """The page: what the numbers say in words, then a table for each world."""
    head = [
        "# Coverage: how far estimators are off, and how often their ranges hold the truth",
        "",
        f"Written by `{command}`; do not edit. Each world below has a known size. Tables are drawn from it, and every "
        f"method of the registry is asked for the size: {draws.true:,} draws where the method's model is true, "
        f"{draws.other:,} where it is not, {draws.slow:,} for methods that resample.",
        "",
        *_reading(blocks),
        "",
        "Errors and widths are in percent of the true size. `holds the truth`: share of the nominal 95% intervals, "
        "with its Monte-Carlo standard error. Root mean square error and mean width can be ruled by a few draws; the "
        "median error cannot. A method that refuses draws is judged on the others, which may be the easier ones. "
        + "".join(f"`{name}` is not run from {t} lists on. " for name, t in SLOW_HERE.items())
        + "Laws of repeated counts run in worlds of repeated counts only, methods that resample, sample or average in "
        "worlds that name them only.",
        "",
    ]
    return "\n".join([*head, *(line for block in blocks for line in _section(block))])


_OUTSIDE = {"outside": "Outside", "unclear": "Outside by less than two Monte-Carlo errors"}


def _reading(blocks: Sequence[Block]) -> list[str]:
    bar = judged(blocks)
    failing = [(title, row) for title, row in bar if outside(row)]
    lines = [
        "## What it says",
        "",
        f"- Likelihood estimators whose model is true: {len(bar) - len(failing)} of {len(bar)} pairs of method and "
        f"world hold the truth in {LOWEST:.0%} to {HIGHEST:.0%} of draws.",
    ]
    lines += [
        f'- {_OUTSIDE[outside(row)]}: `{row.method}` in "{title}": {_share(row)}, {row.answered:.0%} answered.'
        for title, row in failing
    ]
    for block in blocks:
        told = [r for r in block.rows if r.coverage is not None and r.replicates and r.answered >= 0.5]
        choosing = [r for r in told if r.method in block.case.true and CHOOSES.search(r.method)]
        lines += [
            f'- Choosing a model by the data, "{block.case.title}": `{row.method}` holds the truth in {_share(row)}.'
            for row in choosing
        ]
        wrong = [r for r in told if r.method not in block.case.true and r.coverage is not None and r.coverage < 0.5]
        if wrong:
            names = ", ".join(f"`{r.method}`" for r in sorted(wrong, key=lambda r: (r.coverage or 0, r.method)))
            lines.append(f'- Ranges that miss the truth more often than not in "{block.case.title}": {names}.')
    return lines


def _share(row: CoverageRow) -> str:
    return f"{row.coverage:.1%} ± {row.coverage_error:.1%}"


def _section(block: Block) -> list[str]:
    lines = [
        f"## {block.case.title}",
        "",
        block.case.words,
        "",
        "| method | model true | draws | answered | mean error | median error | root mean square | holds the truth | "
        "mean width | refused |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(row, row.method in block.case.true) for row in block.rows if row.answered > 0]
    silent: dict[str, list[str]] = {}
    for row in block.rows:
        if row.answered == 0:
            silent.setdefault(row.refusals[0][0], []).append(f"`{row.method}`")
    if silent:
        told = "; ".join(f"{reason}: {', '.join(names)}" for reason, names in sorted(silent.items()))
        lines += ["", f"No answer in any draw - {told}."]
    return [*lines, ""]


def _line(row: CoverageRow, true: bool) -> str:
    refused = ", ".join(f"{reason} {n}" for reason, n in row.refusals)
    width = "" if row.width_percent is None else f"{row.width_percent:.1f}%"
    if row.unbounded:
        width += f" ({row.unbounded} without end)"
    return (
        f"| `{row.method}` | {'yes' if true else ''} | {row.replicates:,} | {row.answered:.0%} "
        f"| {row.bias_percent:+.1f}% | {row.median_bias_percent:+.1f}% "
        f"| {row.rmse_percent:.1f}% | {'' if row.coverage is None else _share(row)} | "
        f"{width} | {refused} |"
    )


def main() -> None:
    """Run the grid and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--share", type=float, default=1.0, help="of the draws; the page says how many they were")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--kept", type=Path, help="file of outcomes: written, and read to go on where a run stopped")
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    draws = QUICK if options.quick else FULL.share(options.share)
    blocks = run(draws, quick=options.quick, processes=options.processes, seed=options.seed, kept=options.kept)
    chosen = " --quick" if options.quick else f" --share {options.share:g}" if options.share < 1 else ""
    command = f"python tools/coverage_grid.py{chosen} --seed {options.seed}"
    options.out.write_text(page(blocks, draws, command=command).rstrip("\n") + "\n", encoding="utf-8")
    failing = [f"{row.method} in {title}: {_share(row)}" for title, row in judged(blocks) if outside(row)]
    print("\n".join(["outside the bar:", *failing]) if failing else "all within the bar")


if __name__ == "__main__":
    main()
