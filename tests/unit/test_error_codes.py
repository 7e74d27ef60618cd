"""Errors of the study itself: each raised by what causes it, none showing a value."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from darkfigure.errors import DarkfigureError, IntakeError, RecordError, StudyError
from darkfigure.records.aggregate import Answer
from darkfigure.records.restricted import CaseReviewTable, Sightings
from darkfigure.records.restricted.sightings import SelectionStep
from darkfigure.study import replication
from darkfigure.study.checking import check_study
from darkfigure.study.demo import run_demo
from darkfigure.study.replication import compare_with_published
from darkfigure.study.world import write_world
from darkfigure.synth.case_world import simulate_case_review

ROOT = Path(__file__).parents[2]
FACE = """
[study]
id = "small"
title = "A small study"
country = "PH"
period_start = 2014-01-01
period_end = 2015-12-31
date = 2026-01-01
synthetic = {synthetic}
"""
LISTS = '\n[[source]]\nname = "{name}"\nkind = "capture-table"\npath = "{path}"\n'


def study_of(folder: Path, sources: str, *, synthetic: bool = True) -> Path:
    (folder / "input").mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(FACE.format(synthetic=str(synthetic).lower()) + sources, encoding="utf-8")
    return folder


def check_fails(folder: Path, code: str) -> IntakeError:
    with pytest.raises(IntakeError) as caught:
        check_study(folder, quiet=True)
    assert caught.value.code == code and caught.value.exit_code == 10
    return caught.value


def test_a_declared_file_that_is_not_there(tmp_path: Path) -> None:
    error = check_fails(study_of(tmp_path, LISTS.format(name="lists", path="lists.csv")), "E-INTAKE-98")
    assert "source lists" in str(error) and "input/lists.csv" in str(error)


def test_all_files_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    sources = LISTS.format(name="first", path="a.csv") + LISTS.format(name="second", path="b.csv")
    (study_of(tmp_path, sources) / "input" / "b.csv").write_text("a,b\n", encoding="utf-8")
    message = str(check_fails(tmp_path, "E-INTAKE-00"))
    assert "E-INTAKE-98 source first" in message and "E-INTAKE-68" in message


def test_reports_need_a_delegation_file(tmp_path: Path) -> None:
    source = '\n[[source]]\nname = "reports"\nkind = "cybertipline-csv"\npath = "reports"\n'
    (study_of(tmp_path, source) / "input" / "reports").mkdir()
    assert "address-delegations" in str(check_fails(tmp_path, "E-INTAKE-97"))


def test_a_referral_source_needs_a_layout(tmp_path: Path) -> None:
    source = '\n[[source]]\nname = "agency"\nkind = "referral-survey"\npath = "a.csv"\nagency = "A"\n'
    (study_of(tmp_path, source) / "input" / "a.csv").write_text("Token\n1\n", encoding="utf-8")
    assert "[source.layout]" in str(check_fails(tmp_path, "E-INTAKE-99"))


def test_a_real_studys_files_are_never_replaced(tmp_path: Path) -> None:
    folder = study_of(tmp_path, LISTS.format(name="lists", path="lists.csv"), synthetic=False)
    kept = folder / "input" / "lists.csv"
    kept.write_text("a,b,count\n1,0,3\n", encoding="utf-8")
    with pytest.raises(StudyError, match="E-STUDY-10") as caught:
        write_world(folder, size="small", quiet=True)
    assert caught.value.exit_code == 60 and kept.exists()


def test_the_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("kept", encoding="utf-8")
    with pytest.raises(StudyError, match="E-STUDY-11"):
        run_demo(tmp_path, size="small", quiet=True)
    shutil.copy(ROOT / "studies" / "kosovo" / "study.toml", tmp_path / "study.toml")
    with pytest.raises(StudyError, match="E-STUDY-11"):
        run_demo(tmp_path, size="small", quiet=True)
    assert other.read_text(encoding="utf-8") == "kept"


def test_the_map_of_published_records_must_find_its_results() -> None:
    with pytest.raises(StudyError, match=r"E-STUDY-20 .* not there"):
        compare_with_published(Answer())


def test_the_map_of_published_records_leaves_none_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = replication._map_rows()
    monkeypatch.setattr(replication, "_map_rows", lambda: rows[1:])
    with pytest.raises(StudyError, match=rf"E-STUDY-20 .* {rows[0]['published_id']}\b"):
        compare_with_published(Answer())


@pytest.mark.parametrize("days, entities", [((1, 2, 3), 2), ((1, 2), 1)], ids=["lengths differ", "out of range"])
def test_inconsistent_sightings_cannot_be_made(days: tuple[int, ...], entities: int) -> None:
    with pytest.raises(RecordError) as caught:
        Sightings(
            entity=np.array([0, 1], dtype=np.int32),
            day=np.array(days, dtype=np.int32),
            service=np.zeros(2, dtype=np.int16),
            services=("Service A",),
            n_entities=entities,
        )
    assert caught.value.code == "E-RECORD-05" and caught.value.exit_code == 2


def test_a_filter_cannot_make_rows() -> None:
    with pytest.raises(RecordError, match="E-RECORD-05"):
        SelectionStep("country", "in the country", 3, 4)


def test_no_person_without_a_case() -> None:
    review = simulate_case_review(seed=1, size="small").first
    with pytest.raises(RecordError, match="E-RECORD-05"):
        CaseReviewTable(coder="A", cases=(), victims=review.victims, traffickers=(), customers=(), links=())


def test_a_message_holds_its_four_parts() -> None:
    error = DarkfigureError("E-STUDY-01", where="place", problem="problem", allowed="allowed", remedy="remedy")
    assert str(error) == "E-STUDY-01 place: problem. Allowed: allowed. Next: remedy"
