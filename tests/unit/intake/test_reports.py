"""The three shapes give the same tables; refusals, order and time rules."""

import zipfile
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.report_store import load_tables, save_tables
from darkfigure.intake.reports import ReportSource, read_reports
from darkfigure.records.restricted import (
    NO_TIME,
    AddressEvent,
    AddressSpace,
    Flag,
    IncidentType,
    Role,
    TimeSource,
)
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_process import simulate_reports
from darkfigure.synth.report_wire import utc
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

SHAPES = {
    "cybertipline-csv": write_report_csv,
    "cybertipline-json": write_report_json,
    "cybertipline-xml": write_report_xml,
}
KEY = b"a key for tests only"


class Halves:
    """Country by the parity of the address, so that a wrong order shows."""

    def country_of(self, addresses):
        assert addresses.dtype == np.uint32
        return np.where(addresses % 2 == 0, b"PH", b"US").astype("S2")


def capture(address="240.0.0.1", **changes):
    made = SyntheticCapture(
        address=address, role=Role.REPORTED_USER, event=AddressEvent.LOGIN, time=1_400_000_000, zone_stated=True,
        proxy=Flag.NOT_STATED,
    )  # fmt: skip
    return replace(made, **changes)


def report(number=1, **changes):
    made = SyntheticReport(
        report_id=number, received=1_400_100_000 + number, incident=1_400_050_000, service="Service A", bundle_id=None,
        incident_type=IncidentType.MATERIAL, batched=Flag.NO, escalated=Flag.NO, captures=(), text="",
        screen_name="handle",
    )  # fmt: skip
    return replace(made, **changes)


def read(*sources, key=KEY, synthetic_space="240.0.0.0/4"):
    return read_reports(sources, pseudonymiser=Pseudonymiser(key), countries=Halves(), synthetic_space=synthetic_space)


def written(folder, kind, reports, *, name="s"):
    SHAPES[kind](reports, folder)
    return ReportSource(name, kind, folder)


def same(first, second, *, without=()):
    for column in fields(first):
        if column.name not in without:
            a, b = getattr(first, column.name), getattr(second, column.name)
            assert np.array_equal(a, b), column.name
    return True


def counts(intake):
    found = {}
    for account in intake.audit.accounts:
        total = found.setdefault(account.unit, [0, 0, 0])
        for i, rows in enumerate((account.rows_in, account.rows_accepted, account.rows_refused)):
            total[i] += rows
    return {unit: tuple(total) for unit, total in found.items()}


def refusals(intake):
    return sorted((r.field, r.rule) for r in intake.audit.refused_rows)


@cache
def world():
    return simulate_reports(seed=5, size="small").reports


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    folder = tmp_path_factory.mktemp("three")
    return {kind: read(written(folder / kind, kind, world())) for kind in SHAPES}


def test_all_shapes_give_the_same_tables_and_texts(three):
    csv, json, xml = three.values()
    for other in (json, xml):
        assert same(csv.reports, other.reports)
        assert same(csv.events, other.events)
        assert [(t.report, t.text) for t in csv.texts] == [(t.report, t.text) for t in other.texts]
    assert len(csv.texts) > 100


def test_the_tables_say_what_the_world_says(three):
    intake = three["cybertipline-xml"]
    ordered = sorted(world(), key=lambda r: (r.received, r.report_id))
    of = Pseudonymiser(KEY).of
    table = intake.reports
    assert len(table) == len(ordered) == 1250
    assert table.report_key.tolist() == [of("report", str(r.report_id)).encode() for r in ordered]
    assert table.received.tolist() == [r.received for r in ordered]
    assert table.incident.tolist() == [r.incident for r in ordered]
    assert table.incident_type.tolist() == [r.incident_type for r in ordered]
    assert [table.services[s] for s in table.service] == [r.service for r in ordered]
    assert table.services == tuple(sorted(table.services))
    bundles = [b"" if r.bundle_id is None else of("bundle", str(r.bundle_id)).encode() for r in ordered]
    assert table.bundle_key.tolist() == bundles
    assert table.batched.tolist() == [r.batched for r in ordered]
    assert table.escalated.tolist() == [r.escalated for r in ordered]
    assert table.has_text.tolist() == [bool(r.text) for r in ordered]


def test_every_row_of_every_unit_is_accounted_for(three):
    entries = sum(len(r.captures) for r in world())
    for kind, intake in three.items():
        found = counts(intake)
        assert found["reports"] == found["announced reports"] == (1250, 1250, 0)
        assert found["addresses"][0] == found["announced addresses"][0] == entries == 1934
        assert found["addresses"][1] == len(intake.events)
        assert found["addresses"][2] == len(intake.audit.refused_rows) > 0
        assert ("rows" in found) == (kind == "cybertipline-csv")
        assert intake.problems == ()
        assert {r.field for r in intake.audit.refused_rows} == {"ip_address"}


def test_order_and_everything_but_pseudonyms_are_independent_of_the_key(three, tmp_path):
    other = read(written(tmp_path, "cybertipline-json", world()), key=b"quite another secret")
    first = three["cybertipline-json"]
    assert same(first.reports, other.reports, without=("report_key", "bundle_key"))
    assert same(first.events, other.events, without=("address_key",))
    assert not set(first.events.address_key.tolist()) & set(other.events.address_key.tolist())


@pytest.mark.parametrize("kind", SHAPES)
def test_every_field_of_an_address_survives(tmp_path, kind):
    captures = (
        capture("240.0.0.2", event=AddressEvent.PURCHASE, proxy=Flag.YES),
        capture("::FFFF:240.0.0.3", event=AddressEvent.UPLOAD, proxy=Flag.NO, zone_stated=False),
        capture("2001:DB8::5", event=AddressEvent.REGISTRATION, time=None),
        capture("10.0.0.7", event=AddressEvent.OTHER),
        capture("240.0.0.9:443", event=AddressEvent.UNKNOWN, role=Role.RECIPIENT),
        capture("240.0.0.11", role=Role.VICTIM),
        capture(" 240.0.0.13 ", role=Role.FILE),
        capture("240.0.0.15", role=Role.FILE),
    )
    events = read(written(tmp_path, kind, [report(captures=captures)])).events
    of = Pseudonymiser(KEY).of
    plain = ("240.0.0.2", "240.0.0.3", "2001:db8::5", "10.0.0.7", "240.0.0.9", "240.0.0.11", "240.0.0.13", "240.0.0.15")
    assert events.address_key.tolist() == [of("address", text).encode() for text in plain]
    assert events.family.tolist() == [4, 4, 6, 4, 4, 4, 4, 4]
    assert events.space.tolist() == [AddressSpace.PUBLIC] * 3 + [AddressSpace.PRIVATE] + [AddressSpace.PUBLIC] * 4
    assert events.event.tolist() == [c.event for c in captures]
    assert events.role.tolist() == [c.role for c in captures]
    assert events.proxy.tolist() == [c.proxy for c in captures]
    assert events.time.tolist() == [1_400_000_000, 1_400_000_000, 1_400_050_000] + [1_400_000_000] * 5
    assert events.time_source.tolist() == [TimeSource.CAPTURE] * 2 + [TimeSource.INCIDENT] + [TimeSource.CAPTURE] * 5
    assert events.zone_stated.tolist() == [True, False] + [True] * 6
    assert events.country.tolist() == [b"PH", b"US", b"ZZ", b"ZZ", b"US", b"US", b"US", b"US"]


@pytest.mark.parametrize("kind", SHAPES)
def test_flags_bundles_and_text_of_a_report_survive(tmp_path, kind):
    reports = [
        report(1, batched=Flag.YES),
        report(2, escalated=Flag.YES, bundle_id=77, text='Said "yes", <so>;\n & then = no'),
        report(3, bundle_id=77, incident_type=IncidentType.ENTICEMENT, service="Service B"),
    ]
    intake = read(written(tmp_path, kind, reports))
    table = intake.reports
    assert table.batched.tolist() == [Flag.YES, Flag.NO, Flag.NO]
    assert table.escalated.tolist() == [Flag.NO, Flag.YES, Flag.NO]
    assert table.bundle_key[0] == b""
    assert table.bundle_key[1] == table.bundle_key[2] != b""
    assert table.has_text.tolist() == [False, True, False]
    assert [(t.report, t.text) for t in intake.texts] == [(1, 'Said "yes", <so>; & then = no')]
    assert table.services == ("Service A", "Service B")


@pytest.mark.parametrize("kind", SHAPES)
def test_a_bad_address_is_refused_alone_and_a_repeated_one_counts_once(tmp_path, kind):
    captures = (
        capture("240.0.0.2", role=Role.FILE), capture("240.0.0.300"), capture("=240.0.0.1"), capture("-"),
        capture("::ffff:240.0.0.2"), capture(" 240.0.0.2"), capture("240.0.0.4"),
    )  # fmt: skip
    intake = read(written(tmp_path, kind, [report(captures=captures), report(2, captures=captures[:1])]))
    assert counts(intake)["reports"] == (2, 2, 0)
    assert counts(intake)["addresses"] == (8, 3, 5)
    assert refusals(intake) == [
        ("ip_address", "address-malformed"),
        ("ip_address", "address-malformed"),
        ("ip_address", "address-out-of-range"),
        ("ip_address", "repeated-address"),
        ("ip_address", "repeated-address"),
    ]
    assert intake.events.role.tolist() == [Role.REPORTED_USER, Role.REPORTED_USER, Role.FILE]
    assert intake.events.report.tolist() == [0, 0, 1]


@pytest.mark.parametrize("kind", SHAPES)
def test_a_report_is_taken_once_within_and_across_sources(tmp_path, kind):
    source = written(tmp_path / "a", kind, [report(n, captures=(capture(),)) for n in (1, 2)])
    copied = next(p for p in source.path.iterdir() if p.name.startswith("reports-"))
    copied.with_name("reports-2020-01" + copied.suffix).write_bytes(copied.read_bytes())
    later = written(tmp_path / "b", "cybertipline-json", [report(n, captures=(capture(),)) for n in (2, 3)], name="t")
    intake = read(source, later)
    assert len(intake.reports) == 3
    assert intake.reports.source_index.tolist() == [0, 0, 1]
    assert intake.reports.sources == ("s", "t")
    assert counts(intake)["reports"] == (6, 3, 3)
    assert counts(intake)["addresses"] == (6, 3, 3)
    assert refusals(intake) == [("report", "report-refused")] * 3 + [("report_id", "duplicate-report")] * 3
    assert [p.problem for p in intake.problems] == ["the delivery note does not name this file"]


def test_order_in_which_rows_and_members_stand_changes_nothing_else(tmp_path):
    source = written(tmp_path, "cybertipline-csv", world()[:300])
    before = read(source)
    rng = np.random.default_rng(3)
    for path in tmp_path.glob("reports-*.csv"):
        head, *rows = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(head + b"".join(rows[i] for i in rng.permutation(len(rows))))
    after = read(source)
    assert counts(after)["rows"] == counts(before)["rows"]

    def pairs(intake):
        keys = intake.reports.report_key[intake.events.report]
        return sorted(zip(keys.tolist(), intake.events.address_key.tolist(), intake.events.time.tolist(), strict=True))

    assert pairs(after) == pairs(before)
    assert sorted(after.reports.report_key.tolist()) == sorted(before.reports.report_key.tolist())


def test_rows_of_one_report_that_disagree_are_refused(tmp_path):
    source = written(tmp_path, "cybertipline-csv", [report(captures=(capture("240.0.0.2"), capture("240.0.0.4")))])
    path = next(tmp_path.glob("reports-*.csv"))
    head, first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(head + first + second.replace(b"Service A", b"Service B"))
    intake = read(source)
    assert counts(intake)["rows"] == (2, 1, 1)
    assert refusals(intake) == [("report_id", "report-conflict")]
    assert intake.reports.services == ("Service A",)
    assert counts(intake)["announced addresses"] == (2, 1, 1)


def test_the_time_falls_back_to_receipt(tmp_path):
    source = written(tmp_path, "cybertipline-csv", [report(captures=(capture(time=None),))])
    path = next(tmp_path.glob("reports-*.csv"))
    path.write_bytes(path.read_bytes().replace(utc(1_400_050_000).encode(), b""))
    intake = read(source)
    assert intake.reports.incident.tolist() == [NO_TIME]
    assert intake.events.time_source.tolist() == [TimeSource.RECEIVED]
    assert intake.events.time.tolist() == intake.reports.received.tolist()


def test_without_a_synthetic_space_nothing_synthetic_is_public(tmp_path):
    source = written(tmp_path, "cybertipline-json", [report(captures=(capture("240.0.0.2"), capture("8.8.8.8")))])
    events = read(source, synthetic_space=None).events
    assert events.space.tolist() == [AddressSpace.RESERVED, AddressSpace.PUBLIC]
    assert events.country.tolist() == [b"ZZ", b"PH"]


@pytest.mark.parametrize("kind", SHAPES)
def test_one_file_alone_and_no_report_at_all(tmp_path, kind):
    source = written(tmp_path / "a", kind, [report(captures=(capture(),))])
    alone = next(p for p in source.path.iterdir() if p.name.startswith("reports-"))
    intake = read(ReportSource("s", kind, alone))
    assert len(intake.events) == 1
    assert {a.file for a in intake.audit.accounts} == {alone.name}
    empty = read(written(tmp_path / "b", kind, []))
    assert (len(empty.reports), len(empty.events), empty.reports.services) == (0, 0, ())
    assert [p.code for p in empty.problems] == ["E-INTAKE-24"]


def test_loose_documents_are_read_beside_archives(tmp_path):
    source = written(tmp_path, "cybertipline-xml", [report(n, captures=(capture(),)) for n in (1, 2)])
    archive = next(tmp_path.glob("*.zip"))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "loose")
    (tmp_path / "loose" / "3.xml").write_text("<broken")
    archive.unlink()
    (tmp_path / "manifest.csv").unlink()
    intake = read(source)
    assert counts(intake)["reports"] == (3, 2, 1)
    assert [(a.file, a.unit) for a in intake.audit.accounts] == [
        (tmp_path.name, "files"),
        (f"{tmp_path.name}/documents", "reports"),
        (f"{tmp_path.name}/documents", "addresses"),
    ]
    assert refusals(intake) == [("(document)", "xml-malformed")]


def test_a_zip_of_csv_files_is_read(tmp_path):
    written(tmp_path / "a", "cybertipline-csv", world()[:200])
    files = sorted((tmp_path / "a").glob("reports-*.csv"))
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.name)
        archive.writestr("bad.csv", 'report_id,x\n1,"')
    packed = read(ReportSource("s", "cybertipline-csv", tmp_path / "all.zip"))
    plain = read(ReportSource("s", "cybertipline-csv", tmp_path / "a"))
    assert same(packed.events, plain.events)
    assert [p.code for p in packed.problems] == ["E-INTAKE-05"]
    assert counts(packed)["files"] == (2, 1, 1)


def test_progress_is_told(tmp_path):
    told = []
    read_reports(
        [written(tmp_path, "cybertipline-csv", [report()])], pseudonymiser=Pseudonymiser(KEY), countries=Halves(),
        progress=lambda *what: told.append(what),
    )  # fmt: skip
    assert told == [("reading s", 0, 1), ("reading s", 1, 1)]


def test_stored_tables_come_back_private_and_whole(three, tmp_path):
    intake = three["cybertipline-json"]
    folder = tmp_path / "work" / "intake"
    digests = save_tables(intake.reports, intake.events, intake.texts, folder=folder)
    assert digests == save_tables(intake.reports, intake.events, intake.texts, folder=tmp_path / "again")
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("reports.npz", "events.npz"):
        with zipfile.ZipFile(folder / name) as stored:
            assert {info.date_time for info in stored.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    reports, events, texts = load_tables(folder)
    assert same(reports, intake.reports)
    assert same(events, intake.events)
    assert texts == intake.texts


@pytest.mark.parametrize("name", ["reports.npz", "events.npz", "texts.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "altered"])
def test_stored_tables_that_were_touched_are_refused(three, tmp_path, name, damage):
    intake = three["cybertipline-csv"]
    save_tables(intake.reports, intake.events, intake.texts, folder=tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] if damage == "cut" else content[:-30] + b"#" + content[-29:])
    if damage == "missing":
        path.unlink()
    with pytest.raises(IntakeError, match="E-INTAKE-30"):
        load_tables(tmp_path)
