"""A review of four files, counted by hand."""

import pytest
from nature_tables import (
    a_case,
    a_customer,
    a_review,
    a_trafficker,
    a_victim,
    cell,
    codes,
    finding,
    small_review,
    table,
)

from darkfigure.nature import NatureOptions, UnknownConvention, analyse_nature
from darkfigure.nature.abuse_length import BANDS, band_of
from darkfigure.nature.traffickers import composition_of
from darkfigure.nature.victim_ages import band_labels
from darkfigure.records.aggregate import ColumnKind, Missing, Question
from darkfigure.records.restricted import RelationInGroup, Sex, Victim


@pytest.fixture(scope="module")
def answer():
    return analyse_nature(small_review(), None, options=NatureOptions(), digests=("d",))


def value(answer, finding_id):
    return finding(answer, finding_id).value


def test_cases(answer):
    assert value(answer, "case-files") == 4
    abroad = finding(answer, "cases-international-referral")
    assert (abroad.numerator, abroad.base, abroad.known, abroad.value) == (2, 4, 3, 0.5)
    with_victims = finding(answer, "cases-with-victims-international-referral")
    assert (with_victims.numerator, with_victims.base, with_victims.value) == (1, 3, pytest.approx(1 / 3))
    assert (value(answer, "cases-latest-year"), value(answer, "cases-last-year")) == (2, "2016")


def test_years_without_a_file_stand_as_zero(answer):
    years = table(answer, "cases-by-year")
    assert years.column("year") == ("2011", "2012", "2013", "2014", "2015", "2016")
    assert years.column("cases") == (1, 0, 0, 1, 0, 2)
    assert years.column("victim_cases") == (0, 0, 0, 1, 0, 2)
    wide = analyse_nature(small_review(), None, options=NatureOptions(first_year=2010, last_year=2012), digests=())
    assert table(wide, "cases-by-year").column("year")[0] == "2010"
    assert table(wide, "cases-by-year").column("year")[-1] == "2016", "a file outside the period is not dropped"
    late = analyse_nature(small_review(), None, options=NatureOptions(first_year=2015, last_year=2017), digests=())
    assert table(late, "cases-by-year").column("year") == ("2011", "2012", "2013", "2014", "2015", "2016", "2017")


def test_period_of_all_files_and_of_those_with_victims(answer):
    assert table(answer, "cases-period").column("year") == ("2011", "2016", "2014", "2016")


def test_victims(answer):
    assert (value(answer, "victims"), value(answer, "victim-cases")) == (6, 3)
    assert value(answer, "case-files-without-victims") == 1
    assert value(answer, "victims-per-case") == 2.0
    assert (finding(answer, "victims-female").numerator, finding(answer, "victims-male").numerator) == (5, 1)
    assert table(answer, "victims-by-case-size").column("victim_cases") == (1, 2, 0, 0, 0)
    large = analyse_nature(small_review(), None, options=NatureOptions(large_case_victims=3), digests=())
    assert value(large, "victim-cases-large") == 1
    assert "three victims or more" in finding(large, "victim-cases-large").statement
    assert table(large, "victims-by-case-size").column("victims_in_case") == ("1", "2", "3 or more")


def test_ages(answer):
    assert finding(answer, "victims-age-median").value == 11.0
    assert (finding(answer, "victims-age-median").known, finding(answer, "victims-age-median").unknown) == (5, 1)
    assert (value(answer, "victims-age-youngest"), value(answer, "victims-age-oldest")) == (0.0, 20.0)
    assert finding(answer, "victims-adult").numerator == 2
    assert cell(answer, "victims-by-age-band", "under 3", "victims") == 1
    assert cell(answer, "victims-by-age-band", "unknown", "victims") == 1
    assert cell(answer, "victims-by-age-band", "18 and over", "share_known") == pytest.approx(2 / 5)
    assert cell(answer, "victims-by-age-band", "18 and over", "share_all") == pytest.approx(2 / 6)


def test_adults_apart_are_those_without_a_minor_in_the_case(answer):
    # The adult of case 2 is alone; the one of case 3 is with a victim of unknown age; neither is with a minor.
    assert value(answer, "victims-adult-apart") == 2
    assert (value(answer, "victims-adult-apart-youngest"), value(answer, "victims-adult-apart-oldest")) == (18, 20)
    with_minor = a_review(cases=[a_case(1)], victims=[a_victim(1, 1, age_years=19), a_victim(1, 2, age_years=17)])
    other = analyse_nature(with_minor, None, options=NatureOptions(), digests=())
    assert value(other, "victims-adult-apart") == 0
    assert not [f for f in other.findings if f.id == "victims-adult-apart-oldest"]


def test_relation_to_the_trafficker(answer):
    parent = finding(answer, "victims-relation-parent")
    assert (parent.numerator, parent.known, parent.base, parent.value) == (2, 4, 6, 0.5)
    assert finding(answer, "victims-relation-any-relative").numerator == 3
    assert value(answer, "victims-relation-known") == 4
    assert cell(answer, "victims-by-relation", "biological parent", "bound_upper") == pytest.approx(4 / 6)
    assert cell(answer, "victims-by-relation", "unknown", "share_known") is Missing.NOT_APPLICABLE
    assert "C-UNKNOWN-MANY" in codes(parent.cautions)
    included = analyse_nature(
        small_review(), None, options=NatureOptions(relation_unknowns=UnknownConvention.INCLUDE), digests=()
    )
    assert finding(included, "victims-relation-parent").value == pytest.approx(2 / 6)
    assert "{base}" in finding(included, "victims-relation-parent").statement


def test_rescue_groups_come_from_the_groups(answer):
    assert value(answer, "victims-rescued") == 4
    together = finding(answer, "victims-rescued-together")
    assert (together.numerator, together.known, together.value) == (3, 4, 0.75)
    assert value(answer, "rescue-groups") == 2
    siblings = finding(answer, "victims-together-siblings")
    assert (siblings.numerator, siblings.base, siblings.known) == (2, 3, 2)
    assert siblings.value == pytest.approx(2 / 3)
    assert value(answer, "victims-together-unknown") == pytest.approx(1 / 3)
    assert cell(answer, "victims-by-relation-in-group", "siblings", "share_known") == 1.0
    assert table(answer, "rescue-groups-by-size").column("groups") == (1, 0, 1, 0, 0)
    assert "C-GROUP-CONFLICT" not in codes(together.cautions)


def test_a_flag_against_the_group_is_cautioned_and_the_group_decides():
    alone = {"rescued": True, "rescue_group": 4, "relation_in_group": RelationInGroup.RESCUED_ALONE}
    review = a_review(cases=[a_case(1), a_case(2)], victims=[a_victim(1, 1, **alone), a_victim(1, 2, **alone)])
    found = finding(analyse_nature(review, None, options=NatureOptions(), digests=()), "victims-rescued-together")
    assert found.numerator == 2
    assert "C-GROUP-CONFLICT" in codes(found.cautions)


def test_the_same_group_number_in_two_cases_is_two_groups():
    one = {"rescued": True, "rescue_group": 1, "relation_in_group": RelationInGroup.RESCUED_ALONE}
    review = a_review(cases=[a_case(1), a_case(2)], victims=[a_victim(1, 1, **one), a_victim(2, 1, **one)])
    answer = analyse_nature(review, None, options=NatureOptions(), digests=())
    assert value(answer, "rescue-groups") == 2
    assert finding(answer, "victims-rescued-together").numerator == 0


def test_length_of_abuse(answer):
    assert value(answer, "abuse-length-known") == 2
    assert value(answer, "abuse-length-mean") == 12.0
    assert (value(answer, "abuse-length-shortest"), value(answer, "abuse-length-longest")) == (6.0, 18.0)
    assert "C-LENGTH-BIASED" in codes(finding(answer, "abuse-length-mean").cautions)
    assert "{known}" in finding(answer, "abuse-length-mean").statement
    assert cell(answer, "victims-by-length-of-abuse", "unknown", "victims") == 4


def test_bands_of_length_have_no_gap():
    assert [band_of(m) for m in (1, 6, 7, 12, 13, 24, 25, 36, 37, 400)] == [
        label for label, _ in BANDS for _ in range(2)
    ]


def test_traffickers(answer):
    assert (value(answer, "traffickers"), value(answer, "trafficker-cases")) == (3, 2)
    assert value(answer, "trafficker-cases-multiple") == 1
    assert cell(answer, "trafficker-cases-by-composition", "female and male", "trafficker_cases") == 1
    assert (value(answer, "traffickers-age-youngest"), value(answer, "traffickers-age-oldest")) == (15, 36)
    assert value(answer, "traffickers-minors") == 1
    assert (value(answer, "traffickers-foreign"), finding(answer, "traffickers-filipino").numerator) == (1, 2)
    assert value(answer, "traffickers-arrested") == 2


@pytest.mark.parametrize(
    ("sexes", "expected"),
    [
        ([Sex.FEMALE, Sex.FEMALE], "all female"),
        ([Sex.TRANSGENDER, Sex.TRANSGENDER], "all transgender"),
        ([Sex.FEMALE, Sex.TRANSGENDER], "another mix"),
        ([Sex.FEMALE, Sex.MALE, Sex.TRANSGENDER], "another mix"),
        ([Sex.FEMALE, Sex.UNKNOWN], None),
    ],
)
def test_composition(sexes, expected):
    assert composition_of(sexes) == expected


def test_process(answer):
    paid = finding(answer, "process-commercial")
    assert (paid.numerator, paid.base, paid.known) == (2, 4, 3)
    assert finding(answer, "process-english").value == 1.0
    surface = finding(answer, "process-surface-web")
    assert (surface.numerator, surface.known, surface.base) == (1, 2, 3)
    assert table(answer, "process-channels").column("traffickers") == (1, 0, 1, 1)


def test_customers_are_counted_by_their_lead(answer):
    assert (value(answer, "customer-referrals"), value(answer, "customers-named")) == (2, 3)
    assert finding(answer, "customers-men").base == 2
    assert finding(answer, "customers-travelled").numerator == 1
    assert finding(answer, "customers-contact-abuse").value == 0.5
    assert (value(answer, "customers-age-youngest"), value(answer, "customers-age-oldest")) == (40, 57)
    assert "C-SELECTED-FILES" in codes(finding(answer, "customers-travelled").cautions)


def test_small_countries_stand_together(answer):
    assert table(answer, "customers-by-country").column("country") == ("other countries", "unknown", "all")
    assert not [f for f in answer.findings if f.id == "customers-top-country"]
    shown = analyse_nature(small_review(), None, options=NatureOptions(country_minimum=1), digests=())
    assert table(shown, "customers-by-country").column("country")[:2] == ("Australia", "United States")
    several = a_review(
        cases=[a_case(n, customer_information=True) for n in range(1, 8)],
        customers=[a_customer(n, 1, country=c) for n, c in enumerate(["SE", "US", "US", "US", "DE", None, "SE"], 1)],
    )
    answer = analyse_nature(several, None, options=NatureOptions(country_minimum=2), digests=())
    assert table(answer, "customers-by-country").column("country")[:2] == ("United States", "Sweden")
    assert value(answer, "customers-top-country") == "United States"
    top = finding(answer, "customers-top-country-share")
    assert (top.numerator, top.base, top.unknown) == (3, 7, 1)


def test_places(answer):
    places = table(answer, "places-victims-by-province")
    assert len(places.rows) == 82
    rows = {row[0]: row for row in places.rows}
    names = [c.name for c in places.columns]
    cebu, abra = (dict(zip(names, rows[code], strict=True)) for code in ("PH-CEB", "PH-ABR"))
    assert (cebu["victims"], cebu["cases"], cebu["arrests"], cebu["class_code"]) == (2, 1, 1, 2)
    assert (abra["victims"], abra["arrests"], abra["class_code"], abra["contributors"]) == (0, 1, 3, 1)
    assert rows["PH-AKL"][5:] == (0, 0, 0, 0, 0)
    assert (value(answer, "provinces-with-rescues"), value(answer, "provinces-with-arrests")) == (2, 2)
    assert table(answer, "places-by-class").column("class") == ("victims only", "victims and arrests", "arrests only")
    assert (value(answer, "places-victims-known"), value(answer, "places-arrests-known")) == (3, 2)


def test_network_shows_roles_and_numbers(answer):
    nodes = table(answer, "network-nodes")
    assert nodes.column("node") == (
        "Trafficker 1",
        "Customer 1",
        "Customer 2",
        "Victim 1",
        "Victim 2",
        "Victim 3",
        "Further suspects 1",
    )
    assert nodes.column("age_years")[:4] == (36, 57, Missing.NOT_STATED, 7)
    assert nodes.column("sex")[3:6] == ("girl", "girl", "boy")
    assert nodes.column("country")[:3] == ("Philippines", "Australia", "United States")
    assert (value(answer, "network-nodes"), value(answer, "network-people")) == (7, 11)
    assert (value(answer, "network-ties"), value(answer, "network-ties-expanded")) == (5, 9)
    assert (value(answer, "network-countries"), value(answer, "network-year")) == (3, "2016")


def test_a_state_of_proceedings_outside_the_list_is_not_shown(answer):
    assert table(answer, "network-nodes").column("status")[1:3] == ("sentenced", "not stated")
    assert "private remark" not in repr(answer)


def test_no_spotlight_no_network():
    answer = analyse_nature(a_review(cases=[a_case(1)]), None, options=NatureOptions(), digests=())
    assert not [t for t in answer.tables if t.id.startswith("network")]


def test_everything_is_of_this_question_with_inputs_and_estimand(answer):
    assert {f.question for f in answer.findings} | {t.question for t in answer.tables} == {Question.NATURE}
    assert {f.source_digests for f in answer.findings} == {("d",)}
    assert all(f.estimand and f.contributors is not None for f in answer.findings)
    assert sum(f.headline for f in answer.findings) == 2


def test_every_table_of_people_names_the_cases_behind_each_row(answer):
    for found in answer.tables:
        assert any(c.kind is ColumnKind.CONTRIBUTORS for c in found.columns), found.id
        for column in found.columns:
            if column.kind in (ColumnKind.SHARE, ColumnKind.ESTIMATE):
                assert column.derived_from, (found.id, column.name)


def test_statements_hold_no_number_and_no_retired_word(answer):
    for found in answer.findings:
        assert not any(character.isdigit() for character in found.statement), found.id
        for retired in ("prostitut", "pornograph", "child sex", "only "):
            assert retired not in found.statement.lower(), found.id


def test_nobody_gives_zeros_and_refusals():
    answer = analyse_nature(a_review(), None, options=NatureOptions(), digests=())
    assert value(answer, "victims") == 0
    refused = {f.id for f in answer.findings if f.refusal}
    assert {"victims-female", "victims-age-median", "victims-per-case", "abuse-length-mean"} <= refused
    assert all(f.refusal is None for f in answer.findings if f.unit in ("victims", "cases", "case files"))


def test_victims_of_one_case_give_a_share_without_interval():
    review = a_review(cases=[a_case(1)], victims=[a_victim(1, 1), a_victim(1, 2, sex=Sex.MALE)])
    found = finding(analyse_nature(review, None, options=NatureOptions(), digests=()), "victims-female")
    assert (found.value, found.interval) == (0.5, None)
    assert "{interval}" not in found.statement


def test_one_trafficker_alone():
    review = a_review(cases=[a_case(1), a_case(2)], traffickers=[a_trafficker(1, 1), a_trafficker(2, 1)])
    answer = analyse_nature(review, None, options=NatureOptions(), digests=())
    assert value(answer, "trafficker-cases-multiple") == 0
    assert cell(answer, "trafficker-cases-by-composition", "all", "trafficker_cases") == 0


def test_band_labels_name_single_ages():
    assert band_labels((0, 1, 2, 18)) == ("under 1", "1", "2 to 17", "18 and over")
    assert Victim.__dataclass_fields__["age_years"].type == "int | None"
