"""Records counted by other means than the readers': line ends, members, rows of XML, lines of delegations."""

from __future__ import annotations

import hashlib
import posixpath
import zipfile
from pathlib import Path

from lxml import etree

NOTE = "manifest.csv"


def lines_below_header(path: Path) -> int:
    """Rows of a CSV file by its line ends alone."""
    data = path.read_bytes()
    return data.count(b"\n") + (not data.endswith(b"\n")) - 1


def members(path: Path) -> int:
    """Files in a zip archive by its directory."""
    with zipfile.ZipFile(path) as archive:
        return sum(not name.endswith("/") for name in archive.namelist())


def delegation_rows(path: Path) -> int:
    """Records of a delegations file: lines that are no comment, no version line and no summary."""
    lines = [line.rstrip(b"\r") for line in path.read_bytes().split(b"\n")]
    told = [line for line in lines if line.strip() and not line.startswith(b"#")]
    return sum(not line.endswith(b"|summary") for line in told[1:])


def report_rows(folder: Path, unit: str) -> int:
    """Rows (of CSV files) or documents (of archives and loose files) in a delivery of reports."""
    total = 0
    for path in folder.rglob("*"):
        if path.is_dir() or path == folder / NOTE:
            continue
        if path.suffix.lower() == ".zip":
            total += members(path) if unit == "reports" else 0
        elif path.suffix.lower() == ".csv":
            total += lines_below_header(path) if unit == "rows" else 0
        else:
            total += unit == "reports"
    return total


def workbook_rows(path: Path) -> dict[str, int]:
    """Rows below the first that hold a value, by name of the sheet, from the XML of the workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name.lstrip("/"): archive.read(name) for name in archive.namelist()}
    book = etree.fromstring(parts["xl/workbook.xml"])
    related = {
        relation.get("Id"): posixpath.normpath(posixpath.join("xl", relation.get("Target", ""))).lstrip("/")
        for relation in etree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    }
    strings = _strings(parts.get("xl/sharedStrings.xml"))
    found = {}
    for sheet in book.iter("{*}sheet"):
        target = next(value for key, value in sheet.attrib.items() if key.endswith("}id"))
        found[str(sheet.get("name"))] = _filled_rows(etree.fromstring(parts[related[target]]), strings)
    return found


def _strings(part: bytes | None) -> list[str]:
    if part is None:
        return []
    return ["".join(t.text or "" for t in item.iter("{*}t")) for item in etree.fromstring(part).iter("{*}si")]


def _filled_rows(sheet: etree._Element, strings: list[str]) -> int:
    rows = 0
    number = 0
    for row in sheet.iter("{*}row"):
        number = int(row.get("r", number + 1))
        rows += number > 1 and any(_is_filled(cell, strings) for cell in row.iter("{*}c"))
    return rows


def _is_filled(cell: etree._Element, strings: list[str]) -> bool:
    if cell.find("{*}f") is not None:
        return True
    value = cell.find("{*}v")
    if value is not None and value.text:
        return cell.get("t") != "s" or bool(strings[int(value.text)])
    return any(text.text for text in cell.iter("{*}t"))


def report_digests(study: Path) -> set[tuple[str, str]]:
    """Place and digest of every file of reports, the delivery notes aside."""
    folder = study / "input" / "reports"
    return {
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file() and path.name != NOTE
    }
