from __future__ import annotations

import pytest

from darkfigure.estimate.proportions import wilson_interval
from darkfigure.practice import PracticeOptions, analyse_practice
from darkfigure.records.aggregate import Answer, Finding, Table
from darkfigure.records.restricted import (
    Conviction,
    ConvictionMode,
    PracticeTable,
    ProgrammeYear,
    RecordedInterview,
    Training,
)

EMPTY = PracticeTable(convictions=(), interviews=(), trainings=(), programme=())


def conviction(year: int, mode: str, *, trained: bool = False) -> Conviction:
    return Conviction(year=year, month=5, mode=ConvictionMode(mode), trained_prosecutor=trained)


TABLE = PracticeTable(
    convictions=(
        conviction(2012, "plea"), conviction(2014, "trial"), conviction(2018, "plea", trained=True),
        conviction(2018, "plea"),
    ),
    interviews=tuple(
        RecordedInterview(case=case, used_at_inquest=used)
        for case, used in [("a", True), ("a", True), ("b", False), ("c", True), ("c", True)]
    ),
    trainings=(
        Training(year=2018, month=6, audience="prosecutors", people=12),
        Training(year=2018, month=3, audience="prosecutors", people=8),
        Training(year=2019, month=1, audience="law enforcers", people=5),
    ),
    programme=(
        ProgrammeYear(year=2012, cases=4, victims=9, charged=3), ProgrammeYear(year=2011, cases=1, victims=2, charged=1)
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def answer() -> Answer:
    return analyse_practice(TABLE, digests=("b", "a"))


def finding(answer: Answer, name: str) -> Finding:
    return next(f for f in answer.findings if f.id == name)


def table(answer: Answer, name: str) -> Table:
    return next(t for t in answer.tables if t.id == name)


def test_convictions_by_mode_and_year(answer: Answer) -> None:
    plea = finding(answer, "convictions-plea-share")
    assert (plea.value, plea.numerator, plea.base) == (0.75, 3, 4)
    assert finding(answer, "convictions-trial-share").numerator == 1
    assert finding(answer, "convictions-trained-prosecutors").value == 1
    assert table(answer, "convictions-by-year").rows == (
        ("2012", 1, 1, 0, 0), ("2013", 0, 0, 0, 0), ("2014", 1, 0, 1, 0), ("2015", 0, 0, 0, 0), ("2016", 0, 0, 0, 0),
        ("2017", 0, 0, 0, 0), ("2018", 2, 2, 0, 1),
    )  # fmt: skip
    assert (finding(answer, "convictions-first-year").value, finding(answer, "convictions-last-year").value) == (
        2012, 2018
    )  # fmt: skip


def test_interviews_are_counted_as_interviews_in_cases(answer: Answer) -> None:
    assert (finding(answer, "interviews").value, finding(answer, "interviewed-cases").value) == (5, 3)
    used = finding(answer, "interviews-used-share")
    assert (used.value, used.numerator, used.contributors) == (0.8, 4, 2)
    assert "C-INTERVIEWS-NOT-CHILDREN" in {c.code for c in used.cautions}
    assert table(answer, "interviews-used").rows == (
        ("Used at inquest", 4, 0.8, 2), ("Not used at inquest", 1, 0.2, 1)
    )  # fmt: skip


def test_interviews_of_one_case_widen_the_interval(answer: Answer) -> None:
    used = finding(answer, "interviews-used-share").interval
    alone = wilson_interval(4 / 5, 5, level=0.95)
    assert used is not None
    assert used.upper - used.lower > alone.upper - alone.lower


def test_trainings_by_audience_and_first_month(answer: Answer) -> None:
    assert finding(answer, "trained-prosecutors").value == 20
    assert finding(answer, "trained-law-enforcers").value == 5
    assert finding(answer, "training-first-month").value == "March 2018"
    assert table(answer, "trainings-by-audience").rows == (
        ("2018", "Prosecutors", 20, 2), ("2019", "Law enforcers", 5, 1)
    )  # fmt: skip


def test_programme_totals_are_another_population(answer: Answer) -> None:
    assert [finding(answer, f"programme-{n}").value for n in ("cases", "victims", "charged")] == [5, 11, 4]
    assert finding(answer, "programme-first-year").value == 2011
    assert "C-PROGRAMME-POPULATION" in {c.code for c in finding(answer, "programme-victims").cautions}
    programme = table(answer, "programme-by-year")
    assert programme.rows[programme.total_row or 0] == ("All years", 5, 11, 4, 5)
    assert programme.rows[0][0] == "2011"


def test_an_empty_table_gives_no_finding() -> None:
    assert analyse_practice(EMPTY) == Answer()


def test_small_counts_of_people_are_protected_and_officials_are_not(answer: Answer) -> None:
    assert finding(answer, "convictions-trial-share").protected
    assert table(answer, "interviews-used").protected
    assert not table(answer, "trainings-by-audience").protected


def test_digests_are_cited_in_order(answer: Answer) -> None:
    assert {f.source_digests for f in answer.findings} == {("a", "b")}


def test_level_is_the_declared_one() -> None:
    wide, narrow = (analyse_practice(TABLE, options=PracticeOptions(level=level)) for level in (0.99, 0.5))
    first, second = (finding(a, "convictions-plea-share").interval for a in (wide, narrow))
    assert first is not None
    assert second is not None
    assert first.lower < second.lower < second.upper < first.upper
