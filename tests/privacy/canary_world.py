"""A synthetic study whose raw files hold planted markers wherever a partner could have written one."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
from canary_marks import Marks
from lxml import etree

from darkfigure.intake.addresses import CanonicalAddress, canonical_address

Cells = dict[str, str]
FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def plant(study: Path, *, seed: int = 1) -> Marks:
    """Plant markers in every file under ``input`` and ``hand``; what the files say to a reader stays as it was.

    Only ids change (each always to the same new one), and what no reader may keep: names, handles, notes, texts,
    unknown columns, elements, sheets and members.
    """
    marks = Marks(seed)
    ids = _Ids(marks)
    reports = study / "input" / "reports"
    for path in sorted((reports / "2010-2013").glob("reports-*.csv")):
        _plant_report_csv(path, marks, ids)
    for path in sorted((reports / "2014-2016").glob("*.zip")):
        _plant_archive(path, marks, lambda content: _plant_json(content, marks, ids))
    for path in sorted((reports / "2017").glob("*.zip")):
        _plant_archive(path, marks, lambda content: _plant_xml(content, marks, ids))
    _rename_one(reports / "2014-2016", marks)
    for note in sorted(reports.glob("*/manifest.csv")):
        _plant_note(note, marks)
    _plant_delegations(study / "input" / "addresses" / "delegated-extended.txt", marks)
    for path in sorted((study / "input" / "cases").glob("case-review*.xlsx")):
        if "form" not in path.name:
            _plant_workbook(path, marks, _CASE_COLUMNS)
    for name, token in (("nca.xlsx", "Ref"), ("nlo.xlsx", "Saksnummer")):
        _plant_workbook(study / "input" / "referrals" / name, marks, {token: "case number"}, one_sheet=True)
    for name, column, kind, delimiter in _TOKEN_FILES:
        _plant_tokens(study / name, column, kind, marks, delimiter=delimiter)
    _plant_codes(study, marks)
    return marks


_CASE_COLUMNS = {
    "agency_case_reference": "case number",
    "reviewer_notes": "narrative",
    "victim_notes": "narrative",
    "_uuid": "case number",
    "_submission__uuid": "case number",
    "_submitted_by": "name",
    "_submission__submitted_by": "name",
    "_tags": "narrative",
}
_TOKEN_FILES = (
    ("input/referrals/fbi.csv", "Case Token", "case number", ","),
    ("input/referrals/rcmp.csv", "Dossier", "case number", ";"),
    ("input/enticement/multi-country-reports.csv", "report_id", "case number", ","),
    ("input/practice/convictions.csv", "conviction", "case number", ","),
    ("input/practice/interviews.csv", "interview", "case number", ","),
    ("input/practice/interviews.csv", "case", "case number", ","),
    ("input/practice/trainings.csv", "training", "case number", ","),
    ("input/practice/programme.csv", "", "", ","),
    ("hand/referral-decisions.csv", "why", "narrative", ","),
    ("hand/referral-decisions.csv", "who", "name", ","),
)


class _Ids:
    """New numbers for report and bundle numbers: the same old number always becomes the same new one."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._new: dict[tuple[str, str], str] = {}

    def of(self, old: str, *, kind: str, place: str) -> str:
        if not old.isdigit():
            return old
        key = (kind, old)
        if key not in self._new:
            self._new[key] = self._marks.number(kind, place)
        return self._new[key]


def _address(text: str, marks: Marks, place: str) -> None:
    """Remember an address that stands in a file, in its own spelling and in the canonical one."""
    spellings = {text.strip()}
    canonical = canonical_address(text, synthetic_space="240.0.0.0/4")
    if isinstance(canonical, CanonicalAddress):
        spellings.add(canonical.text)
    for spelling in sorted(spellings):
        if sum(character in "0123456789abcdefABCDEF" for character in spelling) >= 7:
            marks.keep(spelling, "address", place)


def _plant_report_csv(path: Path, marks: Marks, ids: _Ids) -> None:
    place = f"reports csv {path.stem}"
    heading = marks.word("heading", place)
    texts: dict[str, str] = {}

    def change(row: Cells) -> None:
        if row["additional_information"]:
            if row["report_id"] not in texts:
                texts[row["report_id"]] = marks.word("narrative", place)
            row["additional_information"] += f" {texts[row['report_id']]}."
        row["report_id"] = ids.of(row["report_id"], kind="report number", place=place)
        row["bundle_id"] = ids.of(row["bundle_id"], kind="bundle number", place=place)
        row["screen_name"] = marks.word("handle", place)
        row["file_name"] = marks.name(place)
        row["file_hash"] = marks.digest(place)
        row[heading] = marks.word("unknown column", place)
        _address(row["ip_address"], marks, place)

    _change_csv(path, change, added=(heading,))


def _change_csv(
    path: Path, change: Callable[[Cells], None], *, added: tuple[str, ...] = (), delimiter: str = ","
) -> None:
    raw = path.read_bytes()
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    reader = csv.DictReader(io.StringIO(raw.removeprefix(mark).decode("utf-8"), newline=""), delimiter=delimiter)
    rows = list(reader)
    out = io.StringIO(newline="")
    columns = [*(reader.fieldnames or ()), *added]
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        change(row)
        writer.writerow(row)
    path.write_bytes(mark + out.getvalue().encode("utf-8"))


def _plant_archive(path: Path, marks: Marks, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    write_archive(path, [(f"{marks.word('file name', path.stem)}{Path(n).suffix}", change(c)) for n, c in members])


def write_archive(path: Path, members: list[tuple[str, bytes]]) -> None:
    """Write a zip archive with these members in this order, always the same bytes."""
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, date_time=FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


def _plant_json(content: bytes, marks: Marks, ids: _Ids) -> bytes:
    place = "reports json"
    report = json.loads(content)
    report["reportId"] = int(ids.of(str(report["reportId"]), kind="report number", place=place))
    if report["bundleId"] is not None:
        report["bundleId"] = int(ids.of(str(report["bundleId"]), kind="bundle number", place=place))
    report[marks.word("key", place)] = {marks.word("key", place): [marks.word("unknown element", place)]}
    information = report["reportedInformation"]
    information["reportingEsp"]["lastName"] = marks.name(place)
    for person in (information["reportedPeople"] or {}).get("reportedPersons") or ():
        person["firstName"] = marks.name(place)
        person["screenName"] = {"value": marks.word("handle", place), marks.word("key", place): 1}
        person["espUserId"] = marks.word("handle", place)
        person["emails"] = [{"value": f"{marks.word('handle', place)}@example.invalid"}]
    for page in (information["incidentDetails"] or {}).get("webpageIncident") or ():
        page["url"] = f"https://example.invalid/{marks.word('page', place)}"
    for file in (information["uploadedFiles"] or {}).get("uploadedFiles") or ():
        file["filename"] = marks.name(place)
        file["verificationHash"] = marks.digest(place)
        file["additionalInformations"] = [{"value": marks.word("narrative", place)}]
    for text in information["additionalInformations"] or ():
        if text["value"]:
            text["value"] += f" {marks.word('narrative', place)}."
    for capture in _json_captures(report):
        _address(capture["value"], marks, place)
    return json.dumps(report, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _json_captures(value: object) -> list[dict[str, str]]:
    if isinstance(value, list):
        return [capture for item in value for capture in _json_captures(item)]
    if not isinstance(value, dict):
        return []
    if value.get("captureType") == "IP Address":
        return [value]
    return [capture for item in value.values() for capture in _json_captures(item)]


def _plant_xml(content: bytes, marks: Marks, ids: _Ids) -> bytes:
    place = "reports xml"
    root = etree.fromstring(content)
    for element in root.iter("reportId", "bundleId"):
        kind = "report number" if element.tag == "reportId" else "bundle number"
        element.text = ids.of(element.text or "", kind=kind, place=place)
    for element in root.iter("screenName", "espIdentifier"):
        element.text = marks.word("handle", place)
    for element in root.iter("fileName"):
        element.text = marks.name(place)
    for element in root.iter("originalFileHash"):
        element.text = marks.digest(place)
    for element in root.iter("url"):
        element.text = f"https://example.invalid/{marks.word('page', place)}"
    for element in root.iter("additionalInfo"):
        if element.text:
            element.text += f" {marks.word('narrative', place)}."
    for element in root.iter("ipAddress"):
        _address(element.text or "", marks, place)
    strange = etree.SubElement(root, marks.word("element", place))
    strange.set(marks.word("attribute", place), marks.word("unknown element", place))
    strange.text = marks.name(place)
    root.append(etree.Comment(marks.word("comment", place)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _rename_one(folder: Path, marks: Marks) -> None:
    """Give one archive the name of a person; its partner's note follows suit."""
    first = sorted(folder.glob("reports-*.zip"))[-1]
    new = first.with_name(f"{marks.word('file name', 'reports folder')}.zip")
    first.rename(new)

    def change(row: Cells) -> None:
        if row["file"] == first.name:
            row["file"] = new.name

    _change_csv(folder / "manifest.csv", change)


def _plant_note(note: Path, marks: Marks) -> None:
    heading = marks.word("heading", "delivery note")

    def change(row: Cells) -> None:
        row["sha256"] = hashlib.sha256((note.parent / row["file"]).read_bytes()).hexdigest()
        row[heading] = marks.name("delivery note")

    _change_csv(note, change, added=(heading,))


def _plant_delegations(path: Path, marks: Marks) -> None:
    lines = path.read_text(encoding="ascii").split("\n")
    lines.insert(1, f"# {marks.word('comment', 'delegations')}")
    for number in range(len(lines) - 60, len(lines)):
        if lines[number].count("|") >= 7:
            lines[number] += marks.word("holder id", "delegations")
    path.write_text("\n".join(lines), encoding="ascii", newline="\n")


def _plant_workbook(path: Path, marks: Marks, columns: dict[str, str], *, one_sheet: bool = False) -> None:
    place = f"workbook {path.stem}"
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        sheet.cell(1, sheet.max_column + 1, marks.word("heading", place))
        for column in range(1, sheet.max_column + 1):
            kind = columns.get(str(sheet.cell(1, column).value).rpartition("/")[2])
            if column == sheet.max_column:
                kind = "unknown column"
            new: dict[object, str] = {}
            for row in range(2, sheet.max_row + 1) if kind else ():
                old = sheet.cell(row, column).value
                if kind == "case number" and old is None:
                    continue
                # What stood twice stands twice afterwards, so that a reader counts as before.
                what = old if kind == "case number" else row
                if what not in new:
                    new[what] = marks.word(kind, place)
                sheet.cell(row, column, new[what])
    if not one_sheet:
        extra = book.create_sheet(marks.word("sheet name", place))
        extra.append([marks.word("heading", place)])
        extra.append([marks.name(place)])
    book.properties.creator = marks.name(place)
    book.save(path)


def _plant_tokens(path: Path, column: str, kind: str, marks: Marks, *, delimiter: str) -> None:
    place = f"table {path.stem}"
    heading = marks.word("heading", place)
    new: dict[str, str] = {}

    def change(row: Cells) -> None:
        row[heading] = marks.word("unknown column", place)
        if column and row[column]:
            if row[column] not in new:
                new[row[column]] = marks.word(kind, place)
            row[column] = new[row[column]]

    _change_csv(path, change, added=(heading,), delimiter=delimiter)


def _plant_codes(study: Path, marks: Marks) -> None:
    """Give coders names; the sample's id goes, because planted words changed the texts it was made of."""
    for path in sorted((study / "hand").glob("codes-*.csv")):
        coder, heading = marks.word("name", "code file"), marks.word("heading", "code file")

        def change(row: Cells, coder: str = coder, heading: str = heading) -> None:
            row["coder"] = coder
            row["sample_id"] = ""
            row[heading] = marks.word("unknown column", "code file")

        _change_csv(path, change, added=(heading,))
