"""What does a figure say in its title, computed from released values only?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.disclosure.released import Release
from darkfigure.report.numbers import percent, quantity
from darkfigure.report.readings import BarRow
from darkfigure.report.sentences import denominator_of

_FEW = 100


def unknown_count(rows: Sequence[BarRow]) -> float:
    """How many units are in rows that stand for the unknown?"""
    return sum(r.value or 0 for r in rows if r.unknown)


def _largest(rows: Sequence[BarRow]) -> BarRow | None:
    known = [r for r in rows if not r.unknown and r.value and r.share is not None]
    return max(known, key=lambda r: r.value or 0) if known else None


def leading_message(rows: Sequence[BarRow], subject: str) -> str:
    """Say which known category is the largest; empty where a number is withheld.

    Examples
    --------
    >>> rows = [BarRow(label="Female", value=9.0, share=0.9), BarRow(label="Male", value=1.0, share=0.1)]
    >>> leading_message(rows, "victims")
    'Female: 90% of victims'
    """
    top = _largest(rows)
    if top is None or any(r.withheld for r in rows):
        return ""
    of_known = " for whom it is known" if unknown_count(rows) and "unknown" not in subject else ""
    return f"{top.label}: {percent(top.share or 0)} of {subject}{of_known}"


@dataclass(frozen=True, slots=True)
class Message:
    """A figure's message: a finding and the words around its value."""

    finding: str
    words: str


def finding_message(release: Release, message: Message) -> str:
    """Put a released finding into a title; empty where it has no published value.

    Shares of fewer than a hundred carry their count.
    """
    finding = release.finding(message.finding)
    if finding is None or finding.value is None:
        return ""
    value = quantity(finding.value, finding.unit)
    whole = denominator_of(finding)
    if whole is not None and whole < _FEW:
        value += f" ({finding.numerator} of {whole})"
    return message.words.format(value=value)
