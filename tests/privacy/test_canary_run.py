"""Thousands of markers in every partner's file: none leaves input/ and work/, in whatever form, on any channel."""

import re
import shutil
from pathlib import Path

import pytest
from canary_scan import Scanner
from canary_watch import digests, modes, watch
from canary_world import plant

from darkfigure.study.world import write_world

STUDY = Path(__file__).parents[2] / "studies" / "philippines"
KINDS = {
    "address", "attribute", "bundle number", "case number", "comment", "element", "file hash", "file name", "handle",
    "heading", "holder id", "key", "name", "narrative", "page", "report number", "sheet name", "unknown column",
    "unknown element",
}  # fmt: skip
TEXTS = {"work/classify/coder-sheet.csv", "work/reports/texts.json"}
"""The only files outside input/ and hand/ in which words of a report may stand."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = write_world(STUDY, out=tmp_path_factory.mktemp("canary") / "study", size="small", quiet=True)
    marks = plant(folder)
    return folder, marks, Scanner(marks.all)


@pytest.fixture(scope="module")
def ran(planted, tmp_path_factory):
    """The whole study, run as a user runs it; what it was before and what it did."""
    folder, _, scanner = planted
    before = digests(folder)
    did = watch(tmp_path_factory.mktemp("watched") / "run", "run", folder, "--resume")
    return folder, scanner, before, did


def test_the_run_ends_well_so_that_there_is_something_to_search(ran):
    folder, _, _, did = ran
    assert did.code == 0, did.err
    assert did.out.decode().strip() == str(folder / "release" / "report.html")
    assert len(list((folder / "release").rglob("*"))) > 100


def test_markers_of_every_kind_are_in_the_files_and_the_scanner_sees_them(planted):
    folder, marks, scanner = planted
    assert len(marks.all) > 10_000
    assert set(marks.by_kind()) == KINDS
    hits = scanner.scan_files(folder, leave_out=("study.toml", "truth.json", "release", "restricted", "work"))
    seen = {hit.marker for hit in hits}
    missed = {canary for canary in marks.all if canary.text not in seen}
    assert {canary.kind for canary in missed} <= {"address"}
    # An address may stand in the files under another spelling only, such as a mapped one.
    assert len(missed) < 0.1 * marks.by_kind()["address"]


def test_no_marker_is_in_anything_released_or_left_behind(ran):
    folder, scanner, _, did = ran
    assert not scanner.scan_files(folder, leave_out=("input", "hand", "work"))
    assert not scanner.scan_files(did.root)


def test_no_marker_is_printed(ran):
    _, scanner, _, did = ran
    assert not scanner.scan_bytes(did.out, file="stdout")
    assert not scanner.scan_bytes(did.err, file="stderr")


def test_work_holds_words_for_coders_and_nothing_else_of_a_record(ran):
    folder, scanner, _, _ = ran
    hits = scanner.scan_files(folder, leave_out=("input", "hand", "release", "restricted"))
    assert {hit.file for hit in hits} == TEXTS
    assert {hit.kind for hit in hits} == {"narrative"}


def test_work_is_private(ran):
    folder = ran[0]
    assert modes(folder / "work") == ({"0o700"}, {"0o600"})


def test_input_decisions_and_truth_are_as_they_were(ran):
    folder, _, before, _ = ran
    now = digests(folder)
    assert {name: now.get(name) for name in before} == before
    assert {name.split("/")[0] for name in now.keys() - before.keys()} == {"release", "restricted", "work"}


def test_decisions_name_rows_and_numbers_and_no_record(planted):
    folder, marks, _ = planted
    scanner = Scanner(canary for canary in marks.all if canary.place not in ("table referral-decisions", "code file"))
    assert not scanner.scan_files(folder / "hand")


def test_files_are_written_in_the_study_and_temporary_folders_alone(ran):
    folder, _, _, did = ran
    allowed = [folder / name for name in ("release.new", "restricted", "work")]
    allowed += [did.root, Path("/dev/null"), did.root.with_name(f"{did.root.name}-hook")]
    strange = [name for name in did.written if not any(Path(name).is_relative_to(place) for place in allowed)]
    assert not strange
    assert any(Path(name).is_relative_to(folder / "work") for name in did.written)
    assert not list((did.root / "temp").iterdir())
    assert not list((did.root / "here").iterdir())


def test_nothing_is_asked_of_the_network_and_no_program_is_started(ran):
    did = ran[3]
    assert not did.network
    # The chart library asks the system once which fonts there are.
    assert set(did.programs) <= {"fc-list"}


def test_check_prints_no_marker_and_writes_nothing(planted, tmp_path):
    folder, _, scanner = planted
    before = digests(folder)
    did = watch(tmp_path / "check", "check", folder)
    assert did.code == 0
    assert b"Rows in " in did.out
    assert not scanner.scan_bytes(did.out + did.err, file="output")
    assert digests(folder) == before
    assert not scanner.scan_files(did.root)


def test_the_key_of_a_real_study_stays_where_it_was_made(planted, tmp_path):
    source, _, scanner = planted
    folder = tmp_path / "study"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("release", "restricted", "work"))
    toml = folder / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("synthetic = true", "synthetic = false"), encoding="utf-8")
    before = digests(folder)
    did = watch(tmp_path / "real", "check", folder)
    assert did.code == 0, did.err
    keys = [path for path in did.root.rglob("*") if path.is_file()]
    assert [path.relative_to(did.root).parts[0] for path in keys] == ["config"]
    assert modes(did.root / "config" / "darkfigure") == ({"0o700"}, {"0o600"})
    key = keys[0].read_text().strip()
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert key.encode() not in did.out + did.err
    assert bytes.fromhex(key) not in did.out + did.err
    assert digests(folder) == before
    assert not scanner.scan_bytes(did.out + did.err, file="output")
