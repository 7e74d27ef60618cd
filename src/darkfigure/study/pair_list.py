"""Which pairs of referrals wait for a person's decision? A restricted list, ready to be filled in."""

from __future__ import annotations

import csv
from pathlib import Path

from darkfigure.linkage.agency_duplicates import ReferralLinks
from darkfigure.records.restricted import ReferralTable

COLUMNS = ("agency_a", "row_a", "agency_b", "row_b", "decision", "who", "when", "why")


def write_undecided_pairs(table: ReferralTable, links: ReferralLinks, path: Path) -> None:
    """Write the undecided pairs in the form of the decision file, by agency and row; no token, no date, no count.

    Parameters
    ----------
    table : ReferralTable
    links : ReferralLinks
    path : Path
        A file of the restricted ``work`` folder; only its owner may read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        for first, second in links.undecided:
            a, b = table.referrals[first], table.referrals[second]
            writer.writerow([a.agency, a.row, b.agency, b.row, "", "", "", ""])
    path.chmod(0o600)
