"""What the README shows is so: its commands run, its Python prints what stands below it, its paths exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from doc_pages import ROOT, blocks, commands, words
from doc_workspace import DEMO, follow, furnish, refuse_network, shared_demo

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
COMMANDS = [words(line) for block in blocks(README) if block.language == "sh" for line in commands(block.text)]


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) < 150


def test_every_command_is_one_of_ours() -> None:
    assert {command[0] for command in COMMANDS} == {"make", "darkfigure"}
    assert DEMO in COMMANDS


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^(?:.*`)?make ([a-z-]+)", TEXT, re.M))))
def test_make_target_exists(target: str) -> None:
    result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_commands_run(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = shared_demo(tmp_path_factory.getbasetemp())
    monkeypatch.chdir(tmp_path)
    furnish(tmp_path)
    refuse_network(monkeypatch)
    ours = [b for b in blocks(README) if b.language == "sh" and "darkfigure" in b.text]
    assert follow(ours, demo, tmp_path) == sum(command[0] == "darkfigure" for command in COMMANDS)
    assert (tmp_path / "studies" / "kosovo" / "release" / "report.html").exists()


def test_the_line_that_computes_the_number_is_three_hops_away() -> None:
    hops = re.findall(r"\]\((src/darkfigure/[\w/]+\.py)\)", TEXT)
    pipeline, panel, estimators = ((ROOT / hop).read_text(encoding="utf-8") for hop in hops[:3])
    assert "def run_study(" in pipeline and len(pipeline.splitlines()) < 150
    assert "from darkfigure.estimate import" in panel and re.search(r"\bestimate\(\w+, ", panel)
    assert re.search(r"^    unseen = .+ / ", estimators, re.M)


def test_folders_named_in_the_table_exist() -> None:
    named = re.findall(r"^\| `([\w/]+)` \|", TEXT, re.M)
    assert {"src/darkfigure", "tests", "docs", "studies"} <= set(named)
    assert all((ROOT / name).is_dir() for name in named)


def test_kinds_of_tests_named_are_those_there_are() -> None:
    told = re.search(r"one folder a kind of claim: (.+?) \|", TEXT)
    folders = {p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and list(p.rglob("test_*.py"))}
    assert told and set(told[1].split(", ")) == folders
