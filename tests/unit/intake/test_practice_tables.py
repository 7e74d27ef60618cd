from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.intake.practice_tables import read_convictions, read_interviews, read_programme, read_trainings
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.referral_decisions import read_referral_decisions
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import (
    Conviction,
    ConvictionMode,
    ProgrammeYear,
    RecordedInterview,
    ReferralDecision,
    Training,
)

KEY = Pseudonymiser(b"a key for tests!")
GOOD = {
    "convictions": ("conviction,month,mode,trained_prosecutor", "C-1,2018-03,plea,yes"),
    "interviews": ("interview,case,used_at_inquest", "V-1,case 1,no"),
    "trainings": ("training,month,audience,people", "T-1,2018-03,prosecutors,12"),
    "programme": ("year,cases,victims,charged", "2011,4,9,6"),
    "decisions": (
        "agency_a,row_a,agency_b,row_b,decision,who,when,why",
        "FBI,2,NCA,7,same,reviewer 1,2018-09-03,case summaries agree",
    ),
}
MADE = {
    "convictions": Conviction(year=2018, month=3, mode=ConvictionMode.PLEA, trained_prosecutor=True),
    "interviews": RecordedInterview(case=KEY.of("interviewed case", "case 1"), used_at_inquest=False),
    "trainings": Training(year=2018, month=3, audience="prosecutors", people=12),
    "programme": ProgrammeYear(year=2011, cases=4, victims=9, charged=6),
    "decisions": ReferralDecision(agency_a="FBI", row_a=2, agency_b="NCA", row_b=7, same=True),
}


def read(folder: Path, kind: str, *rows: str) -> tuple[tuple[object, ...], IntakeAudit]:
    path = folder / f"{kind}.csv"
    path.write_text("\n".join([GOOD[kind][0], *rows]) + "\n")
    if kind == "interviews":
        return read_interviews(path, source="s", pseudonymiser=KEY)
    readers = {
        "convictions": read_convictions,
        "trainings": read_trainings,
        "programme": read_programme,
        "decisions": read_referral_decisions,
    }
    return readers[kind](path, source="s")  # type: ignore[operator,no-any-return]


@pytest.mark.parametrize("kind", list(GOOD))
def test_a_row_becomes_a_record(tmp_path: Path, kind: str) -> None:
    records, audit = read(tmp_path, kind, GOOD[kind][1])
    assert records == (MADE[kind],)
    assert audit.accounts[0].rows_accepted == 1


@pytest.mark.parametrize(
    ("kind", "row", "field", "rule"),
    [
        ("convictions", ",2018-03,plea,yes", "conviction", "token-missing"),
        ("convictions", "C-1,2018-04,plea,yes", "conviction", "token-repeated"),
        ("convictions", "C-2,2018-13,plea,yes", "month", "month-malformed"),
        ("convictions", "C-2,03/2018,plea,yes", "month", "month-malformed"),
        ("convictions", "C-2,2018-03,bargain,yes", "mode", "mode-not-listed"),
        ("convictions", "C-2,2018-03,trial,1", "trained_prosecutor", "yes-no-malformed"),
        ("interviews", "V-1,case 2,yes", "interview", "token-repeated"),
        ("interviews", "V-2,,yes", "case", "case-missing"),
        ("interviews", "V-2,case 2,Yes", "used_at_inquest", "yes-no-malformed"),
        ("trainings", "T-2,2018,prosecutors,3", "month", "month-malformed"),
        ("trainings", "T-2,2018-03,judges,3", "audience", "audience-not-listed"),
        ("trainings", "T-2,2018-03,prosecutors,few", "people", "count-malformed"),
        ("programme", "2011,1,1,1", "year", "token-repeated"),
        ("programme", "20111,1,1,1", "year", "year-malformed"),
        ("programme", "2012,1,1.0,1", "victims", "count-malformed"),
        ("decisions", ",2,NCA,8,same,reviewer 1,2018-09-03,why", "agency_a", "agency-missing"),
        ("decisions", "FBI,x,NCA,8,same,reviewer 1,2018-09-03,why", "row_a", "row-malformed"),
        ("decisions", "FBI,2,NCA,,same,reviewer 1,2018-09-03,why", "row_b", "row-malformed"),
        ("decisions", "FBI,2,NCA,8,yes,reviewer 1,2018-09-03,why", "decision", "decision-not-listed"),
        ("decisions", "FBI,2,NCA,8,same,,2018-09-03,why", "who", "who-missing"),
        ("decisions", "FBI,2,NCA,8,same,reviewer 1,9/3/2018,why", "when", "date-malformed"),
        ("decisions", "FBI,2,NCA,8,same,reviewer 1,2018-09-03,", "why", "why-missing"),
    ],
)
def test_a_faulty_row_is_refused_by_its_first_broken_rule(
    tmp_path: Path, kind: str, row: str, field: str, rule: str
) -> None:
    records, audit = read(tmp_path, kind, GOOD[kind][1], row)
    assert len(records) == 1
    assert [(r.row, r.field, r.rule) for r in audit.refused_rows] == [(3, field, rule)]
    assert (audit.accounts[0].rows_in, audit.accounts[0].rows_refused) == (2, 1)
