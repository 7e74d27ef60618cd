from __future__ import annotations

from darkfigure.practice import evidence_ids, recommendations, study_questions
from darkfigure.records.aggregate import Answer, Finding, Question, Table
from darkfigure.reference.model_response import capabilities
from darkfigure.reference.recommendations import published_recommendations
from darkfigure.reference.terminology import terms


def known(finding_id: str) -> Finding:
    return Finding(
        id=finding_id,
        question=Question.PRACTICE,
        statement="{value}",
        value=1,
        unit="x",
        estimand=f"what {finding_id} is",
    )


def table(answer: Answer, name: str) -> Table:
    return next(t for t in answer.tables if t.id == name)


def test_capability_numbers_are_those_the_study_names() -> None:
    numbers = table(recommendations([]), "recommendations").column("capability_numbers")
    assert numbers == ("4", "4", "4", "8, 9", "5, 8, 9", "16, 18, 19", "18, 19", "12, 16, 17", "2", "")


def test_capabilities_that_no_recommendation_names() -> None:
    rows = table(recommendations([]), "model-capabilities").rows
    assert len(rows) == 21
    never = [int(str(r[0])) for r in rows if r[3] == "none"]
    assert never == [1, 3, 6, 7, 10, 11, 13, 14, 15, 20, 21]
    cited = next(f for f in recommendations([]).findings if f.id == "capabilities-cited")
    assert (cited.value, cited.base) == (10, 21)
    assert {r[4] for r in rows} == {"2016"}


def test_capabilities_are_printed_with_their_names() -> None:
    names = table(recommendations([]), "recommendations").column("capabilities")
    assert names[3] == "8 End-to-end support; 9 Child protection workforce"
    assert capabilities()[12].name == "CSEA hotline"


def test_only_findings_of_the_report_are_cited_as_evidence() -> None:
    answer = recommendations([known("interviews-used-share"), known("something-else")])
    assert table(answer, "recommendations").column("findings")[4] == "interviews-used-share"
    assert table(answer, "recommendation-evidence").rows == (
        ("5", "interviews-used-share", "what interviews-used-share is", "practice"),
    )


def test_every_recommendation_has_evidence_to_look_for() -> None:
    assert all(r.evidence for r in published_recommendations())
    assert {"convictions-plea-share", "referrals-distinct", "enticement-several-regions-share"} <= set(evidence_ids())


def test_questions_have_a_source_and_a_method_each() -> None:
    answer = study_questions()
    assert {f.id: f.value for f in answer.findings} == {"study-objectives": 3, "study-sources": 3}
    assert [r[4] for r in table(answer, "study-questions").rows] == ["prevalence", "nature", "hotspot"]
    assert all(cell for row in table(answer, "study-questions").rows for cell in row)


def test_nothing_here_is_protected() -> None:
    answer = recommendations([])
    assert not any(t.protected for t in answer.tables)
    assert not any(f.protected for f in answer.findings)


def test_no_text_of_this_area_uses_a_retired_term() -> None:
    retired = [t.term for t in terms() if t.kind == "retired"]
    assert len(retired) >= 8
    words = " ".join(str(cell) for t in recommendations([]).tables for row in t.rows for cell in row).lower()
    assert not [term for term in retired if term in words]
