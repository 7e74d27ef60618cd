"""Time the models of repeated counts on 1,880 rows with covariates, and set the peer's seconds beside ours.

The peer's seconds (an R package, wall clock in process) were measured elsewhere on the same table; they stand in
``tests/reference/oracles/singlercapture.json`` and say only of which order the difference is.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.panel import cpu

from darkfigure.estimate import estimate
from darkfigure.estimate.counts.zero_truncated import zero_truncated
from darkfigure.records.aggregate import CaptureTable, NotEstimable, UnitRows

ROOT = Path(__file__).parents[1]
PEER = ROOT / "tests" / "reference" / "oracles" / "singlercapture.json"
TABLE = ROOT / "src" / "darkfigure" / "reference" / "data" / "capture-tables" / "netherlands_immigrants.csv"
SIDE_BY_SIDE = {
    "ztpoisson": "zt-poisson",
    "ztgeom": "zt-geometric",
    "ztnegbin": "zt-negbin",
    "chao": "chao",
    "oiztpoisson": "oneinflated-zt-poisson",
    "ztoigeom": "zt-oneinflated-geometric",
    "Hurdleztpoisson": "hurdle-zt-poisson",
    "zotpoisson": "zot-poisson",
}
"""Name of the peer's model, and our family."""
FORMULAS = {"intercept": "~ 1", "covariates": "~ gender + age + nation"}


def one_row_a_unit() -> CaptureTable:
    """The 1,880 units, one row each, as the peer reads them."""
    rows = list(csv.DictReader(TABLE.open(encoding="utf-8")))
    units = np.repeat(np.arange(len(rows)), [int(r["count"]) for r in rows])
    captures = np.array([int(r["capture"]) for r in rows])[units]
    return CaptureTable(
        frequencies=tuple(int(f) for f in np.bincount(captures)[1:]),
        n_occasions=None,
        rows=UnitRows(
            captures=captures,
            counts=np.ones(units.size, dtype=np.int64),
            covariates={k: np.array([r[k] for r in rows])[units] for k in ("gender", "age", "nation")},
        ),
    )


def rows() -> Iterator[tuple[str, str]]:
    """Each model beside its peer, then a bootstrap."""
    table = one_row_a_unit()
    peer = {e["id"].split(".", 1)[1]: e["seconds"] for e in json.loads(PEER.read_text(encoding="utf-8"))}
    for theirs, family in SIDE_BY_SIDE.items():
        for kind, formula in FORMULAS.items():
            method = zero_truncated(family, formula=formula)
            result = estimate(method, table)
            ours = cpu(lambda: estimate(method, table))  # noqa: B023
            answer = f"refused: {result.reason.value}" if isinstance(result, NotEstimable) else "answered"
            yield (
                f"{family}, {kind}, 1,880 units",
                f"{1000 * ours:.1f} ms CPU ({answer}); peer measured elsewhere: "
                f"{1000 * peer[f'{theirs}.{kind}']:.0f} ms wall",
            )
    boot = zero_truncated("poisson", formula="~ gender", interval="bootstrap", replicates=500)
    yield "zt-poisson with one covariate, 500 bootstrap records", f"{cpu(lambda: estimate(boot, table)):.2f} s CPU"
