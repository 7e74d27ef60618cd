"""How does a release become chapters? By content: what was not released has no page."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from darkfigure.disclosure.released import Release, ReleasedFinding, ReleasedTable
from darkfigure.records.aggregate import Question
from darkfigure.reference.countries import countries, country_name
from darkfigure.report.document import (
    ChapterView,
    Document,
    FigureView,
    FindingView,
    KeyFinding,
    RecommendationView,
    SectionView,
    TableView,
    table_view,
)
from darkfigure.report.finding_views import Numbering, finding_views, marks, result_views, shared_remarks
from darkfigure.report.glossary import glossary_for
from darkfigure.report.numbers import quantity
from darkfigure.report.plan import (
    CHAPTERS,
    CHECKS,
    PROTECTION,
    SCHEME_FIGURES,
    TRUST,
    ChapterPlan,
    SectionPlan,
    section_of,
)
from darkfigure.report.prominence import leading_of
from darkfigure.report.readings import labels
from darkfigure.report.sentences import FindingText, finding_text
from darkfigure.report.trust import (
    assumptions_of,
    cautions_of,
    checks_in_words,
    kinds_counted,
    not_counted,
    refusals_of,
    subject,
    withheld_in,
)
from darkfigure.report.trust_words import LIMITS

RECOMMENDATIONS = "recommendations"
"""Id of the table of recommendations."""

_FIRST_CHAPTER = 2
_ABOUT_STUDY = (Question.RECOMMENDATIONS, "study-")


def build_document(release: Release, figures: dict[str, FigureView]) -> Document:
    """Arrange released findings, tables and drawn figures as a report.

    Parameters
    ----------
    release : Release
    figures : dict of str to FigureView
        Drawn figures by id.

    Returns
    -------
    Document
    """
    chapters = [_scheme_chapter(release, figures)] if any(f in figures for f in SCHEME_FIGURES) else []
    for plan in CHAPTERS:
        view = _chapter(plan, release, figures, number=_FIRST_CHAPTER + len(chapters))
        if view is not None:
            chapters.append(view)
    trust = _chapter(TRUST, release, figures, number=0)
    with_figures = {t.id for f in figures.values() for t in f.tables}
    loose = [t for t in release.tables if t.id not in with_figures and t.id != RECOMMENDATIONS]
    measured = frozenset(v.text.id for c in chapters if c.id == "measured" for s in c.sections for v in s.further)
    questions = frozenset({f.question for f in release.findings} | {t.question for t in release.tables})
    return Document(
        face=replace(release.face, country=_country(release.face.country)),
        key_findings=_key_findings(release),
        chapters=tuple(chapters),
        recommendations=_recommendations(release),
        trust=trust.sections if trust is not None else (),
        counted=kinds_counted(release),
        refusals=refusals_of(release),
        cautions=cautions_of(release),
        assumptions=assumptions_of(release),
        withheld=withheld_in(release),
        not_counted=not_counted(release),
        check_words=checks_in_words(loose),
        limits=LIMITS,
        checks=_views(loose, lambda t: t.id in CHECKS),
        protection=_views(loose, lambda t: t.id in PROTECTION),
        accounting=_views(loose, lambda t: t.question is Question.ACCOUNTING and t.id not in PROTECTION),
        tables=_views(loose, lambda t: t.question is not Question.ACCOUNTING and t.id not in CHECKS),
        accounting_findings=_texts(release, Question.ACCOUNTING),
        recommendation_findings=_texts(release, Question.RECOMMENDATIONS, without=measured),
        places=tuple((t.id, t.title) for t in release.tables),
        glossary=glossary_for(questions),
        digests=tuple(sorted({d for f in release.findings for d in f.source_digests})),
    )


def _views(tables: Sequence[ReleasedTable], wanted: Callable[[ReleasedTable], bool]) -> tuple[TableView, ...]:
    return tuple(table_view(t) for t in tables if wanted(t))


def _country(named: str) -> str:
    """Write out a country that the study names by its two-letter code."""
    return country_name(named) if named in countries() else named


def _texts(
    release: Release, question: Question, start: str = "", *, without: frozenset[str] = frozenset()
) -> tuple[FindingView, ...]:
    wanted = (f for f in release.findings if f.question is question and f.id.startswith(start))
    return finding_views([f for f in wanted if f.id not in without], release, Numbering.of(release))


def _key_findings(release: Release) -> tuple[KeyFinding, ...]:
    order = {question: place for place, plan in enumerate(CHAPTERS) for question in plan.questions}
    headlines = [f for f in release.findings if f.headline]
    found = []
    for finding in sorted(headlines, key=lambda f: order.get(f.question, len(order))):
        text = finding_text(finding, release)
        number = {"refused": "Not answered", "withheld": "Withheld"}.get(text.status, "")
        if finding.value is not None:
            number = quantity(finding.value, finding.unit)
        found.append(
            KeyFinding(id=finding.id, number=number, sentence=_short(text), status=text.status, counts=finding.estimand)
        )
    return tuple(found)


def _short(text: FindingText) -> str:
    """On the first screen a refusal keeps its first sentence of reasons; the evidence has the rest."""
    if text.status != "refused":
        return text.sentence
    return " ".join(f"{part.rstrip('.')}." for part in text.sentence.split(". ")[:2])


def _scheme_chapter(release: Release, figures: dict[str, FigureView]) -> ChapterView:
    drawn = tuple(figures[f] for f in SCHEME_FIGURES if f in figures)
    return ChapterView(
        id="measured",
        number=_FIRST_CHAPTER,
        title="What was measured and how",
        lead="Each question has its own source and its own method. What a number counts is said beside it.",
        sections=(SectionView(id="measured-scheme", title="", further=_texts(release, *_ABOUT_STUDY), figures=drawn),),
    )


def _chapter(plan: ChapterPlan, release: Release, figures: dict[str, FigureView], *, number: int) -> ChapterView | None:
    findings = [f for f in release.findings if f.question in plan.questions]
    numbering = Numbering.of(release)
    told: set[str] = set()
    sections: list[SectionView] = []
    for section in plan.sections:
        mine = [f for f in findings if section_of(plan, f.id) is section]
        drawn = tuple(figures[f] for f in section.figures if f in figures)
        if mine or drawn:
            sections.append(_section(section, mine, drawn, release, numbering, told))
            told.update(sections[-1].warnings)
    if not sections:
        return None
    return ChapterView(id=plan.id, number=number, title=plan.title, lead=plan.lead, sections=tuple(sections))


def _section(
    plan: SectionPlan,
    findings: list[ReleasedFinding],
    drawn: tuple[FigureView, ...],
    release: Release,
    numbering: Numbering,
    told: Set[str],
) -> SectionView:
    leading = leading_of(findings, plan.leading)
    shared = shared_remarks(leading, numbering)
    views = finding_views(leading, release, numbering, shared)
    first = sum(f.headline or f.refusal is not None for f in leading)
    texts = (text for text, n in numbering.cautions.items() if ("C", n) in shared)
    return SectionView(
        id=plan.id,
        title=plan.title,
        key=views[:first],
        further=views[first:],
        figures=drawn,
        results=result_views(findings, [f.id for f in leading], release, numbering),
        withheld=sum(f.suppressed for f in findings),
        shared=marks(shared),
        warnings=tuple(text for text in texts if text not in told),
    )


def _recommendations(release: Release) -> tuple[RecommendationView, ...]:
    table = release.table(RECOMMENDATIONS)
    return () if table is None else tuple(_recommendation(table, row, release) for row in range(len(table.rows)))


def _recommendation(table: ReleasedTable, row: int, release: Release) -> RecommendationView:
    def words(column: str) -> str:
        return labels(table, column)[row] if table.has(column) else ""

    evidence = [release.finding(e.strip()) for e in words("findings").split(";") if e.strip()]
    return RecommendationView(
        number=words("number"),
        text=words("recommendation"),
        capabilities=tuple(c.strip() for c in words("capabilities").split(";") if c.strip()),
        evidence=tuple((f.id, subject(f)) for f in evidence if f is not None),
    )
