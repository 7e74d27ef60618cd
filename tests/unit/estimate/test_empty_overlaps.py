"""Pairs of lists that share nobody are named where a model treats them as dependent."""

from __future__ import annotations

import pytest

from darkfigure.estimate import estimate
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason

ALL = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("counts", "pairs"),
    [
        ([9, 8, 7, 3, 0, 0, 0], "police and ward; school and ward."),
        ([9, 8, 7, 3, 0, 4, 0], "police and ward."),
    ],
)
def test_a_refused_model_of_all_pairs_names_those_that_share_nobody(counts: list[int], pairs: str) -> None:
    table = CaptureTable.from_histories(ALL, counts, labels=("police", "school", "ward"))
    result = estimate("loglinear-pairs", table)
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NOT_IDENTIFIED
    assert result.explanation.endswith(f"Lists that share nobody: {pairs}")


def test_a_refusal_for_another_cause_names_no_pair() -> None:
    """Every two lists share somebody; it is one combination that is empty."""
    result = estimate("loglinear-pairs", CaptureTable.from_histories(ALL, [9, 8, 7, 0, 3, 4, 1]))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.DOES_NOT_EXIST
    assert "share nobody" not in result.explanation


def test_a_fit_with_empty_overlaps_names_them_in_its_caution() -> None:
    rows = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
    rows += [[0, 1, 1, 0], [0, 0, 1, 1], [1, 1, 1, 0], [1, 0, 1, 1]]
    counts = [300, 280, 260, 240, 60, 50, 40, 45, 35, 12, 9]
    result = estimate("loglinear-pairs", CaptureTable.from_histories(rows, counts, labels=("A", "B", "C", "D")))
    assert isinstance(result, PopulationEstimate), result
    texts = {c.code: c.text for c in result.cautions}
    assert "(B and D)" in texts["C-EMPTY-OVERLAP"]
