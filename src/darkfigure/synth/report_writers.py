"""Write synthetic reports as partners deliver them: a folder of monthly files with a delivery note.

A folder holds ``reports-YYYY-MM.csv`` or ``reports-YYYY-MM.zip`` for each month of receipt (UTC) and ``manifest.csv``
(file, reports, addresses, sha256). The same reports give the same bytes: they are ordered by time of receipt and
number, and archives carry a fixed date and no trace of the system.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from darkfigure.synth.report_model import SyntheticReport
from darkfigure.synth.report_wire import utc
from darkfigure.synth.report_writers_csv import csv_file
from darkfigure.synth.report_writers_json import json_document
from darkfigure.synth.report_writers_xml import xml_document

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100600 << 16


def write_report_csv(reports: Sequence[SyntheticReport], folder: Path) -> tuple[Path, ...]:
    """Write reports as flat CSV: one row for each report and address, report columns repeated.

    Parameters
    ----------
    reports : sequence of SyntheticReport
        In any order.
    folder : Path
        Made when it is missing.

    Returns
    -------
    tuple of Path
        ``reports-YYYY-MM.csv`` for each month, then ``manifest.csv``.
    """
    return _write(reports, folder, suffix="csv", pack=csv_file)


def write_report_json(reports: Sequence[SyntheticReport], folder: Path) -> tuple[Path, ...]:
    """Write reports in the law-enforcement JSON shape: one document a report, packed by month.

    Parameters
    ----------
    reports : sequence of SyntheticReport
        In any order.
    folder : Path
        Made when it is missing.

    Returns
    -------
    tuple of Path
        ``reports-YYYY-MM.zip`` for each month (members ``<report number>.json``), then ``manifest.csv``.
    """
    return _write(reports, folder, suffix="zip", pack=lambda month: _archive(month, "json", json_document))


def write_report_xml(reports: Sequence[SyntheticReport], folder: Path) -> tuple[Path, ...]:
    """Write reports in the reporting interface's XML shape: one submission a report, packed by month.

    Parameters
    ----------
    reports : sequence of SyntheticReport
        In any order.
    folder : Path
        Made when it is missing.

    Returns
    -------
    tuple of Path
        ``reports-YYYY-MM.zip`` for each month (members ``<report number>.xml``), then ``manifest.csv``.
    """
    return _write(reports, folder, suffix="zip", pack=lambda month: _archive(month, "xml", xml_document))


def _write(
    reports: Sequence[SyntheticReport], folder: Path, *, suffix: str, pack: Callable[[list[SyntheticReport]], bytes]
) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    note: list[tuple[str, int, int, str]] = []
    for month, members in _by_month(reports):
        content = pack(members)
        path = folder / f"reports-{month}.{suffix}"
        path.write_bytes(content)
        paths.append(path)
        addresses = sum(len(report.captures) for report in members)
        note.append((path.name, len(members), addresses, hashlib.sha256(content).hexdigest()))
    return (*paths, _write_note(note, folder))


def _by_month(reports: Iterable[SyntheticReport]) -> Iterator[tuple[str, list[SyntheticReport]]]:
    ordered = sorted(reports, key=lambda report: (report.received, report.report_id))
    for month, members in groupby(ordered, key=lambda report: utc(report.received)[:7]):
        yield month, list(members)


def _archive(reports: Iterable[SyntheticReport], suffix: str, document: Callable[[SyntheticReport], bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for report in reports:
            info = zipfile.ZipInfo(f"{report.report_id}.{suffix}", date_time=_FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _PLAIN_FILE
            archive.writestr(info, document(report))
    return buffer.getvalue()


def _write_note(rows: Iterable[tuple[str, int, int, str]], folder: Path) -> Path:
    path = folder / "manifest.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("file", "reports", "addresses", "sha256"))
        writer.writerows(rows)
    return path
