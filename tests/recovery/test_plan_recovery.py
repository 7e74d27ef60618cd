"""What a plan predicts is what happens on fresh worlds: another seed, the same ranges."""

from __future__ import annotations

from typing import Any

import pytest

from darkfigure.study.plan.plan_result import PlanResult, result_of
from darkfigure.study.plan.plan_spec import plan_of
from darkfigure.study.plan.runner import answers_of_plan
from darkfigure.study.plan.summary import DesignResult


def service(name: str, *, events: float = 6.0) -> dict[str, Any]:
    return {"name": name, "used_by": [0.4, 0.8], "events_a_year": events, "detection": [0.2, 0.5]}


def run(seed: int, *, worlds: int, processes: int = 1, **sections: Any) -> PlanResult:
    plan = plan_of(
        {
            "plan": {"id": "fresh", "title": "Fresh worlds", "date": "2026-11-21", "worlds": worlds, "seed": seed},
            "service": [service("A"), service("B"), service("C")],
            "design": {"window_days": 365, "services": ["A", "B"]},
            **sections,
        }
    )
    return result_of(plan, answers_of_plan(plan, processes=processes))


PEOPLE: dict[str, Any] = {
    "population": {"sources": [300, 1200], "activity_cv2": [0, 0.5]},
    "sightings": {"dependence": [0, 0.3], "missed_matches": [0, 0.1]},
    "analysis": {
        "table": "lists",
        "method": "loglinear-main",
        "estimand": "sources-ever-active",
        "entity": "source",
    },
    "changes": {"window_days": [182, 730], "leave_out": ["A"], "detection_factors": [1.5]},
}
ADDRESSES: dict[str, Any] = {
    "population": {"sources": [300, 1200], "growth_a_year": [1, 1.5], "career_days": [200, 2000]},
    "addresses": {"lease": ["exponential", "fixed"], "mean_days": [60, 360], "shared_share": [0, 0.3]},
    "sightings": {"burst_size": [1, 2]},
    "analysis": {"table": "weeks", "method": "chao-bc", "estimand": "addresses-used"},
    "changes": {"window_days": [182], "analyses": ["halves:chapman"]},
}
SOURCES: dict[str, Any] = {
    "population": {"sources": [300, 600]},
    "addresses": {"lease": ["exponential", "fixed"], "mean_days": [7, 30], "shared_share": [0, 0.2]},
    "service": [service("A", events=24), service("B", events=24)],
    "analysis": {"table": "lagged", "estimand": "sources-active-weighted"},
    "changes": {"window_days": []},
}


def compare(predicted: PlanResult, realised: PlanResult) -> list[tuple[str, float, int]]:
    """Designs with the ratio of the two errors, and the worlds each says it needs."""
    pairs = zip(predicted.designs, realised.designs, strict=True)
    return [(p.name, _rmse(r) / _rmse(p), p.worlds_needed or 10**9) for p, r in pairs]


def _rmse(d: DesignResult) -> float:
    assert d.rmse_percent is not None, d.name
    return d.rmse_percent.value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sections", "worlds"), [(PEOPLE, 500), (ADDRESSES, 1000), (SOURCES, 320)], ids=["people", "addresses", "sources"]
)
def test_the_error_predicted_is_within_15_percent_of_the_error_realised(sections: dict[str, Any], worlds: int) -> None:
    predicted, realised = (run(seed, worlds=worlds, processes=2, **sections) for seed in (11, 12))
    assert predicted.base.worlds_needed is not None and predicted.base.worlds_needed <= worlds
    for name, ratio, needed in compare(predicted, realised):
        if needed <= worlds:
            assert ratio == pytest.approx(1, abs=0.15), name


@pytest.mark.slow
def test_shares_predicted_are_those_realised_within_their_errors() -> None:
    predicted, realised = (run(seed, worlds=500, **PEOPLE) for seed in (11, 12))
    for p, r in zip(predicted.designs, realised.designs, strict=True):
        for name in ("answered", "publishable", "good", "coverage"):
            a, b = getattr(p, name), getattr(r, name)
            assert abs(a.value - b.value) <= 3.5 * (a.error**2 + b.error**2) ** 0.5, (p.name, name)


@pytest.mark.slow
def test_few_worlds_are_said_to_be_too_few() -> None:
    """Where 20 worlds claim to be enough for 15%, they must be right; where they are not, most runs must say so."""
    few = [run(seed, worlds=20, **PEOPLE).base.worlds_needed or 10**9 for seed in range(12)]
    assert sum(needed > 20 for needed in few) >= 10


@pytest.mark.slow
def test_a_method_that_is_right_in_its_worlds_is_said_to_be_right() -> None:
    """Two independent lists, everybody alike, matched and in reach of both: Chapman and its interval are right."""
    alike: dict[str, Any] = {
        "population": {"sources": [800, 1600]},
        "service": [
            {"name": n, "used_by": 1, "events_a_year": 4, "detection": [0.1, 0.3]} for n in ("A", "B")
        ],
        "analysis": {
            "table": "lists",
            "method": "chapman",
            "estimand": "sources-ever-active",
            "entity": "source",
        },
        "changes": {"window_days": []},
    }  # fmt: skip
    base = run(3, worlds=600, **alike).base
    assert base.bias_percent is not None and base.coverage is not None and base.false_alarms is not None
    assert abs(base.bias_percent.value) < 1
    assert 0.93 <= base.coverage.value <= 0.975
    assert 0.02 <= base.false_alarms.value <= 0.08
