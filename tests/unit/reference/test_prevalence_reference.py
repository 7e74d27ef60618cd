"""Reference tables of prevalence: dated, sourced, and of a plausible world."""

from __future__ import annotations

from datetime import date

from darkfigure.reference.countries import countries
from darkfigure.reference.country_centroids import country_centroids
from darkfigure.reference.denominators import delegated_denominators, philippine_address_space
from darkfigure.reference.reporting_breaks import reporting_breaks


def test_every_country_has_one_point_and_its_own_number():
    points = country_centroids()
    assert set(points) == set(countries())
    assert len({p.iso_numeric for p in points.values()}) == len(points)
    assert all(-180 <= p.lon <= 180 and -90 <= p.lat <= 90 for p in points.values())


def test_points_lie_where_the_countries_are():
    inside = {
        "PH": (117, 127, 4, 20),
        "US": (-125, -67, 24, 50),
        "NZ": (166, 179, -48, -34),
        "FJ": (176, 180, -20, -12),
    }
    for code, (west, east, south, north) in inside.items():
        point = country_centroids()[code]
        assert west <= point.lon <= east, code
        assert south <= point.lat <= north, code


def test_the_address_space_is_dated_sourced_and_in_order():
    space = philippine_address_space()
    assert [d.as_of for d in space] == sorted(d.as_of for d in space)
    assert all(d.source and d.basis and d.addresses > 0 and d.role == "alternative" for d in space)
    assert len({d.name for d in space}) == len(space)


def test_delegations_are_asked_at_the_declared_date_and_once_for_each_window_end():
    class Register:
        def total(self, country: str, at: date) -> int:
            assert country == "PH"
            return at.year * 1_000

    ends = [date(2015, 12, 31), date(2014, 12, 31), date(2014, 12, 31)]
    found = delegated_denominators(Register(), country="PH", declared=date(2016, 6, 1), window_ends=ends, source="r")
    assert [(d.role, d.addresses) for d in found] == [
        ("declared", 2_016_000), ("year-matched", 2_014_000), ("year-matched", 2_015_000),
    ]  # fmt: skip


def test_reporting_changes_are_in_order_and_name_their_source():
    found = reporting_breaks()
    assert list(found) == sorted(found)
    assert all(b.source and b.precision in ("day", "month", "year") for b in found)
    assert all((b.start.month, b.start.day) == (1, 1) for b in found if b.precision == "year")
    assert all(b.start.day == 1 for b in found if b.precision == "month")
