"""How far may the report be trusted? Assumptions, cautions and refusals, gathered from all findings."""

from __future__ import annotations

from collections.abc import Iterable

from darkfigure.disclosure.released import Release, ReleasedFinding, ReleasedTable
from darkfigure.records.aggregate import Question
from darkfigure.report.document import CheckView, Remark
from darkfigure.report.numbers import grouped, measure
from darkfigure.report.plan import COUNTED
from darkfigure.report.readings import labels, numbers
from darkfigure.report.trust_words import CHECKS_ASKED, NOT_COUNTED, OTHERWISE

_CHECK_COLUMNS = ("check", "value", "limit", "verdict", "meaning")


def subject(finding: ReleasedFinding) -> str:
    """Name a finding in a few words: what it counts, without what it does not count, or its id."""
    return finding.estimand.partition(" - not ")[0] or finding.id.replace("-", " ")


def refusals_of(release: Release) -> tuple[Remark, ...]:
    """Which questions could the data not answer, and why?"""
    return tuple(
        Remark(text=f.refusal.explanation, findings=((f.id, subject(f)),))
        for f in release.findings
        if f.refusal is not None
    )


def cautions_of(release: Release) -> tuple[Remark, ...]:
    """Which warnings travel with the findings, each once, with the findings it belongs to?"""
    return _gather((c.text, f) for f in release.findings for c in f.cautions)


def assumptions_of(release: Release) -> tuple[Remark, ...]:
    """What must hold for the findings to mean what they say, each once?"""
    return _gather((a, f) for f in release.findings for a in f.assumptions)


def _gather(pairs: Iterable[tuple[str, ReleasedFinding]]) -> tuple[Remark, ...]:
    found: dict[str, dict[str, str]] = {}
    for text, finding in pairs:
        found.setdefault(text, {})[finding.id] = subject(finding)
    return tuple(
        Remark(text=text, findings=tuple(owners.items()), otherwise=_otherwise(text)) for text, owners in found.items()
    )


def _otherwise(text: str) -> str:
    return next((words for start, words in OTHERWISE if text.startswith(f"{start}:")), "")


def not_counted(release: Release) -> tuple[str, ...]:
    """What do the numbers of this release not count?"""
    asked: frozenset[Question] = frozenset(f.question for f in release.findings)
    return tuple(words for question, words in NOT_COUNTED if question in asked)


def kinds_counted(release: Release) -> tuple[tuple[str, str], ...]:
    """What does each kind of number count, and what is it not, in a sentence?"""
    table = release.table(COUNTED)
    if table is None:
        return ()
    rows = zip(*(labels(table, c) for c in ("number", "counts", "is_not")), strict=True)
    return tuple((named, f"{counts[:1].upper()}{counts[1:]}. {is_not}") for named, counts, is_not in rows)


def checks_in_words(tables: Iterable[ReleasedTable]) -> tuple[CheckView, ...]:
    """What was checked, and what came out?

    Parameters
    ----------
    tables : iterable of ReleasedTable
        Those with the columns check, value, limit, verdict and meaning are read; the others say nothing here.

    Returns
    -------
    tuple of CheckView
        One for each check, over all windows checked.
    """
    return tuple(view for t in tables if all(t.has(c) for c in _CHECK_COLUMNS) for view in _checks_of(t))


def _checks_of(table: ReleasedTable) -> list[CheckView]:
    rows = list(
        zip(
            labels(table, "check"),
            numbers(table, "value"),
            numbers(table, "limit"),
            labels(table, "verdict"),
            labels(table, "meaning"),
            strict=True,
        )
    )
    views = []
    for name in dict.fromkeys(check for check, *_ in rows):
        mine = [row for row in rows if row[0] == name]
        verdicts = [row[3] for row in mine]
        counts = "; ".join(f"{v}: {verdicts.count(v)} of {len(mine)}" for v in dict.fromkeys(verdicts))
        values = [row[1] for row in mine if row[1] is not None]
        warning = next((row[4] for row in mine if row[3] == "caution"), "")
        words = f"{_span(values)}. {counts[:1].upper()}{counts[1:]}. {warning}"
        views.append(CheckView(asked=CHECKS_ASKED.get(name, name), found=words.strip(), warns="caution" in verdicts))
    return views


def _span(values: list[float]) -> str:
    if not values:
        return "No number to publish"
    low, high = measure(min(values)), measure(max(values))
    return low if low == high else f"From {low} to {high}"


def withheld_in(release: Release) -> tuple[tuple[str, str], ...]:
    """How many numbers were withheld, in which table or finding?

    Returns
    -------
    tuple of (str, str)
        Title or subject, and how many numbers; never the numbers themselves.
    """
    counts: dict[tuple[str, str], int] = {}
    for entry in release.suppressions:
        counts[(entry.kind, entry.id)] = counts.get((entry.kind, entry.id), 0) + 1
    rows = []
    for (kind, result_id), count in counts.items():
        table, finding = release.table(result_id), release.finding(result_id)
        named = table.title if kind == "table" and table else subject(finding) if finding else result_id
        rows.append((f"{kind.capitalize()}: {named}", grouped(count)))
    return tuple(rows)
