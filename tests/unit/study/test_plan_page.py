"""The page of a plan says what its numbers mean, what was assumed, and how to be held to it."""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from test_plan_spec import small_plan

from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_assumed import assumed_rows
from darkfigure.study.plan.plan_figure import plan_svg
from darkfigure.study.plan.plan_page import plan_page
from darkfigure.study.plan.plan_result import PlanResult, result_of
from darkfigure.study.plan.plan_spec import plan_of
from darkfigure.study.plan.preregistration import next_step, preregistration_of
from darkfigure.study.plan.runner import answers_of_plan
from darkfigure.study.plan.summary import DesignResult

SVG = "{http://www.w3.org/2000/svg}"


@functools.cache
def _plain() -> PlanResult:
    return _result()


def _result(**sections: Any) -> PlanResult:
    plan = plan_of(small_plan(**sections))
    return result_of(plan, answers_of_plan(plan, processes=1))


def _with(result: PlanResult, **changes: Any) -> PlanResult:
    """The result with another design as planned."""
    designs: list[DesignResult] = [replace(d, **changes) if d.kind == "base" else d for d in result.designs]
    return replace(result, designs=tuple(designs))


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_every_range_of_the_plan_stands_on_the_page() -> None:
    result = _result(
        population={"sources": [123, 4567], "activity_cv2": [0.25, 0.75]},
        sightings={"dependence": [0.11, 0.33], "missed_matches": [0.02, 0.07]},
    )
    told = _text(plan_page(result))
    for words in ("123 to 4,567", "0.25 to 0.75", "0.11 to 0.33", "2 to 7%"):
        assert words in told
    assert told.index("What was assumed") < told.index("123 to 4,567") < told.index("How far to trust this")


def test_what_a_plan_leaves_out_is_named_as_absent() -> None:
    """A range left out is a claim that the thing does not exist; a reader must see the claim."""
    rows = dict(assumed_rows(_plain().plan))
    assert rows["use of one service goes with use of another"] == "not at all"
    assert rows["records on one list that cannot be matched with others"] == "none"
    assert "behind shared addresses" not in rows, "sources are matched, so addresses have no part in it"
    addresses = plan_of(
        small_plan(
            analysis={"table": "weeks", "method": "chao-bc", "estimand": "addresses-used", "entity": "address"},
            addresses={"lease": ["mixed", "fixed"], "mean_days": [30, 60], "fast_days": 2, "fast_share": [0.1, 0.2]},
        )
    )
    rows = dict(assumed_rows(addresses))
    assert rows["behind shared addresses"] == "nobody"
    assert (
        "30 to 60 days" in rows["an address is kept"]
        and "2 for the fast, who are 10 to 20%" in rows["an address is kept"]
    )


def test_the_page_shows_how_to_be_held_to_the_plan() -> None:
    digest = preregistration_of(_plain()).registration.content_sha256
    assert digest in plan_page(_plain())
    assert next_step(_plain()).splitlines()[-1] == digest
    assert max(len(line) for line in next_step(_plain()).splitlines()) <= 80


def test_the_method_is_named_in_words_and_each_hard_row_is_explained() -> None:
    told = _text(plan_page(_plain()))
    assert "chapman: Chapman, two samples" in told
    for words in ("more data do not cure it", "large errors weighing more", "said to differ"):
        assert words in told
    assert "+-" not in told and "±" in told


def test_costs_have_columns_only_where_there_are_costs() -> None:
    services = [{k: v for k, v in s.items() if k != "cost"} for s in small_plan()["service"]]
    free, paid = plan_page(_result(service=services)), plan_page(_result(costs={"per_case": 2, "budget": 500}))
    assert "mean cost" not in free and "within the budget" not in free
    assert "mean cost" in paid and "within the budget, in 100" in paid


def test_refusals_are_on_the_page() -> None:
    assert "Worlds that end without an answer" not in plan_page(_plain())
    refused = _with(_plain(), refusals=(("no-overlap", 7),))
    assert f"no-overlap (7 of {refused.base.worlds} worlds)" in plan_page(refused)


def test_the_table_beside_the_figure_holds_its_numbers() -> None:
    page = plan_page(_plain())
    assert page.index("</svg>") < page.index("The numbers of the figure") < page.index("As planned, in numbers")
    for d in _plain().designs:
        assert f"{100 * d.good.value:.1f} ± " in page
    # Scrollable parts can be reached and named without a mouse.
    parts = re.findall(r'<div class="wide"[^>]*>', page)
    assert len(parts) == len(set(parts)) == 4, "no two of a name"
    assert all('tabindex="0"' in p and "aria-label=" in p for p in parts)


def _svg(result: PlanResult) -> ET.Element:
    return ET.fromstring(plan_svg(result))


def test_bars_have_a_scale_and_stand_in_proportion() -> None:
    base = _plain().base
    root = _svg(_plain())
    rows = [g for g in root.iter(f"{SVG}g") if g.get("tabindex") == "0"]
    assert len(rows) == len(_plain().designs)
    good, error = (float(b.get("width", "nan")) for b in rows[0].iter(f"{SVG}rect"))
    assert good == pytest.approx(200 * base.good.value, abs=0.1)
    ticks = [
        (int(t.text or ""), float(t.get("x", "nan")))
        for t in root.iter(f"{SVG}text")
        if t.get("text-anchor") == "middle"
    ]
    assert {(0, 230.0), (100, 430.0), (0, 530.0)} < set(ticks)
    assert base.rmse_percent is not None
    # The tick of the error axis and the bar agree on what a percent is.
    tick, x = ticks[-1]
    assert error == pytest.approx((x - 530) / tick * base.rmse_percent.value, abs=0.3)


@pytest.mark.parametrize("rmse", [None, Measured(0.0, 0.0), Measured(4.2e7, 1e6), Measured(30.0, None)])
def test_extreme_errors_can_be_drawn(rmse: Measured | None) -> None:
    root = _svg(_with(_plain(), rmse_percent=rmse))
    widths = [float(r.get("width", "nan")) for r in root.iter(f"{SVG}rect")]
    assert all(0 <= w <= 200 for w in widths)
    base = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "base")
    words = " ".join(t.text or "" for t in base.iter(f"{SVG}text"))
    assert ("no answer" in words) == (rmse is None)
    assert ("42,000,000" in words) == (rmse is not None and rmse.value > 1e6)
