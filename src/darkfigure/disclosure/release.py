"""May this number be published? The only maker of released findings and tables."""

from __future__ import annotations

from collections.abc import Sequence

from darkfigure.disclosure.policy import Policy
from darkfigure.disclosure.primary import finding_rule, is_withheld_whole, withheld_cells
from darkfigure.disclosure.released import (
    SUPPRESSED,
    Release,
    ReleasedCell,
    ReleasedFinding,
    ReleasedTable,
    StudyFace,
    Suppression,
)
from darkfigure.disclosure.rounding import round_count, round_interval, round_number, round_share
from darkfigure.records.aggregate import Answer, Cell, Column, ColumnKind, Finding, Missing, Question, Table

WITHHELD_WHOLE = "The whole table is withheld: every row of it speaks about too few cases."


def release(answer: Answer, policy: Policy, face: StudyFace) -> Release:
    """Decide for every number whether it may be published, and make what the report reads.

    Parameters
    ----------
    answer : Answer
        All findings and tables of a study.
    policy : Policy
        The rules.
    face : StudyFace
        What the report says about the study itself.

    Returns
    -------
    Release
        Released findings and tables, and a log of where a number was withheld and by which rule, never which number.

    Examples
    --------
    >>> face = StudyFace(title="t", subtitle="", country="PH", period="", authors="", version="1", date="2026-01-01",
    ...                  synthetic=True, input_digest="", policy=())
    >>> finding = Finding(id="f", question=Question.NATURE, statement="{value} victims.", value=3, unit="victims",
    ...                   estimand="victims named")
    >>> release(Answer((finding,), ()), Policy.default(), face).findings[0].suppressed
    True
    """
    log: list[Suppression] = []
    findings = tuple(_release_finding(f, policy, log) for f in answer.findings)
    tables = tuple(_release_table(t, policy, log) for t in answer.tables)
    return Release(face=face, findings=findings, tables=tables, suppressions=tuple(log))


def default_policy_table(answer: Answer) -> Table:
    """List what the default policy would withhold, for a study that publishes under weaker rules.

    Parameters
    ----------
    answer : Answer
        All findings and tables of the study.

    Returns
    -------
    Table
        One row for each table or finding touched: its title and how many of its numbers would be withheld. It holds no
        number of the study.
    """
    default = Policy.default()
    rows: list[tuple[Cell, ...]] = []
    for table in answer.tables:
        cells = withheld_cells(table, default)
        if is_withheld_whole(table, default):
            published = sum(c.kind is not ColumnKind.CONTRIBUTORS for c in table.columns) * len(table.rows)
            rows.append((table.title, "table", published, published))
        elif cells:
            published = sum(c.kind is not ColumnKind.CONTRIBUTORS for c in table.columns) * len(table.rows)
            rows.append((table.title, "table", len(cells), published))
    for finding in answer.findings:
        if finding_rule(finding, default):
            rows.append((finding.estimand or finding.id, "finding", 1, 1))
    return Table(
        id="default-policy-withholds",
        question=Question.ACCOUNTING,
        title="What the default protection policy would withhold",
        base="every table and finding of this report that holds a small count",
        columns=(
            Column(name="result", title="Result", kind=ColumnKind.LABEL),
            Column(name="kind", title="Kind", kind=ColumnKind.LABEL),
            Column(name="cells_withheld", title="Numbers withheld by default", kind=ColumnKind.MEASURE, unit="numbers"),
            Column(name="cells", title="Numbers in all", kind=ColumnKind.MEASURE, unit="numbers"),
        ),
        rows=tuple(rows),
        source="the protection rules of this software",
        note=f"Default rules: {'; '.join(f'{name}: {setting}' for name, setting in default.in_words())}.",
        protected=False,
    )


def _release_finding(finding: Finding, policy: Policy, log: list[Suppression]) -> ReleasedFinding:
    rule = finding_rule(finding, policy)
    if rule:
        log.append(Suppression(kind="finding", id=finding.id, row=0, column="value", rule=rule))
    base = policy.rounding_base if finding.protected else 1
    return ReleasedFinding(
        id=finding.id,
        question=finding.question,
        statement=finding.statement,
        value=None if rule else _rounded_value(finding, base),
        unit=finding.unit,
        estimand=finding.estimand,
        base=None if rule else _rounded(finding.base, base),
        base_label=finding.base_label,
        numerator=None if rule else _rounded(finding.numerator, base),
        known=None if rule else _rounded(finding.known, base),
        unknown=None if rule else _rounded(finding.unknown, base),
        interval=None if rule else round_interval(finding.interval, finding.unit, base),
        assumptions=finding.assumptions,
        cautions=finding.cautions,
        refusal=finding.refusal,
        source_digests=finding.source_digests,
        headline=finding.headline,
        suppressed=rule is not None,
    )


def _rounded(count: int | None, base: int) -> int | None:
    return None if count is None else round_count(count, base)


def _rounded_value(finding: Finding, base: int) -> int | float | str | None:
    value = finding.value
    if base == 1 or value is None or isinstance(value, str):
        return value
    if finding.unit == "share":
        return round_share(float(value), finding.numerator, base)
    return round_count(value, base) if isinstance(value, int) else round_number(value)


def _release_table(table: Table, policy: Policy, log: list[Suppression]) -> ReleasedTable:
    whole = is_withheld_whole(table, policy)
    withheld = {} if whole else withheld_cells(table, policy)
    if whole:
        log.append(Suppression(kind="table", id=table.id, row=0, column="", rule="contributors"))
    kept = [c for c in table.columns if c.kind is not ColumnKind.CONTRIBUTORS]
    hidden = {c.name for c in table.columns} - {c.name for c in kept}
    for (row, column), rule in sorted(withheld.items()):
        if column not in hidden:
            log.append(Suppression(kind="table", id=table.id, row=row + 1, column=column, rule=rule))
    base = policy.rounding_base if table.protected else 1
    rows = tuple(
        tuple(
            SUPPRESSED if (number, c.name) in withheld else _published_cell(table, number, c, base) for c in kept
        )
        for number in range(0 if whole else len(table.rows))
    )  # fmt: skip
    return ReleasedTable(
        id=table.id,
        question=table.question,
        title=table.title,
        base=table.base,
        columns=tuple(_without(c, hidden) for c in kept),
        rows=rows,
        source=table.source,
        note=WITHHELD_WHOLE if whole else table.note,
        protected=table.protected,
        total_row=None if whole else table.total_row,
    )


def _without(column: Column, hidden: set[str]) -> Column:
    return Column(
        name=column.name,
        title=column.title,
        kind=column.kind,
        unit=column.unit,
        derived_from=tuple(d for d in column.derived_from if d not in hidden),
        decimals=column.decimals,
    )


def _published_cell(table: Table, number: int, column: Column, base: int) -> ReleasedCell:
    names: Sequence[str] = [c.name for c in table.columns]
    row = dict(zip(names, table.rows[number], strict=True))
    cell = row[column.name]
    if base == 1 or isinstance(cell, str | Missing):
        return cell
    if column.kind is ColumnKind.COUNT:
        return round_count(cell, base)
    if column.kind is ColumnKind.SHARE:
        counts = {c.name for c in table.columns if c.kind is ColumnKind.COUNT}
        behind = next((row[d] for d in column.derived_from if d in counts), None)
        return round_share(float(cell), behind if isinstance(behind, int | float) else None, base)
    return round_number(cell) if column.kind is ColumnKind.ESTIMATE else cell
