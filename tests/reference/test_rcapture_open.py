"""Open log-linear models against Rcapture 1.4-4 (openp on the eider ducks), every number it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from darkfigure.estimate import answer, estimate
from darkfigure.estimate.open_populations.open_log_linear import open_log_linear
from darkfigure.estimate.open_populations.super_population import jolly_seber
from darkfigure.estimate.outcomes import Method
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, Quantity, SurvivalEstimate

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "src/darkfigure/reference/data/capture-tables"
ORACLE = {e["id"]: e for e in json.loads((HERE / "oracles/rcapture.json").read_text()) if "openp" in e["id"]}
METHODS: dict[str, Method] = {
    "duck.openp.up": open_log_linear(),
    "duck.openp.ep": open_log_linear("equal"),
    "duck.openp.keep2": open_log_linear(most_captures=5),
    "duck.openp.keep3": open_log_linear(most_captures=4),
}
BLOCKS = {"p": "capture.prob", "Phi": "survivals", "N": "N", "B": "birth"}


def duck() -> CaptureTable:
    table = read_capture_table(TABLES / "eider_ducks_open.csv", ordered=True)
    assert table.n_observed == 896
    return table


def fitted(entry: str) -> PopulationEstimate:
    result = estimate(METHODS[entry], duck())
    assert isinstance(result, PopulationEstimate)
    return result


def by_name(quantities: tuple[Quantity, ...]) -> dict[str, Quantity]:
    return {q.name: q for q in quantities}


def test_every_entry_is_compared() -> None:
    assert set(METHODS) == set(ORACLE)


@pytest.mark.parametrize("entry", METHODS)
def test_fit_and_total_equal_rcapture(entry: str) -> None:
    theirs, ours = ORACLE[entry]["results"], fitted(entry)
    model = theirs["model.fit"]["fitted model"]
    assert ours.deviance == pytest.approx(model["deviance"], abs=1e-6)
    assert ours.df == model["df"]
    assert ours.aic == pytest.approx(model["AIC"], abs=1e-6)
    total = theirs["Ntot"]["all periods"]
    assert ours.n_total == pytest.approx(total["estimate"], rel=1e-6)
    assert ours.standard_error == pytest.approx(total["stderr"], rel=1e-6)


@pytest.mark.parametrize("entry", METHODS)
def test_coefficients_equal_rcapture_whose_errors_are_variances(entry: str) -> None:
    """The column it prints as stderr of the coefficients holds their variances."""
    theirs, ours = ORACLE[entry]["results"], fitted(entry)
    for name, value in theirs["loglin"].items():
        assert ours.parameters[name] == pytest.approx(value["estimate"], abs=1e-6)
        assert ours.parameters.get(f"se({name})", 0.0) ** 2 == pytest.approx(value["stderr"], rel=1e-6)


@pytest.mark.parametrize("entry", METHODS)
@pytest.mark.parametrize("symbol", BLOCKS)
def test_rates_sizes_and_arrivals_equal_rcapture(entry: str, symbol: str) -> None:
    theirs, ours = ORACLE[entry]["results"][BLOCKS[symbol]], by_name(fitted(entry).quantities)
    for index, value in enumerate(theirs.values(), start=1):
        quantity = ours[f"{symbol}[{index}]"]
        if value["estimate"] == "NA":
            assert quantity.value is None
            assert quantity.confounded_with
            continue
        assert quantity.value == pytest.approx(value["estimate"], rel=1e-6, abs=1e-9)
        assert (quantity.standard_error or 0.0) == pytest.approx(value["stderr"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("entry", METHODS)
def test_trap_effects_equal_rcapture(entry: str) -> None:
    theirs, ours = ORACLE[entry]["results"], fitted(entry).diagnostics
    labels = {"model with homogenous trap effect": "trap", "model with trap effect": "trap_by_time"}
    for label, fit in theirs["trap.fit"].items():
        assert ours[f"deviance_{labels[label]}"] == pytest.approx(fit["deviance"], abs=1e-6)
        assert ours[f"aic_{labels[label]}"] == pytest.approx(fit["AIC"], abs=1e-6)
    for label, value in theirs["trap.param"].items():
        name = "trap_effect" if label.startswith("homog") else f"trap_effect[{label.split()[1].split('_')[0]}]"
        assert ours[name] == pytest.approx(value["estimate"], abs=1e-6)
        assert ours[f"se({name})"] == pytest.approx(value["stderr"], rel=1e-6)


@pytest.mark.parametrize("entry", METHODS)
def test_what_stands_at_its_limit_is_said(entry: str) -> None:
    texts = " ".join(c.text for c in fitted(entry).cautions if c.code == "C-BOUNDARY")
    theirs = ORACLE[entry]["results"]["survivals"].values()
    for index, value in enumerate(theirs, start=1):
        assert (f"Phi[{index}]" in texts) == (value["estimate"] == 1)


def test_the_likelihood_of_a_super_population_gives_the_same_inner_sizes() -> None:
    """Multinomial against Poisson: the same model, N told from f_0 by fractions of a unit."""
    ours = answer(jolly_seber(ends="free"), duck())
    assert isinstance(ours, SurvivalEstimate)
    found, theirs = by_name(ours.quantities), ORACLE["duck.openp.up"]["results"]
    for symbol in ("p", "Phi", "N"):
        for index, value in enumerate(theirs[BLOCKS[symbol]].values(), start=1):
            quantity = found[f"{symbol}[{index}]"]
            if value["estimate"] == "NA":
                assert quantity.value is None, quantity
            else:
                assert quantity.value == pytest.approx(value["estimate"], rel=3e-3)
