"""The command line: help that teaches, exit codes, and no value in an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from darkfigure import cli
from darkfigure.errors import DarkfigureError, IntakeError

VERBS = ("demo", "synth", "check", "run", "estimate", "methods")


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "darkfigure.cli", *words], capture_output=True, text=True)


def test_help_names_every_verb() -> None:
    result = command("--help")
    assert result.returncode == 0
    assert all(verb in result.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself(verb: str) -> None:
    result = command(verb, "--help")
    assert result.returncode == 0 and "Usage" in result.stdout and len(result.stdout) > 200


def test_usage_mistakes_exit_with_2() -> None:
    assert command("run").returncode == 2
    assert command("demo", "--size", "huge").returncode == 2
    assert command("estimate", "x.csv", "--occasions", "many").returncode == 2


def test_a_missing_study_exits_with_60(tmp_path: Path) -> None:
    result = command("run", str(tmp_path))
    assert result.returncode == 60 and result.stderr.startswith("E-STUDY-01")
    assert result.stderr.count("\n") == 1


def test_a_fault_of_the_program_shows_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ValueError("203.0.113.77 MARKER")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    shown = capsys.readouterr()
    assert stopped.value.code == 70
    assert "E-INTERNAL" in shown.err and "MARKER" not in shown.err + shown.out and "203.0" not in shown.err


def test_each_error_brings_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise IntakeError("E-INTAKE-01", where="f", problem="p", allowed="a", remedy="r")

    monkeypatch.setattr(cli, "app", refused)
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 10


def test_exit_codes_are_told_apart() -> None:
    stages = [c for c in DarkfigureError.__subclasses__() if c.exit_code >= 10]
    assert sorted(c.exit_code for c in stages) == [10, 20, 30, 40, 50, 60]
