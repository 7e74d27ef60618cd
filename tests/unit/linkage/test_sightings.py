"""Selection of sightings: each rule drops what it says, logs it, and collapses only true repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from darkfigure.errors import LinkageError, RecordError
from darkfigure.linkage.bundles import first_in_bundle, first_in_session
from darkfigure.linkage.sightings import SelectionRules, select_sightings
from darkfigure.records.restricted import (
    AddressSpace,
    Flag,
    IncidentType,
    IpEventTable,
    ReportTable,
    Role,
    SelectionStep,
    Sightings,
)

RULES = SelectionRules(
    country="PH", period_start=date(2014, 1, 1), period_end=date(2014, 12, 31), collapse_bundle_hours=24
)


def at(month: int, day: int, hour: int = 12, year: int = 2014) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def tables(rows: list[dict]) -> tuple[ReportTable, IpEventTable]:
    """One report for each row; a row names only what matters."""
    n = len(rows)
    times = np.array([r.get("time", at(6, 1)) for r in rows], dtype=np.int64)
    received = np.array([r.get("received", r.get("time", at(6, 1))) for r in rows], dtype=np.int64)
    zeros = np.zeros(n, dtype=np.int8)
    reports = ReportTable(
        report_key=np.array([b"%d" % i for i in range(n)], dtype="S32"), received=received, incident=received,
        incident_type=np.array([r.get("type", IncidentType.MATERIAL) for r in rows], dtype=np.int8),
        service=np.array([r.get("service", 0) for r in rows], dtype=np.int16), services=("Service A", "Service B"),
        bundle_key=np.array([r.get("bundle", b"") for r in rows], dtype="S32"), batched=zeros, escalated=zeros,
        has_text=zeros.astype(bool), source_index=zeros.astype(np.int16), sources=("s",),
    )  # fmt: skip
    events = IpEventTable(
        report=np.arange(n, dtype=np.int32), address_key=np.array([r.get("key", b"a") for r in rows], dtype="S32"),
        family=np.array([r.get("family", 4) for r in rows], dtype=np.int8),
        space=np.array([r.get("space", AddressSpace.PUBLIC) for r in rows], dtype=np.int8),
        role=np.array([r.get("role", Role.REPORTED_USER) for r in rows], dtype=np.int8), event=zeros, time=times,
        time_source=zeros, zone_stated=zeros.astype(bool),
        proxy=np.array([r.get("proxy", Flag.NOT_STATED) for r in rows], dtype=np.int8),
        country=np.array([r.get("country", b"PH") for r in rows], dtype="S2"),
    )  # fmt: skip
    return reports, events


def select(rows: list[dict], rules: SelectionRules = RULES) -> Sightings:
    return select_sightings(*tables(rows), rules=rules)


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("received", {"received": at(1, 1, year=2015)}),
        ("received", {"received": at(12, 31, 23, year=2013), "time": at(1, 2)}),
        ("country", {"country": b"US"}),
        ("country", {"country": b"ZZ"}),
        ("family", {"family": 6}),
        ("space", {"space": AddressSpace.PRIVATE}),
        ("role", {"role": Role.VICTIM}),
        ("proxy", {"proxy": Flag.YES}),
        ("seen", {"time": at(12, 31, 23, year=2013), "received": at(1, 3)}),
        ("seen", {"time": at(1, 1, 0, year=2015), "received": at(12, 30)}),
    ],
)
def test_each_rule_drops_its_row_and_logs_it_under_its_own_name(rule, row):
    sightings = select([{}, {"key": b"b", **row}])
    assert len(sightings) == 1
    assert [s.rule for s in sightings.steps if s.rows_in != s.rows_out] == [rule]
    assert sightings.steps[0].rows_in == 2
    assert sightings.steps[-1].rows_out == 1


def test_rows_out_of_one_rule_are_rows_into_the_next():
    sightings = select([{}, {"country": b"US"}, {"proxy": Flag.YES}, {"family": 6}])
    ins = [s.rows_in for s in sightings.steps]
    outs = [s.rows_out for s in sightings.steps]
    assert ins[1:] == outs[:-1]


def test_first_and_last_second_of_the_period_belong_to_it():
    assert len(select([{"time": at(1, 1, 0)}, {"key": b"b", "time": at(12, 31, 23)}])) == 2


def test_a_proxy_stays_when_the_study_keeps_proxies_and_an_incident_type_goes_when_it_is_not_counted():
    assert len(select([{"proxy": Flag.YES}], replace(RULES, exclude_proxies=False))) == 1
    only = replace(RULES, incident_types=(IncidentType.ENTICEMENT,))
    assert len(select([{}, {"key": b"b", "type": IncidentType.ENTICEMENT}], only)) == 1


def test_the_clock_decides_which_day_a_sighting_has():
    row = [{"time": at(3, 1), "received": at(3, 11)}]
    event, received = select(row), select(row, replace(RULES, clock="received"))
    assert int(received.day[0] - event.day[0]) == 10


def test_an_address_counts_once_in_a_bundle_and_the_earliest_stays():
    rows = [
        {"bundle": b"x", "time": at(6, 20), "service": 0},
        {"bundle": b"x", "time": at(6, 1), "service": 1},
        {"bundle": b"x", "time": at(6, 9), "key": b"other"},
        {"bundle": b"y", "time": at(6, 30), "service": 1},
    ]
    sightings = select(rows)
    assert len(sightings) == 3
    assert sightings.service.tolist() == [1, 0, 1]


def test_a_run_of_reports_by_one_service_counts_once_but_another_service_counts():
    rows = [{"time": at(6, 1, hour)} for hour in (0, 10, 20)] + [
        {"time": at(6, 2, 10)},
        {"time": at(6, 1, 5), "service": 1},
        {"time": at(6, 5)},
    ]
    assert len(select(rows)) == 3
    assert len(select(rows, replace(RULES, collapse_bundle_hours=0))) == len(rows)


def test_addresses_are_numbered_by_first_appearance_whatever_the_key():
    rows = [{"key": k, "time": at(1 + i, 1)} for i, k in enumerate([b"z", b"a", b"z", b"m"])]
    renamed = [{**r, "key": {b"z": b"1", b"a": b"2", b"m": b"0"}[r["key"]]} for r in rows]
    assert select(rows).entity.tolist() == select(renamed).entity.tolist() == [0, 1, 0, 2]
    assert select(rows).n_entities == 3


def test_no_row_at_all_gives_no_sighting_and_a_full_log():
    sightings = select([])
    assert len(sightings) == 0
    assert sightings.n_entities == 0
    assert len(sightings.steps) == 10


def test_bundle_and_session_masks_do_not_depend_on_row_order():
    rng = np.random.default_rng(4)
    entity = rng.integers(0, 5, 200).astype(np.int32)
    bundle = rng.integers(-1, 4, 200).astype(np.int32)
    time = rng.permutation(200).astype(np.int64) * 3_600
    order = rng.permutation(200)
    for mask in (first_in_bundle, lambda e, b, t: first_in_session(e, b.astype(np.int16), t, hours=30)):
        before = mask(entity, bundle, time)
        after = mask(entity[order], bundle[order], time[order])
        assert (before[order] == after).all()
        assert 0 < before.sum() < 200


@pytest.mark.parametrize(
    "change",
    [
        {"period_end": date(2013, 1, 1)},
        {"country": "PHL"},
        {"families": (5,)},
        {"families": ()},
        {"spaces": ()},
        {"roles": ()},
        {"collapse_bundle_hours": -1.0},
        {"collapse_bundle_hours": float("nan")},
    ],
)
def test_rules_that_cannot_select_are_refused(change):
    with pytest.raises(LinkageError, match="E-LINK-20"):
        replace(RULES, **change)


def test_an_entry_of_a_report_that_was_not_read_is_refused():
    reports, events = tables([{}, {}])
    few, _ = tables([{}])
    with pytest.raises(LinkageError, match="E-LINK-21"):
        select_sightings(few, events, rules=RULES)
    assert len(select_sightings(reports, events, rules=RULES)) == 1


def test_sightings_show_nothing_and_refuse_impossible_states():
    sightings = select([{}])
    assert repr(sightings) == "Sightings(<1 restricted rows>)"
    with pytest.raises(ValueError, match="read-only"):
        sightings.day[0] = 1
    with pytest.raises(RecordError):
        Sightings(
            entity=np.array([3], dtype=np.int32), day=np.array([1], dtype=np.int32),
            service=np.array([0], dtype=np.int16), services=("A",), n_entities=3,
        )  # fmt: skip
    with pytest.raises(RecordError):
        SelectionStep("country", "x", 1, 2)
