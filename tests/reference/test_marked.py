"""Open populations against marked 1.2.8 (CJS and Jolly-Seber on the dippers) and the published dipper rates."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darkfigure.estimate import answer, estimate
from darkfigure.estimate.open_populations.cormack_jolly_seber import cjs, cjs_likelihood
from darkfigure.estimate.open_populations.super_population import popan, super_population
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, SurvivalEstimate
from darkfigure.records.aggregate.unit_rows import UnitRows

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "src/darkfigure/reference/data/capture-tables"
ORACLE = {e["id"]: e for e in json.loads((HERE / "oracles/marked.json").read_text())}
FORMULAS = {
    "dipper.cjs.phi.p.": ("~ 1", "~ 1"),
    "dipper.cjs.phit.p.": ("~ time", "~ 1"),
    "dipper.cjs.phi.pt": ("~ 1", "~ time"),
    "dipper.cjs.phit.pt": ("~ time", "~ time"),
    "dipper.cjs.phisex.p.": ("~ sex", "~ 1"),
}
CONFOUNDED = {"dipper.cjs.phit.pt": {"Phi[6]", "p[7]"}}


def dipper() -> CaptureTable:
    with (TABLES / "dipper.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    histories = np.array([[int(x) for x in line["history"]] for line in lines], dtype=np.uint8)
    counts = np.array([int(line["count"]) for line in lines])
    rows = UnitRows(
        captures=histories.sum(axis=1).astype(np.int64),
        counts=counts,
        covariates={"sex": np.array([line["sex"] for line in lines])},
        histories=histories,
    )
    table = replace(CaptureTable.from_histories(histories, counts, ordered=True), rows=rows)
    assert table.n_observed == 294
    return table


def our_column(symbol: str, theirs: str) -> str:
    """``time2`` is ``time=2`` here, ``sexMale`` is ``sex=Male``."""
    for factor in ("time", "sex"):
        if theirs.startswith(factor):
            return f"{symbol}:{factor}={theirs.removeprefix(factor)}"
    return f"{symbol}:{theirs}"


def our_rate(symbol: str, theirs: dict[str, object]) -> str:
    if "time" in theirs:
        return f"{symbol}[{theirs['time']}]"
    return f"{symbol}[sex={theirs['sex']}]" if "sex" in theirs else symbol


def fitted(entry: str) -> SurvivalEstimate:
    result = answer(cjs(*FORMULAS[entry]), dipper())
    assert isinstance(result, SurvivalEstimate)
    return result


def test_every_entry_is_compared() -> None:
    assert set(ORACLE) == {*FORMULAS, "dipper.js"}


@pytest.mark.parametrize("entry", FORMULAS)
def test_the_likelihood_at_the_peers_point_is_the_peers(entry: str) -> None:
    theirs, likelihood = (
        ORACLE[entry]["results"],
        cjs_likelihood(dipper(), phi=FORMULAS[entry][0], p=FORMULAS[entry][1]),
    )
    beta = [*theirs["beta"]["Phi"].values(), *theirs["beta"]["p"].values()]
    value, slope = likelihood.evaluate(np.array(beta))
    assert -2 * value == pytest.approx(theirs["neg2lnl"], abs=1e-9)
    assert np.abs(slope).max() < 0.05


@pytest.mark.parametrize("entry", FORMULAS)
def test_the_maximum_is_at_or_above_the_peers(entry: str) -> None:
    theirs, ours = ORACLE[entry]["results"], fitted(entry)
    gap = theirs["neg2lnl"] - ours.diagnostics["neg2_log_likelihood"]
    assert -1e-9 < gap < 1e-3
    assert ours.diagnostics["aic_all_columns"] == pytest.approx(theirs["AIC"], abs=1e-3)
    redundant = 1 if entry in CONFOUNDED else 0
    assert ours.aic == pytest.approx(theirs["AIC"] - 2 * redundant, abs=1e-3)


@pytest.mark.parametrize("entry", FORMULAS)
def test_coefficients_differ_by_no_more_than_the_peer_stopped_short(entry: str) -> None:
    theirs, ours = ORACLE[entry]["results"], fitted(entry)
    short = math.sqrt(max(theirs["neg2lnl"] - ours.diagnostics["neg2_log_likelihood"], 0.0))
    compared = 0
    for symbol in ("Phi", "p"):
        for column, value in theirs["beta"][symbol].items():
            name = our_column(symbol, column)
            if name not in ours.parameters:
                assert entry in CONFOUNDED
                assert name in ("Phi:time=6", "p:time=7")
                continue
            compared += 1
            error = theirs["se"][f"{symbol}.{column}"]
            assert ours.parameters[name] == pytest.approx(value, abs=max(1e-4, 1.01 * short * error))
            assert ours.parameters[f"se({name})"] == pytest.approx(error, rel=1e-3)
    assert compared == theirs["n_par"] - 2 * (entry in CONFOUNDED)


@pytest.mark.parametrize("entry", FORMULAS)
def test_rates_equal_the_peers_where_they_are_identified(entry: str) -> None:
    theirs, ours = ORACLE[entry]["results"]["reals"], fitted(entry)
    quantities = {q.name: q for q in ours.quantities}
    for symbol in ("Phi", "p"):
        for real in theirs[symbol].values():
            ours_now = quantities.pop(our_rate(symbol, real))
            if ours_now.name in CONFOUNDED.get(entry, ()):
                assert ours_now.value is None
                assert set(ours_now.confounded_with) == CONFOUNDED[entry] - {ours_now.name}
                continue
            assert ours_now.value == pytest.approx(float(real["estimate"]), abs=1e-4)
            assert ours_now.standard_error == pytest.approx(float(real["se"]), rel=1e-3)
            assert ours_now.interval is not None
            assert ours_now.interval.lower == pytest.approx(float(real["lcl"]), abs=5e-4)
            assert ours_now.interval.upper == pytest.approx(float(real["ucl"]), abs=5e-4)
    assert not quantities


def test_dipper_rates_are_the_published_ones() -> None:
    ours = fitted("dipper.cjs.phi.p.")
    assert round(ours.parameters["Phi"], 3) == 0.560
    assert round(ours.parameters["p"], 3) == 0.903


def test_jolly_seber_likelihood_is_the_peers_to_every_digit() -> None:
    """The peer's -2lnL is the full multinomial one: ln N! / (N-n)! prod u_i!, and CJS without constants."""
    theirs = ORACLE["dipper.js"]["results"]
    likelihood = super_population(dipper(), phi="~ 1", p="~ 1", pent="~ 1")
    beta = np.array([theirs["beta"][block]["(Intercept)"] for block in ("Phi", "p", "pent", "N")])
    assert -2 * likelihood.evaluate(beta)[0] == pytest.approx(theirs["neg2lnl"], abs=1e-9)


def test_jolly_seber_equals_the_peer() -> None:
    theirs, ours = ORACLE["dipper.js"]["results"], estimate(popan(pent="~ 1"), dipper())
    assert isinstance(ours, PopulationEstimate)
    assert ours.diagnostics["neg2_log_likelihood"] == pytest.approx(theirs["neg2lnl"], abs=1e-6)
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-6)
    assert ours.n_unseen == pytest.approx(theirs["reals"]["N"]["1"]["estimate"], rel=1e-5)
    assert ours.standard_error == pytest.approx(theirs["reals"]["N"]["1"]["se"], rel=1e-5)
    names = {"Phi": "Phi:(Intercept)", "p": "p:(Intercept)", "pent": "pent:(Intercept)", "N": "log_f0"}
    for block, name in names.items():
        assert ours.parameters[name] == pytest.approx(theirs["beta"][block]["(Intercept)"], abs=1e-5)
        assert ours.parameters[f"se({name})"] == pytest.approx(theirs["se"][f"{block}.(Intercept)"], rel=1e-5)
    quantities = {q.name: q for q in ours.quantities}
    for real in theirs["reals"]["pent"].values():
        pent = quantities[f"pent[{real['time']}]"]
        assert pent.value == pytest.approx(float(real["estimate"]), abs=1e-6)
        assert pent.standard_error == pytest.approx(float(real["se"]), rel=1e-4)
