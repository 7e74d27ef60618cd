"""What was announced can be read back, shows when it was altered, and every departure is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_plan_spec import small_plan

from darkfigure.errors import StudyError
from darkfigure.study.plan.plan_result import result_of
from darkfigure.study.plan.plan_spec import plan_of
from darkfigure.study.plan.preregistration import (
    Preregistration,
    declared_registration,
    departures,
    preregistration_of,
    preregistration_toml,
    read_preregistration,
)
from darkfigure.study.plan.runner import answers_of_plan
from darkfigure.study.spec import StudySpec

FEW = {"window_days": [], "extra_services": []}


def registered(tmp_path: Path, **sections: Any) -> Preregistration:
    plan = plan_of(small_plan(changes=FEW, **sections))
    text = preregistration_toml(preregistration_of(result_of(plan, answers_of_plan(plan, processes=1))))
    path = tmp_path / "preregistration.toml"
    path.write_text(text, encoding="utf-8")
    return read_preregistration(path)


def study(**sections: Any) -> StudySpec:
    told: dict[str, Any] = {
        "study": {
            "id": "s",
            "title": "S",
            "period_start": "2025-01-01",
            "period_end": "2025-12-31",
            "date": "2026-12-01",
        },
        "source": [{"name": "lists", "kind": "capture-table", "path": "lists.csv"}],
        "lists": {"headline": "chapman", "panel": ["chapman"]},
    }
    for name, keys in sections.items():
        told[name] = {**told[name], **keys} if isinstance(keys, dict) and name in told else keys
    return StudySpec.model_validate(told)


def keys_of(spec: StudySpec, announced: Preregistration, **options: Any) -> list[str]:
    return [d.key for d in departures(spec, announced, **options)]


def test_a_study_that_does_what_was_announced_departs_in_nothing(tmp_path: Path) -> None:
    assert departures(study(), registered(tmp_path), lists=("B", "A")) == ()


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"lists": {"headline": "lincoln-petersen"}}, "analysis.method"),
        ({"lists": {"headline": ""}}, "analysis.method"),
        ({"lists": {"level": 0.9}}, "analysis.level"),
        ({"study": {"period_end": "2025-12-30"}}, "analysis.window_days"),
        ({"study": {"date": "2026-11-20"}}, "registration.date"),
        (
            {"disclosure": {"name": "n", "threshold": 5, "rounding_base": 1, "reason": "r"}},
            "headline.threshold",
        ),
    ],
)
def test_each_departure_is_named_alone(tmp_path: Path, sections: dict[str, Any], key: str) -> None:
    found = departures(study(**sections), registered(tmp_path), lists=("A", "B"))
    assert [d.key for d in found] == [key]
    assert found[0].registered != found[0].declared
    assert found[0].words.endswith(".")


def test_other_lists_are_a_departure_only_where_names_are_known(tmp_path: Path) -> None:
    announced = registered(tmp_path)
    assert keys_of(study(), announced, lists=("A", "C")) == ["lists.names"]
    assert keys_of(study(), announced, lists=("A", "B", "C")) == ["lists.names"]
    assert keys_of(study(), announced) == []


def test_a_study_of_reports_counts_addresses(tmp_path: Path) -> None:
    reports = study(
        source=[{"name": "reports", "kind": "cybertipline-csv", "path": "r"}],
        prevalence={"headline": "chao-bc"},
    )
    weeks = {"table": "weeks", "method": "chao-bc", "entity": "address"}
    same = registered(tmp_path, analysis={**weeks, "estimand": "addresses-used"})
    assert keys_of(reports, same) == []
    active = registered(tmp_path, analysis={**weeks, "estimand": "sources-active"})
    assert keys_of(reports, active) == ["analysis.estimand"]
    halves = registered(
        tmp_path, analysis={**weeks, "table": "halves", "method": "chapman", "estimand": "addresses-used"}
    )
    assert keys_of(reports, halves) == ["analysis.table", "analysis.method"]
    lists = registered(tmp_path)
    assert keys_of(reports, lists) == ["analysis.table", "analysis.estimand", "analysis.method"]


def test_an_altered_registration_shows(tmp_path: Path) -> None:
    registered(tmp_path)
    path = tmp_path / "preregistration.toml"
    text = path.read_text(encoding="utf-8")
    assert 'method = "chapman"' in text
    path.write_text(text.replace('method = "chapman"', 'method = "lincoln-petersen"'), encoding="utf-8")
    altered = read_preregistration(path)
    spec = study(lists={"headline": "lincoln-petersen"})
    assert keys_of(spec, altered, lists=("A", "B")) == ["registration.content_sha256"]


def test_texts_with_quotes_and_other_letters_come_back(tmp_path: Path) -> None:
    announced = registered(tmp_path, plan={"title": 'A "study" of \\ Ñ\tand more'})
    assert announced.registration.title == 'A "study" of \\ Ñ\tand more'
    assert announced.registration.content_sha256 == announced.content_digest()


def test_the_registration_holds_what_the_simulation_promised(tmp_path: Path) -> None:
    plan = plan_of(small_plan(changes=FEW))
    result = result_of(plan, answers_of_plan(plan, processes=1))
    announced = registered(tmp_path)
    assert result.base.rmse_percent is not None and result.base.coverage is not None
    assert announced.expected.rmse_percent == result.base.rmse_percent.value
    assert announced.expected.coverage == result.base.coverage.value
    assert announced.registration.plan_sha256 == plan.digest()
    assert announced.lists.names == ("A", "B")


@pytest.mark.parametrize("text", [None, "[registration\n"])
def test_a_registration_that_cannot_be_read_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "p.toml").write_text(text)
    with pytest.raises(StudyError, match="E-STUDY-75"):
        declared_registration(study(preregistration={"file": "p.toml"}), tmp_path)


def test_a_path_out_of_the_study_is_refused(tmp_path: Path) -> None:
    registered(tmp_path)
    inside = tmp_path / "study"
    inside.mkdir()
    with pytest.raises(StudyError, match="E-STUDY-75"):
        declared_registration(study(preregistration={"file": "../preregistration.toml"}), inside)
    assert declared_registration(study(), inside) is None


def test_unknown_keys_of_a_registration_are_refused(tmp_path: Path) -> None:
    registered(tmp_path)
    path = tmp_path / "preregistration.toml"
    path.write_text(path.read_text(encoding="utf-8") + "more = 1\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"E-STUDY-76.*expected\.more"):
        read_preregistration(path)
