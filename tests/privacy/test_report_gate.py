"""What the gate lets through: planted addresses, names, handles, hashes and words stay behind it."""

import base64
import hashlib
import json
import logging
import pickle
import tempfile
import traceback
import warnings
import zipfile
from dataclasses import fields

import numpy as np
import pytest

from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.report_store import save_tables
from darkfigure.intake.reports import ReportSource, read_reports
from darkfigure.records.restricted import AddressEvent, Flag, IncidentType, Role
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

WRITERS = {
    "cybertipline-csv": write_report_csv,
    "cybertipline-json": write_report_json,
    "cybertipline-xml": write_report_xml,
}
NUMBER = 88_100_200_300
ADDRESSES = ("240.81.82.83", "2001:db8::81:82:83", "240.81.82.999", "words-for-address-81")
HANDLE, WORD = "handle-8182", "narrativeword8182"
PLANTED = (*ADDRESSES, HANDLE, "firstname8182", "hash8182", "file8182", "url8182", "note8182", str(NUMBER))
FORBIDDEN = (*PLANTED, WORD)


def report():
    captures = tuple(
        SyntheticCapture(
            address=address, role=Role.REPORTED_USER, event=AddressEvent.LOGIN, time=1_400_000_000, zone_stated=True,
            proxy=Flag.NOT_STATED,
        )
        for address in ADDRESSES
    )  # fmt: skip
    return SyntheticReport(
        report_id=NUMBER, received=1_400_000_000, incident=1_400_000_000, incident_type=IncidentType.MATERIAL,
        service="Service A", bundle_id=NUMBER + 1, batched=Flag.NO, escalated=Flag.YES, captures=captures, text=WORD,
        screen_name=HANDLE,
    )  # fmt: skip


def plant_json(content):
    tree = json.loads(content)
    inside = tree["reportedInformation"]
    person = inside["reportedPeople"]["reportedPersons"][0]
    person |= {"firstName": "firstname8182", "emails": {"emails": [{"value": "note8182"}]}, "unknown8182": "note8182"}
    inside["uploadedFiles"] = {"uploadedFiles": [{"filename": "file8182", "verificationHash": "hash8182"}]}
    inside["incidentDetails"] = {"webpageIncident": [{"url": "url8182", "contents": [{"value": "note8182"}]}]}
    inside["incidentSummary"]["escalateToHighPriority"] = "note8182"
    return json.dumps(tree).encode()


def plant_xml(content):
    text = content.decode().replace(">withheld<", ">hash8182<", 1).replace(">withheld<", ">url8182<", 1)
    text = text.replace("<reportingPerson>", "<reportingPerson><firstName>firstname8182</firstName>")
    text = text.replace("</fileDetails>", "<fileName>file8182</fileName><novel>note8182</novel></fileDetails>")
    return text.replace("<victim>", "<novel>note8182</novel><victim>").encode()


def plant(folder, kind):
    WRITERS[kind]([report()], folder)
    (folder / "manifest.csv").unlink()
    path = next(p for p in folder.iterdir())
    if kind == "cybertipline-csv":
        planted = path.read_text().replace("withheld,withheld", "file8182,hash8182").replace("screen_name", "novel8182")
        path.write_text(planted, newline="")
        return
    with zipfile.ZipFile(path) as archive:
        (content,) = (archive.read(info) for info in archive.infolist())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("firstname8182" + (".json" if "json" in kind else ".xml"),
                         plant_json(content) if "json" in kind else plant_xml(content))  # fmt: skip


class NoCountry:
    def country_of(self, addresses):
        return np.full(addresses.shape, b"ZZ", dtype="S2")


def read(folder, kind, *, countries=None):
    return read_reports(
        [ReportSource("s", kind, folder)], pseudonymiser=Pseudonymiser(b"0123456789abcdef"),
        countries=countries or NoCountry(), synthetic_space="240.0.0.0/4",
    )  # fmt: skip


def spellings(marker):
    raw = marker.encode()
    return {raw, raw.hex().encode(), base64.b64encode(raw), raw.upper(), marker.encode("utf-16-le"), raw[::-1]}


def leaks(content, markers=FORBIDDEN):
    return [marker for marker in markers if any(spelt in content for spelt in spellings(marker))]


def table_bytes(table):
    values = [getattr(table, f.name) for f in fields(table)]
    return b"".join(v.tobytes() if isinstance(v, np.ndarray) else repr(v).encode() for v in values)


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_planted_passes_the_gate(tmp_path, kind, capsys, caplog, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    plant(tmp_path / "in", kind)
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        intake = read(tmp_path / "in", kind)
    assert (len(intake.reports), len(intake.events), len(intake.texts)) == (1, 2, 1)
    tables = table_bytes(intake.reports) + table_bytes(intake.events)
    assert leaks(tables) == []
    shown = repr((intake, intake.audit, intake.problems, intake.texts, [str(w.message) for w in warned]))
    shown += caplog.text + "".join(capsys.readouterr())
    assert leaks(shown.encode()) == []
    assert leaks(pickle.dumps((intake.audit, intake.problems))) == []
    assert leaks(intake.texts[0].text.encode(), PLANTED) == []
    assert intake.texts[0].text == WORD
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sum(a.unknown_elements for a in intake.audit.accounts) > 0


@pytest.mark.parametrize("kind", WRITERS)
def test_stored_tables_hold_text_in_one_place_only(tmp_path, kind):
    plant(tmp_path / "in", kind)
    intake = read(tmp_path / "in", kind)
    save_tables(intake.reports, intake.events, intake.texts, folder=tmp_path / "work")
    for path in (tmp_path / "work").iterdir():
        content = path.read_bytes()
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                content += b"".join(archive.read(name) for name in archive.namelist())
        assert leaks(content) == ([WORD] if path.name == "texts.json" else [])


def test_no_unkeyed_digest_finds_an_address(tmp_path):
    plant(tmp_path / "in", "cybertipline-json")
    intake = read(tmp_path / "in", "cybertipline-json")
    keys = {k.decode() for k in (*intake.events.address_key.tolist(), *intake.reports.report_key.tolist())}
    guesses = (*ADDRESSES, *(str(NUMBER + i) for i in range(-5, 6)))
    for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s"):
        for guess in guesses:
            for salt in ("", "address", "address\x1f", "report\x1f", "darkfigure"):
                digest = hashlib.new(algorithm, (salt + guess).encode()).hexdigest()
                assert not any(digest.startswith(key) or key in digest for key in keys)


class Broken:
    def country_of(self, addresses):
        raise RuntimeError("country source failed")


@pytest.mark.parametrize("kind", WRITERS)
def test_an_error_inside_shows_no_record(tmp_path, kind):
    plant(tmp_path / "in", kind)
    with pytest.raises(RuntimeError) as caught:
        read(tmp_path / "in", kind, countries=Broken())
    assert leaks("".join(traceback.format_exception(caught.value)).encode()) == []


@pytest.mark.parametrize("kind", WRITERS)
def test_the_markers_were_planted(tmp_path, kind):
    plant(tmp_path / "in", kind)
    path = next((tmp_path / "in").iterdir())
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = b"".join(archive.read(info) for info in archive.infolist())
    expected = {HANDLE, WORD, str(NUMBER), "file8182", "hash8182", ADDRESSES[0]}
    assert expected <= {marker for marker in FORBIDDEN if marker.encode() in content}
