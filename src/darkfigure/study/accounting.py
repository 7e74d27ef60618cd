"""What became of every row? Intake audits as tables for the report."""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.records.aggregate import (
    Answer,
    Caution,
    Cell,
    Column,
    ColumnKind,
    Finding,
    IntakeAudit,
    Question,
    Table,
)

NOT_ROWS = ("files", "announced reports", "announced addresses", "rows")
"""Accounts that count the same deliveries a second time (a CSV row is already counted as a report or an address)."""

DELIVERY = Caution(
    "C-DELIVERY-DIFFERS",
    "What was read differs from what a partner announced, so something may be missing or may have been changed.",
)


@dataclass(frozen=True, slots=True)
class DeliveryDifference:
    """Where a delivery differs from what its partner announced; in words, without a record's value."""

    where: str
    problem: str
    remedy: str


def analyse_accounting(audit: IntakeAudit, differences: tuple[DeliveryDifference, ...] = ()) -> Answer:
    """Sum up, for every source, the rows read, accepted and refused, and by which rule.

    Parameters
    ----------
    audit : IntakeAudit
    differences : tuple of DeliveryDifference
        Deliveries that differ from their note, or have none.

    Returns
    -------
    Answer
        Tables ``intake-accounts``, ``intake-refusals`` and, when there are any, ``delivery-differences``; the findings
        ``rows-read``, ``rows-refused`` and ``deliveries-differing``.
    """
    sums: dict[tuple[str, str], list[int]] = {}
    rules: dict[tuple[str, str, str, str], int] = {}
    for account in audit.accounts:
        row = sums.setdefault((account.source, account.unit), [0, 0, 0, 0, 0])
        counts = (1, account.rows_in, account.rows_accepted, account.rows_refused, account.unknown_elements)
        for i, number in enumerate(counts):
            row[i] += number
        for refusal in account.refusals:
            place = (account.source, account.unit, refusal.field, refusal.rule)
            rules[place] = rules.get(place, 0) + refusal.rows
    account_rows: tuple[tuple[Cell, ...], ...] = tuple((*place, *numbers) for place, numbers in sums.items())
    refusal_rows: tuple[tuple[Cell, ...], ...] = tuple((*place, number) for place, number in sorted(rules.items()))
    digests = audit.digests()
    rows = [a for a in audit.accounts if a.unit not in NOT_ROWS]
    rows_in = sum(a.rows_in for a in rows)
    refused = sum(a.rows_refused for a in rows)
    cautions = (DELIVERY,) if differences else ()
    findings = (
        _finding("rows-read", "{value} rows were read from the partners' files.", rows_in, digests),
        _finding("rows-refused", "{value} of them were refused, each by a named rule.", refused, digests),
        _finding(
            "deliveries-differing",
            "{value} times a delivery differed from what its partner announced, or came without a note.",
            len(differences),
            digests,
            cautions=cautions,
        ),
    )
    tables = [_accounts(account_rows), _refusals(refusal_rows)]
    return Answer(findings, (*tables, _differences(differences)) if differences else tuple(tables))


def _finding(
    finding_id: str,
    statement: str,
    value: int,
    digests: tuple[str, ...],
    *,
    cautions: tuple[Caution, ...] = (),
) -> Finding:
    return Finding(
        id=finding_id,
        question=Question.ACCOUNTING,
        statement=statement,
        value=value,
        unit="rows",
        estimand="rows of partners' files, of every kind",
        source_digests=digests,
        cautions=cautions,
        protected=False,
    )


def _label(name: str, title: str) -> Column:
    return Column(name=name, title=title, kind=ColumnKind.LABEL)


def _count(name: str, title: str) -> Column:
    return Column(name=name, title=title, kind=ColumnKind.MEASURE, unit="rows")


def _accounts(rows: tuple[tuple[Cell, ...], ...]) -> Table:
    return Table(
        id="intake-accounts",
        question=Question.ACCOUNTING,
        title="Rows read, accepted and refused, by source",
        base="all rows of all files",
        columns=(
            _label("source", "Source"),
            _label("unit", "Row"),
            _count("files", "Files"),
            _count("rows_in", "Rows in"),
            _count("rows_accepted", "Accepted"),
            _count("rows_refused", "Refused"),
            _count("unknown_elements", "Unknown elements passed over"),
        ),
        rows=rows,
        source="intake",
        note="Rows in = rows accepted + rows refused, for every file.",
        protected=False,
    )


def _differences(differences: tuple[DeliveryDifference, ...]) -> Table:
    return Table(
        id="delivery-differences",
        question=Question.ACCOUNTING,
        title="Deliveries that differ from what was announced",
        base="all deliveries with or without a note",
        columns=(_label("where", "Where"), _label("problem", "What differs"), _label("remedy", "What to do")),
        rows=tuple((d.where, d.problem, d.remedy) for d in differences),
        source="delivery notes",
        protected=False,
    )


def _refusals(rows: tuple[tuple[Cell, ...], ...]) -> Table:
    return Table(
        id="intake-refusals",
        question=Question.ACCOUNTING,
        title="Why rows were refused",
        base="all refused rows",
        columns=(
            _label("source", "Source"),
            _label("unit", "Row"),
            _label("field", "Field"),
            _label("rule", "Rule"),
            _count("rows", "Rows"),
        ),
        rows=rows,
        source="intake",
        protected=False,
    )
