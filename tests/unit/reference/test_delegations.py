"""Reading address delegations: totals, look-up against brute force, and every way a file can be damaged."""

from __future__ import annotations

import csv
import ipaddress
from datetime import date
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.errors import IntakeError
from darkfigure.reference.delegations import read_delegations
from darkfigure.synth.delegation_file import FIRST_ADDRESS, simulate_delegations

ROWS = [
    "apnic|PH|ipv4|240.0.0.0|256|20080105|allocated|A1",
    "apnic|PH|ipv4|240.0.2.0|768|20150701|assigned|A2",
    "arin|US|ipv4|240.0.8.0|1024|19990101|allocated",
    "apnic|PH|ipv4|240.0.16.0|256||allocated|A3",
    "ripencc|EU|ipv4|240.0.32.0|256|20010101|allocated|A4",
    "apnic||ipv4|240.0.64.0|256||available|",
    "apnic|PH|asn|4200000000|2|20100101|allocated|A1",
    "apnic|PH|ipv6|2001:db8::|32|20100101|allocated|A1",
]


def text_of(rows, *, stated=None, newline="\n"):
    head = [
        "# comment",
        "",
        f"2.3|apnic|20181013|{len(rows) if stated is None else stated}|19990101|20181013|+1000",
        f"apnic|*|ipv4|*|{sum('ipv4' in r for r in rows)}|summary",
        "apnic|*|asn|*|1|summary",
    ]
    return newline.join([*head, *rows, ""])


@pytest.fixture
def read(tmp_path):
    def _read(text):
        path = tmp_path / "delegated.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_delegations(path, source="delegations")

    return _read


def numbers(*addresses):
    return np.array([int(ipaddress.ip_address(a)) for a in addresses], dtype=np.uint32)


def test_countries_by_address(read):
    delegations, audit = read(text_of(ROWS))
    asked = numbers("239.255.255.255", "240.0.0.0", "240.0.0.255", "240.0.1.0", "240.0.4.255", "240.0.5.0", "240.0.8.1",
                    "240.0.32.7", "240.0.64.1", "255.255.255.255")  # fmt: skip
    expected = [b"ZZ", b"PH", b"PH", b"ZZ", b"PH", b"ZZ", b"US", b"ZZ", b"ZZ", b"ZZ"]
    assert delegations.country_of(asked).tolist() == expected
    assert delegations.country_of(asked).dtype == "S2"
    account = audit.accounts[0]
    assert (account.rows_in, account.rows_accepted, account.rows_refused) == (8, 8, 0)
    assert delegations.countries() == ("PH", "US")


def test_totals_by_recorded_date_leave_undated_ranges_out(read):
    delegations, _ = read(text_of(ROWS))
    totals = [delegations.total("PH", at=date(*d)) for d in ((2008, 1, 4), (2008, 1, 5), (2015, 6, 30), (2015, 7, 1))]
    assert totals == [0, 256, 256, 1024]
    assert delegations.total("SE", date(2020, 1, 1)) == 0


def test_order_of_lines_line_ends_and_comments_do_not_matter(read):
    plain, _ = read(text_of(ROWS))
    for text in (
        text_of(ROWS[::-1]),
        text_of(ROWS, newline="\r\n"),
        text_of([*ROWS[:3], "# more", *ROWS[3:]], stated=8),
    ):
        other, audit = read(text)
        assert other.start.tolist() == plain.start.tolist()
        assert other.country.tolist() == plain.country.tolist()
        assert audit.accounts[0].rows_refused == 0


@pytest.mark.parametrize(
    ("line", "field", "rule"),
    [
        ("apnic|PH|ipv4|240.9.0.0|256", "record", "too-few-fields"),
        ("ripe|PH|ipv4|240.9.0.0|256|20100101|allocated", "registry", "registry-unknown"),
        ("apnic|PH|ipv5|240.9.0.0|256|20100101|allocated", "type", "type-unknown"),
        ("apnic|PH|ipv4|240.9.0.0|256|20100101|lent", "status", "status-unknown"),
        ("apnic|ph|ipv4|240.9.0.0|256|20100101|allocated", "cc", "country-malformed"),
        ("apnic||ipv4|240.9.0.0|256|20100101|allocated", "cc", "country-malformed"),
        ("apnic|PH|ipv4|240.9.0.0|0|20100101|allocated", "value", "value-malformed"),
        ("apnic|PH|ipv4|240.9.0.0|-256|20100101|allocated", "value", "value-malformed"),
        ("apnic|PH|ipv4|240.9.0.0|2 56|20100101|allocated", "value", "value-malformed"),
        ("apnic|PH|ipv4|240.9.0.0|256|20100230|allocated", "date", "date-malformed"),
        ("apnic|PH|ipv4|240.9.0.0|256|2010-1-1|allocated", "date", "date-malformed"),
        ("apnic|PH|ipv4|240.9.0|256|20100101|allocated", "start", "start-malformed"),
        ("apnic|PH|ipv4|240.9.0.256|256|20100101|allocated", "start", "start-malformed"),
        ("apnic|PH|ipv4|240.09.0.0|256|20100101|allocated", "start", "start-malformed"),
        ("apnic|PH|ipv4|255.255.255.0|257|20100101|allocated", "value", "range-too-long"),
        ("apnic|PH|asn|AS5|1|20100101|allocated", "start", "start-malformed"),
        ("apnic|PH|ipv6|2001:db8::|129|20100101|allocated", "start", "start-malformed"),
        ("apnic|PH|ipv4|240.0.0.128|256|20100101|allocated", "start", "range-overlaps"),
        ("apnic|PH|ipv4|240.0.0.0|256|20080105|allocated|A1", "start", "range-overlaps"),
        ("apnic|PH|ipv4|239.0.0.0|33554432|20080105|allocated|A1", "start", "range-overlaps"),
    ],
)
def test_a_damaged_line_is_refused_by_rule_and_the_rest_stays(read, line, field, rule):
    plain, _ = read(text_of(ROWS))
    delegations, audit = read(text_of([*ROWS, line]))
    account = audit.accounts[0]
    assert (account.rows_in, account.rows_accepted, account.rows_refused) == (9, 8, 1)
    (refused,) = audit.refused_rows
    assert (refused.row, refused.field, refused.rule) == (14, field, rule)
    assert delegations.start.tolist() == plain.start.tolist()
    assert "240.9" not in repr(audit)


def test_the_later_line_goes_when_ranges_overlap_wherever_they_start(read):
    delegations, audit = read(text_of(["apnic|PH|ipv4|240.9.0.0|512|20100101|allocated",
                                       "apnic|US|ipv4|240.8.0.0|131072|20100101|allocated"]))  # fmt: skip
    assert delegations.countries() == ("PH",)
    assert [r.row for r in audit.refused_rows] == [7]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda t: t.encode("utf-16"), "E-INTAKE-70"),
        (lambda t: t.encode() + b"\0", "E-INTAKE-70"),
        (lambda t: t.replace("A1", "\xc4"), "E-INTAKE-70"),
        (lambda t: b"", "E-INTAKE-71"),
        (lambda t: t.replace("2.3|apnic", "apnic"), "E-INTAKE-71"),
        (lambda t: t[: len(t) // 2], "E-INTAKE-72"),
        (lambda t: t + ROWS[0] + "\n", "E-INTAKE-72"),
        (lambda t: "\n".join(line for line in t.split("\n") if "US" not in line), "E-INTAKE-72"),
        (lambda t: text_of([r.replace("allocated", "lent").replace("assigned", "lent") for r in ROWS]), "E-INTAKE-73"),
    ],
)
def test_a_file_that_cannot_be_trusted_as_a_whole_is_refused(read, damage, code):
    with pytest.raises(IntakeError) as caught:
        read(damage(text_of(ROWS)))
    assert caught.value.code == code
    assert "240." not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(IntakeError) as caught:
        read_delegations(tmp_path / "nothing", source="delegations")
    assert caught.value.code == "E-INTAKE-70"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60), st.sampled_from(["PH", "US", "SE"])), min_size=1))
def test_look_up_agrees_with_brute_force(tmp_path_factory, ranges):
    """Whatever ranges a file holds, overlapping or not: of two that cover an address, the one kept is the earlier."""
    base = 240 << 24
    rows = [f"apnic|{c}|ipv4|{ipaddress.ip_address(base + s)}|{n}|20100101|allocated" for s, n, c in ranges]
    path = tmp_path_factory.mktemp("d") / "f.txt"
    path.write_text(text_of(rows))
    delegations, audit = read_delegations(path, source="d")
    gone = {r.row - 6 for r in audit.refused_rows}
    kept = [r for i, r in enumerate(ranges) if i not in gone]
    answer = delegations.country_of(np.arange(base, base + 500, dtype=np.uint32))
    for offset in range(500):
        covering = [c for s, n, c in kept if s <= offset < s + n]
        assert len(covering) <= 1
        assert answer[offset].decode() == (covering[0] if covering else "ZZ")
    for i in gone:
        s, n, _ = ranges[i]
        assert any(t < s + n and s < t + m for j, (t, m, _) in enumerate(ranges) if j < i)


@pytest.mark.parametrize("seed", [1, 2020])
def test_synthetic_file_gives_the_reference_series(read, seed):
    world = simulate_delegations(seed=seed)
    delegations, audit = read(world.text)
    assert audit.accounts[0].rows_refused == 0
    table = files("darkfigure.reference").joinpath("data/ph-ipv4-allocated.csv").read_text("utf-8").splitlines()
    series = {
        r["as_of"]: int(r["ipv4_addresses"]) for r in csv.DictReader(table) if r["basis"].startswith("cumulative")
    }
    assert len(series) == 10
    for day, addresses in series.items():
        assert delegations.total("PH", at=date.fromisoformat(day)) == addresses
    assert delegations.total("PH", at=date(2015, 12, 31)) == 5_484_800
    assert len(delegations.countries()) > 40


def test_synthetic_ranges_lie_in_space_nobody_holds_and_are_uneven(read):
    world = simulate_delegations(seed=4)
    assert world.start.min() >= FIRST_ADDRESS
    assert (world.start + world.size).max() < (255 << 24) + (255 << 16)
    sizes = world.size[world.country == b"PH"]
    assert (sizes & (sizes - 1) != 0).sum() > 5
    assert "|available|" in world.text
    assert "|reserved|" in world.text
    assert world.text == simulate_delegations(seed=4).text


def test_pool_of_an_earlier_year_begins_the_later_one():
    world = simulate_delegations(seed=4)
    early, late = world.addresses("PH", before=2010), world.addresses("PH", before=2017)
    probe = np.array([0, 1, early.size // 2, early.size - 1])
    assert early.at(probe).tolist() == late.at(probe).tolist()
    assert (early.size, late.size) == (4_500_480, 5_522_944)
