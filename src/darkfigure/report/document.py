"""What is a report made of, before it is HTML or PDF? The same parts feed both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from darkfigure.disclosure.released import SUPPRESSED, ReleasedTable, StudyFace
from darkfigure.records.aggregate import ColumnKind, Missing, Question
from darkfigure.report.figure_spec import FigureWords
from darkfigure.report.method_names import method_in_words
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
    question : Question
    heads : tuple of (str, bool)
        Column title with its unit, and whether the column holds numbers.
    counts : tuple of int
        Places of the columns that count people, cases or other units.
    rows : tuple of tuple of CellView
    total_row : int or None
    """

    id: str
    title: str
    base: str
    note: str
    source: str
    question: Question
    heads: tuple[tuple[str, bool], ...]
    counts: tuple[int, ...]
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


@dataclass(frozen=True, slots=True)
class Mark:
    """A short sign beside a number that leads to a caution or assumption.

    Parameters
    ----------
    label : str
        Such as ``"C3"`` or, for a run, ``"A1 to A7"``.
    target : str
        Anchor in the chapter on how far to trust the report.
    words : str
        What it leads to.
    """

    label: str
    target: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding printed in full.

    Parameters
    ----------
    text : FindingText
    counts : str
        What it counts; empty where the finding before it counts the same.
    marks : tuple of Mark
        Without those that hold for its whole section.
    """

    text: FindingText
    counts: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """A finding as a row of its section's table of results.

    Parameters
    ----------
    text : FindingText
    leading : bool
        Whether it is printed in full too.
    base, known, interval : str
    marks : tuple of Mark
    """

    text: FindingText
    leading: bool
    base: str
    known: str
    interval: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A part of a chapter: key findings, figures, further leading findings, then all results as a table.

    Parameters
    ----------
    id, title : str
    key, further : tuple of FindingView
        Printed before and after the figures.
    figures : tuple of FigureView
    results : tuple of ResultView
    withheld : int
        How many of the results are withheld.
    shared : tuple of Mark
        Cautions and assumptions of every leading finding.
    warnings : tuple of str
        Those of the shared cautions that no earlier section of the chapter has printed in words.
    """

    id: str
    title: str
    key: tuple[FindingView, ...] = ()
    further: tuple[FindingView, ...] = ()
    figures: tuple[FigureView, ...] = ()
    results: tuple[ResultView, ...] = ()
    withheld: int = 0
    shared: tuple[Mark, ...] = ()
    warnings: tuple[str, ...] = ()


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
    """A finding on the first screen: its number large, its sentence, a link to the evidence, what it counts."""

    id: str
    number: str
    sentence: str
    status: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationView:
    """A recommendation with the capabilities it builds and the findings that bear on it."""

    number: str
    text: str
    capabilities: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """An assumption, caution or refusal, with the findings it belongs to as (id, what it counts).

    ``otherwise`` says what happens to the numbers when an assumption fails; empty where that is not known.
    """

    text: str
    findings: tuple[tuple[str, str], ...]
    otherwise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check of an assumption in words: what was asked, what came out, and whether it warns."""

    asked: str
    found: str
    warns: bool


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
    trust : tuple of SectionView
        How far to trust the report: evidence on the numbers themselves.
    counted : tuple of (str, str)
        Kinds of numbers, and in a sentence what each counts and is not.
    refusals, cautions, assumptions : tuple of Remark
        How far to trust the report, in words.
    withheld : tuple of (str, str)
        What was withheld: kind and number of withheld values.
    not_counted : tuple of str
        What the numbers do not count.
    check_words : tuple of CheckView
        What was checked and found.
    limits : tuple of str
        What the protection rules cannot do.
    checks : tuple of TableView
        What probes the assumptions.
    protection, accounting, tables : tuple of TableView
        Annex.
    accounting_findings, recommendation_findings : tuple of FindingView
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
    trust: tuple[SectionView, ...]
    counted: tuple[tuple[str, str], ...]
    refusals: tuple[Remark, ...]
    cautions: tuple[Remark, ...]
    assumptions: tuple[Remark, ...]
    withheld: tuple[tuple[str, str], ...]
    not_counted: tuple[str, ...]
    check_words: tuple[CheckView, ...]
    limits: tuple[str, ...]
    checks: tuple[TableView, ...]
    protection: tuple[TableView, ...]
    accounting: tuple[TableView, ...]
    tables: tuple[TableView, ...]
    accounting_findings: tuple[FindingView, ...]
    recommendation_findings: tuple[FindingView, ...]
    places: tuple[tuple[str, str], ...]
    glossary: tuple[tuple[str, str], ...]
    digests: tuple[str, ...]


def figures_in(document: Document) -> tuple[FigureView, ...]:
    """Every figure of a report, in print order."""
    sections = (*(s for c in document.chapters for s in c.sections), *document.trust)
    return tuple(f for s in sections for f in s.figures)


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
            text = cell_text(cell, column)
            cells.append(CellView(method_in_words(text) if column.name == "method" else text, state))
        rows.append(tuple(cells))
    return TableView(
        id=table.id,
        title=table.title,
        base=table.base,
        note=table.note,
        source=table.source,
        question=table.question,
        heads=tuple((c.title, c.kind is not ColumnKind.LABEL) for c in table.columns),
        counts=tuple(i for i, c in enumerate(table.columns) if c.kind is ColumnKind.COUNT),
        rows=tuple(rows),
        total_row=table.total_row,
    )
