"""How far may the report be trusted? Assumptions, cautions and refusals, gathered from all findings."""

from __future__ import annotations

from collections.abc import Iterable

from darkfigure.disclosure.released import Release, ReleasedFinding
from darkfigure.report.document import Remark
from darkfigure.report.numbers import grouped


def subject(finding: ReleasedFinding) -> str:
    """Name a finding in a few words: what it counts, or its id."""
    return finding.estimand or finding.id.replace("-", " ")


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
    return tuple(Remark(text=text, findings=tuple(owners.items())) for text, owners in found.items())


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
