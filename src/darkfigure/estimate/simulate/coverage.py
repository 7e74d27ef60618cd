"""Coverage studies: how far estimators are off, and how often their ranges hold the truth, in worlds of known size."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from darkfigure.errors import EstimateError
from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import REGISTRY, estimate
from darkfigure.estimate.simulate.drawing import World
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

Progress = Callable[[str, int, int], None]
_AT_ONCE = 20
"""Replicates a process takes at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one method said of one drawn table.

    Parameters
    ----------
    world, method : str
        Names.
    replicate : int
        Number of the draw, from 0.
    truth : int
        Units in all.
    n_total, lower, upper : float or None
        The answer and its interval; ``None`` where there is none.
    refusal : str or None
        Reason of a refusal, or ``"fault: ..."`` with the kind of error a method stopped with.

    Examples
    --------
    >>> Outcome(world="w", method="M0", replicate=0, truth=100, n_total=96.0, lower=80.0, upper=120.0).refusal is None
    True
    """

    world: str
    method: str
    replicate: int
    truth: int
    n_total: float | None = None
    lower: float | None = None
    upper: float | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """How one method did in one world.

    Parameters
    ----------
    world, method : str
        Names.
    replicates : int
        Tables drawn.
    answered : float
        Share of them with an answer.
    bias_percent, median_bias_percent, rmse_percent : float or None
        Mean error, median error and root mean square error of the answers, in percent of the truth; ``None`` without
        any answer.
    coverage, coverage_error : float or None
        Share of intervals that hold the truth, and its Monte-Carlo standard error.
    intervals, unbounded : int
        Answers with an interval, and those among them without an upper end.
    width_percent : float or None
        Mean width of the intervals that have two ends, in percent of the truth.
    refusals : tuple of (str, int)
        Reasons with their numbers, the most frequent first.

    Examples
    --------
    >>> rows = summarise([Outcome(world="w", method="M0", replicate=i, truth=100, n_total=n, lower=90.0, upper=120.0)
    ...     for i, n in enumerate((125.0, 150.0))])
    >>> rows[0].bias_percent, rows[0].coverage, rows[0].width_percent
    (37.5, 1.0, 30.0)
    """

    world: str
    method: str
    replicates: int
    answered: float
    bias_percent: float | None
    median_bias_percent: float | None
    rmse_percent: float | None
    coverage: float | None
    coverage_error: float | None
    intervals: int
    unbounded: int
    width_percent: float | None
    refusals: tuple[tuple[str, int], ...]


def summarise(outcomes: Iterable[Outcome]) -> tuple[CoverageRow, ...]:
    """How did each method do in each world?

    Parameters
    ----------
    outcomes : iterable of Outcome
        In any order; a draw judged twice counts once.

    Returns
    -------
    tuple of CoverageRow
        By world and method, in the order they first appear.

    Examples
    --------
    >>> refused = Outcome(world="w", method="M0", replicate=0, truth=100, refusal="no-overlap")
    >>> summarise([refused])[0].refusals
    (('no-overlap', 1),)
    """
    groups: dict[tuple[str, str], dict[int, Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.world, outcome.method), {})[outcome.replicate] = outcome
    return tuple(_row(world, method, list(found.values())) for (world, method), found in groups.items())


def _row(world: str, method: str, outcomes: Sequence[Outcome]) -> CoverageRow:
    errors = np.array([100 * (o.n_total / o.truth - 1) for o in outcomes if o.n_total is not None])
    ranged = [o for o in outcomes if o.lower is not None and o.upper is not None]
    held = [o.lower <= o.truth <= o.upper for o in ranged if o.lower is not None and o.upper is not None]
    widths = [100 * (o.upper - o.lower) / o.truth for o in ranged if o.lower is not None and o.upper is not None]
    bounded = [w for w in widths if math.isfinite(w)]
    share = float(np.mean(held)) if held else None
    refusals = Counter(o.refusal for o in outcomes if o.refusal is not None)
    return CoverageRow(
        world=world,
        method=method,
        replicates=len(outcomes),
        answered=len(errors) / len(outcomes),
        bias_percent=float(errors.mean()) if errors.size else None,
        median_bias_percent=float(np.median(errors)) if errors.size else None,
        rmse_percent=float(np.sqrt(np.mean(errors**2))) if errors.size else None,
        coverage=share,
        coverage_error=None if share is None else math.sqrt(share * (1 - share) / len(held)),
        intervals=len(held),
        unbounded=len(widths) - len(bounded),
        width_percent=float(np.mean(bounded)) if bounded else None,
        refusals=tuple(sorted(refusals.items(), key=lambda item: (-item[1], item[0]))),
    )


def generator_of(world: str, replicate: int, *, seed: int) -> np.random.Generator:
    """Randomness of one draw: it depends on the seed, the world's name and the draw's number, and on nothing else.

    Examples
    --------
    >>> int(generator_of("w", 3, seed=1).integers(1000)) == int(generator_of("w", 3, seed=1).integers(1000))
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(world.encode()), replicate)))


def run_draws(
    name: str,
    world: World,
    methods: Sequence[str | Method],
    replicates: Iterable[int],
    *,
    seed: int,
    level: float = 0.95,
) -> tuple[Outcome, ...]:
    """What does each method say of each draw of a world?

    Parameters
    ----------
    name : str
        Of the world; part of its randomness.
    world : World
        Of known size.
    methods : sequence of str or Method
        Names of the registry, or methods with options.
    replicates : iterable of int
        Numbers of the draws.
    seed : int
        Of all draws.
    level : float
        Of the intervals.

    Returns
    -------
    tuple of Outcome
        One for each draw and method.

    Examples
    --------
    >>> from darkfigure.estimate.simulate import Homogeneous
    >>> run_draws("small", Homogeneous(n_total=80, n_occasions=4, chance=0.4), ["M0"], [0], seed=5)[0].method
    'M0'
    """
    found: list[Outcome] = []
    for replicate in replicates:
        table = world.draw(generator_of(name, replicate, seed=seed))
        found += [_outcome(name, world, method, table, replicate, level) for method in methods]
    return tuple(found)


def _outcome(
    name: str, world: World, method: str | Method, table: CaptureTable, replicate: int, level: float
) -> Outcome:
    label = method if isinstance(method, str) else method.name
    try:
        result = estimate(method, table, level=level)
    except EstimateError:
        raise
    except Exception as fault:  # a method that stops must show in the table, not end the study
        kind = f"fault: {type(fault).__name__}"
        return Outcome(world=name, method=label, replicate=replicate, truth=world.n_total, refusal=kind)
    if not isinstance(result, PopulationEstimate):
        return Outcome(world=name, method=label, replicate=replicate, truth=world.n_total, refusal=result.reason.value)
    i = result.interval
    return Outcome(
        world=name,
        method=label,
        replicate=replicate,
        truth=world.n_total,
        n_total=result.n_total,
        lower=None if i is None else i.lower,
        upper=None if i is None else i.upper,
    )


def _silent(stage: str, done: int, total: int) -> None:
    """No progress shown."""


def _nothing(outcomes: tuple[Outcome, ...]) -> None:
    """Nothing kept."""


@dataclass(frozen=True, slots=True)
class _Task:
    name: str
    world: World
    methods: tuple[str | Method, ...]
    replicates: tuple[int, ...]
    seed: int
    level: float

    def run(self) -> tuple[Outcome, ...]:
        return run_draws(self.name, self.world, self.methods, self.replicates, seed=self.seed, level=self.level)


def coverage_study(
    worlds: Mapping[str, World],
    methods: Sequence[str | Method],
    *,
    replicates: int,
    seed: int,
    level: float = 0.95,
    processes: int = 1,
    progress: Progress = _silent,
    done: Sequence[Outcome] = (),
    keep: Callable[[tuple[Outcome, ...]], None] = _nothing,
) -> tuple[CoverageRow, ...]:
    """How biased is each method in each world, and how often does its range hold the truth?

    Parameters
    ----------
    worlds : mapping of str to World
        Names and descriptions.
    methods : sequence of str or Method
        Names of the registry, or methods with options.
    replicates : int
        Tables drawn from each world.
    seed : int
        The same seed gives the same rows, whatever the number of processes and whatever else is in the study.
    level : float
        Of the intervals.
    processes : int
        That work at the same time.
    progress : callable
        ``progress("draws", done, total)``, in draws times methods.
    done : sequence of Outcome
        Kept from an earlier run; not drawn again.
    keep : callable
        Called with new outcomes as they come, so that a caller can store them and go on later.

    Returns
    -------
    tuple of CoverageRow
        By world, then method.

    Raises
    ------
    EstimateError (E-EST-47)
        No world, method or replicate; two methods of one name; or a method that cannot be sent to another process.
    EstimateError (E-EST-01)
        A method is not in the registry.

    Notes
    -----
    Monte-Carlo standard error of a coverage ``c`` over ``m`` intervals: ``sqrt(c (1 - c) / m)``.

    Examples
    --------
    >>> from darkfigure.estimate.simulate import Homogeneous
    >>> worlds = {"alike": Homogeneous(n_total=150, n_occasions=5, chance=0.3)}
    >>> rows = coverage_study(worlds, ["M0"], replicates=20, seed=1)
    >>> rows[0].answered, abs(rows[0].bias_percent) < 5
    (1.0, True)
    """
    _check(worlds, methods, replicates)
    tasks = list(_tasks(worlds, methods, replicates, seed, level, done))
    total = sum(len(task.methods) * len(task.replicates) for task in tasks)
    found, finished = list(done), 0
    for outcomes in _run(tasks, processes):
        found += outcomes
        finished += len(outcomes)
        keep(outcomes)
        progress("draws", finished, total)
    names = [m if isinstance(m, str) else m.name for m in methods]
    order = {(world, method): (i, j) for i, world in enumerate(worlds) for j, method in enumerate(names)}
    wanted = [o for o in found if (o.world, o.method) in order and o.replicate < replicates]
    # Sums of floating-point numbers depend on their order, so every row is summed by the number of the draw.
    wanted.sort(key=lambda o: (order[o.world, o.method], o.replicate))
    return summarise(wanted)


def _tasks(
    worlds: Mapping[str, World],
    methods: Sequence[str | Method],
    replicates: int,
    seed: int,
    level: float,
    done: Sequence[Outcome],
) -> Iterator[_Task]:
    known = {(o.world, o.method, o.replicate) for o in done}
    for name, world in worlds.items():
        missing: dict[tuple[int, ...], list[str | Method]] = {}
        for method in methods:
            label = method if isinstance(method, str) else method.name
            numbers = tuple(r for r in range(replicates) if (name, label, r) not in known)
            missing.setdefault(numbers, []).append(method)
        for numbers, group in missing.items():
            for start in range(0, len(numbers), _AT_ONCE):
                yield _Task(name, world, tuple(group), numbers[start : start + _AT_ONCE], seed, level)


def _run(tasks: Sequence[_Task], processes: int) -> Iterator[tuple[Outcome, ...]]:
    if processes <= 1:
        yield from (task.run() for task in tasks)
        return
    import pickle
    from concurrent.futures import ProcessPoolExecutor

    try:
        pickle.dumps(list(tasks))
    except Exception as fault:
        raise _fault(
            "methods",
            "a method or world cannot be sent to another process",
            "names of the registry, and methods and worlds made of functions a module defines",
        ) from fault
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_Task.run, tasks)


def _check(worlds: Mapping[str, World], methods: Sequence[str | Method], replicates: int) -> None:
    names = [m if isinstance(m, str) else m.name for m in methods]
    if not worlds or not names or replicates < 1 or len(set(names)) < len(names):
        raise _fault("coverage_study", "nothing to study, or two methods of one name", "one or more of each, once")
    if any(isinstance(m, str) and m not in REGISTRY for m in methods):
        raise EstimateError(
            "E-EST-01",
            where="methods",
            problem="no estimator has this name",
            allowed=", ".join(REGISTRY),
            remedy="Choose names from `darkfigure methods`.",
        )


def _fault(where: str, problem: str, allowed: str) -> EstimateError:
    return EstimateError("E-EST-47", where=where, problem=problem, allowed=allowed, remedy="Correct the study.")
