"""A plan is read strictly: whatever it does not allow is named, without a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from darkfigure.errors import StudyError
from darkfigure.study.plan.designs import cost_before_cases, designs_of, most_cases
from darkfigure.study.plan.plan_spec import Plan, plan_of, read_plan, window_changes

ROOT = Path(__file__).parents[3]


def small_plan(**sections: Any) -> dict[str, Any]:
    """Two lists of people, matched by person."""
    plan: dict[str, Any] = {
        "plan": {"id": "small", "title": "Small", "date": "2026-11-21", "worlds": 20, "seed": 3},
        "population": {"sources": [300, 600]},
        "service": [
            {"name": "A", "used_by": [0.5, 0.8], "events_a_year": 4, "detection": [0.2, 0.4], "cost": 100},
            {"name": "B", "used_by": [0.5, 0.8], "events_a_year": 4, "detection": [0.2, 0.4], "cost": 100},
            {"name": "C", "used_by": [0.5, 0.8], "events_a_year": 4, "detection": [0.2, 0.4], "cost": 500},
        ],
        "design": {"window_days": 365, "services": ["A", "B"]},
        "analysis": {
            "table": "lists",
            "method": "chapman",
            "estimand": "sources-ever-active",
            "entity": "source",
        },
    }
    for name, keys in sections.items():
        plan[name] = {**plan[name], **keys} if isinstance(keys, dict) and name in plan else keys
    return plan


def test_the_example_is_a_plan() -> None:
    plan = read_plan(ROOT / "studies" / "plan-example.toml")
    assert plan.analysis.table == "lagged"
    assert {s.name for s in plan.service} > set(plan.design.services)


def test_one_number_is_a_range_of_itself() -> None:
    plan = plan_of(small_plan(population={"sources": 500}))
    assert plan.population.sources == (500.0, 500.0)


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"population": {"people": 5}}, "population.people is not a known key"),
        ({"plan": {"worlds": 3}}, "plan.worlds"),
        ({"population": {"sources": [600, 300]}}, "population"),
        ({"sightings": {"dependence": [0.5, 1.5]}}, "sightings.dependence"),
        ({"addresses": {"lease": "monthly"}}, "addresses.lease"),
        ({"design": {"window_days": 3}}, "design.window_days"),
    ],
)
def test_a_wrong_key_is_named(sections: dict[str, Any], named: str) -> None:
    with pytest.raises(StudyError, match="E-STUDY-71") as fault:
        plan_of(small_plan(**sections))
    assert named in fault.value.problem
    assert "600" not in str(fault.value) and "monthly" not in str(fault.value)


def test_a_missing_section_is_named() -> None:
    declared = small_plan()
    del declared["analysis"]
    with pytest.raises(StudyError, match="analysis is missing"):
        plan_of(declared)


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"design": {"services": ["A", "D"]}}, "service D is not declared"),
        ({"design": {"services": ["A"]}}, "two services or more"),
        ({"design": {"services": ["A", "A"]}}, "twice"),
        ({"analysis": {"method": "mark"}}, "mark is not a method"),
        ({"analysis": {"method": ""}}, "the empty name"),
        ({"analysis": {"table": "lagged", "method": "chapman", "entity": "address"}}, "takes no method"),
        ({"analysis": {"table": "lagged", "method": ""}}, "entity must be address"),
        ({"changes": {"analyses": ["years:chao"]}}, "changes.analyses starts with"),
        ({"changes": {"detection_factors": [0.0]}}, "detection_factors"),
        ({"changes": {"window_days": [2]}}, "changes.window_days"),
        ({"analysis": {"table": "weeks", "occasion_days": 300}}, "fewer than two occasions"),
        ({"costs": {"when_over": "sample"}}, "needs costs.budget"),
        ({"sightings": {"burst_size": 0.5}}, "burst_size is 1 or more"),
    ],
)
def test_contradictions_are_named(sections: dict[str, Any], named: str) -> None:
    with pytest.raises(StudyError, match="E-STUDY-72") as fault:
        plan_of(small_plan(**sections))
    assert named in fault.value.problem


def test_two_services_of_one_name_are_refused() -> None:
    declared = small_plan()
    declared["service"][2]["name"] = "B"
    with pytest.raises(StudyError, match="share a name"):
        plan_of(declared)


def test_a_world_that_does_not_fit_in_memory_is_refused() -> None:
    with pytest.raises(StudyError, match="E-STUDY-73"):
        plan_of(small_plan(population={"sources": 5_000_000}))


@pytest.mark.parametrize("text", [None, "[plan\nid = 1"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "p.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StudyError, match="E-STUDY-70"):
        read_plan(path)


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    declared = small_plan()
    turned = dict(reversed(list(declared.items())))
    assert plan_of(declared).digest() == plan_of(turned).digest()
    assert plan_of(declared).digest() != plan_of(small_plan(plan={"seed": 4})).digest()


def test_changes_are_one_at_a_time() -> None:
    changes = {"window_days": [180], "leave_out": ["A"], "detection_factors": [2.0], "analyses": ["weeks:chao-bc"]}
    plan = plan_of(small_plan(changes=changes))
    found = {d.name: d for d in designs_of(plan)}
    base = found["as planned"]
    # Without A one list is left, which is no design for two lists.
    assert list(found) == ["as planned", "window of 180 days", "with C", "detection x 2", "analysis weeks:chao-bc"]
    for name, d in found.items():
        same = [
            d.window_days == base.window_days,
            d.services == base.services,
            d.detection_factor == base.detection_factor,
            (d.table, d.method) == (base.table, base.method),
        ]
        assert sum(same) == (4 if name == "as planned" else 3)


def test_windows_are_halved_and_doubled_when_none_is_named() -> None:
    assert window_changes(plan_of(small_plan())) == (182, 730)
    assert window_changes(plan_of(small_plan(changes={"window_days": []}))) == ()


def test_costs_add_up() -> None:
    costs = {"fixed": 10.0, "per_day": 2.0, "per_case": 0.5, "budget": 1000.0, "when_over": "sample"}
    plan: Plan = plan_of(small_plan(costs=costs))
    base, with_c = designs_of(plan)[0], next(d for d in designs_of(plan) if d.name == "with C")
    assert cost_before_cases(plan, base) == 10 + 200 + 730
    assert cost_before_cases(plan, with_c) == 10 + 700 + 730
    assert most_cases(plan, base) == 120
    assert most_cases(plan, with_c) == 0


def _sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    found = {}
    for name, field in model.model_fields.items():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found[name] = part
    return found


def test_every_key_is_explained_with_its_section() -> None:
    text = (ROOT / "docs/how-to/plan-a-study.md").read_text(encoding="utf-8")
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")][2:]
    told: dict[str, list[str]] = {}
    section = ""
    for first, key, *_ in rows:
        section = first.strip("`[]") or section
        told.setdefault(section, []).append(key.strip("`"))
    assert told == {name: list(part.model_fields) for name, part in _sections(Plan).items()}
