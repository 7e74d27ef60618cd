"""What the policy withholds, rounds and hides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkfigure.disclosure import SUPPRESSED, Policy, StudyFace, default_policy_table, release
from darkfigure.errors import DisclosureError
from darkfigure.records.aggregate import (
    Answer,
    Column,
    ColumnKind,
    Finding,
    Interval,
    Missing,
    Question,
    Reason,
    Refusal,
    Table,
)

FACE = StudyFace(
    title="t", subtitle="", country="PH", period="", authors="", version="1", date="2026-01-01", synthetic=True,
    input_digest="", policy=(),
)  # fmt: skip
OPEN = Policy(name="open", threshold=1, rounding_base=1, complementary=1, reason="a test")


def table(counts, contributors=None, *, total_row=None, protected=True):
    contributors = contributors or [50] * len(counts)
    whole = sum(c for c in counts if isinstance(c, int)) or 1
    rows = tuple(
        (f"row {i}", c, c / whole if isinstance(c, int) else c, k)
        for i, (c, k) in enumerate(zip(counts, contributors, strict=True))
    )
    return Table(
        id="t", question=Question.NATURE, title="T", base="all", source="test", rows=rows, total_row=total_row,
        protected=protected,
        columns=(
            Column(name="label", title="Label", kind=ColumnKind.LABEL),
            Column(name="n", title="N", kind=ColumnKind.COUNT),
            Column(name="share", title="Share", kind=ColumnKind.SHARE, derived_from=("n",)),
            Column(name="cases", title="Cases", kind=ColumnKind.CONTRIBUTORS),
        ),
    )  # fmt: skip


def released_column(counts, name="n", policy=None, **kwargs):
    result = release(Answer(tables=(table(counts, **kwargs),)), policy or Policy.default(), FACE)
    return result.tables[0].column(name)


def finding(**changes):
    given_fields = {
        "id": "f", "question": Question.NATURE, "statement": "{value} of {base}", "value": 0.5, "unit": "share",
        "estimand": "e", "base": 100, "numerator": 50,
    }  # fmt: skip
    return Finding(**{**given_fields, **changes})


def released_finding(policy=None, **changes):
    return release(Answer((finding(**changes),)), policy or Policy.default(), FACE).findings[0]


def test_small_counts_are_withheld_and_zero_and_missing_stay_apart():
    cells = released_column([0, 3, 9, 10, 44, Missing.NOT_STATED])
    assert cells == (0, SUPPRESSED, SUPPRESSED, 10, 45, Missing.NOT_STATED)


def test_what_is_derived_from_a_withheld_count_is_withheld():
    shares = released_column([3, 4, 100], name="share")
    assert shares[0] is SUPPRESSED and shares[1] is SUPPRESSED and shares[2] is not SUPPRESSED


def test_one_withheld_cell_never_stands_alone_in_its_column():
    cells = released_column([3, 20, 100, 40])
    assert [c is SUPPRESSED for c in cells] == [True, True, False, False]


def test_total_row_is_no_hiding_place():
    cells = released_column([3, 20, 23], total_row=2)
    assert [c is SUPPRESSED for c in cells] == [True, True, False]


def test_few_cases_behind_many_victims_withhold_the_row():
    cells = released_column([40, 30, 60], contributors=[2, 30, 30])
    assert cells[0] is SUPPRESSED


def test_contributors_never_leave():
    result = release(Answer(tables=(table([50, 60]),)), OPEN, FACE)
    assert not result.tables[0].has("cases")


def test_the_log_says_where_and_never_which_number():
    log = release(Answer(tables=(table([7, 8, 100]),)), Policy.default(), FACE).suppressions
    assert {(s.row, s.column) for s in log} == {(1, "n"), (2, "n"), (1, "share"), (2, "share")}
    assert {s.rule for s in log} == {"threshold", "derived"}


def test_public_tables_are_left_alone():
    assert released_column([1, 2, 3], protected=False) == (1, 2, 3)


def test_a_weak_policy_publishes_everything_exactly():
    assert released_column([1, 2, 13], policy=OPEN) == (1, 2, 13)


@pytest.mark.parametrize(
    "changes",
    [
        {"numerator": 4, "value": 0.04},
        {"numerator": 96, "value": 0.96},
        {"numerator": 45, "known": 50, "value": 0.9},
        {"contributors": 3},
        {"value": 7, "unit": "victims", "numerator": None},
        {"value": 11.0, "unit": "years", "numerator": None, "known": 8},
    ],
)
def test_findings_about_few_are_withheld(changes):
    result = released_finding(**changes)
    assert result.suppressed
    assert (result.value, result.base, result.numerator, result.known, result.interval) == (None,) * 5


@pytest.mark.parametrize(
    "changes",
    [{}, {"value": 11.0, "unit": "years", "numerator": None, "known": 300}, {"protected": False, "numerator": 1}],
)
def test_findings_about_many_are_released(changes):
    assert not released_finding(**changes).suppressed


def test_a_refusal_is_never_mistaken_for_a_withheld_number():
    result = released_finding(value=None, refusal=Refusal(Reason.TOO_WIDE, "too wide"), numerator=1)
    assert not result.suppressed and result.refusal is not None


def test_rounding_hides_the_exact_share():
    exact = [released_finding(numerator=k, value=k / 92, base=92, known=92).value for k in (43, 44, 45, 46, 47)]
    assert len(set(exact)) == 1


def test_intervals_of_shares_move_outward():
    result = released_finding(interval=Interval(0.41, 0.59, 0.95, "wilson"))
    assert result.interval.lower <= 0.41 and result.interval.upper >= 0.59
    assert round(result.interval.lower * 20) == pytest.approx(result.interval.lower * 20)


def test_weak_rules_need_a_reason():
    with pytest.raises(DisclosureError) as caught:
        Policy(name="weak", threshold=3, rounding_base=5, complementary=2)
    assert caught.value.code == "E-DISC-02" and caught.value.exit_code == 50
    with pytest.raises(DisclosureError, match="E-DISC-01"):
        Policy(name="impossible", threshold=0, rounding_base=5, complementary=2, reason="none")


def test_page_on_the_default_policy_counts_what_it_would_withhold():
    page = default_policy_table(Answer((finding(numerator=2, value=0.02),), (table([3, 4, 100]),)))
    assert [row[2] for row in page.rows] == [4, 1]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12))
def test_no_small_count_is_ever_released(counts):
    cells = released_column(counts)
    for before, after in zip(counts, cells, strict=True):
        if 0 < before < 10:
            assert after is SUPPRESSED
        elif after is not SUPPRESSED:
            assert abs(after - before) <= 2
    hidden = sum(c is SUPPRESSED for c in cells)
    positive = sum(c > 0 for c in counts)
    assert hidden != 1 or positive == 1


def test_a_table_about_one_case_is_withheld_whole_with_its_labels():
    answer = Answer(tables=(table([12, 15], contributors=[1, 1]),))
    result = release(answer, Policy.default(), FACE)
    assert result.tables[0].rows == () and "withheld" in result.tables[0].note
    assert [(s.id, s.row) for s in result.suppressions] == [("t", 0)]
    assert release(answer, OPEN, FACE).tables[0].rows


def test_a_share_of_all_units_is_not_withheld_for_the_few_that_are_known():
    result = released_finding(numerator=76, known=78, base=92, value=76 / 92)
    assert not result.suppressed
    assert released_finding(numerator=76, known=78, base=92, value=76 / 78).suppressed
