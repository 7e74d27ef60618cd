"""Graph averaging on simulated tables whose lists depend on each other along a decomposable graph."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.estimate import CaptureTable, estimate
from darkfigure.estimate.bayes import decomposable_graphs
from darkfigure.records.aggregate import PopulationEstimate

UNITS, TABLES = 1500, 200


def simulated(rng: np.random.Generator) -> CaptureTable:
    """List B depends on A, C on B, and D on nobody: cliques AB, BC, D."""
    u = rng.random((UNITS, 4))
    a = u[:, 0] < 0.35
    b = u[:, 1] < np.where(a, 0.6, 0.25)
    c = u[:, 2] < np.where(b, 0.15, 0.35)
    seen = np.column_stack([a, b, c, u[:, 3] < 0.3])
    return CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int))


@pytest.mark.slow
def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    held, totals = 0, []
    for _ in range(TABLES):
        result = estimate(decomposable_graphs(), simulated(rng))
        assert isinstance(result, PopulationEstimate)
        assert result.interval is not None
        held += result.interval.lower <= UNITS <= result.interval.upper
        totals.append(result.n_total)
    # Three standard errors of a share of 0.95 among 200 are 0.046.
    assert 0.95 - 0.046 <= held / TABLES <= 0.996
    assert np.median(totals) == pytest.approx(UNITS, rel=0.03)
