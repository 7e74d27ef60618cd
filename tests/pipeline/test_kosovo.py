"""The study of public lists, end to end: no reports, no cases, one capture table."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from darkfigure.study.pipeline import run_study

ROOT = Path(__file__).parents[2]
ORACLE = ROOT / "tests/reference/oracles/multiplesystemsestimation.json"
# Words that belong to the study of online exploitation only; none has a place in a report on lists of the dead.
FOREIGN = r"philippin|manila|barangay|cybertip|ncmec|osec|exploitation|trafficker|referral|hotspot|enticement|address"


class Words(HTMLParser):
    """The text a reader sees, without styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.headings: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "h1", "h2", "h3", "title"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            return
        self.text.append(data)
        if self._open and self._open[-1] == "h2":
            self.headings.append(data.strip())


def study_copy(folder: Path) -> Path:
    shutil.copytree(ROOT / "studies/kosovo", folder, ignore=shutil.ignore_patterns("work", "release"))
    return folder


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = study_copy(tmp_path_factory.mktemp("kosovo") / "study")
    run_study(folder, quiet=True)
    return folder / "release"


@pytest.fixture(scope="module")
def findings(release: Path) -> dict[str, dict[str, object]]:
    return {f["id"]: f for f in json.loads((release / "findings.json").read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def words(release: Path) -> Words:
    parser = Words()
    parser.feed((release / "report.html").read_text(encoding="utf-8"))
    return parser


def rows_of(release: Path, table: str) -> list[dict[str, str]]:
    with (release / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_lists_name_as_many_people_as_published(findings: dict[str, dict[str, object]], release: Path) -> None:
    assert findings["lists-observed"]["value"] == 4400
    assert sum(int(r["units"]) for r in rows_of(release, "captures")) == 4400


def test_headline_is_the_number_of_the_peer(findings: dict[str, dict[str, object]]) -> None:
    (theirs,) = (e["results"] for e in json.loads(ORACLE.read_text(encoding="utf-8")) if e["id"] == "Kosovo.bic0")
    headline = findings["lists-estimated"]
    assert headline["value"] == pytest.approx(theirs["popest"], rel=1e-6)
    interval = headline["interval"]
    assert isinstance(interval, dict)
    assert interval["lower"] < theirs["popest"] < interval["upper"]
    assert "conditional on the chosen model" in interval["method"]
    cautions = json.dumps(headline["cautions"])
    assert "C-MODEL-CHOSEN" in cautions
    assert "C-MODEL-SPREAD" in cautions


def test_panel_shows_every_declared_method_and_why_some_refuse(release: Path) -> None:
    panel = {r["method"]: r for r in rows_of(release, "panel")}
    declared = re.search(r"panel = \[(.*?)\]", (release.parent / "study.toml").read_text(encoding="utf-8"), re.S)
    assert declared is not None
    assert list(panel) == re.findall(r'"([^"]+)"', declared[1])
    refused = {m: r["reason"] for m, r in panel.items() if r["status"] == "not-estimable"}
    assert refused == {"Mb": "unordered-lists", "lincoln-petersen": "wrong-table"}
    assert all(len(panel[m]["explanation"]) > 40 for m in refused)
    for row in panel.values():
        if row["status"] == "estimated":
            assert 4400 <= float(row["lower"]) <= float(row["n_total"]) <= float(row["upper"]), row["method"]


def test_spread_of_the_methods_is_drawn_and_said(
    release: Path, findings: dict[str, dict[str, object]], words: Words
) -> None:
    for suffix in ("svg", "png"):
        assert (release / "figures" / f"panel.{suffix}").stat().st_size > 5000
    numbers = [float(r["n_total"]) for r in rows_of(release, "panel") if r["status"] == "estimated"]
    assert findings["lists-panel-lowest"]["value"] == pytest.approx(min(numbers))
    assert findings["lists-panel-highest"]["value"] == pytest.approx(max(numbers))
    assert findings["lists-methods-refused"]["value"] == 2
    text = " ".join(words.text)
    assert "the occasions need an order in time" in text
    assert "The number quoted first is that of loglinear-bic." in text


def test_report_holds_the_chapter_of_this_study_and_no_other(words: Words, release: Path) -> None:
    headings = [h for h in words.headings if h]
    assert any("Lists" in h for h in headings)
    text = " ".join(words.text)
    assert re.findall(FOREIGN, text, re.I) == []
    names = " ".join(p.name for p in release.rglob("*") if p.is_file())
    assert re.findall(FOREIGN + "|window|network|places|narrative", names, re.I) == []
    questions = {f["question"] for f in json.loads((release / "findings.json").read_text(encoding="utf-8"))}
    assert questions <= {"lists", "accounting", "intake"}, questions


def test_two_runs_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    again = study_copy(tmp_path / "elsewhere")
    run_study(again, quiet=True)

    def digests(folder: Path) -> dict[str, str]:
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    assert digests(again / "release") == digests(release)
