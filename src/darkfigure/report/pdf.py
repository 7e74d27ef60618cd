"""How is the report written as a tagged PDF (PDF/UA-1) that reads aloud and prints?"""

from __future__ import annotations

import dataclasses
import json
import re
import tempfile
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst

from darkfigure import __version__
from darkfigure.errors import StudyError
from darkfigure.report.document import Document, FigureView, TableView
from darkfigure.report.numbers import grouped
from darkfigure.report.sentences import FindingText

_LONG_TABLE = 24
_FULL_LINE = 95
_WIDEST_CELL = 36
_LARGEST, _SMALLEST = 7.2, 5.0
_LONG_WORD = 11
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"


def pdf_bytes(document: Document) -> bytes:
    """Write the report as PDF/UA-1.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        The same for the same document; its dates are the study's.

    Raises
    ------
    StudyError (E-STUDY-54)
        The study's date is no calendar date.
    """
    when = _declared_date(document)
    template = (resources.files("darkfigure.report") / "templates" / "report.typ").read_text(encoding="utf-8")
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "report.typ").write_text(template, encoding="utf-8")
        (root / "report.json").write_text(json.dumps(_data(document, when), ensure_ascii=False), encoding="utf-8")
        for figure in _figures(document):
            (root / f"{figure.id}.svg").write_bytes(figure.wide.svg)
        made: bytes = typst.compile(
            str(root / "report.typ"),
            root=name,
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=int(when.timestamp()),
        )
    return made


def _declared_date(document: Document) -> datetime:
    try:
        return datetime.fromisoformat(document.face.date).replace(tzinfo=UTC)
    except ValueError:
        raise StudyError(
            "E-STUDY-54",
            where="[study] date",
            problem="the date of the report is no calendar date",
            allowed="a date such as 2026-11-21",
            remedy="Correct date in the [study] section of study.toml.",
        ) from None


def _figures(document: Document) -> list[FigureView]:
    return [f for c in document.chapters for s in c.sections for f in s.figures]


def _data(document: Document, when: datetime) -> dict[str, Any]:
    face = document.face
    remarks = _remark_numbers(document)
    imprint = [
        ("Country", face.country),
        ("Period", face.period),
        ("Date", face.date),
        ("Version", face.version),
        ("By", face.authors),
        ("Input digest", face.input_digest[:12]),
    ]
    return {
        "title": f"{face.title} (synthetic data)" if face.synthetic else face.title,
        "year": when.year,
        "month": when.month,
        "day": when.day,
        "face": dataclasses.asdict(face),
        "imprint": [pair for pair in imprint if pair[1]],
        "key_findings": [dataclasses.asdict(k) for k in document.key_findings],
        "chapters": _chapters(document, *remarks),
        "after": 2 + len(document.chapters),
        "recommendations": [dataclasses.asdict(r) for r in document.recommendations],
        "refusals": [dataclasses.asdict(r) for r in document.refusals],
        "cautions": [dataclasses.asdict(r) for r in document.cautions],
        "assumptions": [dataclasses.asdict(r) for r in document.assumptions],
        "withheld": document.withheld,
        "checks": [_table(t) for t in document.checks],
        "protection": [_table(t) for t in document.protection],
        "accounting": [_table(t) for t in document.accounting],
        "accounting_findings": [_finding(f, *remarks) for f in document.accounting_findings],
        "recommendation_findings": [_finding(f, *remarks) for f in document.recommendation_findings],
        "tables": [_table(t) for t in (*document.tables, *_long_tables(document))],
        "provenance": [
            ("Made by", f"darkfigure {__version__}"),
            ("Digest of all inputs", face.input_digest or "none"),
            ("Inputs behind the findings", f"{grouped(len(document.digests))} files"),
        ],
        "glossary": document.glossary,
    }


def _remark_numbers(document: Document) -> tuple[dict[str, int], dict[str, int]]:
    cautions = {r.text: n for n, r in enumerate(document.cautions, start=1)}
    assumptions = {r.text: n for n, r in enumerate(document.assumptions, start=1)}
    return cautions, assumptions


def _long_tables(document: Document) -> list[TableView]:
    tables = {t.id: t for f in _figures(document) for t in f.tables if len(t.rows) > _LONG_TABLE}
    return list(tables.values())


def _chapters(document: Document, cautions: dict[str, int], assumptions: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "number": chapter.number,
            "title": chapter.title,
            "lead": chapter.lead,
            "sections": [
                {
                    "title": section.title,
                    "findings": [_finding(f, cautions, assumptions) for f in section.findings],
                    "figures": [_figure(f) for f in section.figures],
                }
                for section in chapter.sections
            ],
        }
        for chapter in document.chapters
    ]


def _finding(finding: FindingText, cautions: dict[str, int], assumptions: dict[str, int]) -> dict[str, Any]:
    return {
        "id": finding.id,
        "sentence": finding.sentence,
        "status": finding.status,
        "headline": finding.headline,
        "facts": finding.facts,
        "caution_numbers": sorted(cautions[c] for c in finding.cautions),
        "assumption_numbers": sorted(assumptions[a] for a in finding.assumptions),
    }


def _figure(figure: FigureView) -> dict[str, Any]:
    return {
        "label": figure.label,
        "title": figure.words.title,
        "subtitle": figure.words.subtitle,
        "alt": figure.words.alt,
        "note": figure.words.note,
        "source": figure.source,
        "file": f"{figure.id}.svg",
        "tables": [_table(t) for t in figure.tables if len(t.rows) <= _LONG_TABLE],
        "elsewhere": [(t.id, t.title) for t in figure.tables if len(t.rows) > _LONG_TABLE],
    }


def _table(table: TableView) -> dict[str, Any]:
    heads = [(_breakable(title), numeric) for title, numeric in table.heads]
    widths = [_column_width(table, i, heads[i][0]) for i in range(len(heads))]
    size = round(max(_SMALLEST, min(_LARGEST, _LARGEST * _FULL_LINE / sum(widths))), 1)
    narrow = sum(widths) < 0.52 * _FULL_LINE
    return {
        "id": table.id,
        "title": table.title,
        "base": table.base,
        "note": table.note,
        "source": table.source,
        "heads": heads,
        "total_row": -1 if table.total_row is None else table.total_row,
        "across": 2 if len(table.rows) > _LONG_TABLE and narrow else 1,
        "size": size,
        "widths": [0] * len(widths) if sum(widths) < _FULL_LINE else widths,
        "rows": [[dataclasses.asdict(cell) for cell in row] for row in table.rows],
    }


def _breakable(title: str) -> str:
    """Let long words of a heading break in the middle."""
    words = (
        w if len(w) <= _LONG_WORD else f"{w[: len(w) // 2]}{_SOFT_HYPHEN}{w[len(w) // 2 :]}" for w in title.split()
    )
    return " ".join(words)


def _column_width(table: TableView, place: int, head: str) -> int:
    """Characters a column wants: its longest cell within reason, and the longest unbreakable part of its heading."""
    cells = max([len(row[place].text) for row in table.rows], default=1)
    return (
        max(
            min(cells, _WIDEST_CELL),
            max((len(w) for w in re.split(f"[ {_SOFT_HYPHEN}]", head)), default=1),
            min(len(head), 10),
        )
        + 2
    )
