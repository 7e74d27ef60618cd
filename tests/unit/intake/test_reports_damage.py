"""Damaged deliveries: no crash, no row lost without account, and nothing of a record in any message."""

import json
import re
import shutil
import zipfile

import numpy as np
import pytest

from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.reports import ReportSource, read_reports
from darkfigure.records.restricted import AddressEvent, Flag, IncidentType, Role
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

CSV, JSON, XML = "cybertipline-csv", "cybertipline-json", "cybertipline-xml"
WRITERS = {CSV: write_report_csv, JSON: write_report_json, XML: write_report_xml}
MARKERS = ("240.77.77", "Canaryname", "canaryword", "77701770", "@canary", "handle-77")
"""Planted in addresses, service, text, numbers and handle."""


def report(number):
    captures = tuple(
        SyntheticCapture(
            address=f"240.77.77.{number * 2 + i}", role=Role.REPORTED_USER, event=AddressEvent.LOGIN,
            time=1_400_000_000, zone_stated=True, proxy=Flag.NO,
        )
        for i in range(2)
    )  # fmt: skip
    return SyntheticReport(
        report_id=7770177000 + number, received=1_388_600_000 + number * 86_400 * 9, incident=1_388_500_000,
        bundle_id=7770177009,
        incident_type=IncidentType.MATERIAL, service="Canaryname Inc", batched=Flag.NO, escalated=Flag.NO,
        captures=captures, text=f"canaryword {number}", screen_name="handle-77",
    )  # fmt: skip


REPORTS = tuple(report(n) for n in range(9))
"""Nine reports of 2014: four in January, three in February, two in March."""
PER_FILE = {"reports-2014-01": 4, "reports-2014-02": 3, "reports-2014-03": 2}


class NoCountry:
    def country_of(self, addresses):
        return np.full(addresses.shape, b"ZZ", dtype="S2")


def read(kind, folder):
    return read_reports(
        [ReportSource("s", kind, folder)], pseudonymiser=Pseudonymiser(b"0123456789abcdef"), countries=NoCountry(),
        synthetic_space="240.0.0.0/4",
    )  # fmt: skip


def total(intake, unit):
    accounts = [a for a in intake.audit.accounts if a.unit == unit]
    return tuple(sum(getattr(a, name) for a in accounts) for name in ("rows_in", "rows_accepted", "rows_refused"))


def check_nothing_shows(intake, capsys):
    shown = repr(intake) + repr(intake.audit) + repr(intake.problems) + repr(intake.texts)
    shown += "".join(str(p.error()) for p in intake.problems)
    shown += "".join(capsys.readouterr())
    assert [marker for marker in MARKERS if marker in shown] == []


def base(tmp_path, kind):
    WRITERS[kind](REPORTS, tmp_path)
    return tmp_path


def file_of(folder, month="02"):
    return next(p for p in folder.iterdir() if p.name.startswith(f"reports-2014-{month}"))


# Damage to whole files: what is lost of nine reports, and the codes that say so.


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def as_link(path):
    target = path.parent.parent / "elsewhere"
    shutil.move(path, target)
    path.symlink_to(target)


def as_folder(path):
    path.unlink()
    path.mkdir()


FILE_DAMAGES = {
    "deleted": (lambda p: p.unlink(), {"E-INTAKE-26"}),
    "replaced by text": (lambda p: p.write_bytes(b"Canaryname"), {"E-INTAKE-20", "E-INTAKE-05", "E-INTAKE-26"}),
    "emptied": (lambda p: p.write_bytes(b""), {"E-INTAKE-20", "E-INTAKE-05", "E-INTAKE-26"}),
    "renamed to another kind": (lambda p: p.rename(p.with_name("Canaryname.txt")), {"E-INTAKE-25", "E-INTAKE-26"}),
    "replaced by a link": (as_link, {"E-INTAKE-28", "E-INTAKE-26"}),
    "replaced by a folder": (as_folder, {"E-INTAKE-26"}),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("name", FILE_DAMAGES)
def test_a_damaged_file_costs_its_own_reports_only(tmp_path, kind, name, capsys):
    damage, codes = FILE_DAMAGES[name]
    folder = base(tmp_path / "in", kind)
    damage(file_of(folder))
    intake = read(kind, folder)
    assert total(intake, "reports") == (6, 6, 0)
    assert total(intake, "announced reports") == (9, 6, 3)
    assert total(intake, "announced addresses") == (18, 12, 6)
    found = {p.code for p in intake.problems}
    assert "E-INTAKE-26" in found
    assert found <= codes
    check_nothing_shows(intake, capsys)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_cut_in_half_is_refused_or_its_loss_is_counted(tmp_path, kind, capsys):
    folder = base(tmp_path, kind)
    halve(file_of(folder, "01"))
    intake = read(kind, folder)
    reports, announced = total(intake, "reports"), total(intake, "announced reports")
    assert reports[1] < 9
    assert announced[2] == 9 - reports[0] > 0
    assert any(p.code == "E-INTAKE-26" for p in intake.problems)
    check_nothing_shows(intake, capsys)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_copied_file_adds_nothing(tmp_path, kind, capsys):
    folder = base(tmp_path, kind)
    path = file_of(folder)
    (folder / "sub").mkdir()
    shutil.copy(path, folder / "sub" / path.name)
    shutil.copy(path, path.with_name("Canaryname" + path.suffix))
    intake = read(kind, folder)
    assert total(intake, "reports") == (15, 9, 6)
    assert {r.rule for r in intake.audit.refused_rows} == {"duplicate-report", "report-refused"}
    assert [p.code for p in intake.problems] == ["E-INTAKE-26"]
    check_nothing_shows(intake, capsys)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    ("note", "codes"),
    [
        (None, {"E-INTAKE-27"}),
        (b"", {"E-INTAKE-05"}),
        (b"file,reports\nx,1\n", {"E-INTAKE-05"}),
        (b"file,reports,addresses\nCanaryname,one,2\n", {"E-INTAKE-26"}),
        (b"file,reports,addresses\nx,1,2\nx,1,2\n", {"E-INTAKE-26"}),
        (b'file,reports,addresses\n"x,1,2\n', {"E-INTAKE-07"}),
        (b"file,reports,addresses,sha256\nx,1,2,Canaryname\n", {"E-INTAKE-26"}),
        (b"file,reports,addresses\n=x,1,2\n", {"E-INTAKE-26"}),
        (b"file,reports,addresses\nCanaryname.zip,1,2\n", {"E-INTAKE-26"}),
    ],
)
def test_a_damaged_delivery_note_is_told_and_reports_are_read(tmp_path, kind, note, codes, capsys):
    folder = base(tmp_path, kind)
    (folder / "manifest.csv").unlink()
    if note is not None:
        (folder / "manifest.csv").write_bytes(note)
    intake = read(kind, folder)
    assert total(intake, "reports") == (9, 9, 0)
    assert {p.code for p in intake.problems} == codes
    check_nothing_shows(intake, capsys)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_changed_digest_is_told(tmp_path, kind):
    folder = base(tmp_path, kind)
    note = folder / "manifest.csv"
    rows = note.read_text().splitlines()
    rows[2] = re.sub(r"[0-9a-f]{64}", "0" * 64, rows[2])
    note.write_text("\n".join(rows))
    intake = read(kind, folder)
    assert [(p.severity, p.problem) for p in intake.problems] == [
        ("difference", "the file's digest differs from the delivery note")
    ]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_missing_folder_is_told(tmp_path, kind):
    intake = read(kind, tmp_path / "absent")
    assert [(p.code, p.severity) for p in intake.problems] == [("E-INTAKE-24", "refused")]
    assert len(intake.reports) == 0


# Damage to one document of an archive: the rule that refuses it.


def set_at(*path, value):
    def damage(content):
        tree = holder = json.loads(content)
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
        return json.dumps(tree).encode()

    return damage


INSIDE = "reportedInformation"
PERSON = (INSIDE, "reportedPeople", "reportedPersons", 0, "sourceInformation", "sourceCaptures")
JSON_DAMAGES = {
    "cut": (lambda c: c[: len(c) // 2], "json-malformed"),
    "empty": (lambda c: b"", "json-malformed"),
    "with a tail": (lambda c: c + b"{}", "json-malformed"),
    "repeated key": (lambda c: c.replace(b'"bundleId"', b'"reportId"'), "json-repeated-key"),
    "not a number": (lambda c: c.replace(b"7770177001", b"NaN", 1), "json-not-a-number"),
    "infinite": (lambda c: c.replace(b"7770177001", b"Infinity", 1), "json-not-a-number"),
    "single quotes": (lambda c: c.replace(b'"', b"'"), "json-malformed"),
    "deep": (lambda c: c.replace(b"7770177001", b"[" * 150 + b"]" * 150, 1), "document-too-deep"),
    "very deep": (lambda c: b'{"Canaryname":' * 50_000, "document-too-deep"),
    "latin-1": (lambda c: c.replace(b"canaryword", b"canaryword \xe9"), "document-encoding"),
    "utf-16": (lambda c: c.decode().encode("utf-16"), "document-encoding"),
    "NUL": (lambda c: c.replace(b"canaryword", b"canaryword\x00"), "json-malformed"),
    "a list": (lambda c: b"[" + c + b"]", "json-shape"),
    "null": (lambda c: b"null", "json-shape"),
    "a word": (lambda c: b'"canaryword"', "json-shape"),
    "too big": (lambda c: c + b" " * (8 << 20), "document-too-big"),
    "inner list": (set_at(INSIDE, value=["canaryword"]), "json-shape"),
    "summary a word": (set_at(INSIDE, "incidentSummary", value="canaryword"), "json-shape"),
    "captures a word": (set_at(*PERSON, value="240.77.77.1"), "json-shape"),
    "no number": (set_at("reportId", value=None), "report-id-missing"),
    "a name for a number": (set_at("reportId", value="Canaryname"), "report-id-malformed"),
    "a leading zero": (set_at("reportId", value="07770177001"), "report-id-malformed"),
    "a fraction": (set_at("reportId", value=7770177001.5), "json-shape"),
    "true": (set_at("reportId", value=True), "report-id-malformed"),
    "another's number": (set_at("reportId", value=7770177000), "duplicate-report"),
    "no receipt": (set_at("dateReceived", value=None), "time-missing"),
    "no such day": (set_at("dateReceived", value="2014-02-30T00:00:00Z"), "time-malformed"),
    "day only": (set_at("dateReceived", value="2014-02-03"), "time-malformed"),
    "words for a time": (set_at(INSIDE, "incidentSummary", "incidentDateTime", value="canaryword"), "time-malformed"),
    "no type": (set_at(INSIDE, "incidentSummary", "incidentType", value=None), "incident-type-missing"),
    "another type": (set_at(INSIDE, "incidentSummary", "incidentType", value="Canaryname"), "incident-type-unknown"),
    "mail for a service": (set_at(INSIDE, "reportingEsp", "espName", value="x@canary.example"), "service-malformed"),
    "a word for a bundle": (set_at("bundleId", value="canaryword"), "bundle-id-malformed"),
}


def in_xml(pattern, replacement):
    return lambda content: re.sub(pattern, replacement, content, count=1)


XML_DAMAGES = {
    "cut": (lambda c: c[: len(c) // 2], "xml-malformed"),
    "empty": (lambda c: b"", "xml-malformed"),
    "with a tail": (lambda c: c + b"<x/>", "xml-malformed"),
    "doctype": (in_xml(rb"<submission>", b"<!DOCTYPE submission><submission>"), "xml-doctype"),
    "outer entity": (
        in_xml(rb"<submission>", b'<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/hostname">]><submission>'), "xml-doctype"
    ),
    "undeclared entity": (in_xml(rb"canaryword", b"canaryword&e;"), "xml-malformed"),
    "bare ampersand": (in_xml(rb"canaryword", b"canaryword & x"), "xml-malformed"),
    "crossed tags": (in_xml(rb"</receipt>", b"</report>"), "xml-malformed"),
    "deep": (in_xml(rb"canaryword", b"<a>" * 150 + b"</a>" * 150), "document-too-deep"),
    "very deep": (lambda c: b"<Canaryname>" * 50_000, "xml-malformed"),
    "latin-1": (in_xml(rb"canaryword", b"canaryword \xe9"), "document-encoding"),
    "utf-16": (lambda c: c.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "document-encoding"),
    "NUL": (in_xml(rb"canaryword", b"canaryword\x00"), "document-encoding"),
    "other root": (lambda c: b"<html><body>canaryword</body></html>", "xml-root"),
    "too big": (lambda c: c + b" " * (8 << 20), "document-too-big"),
    "two receipts": (in_xml(rb"(<receipt>.*</receipt>)", rb"\1\1"), "xml-shape"),
    "two types": (in_xml(rb"(<incidentType>.*</incidentType>)", rb"\1\1"), "xml-shape"),
    "elements in a number": (in_xml(rb"7770177001</reportId>", rb"7770177<b>001</b></reportId>"), "xml-shape"),
    "two addresses in one": (in_xml(rb"(<ipAddress>[^<]*</ipAddress>)", rb"\1\1"), "xml-shape"),
    "no receipt": (in_xml(rb"<receipt>.*</receipt>", b""), "report-id-missing"),
    "no report": (in_xml(rb"<report>.*</report>", b""), "incident-type-missing"),
    "a name for a number": (in_xml(rb"<reportId>7770177001", b"<reportId>Canaryname"), "report-id-malformed"),
    "another's number": (in_xml(rb"<reportId>7770177001", b"<reportId>7770177000"), "duplicate-report"),
    "no date": (in_xml(rb"<dateReceived>.*</dateReceived>", b""), "time-missing"),
    "a word for a date": (in_xml(rb"<dateReceived>[^<]*", b"<dateReceived>canaryword"), "time-malformed"),
    "a word for a time": (in_xml(rb"<incidentDateTime>[^<]*", b"<incidentDateTime>canaryword"), "time-malformed"),
    "another type": (in_xml(rb"<incidentType>[^<]*", b"<incidentType>Canaryname"), "incident-type-unknown"),
    "mail for a service": (in_xml(rb"<espName>[^<]*", b"<espName>x@canary.example"), "service-malformed"),
    "a word for a bundle": (in_xml(rb"<bundleId>[^<]*", b"<bundleId>canaryword"), "bundle-id-malformed"),
}  # fmt: skip
DOCUMENT_DAMAGES = [(JSON, name) for name in JSON_DAMAGES] + [(XML, name) for name in XML_DAMAGES]


def repack(path, damage, *, victim=1):
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, content) in enumerate(members):
            archive.writestr(name, damage(content) if number == victim else content)


@pytest.mark.parametrize(("kind", "name"), DOCUMENT_DAMAGES)
def test_a_damaged_document_is_refused_alone(tmp_path, kind, name, capsys):
    damage, rule = (JSON_DAMAGES if kind == JSON else XML_DAMAGES)[name]
    folder = base(tmp_path, kind)
    repack(file_of(folder, "01"), damage)
    intake = read(kind, folder)
    assert total(intake, "reports") == (9, 8, 1)
    refused = [r for r in intake.audit.refused_rows if r.rule != "report-refused"]
    assert [(r.row, r.rule) for r in refused] == [(2, rule)]
    rows_in, accepted, _ = total(intake, "addresses")
    assert accepted == 16
    announced = total(intake, "announced addresses")
    assert announced == (18, rows_in, 18 - rows_in)
    assert {p.code for p in intake.problems} == {"E-INTAKE-26"}
    check_nothing_shows(intake, capsys)


ADDRESS_DAMAGES = {
    "time": ("2014-05-13T16:53:20Z", "canaryword", "time-malformed"),
    "flag": ("false", "canaryword", "flag-malformed"),
    "octet": ("240.77.77.2", "240.77.77.299", "address-out-of-range"),
    "zero": ("240.77.77.2", "240.77.77.02", "address-leading-zero"),
    "words": ("240.77.77.2", "Canaryname", "address-malformed"),
    "nothing": ("240.77.77.2", "", "address-blank"),
    "other's": ("240.77.77.2", "240.77.77.3", "repeated-address"),
}


@pytest.mark.parametrize("name", ADDRESS_DAMAGES)
def test_a_damaged_address_is_refused_alone(tmp_path, name, capsys):
    old, new, rule = ADDRESS_DAMAGES[name]
    folder = base(tmp_path, XML)
    repack(file_of(folder, "01"), lambda c: c.replace(f">{old}<".encode(), f">{new}<".encode(), 1))
    intake = read(XML, folder)
    assert total(intake, "reports") == (9, 9, 0)
    assert total(intake, "addresses") == (18, 17, 1)
    assert [(r.row, r.rule) for r in intake.audit.refused_rows] == [(2, rule)]
    check_nothing_shows(intake, capsys)


def test_a_member_that_is_no_document_is_refused_alone(tmp_path, capsys):
    folder = base(tmp_path, JSON)
    with zipfile.ZipFile(file_of(folder), "a") as archive:
        archive.writestr("Canaryname.txt", "canaryword")
    intake = read(JSON, folder)
    assert total(intake, "reports") == (10, 9, 1)
    assert [(r.row, r.rule) for r in intake.audit.refused_rows] == [(4, "member-unexpected")]
    check_nothing_shows(intake, capsys)


def in_row(old, new, *, count=1):
    return lambda content: content.replace(old, new, count)


CSV_DAMAGES = {
    "too few fields": (in_row(b",handle-77", b""), "rows", "too-few-fields"),
    "too many fields": (in_row(b",handle-77", b",handle-77,x"), "rows", "too-many-fields"),
    "blank row": (in_row(b"\r\n7770177000", b"\r\n\r\n7770177000"), "rows", "blank-row"),
    "formula in a service": (in_row(b"Canaryname Inc", b"=Canaryname"), "rows", "formula"),
    "control character": (in_row(b"Canaryname Inc", b"Canaryname\x01Inc"), "rows", "control-character"),
    "no number": (in_row(b"\r\n7770177000,", b"\r\n,"), "rows", "report-id-missing"),
    "rows that disagree": (in_row(b"Canaryname Inc", b"Canaryname Ltd"), "rows", "report-conflict"),
    "broken quote": (in_row(b"Canaryname Inc", b'"Canaryname" Inc'), "rows", "quote-malformed"),
    "another role": (in_row(b"Reported User", b"Canaryname"), "addresses", "role-unknown"),
    "no role": (in_row(b"Reported User", b""), "addresses", "role-unknown"),
    "another flag": (in_row(b",N,canary", b",canaryword,canary"), "addresses", "flag-malformed"),
    "formula for an address": (in_row(b"240.77.77.0", b"=240.77.77.0"), "addresses", "address-malformed"),
    "a word for an address": (in_row(b"240.77.77.0", b"canaryword"), "addresses", "address-malformed"),
    "another type": (in_row(b"Child Porn", b"Canaryname", count=2), "reports", "incident-type-unknown"),
    "a word for a date": (in_row(b"2014-01-01T", b"canaryword", count=2), "reports", "time-malformed"),
    "a word for a number": (in_row(b"7770177000,2", b"Canaryname,2", count=2), "reports", "report-id-malformed"),
    "a flag that is none": (in_row(b",N,N,", b",maybe,N,", count=2), "reports", "flag-malformed"),
    "an urgency that is none": (in_row(b",N,N,", b",N,maybe,", count=2), "reports", "flag-malformed"),
}


@pytest.mark.parametrize("name", CSV_DAMAGES)
def test_a_damaged_row_is_refused_alone(tmp_path, name, capsys):
    damage, unit, rule = CSV_DAMAGES[name]
    folder = base(tmp_path, CSV)
    path = file_of(folder, "01")
    before = path.read_bytes()
    path.write_bytes(damage(before))
    assert path.read_bytes() != before
    intake = read(CSV, folder)
    assert total(intake, unit)[2] == 1
    refused = [r for r in intake.audit.refused_rows if r.rule != "report-refused"]
    assert [r.rule for r in refused] == [rule]
    rows = total(intake, "rows")
    assert rows[0] == 18 + (name == "blank row") == rows[1] + rows[2]
    assert total(intake, "addresses")[0] == rows[1]
    assert total(intake, "reports")[1] == 9 - (unit == "reports")
    check_nothing_shows(intake, capsys)


CSV_FILE_DAMAGES = {
    "open quote": (in_row(b"Canaryname Inc", b'"Canaryname Inc'), "E-INTAKE-07"),
    "NUL": (in_row(b"canaryword", b"canary\x00word"), "E-INTAKE-04"),
    "bare carriage return": (in_row(b"\r\n7770177001", b"\r7770177001"), "E-INTAKE-04"),
    "latin-1": (in_row(b"canaryword", b"canaryword \xe9"), "E-INTAKE-03"),
    "utf-16": (lambda c: c.decode().encode("utf-16"), "E-INTAKE-03"),
    "no header": (lambda c: c.split(b"\r\n", 1)[1], "E-INTAKE-05"),
    "a column less": (in_row(b"ip_address", b"Canaryname"), "E-INTAKE-05"),
    "a column twice": (in_row(b"screen_name", b"ip_address"), "E-INTAKE-06"),
}


@pytest.mark.parametrize("name", CSV_FILE_DAMAGES)
def test_a_file_that_cannot_be_split_into_rows_is_refused(tmp_path, name, capsys):
    damage, code = CSV_FILE_DAMAGES[name]
    folder = base(tmp_path, CSV)
    path = file_of(folder, "01")
    path.write_bytes(damage(path.read_bytes()))
    intake = read(CSV, folder)
    assert total(intake, "reports") == (5, 5, 0)
    assert total(intake, "announced reports") == (9, 5, 4)
    assert [p.code for p in intake.problems if p.severity == "refused"] == [code]
    check_nothing_shows(intake, capsys)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("seed", range(25))
def test_flipped_bits_never_lose_a_report_silently(tmp_path, kind, seed, capsys):
    folder = base(tmp_path, kind)
    rng = np.random.default_rng([seed, len(kind)])
    path = file_of(folder, f"0{1 + seed % 3}")
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, len(content), 1 + seed % 4):
        content[place] ^= 1 << int(rng.integers(0, 8))
    path.write_bytes(bytes(content))
    intake = read(kind, folder)
    announced = total(intake, "announced reports")
    reports = total(intake, "reports")
    assert announced[0] == 9
    # Each announced report was found (accepted, or refused with a rule) or is counted as not found.
    assert reports[0] + announced[2] >= 9
    assert any(p.code == "E-INTAKE-26" for p in intake.problems)
    check_nothing_shows(intake, capsys)


def test_the_cases_are_many_and_the_undamaged_delivery_is_clean(tmp_path):
    assert len(DOCUMENT_DAMAGES) + len(CSV_DAMAGES) + len(CSV_FILE_DAMAGES) + 3 * len(FILE_DAMAGES) > 100
    for kind in WRITERS:
        intake = read(kind, base(tmp_path / kind, kind))
        assert total(intake, "reports") == (9, 9, 0)
        assert intake.problems == intake.audit.refused_rows == ()
        assert [a.rows_in for a in intake.audit.accounts if a.unit == "reports"] == list(PER_FILE.values())


def test_the_markers_are_where_they_were_planted(tmp_path):
    written = b"".join(p.read_bytes() for p in base(tmp_path, CSV).iterdir()).decode()
    assert [m for m in MARKERS if m not in written] == ["@canary"]
