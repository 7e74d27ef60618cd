"""Reviewers' decisions on pairs of referrals: one case or two, who says so, when and why."""

from __future__ import annotations

from pathlib import Path

from darkfigure.intake.checked_rows import Broken, check_rows, whole_number
from darkfigure.intake.csv_rows import CsvRow, read_csv_rows
from darkfigure.intake.dates import parse_date
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import ReferralDecision

COLUMNS = ("agency_a", "row_a", "agency_b", "row_b", "decision", "who", "when", "why")
_DECISIONS = {"same": True, "different": False}


def read_referral_decisions(
    path: Path, *, source: str, file: str = ""
) -> tuple[tuple[ReferralDecision, ...], IntakeAudit]:
    """Which pairs of referrals did reviewers decide, and how?

    Parameters
    ----------
    path : Path
        CSV with the columns ``agency_a``, ``row_a``, ``agency_b``, ``row_b``, ``decision`` (``same`` or ``different``),
        ``who`` (a role or initials), ``when`` (``2020-03-14``) and ``why``.
    source : str
        Name for the account.
    file : str
        Name of the file in the account; the file's own name when empty.

    Returns
    -------
    tuple of ReferralDecision
        In file order. Who, when and why are required and stay in the file: they are for people.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08)
        The file cannot be read as a whole.

    Notes
    -----
    Rules, in the order checked: ``agency-missing``, ``row-malformed``, ``decision-not-listed``, ``who-missing``,
    ``date-malformed``, ``why-missing``.
    """
    name = file or path.name
    rows = read_csv_rows(path, source=source, required=COLUMNS, unit="decisions", file=name)
    checked = check_rows(rows, source=source, file=name, unit="decisions", check=_decision)
    return checked.records, checked.audit


def _decision(row: CsvRow) -> ReferralDecision | Broken:
    values = {column: value.strip() for column, value in row.values.items()}
    row_a, row_b = (whole_number(values[c], largest=99_999_999) for c in ("row_a", "row_b"))
    same = _DECISIONS.get(values["decision"])
    rules = [
        (not values["agency_a"], Broken("agency_a", "agency-missing")),
        (not values["agency_b"], Broken("agency_b", "agency-missing")),
        (row_a is None, Broken("row_a", "row-malformed")),
        (row_b is None, Broken("row_b", "row-malformed")),
        (same is None, Broken("decision", "decision-not-listed")),
        (not values["who"], Broken("who", "who-missing")),
        (parse_date(values["when"], form="iso") is None, Broken("when", "date-malformed")),
        (not values["why"], Broken("why", "why-missing")),
    ]
    broken = next((rule for is_broken, rule in rules if is_broken), None)
    if broken or row_a is None or row_b is None or same is None:
        return broken or Broken("decision", "decision-not-listed")
    return ReferralDecision(
        agency_a=values["agency_a"], row_a=row_a, agency_b=values["agency_b"], row_b=row_b, same=same
    )
