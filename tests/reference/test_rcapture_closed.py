"""Closed-population models against Rcapture 1.4-4: every entry our models cover, and why the others are not covered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.estimate.closed.closed_models import heterogeneous
from darkfigure.estimate.outcomes import Method
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "src/darkfigure/reference/data/capture-tables"
ORACLE = {e["id"]: e for e in json.loads((HERE / "oracles/rcapture.json").read_text())}

FILES = {"hare": "hare.csv", "lesbian": "lesbian.csv", "duck": "eider_ducks_open.csv", "cbird": "cbird_frequencies.csv"}
TOTALS = {"hare": 68, "lesbian": 2185, "duck": 896, "cbird": 19}

SHAPES = {"Chao": "chao", "Poisson": "poisson2", "Poisson2": "poisson2", "Darroch": "darroch", "Gamma": "gamma3.5"}
PRINTED = {
    "M0": "M0",
    "Mt": "Mt",
    "Mb": "Mb",
    **{
        f"{kind} {printed}": f"{kind}-{ours}"
        for kind in ("Mh", "Mth")
        for printed, ours in (
            ("Chao (LB)", "chao"),
            ("Poisson2", "poisson2"),
            ("Darroch", "darroch"),
            ("Gamma3.5", "gamma3.5"),
        )
    },
}

NOT_COVERED = {
    ".descriptive": "compared in test_rcapture_descriptive.py",
    ".bc.": "compared in test_rcapture_bias_corrected.py",
    "closedpMS.t.none": "compared in test_hierarchical_choice_peers.py",
    "hare.closedpMS": "six lists, in pairs: all pairs are compared in test_sparsemse.py",
    "closedpMS": "list dependences and differences between units at once: not built yet",
    "openp": "compared in test_rcapture_open.py",
    "uifit": "compared in test_rcapture_descriptive.py",
    "cbird_t0_5.ci.Mh.Normal": "ours has no limit to the captures it describes for normal units",
    "Normal": "compared in test_rcapture_normal_and_behaviour.py: the peer's quadrature and optimiser stop early",
    "Mtb": "compared in test_rcapture_normal_and_behaviour.py: the peer's optimiser stops early",
}


LIMIT = {"cbird_t0_5": 5}
"""Entries that describe only units captured at most so often."""


def table_of(dataset: str, *, ordered: bool = True) -> CaptureTable:
    table = read_capture_table(TABLES / FILES[dataset], occasions=11 if dataset == "cbird" else None, ordered=ordered)
    assert table.n_observed == TOTALS[dataset]
    return table


def frequencies_only(table: CaptureTable) -> CaptureTable:
    return CaptureTable.from_frequencies(table.frequencies, n_occasions=table.n_occasions)


def fits() -> list[tuple[str, str, str]]:
    """(entry, model as printed, our method) for every row of closedp.t and closedp.0 with infoFit 0."""
    found = []
    for name, entry in ORACLE.items():
        if not name.endswith((".closedp.t", ".closedp.0", ".closedp.t.negF")) or dataset_of(name) not in FILES:
            continue
        rows = entry["results"]["table"].items()
        found += [(name, row, PRINTED[row]) for row, r in rows if r["infoFit"] == 0 and row in PRINTED]
    return found


def profiles() -> list[tuple[str, str]]:
    """(entry, our method) for every closedpCI entry with an interval."""
    found = []
    for name, entry in ORACLE.items():
        _, *rest = name.split(".")
        if (
            dataset_of(name) not in FILES
            or not rest
            or rest[0] != "ci"
            or entry["status"] != "ok"
            or not entry["results"]["ci"]
        ):
            continue
        model = [part for part in rest[1:] if part not in ("t", "0")]
        found.append((name, model[0] if len(model) == 1 else f"{model[0]}-{SHAPES[model[1]]}"))
    return found


def dataset_of(entry: str) -> str:
    return entry.split(".")[0].removesuffix("_t0_5")


def input_of(entry: str) -> CaptureTable:
    table = table_of(dataset_of(entry))
    return frequencies_only(table) if "0" in entry.split(".") else table


def method_of(entry: str, name: str) -> str | Method:
    """The registry's model, or the one with the options of the entry."""
    up_to = LIMIT.get(entry.split(".")[0])
    free = entry.endswith(".negF") and name.endswith("-chao")
    if up_to is None and not free:
        return name
    kind, _, shape = name.partition("-")
    letters = shape.rstrip("0123456789.") or "none"
    return heterogeneous("Mth" if kind == "Mth" else "Mh", shape="chao-free" if free else letters, up_to=up_to)


def estimated(method: str | Method, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)
    assert isinstance(result, PopulationEstimate), result
    return result


@pytest.mark.parametrize(("entry", "printed", "method"), fits())
def test_fit_equals_rcapture(entry: str, printed: str, method: str) -> None:
    theirs = ORACLE[entry]["results"]["table"][printed]
    ours = estimated(method_of(entry, method), input_of(entry))
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=1e-6)
    assert ours.standard_error == pytest.approx(theirs["stderr"], rel=1e-6)
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-6)
    assert ours.df == theirs["df"]
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-6)
    assert ours.bic == pytest.approx(theirs["BIC"], abs=1e-6)


@pytest.mark.parametrize(("entry", "method"), profiles())
def test_profile_interval_equals_rcapture(entry: str, method: str) -> None:
    (theirs,) = ORACLE[entry]["results"]["ci"].values()
    ours = estimated(method_of(entry, method), input_of(entry))
    assert ours.interval is not None
    assert ours.interval.method == "profile-multinomial"
    assert ours.interval.lower == pytest.approx(theirs["infCL"], rel=1e-4)
    assert ours.interval.upper == pytest.approx(theirs["supCL"], rel=1e-4)
    assert ours.diagnostics["n_total_multinomial"] == pytest.approx(theirs["abundance"], rel=1e-4)
    (fit,) = ORACLE[entry]["results"]["fit"].values()
    assert fit["infoFit"] == 0
    assert ours.n_total == pytest.approx(fit["abundance"], rel=1e-6)
    assert ours.standard_error == pytest.approx(fit["stderr"], rel=1e-6)
    assert ours.deviance == pytest.approx(fit["deviance"], abs=1e-6)
    assert ours.aic == pytest.approx(fit["AIC"], abs=1e-6)
    assert ours.bic == pytest.approx(fit["BIC"], abs=1e-6)
    assert ours.df == fit["df"]


def test_the_number_of_compared_entries_is_not_small() -> None:
    assert len(fits()) == 91
    assert len(profiles()) == 56


def test_every_entry_is_compared_or_has_a_reason() -> None:
    compared = {entry for entry, *_ in fits()} | {entry for entry, _ in profiles()}
    for name, entry in ORACLE.items():
        if name in compared or entry["status"] != "ok":
            continue
        assert any(part in name for part in NOT_COVERED), name


def test_rows_not_compared_are_the_behaviour_models_only() -> None:
    rows = {
        row
        for name, entry in ORACLE.items()
        if name.endswith((".closedp.t", ".closedp.0", ".closedp.t.negF")) and dataset_of(name) in FILES
        for row in entry["results"]["table"]
    }
    assert rows - set(PRINTED) == {"Mbh"}


@pytest.mark.parametrize("dataset", ["hare", "lesbian", "duck"])
@pytest.mark.parametrize("method", ["M0", "Mt", *(m for m in PRINTED.values() if m.startswith(("Mh", "Mth")))])
def test_sufficient_statistics_give_the_numbers_of_the_cells(dataset: str, method: str) -> None:
    with_cells = table_of(dataset)
    without = CaptureTable(
        frequencies=with_cells.frequencies,
        n_occasions=with_cells.n_occasions,
        ordered=True,
        occasion_totals=with_cells.occasion_totals,
    )
    by_cells, by_statistics = estimated(method, with_cells), estimated(method, without)
    # The cells' route stops where the peer stops: up to 1.2e-8 from the maximum in these tables.
    assert by_statistics.n_total == pytest.approx(by_cells.n_total, rel=2e-8)
    assert by_statistics.interval is not None
    assert by_cells.interval is not None
    assert by_statistics.interval.lower == pytest.approx(by_cells.interval.lower, rel=1e-8)
    assert by_statistics.interval.upper == pytest.approx(by_cells.interval.upper, rel=1e-8)
    if method.startswith("Mt"):
        assert by_statistics.deviance is None
        assert by_statistics.aic is None
    key = "aic_without_constant"
    assert by_statistics.diagnostics[key] == pytest.approx(by_cells.diagnostics[key], rel=1e-10)
    # Without the constant the criterion differs from the full one by the same amount for every model.
    full = estimated("M0", with_cells)
    assert by_cells.aic is not None
    assert full.aic is not None
    assert by_cells.aic - by_cells.diagnostics[key] == pytest.approx(full.aic - full.diagnostics[key], abs=1e-6)


def test_tables_refused_by_the_peer_get_a_reasoned_answer() -> None:
    duck = estimate("Mbh", table_of("duck"))  # The peer prints -103 units.
    assert isinstance(duck, NotEstimable)
    assert duck.reason.value == "boundary"
    assert np.isfinite(estimated("Mtb", table_of("lesbian")).n_total)  # The peer stops above a count of 170.
