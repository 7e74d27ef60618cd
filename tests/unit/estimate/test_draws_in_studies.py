"""Coverage studies: rows follow their definitions and do not depend on processes, order or what was done before."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import CaptureTable, Method
from darkfigure.estimate.outcomes import Fit
from darkfigure.estimate.simulate import Homogeneous, Outcome, TimeVarying, coverage_study, run_draws, summarise
from darkfigure.records.aggregate import Interval

ROOT = Path(__file__).parents[3]
WORLDS = {
    "alike": Homogeneous(n_total=150, n_occasions=4, chance=0.3),
    "two lists": TimeVarying(n_total=200, chances=(0.3, 0.4), ordered=False),
}
METHODS = ["M0", "Mb", "chapman"]


def twice(table: CaptureTable, level: float) -> Fit:
    """Always twice the units seen, with a range up to three times."""
    n = table.n_observed
    return Fit(n_unseen=float(n), standard_error=1.0, interval=Interval(1.0 * n, 3.0 * n, level, "made up"))


def broken(table: CaptureTable, level: float) -> Fit:
    raise ZeroDivisionError


def made(name: str, fit: object) -> Method:
    return Method(name=name, question="?", assumptions=(), source="", needs="", fit=fit)  # type: ignore[arg-type]


def outcome(
    replicate: int, n: float | None, lower: float | None = None, upper: float | None = None, **more: str
) -> Outcome:
    return Outcome(world="w", method="m", replicate=replicate, truth=200, n_total=n, lower=lower, upper=upper, **more)  # type: ignore[arg-type]


def test_rows_follow_their_definitions() -> None:
    found = [
        outcome(0, 180.0, 150.0, 190.0),
        outcome(1, 220.0, 190.0, 260.0),
        outcome(2, 260.0, 195.0, math.inf),
        outcome(3, 230.0),
        outcome(4, None, refusal="diverged"),
        outcome(5, None, refusal="no-overlap"),
        outcome(6, None, refusal="diverged"),
    ]
    (row,) = summarise([*found, found[0]])
    assert (row.replicates, row.answered) == (7, pytest.approx(4 / 7))
    errors = np.array([-10, 10, 30, 15])
    assert row.bias_percent == pytest.approx(errors.mean())
    assert row.median_bias_percent == pytest.approx(12.5)
    assert row.rmse_percent == pytest.approx(math.sqrt(np.mean(errors**2)))
    assert row.coverage == pytest.approx(2 / 3)
    assert row.coverage_error == pytest.approx(math.sqrt(2 / 9 / 3))
    assert (row.intervals, row.unbounded) == (3, 1)
    assert row.width_percent == pytest.approx((20 + 35) / 2)
    assert row.refusals == (("diverged", 2), ("no-overlap", 1))


def test_a_method_that_never_answers_has_no_numbers() -> None:
    (row,) = summarise([outcome(0, None, refusal="no-overlap")])
    assert row.answered == 0
    assert row.bias_percent is row.rmse_percent is row.coverage is row.coverage_error is row.width_percent is None


def test_a_study_runs_the_methods_on_the_draws() -> None:
    (row,) = coverage_study({"alike": WORLDS["alike"]}, [made("twice", twice)], replicates=40, seed=2)
    share = 1 - 0.7**4
    assert row.bias_percent == pytest.approx(100 * (2 * share - 1), abs=3)
    assert row.coverage == 1.0 and row.answered == 1.0
    assert row.width_percent == pytest.approx(200 * share, abs=3)


def test_two_processes_give_the_rows_of_one() -> None:
    one = coverage_study(WORLDS, METHODS, replicates=25, seed=3)
    assert one == coverage_study(WORLDS, METHODS, replicates=25, seed=3, processes=2)
    assert one != coverage_study(WORLDS, METHODS, replicates=25, seed=4)
    assert [(r.world, r.method) for r in one] == [(w, m) for w in WORLDS for m in METHODS]
    refusals = {(r.world, r.method): r.refusals for r in one}
    assert refusals["two lists", "Mb"] == (("unordered-lists", 25),)
    assert refusals["alike", "chapman"] == (("wrong-table", 25),)


def test_a_row_does_not_depend_on_what_else_is_studied() -> None:
    whole = coverage_study(WORLDS, METHODS, replicates=12, seed=3)
    alone = coverage_study({"two lists": WORLDS["two lists"]}, ["chapman"], replicates=12, seed=3)
    assert alone[0] == whole[-1]


def test_a_study_goes_on_where_it_stopped() -> None:
    kept: list[Outcome] = []
    half = coverage_study(WORLDS, METHODS[:2], replicates=8, seed=3, keep=kept.extend)
    assert len(kept) == 2 * 2 * 8 and half
    told: list[tuple[int, int]] = []
    new: list[Outcome] = []
    rows = coverage_study(
        WORLDS,
        METHODS,
        replicates=25,
        seed=3,
        done=kept,
        keep=new.extend,
        progress=lambda stage, done, total: told.append((done, total)),
    )
    assert rows == coverage_study(WORLDS, METHODS, replicates=25, seed=3)
    assert len(new) == 2 * (3 * 25 - 2 * 8)
    assert told[-1] == (len(new), len(new)) and sorted(told) == told
    assert coverage_study(WORLDS, METHODS, replicates=25, seed=3, done=[*kept, *new], keep=fail) == rows


def fail(outcomes: tuple[Outcome, ...]) -> None:
    raise AssertionError("nothing is left to draw")


def test_a_method_that_stops_shows_in_the_row() -> None:
    rows = coverage_study({"alike": WORLDS["alike"]}, [made("broken", broken), "M0"], replicates=5, seed=1)
    assert rows[0].refusals == (("fault: ZeroDivisionError", 5),)
    assert rows[1].answered == 1.0


def test_draws_of_a_study_are_those_of_the_world() -> None:
    first = run_draws("alike", WORLDS["alike"], ["M0"], range(10), seed=3)
    again = run_draws("alike", WORLDS["alike"], ["M0"], [7], seed=3)
    assert again[0] == first[7]
    assert len({o.n_total for o in first}) > 5


def test_a_study_of_nothing_or_of_unknown_methods_is_an_error() -> None:
    for worlds, methods, replicates in (({}, ["M0"], 2), (WORLDS, [], 2), (WORLDS, ["M0"], 0), (WORLDS, ["M0"] * 2, 2)):
        with pytest.raises(EstimateError, match="E-EST-47"):
            coverage_study(worlds, methods, replicates=replicates, seed=1)
    with pytest.raises(EstimateError, match="E-EST-47"):
        coverage_study(WORLDS, [made("lambda", lambda table, level: None)], replicates=2, seed=1, processes=2)
    with pytest.raises(EstimateError, match="E-EST-01"):
        coverage_study(WORLDS, ["magic"], replicates=2, seed=1)


def test_the_quick_grid_makes_its_page_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "outcomes.jsonl"
    grid = runpy.run_path(str(ROOT / "tools" / "coverage_grid.py"))
    blocks = grid["run"](grid["QUICK"], quick=True, processes=2, seed=1, kept=kept)
    page = grid["page"](blocks, grid["QUICK"], command="quick")
    lines = kept.read_text(encoding="utf-8").splitlines(keepends=True)
    kept.write_text("".join(lines[::2]), encoding="utf-8")
    again = grid["run"](grid["QUICK"], quick=True, processes=1, seed=1, kept=kept)
    assert sorted(kept.read_text(encoding="utf-8").splitlines(keepends=True)) == sorted(lines)
    assert page == grid["page"](again, grid["QUICK"], command="quick")
    for heading in grid["CASES"]:
        assert f"\n## {heading.title}\n" in page
    assert "| `M0` |" in page and "nan" not in page and "**" not in page


def test_worlds_of_other_names_are_drawn_apart() -> None:
    rows = coverage_study({"one": WORLDS["alike"], "two": WORLDS["alike"]}, ["M0"], replicates=10, seed=3)
    assert rows[0].bias_percent != rows[1].bias_percent
