"""The synthetic report world: exact margins, a truth that can be counted again, and what real exports look like."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pytest

from darkfigure.intake.addresses import SYNTHETIC_SPACE, AddressRefusal, CanonicalAddress, canonical_address
from darkfigure.records.restricted import AddressSpace, Flag
from darkfigure.reference.delegations import read_delegations
from darkfigure.synth import report_process
from darkfigure.synth.delegation_file import simulate_delegations
from darkfigure.synth.report_process import simulate_reports
from darkfigure.synth.report_targets import report_targets
from darkfigure.synth.report_use import AddressUse, day_number, simulate_use

PUBLISHED = {"reports": 125_032, "entries": 193_405, "2014-12-31": 23_333, "2017-12-31": 81_723}


@pytest.fixture(scope="module")
def world():
    return simulate_reports(seed=2020, size="full")


@pytest.fixture(scope="module")
def canonical(world):
    """(report row, capture, canonical address or refusal) of every entry."""
    return [
        (row, c, canonical_address(c.address, synthetic_space=SYNTHETIC_SPACE))
        for row, r in enumerate(world.reports)
        for c in r.captures
    ]


@pytest.fixture(scope="module")
def country(world, canonical, tmp_path_factory):
    path = tmp_path_factory.mktemp("delegations") / "delegated.txt"
    path.write_text(world.delegations_text)
    delegations, _ = read_delegations(path, source="delegations")
    numbers = [a.number if isinstance(a, CanonicalAddress) and a.family == 4 else 0 for _, _, a in canonical]
    return delegations.country_of(np.array(numbers, dtype=np.uint32))


def test_totals_are_the_published_ones(world):
    assert len(world.reports) == PUBLISHED["reports"]
    assert sum(len(r.captures) for r in world.reports) == PUBLISHED["entries"]
    windows = world.truth["windows"]
    for day in ("2014-12-31", "2017-12-31"):
        assert windows[day] == PUBLISHED[day]
    assert windows["2014-12-31"] < windows["2015-12-31"] < windows["2016-12-31"] < windows["2017-12-31"]


@pytest.mark.parametrize("seed", range(4))
def test_small_world_is_a_hundredth(seed):
    small = simulate_reports(seed=seed, size="small")
    assert (len(small.reports), sum(len(r.captures) for r in small.reports)) == (1250, 1934)
    assert [small.truth["windows"][d] for d in ("2014-12-31", "2017-12-31")] == [233, 817]


def test_truth_of_windows_can_be_counted_again():
    """Day by day, address by address."""
    use = simulate_use(report_targets("small"), delegations=simulate_delegations(seed=3), seed=3)
    truth = simulate_reports(seed=3, size="small").truth["windows"]
    for day in (date(2011, 5, 1), date(2014, 12, 31), date(2016, 2, 29), date(2017, 12, 31)):
        end = day_number(day)
        wanted = set(range(end - 364, end + 1))
        spans = zip(use.first_day.tolist(), use.last_day.tolist(), strict=True)
        assert truth[day.isoformat()] == sum(any(f <= d <= u for d in wanted) for f, u in spans)


def test_window_counts_first_and_last_day_inclusive():
    use = AddressUse(
        address=np.arange(3),
        first_day=np.array([100, 465, 200]),
        last_day=np.array([100, 500, 300]),
        activity=np.ones(3),
    )
    assert use.in_window(np.array([99, 100, 464, 465, 1000])).tolist() == [0, 1, 2, 2, 0]


def test_addresses_in_use_are_distinct_and_captures_fall_within_use(world, canonical, country):
    use = simulate_use(report_targets("full"), delegations=simulate_delegations(seed=2020), seed=2020)
    assert np.unique(use.address).size == use.address.size
    span = {
        a: (f, u) for a, f, u in zip(use.address.tolist(), use.first_day.tolist(), use.last_day.tolist(), strict=True)
    }
    checked = 0
    for (_, capture, address), code in zip(canonical, country.tolist(), strict=True):
        if code == b"PH" and capture.time is not None:
            first, last = span[address.number]
            # A repeat upload may follow the last day of use by the days that the service took to see it.
            assert first <= capture.time // 86_400 <= last + 10
            checked += 1
    assert checked > 100_000


def test_same_seed_same_world_other_seed_another():
    assert simulate_reports(seed=5, size="small").reports == simulate_reports(seed=5, size="small").reports
    assert simulate_reports(seed=5, size="small").truth == simulate_reports(seed=5, size="small").truth
    assert simulate_reports(seed=5, size="small").reports != simulate_reports(seed=6, size="small").reports


def test_truth_is_plain_json(world):
    assert json.loads(json.dumps(world.truth)) == world.truth


def test_no_address_twice_in_a_report(canonical):
    seen = {(row, a.packed if isinstance(a, CanonicalAddress) else capture.address) for row, capture, a in canonical}
    assert len(seen) == len(canonical)


def test_no_address_could_be_a_real_public_one(canonical):
    for _, _, address in canonical:
        if isinstance(address, CanonicalAddress) and address.space is AddressSpace.PUBLIC:
            ip = ipaddress.ip_address(address.text)
            assert ip in ipaddress.ip_network("240.0.0.0/4" if address.family == 4 else "2001:db8::/32")


def test_kinds_of_address_are_mixed_as_described(world, canonical, country):
    entries = len(canonical)
    philippine = (country == b"PH").sum() / entries
    assert 0.65 <= philippine <= 0.72
    assert world.truth["philippine_ipv4_entries"] == (country == b"PH").sum()
    assert world.truth["foreign_ipv4_entries"] == ((country != b"PH") & (country != b"ZZ")).sum()
    refused = sum(isinstance(a, AddressRefusal) for _, _, a in canonical)
    assert 0.002 < refused / entries < 0.004
    spaces = Counter(a.space for _, _, a in canonical if isinstance(a, CanonicalAddress))
    assert spaces[AddressSpace.PRIVATE] > 500
    assert min(spaces[s] for s in (AddressSpace.LOOPBACK, AddressSpace.SHARED_NAT, AddressSpace.LINK_LOCAL)) > 20
    families = Counter(a.family for _, _, a in canonical if isinstance(a, CanonicalAddress))
    assert 0.01 < families[6] / entries < 0.03
    assert len(set(country.tolist())) > 40


def test_addresses_recur_under_other_spellings(canonical):
    spellings = defaultdict(set)
    for _, capture, address in canonical:
        if isinstance(address, CanonicalAddress):
            spellings[address.packed].add(capture.address)
    assert sum(len(s) > 1 for s in spellings.values()) > 1000
    written = [c.address for _, c, _ in canonical]
    assert sum(t.startswith(("::ffff:", "::FFFF:")) for t in written) > 1000
    assert sum(t != t.strip() for t in written) > 100


def test_times_follow_one_another(world):
    begin, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (2010, 2018))
    received = [r.received for r in world.reports]
    assert received == sorted(received)
    assert begin <= received[0]
    assert received[-1] < end
    for r in world.reports:
        assert r.incident <= r.received
        assert all(c.time is None or c.time <= r.incident for c in r.captures)
    delay = np.array([r.received - r.incident for r in world.reports if r.captures]) / 86_400
    assert 2 < np.median(delay) < 10
    assert np.quantile(delay, 0.99) > 30


def test_some_times_and_zones_are_not_stated(world):
    captures = [c for r in world.reports for c in r.captures]
    assert 0.03 < sum(c.time is None for c in captures) / len(captures) < 0.15
    assert 0.005 < sum(not c.zone_stated for c in captures) / len(captures) < 0.1
    proxies = Counter(c.proxy for c in captures)
    assert min(proxies[f] for f in Flag) > 1000


def test_bundles_are_reports_of_one_service_on_one_address_hours_apart(world):
    bundles = defaultdict(list)
    for r in world.reports:
        if r.bundle_id is not None:
            bundles[r.bundle_id].append(r)
    assert len(bundles) > 1000
    for members in bundles.values():
        assert len(members) >= 2
        assert len({m.service for m in members}) == 1
        assert max(m.received for m in members) - min(m.received for m in members) <= 240 * 3600 + 60
    gaps = [max(m.received for m in b) - min(m.received for m in b) for b in bundles.values()]
    assert np.median(gaps) < 6 * 3600


def test_batched_reports_hold_nothing_but_themselves(world):
    batched = [r for r in world.reports if r.batched is Flag.YES]
    assert len(batched) > 1000
    assert all(not r.captures and not r.text and r.bundle_id is None and r.escalated is Flag.NO for r in batched)
    assert sum(not r.captures and r.batched is Flag.NO for r in world.reports) > 1000


def test_reporting_grows_and_services_start_jump_and_stop(world):
    years = Counter(datetime.fromtimestamp(r.received, UTC).year for r in world.reports)
    assert all(years[y] < years[y + 1] for y in range(2010, 2017))
    by_service = defaultdict(Counter)
    for r in world.reports:
        by_service[r.service][datetime.fromtimestamp(r.received, UTC).year] += 1
    assert not any(by_service["Service D"][y] for y in (2010, 2011, 2012))
    assert by_service["Service D"][2014] > 200
    assert by_service["Service E"][2016] > 2 * by_service["Service E"][2015]
    assert by_service["Service G"][2017] < 50 < by_service["Service G"][2015]


def test_december_windows_are_observed_about_half_a_time_an_address(world, canonical, country):
    pairs = defaultdict(set)
    for (_, capture, address), code in zip(canonical, country.tolist(), strict=True):
        if code == b"PH" and capture.time is not None:
            day = capture.time // 86_400
            for year in (2014, 2017):
                ago = day_number(date(year, 12, 31)) - day
                if 0 <= ago < 364:
                    pairs[year].add((address.number, ago // 7))
    for year in (2014, 2017):
        assert 0.45 < len(pairs[year]) / world.truth["windows"][f"{year}-12-31"] < 0.8


def test_texts_are_short_mostly_silent_and_never_mention_live_video(world):
    texts = [r.text for r in world.reports]
    assert max(map(len, texts)) < 100
    assert not any(word in t.lower() for t in set(texts) for word in ("live", "stream", "webcam"))
    truth = Counter(world.text_truth)
    assert truth == world.truth["text"]
    assert truth["not_determinable"] > 0.93 * len(texts)
    assert truth["osec"] > 200
    assert all(k == t for k, t in zip(world.kind_truth, world.text_truth, strict=True) if t != "not_determinable")
    filled = defaultdict(Counter)
    for r, t in zip(world.reports, world.text_truth, strict=True):
        filled[r.service][t != "not_determinable"] += 1
    shares = [c[True] / c.total() for c in filled.values()]
    assert max(shares) > 5 * min(shares)


def test_report_ids_are_distinct_and_grow_with_receipt(world):
    ids = [r.report_id for r in world.reports]
    assert all(a < b for a, b in pairwise(ids))


def test_repr_of_a_world_shows_nothing(world):
    assert "240." not in repr(world)
    assert len(repr(world)) < 200


def test_published_margins_are_read_from_the_reference_and_not_repeated(monkeypatch):
    """With other published totals the world follows them."""
    smaller = report_targets("small")
    changed = type(smaller)(
        reports=900, entries=1400, in_use={y: max(5, n // 2) for y, n in smaller.in_use.items()}, share=0.005
    )
    monkeypatch.setattr(report_process, "report_targets", lambda size: changed)
    world = simulate_reports(seed=1, size="small")
    assert (len(world.reports), sum(len(r.captures) for r in world.reports)) == (900, 1400)
    assert world.truth["windows"]["2017-12-31"] == changed.in_use[2017]
