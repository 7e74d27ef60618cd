"""The whole prevalence answer on small closed worlds: accounts, determinism, refusals, and what moves what."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from report_arrays import DECLARED, LAST_DAY, PERIOD, closed_world, entries_of, keys_of, options, reports_of

from darkfigure.disclosure.policy import Policy
from darkfigure.disclosure.primary import finding_rule
from darkfigure.errors import HistoriesError
from darkfigure.prevalence import analyse_prevalence
from darkfigure.records.aggregate import Answer, ColumnKind, Missing
from darkfigure.reference.denominators import Denominator
from darkfigure.reference.reporting_breaks import ReportingBreak

YEARS = (2012, 2013, 2014)


@pytest.fixture(scope="module")
def world():
    return closed_world()


@pytest.fixture(scope="module")
def answer(world) -> Answer:
    return run(world)


def run(world, opts=None, **more) -> Answer:
    more.setdefault("denominators", [DECLARED])
    return analyse_prevalence(*world, options=opts or options(), **more)


def finding(answer: Answer, name: str):
    return next(f for f in answer.findings if f.id == name)


def table(answer: Answer, name: str):
    return next(t for t in answer.tables if t.id == name)


def test_counts_are_those_of_the_raw_rows(world, answer):
    reports, events = world
    assert finding(answer, "reports-total").value == len(reports)
    entries = finding(run(world, entries_refused=7), "address-entries-total")
    assert (entries.value, entries.known, entries.unknown) == (len(events) + 7, len(events), 7)
    home = events.country == b"PH"
    assert finding(answer, "addresses-distinct-total").value == np.unique(events.address_key[home]).size
    for year in YEARS:
        received = reports.received[events.report].astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
        if year != 2012:  # 2012 has 366 days: its first day lies before the window
            seen = np.unique(events.address_key[home & (received == year)]).size
            assert finding(answer, f"addresses-observed-{year}").value == seen


def test_intervals_of_a_closed_world_hold_the_truth_and_rates_follow_the_denominator(answer):
    for year in YEARS:
        estimate, rate = finding(answer, f"addresses-estimated-{year}"), finding(answer, f"address-rate-{year}")
        assert estimate.interval.lower <= 1_200 <= estimate.interval.upper
        assert rate.value == pytest.approx(estimate.value / DECLARED.addresses * 10_000)
        assert rate.interval.upper == pytest.approx(estimate.interval.upper / DECLARED.addresses * 10_000)
        assert {c.code for c in estimate.cautions} <= {"C-CLOSURE-UNTESTED"}
    growth = finding(answer, "addresses-growth")
    assert growth.interval.lower < 1 < growth.interval.upper
    assert finding(answer, "addresses-growth-words").value == "did not clearly change"


def test_another_pseudonym_key_and_another_row_order_give_the_same_answer(world, answer):
    assert run(closed_world(salt=3)) == answer
    reports, events = world
    order = np.random.default_rng(1).permutation(len(events))
    shuffled = entries_of(
        events.report[order], events.address_key[order], events.time[order], country=events.country[order]
    )
    assert run((reports, shuffled)) == answer


def test_no_half_frequency_or_pseudonym_is_in_any_table(world, answer):
    columns = {c.name for t in answer.tables for c in t.columns}
    assert not columns & {"n1", "n2", "m", "n_first", "n_second", "n_both", "f1", "f2", "frequencies"}
    keys = {k.decode() for k in world[1].address_key}
    cells = {cell for t in answer.tables for row in t.rows for cell in row if isinstance(cell, str)}
    assert not any(key in cell for cell in cells for key in list(keys)[:50])


def test_estimates_are_withheld_with_the_count_they_come_from(answer):
    for name in ("window-estimates", "year-end-estimates", "service-estimates"):
        for column in table(answer, name).columns:
            if column.kind is ColumnKind.ESTIMATE:
                assert column.derived_from == ("observed",), (name, column.name)


def test_rows_that_rest_on_few_recaptures_can_be_withheld():
    """Five of forty addresses seen twice, far apart: the estimate exists, and the policy sees on how few it rests."""
    start = LAST_DAY - 364
    rows = [(e, start + 3 + 3 * e) for e in range(40)] + [(e, LAST_DAY - 2 - e) for e in range(5)]
    entity, day = (np.array(x) for x in zip(*sorted(rows, key=lambda r: r[1]), strict=True))
    world = reports_of(day * 86_400), entries_of(range(len(rows)), keys_of(entity), day * 86_400)
    made = run(world, options(headline="chapman"))
    for name in (
        "window-estimates",
        "window-panel",
        "panel-december",
        "year-end-estimates",
        "rates",
        "service-estimates",
    ):
        column = next(c for c in table(made, name).columns if c.name == "recaptures")
        assert column.kind is ColumnKind.CONTRIBUTORS
        assert table(made, name).column("recaptures")[-1] <= 5
    estimate = finding(made, "addresses-estimated-2014")
    assert estimate.value is not None
    assert estimate.contributors == finding(made, "address-rate-2014").contributors == 5
    assert finding_rule(estimate, Policy.default()) == "contributors"


def test_every_window_stands_in_the_tables_and_the_panel_only_where_declared(answer):
    rows = table(answer, "window-estimates").rows
    assert rows[-1][0] == "2014-12-31"
    assert [r[1] for r in rows if r[1] is not Missing.NOT_APPLICABLE] == ["Dec 2012", "Dec 2013", "Dec 2014"]
    assert len(table(answer, "window-checks").rows) == len(rows)
    with_panel = {r[0] for r in table(answer, "window-panel").rows}
    spread = {r[0] for r in rows if r[8] is not Missing.NOT_APPLICABLE}
    assert with_panel == spread
    assert len(with_panel) < len(rows) / 3
    assert {r[2] for r in table(answer, "panel-december").rows} == {"lincoln-petersen", "chapman", "chao-bc", "M0"}
    low, high = (finding(answer, f"addresses-panel-{end}-2014").value for end in ("lowest", "highest"))
    assert low <= finding(answer, "addresses-estimated-2014").value <= high


def test_the_weekly_series_adds_up_and_is_marked(world):
    mark = ReportingBreak(date(2013, 7, 22), "day", "A change", "a source")
    outside = ReportingBreak(date(2009, 1, 1), "year", "Too early", "a source")
    made = run(world, breaks=(mark, outside))
    weekly = table(made, "weekly-addresses")
    assert sum(weekly.column("reports")) == len(world[0])
    marked = [r[0] for r in weekly.rows if r[3] == "A change"]
    assert marked == ["2013-07-28"]
    assert weekly.rows[0][3] == "Part of a week"
    assert table(made, "reporting-breaks").column("text") == ("A change",)
    peak = finding(made, "weekly-peak-addresses").value
    assert peak == max(weekly.column("addresses"))
    busiest = next(r[0] for r in weekly.rows if r[1] == peak)
    assert finding(made, "weekly-peak-week").value == busiest


def test_a_service_that_begins_inside_the_period_is_marked():
    days = np.linspace((LAST_DAY - 1_000) * 86_400, LAST_DAY * 86_400, 400).astype(np.int64)
    late = days > (LAST_DAY - 300) * 86_400
    world = reports_of(days, service=late.astype(np.int16)), entries_of(range(400), keys_of(range(400)), days)
    texts = table(run(world), "reporting-breaks").column("text")
    assert texts == ("Service A stops reporting", "Service B begins to report")


def test_truth_is_shown_and_changes_nothing_else(world, answer):
    truth = {date(year, 12, 31): 1_200 for year in YEARS}
    shown = run(world, truth=truth)
    without = Answer(
        tuple(f for f in shown.findings if not f.id.startswith("truth-")),
        tuple(t for t in shown.tables if t.id != "window-truth"),
    )
    assert without == answer
    rows = table(shown, "window-truth").rows
    assert [r[1] for r in rows] == ["Dec 2012", "Dec 2013", "Dec 2014"]
    for r in rows:
        assert r[6] == pytest.approx(r[3] / 1_200 - 1)
        assert r[7] == ("yes" if r[4] <= 1_200 <= r[5] else "no")
    assert table(run(world, truth={date(2014, 12, 31): 700}), "window-truth").column("covered") == ("no",)
    assert table(run(world, truth={date(2014, 12, 31): 1_900}), "window-truth").column("covered") == ("no",)
    ratio = finding(shown, "truth-ratio-2014").value
    assert ratio == pytest.approx(finding(shown, "addresses-estimated-2014").value / 1_200)


def test_without_any_sighting_every_estimate_is_a_refusal_and_nothing_breaks():
    time = np.array([(LAST_DAY - 5) * 86_400])
    made = run((reports_of(time), entries_of([0], keys_of([1]), time, country=[b"US"])))
    for year in YEARS:
        assert finding(made, f"addresses-estimated-{year}").value is None
        assert finding(made, f"address-rate-{year}").refusal is not None
    assert finding(made, "addresses-growth").refusal is not None
    assert table(made, "coreported-countries").rows == ()
    assert finding(made, "reports-total").value == 1
    assert set(table(made, "window-estimates").column("n_total")) == {Missing.NOT_ESTIMABLE}


def test_an_estimate_below_what_was_seen_is_refused():
    """Addresses seen every week but for forty seen only on the day that no whole week holds."""
    start = LAST_DAY - 364
    always = [(e, start + 1 + 7 * w) for e in range(60) for w in range(52)]
    rows = always + [(100 + e, start) for e in range(40)]
    entity, day = (np.array(x) for x in zip(*rows, strict=True))
    world = reports_of(day * 86_400), entries_of(range(len(rows)), keys_of(entity), day * 86_400)
    dropped = options(windows=replace(options().windows, partial_week="drop"), headline="chapman")
    made = run(world, dropped)
    refused = finding(made, "addresses-estimated-2014")
    assert refused.refusal.reason.value == "check-failed"
    assert "C-BELOW-OBSERVED" in {c.code for c in refused.cautions}
    codes = {r[0]: r[5] for r in table(made, "window-checks").rows}
    assert "C-BELOW-OBSERVED" in codes["2014-12-31"]
    joined = run(world, options(headline="chapman"))
    assert finding(joined, "addresses-estimated-2014").value >= 100


def test_statements_and_findings_hold_the_study_country_and_the_assumptions(answer):
    for year in YEARS:
        f = finding(answer, f"addresses-estimated-{year}")
        assert "Philippine IPv4 addresses in use" in f.estimand
        assert "not people, not devices, not children" in f.estimand
        assert len(f.assumptions) >= 7
        assert f.statement.endswith(".")
    assert [f.id for f in answer.findings if f.headline] == ["addresses-estimated-2014", "address-rate-2014"]
    assert "{value:addresses-growth}" in finding(answer, "addresses-estimated-2014").statement
    assert "{value:addresses-growth}" not in finding(answer, "addresses-estimated-2012").statement


@pytest.mark.parametrize("wrong", [[], [DECLARED, DECLARED], [replace(DECLARED, addresses=0)]])
def test_there_must_be_one_declared_denominator(world, wrong):
    with pytest.raises(HistoriesError, match="E-HIST-06"):
        run(world, denominators=wrong)


@pytest.mark.parametrize("change", [{"headline": ""}, {"panel": ()}, {"level": 1.0}, {"panel_step_days": 30}])
def test_options_that_do_not_fit_are_refused(change):
    with pytest.raises(HistoriesError, match="E-HIST-05"):
        options(**change)


def test_year_matched_denominators_are_used_for_their_own_year_only(world):
    matched = [
        Denominator(
            name=f"at {year}", role="year-matched", as_of=date(year, 12, 31), addresses=1_000_000 + year, basis="b",
            source="s",
        )
        for year in (2012, 2013, 2015)
    ]  # fmt: skip
    other = replace(DECLARED, name="o", role="alternative", as_of=date(2020, 1, 1), addresses=2_000_000)
    made = run(world, denominators=[DECLARED, *matched, other])
    rows = [(r[1], r[2]) for r in table(made, "rates").rows]
    assert rows == [
        ("Dec 2012", "declared"), ("Dec 2012", "at 2012"), ("Dec 2012", "o"),
        ("Dec 2013", "declared"), ("Dec 2013", "at 2013"), ("Dec 2013", "o"),
        ("Dec 2014", "declared"), ("Dec 2014", "o"),
    ]  # fmt: skip
    assert table(made, "denominators").column("denominator") == ("declared", "at 2012", "at 2013", "o")
    half = [r[4] for r in table(made, "rates").rows if r[1] == "Dec 2014"]
    assert half[0] == pytest.approx(2 * half[1])


def test_printed_numbers_give_the_declared_denominator_back(answer):
    check = table(answer, "denominator-check")
    assert len(check.rows) == 3
    for _, low, high, declared, verdict, _ in check.rows:
        assert low <= declared <= high
        assert verdict == "holds"
        assert math.isfinite(high)


def test_the_selection_log_starts_from_all_entries(world, answer):
    steps = table(answer, "selection-steps")
    assert steps.rows[0][2] == len(world[1])
    assert steps.rows[-1][3] == finding(answer, "addresses-distinct-total").base
    assert PERIOD[1] == date(2014, 12, 31)
