"""What is written has the shape that partners' formats have, and the same bytes each time."""

import csv
import io
import json
import os
import re
import time
import zipfile
from dataclasses import replace

import pytest
from lxml import etree

from darkfigure.errors import RecordError
from darkfigure.records.restricted import Flag
from darkfigure.synth.report_process import simulate_reports
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

WRITERS = (write_report_csv, write_report_json, write_report_xml)
REPORTS = simulate_reports(seed=8, size="small").reports

ORDER = {
    "submission": ("receipt", "report", "fileDetails"),
    "receipt": ("reportId", "dateReceived", "espName", "bundleId"),
    "report": (
        "batchedReport", "incidentSummary", "internetDetails", "lawEnforcement", "reporter", "personOrUserReported",
        "intendedRecipient", "victim", "additionalInfo",
    ),
    "incidentSummary": (
        "incidentType", "platform", "escalateToHighPriority", "reportAnnotations", "incidentDateTime",
        "incidentDateTimeDescription",
    ),
    "personOrUserReported": (
        "personOrUserReportedPerson", "vehicleDescription", "espIdentifier", "espService", "compromisedAccount",
        "screenName", "displayName", "profileUrl", "profileBio", "ipCaptureEvent",
    ),
    "intendedRecipient": ("intendedRecipientPerson", "ipCaptureEvent"),
    "victim": ("victimPerson", "ipCaptureEvent"),
    "ipCaptureEvent": ("ipAddress", "eventName", "dateTime", "possibleProxy", "port"),
    "fileDetails": ("reportId", "fileId", "fileName", "originalFileHash", "ipCaptureEvent", "additionalInfo"),
}  # fmt: skip
"""Order of elements in the reporting interface, and in the receipt."""
TYPES = {
    "Child Pornography (possession, manufacture, and distribution)",
    "Child Sex Trafficking",
    "Child Sex Tourism",
    "Child Sexual Molestation",
    "Misleading Domain Name",
    "Misleading Words or Digital Images on the Internet",
    "Online Enticement of Children for Sexual Acts",
    "Unsolicited Obscene Material Sent to a Child",
}


def members(folder):
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            yield from ((info, archive.read(info)) for info in archive.infolist())


@pytest.mark.parametrize("write", WRITERS)
def test_same_reports_same_bytes_whatever_order_zone_or_clock(tmp_path, write, monkeypatch):
    first = {p.name: p.read_bytes() for p in write(REPORTS, tmp_path / "a")}
    monkeypatch.setenv("TZ", "Asia/Manila")
    time.tzset()
    os.umask(0o077)
    try:
        second = {p.name: p.read_bytes() for p in write(REPORTS[::-1], tmp_path / "b")}
    finally:
        monkeypatch.undo()
        time.tzset()
        os.umask(0o022)
    assert first == second
    assert set(first) == {p.name for p in (tmp_path / "a").iterdir()}
    assert all(re.fullmatch(r"manifest\.csv|reports-20\d\d-\d\d\.(csv|zip)", name) for name in first)


@pytest.mark.parametrize("write", WRITERS)
def test_the_delivery_note_counts_reports_and_addresses(tmp_path, write):
    *files, note = write(REPORTS, tmp_path)
    rows = list(csv.DictReader(io.StringIO(note.read_text())))
    assert [row["file"] for row in rows] == [p.name for p in files]
    assert sum(int(row["reports"]) for row in rows) == len(REPORTS)
    assert sum(int(row["addresses"]) for row in rows) == sum(len(r.captures) for r in REPORTS)


def test_csv_has_one_row_for_each_address_and_one_for_reports_without(tmp_path):
    *files, _ = write_report_csv(REPORTS, tmp_path)
    rows = [row for path in files for row in csv.DictReader(io.StringIO(path.read_text(), newline=""))]
    assert len(rows) == sum(max(len(r.captures), 1) for r in REPORTS)
    blank = [row for row in rows if row["ip_role"] == ""]
    assert len(blank) == sum(not r.captures for r in REPORTS)
    assert all(row["ip_address"] == row["ip_event"] == row["ip_date_time"] == "" for row in blank)
    assert {row["incident_type"] for row in rows} <= TYPES


def test_json_wrappers_repeat_their_names_and_some_are_null(tmp_path):
    write_report_json(REPORTS, tmp_path)
    documents = [json.loads(content) for _, content in members(tmp_path)]
    assert len(documents) == len(REPORTS)
    inner = [d["reportedInformation"] for d in documents]
    assert all(i["reportedPeople"]["reportedPersons"] for i in inner)
    for wrapper in ("intendedRecipients", "uploadedFiles"):
        held = [i[wrapper] for i in inner]
        assert None in held
        assert all(set(h) == {wrapper} for h in held if h is not None)
    captures = [c for i in inner for p in i["reportedPeople"]["reportedPersons"] if p["sourceInformation"]
                for c in p["sourceInformation"]["sourceCaptures"]]  # fmt: skip
    assert {c["captureType"] for c in captures} == {"IP Address"}
    assert all(c["eventName"].isupper() for c in captures)
    assert {type(c["possibleProxy"]) for c in captures} == {bool, type(None)}


def test_xml_keeps_the_order_and_the_words_of_the_interface(tmp_path):
    write_report_xml(REPORTS, tmp_path)
    seen = set()
    for info, content in members(tmp_path):
        assert (info.date_time, info.create_system) == ((1980, 1, 1, 0, 0, 0), 3)
        root = etree.fromstring(content)
        for element in root.iter(*ORDER):
            places = [ORDER[element.tag].index(child.tag) for child in element]
            assert places == sorted(places)
            seen.add(element.tag)
        report = root.find("report")
        assert report.findtext("incidentSummary/incidentType") in TYPES
        assert report.find("reporter/reportingPerson/email") is not None
        assert all(len(f.findall("ipCaptureEvent")) <= 1 for f in root.iter("fileDetails"))
        if report.find("batchedReport") is not None:
            assert [
                e.tag for e in report.iter() if e.tag in ("internetDetails", "additionalInfo", "ipCaptureEvent")
            ] == []
            assert {child.tag for user in report.iter("personOrUserReported") for child in user} == {"espIdentifier"}
    assert seen == set(ORDER)


def test_xml_has_no_place_for_a_batched_report_with_text(tmp_path):
    batched = replace(REPORTS[0], batched=Flag.YES, text="x", captures=(), escalated=Flag.NO)
    with pytest.raises(RecordError, match="E-RECORD-06"):
        write_report_xml([batched], tmp_path)
