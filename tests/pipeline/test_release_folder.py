"""The whole path on a small world: what stands in release/, twice the same bytes, nothing where it must not be."""

from __future__ import annotations

import csv
import hashlib
import html
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from study_runs import copy_world

from darkfigure.study.pipeline import run_study
from darkfigure.study.spec import read_spec

FIGURES = {
    "study-questions", "weekly-addresses", "window-estimates", "coreported-countries", "cases-by-year", "places",
    "referrals-by-country", "enticement-by-region", "network",
}  # fmt: skip


@pytest.fixture(scope="module")
def study(small_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_world(small_world, tmp_path_factory.mktemp("run") / "study")
    run_study(folder, quiet=True)
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_release_holds_what_the_contract_says(study: Path) -> None:
    release = study / "release"
    for name in ("report.html", "report.pdf", "findings.json", "suppression.csv", "manifest.json"):
        assert (release / name).stat().st_size > 0, name
    assert {p.stem for p in (release / "figures").glob("*.svg")} >= FIGURES
    assert {p.stem for p in (release / "figures").glob("*.png")} >= FIGURES
    assert len(list((release / "tables").glob("*.csv"))) > 50
    assert (release / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_every_finding_says_what_it_counts(study: Path) -> None:
    findings = json.loads((study / "release" / "findings.json").read_text(encoding="utf-8"))
    keys = {
        "id", "question", "value", "unit", "base", "known", "unknown", "interval", "estimand", "assumptions",
        "cautions", "source_digests",
    }  # fmt: skip
    assert len({f["id"] for f in findings}) == len(findings) > 150
    for finding in findings:
        assert keys <= finding.keys(), finding["id"]
        assert finding["estimand"], finding["id"]
        if isinstance(finding["value"], dict):
            assert finding["value"].get("suppressed") or finding["value"]["status"] == "not-estimable"


def test_the_study_says_not_classifiable_because_of_its_texts(study: Path) -> None:
    findings = json.loads((study / "release" / "findings.json").read_text(encoding="utf-8"))
    osec = next(f for f in findings if f["id"] == "osec-share")
    assert osec["value"] == {
        "status": "not-estimable", "reason": "too-wide", "explanation": osec["value"]["explanation"],
    }  # fmt: skip


def test_the_manifest_lists_every_file_with_its_digest(study: Path) -> None:
    release = study / "release"
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    found = digests(release)
    del found["manifest.json"]
    assert manifest["files"] == found and manifest["synthetic"] is True


def test_the_weaker_policy_is_owned_up_to(study: Path) -> None:
    with (study / "release" / "tables" / "default-policy-withholds.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) > 10
    text = (study / "release" / "report.html").read_text(encoding="utf-8")
    assert "What the default protection policy would withhold" in text


def test_every_published_record_has_a_row(study: Path) -> None:
    with (study / "restricted" / "replication.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 168 == len({r["id"] for r in rows})
    for row in rows:
        computed = row["how"] in ("recomputed", "within-interval")
        assert (row["agrees"] in ("yes", "no")) == computed
        assert computed or row["reason"], row["id"]


def test_work_is_private_and_input_untouched(study: Path, small_world: Path) -> None:
    for path in (study / "work").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name
    assert stat.S_IMODE((study / "work").stat().st_mode) == 0o700
    assert digests(study / "input") == digests(small_world / "input")


def test_a_second_run_elsewhere_gives_the_same_bytes(study: Path, small_world: Path, tmp_path: Path) -> None:
    other = copy_world(small_world, tmp_path / "elsewhere" / "another name")
    environment = os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Manila", "LC_ALL": "C", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "darkfigure.cli", "run", str(other)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("report.html") and done.stderr == ""
    assert digests(other / "release") == digests(study / "release")


def test_a_failed_run_leaves_the_last_release_alone(study: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(study, tmp_path / "broken"))
    before = digests(broken / "release")
    (broken / "input" / "cases" / "case-review.xlsx").write_bytes(b"not a workbook")
    done = subprocess.run(
        [sys.executable, "-m", "darkfigure.cli", "run", str(broken)], capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 10 and done.stderr.startswith("E-INTAKE-")
    assert digests(broken / "release") == before


def test_the_report_says_why_its_headline_method_was_chosen(study: Path) -> None:
    declared = read_spec(study).prevalence
    text = html.unescape((study / "release" / "report.html").read_text(encoding="utf-8"))
    assert declared.headline_reason
    assert f"The quoted method is {declared.headline}. {declared.headline_reason}" in text
