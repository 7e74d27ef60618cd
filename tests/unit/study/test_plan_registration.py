"""What was announced can be read back, shows when it was altered, and every departure is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_plan_spec import small_plan

from darkfigure.errors import StudyError
from darkfigure.records.aggregate import Answer, Finding, Interval, Question, Reason, Refusal
from darkfigure.study.plan.departures import departures, points, registered_record
from darkfigure.study.plan.plan_result import result_of
from darkfigure.study.plan.plan_spec import plan_of
from darkfigure.study.plan.preregistration import (
    Preregistration,
    declared_registration,
    preregistration_of,
    preregistration_toml,
    read_preregistration,
)
from darkfigure.study.plan.runner import answers_of_plan
from darkfigure.study.registered_answer import registered_answer
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


def headline(*, value: float | None = 500.0, width: float = 100.0, seen: int = 200, **options: Any) -> Answer:
    """The answer of a study of lists: units seen, and an estimate with its interval."""
    told: dict[str, Any] = {"question": Question.LISTS, "unit": "people", "estimand": "people", "statement": "{value}"}
    ends: dict[str, Any] = {"refusal": Refusal(Reason.NO_OVERLAP, "none")}
    if value is not None:
        ends = {"interval": Interval(value - width / 2, value + width / 2, 0.95, "m")}
    number = Finding(id="lists-estimated", value=value, **{"headline": True, **told, **ends, **options})
    return Answer((Finding(id="lists-observed", value=seen, headline=True, **told), number))


@pytest.mark.parametrize(
    ("answer", "broken"),
    [
        (headline(), ""),
        (headline(width=499.0), ""),
        (headline(width=501.0), "wider than announced"),
        (headline(seen=9), "on fewer units than announced"),
        (headline(width=900.0, seen=9), "wider than announced and on fewer units than announced"),
        (headline(interval=None), "without an interval"),
        (headline(value=None, headline=False), ""),
        (headline(width=900.0, headline=False), ""),
        (Answer(), ""),
    ],
)
def test_the_number_found_is_held_against_the_rule_for_the_headline(
    tmp_path: Path, answer: Answer, broken: str
) -> None:
    announced = registered(tmp_path, publish={"max_width": 1.0, "threshold": 10})
    found = departures(study(), announced, lists=("A", "B"), answer=answer)
    assert [d.key for d in found] == (["headline.rule"] if broken else [])
    assert all(broken in d.words for d in found)
    # No number of the data stands in the sentence.
    assert not any(str(n) in d.words for d in found for n in ("500", "501", "900", " 9 "))


def test_every_point_is_listed_with_its_outcome(tmp_path: Path) -> None:
    found = points(study(), registered(tmp_path), lists=("A", "B"), answer=headline())
    assert len({p.key for p in found}) == len(found) == 10
    assert [p.key for p in found if p.outcome == "not-compared"] == ["analysis.estimand"]
    free = next(
        p for p in points(study(lists={"estimand": "people known"}), registered(tmp_path)) if "estimand" in p.key
    )
    assert (free.registered, free.declared) == ("sources active at any time of the window", "people known")


@pytest.mark.parametrize(
    ("sections", "value", "told"),
    [
        ({}, 0, "and the study keeps to it"),
        ({"lists": {"level": 0.9}}, 1, "the study departs from it in"),
    ],
)
def test_the_report_says_whether_the_study_kept_to_it(
    tmp_path: Path, sections: dict[str, Any], value: int, told: str
) -> None:
    made = registered_answer(registered_record(study(**sections), registered(tmp_path), ()))
    finding, table = made.findings[0], made.tables[0]
    assert (finding.value, finding.base) == (value, 7)
    assert told in finding.statement and "2026-11-21" in finding.statement
    assert [row[3] for row in table.rows].count("departs") == value
    assert len(table.rows) == 8
    assert registered_answer(None) == Answer()
