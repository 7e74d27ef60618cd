"""All worlds of a plan, over several processes, taken up where a stopped run left off."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from darkfigure.study.plan.analysis import Answered, answers_of_world, is_fault
from darkfigure.study.plan.plan_spec import Plan
from darkfigure.study.plan.store import WorldStore
from darkfigure.study.progress import Progress, silent

PIECE = 10
"""Worlds that a process takes at once, and that one file keeps; an even number, so that pairs stay together."""
_STAGE = "Simulating worlds"


def answers_of_plan(
    plan: Plan, *, processes: int = 2, store: WorldStore | None = None, progress: Progress = silent
) -> tuple[Answered, ...]:
    """What does every design say of every world?

    Parameters
    ----------
    plan : Plan
    processes : int
        That work at the same time. The answers do not depend on it.
    store : WorldStore or None
        Finished worlds are taken from it and kept in it.
    progress : Progress

    Returns
    -------
    tuple of Answered
        By world, then design.
    """
    pieces = [(first, min(PIECE, plan.plan.worlds - first)) for first in range(0, plan.plan.worlds, PIECE)]
    found = {} if store is None else {p[0]: kept for p in pieces if (kept := store.load(*p)) is not None}
    missing = [p for p in pieces if p[0] not in found]
    done = sum(count for first, count in pieces if first in found)
    progress(_STAGE, done, plan.plan.worlds)
    for first, count, answers in _run(plan, missing, processes):
        # A fault of the program is no result to keep: the next run tries again.
        if store is not None and not any(is_fault(a.refusal) for a in answers):
            store.save(first, count, answers)
        found[first] = answers
        done += count
        progress(_STAGE, done, plan.plan.worlds)
    return tuple(answer for first, _ in pieces for answer in found[first])


def _run(plan: Plan, pieces: list[tuple[int, int]], processes: int) -> Iterator[tuple[int, int, tuple[Answered, ...]]]:
    if processes <= 1 or len(pieces) <= 1:
        for first, count in pieces:
            yield first, count, _piece(plan, first, count)
        return
    # A fresh interpreter for each process: a forked one may inherit a lock that another thread holds.
    pool = ProcessPoolExecutor(min(processes, len(pieces)), mp_context=multiprocessing.get_context("spawn"))
    try:
        waiting = {pool.submit(_piece, plan, *piece): piece for piece in pieces}
        for future in as_completed(waiting):
            yield (*waiting[future], future.result())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _piece(plan: Plan, first: int, count: int) -> tuple[Answered, ...]:
    return tuple(answer for number in range(first, first + count) for answer in answers_of_world(plan, number))
