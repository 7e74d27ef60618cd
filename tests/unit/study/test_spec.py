"""study.toml: what is accepted, and how a mistake is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.errors import StudyError
from darkfigure.study.spec import StudySpec, read_spec

ROOT = Path(__file__).parents[3]
GOOD = """
[study]
id = "a-study"
title = "A study"
period_start = 2010-01-01
period_end = 2017-12-31
date = 2026-01-01

[[source]]
name = "lists"
kind = "capture-table"
path = "lists.csv"
"""


def spec_of(folder: Path, text: str) -> StudySpec:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return read_spec(folder)


@pytest.mark.parametrize("study", ["philippines", "kosovo"])
def test_shipped_studies_are_valid(study: str) -> None:
    assert read_spec(ROOT / "studies" / study).study.id == study


def test_defaults_are_the_published_window(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, GOOD)
    assert spec.prevalence.window_days == 365 and spec.disclosure is None


def test_every_fault_is_named_at_once_and_no_value_is_echoed(tmp_path: Path) -> None:
    bad = GOOD.replace('title = "A study"', 'titel = "MARKER-TEXT"') + "\n[prevalence]\nstep_days = 0\nlevel = 7\n"
    with pytest.raises(StudyError) as caught:
        spec_of(tmp_path, bad)
    message = str(caught.value)
    assert caught.value.code == "E-STUDY-02" and caught.value.exit_code == 60
    for part in (
        "study.titel is not a known key",
        "study.title is missing",
        "prevalence.step_days",
        "prevalence.level",
    ):
        assert part in message
    assert "MARKER-TEXT" not in message


@pytest.mark.parametrize("text", ["[study\n", "\x00"])
def test_a_file_that_is_not_toml(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudyError, match="E-STUDY-01"):
        spec_of(tmp_path, text)


def test_a_folder_without_a_study(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="E-STUDY-01"):
        read_spec(tmp_path)


@pytest.mark.parametrize("path", ["../outside.csv", "/etc/hosts"])
def test_sources_stay_inside_the_input_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(StudyError, match="E-STUDY-03"):
        spec_of(tmp_path, GOOD.replace("lists.csv", path))


def test_two_sources_of_one_name(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("[[source]]") :]
    with pytest.raises(StudyError, match="E-STUDY-03"):
        spec_of(tmp_path, twice)
