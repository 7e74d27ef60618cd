"""What became of every row? Intake audits as tables for the report."""

from __future__ import annotations

from darkfigure.records.aggregate import Answer, Cell, Column, ColumnKind, Finding, IntakeAudit, Question, Table


def analyse_accounting(audit: IntakeAudit) -> Answer:
    """Sum up, for every source, the rows read, accepted and refused, and by which rule.

    Parameters
    ----------
    audit : IntakeAudit

    Returns
    -------
    Answer
        Tables ``intake-accounts`` and ``intake-refusals``, and the findings ``rows-read`` and ``rows-refused``.
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
    rows_in = sum(a.rows_in for a in audit.accounts)
    refused = sum(a.rows_refused for a in audit.accounts)
    findings = (
        _finding("rows-read", "{value} rows were read from the partners' files.", rows_in, digests),
        _finding("rows-refused", "{value} of them were refused, each by a named rule.", refused, digests),
    )
    return Answer(findings, (_accounts(account_rows), _refusals(refusal_rows)))


def _finding(finding_id: str, statement: str, value: int, digests: tuple[str, ...]) -> Finding:
    return Finding(
        id=finding_id,
        question=Question.ACCOUNTING,
        statement=statement,
        value=value,
        unit="rows",
        estimand="rows of partners' files, of every kind",
        source_digests=digests,
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
