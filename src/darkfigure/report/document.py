"""What is a report made of, before it is HTML or PDF? The same parts feed both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from darkfigure.disclosure.released import SUPPRESSED, ReleasedTable, StudyFace
from darkfigure.records.aggregate import ColumnKind, Missing
from darkfigure.report.figure_spec import FigureWords
from darkfigure.report.numbers import cell_text
from darkfigure.report.picture import Picture
from darkfigure.report.sentences import FindingText

CellState = Literal["text", "number", "withheld", "missing"]
"""How a printed cell is set; a zero is a number."""


@dataclass(frozen=True, slots=True)
class CellView:
    """One printed cell."""

    text: str
    state: CellState


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """One printed table.

    Parameters
    ----------
    id, title, base, note, source : str
    heads : tuple of (str, bool)
        Column title with its unit, and whether the column holds numbers.
    rows : tuple of tuple of CellView
    total_row : int or None
    """

    id: str
    title: str
    base: str
    note: str
    source: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[CellView, ...], ...]
    total_row: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """One printed figure with the tables behind it."""

    id: str
    label: str
    words: FigureWords
    source: str
    wide: Picture
    narrow: Picture
    tables: tuple[TableView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A part of a chapter: findings, then figures, then tables without a figure."""

    id: str
    title: str
    findings: tuple[FindingText, ...] = ()
    figures: tuple[FigureView, ...] = ()
    tables: tuple[TableView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterView:
    """A numbered chapter."""

    id: str
    number: int
    title: str
    lead: str
    sections: tuple[SectionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFinding:
    """A finding on the first screen: its number large, its sentence, a link to the evidence."""

    id: str
    number: str
    sentence: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationView:
    """A recommendation with the capabilities it builds and the findings that bear on it."""

    number: str
    text: str
    capabilities: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """An assumption, caution or refusal, with the findings it belongs to as (id, what it counts)."""

    text: str
    findings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole report.

    Parameters
    ----------
    face : StudyFace
    key_findings : tuple of KeyFinding
    chapters : tuple of ChapterView
        What was measured, then the questions the study asked.
    recommendations : tuple of RecommendationView
    refusals, cautions, assumptions : tuple of Remark
        How far to trust the report.
    withheld : tuple of (str, str)
        What was withheld: kind and number of withheld values.
    checks : tuple of TableView
        What probes the assumptions.
    protection, accounting, tables : tuple of TableView
        Annex.
    accounting_findings, recommendation_findings : tuple of FindingText
        Findings printed with the accounts and with the recommendations.
    places : tuple of (str, str)
        Every table of the report: id and title.
    glossary : tuple of (str, str)
    digests : tuple of str
        Of the inputs behind the findings.
    """

    face: StudyFace
    key_findings: tuple[KeyFinding, ...]
    chapters: tuple[ChapterView, ...]
    recommendations: tuple[RecommendationView, ...]
    refusals: tuple[Remark, ...]
    cautions: tuple[Remark, ...]
    assumptions: tuple[Remark, ...]
    withheld: tuple[tuple[str, str], ...]
    checks: tuple[TableView, ...]
    protection: tuple[TableView, ...]
    accounting: tuple[TableView, ...]
    tables: tuple[TableView, ...]
    accounting_findings: tuple[FindingText, ...]
    recommendation_findings: tuple[FindingText, ...]
    places: tuple[tuple[str, str], ...]
    glossary: tuple[tuple[str, str], ...]
    digests: tuple[str, ...]


def table_view(table: ReleasedTable) -> TableView:
    """Make a released table ready to print.

    Parameters
    ----------
    table : ReleasedTable

    Returns
    -------
    TableView
        Withheld, missing, zero and other cells each marked as what they are.
    """
    rows = []
    for row in table.rows:
        cells = []
        for cell, column in zip(row, table.columns, strict=True):
            state: CellState = "number"
            if cell is SUPPRESSED:
                state = "withheld"
            elif isinstance(cell, Missing):
                state = "missing"
            elif isinstance(cell, str):
                state = "text"
            cells.append(CellView(cell_text(cell, column), state))
        rows.append(tuple(cells))
    return TableView(
        id=table.id,
        title=table.title,
        base=table.base,
        note=table.note,
        source=table.source,
        heads=tuple((c.title, c.kind is not ColumnKind.LABEL) for c in table.columns),
        rows=tuple(rows),
        total_row=table.total_row,
    )
