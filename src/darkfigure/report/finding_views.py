"""How does a finding stand in its section: in full, with what it counts said once, or as a row of a table?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from darkfigure.disclosure.released import Release, ReleasedFinding
from darkfigure.report.document import FindingView, Mark, ResultView
from darkfigure.report.sentences import COUNTS, KNOWN, finding_text
from darkfigure.report.trust import assumptions_of, cautions_of

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KINDS = {"C": ("caution", "Caution"), "A": ("assumption", "Assumption")}


@dataclass(frozen=True, slots=True)
class Numbering:
    """Numbers of cautions and assumptions, as the chapter on trust lists them."""

    cautions: dict[str, int]
    assumptions: dict[str, int]

    @classmethod
    def of(cls, release: Release) -> Numbering:
        """Number the remarks of a release."""
        cautions, assumptions = cautions_of(release), assumptions_of(release)
        return cls(
            {r.text: n for n, r in enumerate(cautions, start=1)},
            {r.text: n for n, r in enumerate(assumptions, start=1)},
        )

    def remarks(self, finding: ReleasedFinding) -> frozenset[tuple[str, int]]:
        """Which remarks does a finding carry, as letter and number?"""
        cautions = {("C", self.cautions[c.text]) for c in finding.cautions}
        return frozenset(cautions | {("A", self.assumptions[a]) for a in finding.assumptions})


def marks(remarks: Iterable[tuple[str, int]]) -> tuple[Mark, ...]:
    """Write remarks as short signs, cautions first, three or more in a row as one.

    Examples
    --------
    >>> [m.label for m in marks([("A", 2), ("C", 4), ("A", 1), ("A", 3), ("A", 7)])]
    ['C4', 'A1\N{EN DASH}3', 'A7']
    """
    found: list[Mark] = []
    for letter in "CA":
        anchor, word = _KINDS[letter]
        for first, last in _runs(sorted(n for kind, n in remarks if kind == letter)):
            one = first == last
            label = f"{letter}{first}" if one else f"{letter}{first}\N{EN DASH}{last}"
            words = f"{word} {first}" if one else f"{word}s {first} to {last}"
            found.append(Mark(label, f"{anchor}-{first}", words))
    return tuple(found)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1] = (runs[-1][0], n)
        else:
            runs.append((n, n))
    return [part for a, b in runs for part in ([(a, b)] if b - a != 1 else [(a, a), (b, b)])]


def shared_remarks(findings: Sequence[ReleasedFinding], numbering: Numbering) -> frozenset[tuple[str, int]]:
    """Which remarks does every one of several findings carry?"""
    each = [numbering.remarks(f) for f in findings]
    return frozenset.intersection(*each) if len(each) > 1 else frozenset()


def finding_views(
    findings: Sequence[ReleasedFinding],
    release: Release,
    numbering: Numbering,
    shared: frozenset[tuple[str, int]] = frozenset(),
) -> tuple[FindingView, ...]:
    """Prepare findings to be printed in full, one below the other.

    Parameters
    ----------
    findings : sequence of ReleasedFinding
    release : Release
    numbering : Numbering
    shared : set of (str, int)
        Remarks said once for all of them.

    Returns
    -------
    tuple of FindingView
        What a finding counts is left out where it differs from one before it by the day alone.
    """
    views: list[FindingView] = []
    told: list[str] = []
    for finding in findings:
        views.append(
            FindingView(
                text=finding_text(finding, release),
                counts=_counts(finding.estimand, told),
                marks=marks(numbering.remarks(finding) - shared),
            )
        )
        told.append(_DAY.sub("day", finding.estimand))
    return tuple(views)


def _counts(estimand: str, told: Sequence[str]) -> str:
    plain = _DAY.sub("day", estimand)
    if plain in told:
        return ""
    longer = next((t for t in told if t and plain.startswith(f"{t}, ")), "")
    return f"the same{plain.removeprefix(longer)}" if longer and "day" not in plain[len(longer) :] else estimand


def result_views(
    findings: Sequence[ReleasedFinding], leading: Iterable[str], release: Release, numbering: Numbering
) -> tuple[ResultView, ...]:
    """Prepare all findings of a section as rows of a table.

    Parameters
    ----------
    findings : sequence of ReleasedFinding
    leading : iterable of str
        Ids of those printed in full too.
    release : Release
    numbering : Numbering

    Returns
    -------
    tuple of ResultView
    """
    in_full = frozenset(leading)
    rows = []
    for finding in findings:
        text = finding_text(finding, release)
        facts = dict(text.facts)
        interval = next((words for term, words in text.facts if term.endswith(" interval")), "")
        rows.append(
            ResultView(
                text=text,
                leading=finding.id in in_full,
                base=facts.get("Base", ""),
                known=facts.get(KNOWN, facts.get("Reason", "")),
                interval=interval,
                marks=marks(numbering.remarks(finding)),
            )
        )
    return tuple(rows)


def counted(result: ResultView) -> str:
    """Say what a result counts."""
    return dict(result.text.facts).get(COUNTS, "")
