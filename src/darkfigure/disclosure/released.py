"""What the report may read: findings and tables that passed the protection policy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from darkfigure.records.aggregate import Caution, Column, Interval, Missing, Question, Refusal


class Suppressed(Enum):
    """Marks a cell or number withheld by the policy; neither zero nor missing."""

    SUPPRESSED = "withheld"


SUPPRESSED = Suppressed.SUPPRESSED
"""The one mark for a withheld number; primary and secondary suppressions look alike."""

ReleasedCell = int | float | str | Missing | Suppressed
"""A value of a released table cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedTable:
    """A table after disclosure control; has no contributor column and no unprotected count."""

    id: str
    question: Question
    title: str
    base: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[ReleasedCell, ...], ...]
    source: str
    note: str
    protected: bool
    total_row: int | None

    def column(self, name: str) -> tuple[ReleasedCell, ...]:
        """Cells of one column, from the first row to the last."""
        index = [c.name for c in self.columns].index(name)
        return tuple(row[index] for row in self.rows)

    def has(self, name: str) -> bool:
        """Whether the table has a column of this name."""
        return any(c.name == name for c in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFinding:
    """A finding after disclosure control. ``suppressed`` findings keep their sentence but no number."""

    id: str
    question: Question
    statement: str
    value: int | float | str | None
    unit: str
    estimand: str
    base: int | None
    base_label: str
    numerator: int | None
    known: int | None
    unknown: int | None
    interval: Interval | None
    assumptions: tuple[str, ...]
    cautions: tuple[Caution, ...]
    refusal: Refusal | None
    source_digests: tuple[str, ...]
    headline: bool
    suppressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One withheld number: where and by which rule; never the number."""

    kind: str
    id: str
    row: int
    column: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFace:
    """What the report says about the study itself, from ``study.toml``; no result.

    Parameters
    ----------
    title, subtitle, country, period, authors, version, date : str
        Title block; ``date`` is declared in the study, never the clock's.
    synthetic : bool
        Whether the data are synthetic: a band on every page says so.
    input_digest : str
        One digest over all inputs.
    policy : tuple of (str, str)
        Protection rules in words: name and setting.
    """

    title: str
    subtitle: str
    country: str
    period: str
    authors: str
    version: str
    date: str
    synthetic: bool
    input_digest: str
    policy: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Everything a report may be made from."""

    face: StudyFace
    findings: tuple[ReleasedFinding, ...]
    tables: tuple[ReleasedTable, ...]
    suppressions: tuple[Suppression, ...]

    def finding(self, finding_id: str) -> ReleasedFinding | None:
        """Finding by id, or ``None`` when the study has no such finding."""
        return next((f for f in self.findings if f.id == finding_id), None)

    def table(self, table_id: str) -> ReleasedTable | None:
        """Table by id, or ``None`` when the study has no such table."""
        return next((t for t in self.tables if t.id == table_id), None)
