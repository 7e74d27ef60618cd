"""A registered study, end to end: ``plan`` announces, ``run`` says what was kept, what departs, what was altered."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from darkfigure.cli import main

ROOT = Path(__file__).parents[2]
_SERVICE = """
[[service]]
name = "{name}"
used_by = [0.3, 0.6]
events_a_year = 6
detection = [0.5, 0.9]
"""
PLAN = """
[plan]
id = "lists"
title = "People on four lists"
date = 2026-11-20
worlds = 20
seed = 5

[population]
sources = [400, 800]
{services}
[design]
window_days = 95
services = ["ABA", "EXH", "HRW", "OSCE"]

[analysis]
table = "lists"
method = "loglinear-bic"
estimand = "sources-ever-active"
entity = "source"

[publish]
threshold = 1
max_width = 1.0

[changes]
window_days = []
"""


def command(*words: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(w) for w in words])
    assert ended.value.code == 0


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    services = "".join(_SERVICE.format(name=name) for name in ("ABA", "EXH", "HRW", "OSCE"))
    (folder / "lists.toml").write_text(PLAN.format(services=services), encoding="utf-8")
    command("plan", folder / "lists.toml", "--processes", 1, "--quiet")
    return folder / "lists-results" / "preregistration.toml"


@pytest.fixture
def study(planned: Path, tmp_path: Path) -> Path:
    """A study folder that names the registration; one method suffices for its panel."""
    folder = tmp_path / "study"
    shutil.copytree(ROOT / "studies" / "kosovo", folder, ignore=shutil.ignore_patterns("work", "release"))
    shutil.copy(planned, folder)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    start, end = text.index("panel = ["), text.index('headline = "')
    text = f'{text[:start]}panel = ["loglinear-bic", "loglinear-main", "Mt"]\n{text[end:]}'
    (folder / "study.toml").write_text(f'{text}\n[preregistration]\nfile = "preregistration.toml"\n', encoding="utf-8")
    return folder


def ran(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str, str]:
    """What the manifest records, what the person at the keyboard is told, and the report."""
    capsys.readouterr()
    command("run", folder)
    told = capsys.readouterr().err
    manifest = json.loads((folder / "release" / "manifest.json").read_text(encoding="utf-8"))
    return manifest["preregistration"], told, (folder / "release" / "report.html").read_text(encoding="utf-8")


def departures_of(record: dict[str, Any]) -> list[str]:
    return [d["key"] for d in record["departures"]]


def changed(path: Path, *, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_study_that_keeps_to_its_registration_says_so(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, told, report = ran(study, capsys)
    assert departures_of(record) == [] and record["altered"] is False
    compared = [p["key"] for p in record["points"] if p["outcome"] == "kept"]
    assert compared == [
        "registration.content_sha256",
        "registration.date",
        "analysis.table",
        "analysis.method",
        "analysis.level",
        "analysis.window_days",
        "headline.threshold",
        "lists.names",
        "headline.rule",
    ]
    # What the lists count stands in free words: shown beside what was announced, and left to the reader.
    assert [p["key"] for p in record["points"] if p["outcome"] == "not-compared"] == ["analysis.estimand"]
    assert f"Keeps to its registration of 2026-11-20 in all {len(compared)} points compared." in told
    assert "announced in a registration dated 2026-11-20, and the study keeps to it" in report
    rows = list(csv.DictReader((study / "release/tables/registered-departures.csv").open(encoding="utf-8")))
    assert [r["outcome"] for r in rows].count("as announced") == len(compared)
    method = next(r for r in rows if r["point"] == "The method of the headline")
    assert method["announced"] == method["done"] == "loglinear-bic"


def test_another_window_and_another_estimator_are_departures(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(study / "study.toml", old="period_end = 1999-06-22", new="period_end = 1999-06-30")
    changed(study / "study.toml", old='headline = "loglinear-bic"', new='headline = "loglinear-main"')
    record, told, report = ran(study, capsys)
    assert departures_of(record) == ["analysis.method", "analysis.window_days"]
    for words in (
        "The method of the headline: announced was loglinear-bic, the study has loglinear-main.",
        "The length of the window: announced was 95 days, the study has 103 days.",
    ):
        assert f"Departs from its registration of 2026-11-20: {words}" in told
    assert "the study departs from it in 2 of 9 points compared" in report
    assert "loglinear-main" in report and "departs" in report


def test_an_altered_registration_is_noticed_even_when_it_fits_the_study(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(study / "preregistration.toml", old='method = "loglinear-bic"', new='method = "loglinear-main"')
    changed(study / "study.toml", old='headline = "loglinear-bic"', new='headline = "loglinear-main"')
    record, told, report = ran(study, capsys)
    assert departures_of(record) == ["registration.content_sha256"] and record["altered"] is True
    assert "The registration was altered after it was written" in told
    assert "was altered after it was written, so it does not show what was announced" in report
    assert "keeps to it" not in report


def test_a_headline_wider_than_announced_departs_from_the_rule(
    study: Path, planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number of the study, not only its settings, is held against the rule."""
    plan = planned.parents[1] / "lists.toml"
    strict = plan.with_name("strict.toml")
    strict.write_text(plan.read_text(encoding="utf-8").replace("max_width = 1.0", "max_width = 0.01"), encoding="utf-8")
    command("plan", strict, "--processes", 1, "--quiet")
    shutil.copy(plan.parent / "strict-results" / "preregistration.toml", study)
    record, told, _ = ran(study, capsys)
    assert departures_of(record) == ["headline.rule"]
    assert "the report has a headline wider than announced" in told
