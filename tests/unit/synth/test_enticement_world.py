from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.reference.regions import region_maps
from darkfigure.synth.enticement_world import _COUNTRY_WEIGHTS, simulate_enticement, write_enticement


@pytest.mark.parametrize("seed", [1, 2020])
def test_each_region_is_touched_by_the_published_number_of_distinct_reports(seed: int) -> None:
    world = simulate_enticement(seed=seed, size="full")
    region_of = region_maps().study.region_of
    touched: dict[str, set[str]] = {}
    for report_id, _, codes in world.rows:
        countries = codes.split(";")
        if len(countries) > 1 and not {"AN", "XX"} & set(countries):
            for code in countries:
                touched.setdefault(region_of.get(code, ""), set()).add(report_id)
    found = {region: len(reports) for region, reports in touched.items() if region}
    assert found == {
        "North America": 3225, "Europe": 1649, "Asia/Pacific": 819, "Latin America": 401, "Middle East": 37
    }  # fmt: skip
    assert touched[""]


def test_countries_lie_in_the_regions_they_are_drawn_for() -> None:
    for region, countries in _COUNTRY_WEIGHTS.items():
        assert {region_maps().study.region(code) for code in countries} == {region}
        assert sum(countries.values()) == pytest.approx(1)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_enticement(simulate_enticement(seed=seed, size="small"), tmp_path / name)
    first, second, other = (
        (tmp_path / name / "input" / "enticement" / "multi-country-reports.csv").read_bytes() for name in "abc"
    )
    assert first == second != other


def test_reports_of_one_and_of_several_regions_both_occur() -> None:
    world = simulate_enticement(seed=3, size="small")
    region = region_maps().study.region
    numbers = {len({region(code) for code in codes.split(";")}) for _, _, codes in world.rows[:-9]}
    assert {1, 2, 3} <= numbers
    assert len({report_id for report_id, _, _ in world.rows}) == len(world.rows) - 3
