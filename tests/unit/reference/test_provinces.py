"""The table of provinces: complete, with a tile of its own for each."""

import re

from darkfigure.reference.provinces import province_codes, provinces


def test_every_province_of_the_period_is_there_once():
    table = provinces()
    assert len(table) == 82
    assert len(province_codes()) == 82
    assert [p.code for p in table] == sorted(p.code for p in table)
    assert all(re.fullmatch(r"PH-(00|[A-Z]{3})", p.code) for p in table)
    assert len({p.name for p in table}) == 82


def test_regions_are_those_of_2017():
    regions = {p.region_code: p.region_name for p in provinces()}
    assert len(regions) == 17
    assert "PH-18" not in regions, "the Negros Island Region was dissolved in August 2017"
    assert {p.code for p in provinces() if p.region_code == "PH-00"} == {"PH-00"}
    assert {p.code for p in provinces() if p.region_code == "PH-40"} == {
        "PH-BTG",
        "PH-CAV",
        "PH-LAG",
        "PH-QUE",
        "PH-RIZ",
    }


def test_every_province_has_a_tile_of_its_own_near_its_region():
    table = provinces()
    assert len({(p.tile_col, p.tile_row) for p in table}) == 82
    for province in table:
        if province.code in ("PH-00", "PH-BTN", "PH-PLW"):
            continue  # one tile in its region, and two islands far from theirs
        reach = min(
            max(abs(province.tile_col - other.tile_col), abs(province.tile_row - other.tile_row))
            for other in table
            if other is not province and other.region_code == province.region_code
        )
        assert reach <= 3, province.code


def test_tiles_keep_the_directions_of_the_country():
    tile = {p.code: (p.tile_col, p.tile_row) for p in provinces()}
    north_to_south = ["PH-BTN", "PH-CAG", "PH-00", "PH-CEB", "PH-BUK", "PH-SAR"]
    assert [tile[code][1] for code in north_to_south] == sorted(tile[code][1] for code in north_to_south)
    west_to_east = ["PH-PLW", "PH-ILI", "PH-CEB", "PH-LEY", "PH-EAS"]
    assert [tile[code][0] for code in west_to_east] == sorted(tile[code][0] for code in west_to_east)
