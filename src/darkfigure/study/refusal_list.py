"""Where does each refused row stand? A list for the partner who can mend it; it holds no value."""

from __future__ import annotations

import csv
from pathlib import Path

from darkfigure.records.aggregate import IntakeAudit


def write_refused_rows(audit: IntakeAudit, path: Path) -> None:
    """Write source, file, row, field and rule of every refused row, with private permissions.

    Parameters
    ----------
    audit : IntakeAudit
    path : Path
        A file of the restricted ``work`` folder.
    """
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["source", "file", "row", "field", "rule"])
        writer.writerows([r.source, r.file, r.row, r.field, r.rule] for r in audit.refused_rows)
    path.chmod(0o600)
