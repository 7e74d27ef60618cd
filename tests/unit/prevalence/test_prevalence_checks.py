"""The checks fire where the assumption is broken, stay silent where it holds, and the map counts reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from report_arrays import DECLARED, FIRST_DAY, LAST_DAY, PERIOD, closed_world, entries_of, keys_of, options, reports_of

from darkfigure.histories import Window
from darkfigure.linkage.sightings import SelectionRules
from darkfigure.prevalence import CheckLimits, analyse_prevalence
from darkfigure.prevalence.checks import PooledTotal, WindowEvidence, quick_checks
from darkfigure.prevalence.coreported import coreported_countries, coreported_table
from darkfigure.prevalence.growth import growth_in_words, ratio_of
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.records.aggregate import Interval, Missing, NotEstimable, PopulationEstimate, Reason
from darkfigure.records.restricted import AddressSpace, Flag

DAYS = LAST_DAY - FIRST_DAY + 1


def world_of(entity, day, service=None):
    order = np.argsort(day, kind="stable")
    time = np.asarray(day)[order].astype(np.int64) * 86_400
    service = np.zeros(time.size) if service is None else np.asarray(service)[order]
    return reports_of(time, service=service), entries_of(range(time.size), keys_of(np.asarray(entity)[order]), time)


def poisson_sightings(n: int, rate: float, rng: np.random.Generator):
    entity = np.repeat(np.arange(n), rng.poisson(rate * 3, n))
    return entity, FIRST_DAY + rng.integers(0, DAYS, entity.size)


def codes(world, year: int = 2014, **changes) -> set[str]:
    made = analyse_prevalence(*world, options=options(**changes), denominators=[DECLARED])
    rows = next(t for t in made.tables if t.id == "trust-checks").rows
    fired = {r[6] for r in rows if r[0] == f"{year}-12-31" and r[5] == "caution"}
    finding = next(f for f in made.findings if f.id == f"addresses-estimated-{year}")
    assert {c.code for c in finding.cautions} >= fired
    return fired


def test_a_closed_world_with_steady_reporting_gives_no_caution():
    for seed in range(6):
        assert codes(closed_world(seed=seed)) == set()


def test_leases_show_as_churn():
    rng = np.random.default_rng(3)
    entity, day = poisson_sightings(20_000, 3.0, rng)
    begin = rng.uniform(FIRST_DAY - 90, LAST_DAY, 20_000)[entity]
    alive = (day >= begin) & (day < begin + 90)
    assert "C-CHURN" in codes(world_of(entity[alive], day[alive]))


def test_leases_so_short_that_nothing_recurs_late_still_show_as_churn():
    rng = np.random.default_rng(3)
    entity, day = poisson_sightings(40_000, 6.0, rng)
    begin = rng.uniform(FIRST_DAY - 30, LAST_DAY, 40_000)[entity]
    alive = (day >= begin) & (day < begin + 30)
    assert "C-CHURN" in codes(world_of(entity[alive], day[alive]))


def test_repeated_reports_of_one_event_show_as_clusters_until_they_are_collapsed():
    rng = np.random.default_rng(5)
    entity, day = poisson_sightings(3_000, 0.8, rng)
    again = rng.random(entity.size) < 0.5
    repeated = np.minimum(day[again] + 6, LAST_DAY)
    world = world_of(np.concatenate([entity, entity[again]]), np.concatenate([day, repeated]))
    assert "C-CLUSTERED" in codes(world)
    collapsed = replace(options().selection, collapse_bundle_hours=24.0 * 7)
    assert "C-CLUSTERED" not in codes(world, selection=collapsed)


def test_addresses_that_come_into_use_within_the_year_show_as_not_closed():
    rng = np.random.default_rng(7)
    entity, day = poisson_sightings(4_000, 2.0, rng)
    late = (entity % 2 == 0) & (day < LAST_DAY - 182)
    assert "C-NOT-CLOSED" in codes(world_of(entity[~late], day[~late]))


def test_more_reports_than_the_year_before_show_as_effort():
    rng = np.random.default_rng(8)
    entity, day = poisson_sightings(2_000, 2.0, rng)
    fewer = (day < LAST_DAY - 364) & (rng.random(day.size) < 0.5)
    world = world_of(entity[~fewer], day[~fewer])
    assert "C-EFFORT-GREW" in codes(world)
    assert "C-EFFORT-GREW" not in codes(world, limits=CheckLimits(effort_growth=3.0))
    assert "C-EFFORT-GREW" not in codes(world, year=2013)


@pytest.mark.parametrize(("chapman_lower", "fires"), [(1_050, True), (900, False)])
def test_two_halves_far_above_the_weeks_are_a_caution_only_beyond_their_noise(chapman_lower, fires):
    halves, weeks = estimate_of(2_000, chapman_lower, 5_000), estimate_of(800, 700, 1_000)
    window = Window(PERIOD[1], 365)
    results = {"chapman": halves, "chao-bc": weeks}
    entry = WindowEstimates(window=window, observed=1, headline=weeks, results=results, full=False, recaptures=50)
    nothing = PooledTotal(0, 0)
    evidence = WindowEvidence(
        received=np.zeros(0, dtype=np.int64), first_day=FIRST_DAY, halves={window: (nothing, nothing)}
    )
    fired = {c.code for c in quick_checks(entry, evidence, options=options())}
    assert fired == ({"C-CHURN", ""} if fires else {""})


def test_a_service_with_addresses_of_its_own_shows_when_it_is_left_out():
    rng = np.random.default_rng(9)
    entity, day = poisson_sightings(3_000, 1.5, rng)
    own = (entity < 2_000).astype(np.int16)
    world = world_of(entity, day, service=1 - own)
    assert "C-SERVICE-DOMINATES" in codes(world)
    made = analyse_prevalence(*world, options=options(), denominators=[DECLARED])
    rows = {(r[0], r[1]): r for r in next(t for t in made.tables if t.id == "service-estimates").rows}
    assert rows["Dec 2014", "Service A"][4] <= 2_000 <= rows["Dec 2014", "Service A"][5]
    assert rows["Dec 2014", "Service B"][4] <= 1_000 <= rows["Dec 2014", "Service B"][5]


def test_windows_that_overlap_say_so_in_their_table_and_year_ends_do_not():
    made = analyse_prevalence(*closed_world(), options=options(), denominators=[DECLARED])
    checks = {r[0]: r[5] for r in next(t for t in made.tables if t.id == "window-checks").rows}
    assert next(iter(checks.values())) is Missing.NOT_APPLICABLE
    assert sum("C-OVERLAPPING-WINDOWS" in str(c) for c in checks.values()) == len(checks) - 1
    for f in made.findings:
        assert "C-OVERLAPPING-WINDOWS" not in {c.code for c in f.cautions}


RULES = SelectionRules(country="PH", period_start=PERIOD[0], period_end=PERIOD[1])


def linked(report, country, **columns):
    time = np.full(len(report), (LAST_DAY - 10) * 86_400)
    reports = reports_of(np.full(max(report) + 1, time[0]))
    keys = columns.pop("keys", range(len(report)))
    events = entries_of(report, keys_of(keys), time, country=country, **columns)
    return coreported_countries(reports, events, rules=RULES, period=PERIOD)


def test_a_report_counts_once_for_each_country_and_only_with_an_address_of_the_study_country():
    found = linked(
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 4], [b"PH", b"US", b"US", b"GB", b"PH", b"US", b"US", b"GB", b"PH", b"ZZ"]
    )
    assert found.rows == (("US", 2, 3), ("GB", 1, 1))
    assert (found.home_reports, found.linked_reports) == (3, 2)


def test_the_same_foreign_address_in_two_reports_is_one_address():
    found = linked([0, 0, 1, 1], [b"PH", b"US", b"PH", b"US"], keys=[1, 9, 2, 9])
    assert found.rows == (("US", 2, 1),)


def test_proxies_private_addresses_and_other_days_make_no_link():
    for columns in (
        {"proxy": [Flag.NO, Flag.YES]},
        {"space": [AddressSpace.PUBLIC, AddressSpace.PRIVATE]},
        {"space": [AddressSpace.PRIVATE, AddressSpace.PUBLIC]},
    ):
        assert linked([0, 0], [b"PH", b"US"], **columns).rows == ()
    time = np.array([(LAST_DAY + 1) * 86_400])
    late = coreported_countries(
        reports_of(time), entries_of([0, 0], keys_of([1, 2]), np.repeat(time, 2), country=[b"PH", b"US"]),
        rules=RULES, period=PERIOD,
    )  # fmt: skip
    assert late.rows == ()


def test_the_map_table_has_a_point_and_a_class_for_each_known_country():
    found = coreported_table(linked([0, 0, 0], [b"PH", b"AU", b"ZZ"]))
    rows = {r[0]: r for r in found.rows}
    assert rows["AU"][1] == "Australia"
    assert 110 < rows["AU"][2] < 155
    assert -45 < rows["AU"][3] < -10
    assert rows["AU"][6] == "1 to 9"
    assert rows["ZZ"][2] is Missing.NOT_APPLICABLE
    assert rows["ZZ"][1] == "Country not known"


def estimate_of(total: float, lower: float, upper: float) -> PopulationEstimate:
    return PopulationEstimate(
        method="x", n_observed=1, n_total=total, interval=Interval(lower, upper, 0.95, "x"), standard_error=1.0
    )


def test_the_interval_of_a_ratio_covers_as_often_as_it_says():
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(2_000):
        a, b = np.exp(rng.normal(np.log([3_000, 1_000]), [0.05, 0.1]))
        made = ratio_of(
            estimate_of(a, a * np.exp(-1.96 * 0.05), a * np.exp(1.96 * 0.05)),
            estimate_of(b, b * np.exp(-1.96 * 0.1), b * np.exp(1.96 * 0.1)),
        )
        inside += made[1].lower <= 3 <= made[1].upper
    assert 0.935 < inside / 2_000 < 0.965


def test_a_ratio_with_a_refusal_is_none_and_an_open_end_stays_open():
    refused = NotEstimable(method="x", reason=Reason.NO_OVERLAP, explanation="none")
    assert ratio_of(refused, estimate_of(1, 1, 1)) is None
    assert ratio_of(estimate_of(4, 2, float("inf")), estimate_of(2, 1, 4))[1].upper == float("inf")
    assert ratio_of(estimate_of(4, 2, 8), estimate_of(2, 1, float("inf")))[1].lower == 0.0


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((4.1, 5), "more than quadrupled"),
        ((3.1, 4.5), "more than tripled"),
        ((2.9, 4.5), "more than doubled"),
        ((1.1, 4.5), "rose"),
        ((0.9, 4.5), "did not clearly change"),
        ((0.6, 0.9), "fell"),
        ((0.2, 0.4), "more than halved"),
    ],
)
def test_words_for_growth_claim_no_more_than_the_interval(ends, words):
    assert growth_in_words(Interval(*ends, 0.95, "x")) == words


def test_windows_of_a_study_year_are_named_by_month_and_year():
    made = analyse_prevalence(*closed_world(n=300), options=options(), denominators=[DECLARED])
    assert next(t for t in made.tables if t.id == "year-end-estimates").column("label") == (
        "Dec 2012", "Dec 2013", "Dec 2014",
    )  # fmt: skip
    assert PERIOD[1] == date(2014, 12, 31)
