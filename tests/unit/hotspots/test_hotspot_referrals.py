from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from partner_study import FILES, REFERRAL_OPTIONS, read_referral_study

from darkfigure.hotspots import analyse_referrals
from darkfigure.intake.dates import day_number
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.linkage.agency_duplicates import link_referrals
from darkfigure.records.aggregate import Answer, Finding, Reason
from darkfigure.records.restricted import DefinitionMet, Referral, ReferralDecision, ReferralTable
from darkfigure.synth.referral_world import simulate_referrals
from darkfigure.synth.referral_writers import write_referrals

START = day_number(REFERRAL_OPTIONS.period_start)


def referral(agency: str, row: int, *, day: int = 100, country: str = "PH", **other: object) -> Referral:
    fields = {
        "token": f"{agency}{row}",
        "definition_met": DefinitionMet.YES,
        "victims": 1,
        "suspects": 1,
        "channel": None,
    }
    return Referral(agency=agency, row=row, day=START + day, country=country, **(fields | other))


def ask(*rows: Referral, decisions: tuple[ReferralDecision, ...] = ()) -> Answer:
    table = ReferralTable(rows)
    return analyse_referrals(table, link_referrals(table, decisions), options=REFERRAL_OPTIONS, digests=("d2", "d1"))


def finding(answer: Answer, name: str) -> Finding:
    return next(f for f in answer.findings if f.id == name)


def column(answer: Answer, table: str, name: str) -> tuple[object, ...]:
    return next(t for t in answer.tables if t.id == table).column(name)


def by_code(answer: Answer) -> dict[object, int]:
    codes, counts = (column(answer, "referrals-by-country", name) for name in ("country_code", "referrals"))
    return dict(zip(codes, counts, strict=True))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_referrals(simulate_referrals(seed=2020, size="full"), folder)
    return folder


@pytest.fixture(scope="module")
def full(study: Path) -> Answer:
    table, decisions, audit = read_referral_study(study)
    return analyse_referrals(table, link_referrals(table, decisions), options=REFERRAL_OPTIONS, digests=audit.digests())


def test_published_counts_come_out_of_four_agencies_own_files(full: Answer) -> None:
    assert by_code(full) == {"PH": 237, "MX": 27, "BR": 19, "IN": 18, "TH": 5, "RO": 4, "KH": 3}
    assert finding(full, "referrals-distinct").value == 313
    assert finding(full, "referrals-agencies").value == 4
    assert finding(full, "referrals-ratio-to-next").value == pytest.approx(237 / 27)
    assert finding(full, "referrals-study-country-worst-rank").value == 1
    assert (finding(full, "referrals-first-year").value, finding(full, "referrals-last-year").value) == (2010, 2017)


def test_every_row_of_every_agency_is_accounted_for(study: Path) -> None:
    world = simulate_referrals(seed=2020, size="full")
    _, _, audit = read_referral_study(study)
    accounts = {a.source: a for a in audit.accounts}
    for name in FILES:
        account = accounts[f"referrals-{name}"]
        assert account.rows_in == world.truth["rows"][name.upper()]
        assert account.rows_refused == 1
    assert {r.rule for r in audit.refused_rows} == {
        "token-repeated", "country-unknown", "date-malformed", "count-malformed"
    }  # fmt: skip


def test_pairs_left_open_are_counted_as_two_cases_and_said_so(full: Answer) -> None:
    distinct = finding(full, "referrals-distinct")
    assert "C-UNDECIDED-DUPLICATES" in {c.code for c in distinct.cautions}
    assert finding(full, "referrals-distinct-if-undecided-same").value == 311


def test_tables_of_agencies_agree_with_the_cases(full: Answer) -> None:
    alone = sum(column(full, "referrals-by-agency", "referred_alone"))
    shared = finding(full, "referrals-shared").value
    assert alone + shared == 313
    # Two cases of three agencies stand in three pairs each, the others in one.
    assert sum(column(full, "referrals-agency-overlap", "referrals")) == (shared - 2) + 2 * 3
    assert sum(column(full, "referrals-by-year", "referrals")) == 313


def test_leaving_an_agency_out_removes_only_what_no_other_saw() -> None:
    same = ReferralDecision(agency_a="A", row_a=2, agency_b="B", row_b=2, same=True)
    answer = ask(
        referral("A", 2), referral("A", 3, country="MX"), referral("B", 2), referral("B", 3, day=900), decisions=(same,)
    )
    rows = next(t for t in answer.tables if t.id == "referrals-leave-one-out").rows
    assert {(r[0], r[2]): r[3] for r in rows} == {("A", "PH"): 2, ("A", "MX"): 0, ("B", "PH"): 1, ("B", "MX"): 1}
    by_country = next(t for t in answer.tables if t.id == "referrals-by-country")
    assert by_country.column("loo_min") == (1, 0)
    assert by_country.column("loo_max") == (2, 1)
    assert finding(answer, "referrals-study-country-worst-rank").value == 1


def test_worst_rank_is_that_without_the_agency_that_matters_most() -> None:
    answer = ask(
        referral("A", 2), referral("A", 3, day=500), referral("A", 4, day=900), referral("B", 2, country="MX", day=300)
    )
    assert finding(answer, "referrals-study-country-rank").value == 1
    assert finding(answer, "referrals-study-country-worst-rank").value == 2


def test_unclear_and_late_referrals_are_left_out_and_counted() -> None:
    answer = ask(
        referral("A", 2),
        referral("A", 3, definition_met=DefinitionMet.UNCLEAR),
        referral("A", 4, day=3_000),
        referral("B", 2, day=-1),
    )
    assert finding(answer, "referrals-distinct").value == 1
    assert finding(answer, "referrals-unclear").value == 1
    assert finding(answer, "referrals-outside-period").value == 2


def test_a_case_counts_once_one_agency_says_the_definition_is_met() -> None:
    same = ReferralDecision(agency_a="A", row_a=2, agency_b="B", row_b=2, same=True)
    unclear = referral("A", 2, definition_met=DefinitionMet.UNCLEAR)
    answer = ask(unclear, referral("B", 2), decisions=(same,))
    assert finding(answer, "referrals-distinct").value == 1
    assert finding(answer, "referrals-unclear").value == 0
    assert column(answer, "referrals-by-agency", "agency") == ("B",)


@pytest.mark.parametrize("rows", [(), (referral("A", 2, day=-1),)])
def test_nothing_to_count_is_a_refusal_not_a_zero(rows: tuple[Referral, ...]) -> None:
    answer = ask(*rows)
    refusal = finding(answer, "referrals-distinct").refusal
    assert refusal is not None
    assert refusal.reason is Reason.NO_DATA
    assert answer.tables == ()


def test_a_study_country_nobody_names_has_share_zero_and_no_ratio() -> None:
    answer = ask(referral("A", 2, country="MX"))
    assert finding(answer, "referrals-study-country-share").value == 0.0
    assert finding(answer, "referrals-study-country-rank").value == 2
    assert "referrals-ratio-to-next" not in {f.id for f in answer.findings}


def test_results_do_not_depend_on_the_pseudonym_key(study: Path, full: Answer) -> None:
    table, decisions, audit = read_referral_study(study, key=Pseudonymiser(b"another long key"))
    other = analyse_referrals(
        table, link_referrals(table, decisions), options=REFERRAL_OPTIONS, digests=audit.digests()
    )
    assert other == full


def test_results_do_not_depend_on_the_order_of_rows_of_one_agency(study: Path, full: Answer) -> None:
    table, decisions, _ = read_referral_study(study)
    order: list[Callable[[Referral], int]] = [lambda r: r.row, lambda r: -r.row]
    agencies = dict.fromkeys(r.agency for r in table.referrals)
    turned = [r for a in agencies for r in sorted((r for r in table.referrals if r.agency == a), key=order[1])]
    other = ReferralTable(tuple(turned))
    answer = analyse_referrals(other, link_referrals(other, decisions), options=REFERRAL_OPTIONS)
    assert answer.tables == full.tables


def test_changing_a_country_moves_one_case_and_nothing_else(study: Path, full: Answer) -> None:
    table, decisions, _ = read_referral_study(study)
    links = link_referrals(table, decisions)
    sizes = [links.clusters.count(c) for c in links.clusters]
    place = next(
        i
        for i, r in enumerate(table.referrals)
        if r.country == "MX" and sizes[i] == 1 and r.definition_met is DefinitionMet.YES
    )
    moved = [replace(r, country="BR") if i == place else r for i, r in enumerate(table.referrals)]
    changed = ReferralTable(tuple(moved))
    answer = analyse_referrals(changed, link_referrals(changed, decisions), options=REFERRAL_OPTIONS)
    before, after = by_code(full), by_code(answer)
    assert {c: after[c] - before[c] for c in before if after[c] != before[c]} == {"MX": -1, "BR": 1}
    assert finding(answer, "referrals-distinct").value == 313


def test_shares_of_all_countries_lie_in_their_intervals_and_add_up(full: Answer) -> None:
    table = next(t for t in full.tables if t.id == "referrals-by-country")
    shares = table.column("share")
    assert sum(shares) == pytest.approx(1)
    for share, lower, upper in zip(shares, table.column("share_lower"), table.column("share_upper"), strict=True):
        assert 0 <= lower < share < upper <= 1
    assert "Absence of a country is not evidence" in table.note
