from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkfigure.errors import LinkageError
from darkfigure.linkage.agency_duplicates import DuplicateRules, link_referrals
from darkfigure.records.restricted import DefinitionMet, Referral, ReferralDecision, ReferralTable


def referral(agency: str, row: int, *, day: int = 100, country: str = "PH", **other: object) -> Referral:
    fields = {
        "token": f"{agency}{row}",
        "definition_met": DefinitionMet.YES,
        "victims": 2,
        "suspects": 1,
        "channel": None,
    }
    return Referral(agency=agency, row=row, day=day, country=country, **(fields | other))


def decide(a: str, row_a: int, b: str, row_b: int, *, same: bool) -> ReferralDecision:
    return ReferralDecision(agency_a=a, row_a=row_a, agency_b=b, row_b=row_b, same=same)


def table(*referrals: Referral) -> ReferralTable:
    return ReferralTable(referrals)


@pytest.mark.parametrize(
    ("other", "proposed"),
    [
        ({}, True),
        ({"day": 114}, True),
        ({"day": 115}, False),
        ({"day": 86}, True),
        ({"day": 85}, False),
        ({"country": "MX"}, False),
        ({"victims": 3}, True),
        ({"victims": 4}, False),
        ({"victims": None}, True),
        ({"suspects": 3}, False),
        ({"suspects": None, "victims": None}, True),
        ({"definition_met": DefinitionMet.UNCLEAR, "channel": "interpol"}, True),
    ],
)
def test_rules_propose_pairs_that_could_be_one_case(other: dict[str, object], proposed: bool) -> None:
    links = link_referrals(table(referral("A", 2), referral("B", 2, **other)))
    assert links.candidates == (((0, 1),) if proposed else ())


def test_rules_never_propose_two_referrals_of_one_agency() -> None:
    assert link_referrals(table(referral("A", 2), referral("A", 3))).candidates == ()


def test_a_wider_rule_proposes_more() -> None:
    pair = table(referral("A", 2), referral("B", 2, day=130, victims=5))
    assert link_referrals(pair, rules=DuplicateRules(max_days=30, count_tolerance=3)).candidates == ((0, 1),)
    assert link_referrals(pair, rules=DuplicateRules(max_days=29, count_tolerance=3)).candidates == ()
    assert link_referrals(pair, rules=DuplicateRules(max_days=30, count_tolerance=2)).candidates == ()


def test_only_a_decision_joins_a_pair() -> None:
    pair = table(referral("A", 2), referral("B", 2))
    undecided = link_referrals(pair)
    assert undecided.clusters == (0, 1)
    assert undecided.clusters_if_undecided_same == (0, 0)
    assert undecided.quality.undecided == 1
    same = link_referrals(pair, [decide("B", 2, "A", 2, same=True)])
    assert same.clusters == (0, 0)
    assert same.decided == ((0, 1),)
    different = link_referrals(pair, [decide("A", 2, "B", 2, same=False)])
    assert different.clusters == different.clusters_if_undecided_same == (0, 1)
    assert different.quality.decided_different == 1


def test_decisions_join_from_pair_to_pair() -> None:
    three = table(referral("A", 2), referral("B", 2, day=110), referral("C", 2, day=120))
    links = link_referrals(three, [decide("A", 2, "B", 2, same=True), decide("B", 2, "C", 2, same=True)])
    assert links.candidates == ((0, 1), (1, 2))
    assert links.clusters == (0, 0, 0)


def test_different_inside_a_joined_case_is_refused_naming_rows_only() -> None:
    three = table(referral("A", 2), referral("B", 5), referral("C", 9))
    decisions = [
        decide("A", 2, "B", 5, same=True), decide("B", 5, "C", 9, same=True), decide("A", 2, "C", 9, same=False)
    ]  # fmt: skip
    with pytest.raises(LinkageError) as caught:
        link_referrals(three, decisions)
    assert caught.value.code == "E-LINK-03"
    assert caught.value.where == "decision file, A row 2 and C row 9"


def test_contradicting_decisions_are_refused() -> None:
    decisions = [decide("A", 2, "B", 2, same=True), decide("B", 2, "A", 2, same=False)]
    with pytest.raises(LinkageError) as caught:
        link_referrals(table(referral("A", 2), referral("B", 2)), decisions)
    assert caught.value.code == "E-LINK-02"


def test_a_decision_said_twice_is_no_contradiction() -> None:
    decisions = [decide("A", 2, "B", 2, same=True), decide("B", 2, "A", 2, same=True)]
    assert link_referrals(table(referral("A", 2), referral("B", 2)), decisions).clusters == (0, 0)


def test_two_files_under_one_agency_name_are_refused() -> None:
    with pytest.raises(LinkageError) as caught:
        link_referrals(table(referral("A", 2), referral("A", 2, day=900)))
    assert caught.value.code == "E-LINK-04"


@pytest.mark.parametrize("rules", [{"max_days": -1}, {"count_tolerance": -1}])
def test_a_negative_rule_is_refused(rules: dict[str, int]) -> None:
    with pytest.raises(LinkageError) as caught:
        DuplicateRules(**rules)
    assert caught.value.code == "E-LINK-01"


def test_a_decision_for_an_impossible_pair_is_not_used_and_counted() -> None:
    links = link_referrals(table(referral("A", 2), referral("B", 2, day=900)), [decide("A", 2, "B", 2, same=True)])
    assert links.clusters == (0, 1)
    assert links.quality.same_not_proposed == 1


def test_a_decision_whose_row_is_gone_is_counted() -> None:
    links = link_referrals(table(referral("A", 2)), [decide("A", 2, "B", 7, same=True)])
    assert links.quality.decisions_without_row == 1


def test_two_referrals_of_one_agency_in_one_case_are_counted() -> None:
    three = table(referral("A", 2), referral("A", 3), referral("B", 2))
    links = link_referrals(three, [decide("A", 2, "B", 2, same=True), decide("A", 3, "B", 2, same=True)])
    assert links.clusters == (0, 0, 0)
    assert links.quality.clusters_with_agency_twice == 1


def test_undecided_pairs_never_join_what_was_decided_to_be_different() -> None:
    three = table(referral("A", 2), referral("B", 2), referral("C", 2))
    links = link_referrals(three, [decide("A", 2, "C", 2, same=False)])
    fewest = links.clusters_if_undecided_same
    assert fewest[0] != fewest[2]
    assert len(set(fewest)) == 2


@given(
    st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 60), st.sampled_from(["PH", "MX"])), max_size=25),
    st.data(),
)
def test_quality_adds_up_and_clusters_follow_the_decisions(
    drawn: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    rows = [referral(agency, n, day=day, country=country) for n, (agency, day, country) in enumerate(drawn)]
    links = link_referrals(table(*rows))
    chosen = [pair for pair in links.candidates if data.draw(st.booleans())]
    decisions = [decide(rows[a].agency, a, rows[b].agency, b, same=True) for a, b in chosen]
    linked = link_referrals(table(*rows), decisions)
    q = linked.quality
    assert q.candidates == q.decided_same + q.decided_different + q.undecided == len(linked.candidates)
    assert all(linked.clusters[a] == linked.clusters[b] for a, b in chosen)
    assert len(set(linked.clusters)) >= len(rows) - len(chosen)
    assert len(set(linked.clusters_if_undecided_same)) <= len(set(linked.clusters))
    assert list(dict.fromkeys(linked.clusters)) == list(range(len(set(linked.clusters))))
