"""The report tables on disk, inside a study's ``work`` folder: private, complete or refused.

A manifest holds the digest of each file, so that a cut or altered file is noticed instead of read in part.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from darkfigure.errors import IntakeError, RecordError
from darkfigure.records.restricted import IpEventTable, ReportTable, ReportText

_TABLES: Final[dict[str, type[ReportTable] | type[IpEventTable]]] = {
    "reports.npz": ReportTable,
    "events.npz": IpEventTable,
}
_TEXTS: Final = "texts.json"
_MANIFEST: Final = "manifest.json"
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)


def save_tables(
    reports: ReportTable, events: IpEventTable, texts: Sequence[ReportText] = (), *, folder: Path
) -> dict[str, str]:
    """Write the tables, readable by their owner alone, so that the same tables give the same bytes.

    Parameters
    ----------
    reports : ReportTable
    events : IpEventTable
    texts : sequence of ReportText
    folder : Path
        Made with mode 0700 when it is missing; files have mode 0600.

    Returns
    -------
    dict of str to str
        SHA-256 by file name, as written to ``manifest.json``.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    contents = {
        "reports.npz": _pack(reports),
        "events.npz": _pack(events),
        _TEXTS: json.dumps([[text.report, text.text] for text in texts]).encode(),
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    for name, content in (*contents.items(), (_MANIFEST, json.dumps(digests, indent=1).encode())):
        _write(folder / name, content)
    return digests


def load_tables(folder: Path) -> tuple[ReportTable, IpEventTable, tuple[ReportText, ...]]:
    """Read what ``save_tables`` wrote.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of (ReportTable, IpEventTable, tuple of ReportText)

    Raises
    ------
    IntakeError (E-INTAKE-30)
        A file is missing, cut or altered.
    """
    damaged = IntakeError(
        "E-INTAKE-30", where="stored report tables", problem="a file is missing, cut or altered",
        allowed="the files as they were written", remedy="Delete the folder and read the partners' files again.",
    )  # fmt: skip
    try:
        digests = json.loads((folder / _MANIFEST).read_bytes())
        contents = {name: (folder / name).read_bytes() for name in (*_TABLES, _TEXTS)}
        if digests != {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}:
            raise damaged
        reports = ReportTable(**_unpack(contents["reports.npz"], ReportTable))
        events = IpEventTable(**_unpack(contents["events.npz"], IpEventTable))
        texts = tuple(ReportText(report, text) for report, text in json.loads(contents[_TEXTS]))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, RecordError):
        raise damaged from None
    return reports, events, texts


def _pack(table: ReportTable | IpEventTable) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for column in fields(table):
            value = getattr(table, column.name)
            inner = io.BytesIO()
            array = np.array(value, dtype=np.str_) if isinstance(value, tuple) else value
            np.lib.format.write_array(inner, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{column.name}.npy", date_time=_FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, inner.getvalue())
    return buffer.getvalue()


def _unpack(content: bytes, kind: type[ReportTable] | type[IpEventTable]) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        columns: dict[str, Any] = {column.name: stored[column.name] for column in fields(kind)}
    texts = ("services", "sources")
    return {name: tuple(values.tolist()) if name in texts else values for name, values in columns.items()}


def _write(path: Path, content: bytes) -> None:
    """Write under another name first, so that a file under its own name is whole."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
