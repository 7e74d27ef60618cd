"""Descriptions of tables and first captures under models, against Rcapture 1.4-4's descriptive and uifit."""

from __future__ import annotations

import pytest
from test_rcapture_closed import ORACLE, PRINTED, table_of

from darkfigure.errors import EstimateError
from darkfigure.estimate.closed.descriptive import describe
from darkfigure.estimate.closed.first_captures import first_captures_under
from darkfigure.estimate.outcomes import UnanswerableError

UIFIT = {e: ORACLE[e]["results"] for e in ("hare.uifit", "lesbian.uifit")}


@pytest.mark.parametrize("dataset", ["hare", "lesbian", "duck"])
def test_description_equals_rcapture(dataset: str) -> None:
    theirs = ORACLE[f"{dataset}.descriptive"]["results"]
    ours = describe(table_of(dataset))
    assert ours.n_observed == theirs["n"]
    columns = (ours.frequencies, ours.first_captures, ours.last_captures, ours.occasion_totals)
    for name, column in zip(("fi", "ui", "vi", "ni"), columns, strict=True):
        assert tuple(row[name] for row in theirs["base"].values()) == column


def test_description_of_cbird_equals_rcapture() -> None:
    theirs = ORACLE["cbird.descriptive"]["results"] if "cbird.descriptive" in ORACLE else None
    ours = describe(table_of("cbird", ordered=False))
    assert (ours.first_captures, ours.last_captures, ours.occasion_totals) == (None, None, None)
    if theirs is not None:
        assert tuple(row["fi"] for row in theirs["base"].values())[:6] == ours.frequencies[:6]


@pytest.mark.parametrize("printed", [*PRINTED, "Mbh"])
@pytest.mark.parametrize("entry", UIFIT)
def test_first_captures_equal_rcapture(entry: str, printed: str) -> None:
    theirs = UIFIT[entry]
    table = table_of(entry.split(".")[0])
    ours = first_captures_under(PRINTED.get(printed, printed), table)
    t = len(ours.expected)
    assert ours.observed == tuple(theirs["predicted"][f"u{i}"]["observed"] for i in range(1, t + 1))
    expected = [theirs["predicted"][f"u{i}"][printed] for i in range(1, t + 1)]
    assert ours.expected == pytest.approx(expected, rel=1e-7)
    assert ours.chi_square == pytest.approx(theirs["fit"][printed][0], rel=1e-7)
    assert ours.mean_occasion == pytest.approx(theirs["day"][printed]["Mean"], rel=1e-8)
    assert ours.variance_of_occasion == pytest.approx(theirs["day"][printed]["Variance"], rel=1e-8)
    ahead = [theirs["predicted"][f"u{i}"][printed] for i in range(t + 1, t + 6)]
    if ours.ahead is None:
        assert ahead == ["NA"] * 5
    else:
        # The peer integrates the normal variable on fewer points: 1e-6 apart at most.
        assert ours.ahead == pytest.approx(ahead, rel=2e-6)


def test_first_captures_refuse_what_they_cannot_know() -> None:
    with pytest.raises(EstimateError, match="E-EST-23"):
        first_captures_under("Mh-normal", table_of("hare"))
    with pytest.raises(EstimateError, match="E-EST-23"):
        first_captures_under("M0", table_of("hare"), ahead=-1)
    with pytest.raises(UnanswerableError):
        first_captures_under("M0", table_of("hare", ordered=False))
