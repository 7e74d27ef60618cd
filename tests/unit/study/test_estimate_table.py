"""The answer of ``darkfigure estimate``: the JSON contract and the text table."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Literal

import pytest

from darkfigure.errors import EstimateError, RecordError
from darkfigure.estimate import REGISTRY, estimate
from darkfigure.estimate.compare import multiverse
from darkfigure.estimate.outcomes import Fit, Method
from darkfigure.estimate.plausibility import carrying_limit
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, Quantity
from darkfigure.study.estimate_options import Changes, changed_table, chosen_methods, takes, with_options
from darkfigure.study.estimate_table import EstimateRun, check_figure, estimate_table, run_estimate
from darkfigure.study.estimate_words import render_estimates
from darkfigure.study.estimator_list import list_methods, render_methods

TABLES = Path(__file__).parents[3] / "src/darkfigure/reference/data/capture-tables"


def test_the_json_contract() -> None:
    result = estimate_table(TABLES / "hare.csv", methods=["Mth-poisson2", "Mb"], ordered=False)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["table"] == {"n_observed": 68, "lists": 6, "ordered": False}
    first, second = result["estimates"]
    assert {"method", "status", "n_total", "standard_error", "interval", "deviance", "df", "aic", "bic"} <= set(first)
    assert first["status"] == "estimated"
    assert set(first["interval"]) == {"level", "lower", "upper", "method"}
    assert first["interval"]["method"] == "profile-multinomial"
    assert isinstance(first["assumptions"][0], str)
    assert second["status"] == "not-estimable"
    assert second["reason"] == "unordered-lists"
    assert second["explanation"]


def test_numbers_keep_full_precision() -> None:
    (row,) = estimate_table(TABLES / "hare.csv", methods=["Mth-poisson2"])["estimates"]
    assert row["n_total"] == estimate("Mth-poisson2", read_capture_table(TABLES / "hare.csv")).n_total  # type: ignore[union-attr]
    assert row["n_total"] == pytest.approx(81.0792814076451, rel=1e-9)


WIDE = {"hare", "dipper", "eider_ducks_open", "new_orleans_8"}
"""Tables of six lists or more, on which every method runs in tests/pipeline."""
NARROW = [path for path in sorted(TABLES.glob("*.csv")) if path.stem not in WIDE]


@pytest.mark.parametrize("path", NARROW, ids=lambda p: p.stem)
def test_all_methods_answer_or_refuse_on_every_reference_table(path: Path) -> None:
    unlimited = path.stem in ("cbird_frequencies", "netherlands_immigrants")
    occasions: Literal["inf"] | None = "inf" if unlimited else None
    result = estimate_table(path, ordered=True, occasions=occasions)
    limit = carrying_limit(read_capture_table(path, ordered=True, occasions=occasions))
    assert [e["method"] for e in result["estimates"]] == list(REGISTRY)
    json.dumps(result, allow_nan=False)
    for e in result["estimates"]:
        if e["status"] == "estimated" and e["n_total"] is not None:
            assert result["table"]["n_observed"] <= e["n_total"] <= limit
    assert all(len(line) <= 80 and line == line.rstrip() for line in render_estimates(result).splitlines())


def test_the_text_table_shows_estimates_cautions_and_refusals() -> None:
    text = render_estimates(estimate_table(TABLES / "uk_modern_slavery_5.csv"))
    assert text.startswith("2,744 units seen; 5 lists or occasions, without an order in time")
    assert "Mt                       13,444" in text
    assert text.index("Mt                       13,444") < text.index("\nlower bound") < text.index("\nchao  ")
    assert "No answer" in text
    assert "Mb, Mbh, Mtb" in text and "unordered-lists." in text
    assert "Cautions" in text


def test_an_unbounded_range_is_null_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("captures,units\n1,30\n2,3\n3,1\n")
    result = estimate_table(path, occasions=4, methods=["Mh-gamma3.5", "Mh-darroch"])
    unbounded = [e for e in result["estimates"] if e["status"] == "estimated" and e["interval"]["upper"] is None]
    for e in unbounded:
        assert "no upper end" in e["interval"]["note"]
        assert "C-WIDE" in {c["code"] for c in e["cautions"]}
    json.dumps(result, allow_nan=False)


def test_an_unknown_method_is_an_error() -> None:
    with pytest.raises(EstimateError, match="E-EST-01"):
        estimate_table(TABLES / "hare.csv", methods=["Mq"])


def test_the_list_of_methods_is_complete() -> None:
    assert [m["name"] for m in list_methods()] == list(REGISTRY)
    text = render_methods()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(f"{name}\n" in text for name in REGISTRY)


def test_all_methods_bring_the_comparison_and_named_ones_do_not() -> None:
    together = estimate_table(TABLES / "kosovo.csv")
    told = together["multiverse"]
    found = multiverse(read_capture_table(TABLES / "kosovo.csv"))
    assert found.spread is not None
    assert told["spread"]["model_share"] == found.spread.model_share
    assert told["sentences"] == list(found.sentences())
    sizes = {e["method"]: e["n_total"] for e in together["estimates"] if e["status"] == "estimated"}
    estimates = [m for family in told["families"].values() for m in family]
    assert told["spread"]["smallest"] == min(sizes[m] for m in estimates)
    assert told["spread"]["largest"] == max(sizes[m] for m in estimates)
    assert not set(told["lower_bounds"]) & set(estimates)
    assert "multiverse" not in estimate_table(TABLES / "kosovo.csv", methods=["Mt"])


def test_rates_have_no_size_and_quantities_travel() -> None:
    quantities = (
        Quantity(name="Phi", value=0.56, standard_error=0.02),
        Quantity(name="Phi[6]", value=None, confounded_with=("p[7]",)),
    )
    rates = Method(
        name="rates", question="?", assumptions=("A.",), source="(2000)", needs="", fit=lambda table, level: fit
    )
    fit = Fit(n_unseen=None, quantities=quantities, deviance=3.0)
    table = CaptureTable.from_frequencies([25, 22, 13])
    run = EstimateRun(table=table, found=multiverse(table, (rates,)), together=False, groups={}, checks=())
    (told,) = run.to_json()["estimates"]
    assert told["status"] == "estimated" and told["n_total"] is told["interval"] is told["standard_error"] is None
    assert told["quantities"][1]["confounded_with"] == ["p[7]"] and told["deviance"] == 3.0
    json.dumps(run.to_json(), allow_nan=False)
    assert "Phi                               0.56        0.02" in run.to_text()
    assert "cannot be told apart from p[7]" in run.to_text()
    assert all(len(line) <= 80 for line in run.to_text().splitlines())


def test_lists_are_joined_then_dropped_and_it_is_said() -> None:
    table = read_capture_table(TABLES / "uk_modern_slavery_5.csv")
    changed = changed_table(table, Changes(merge=("GO+NG=GONG",), drop=("LA",)))
    assert changed.labels == ("GONG", "PFNCA", "GP") and changed.n_observed == 2744 - 54
    result = run_estimate(TABLES / "uk_modern_slavery_5.csv", methods=["Mt"], changes=Changes(drop=("LA",))).to_json()
    assert result["table"]["lists"] == 4 and len(result["table"]["operations"]) == 1
    assert "LA" in render_estimates(result).splitlines()[1]
    with pytest.raises(RecordError, match="E-RECORD-07"):
        changed_table(table, Changes(drop=("nobody",)))


@pytest.mark.parametrize("text", ["GO", "GO+NG", "GO=X", "GO+NG=", "+=X", "GO++NG=X"])
def test_joining_lists_needs_the_lists_and_a_name(text: str) -> None:
    table = read_capture_table(TABLES / "uk_modern_slavery_5.csv")
    with pytest.raises(EstimateError, match="E-EST-83"):
        changed_table(table, Changes(merge=(text,)))


def test_covariates_are_kept_by_name() -> None:
    table = read_capture_table(TABLES / "netherlands_immigrants.csv", occasions="inf")
    assert table.rows is not None and set(table.rows.covariates) == {"gender", "age", "reason", "nation"}
    two = changed_table(table, Changes(covariates=("age", "gender")))
    assert two.rows is not None and list(two.rows.covariates) == ["age", "gender"]
    assert two.rows.n_observed == 1880
    assert changed_table(table, Changes(covariates=())).rows is None
    with pytest.raises(EstimateError, match="E-EST-84") as caught:
        changed_table(table, Changes(covariates=("shoe",)))
    assert "gender" in caught.value.allowed


@dataclasses.dataclass(frozen=True)
class Counting:
    """An estimator with options."""

    formula: str | None = None
    seed: int = 1

    def fit(self, table: CaptureTable, level: float) -> Fit:
        return Fit(n_unseen=float(self.seed), parameters={"terms": float(len(self.formula or ""))})


def test_options_reach_the_methods_that_have_them() -> None:
    entry = Method(name="x", question="?", assumptions=(), source="", needs="", fit=Counting().fit)
    assert takes(entry, "seed") and takes(entry, "formula") and not takes(entry, "folds")
    changed = with_options(entry, seed=9, formula="~ a", folds=3)
    fit = changed.fit(CaptureTable.from_frequencies([5, 2]), 0.95)
    assert fit.n_unseen == 9.0 and fit.parameters["terms"] == 3.0
    assert entry.fit(CaptureTable.from_frequencies([5, 2]), 0.95).n_unseen == 1.0


@dataclasses.dataclass(frozen=True)
class Called:
    """An estimator with options that is called itself."""

    seed: int = 1

    def __call__(self, table: CaptureTable, level: float) -> Fit:
        return Fit(n_unseen=float(self.seed))


def test_options_reach_methods_that_are_called_themselves() -> None:
    entry = Method(name="x", question="?", assumptions=(), source="", needs="", fit=Called())
    assert takes(entry, "seed") and not takes(entry, "formula")
    assert with_options(entry, seed=7).fit(CaptureTable.from_frequencies([5, 2]), 0.95).n_unseen == 7.0


def test_open_models_take_the_formula_for_staying_and_being_seen() -> None:
    entry = Method(name="cjs", question="?", assumptions=(), source="", needs="", fit=Called())
    table = read_capture_table(TABLES / "dipper.csv", ordered=True)
    by_sex = with_options(entry, formula="~ sex").fit(table, 0.95)
    names = {q.name for q in by_sex.quantities}
    assert any("Male" in n and n.startswith("Phi") for n in names)
    assert any("Male" in n and n.startswith("p") for n in names)


def test_a_formula_for_a_method_that_takes_none_is_an_error() -> None:
    with pytest.raises(EstimateError, match="E-EST-85"):
        chosen_methods(["Mt"], Changes(formula="~ sex"))


def test_groups_are_estimated_apart_and_added_up() -> None:
    run = run_estimate(TABLES / "dipper.csv", ordered=True, methods=["Mt", "chao"], by="sex")
    told = run.to_json()
    assert list(told["groups"]) == ["Female", "Male"]
    assert [told["groups"][g]["n_observed"] for g in told["groups"]] == [153, 141]
    parts = {g: {e["method"]: e["n_total"] for e in told["groups"][g]["estimates"]} for g in told["groups"]}
    whole = {e["method"]: e["n_total"] for e in told["estimates"]}
    for method in ("Mt", "chao"):
        assert whole[f"stratified-{method}"] == pytest.approx(parts["Female"][method] + parts["Male"][method])
    assert "Group Female: 153 units seen" in run.to_text()
    with pytest.raises(RecordError, match="E-RECORD-07"):
        run_estimate(TABLES / "dipper.csv", ordered=True, methods=["Mt"], by="shoe")


def test_reliability_of_the_methods_named() -> None:
    run = run_estimate(TABLES / "kosovo.csv", methods=["Mth-chao"], reliability=True)
    (told,) = run.to_json()["reliability"]
    assert told["method"] == "Mth-chao" and len(told["omission"]) == 4 and len(told["merging"]) == 6
    assert "How firm is Mth-chao?" in run.to_text()
    both = run_estimate(TABLES / "kosovo.csv", methods=["Mth-chao", "chao", "Mb"], reliability=True)
    assert [c.full.method for c in both.checks] == ["Mth-chao", "chao", "Mb"]


def test_reliability_of_all_methods_is_of_one_of_each_family(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("captures,units\n1,40\n2,20\n3,5\n")
    run = run_estimate(tmp_path / "t.csv", occasions=4, reliability=True)
    families = {a.family for a in (*run.found.estimates, *run.found.bounds)}
    assert len(run.checks) == len(families) > 2


def test_figures_are_written_by_their_ending(tmp_path: Path) -> None:
    run = run_estimate(TABLES / "hare.csv", methods=["Mt", "chao"])
    run.figure(tmp_path / "a.svg")
    run.figure(tmp_path / "a.html")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    (tmp_path / "folder.svg").mkdir()
    for bad in (tmp_path / "a.png", tmp_path / "nowhere" / "a.svg", tmp_path / "folder.svg"):
        with pytest.raises(EstimateError, match="E-EST-86"):
            run.figure(bad)
    with pytest.raises(EstimateError, match="E-EST-86"):
        check_figure(tmp_path / "a.pdf")


def test_one_method_in_full() -> None:
    (told,) = list_methods("Mth-chao")
    assert told["lower_bound"] and told["family"] == "lower bounds"
    assert told["formula"] == REGISTRY["Mth-chao"].formula
    text = render_methods("Mth-chao")
    assert "Family: lower bounds" in text and "--method Mth-chao" in text
    for show in (list_methods, render_methods):
        with pytest.raises(EstimateError, match="E-EST-01"):
            show("nobody")


def test_names_too_long_for_the_column_stand_on_a_line_of_their_own() -> None:
    table = {"n_observed": 5, "lists": 2, "ordered": False}
    long = {"method": "a-method-with-a-long-name", "status": "estimated", "n_total": 9.5, "standard_error": None,
            "interval": None, "aic": None, "cautions": []}  # fmt: skip
    lines = render_estimates({"table": table, "estimates": [long]}).splitlines()
    assert lines[-2] == "a-method-with-a-long-name" and lines[-1].split() == ["9.5"]
