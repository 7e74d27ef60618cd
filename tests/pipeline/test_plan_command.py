"""``darkfigure plan`` end to end: same plan, same bytes; a stopped run goes on; ``run`` names departures."""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from darkfigure.cli import main
from darkfigure.study.plan import analysis, runner, store
from darkfigure.study.plan.code_digest import code_digest

ROOT = Path(__file__).parents[2]
PLAN = """
[plan]
id = "people"
title = "People on two lists"
date = 2026-11-21
worlds = 40
seed = 5

[population]
sources = [300, 900]

[[service]]
name = "A"
used_by = [0.5, 0.8]
events_a_year = 4
detection = [0.2, 0.4]
cost = 100

[[service]]
name = "B"
used_by = [0.5, 0.8]
events_a_year = 4
detection = [0.2, 0.4]
cost = 100

[[service]]
name = "C"
used_by = [0.5, 0.8]
events_a_year = 4
detection = [0.2, 0.4]
cost = 700

[design]
window_days = 365
services = ["A", "B"]

[analysis]
table = "lists"
method = "chapman"
estimand = "sources-ever-active"
entity = "source"

[costs]
budget = 500

[changes]
window_days = [730]
analyses = ["lists:lincoln-petersen"]
"""
OUTPUTS = ("plan-result.json", "plan-result.csv", "plan-result.html", "preregistration.toml")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "people.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def command(*words: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(w) for w in words])
    assert ended.value.code == 0


def written(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def test_the_same_plan_gives_the_same_bytes_with_one_process_and_with_two(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for processes in (1, 2):
        command("plan", plan, "--out", plan.parent / f"out{processes}", "--processes", processes, "--quiet")
        texts.append(capsys.readouterr())
    assert written(plan.parent / "out1") == written(plan.parent / "out2")
    assert texts[0].out == texts[1].out
    assert texts[0].err == ""
    assert max(len(line) for line in texts[0].out.splitlines()) <= 80


def test_what_is_written_agrees_with_itself(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("plan", plan, "--processes", 1, "--json")
    folder = plan.parent / "people-results"
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((folder / "plan-result.json").read_text(encoding="utf-8"))
    rows = list(csv.DictReader((folder / "plan-result.csv").open(encoding="utf-8")))
    assert [r["design"] for r in rows] == [d["name"] for d in told["designs"]]
    assert float(rows[0]["rmse_percent"]) == told["designs"][0]["rmse_percent"]["value"]
    registered = tomllib.loads((folder / "preregistration.toml").read_text(encoding="utf-8"))
    assert registered["expected"]["rmse_percent"] == told["designs"][0]["rmse_percent"]["value"]
    assert registered["registration"]["plan_sha256"] == told["plan_sha256"]
    page = (folder / "plan-result.html").read_text(encoding="utf-8")
    assert page.count('<g class="change"') == len(told["ranking"])
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_third_list_and_a_longer_window_help_and_cost_more(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("plan", plan, "--processes", 1, "--json")
    told = json.loads(capsys.readouterr().out)
    designs = {d["name"]: d for d in told["designs"]}
    base, longer, third = (designs[n] for n in ("as planned", "window of 730 days", "with C"))
    assert longer["rmse_percent"]["value"] < base["rmse_percent"]["value"]
    assert third["cost"] == base["cost"] + 700
    assert (base["within_budget"], third["within_budget"]) == (1.0, 0.0)
    # Chapman is a method for two lists: with a third it can only refuse.
    assert third["refusals"] and third["answered"]["value"] == 0
    assert told["ranking"][0] == "window of 730 days"


def test_a_stopped_run_goes_on_and_damaged_pieces_are_done_again(
    plan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = plan.parent / "out"
    command("plan", plan, "--out", out, "--processes", 1)
    first = written(out)
    pieces = sorted((out / "work").rglob("worlds-*.json"))
    assert len(pieces) == 4
    text = pieces[1].read_text(encoding="utf-8")
    pieces[1].write_text(text.replace('"answers": [[10, ', '"answers": [[11, '), encoding="utf-8")
    assert pieces[1].read_text(encoding="utf-8") != text
    pieces[2].write_text(pieces[2].read_text(encoding="utf-8")[:200], encoding="utf-8")
    pieces[3].unlink()
    done: list[int] = []
    really: Callable[..., object] = runner._piece

    def counted(plan_: object, start: int, count: int) -> object:
        done.append(start)
        return really(plan_, start, count)

    monkeypatch.setattr(runner, "_piece", counted)
    command("plan", plan, "--out", out, "--processes", 1)
    assert done == [10, 20, 30]
    assert written(out) == first
    capsys.readouterr()


def test_more_worlds_keep_those_that_are_finished(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = plan.parent / "out"
    command("plan", plan, "--out", out, "--processes", 1)
    plan.write_text(PLAN.replace("worlds = 40", "worlds = 60"), encoding="utf-8")
    done: list[int] = []
    really: Callable[..., object] = runner._piece
    monkeypatch.setattr(runner, "_piece", lambda p, start, count: (done.append(start), really(p, start, count))[1])
    command("plan", plan, "--out", out, "--processes", 1)
    assert done == [40, 50]
    done.clear()
    plan.write_text(PLAN.replace("sources = [300, 900]", "sources = [300, 901]"), encoding="utf-8")
    command("plan", plan, "--out", out, "--processes", 1)
    assert done == [0, 10, 20, 30]


def test_pieces_of_other_code_are_not_mixed_in(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = plan.parent / "out"
    command("plan", plan, "--out", out, "--processes", 1)
    done: list[int] = []
    really: Callable[..., object] = runner._piece
    monkeypatch.setattr(runner, "_piece", lambda p, start, count: (done.append(start), really(p, start, count))[1])
    command("plan", plan, "--out", out, "--processes", 1)
    assert done == []
    monkeypatch.setattr(store, "code_digest", lambda: "of an edited program")
    command("plan", plan, "--out", out, "--processes", 1)
    assert done == [0, 10, 20, 30]


@pytest.mark.parametrize("part", ["estimate/closed/two_samples.py", "study/plan/worlds.py"])
def test_the_digest_of_the_code_is_that_of_every_module(tmp_path: Path, part: str) -> None:
    package = tmp_path / "darkfigure"
    for name in ("estimate/registry.py", part, "records/aggregate/capture.py", "study/pipeline.py"):
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")

    def digest() -> str:
        code_digest.cache_clear()
        return code_digest(package)

    first = digest()
    (package / "study/pipeline.py").write_text("x = 2\n", encoding="utf-8")
    assert digest() == first, "what the pipeline does has no part in the answers of a plan"
    (package / part).write_bytes(b"x = 1\r\n")
    assert digest() == first
    (package / part).write_text("x = 2\n", encoding="utf-8")
    edited = digest()
    assert edited != first
    (package / part).rename(package / "estimate" / "renamed.py")
    assert digest() not in (first, edited)


def test_a_fault_of_an_analysis_is_not_kept(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_words: object, **_options: object) -> None:
        raise TypeError

    out = plan.parent / "out"
    with monkeypatch.context() as patch:
        patch.setattr(analysis, "estimate", broken)
        command("plan", plan, "--out", out, "--processes", 1)
    assert not list((out / "work").rglob("worlds-*.json"))
    assert "fault of its own" in (out / "plan-result.html").read_text(encoding="utf-8")


def test_faults_end_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plan", str(tmp_path / "none.toml")])
    assert ended.value.code == 60
    assert "E-STUDY-70" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_said_to_be(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = plan.parent / "taken"
    taken.write_text("a file", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["plan", str(plan), "--out", str(taken)])
    assert ended.value.code == 60
    assert "E-STUDY-74" in capsys.readouterr().err


def test_run_names_every_departure_from_the_registration(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("plan", plan, "--processes", 1, "--quiet")
    folder = tmp_path / "kosovo"
    shutil.copytree(ROOT / "studies" / "kosovo", folder, ignore=shutil.ignore_patterns("work", "release"))
    shutil.copy(plan.parent / "people-results" / "preregistration.toml", folder)
    spec = folder / "study.toml"
    declared = spec.read_text(encoding="utf-8")
    spec.write_text(declared + '\n[preregistration]\nfile = "preregistration.toml"\n', encoding="utf-8")
    capsys.readouterr()
    command("run", folder)
    told = capsys.readouterr().err
    manifest = json.loads((folder / "release" / "manifest.json").read_text(encoding="utf-8"))
    found = manifest["preregistration"]["departures"]
    assert [d["key"] for d in found] == [
        "analysis.method",
        "analysis.window_days",
        "headline.threshold",
        "lists.names",
    ]
    assert all(f"Departs from its registration of 2026-11-21: {d['words']}" in told for d in found)
    spec.write_text(declared, encoding="utf-8")
    command("run", folder)
    assert "preregistration" not in json.loads((folder / "release" / "manifest.json").read_text(encoding="utf-8"))
