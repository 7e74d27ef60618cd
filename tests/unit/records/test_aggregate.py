"""Impossible records cannot be built."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.errors import RecordError
from darkfigure.records.aggregate import (
    Answer,
    CaptureCells,
    CaptureTable,
    Column,
    ColumnKind,
    FileAccount,
    Finding,
    Interval,
    PopulationEstimate,
    Question,
    Reason,
    Refusal,
    RefusalCount,
    Table,
    TwoSamples,
)


def finding(**changes):
    given = {
        "id": "f",
        "question": Question.NATURE,
        "statement": "{value}",
        "value": 1,
        "unit": "cases",
        "estimand": "e",
    }
    return Finding(**{**given, **changes})


def table(**changes):
    given = {
        "id": "t", "question": Question.NATURE, "title": "T", "base": "b", "source": "s", "rows": (("a", 1),),
        "columns": (
            Column(name="l", title="L", kind=ColumnKind.LABEL),
            Column(name="n", title="N", kind=ColumnKind.COUNT),
        ),
    }  # fmt: skip
    return Table(**{**given, **changes})


@pytest.mark.parametrize(
    ("code", "build"),
    [
        ("E-RECORD-01", lambda: TwoSamples(3, 3, 4)),
        ("E-RECORD-01", lambda: TwoSamples(-1, 3, 0)),
        ("E-RECORD-01", lambda: CaptureCells(np.array([[0, 0]], np.uint8), np.array([1]))),
        ("E-RECORD-01", lambda: CaptureCells(np.array([[1, 0], [1, 0]], np.uint8), np.array([1, 1]))),
        ("E-RECORD-01", lambda: CaptureCells(np.array([[1, 0]], np.uint8), np.array([-1]))),
        ("E-RECORD-01", lambda: CaptureTable.from_histories([[0, 0]], [3])),
        ("E-RECORD-01", lambda: CaptureTable.from_histories([[2, 0]])),
        ("E-RECORD-01", lambda: CaptureTable.from_histories([[1, 0]], [1.5])),
        ("E-RECORD-01", lambda: CaptureTable.from_frequencies([1, 2, 3], n_occasions=2)),
        ("E-RECORD-01", lambda: CaptureTable(frequencies=(3, 1), n_occasions=2, occasion_totals=(2, 2))),
        ("E-RECORD-01", lambda: CaptureTable(frequencies=(3, 1), n_occasions=2, first_captures=(2, 1))),
        ("E-RECORD-01", lambda: CaptureTable(frequencies=(3, 1), n_occasions=2, halves=TwoSamples(2, 2, 1))),
        ("E-RECORD-01", lambda: CaptureTable(frequencies=(3, -1), n_occasions=2)),
        ("E-RECORD-02", lambda: Interval(2, 1, 0.95, "x")),
        ("E-RECORD-02", lambda: Interval(float("inf"), float("inf"), 0.95, "x")),
        ("E-RECORD-02", lambda: Interval(1, 2, 95, "x")),
        ("E-RECORD-02", lambda: PopulationEstimate(method="m", n_observed=10, n_total=9)),
        ("E-RECORD-02", lambda: PopulationEstimate(method="m", n_observed=10, n_total=float("nan"))),
        ("E-RECORD-03", lambda: finding(value=None)),
        ("E-RECORD-03", lambda: finding(refusal=Refusal(Reason.NO_DATA, "x"))),
        ("E-RECORD-03", lambda: finding(unit="share", value=1.2)),
        ("E-RECORD-03", lambda: finding(unit="share", value=1)),
        ("E-RECORD-03", lambda: finding(statement="{secret}")),
        ("E-RECORD-03", lambda: table(rows=(("a",),))),
        ("E-RECORD-03", lambda: table(rows=(("a", -1),))),
        ("E-RECORD-03", lambda: table(rows=(("a", float("nan")),))),
        ("E-RECORD-03", lambda: table(rows=((1, 1),))),
        ("E-RECORD-03", lambda: Answer((finding(), finding()))),
        ("E-RECORD-04", lambda: FileAccount(source="s", file="f", unit="u", rows_in=3, rows_accepted=2,
                                            rows_refused=0)),
        (
            "E-RECORD-04",
            lambda: FileAccount(
                source="s", file="f", unit="u", rows_in=3, rows_accepted=2, rows_refused=1,
                refusals=(RefusalCount("a", "b", 2),),
            ),
        ),
    ],
)  # fmt: skip
def test_impossible_states_are_refused(code, build):
    with pytest.raises(RecordError) as caught:
        build()
    assert caught.value.code == code


def test_histories_are_added_up_and_all_sums_agree():
    made = CaptureTable.from_histories([[1, 0, 1], [1, 0, 1], [0, 1, 0]], [2, 1, 4], ordered=True)
    assert made.frequencies == (4, 3, 0)
    assert made.occasion_totals == (3, 4, 3)
    assert made.first_captures == (3, 4, 0)
    assert made.n_observed == 7 and made.n_captures == 10
    assert made.cells is not None and sorted(made.cells.counts.tolist()) == [3, 4]


def test_a_table_cannot_be_changed_after_it_is_made():
    made = CaptureTable.from_histories([[1, 0], [0, 1]])
    with pytest.raises(ValueError, match="read-only"):
        made.cells.counts[0] = 9
