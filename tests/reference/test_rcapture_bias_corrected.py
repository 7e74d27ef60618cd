"""Bias-corrected models against Rcapture 1.4-4's closedp.bc: every entry, and what it refuses or gets impossible."""

from __future__ import annotations

import pytest
from test_rcapture_closed import ORACLE, table_of

from darkfigure.estimate import estimate
from darkfigure.estimate.closed.bias_correction import METHODS, bias_corrected
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate

SHAPES = {"Chao": "chao", "Poisson2": "poisson2", "Darroch": "darroch", "Gamma3.5": "gamma3.5"}
IMPOSSIBLE = "duck.bc.Mbh"
"""Printed as -164 units of 896 seen."""
EARLY_STOP = {"duck.bc.Mb": 2e-5}
"""Standard errors the peer takes before its iterations have settled: hare and lesbian agree to 1e-7."""


def entries() -> list[str]:
    return [name for name, e in ORACLE.items() if ".bc." in name and e["status"] == "ok" and name != IMPOSSIBLE]


def model_of(entry: str) -> tuple[str, dict[str, float]]:
    ((printed, theirs),) = ORACLE[entry]["results"]["table"].items()
    kind, _, shape = printed.partition(" ")
    return (f"{kind}-{SHAPES[shape]}" if shape else kind), theirs


def test_no_entry_is_left_out() -> None:
    assert len(entries()) == 42
    assert all(theirs["infoFit"] in (0, "NA") for _, theirs in map(model_of, entries()))


@pytest.mark.parametrize("entry", entries())
def test_corrected_fit_equals_rcapture(entry: str) -> None:
    dataset = entry.split(".")[0]
    model, theirs = model_of(entry)
    # The bound uses the first two frequencies whatever the limit.
    up_to = 5 if dataset == "cbird_t0_5" and model != "Mh-chao" else None
    ours = estimate(bias_corrected(model, up_to=up_to), table_of(dataset.removesuffix("_t0_5")))
    assert isinstance(ours, PopulationEstimate)
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=1e-6)
    assert ours.standard_error == pytest.approx(theirs["stderr"], rel=EARLY_STOP.get(entry, 1e-6))


@pytest.mark.parametrize("dataset", ["hare", "lesbian", "duck"])
def test_mth_gamma_is_corrected_where_rcapture_refuses(dataset: str) -> None:
    assert ORACLE[f"{dataset}.bc.Mth.Gamma"]["status"] == "refused_or_failed"
    table = table_of(dataset)
    plain, corrected = estimate("Mth-gamma3.5", table), estimate(bias_corrected("Mth-gamma3.5"), table)
    assert isinstance(plain, PopulationEstimate)
    assert isinstance(corrected, PopulationEstimate)
    assert 0 < abs(corrected.n_total - plain.n_total) < 0.2 * plain.standard_error
    without_cells = CaptureTable(
        frequencies=table.frequencies, n_occasions=table.n_occasions, occasion_totals=table.occasion_totals
    )
    by_statistics = estimate(bias_corrected("Mth-gamma3.5"), without_cells)
    assert isinstance(by_statistics, PopulationEstimate)
    assert corrected.n_total == pytest.approx(by_statistics.n_total, rel=1e-7)


def test_mbh_of_the_ducks_is_refused_not_negative() -> None:
    assert ORACLE[IMPOSSIBLE]["results"]["table"]["Mbh"]["abundance"] < 0
    ours = estimate(bias_corrected("Mbh"), table_of("duck"))
    assert isinstance(ours, NotEstimable)
    assert ours.reason.value == "boundary"


def test_an_unlimited_number_of_captures_and_three_occasions_are_corrected() -> None:
    """Rcapture corrects neither t = Inf nor Mbh under four occasions."""
    endless = CaptureTable.from_frequencies([60, 25, 9, 2])
    plain, corrected = estimate("M0", endless), estimate(bias_corrected("M0"), endless)
    assert isinstance(plain, PopulationEstimate)
    assert isinstance(corrected, PopulationEstimate)
    assert abs(corrected.n_total / plain.n_total - 1) < 0.02
    three = CaptureTable.from_histories([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], [90, 60, 20, 30], ordered=True)
    assert isinstance(estimate(bias_corrected("Mbh"), three), PopulationEstimate)


@pytest.mark.parametrize("method", [m for m in METHODS if m.name not in ("Mb-bc", "Mbh-bc", "Mh-chao-bc")])
def test_cells_and_sufficient_statistics_are_corrected_alike(method, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of("lesbian")
    by_cells = estimate(method, table)
    monkeypatch.setattr("darkfigure.estimate.cells.MOST_LISTS", 0)
    by_statistics = estimate(method, table)
    assert isinstance(by_cells, PopulationEstimate)
    assert isinstance(by_statistics, PopulationEstimate)
    assert by_statistics.n_total == pytest.approx(by_cells.n_total, rel=2e-8)
    assert by_statistics.standard_error == pytest.approx(by_cells.standard_error, rel=1e-4)
