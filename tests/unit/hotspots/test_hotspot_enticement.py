from __future__ import annotations

from pathlib import Path

import pytest
from partner_study import MULTI_COUNTRY_OPTIONS, read_enticement_study

from darkfigure.hotspots import analyse_multi_country
from darkfigure.intake.dates import day_number
from darkfigure.records.aggregate import Answer, Finding, Missing, Reason, Table
from darkfigure.records.restricted import MultiCountryReport, MultiCountryTable
from darkfigure.reference.regions import NO_REGION, region_maps
from darkfigure.synth.enticement_world import simulate_enticement, write_enticement

START = day_number(MULTI_COUNTRY_OPTIONS.period_start)


def ask(*countries: str, day: int = 10) -> Answer:
    reports = [
        MultiCountryReport(report_key=str(n), day=START + day, countries=frozenset(codes.split()))
        for n, codes in enumerate(countries)
    ]
    return analyse_multi_country(MultiCountryTable(tuple(reports)), options=MULTI_COUNTRY_OPTIONS)


def finding(answer: Answer, name: str) -> Finding:
    return next(f for f in answer.findings if f.id == name)


def table(answer: Answer, name: str) -> Table:
    return next(t for t in answer.tables if t.id == name)


def row(answer: Answer, name: str, label: str) -> tuple[object, ...]:
    return next(r for r in table(answer, name).rows if r[0] == label)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder: Path = tmp_path_factory.mktemp("study")
    write_enticement(simulate_enticement(seed=2020, size="full"), folder)
    reports, audit = read_enticement_study(folder)
    assert {(r.rule, r.rows) for r in audit.accounts[0].refusals} == {
        ("report-repeated", 3), ("too-few-countries", 4), ("country-unknown", 2)
    }  # fmt: skip
    return analyse_multi_country(reports, options=MULTI_COUNTRY_OPTIONS, digests=audit.digests())


def test_published_counts_come_out_of_the_delivery(full: Answer) -> None:
    regions = {r[0]: r[1] for r in table(full, "enticement-by-region").rows if r[0] != NO_REGION}
    assert regions == {
        "North America": 3225, "Europe": 1649, "Asia/Pacific": 819, "Latin America": 401, "Middle East": 37
    }  # fmt: skip
    assert finding(full, "enticement-region-sum").value == 6131
    assert finding(full, "enticement-asia-pacific-rank").value == 3
    assert finding(full, "enticement-fewest-countries").value == 2
    assert finding(full, "enticement-asia-pacific-mixed-countries").value == 6
    assert finding(full, "enticement-asia-pacific-source-countries").value == 6
    assert (finding(full, "enticement-first-year").value, finding(full, "enticement-last-year").value) == (2010, 2017)


def test_a_report_counts_once_in_each_region_it_touches() -> None:
    answer = ask("US CA PH", "US GB", "PH TH")
    assert row(answer, "enticement-by-region", "North America")[1:6] == (2, 2 / 3, 0, 2, 3)
    assert row(answer, "enticement-by-region", "Asia/Pacific")[1:6] == (2, 2 / 3, 1, 1, 3)
    assert finding(answer, "enticement-distinct").value == 3
    assert finding(answer, "enticement-region-sum").value == 5


def test_fractional_counts_share_each_report_out_among_its_countries() -> None:
    answer = ask("US CA PH", "US GB", "PH TH")
    assert row(answer, "enticement-by-region", "North America")[6] == pytest.approx(2 / 3 + 1 / 2)
    assert sum(table(answer, "enticement-by-region").column("fractional")) == pytest.approx(3)
    assert sum(table(answer, "enticement-by-country").column("fractional")) == pytest.approx(3)


def test_pairs_hold_reports_between_regions_and_within_one() -> None:
    answer = ask("US CA PH", "US GB", "PH TH", "GB DE FR")
    pairs = {(a, b): n for a, b, n in table(answer, "enticement-region-pairs").rows}
    assert pairs[("Asia/Pacific", "Asia/Pacific")] == 1
    assert pairs[("Asia/Pacific", "North America")] == 1
    assert pairs[("Europe", "Europe")] == 1
    assert pairs[("Europe", "North America")] == 1
    assert pairs[("North America", "North America")] == 1
    assert pairs[("Asia/Pacific", "Europe")] == 0
    assert sum(pairs.values()) == 5


def test_countries_the_map_leaves_out_are_shown_and_not_ranked() -> None:
    answer = ask("US GH", "US CA")
    left_out = table(answer, "enticement-by-region").rows[-1]
    assert left_out[:2] == (NO_REGION, 1)
    assert left_out[-1] is Missing.NOT_APPLICABLE
    assert finding(answer, "enticement-no-region").value == 1
    assert finding(answer, "enticement-region-sum").value == 2
    assert "enticement-asia-pacific-rank" not in {f.id for f in answer.findings}


def test_another_map_moves_doubtful_countries() -> None:
    answer = ask("US MX", "IN PH", "TR GB")
    maps = region_maps()
    counts = {(r[0], r[1]): r[2] for r in table(answer, "enticement-region-sensitivity").rows}
    assert counts[(maps.study.label, "Latin America")] == 1
    assert (maps.alternative.label, "Latin America") not in counts
    assert counts[(maps.alternative.label, "South Asia")] == 1
    assert counts[(maps.alternative.label, "Middle East")] == 1
    assert counts[(maps.un.label, "Asia")] == 2


def test_reports_outside_the_period_do_not_count() -> None:
    refusal = finding(ask("US GB", day=-1), "enticement-distinct").refusal
    assert refusal is not None
    assert refusal.reason is Reason.NO_DATA


def test_ties_share_the_better_rank() -> None:
    ranks = {r[0]: r[-1] for r in table(ask("US PH", "GB AU", "US GB"), "enticement-by-region").rows}
    assert ranks == {"Asia/Pacific": 1, "Europe": 1, "North America": 1}


def test_number_of_regions_counts_every_report_once(full: Answer) -> None:
    per_report = table(full, "enticement-regions-per-report")
    assert sum(per_report.column("reports")) == finding(full, "enticement-distinct").value
    several = finding(full, "enticement-several-regions-share")
    assert several.numerator == sum(per_report.column("reports")[1:])
