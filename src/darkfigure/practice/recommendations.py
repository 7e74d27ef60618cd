"""What did the study ask and recommend, which capabilities does that build, and which findings bear on it?"""

from __future__ import annotations

from collections.abc import Sequence

from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table
from darkfigure.reference.model_response import capabilities
from darkfigure.reference.recommendations import Recommendation, published_questions, published_recommendations

_SOURCE = "The 2020 study, in our own words; WeProtect Model National Response, 2016 numbering"
_NOTE = "Which findings bear on a recommendation is this project's reading."


def recommendations(findings: Sequence[Finding]) -> Answer:
    """Which of these findings bear on each of the study's recommendations?

    Parameters
    ----------
    findings : sequence of Finding
        All findings of the study; those a recommendation does not name are passed over.

    Returns
    -------
    Answer
        Findings ``recommendations-count`` and ``capabilities-cited``, and the tables ``recommendations`` (``number``,
        ``recommendation``, ``capability_numbers``, ``capabilities``, ``findings``), ``recommendation-evidence`` and
        ``model-capabilities``; before them what ``study_questions`` gives. All are facts of published texts: nothing in
        them is protected.

    Examples
    --------
    >>> answer = recommendations([])
    >>> answer.tables[1].column("capability_numbers")[3:6]
    ('8, 9', '5, 8, 9', '16, 18, 19')
    """
    given = {finding.id: finding for finding in findings}
    published = published_recommendations()
    cited = {number for recommendation in published for number in recommendation.capability_numbers}
    return study_questions() + Answer(
        findings=(
            Finding(
                id="recommendations-count",
                question=Question.RECOMMENDATIONS,
                statement="The study makes {value} recommendations.",
                value=len(published),
                unit="recommendations",
                estimand="recommendations of the study",
                protected=False,
            ),
            Finding(
                id="capabilities-cited",
                question=Question.RECOMMENDATIONS,
                statement="The recommendations name {value} of the {base} capabilities of the Model National Response.",
                value=len(cited),
                unit="capabilities",
                base=len(capabilities()),
                base_label="capabilities of the model",
                estimand="capabilities named by at least one recommendation",
                protected=False,
            ),
        ),
        tables=(_recommendations(published, given), _evidence(published, given), _capabilities(published)),
    )


def study_questions() -> Answer:
    """What does the study ask, from which source and by which method?

    Returns
    -------
    Answer
        Findings ``study-objectives`` and ``study-sources``, and the table ``study-questions`` (``number``,
        ``question``, ``source``, ``method``, ``chapter``).

    Examples
    --------
    >>> [finding.value for finding in study_questions().findings]
    [3, 3]
    """
    questions = published_questions()
    table = Table(
        id="study-questions",
        question=Question.RECOMMENDATIONS,
        title="What was measured and how",
        base="the study's questions",
        columns=tuple(
            _label(name, title)
            for name, title in (
                ("number", "Number"),
                ("question", "Question"),
                ("source", "Source"),
                ("method", "Method"),
                ("chapter", "Chapter"),
            )
        ),
        rows=tuple((str(q.number), q.question, q.source, q.method, q.chapter) for q in questions),
        source="The 2020 study, in our own words",
        protected=False,
    )
    counts = (
        ("study-objectives", "The study asks {value} questions.", len(questions), "questions"),
        ("study-sources", "The study has {value} main sources.", len({q.source for q in questions}), "sources"),
    )
    findings = tuple(
        Finding(
            id=finding_id,
            question=Question.RECOMMENDATIONS,
            statement=statement,
            value=value,
            unit=unit,
            estimand=f"{unit} of the study",
            protected=False,
        )
        for finding_id, statement, value, unit in counts
    )
    return Answer(findings=findings, tables=(table,))


def evidence_ids() -> tuple[str, ...]:
    """Which finding ids may bear on a recommendation?

    Returns
    -------
    tuple of str
        Sorted; a test of the whole study can see that none of them went out of use.
    """
    return tuple(sorted({e for recommendation in published_recommendations() for e in recommendation.evidence}))


def _recommendations(published: Sequence[Recommendation], given: dict[str, Finding]) -> Table:
    rows = [
        (
            str(r.number),
            r.text,
            ", ".join(map(str, r.capability_numbers)),
            "; ".join(f"{n} {capabilities()[n].name}" for n in r.capability_numbers),
            "; ".join(e for e in r.evidence if e in given),
        )
        for r in published
    ]
    return Table(
        id="recommendations",
        question=Question.RECOMMENDATIONS,
        title="Recommendations of the study",
        base="all recommendations of the study",
        columns=(
            _label("number", "Number"),
            _label("recommendation", "Recommendation"),
            _label("capability_numbers", "Capability numbers"),
            _label("capabilities", "Capabilities of the Model National Response"),
            _label("findings", "Findings that bear on it"),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note=_NOTE,
        protected=False,
    )


def _evidence(published: Sequence[Recommendation], given: dict[str, Finding]) -> Table:
    rows = [
        (str(r.number), e, given[e].estimand, given[e].question.value)
        for r in published
        for e in r.evidence
        if e in given
    ]
    return Table(
        id="recommendation-evidence",
        question=Question.RECOMMENDATIONS,
        title="Findings that bear on each recommendation",
        base="findings of this report",
        columns=(
            _label("recommendation", "Recommendation"),
            _label("finding", "Finding"),
            _label("finding_label", "What it counts"),
            _label("chapter", "Chapter"),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note=_NOTE,
        protected=False,
    )


def _capabilities(published: Sequence[Recommendation]) -> Table:
    rows = []
    for number, capability in capabilities().items():
        cited_by = ", ".join(str(r.number) for r in published if number in r.capability_numbers)
        rows.append((str(number), capability.group, capability.name, cited_by or "none", str(capability.version)))
    return Table(
        id="model-capabilities",
        question=Question.RECOMMENDATIONS,
        title="Capabilities of the Model National Response and the recommendations that name them",
        base="all capabilities of the model",
        columns=(
            _label("number", "Number"),
            _label("group", "Group"),
            _label("capability", "Capability"),
            _label("cited_by", "Named by recommendation"),
            _label("version", "Version of the model"),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="The model was revised in 2022; the study names the 2016 numbers. Names of capabilities that the study "
        "does not cite were not all checked against the model's text.",
        protected=False,
    )


def _label(name: str, title: str) -> Column:
    return Column(name=name, title=title, kind=ColumnKind.LABEL)
