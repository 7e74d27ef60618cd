"""At the published size, everything that can be recomputed from raw rows agrees with the published figures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from study_runs import ROOT, answer_of

from darkfigure.study.replication import Comparison, compare_with_published
from darkfigure.study.world import write_world


@pytest.fixture(scope="module")
def comparisons(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, ...]:
    folder: Path = tmp_path_factory.mktemp("published") / "study"
    write_world(ROOT / "studies" / "philippines", out=folder, size="full", quiet=True)
    return compare_with_published(answer_of(folder))


def test_all_that_is_computed_agrees(comparisons: tuple[Comparison, ...]) -> None:
    computed = [c for c in comparisons if c.how in ("recomputed", "within-interval")]
    assert len(comparisons) == 168 and len(computed) >= 110
    assert [(c.id, c.published, c.ours) for c in computed if not c.agrees] == []


def test_what_is_not_computed_says_why(comparisons: tuple[Comparison, ...]) -> None:
    ways = Counter(c.how for c in comparisons)
    assert ways["declared"] + ways["not-recomputable"] <= 58
    assert all(c.reason for c in comparisons if c.agrees is None)
