from dataclasses import replace

import pytest
import release_fixture as rf

from darkfigure.disclosure import release
from darkfigure.disclosure.released import SUPPRESSED
from darkfigure.errors import StudyError
from darkfigure.records.aggregate import Answer, ColumnKind, Interval, Missing, Question, Reason, Refusal
from darkfigure.report.numbers import (
    and_list,
    cell_text,
    grouped,
    interval_words,
    measure,
    percent,
    quantity,
    significant,
    the_country,
)
from darkfigure.report.sentences import denominator_of, finding_text


def released(*findings, threshold=3):
    return release(Answer(tuple(findings)), rf.lenient(threshold), rf.face())


def spoken(finding, *others, threshold=3):
    made = released(finding, *others, threshold=threshold)
    return finding_text(made.findings[0], made)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (125_032, "reports", "125,032"),
        (81_723.4, "addresses", "81,700"),
        (999.6, "addresses", "1,000"),
        (0.0004, "share", "less than 1%"),
        (1.0, "share", "100%"),
        (0.996, "share", "more than 99%"),
        (0.5, "share", "50%"),
        (0.125, "share", "13%"),
        (2017, "year", "2017"),
        (42.54, "per 10,000", "43"),
        (3.4999, "ratio", "3.5"),
        (0.05, "kappa", "0.05"),
        ("Mexico", "country", "Mexico"),
    ],
)
def test_a_value_is_written_as_its_kind_asks(value, unit, text):
    assert quantity(value, unit) == text


def test_rounding_is_away_from_zero_and_minus_is_a_minus_sign():
    assert grouped(2.5) == "3"
    assert grouped(-1234.56, 1) == "\N{MINUS SIGN}1,234.6"
    assert significant(0.0012345) == pytest.approx(0.00123)
    assert significant(float("inf")) == float("inf")
    assert measure(9.96) == "10.0"
    assert percent(0.0) == "0%"


def test_intervals_name_an_open_end():
    assert interval_words(Interval(0.0, 0.002, 0.95, "exact"), "share") == "0 to less than 1%"
    assert interval_words(Interval(0.001, 0.5, 0.95, "exact"), "share") == "less than 1% to 50%"
    assert interval_words(Interval(5_000.0, float("inf"), 0.95, "profile"), "people") == "5,000 or more"


def test_lists_of_names_and_articles():
    assert and_list([]) == ""
    assert and_list(["A", "B"]) == "A and B"
    assert the_country("United States") == "the United States"


def test_zero_withheld_and_missing_cells_differ():
    share = rf.column("s", ColumnKind.SHARE, decimals=1)
    year = rf.column("y", ColumnKind.MEASURE, unit="year")
    estimate = rf.column("e", ColumnKind.ESTIMATE)
    texts = [cell_text(c, share) for c in (0.0, SUPPRESSED, Missing.NOT_STATED, 0.1234)]
    assert texts == ["0.0%", "withheld", "not stated", "12.3%"]
    assert cell_text(2014, year) == "2014"
    assert cell_text(81_723.4, estimate) == "81,700"


def test_a_sentence_is_filled_from_its_own_finding_and_from_others():
    one = rf.finding(
        "one", Question.NATURE, "{value} of {base}, {value:two} times, {interval}, {lower}, {upper}.", 0.25, "share",
        numerator=30, base=120, base_label="cases", interval=Interval(0.2, 0.3, 0.9, "wilson"),
    )  # fmt: skip
    two = rf.finding("two", Question.NATURE, "Twice.", 2.0, "ratio")
    text = spoken(one, two)
    assert text.sentence == "25% of 120, 2 times, 90% interval 20 to 30%, 20%, 30%."
    assert dict(text.facts)["Count"] == "30 of 120"
    assert dict(text.facts)["90% interval"] == "20 to 30% (wilson)"


def test_an_interval_already_named_is_not_named_twice():
    one = rf.finding("one", Question.NATURE, "{value} (interval {interval}).", 5.0, "years",
                     interval=Interval(4.0, 6.0, 0.95, "bootstrap"))  # fmt: skip
    assert spoken(one).sentence == "5 (interval 4 to 6)."


def test_a_withheld_finding_says_so_and_shows_no_number():
    hidden = rf.finding("hidden", Question.NATURE, "{value} of {base} victims ({numerator}).", 2, "victims",
                        numerator=2, base=71_349, base_label="victims")  # fmt: skip
    text = spoken(hidden)
    assert text.status == "withheld"
    assert text.sentence.startswith("What hidden counts: withheld to protect people")
    nameless = spoken(replace(hidden, estimand="", base_label=""))
    assert nameless.sentence.startswith("A number withheld to protect people of a withheld number victims")
    assert not any(ch.isdigit() for ch in text.sentence + str(text.facts))


def test_a_refusal_gives_its_reason_in_words():
    refusal = Refusal(Reason.NO_OVERLAP, "No address was seen twice.")
    text = spoken(rf.finding("no", Question.PREVALENCE, "{value}", None, "addresses", estimand="addresses in use",
                             refusal=refusal))  # fmt: skip
    assert text.status == "refused"
    assert text.sentence == "Addresses in use: not answered. No address was seen twice."
    assert ("Reason", "no overlap") in text.facts


def test_a_reference_to_a_refused_finding_reads_as_one():
    one = rf.finding("one", Question.NATURE, "It is {value:two}.", 1, "cases", protected=False)
    two = rf.finding("two", Question.NATURE, "{value}", None, "cases", refusal=Refusal(Reason.NO_DATA, "Nothing."))
    assert spoken(one, two).sentence == "It is a number that could not be estimated."


def test_e_study_50_a_statement_names_a_number_that_is_not_there():
    with pytest.raises(StudyError, match="E-STUDY-50"):
        spoken(rf.finding("one", Question.NATURE, "{value} of {base}.", 12, "cases"))


def test_e_study_51_a_statement_names_a_finding_that_is_not_there():
    with pytest.raises(StudyError, match="E-STUDY-51"):
        spoken(rf.finding("one", Question.NATURE, "{value:other}.", 12, "cases"))


@pytest.mark.parametrize(
    ("known", "base", "share", "whole"), [(24, 44, 17 / 44, 44), (24, 44, 17 / 24, 24), (24, 44, 0.9, None)]
)
def test_the_denominator_is_the_one_that_gives_the_share(known, base, share, whole):
    made = released(
        rf.finding("f", Question.NATURE, "{value}", 17 / 24, "share", numerator=17, known=24, unknown=20, base=44)
    )
    finding = replace(made.findings[0], known=known, base=base, value=share)
    assert denominator_of(finding) == whole


def test_a_country_takes_its_article():
    top = rf.finding("top", Question.NATURE, "The country named most often is {value}.", "United States", "country")
    other = rf.finding("share", Question.NATURE, "{value:top} comes first in {value}.", 0.5, "share")
    assert spoken(top).sentence == "The country named most often is the United States."
    assert spoken(other, top).sentence == "The United States comes first in 50%."


def test_the_small_print_says_what_the_sentence_does_not():
    said = rf.finding("said", Question.NATURE, "{value} ({numerator} of {base}; interval {interval}).", 0.25, "share",
                      numerator=30, base=120, known=120, unknown=0, base_label="cases",
                      interval=Interval(0.2, 0.3, 0.95, "wilson"))  # fmt: skip
    assert spoken(said).brief == (("Base", "120 cases"), ("Known and unknown", "known for all"))
    short = replace(said, statement="{value}.", known=100, unknown=20)
    assert [t for t, _ in spoken(short).brief] == ["Base", "Known and unknown", "Count", "95% interval"]
    assert ("Known and unknown", "known for 100, unknown for 20") in spoken(short).brief
