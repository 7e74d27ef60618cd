"""Time every closed-population model at 52 weeks and 365 days, from raw histories to estimates with intervals.

Times of the peer (an R package) were measured elsewhere, on another table of the same size, with scripts of our own;
they stand in ``tests/reference/oracles/speed.json`` and say only of which order the difference is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from benchmarks.panel import PEER, cpu
from benchmarks.peers import CHAO_PROFILE, beside
from numpy.typing import NDArray

from darkfigure.estimate import estimate
from darkfigure.records.aggregate import CaptureTable

MODELS = (
    "M0",
    "Mt",
    "Mb",
    "Mbh",
    "Mtb",
    *(f"{kind}-{shape}" for kind in ("Mh", "Mth") for shape in ("chao", "poisson2", "darroch", "gamma3.5", "normal")),
)
PEERS = {
    "M0": "closedpCI.0_t52_M0",
    "Mh-chao": "closedpCI.0_t52_Mh_Chao",
    "Mh-darroch": "closedpCI.0_t52_Mh_Darroch",
    "Mh-gamma3.5": "closedpCI.0_t52_Mh_Gamma",
    "Mh-normal": "closedpCI.0_t52_Mh_Normal",
}
"""Our model, and the peer's record of the same question at 52 occasions with an interval."""

SECONDS = {"Mh-chao": 0.02, 52: 1.0, 365: 5.0}
"""Declared bars, in CPU seconds: one profile interval at 52 occasions, and all models with the table behind them."""


def histories_of(*, units: int, occasions: int, centre: float, seed: int = 1) -> NDArray[np.uint8]:
    """0/1 histories, one row for each of exactly so many units seen, of units seen unequally often."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((0, occasions), dtype=np.uint8)
    effort = rng.uniform(0.7, 1.3, occasions)
    while len(rows) < units:
        odds = np.exp(rng.normal(centre, 0.9, units))[:, None] * effort[None, :]
        drawn = (rng.random((units, occasions)) < odds / (1 + odds)).astype(np.uint8)
        rows = np.vstack([rows, drawn[drawn.any(axis=1)]])
    return rows[:units]


def rows() -> Iterator[tuple[str, str]]:
    """Measure the table, each model beside its peer, and all of them together."""
    peer = json.loads(PEER.read_text(encoding="utf-8"))
    for occasions, centre in ((52, -4.2), (365, -6.0)):
        histories = histories_of(units=50_000, occasions=occasions, centre=centre)
        table = CaptureTable.from_histories(histories, ordered=True)
        taken = {name: _seconds(name, table) for name in MODELS}
        made = cpu(lambda: CaptureTable.from_histories(histories, ordered=True))  # noqa: B023
        yield f"table, t = {occasions}", f"{made:.3f} s CPU from 50,000 rows of 0 and 1"
        if occasions == 52:
            yield from (_beside(name, taken[name], peer[record]["median_cpu"]) for name, record in PEERS.items())
            if told := beside(CHAO_PROFILE, table, taken["Mh-chao"]):
                yield "Mh-chao, same table", told.lstrip("; ")
        together = made + sum(taken.values())
        held = "held" if together < SECONDS[occasions] else "MISSED"
        told = f"{together:.2f} s CPU for the table and {len(MODELS)} models; bar {SECONDS[occasions]:.0f} s {held}"
        yield f"all models, t = {occasions}", told
    slow = peer["closedp.t_t14"]["median_cpu"]
    yield "peer by history", f"{slow:.0f} s CPU at t = 14; at t = 52: {peer['closedp.t_t52']['error']}"


def _seconds(name: str, table: CaptureTable) -> float:
    return cpu(lambda: estimate(name, table))


def _beside(name: str, ours: float, theirs: float) -> tuple[str, str]:
    bar = SECONDS.get(name)
    told = "" if bar is None else f"; bar {bar * 1000:.0f} ms {'held' if ours < bar else 'MISSED'}"
    ratio = theirs / ours
    return f"{name}, t = 52", f"{ours * 1000:.1f} ms CPU; peer measured elsewhere: {theirs:.3f} s, {ratio:.0f} x{told}"
