"""The choice among hierarchical models against MultipleSystemsEstimation 1.2.0 and Rcapture 1.4-4."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from darkfigure.estimate import estimate
from darkfigure.estimate.lists.bootstrap import acceleration, bootstrap_ends, resampled, without_one
from darkfigure.estimate.lists.criterion_choices import nested_choices
from darkfigure.estimate.lists.declared_terms import log_linear
from darkfigure.estimate.lists.hierarchical_choice import Ranking, rank_models
from darkfigure.estimate.lists.hierarchical_models import hierarchical_models, largest_terms
from darkfigure.estimate.lists.list_dependence import fit_terms
from darkfigure.estimate.lists.list_tables import cells_of
from darkfigure.estimate.lists.resampled_choice import bic_choice, stepwise
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

Array = NDArray[np.float64]
HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "src/darkfigure/reference/data/capture-tables"
ORACLE = {e["id"]: e for e in json.loads((HERE / "oracles/multiplesystemsestimation.json").read_text())}
RCAPTURE = {e["id"]: e for e in json.loads((HERE / "oracles/rcapture.json").read_text())}
FILES = {"Kosovo": "kosovo", "UKdat_5": "uk_modern_slavery_5"}
CHOSEN = [name for name, e in ORACLE.items() if e["status"] == "ok" and e["results"]["model"]]
STEPWISE = [name for name in ORACLE if name.endswith(".stepwise")]
# All models the peer lists, best first, and how many resamples it drew.
LISTED = {"Kosovo.bic.b1000": (20, 1000), "UKdat_5.bic.b200": (100, 200)}
THREE_ERRORS = 0.00135
"""Chance of a normal variable to lie more than three standard errors above its mean."""


def table_of(entry: str) -> CaptureTable:
    return read_capture_table(TABLES / f"{FILES[entry.split('.')[0]]}.csv")


def column_of(table: CaptureTable) -> tuple[Array, int]:
    counts, histories = cells_of(table, at_least=3)
    return np.concatenate([[0.0], counts]), histories.shape[1]


def as_printed(terms: Sequence[tuple[int, ...]], lists: int) -> str:
    """The peers' way to write a model: its largest terms, lists counted from 1."""
    return "[" + ",".join("".join(str(i + 1) for i in s) for s in largest_terms(terms, lists)) + "]"


def chosen_model(result: PopulationEstimate, table: CaptureTable) -> str:
    terms = [name.split(":") for name in result.parameters if ":" in name]
    return as_printed([tuple(table.labels.index(x) for x in term) for term in terms], len(table.labels))


def ranking_of(entry: str) -> tuple[Ranking, int]:
    column, t = column_of(table_of(entry))
    return rank_models(column, n_lists=t, keep=LISTED[entry][0]), t


@pytest.mark.parametrize("entry", CHOSEN)
def test_model_number_and_criterion_equal_the_peer(entry: str) -> None:
    table, theirs = table_of(entry), ORACLE[entry]["results"]
    ours = estimate("loglinear-bic", table)
    assert isinstance(ours, PopulationEstimate), ours
    assert chosen_model(ours, table) == theirs["model"]
    assert ours.n_total == pytest.approx(theirs["popest"], rel=1e-6)
    assert ours.bic == pytest.approx(theirs["BIC"], abs=1e-6)
    declared = estimate(log_linear(theirs["model"]), table)
    assert isinstance(declared, PopulationEstimate)
    assert declared.n_total == pytest.approx(theirs["popest"], rel=1e-6)


@pytest.mark.parametrize("entry", LISTED)
def test_models_come_in_the_order_of_the_peer(entry: str) -> None:
    theirs = list(ORACLE[entry]["results"]["BCaquantiles"])
    ranking, t = ranking_of(entry)
    number = LISTED[entry][0]
    assert len(theirs) == number
    assert sorted(as_printed(m.terms, t) for m in ranking.models[:number]) == sorted(theirs)
    behind = {as_printed(m.terms, t): m.behind for m in ranking.models}
    # Two of the UK models tie; the peer lists them in another order than ours.
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(behind[name] for name in theirs))


@pytest.mark.parametrize(
    ("entry", "rows", "size"),
    [
        ("Kosovo.bic.b1000", 20, 4000),
        ("UKdat_5.bic.b200", 8, 2000),
        pytest.param("UKdat_5.bic.b200", 100, 9000, marks=pytest.mark.slow),
    ],
)
def test_ranges_of_every_nested_choice_are_those_of_the_peer(entry: str, rows: int, size: int) -> None:
    """Row k lets each resample choose among the k best models; an end of theirs must not lie outside 99.7% of ours.

    The last rows of the UK need a large pool: their upper end is the largest of 200 totals, one in 5,000 of ours.
    """
    ranking, t = ranking_of(entry)
    printed = {as_printed(m.terms, t): m.terms for m in ranking.models}
    theirs = ORACLE[entry]["results"]["BCaquantiles"]
    names = list(theirs)[:rows]
    column, _ = column_of(table_of(entry))
    left_out, weights = without_one(column)
    tables = np.column_stack([column, left_out, resampled(column, size, np.random.default_rng(3))])
    totals = tables.sum(axis=0) + nested_choices(tables, [printed[name] for name in names], n_lists=t)
    picks = np.random.default_rng(4).integers(0, size, (1500, LISTED[entry][1]))
    for k, name in enumerate(names):
        skew = acceleration(totals[k, 1 : 1 + len(weights)], weights)
        pool = totals[k, 1 + len(weights) :]
        for level, low, high in ((0.95, "0.025", "0.975"), (0.8, "0.1", "0.9")):
            ends = [
                bootstrap_ends(pool[p], point=float(totals[k, 0]), level=level, kind="bca", skew=skew) for p in picks
            ]
            lower, upper = np.array([(e.lower, e.upper) for e in ends if e is not None]).T
            for ours, end in ((lower, theirs[name][low]), (upper, theirs[name][high])):
                assert (ours <= end).mean() >= THREE_ERRORS, (k, level, end, ours.min())
                assert (ours >= end).mean() >= THREE_ERRORS, (k, level, end, ours.max())


def test_all_113_models_of_four_lists_equal_rcapture() -> None:
    theirs = RCAPTURE["lesbian.closedpMS.t.none"]["results"]
    table = read_capture_table(TABLES / "lesbian.csv")
    counts, histories = cells_of(table, at_least=3)
    models = {as_printed(m, 4): m for m in hierarchical_models(4)}
    assert models.keys() == theirs["models_sorted_by_BIC"].keys()
    for name, row in theirs["models_sorted_by_BIC"].items():
        fit = fit_terms(table, histories, counts, models[name], level=0.95)
        assert table.n_observed + fit.n_unseen == pytest.approx(row["abundance"], rel=1e-6), name
        assert fit.standard_error == pytest.approx(row["stderr"], rel=1e-6), name
        assert fit.deviance == pytest.approx(row["deviance"], abs=1e-6), name
        assert fit.aic == pytest.approx(row["AIC"], abs=1e-6), name
        assert fit.bic == pytest.approx(row["BIC"], abs=1e-6), name
        assert fit.df == row["df"], name
    ranking = rank_models(np.concatenate([[0.0], counts]), n_lists=4)
    assert as_printed(ranking.models[0].terms, 4) == theirs["best_by_BIC"]


def test_models_of_six_lists_equal_rcapture() -> None:
    """The first twenty of all 32,768 models of pairs, declared by name."""
    theirs = RCAPTURE["hare.closedpMS.t"]["results"]
    table = read_capture_table(TABLES / "hare.csv")
    assert sum(1 for _ in hierarchical_models(6, order=2)) == theirs["n_models"]
    for name, row in theirs["first20_in_enumeration_order"].items():
        if row["infoFit"] != 0:
            continue
        ours = estimate(log_linear(name), table)
        assert isinstance(ours, PopulationEstimate), name
        assert ours.n_total == pytest.approx(row["abundance"], rel=1e-6), name
        assert ours.standard_error == pytest.approx(row["stderr"], rel=1e-6), name
        assert ours.bic == pytest.approx(row["BIC"], abs=1e-6), name
        assert ours.df == row["df"], name


@pytest.mark.parametrize("entry", STEPWISE)
def test_stepwise_equals_the_peer(entry: str) -> None:
    table, theirs = table_of(entry), ORACLE[entry]["results"]
    ours = estimate("loglinear-stepwise", table)
    assert isinstance(ours, PopulationEstimate)
    assert ours.n_total == pytest.approx(theirs["popest"], rel=1e-6)
    assert chosen_model(ours, table) == theirs["MSEfit"]["hiermod"]


def test_stepwise_without_a_limit_of_order_is_as_published() -> None:
    """Kosovo with terms of any order: [134,12,23] and about 18,393, in the package's page on its 2021 paper."""
    table = table_of("Kosovo")
    ours = estimate(stepwise(order=4, interval="conditional"), table)
    assert isinstance(ours, PopulationEstimate)
    assert chosen_model(ours, table) == "[134,12,23]"
    assert round(ours.n_total) == 18393


def test_every_entry_is_compared() -> None:
    assert {*CHOSEN, *STEPWISE} == set(ORACLE)
    assert len(CHOSEN) == 4
    with_several_models = {name for name in RCAPTURE if ".closedpMS." in name and RCAPTURE[name]["status"] == "ok"}
    heterogeneous = {f"lesbian.closedpMS.t.{shape}" for shape in ("Chao", "Darroch", "Poisson", "Gamma")}
    assert with_several_models - heterogeneous == {"lesbian.closedpMS.t.none", "hare.closedpMS.t"}


def test_published_ranges_of_the_uk_and_kosovo() -> None:
    """25,311 with 19,319 to 34,506 (one model, 200 resamples); 10,357 with 9,101 to 12,003 (one model, 1,000)."""
    for entry, published in (("UKdat_5.bic.b200", (19319, 34506)), ("Kosovo.bic.b1000", (9101, 12003))):
        ours = estimate(bic_choice(keep=1, replicates=1000), table_of(entry))
        assert isinstance(ours, PopulationEstimate)
        assert ours.interval is not None
        few = math.sqrt(1 + 1000 / LISTED[entry][1])
        for end, error, theirs in (
            (ours.interval.lower, ours.diagnostics["monte_carlo_error_lower"], published[0]),
            (ours.interval.upper, ours.diagnostics["monte_carlo_error_upper"], published[1]),
        ):
            assert abs(end - theirs) < 3 * error * few


def test_range_of_the_chosen_model_is_that_of_its_likelihood() -> None:
    """The peer's 95% set of the one chosen model (bootstrap) and ours (profile) are near each other, not equal."""
    theirs = ORACLE["Kosovo.bic.b1000"]["results"]["BCaquantiles"]["[123,14,34]"]
    ours = estimate("loglinear-bic", table_of("Kosovo"))
    assert isinstance(ours, PopulationEstimate)
    assert ours.interval is not None
    assert math.log(ours.interval.lower / theirs["0.025"]) == pytest.approx(0, abs=0.02)
    assert math.log(ours.interval.upper / theirs["0.975"]) == pytest.approx(0, abs=0.02)


def test_choice_is_quick() -> None:
    begin = time.process_time()
    estimate("loglinear-bic", table_of("UKdat_5"))
    assert time.process_time() - begin < 1
