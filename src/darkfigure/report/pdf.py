"""How is the report written as a tagged PDF (PDF/UA-1) that reads aloud and prints?"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst

from darkfigure import __version__
from darkfigure.errors import StudyError
from darkfigure.report.document import (
    Document,
    FigureView,
    FindingView,
    Mark,
    ResultView,
    SectionView,
    TableView,
    figures_in,
)
from darkfigure.report.finding_views import counted
from darkfigure.report.numbers import grouped
from darkfigure.report.pdf_tables import numbered, table_data, table_groups
from darkfigure.report.sentences import KNOWN


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
        for figure in figures_in(document):
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


def _data(document: Document, when: datetime) -> dict[str, Any]:
    face = document.face
    imprint = [
        ("Country", face.country),
        ("Period", face.period),
        ("Date", face.date),
        ("Version", face.version),
        ("By", face.authors),
        ("Input digest", face.input_digest[:12]),
    ]
    tables = numbered(_tables(document))
    return {
        "title": f"{face.title} (synthetic data)" if face.synthetic else face.title,
        "year": when.year,
        "month": when.month,
        "day": when.day,
        "face": dataclasses.asdict(face),
        "imprint": [pair for pair in imprint if pair[1]],
        "key_findings": [dataclasses.asdict(k) for k in document.key_findings],
        "chapters": _chapters(document, {t.id: n for n, t in tables}),
        "trust": _sections(document.trust, {t.id: n for n, t in tables}),
        "counted": document.counted,
        "after": 2 + len(document.chapters),
        "recommendations": [dataclasses.asdict(r) for r in document.recommendations],
        "recommendation_findings": [_finding(f) for f in document.recommendation_findings],
        **_trust(document),
        "withheld": document.withheld,
        "protection": [table_data(t, most=len(t.rows)) for t in document.protection],
        "accounting_findings": [_finding(f) for f in document.accounting_findings],
        "groups": table_groups(tables),
        "provenance": [
            ("Made by", f"darkfigure {__version__}"),
            ("Digest of all inputs", face.input_digest or "none"),
            ("Inputs behind the findings", f"{grouped(len(document.digests))} files"),
        ],
        "glossary": document.glossary,
    }


def _trust(document: Document) -> dict[str, Any]:
    return {
        "not_counted": document.not_counted,
        "assumptions": [dataclasses.asdict(r) for r in document.assumptions],
        "cautions": [dataclasses.asdict(r) for r in document.cautions],
        "check_words": [dataclasses.asdict(c) for c in document.check_words],
        "check_tables": [t.id for t in document.checks],
        "refusals": [dataclasses.asdict(r) for r in document.refusals],
        "limits": document.limits,
    }


def _tables(document: Document) -> list[TableView]:
    """Every table once, in the order of the release; those of the protection rules stand with the rules."""
    drawn = (t for f in figures_in(document) for t in f.tables)
    found = {t.id: t for t in (*drawn, *document.tables, *document.checks, *document.accounting)}
    return [found[table_id] for table_id, _ in document.places if table_id in found]


def _chapters(document: Document, table_numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "number": chapter.number,
            "title": chapter.title,
            "lead": chapter.lead,
            "sections": _sections(chapter.sections, table_numbers),
        }
        for chapter in document.chapters
    ]


def _sections(sections: tuple[SectionView, ...], table_numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "title": section.title,
            "key": [_finding(f) for f in section.key],
            "further": [_finding(f) for f in section.further],
            "withheld": section.withheld,
            "shared": _marks(section.shared),
            "warnings": section.warnings,
            "results": [_result(r) for r in section.results],
            "figures": [_figure(f, table_numbers) for f in section.figures],
        }
        for section in sections
    ]


def _marks(marks: tuple[Mark, ...]) -> list[tuple[str, str]]:
    return [(m.label, m.target) for m in marks]


def _finding(finding: FindingView) -> dict[str, Any]:
    text = finding.text
    facts = [("Counts", finding.counts)] if finding.counts else []
    return {
        "id": text.id,
        "sentence": text.sentence,
        "status": text.status,
        "headline": text.headline,
        "facts": [*facts, *(("" if term == KNOWN else term, words) for term, words in text.brief)],
        "marks": _marks(finding.marks),
    }


def _result(result: ResultView) -> dict[str, Any]:
    return {
        "id": "" if result.leading else result.text.id,
        "sentence": result.text.sentence,
        "counts": counted(result),
        "cells": [result.base, result.known, result.interval],
        "marks": _marks(result.marks),
    }


def _figure(figure: FigureView, table_numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "label": figure.label,
        "title": figure.words.title,
        "subtitle": figure.words.subtitle,
        "alt": figure.words.alt,
        "note": figure.words.note,
        "source": figure.source,
        "file": f"{figure.id}.svg",
        "tables": [(t.id, table_numbers[t.id]) for t in figure.tables],
    }
