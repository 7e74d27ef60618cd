"""Small tables of reports and address entries for the tests of prevalence: plain arrays, no files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from darkfigure.histories import WindowRules
from darkfigure.linkage.sightings import SelectionRules
from darkfigure.prevalence import PrevalenceOptions
from darkfigure.records.restricted import AddressSpace, Flag, IncidentType, IpEventTable, ReportTable, Role
from darkfigure.reference.denominators import Denominator

PERIOD = (date(2012, 1, 1), date(2014, 12, 31))
FIRST_DAY, LAST_DAY = ((d - date(1970, 1, 1)).days for d in PERIOD)
DECLARED = Denominator(
    name="declared", role="declared", as_of=date(2013, 12, 31), addresses=1_000_000, basis="counted", source="register"
)


def reports_of(received, *, service=None, bundles=None, types=None, services=("Service A", "Service B")) -> ReportTable:
    n = len(received)
    zeros = np.zeros(n, dtype=np.int8)
    return ReportTable(
        report_key=np.array([b"%032d" % i for i in range(n)], dtype="S32"),
        received=np.asarray(received, dtype=np.int64),
        incident=np.asarray(received, dtype=np.int64),
        incident_type=np.asarray(types if types is not None else zeros + IncidentType.MATERIAL, dtype=np.int8),
        service=np.asarray(service if service is not None else zeros, dtype=np.int16),
        services=services,
        bundle_key=np.asarray(bundles if bundles is not None else [b""] * n, dtype="S32"),
        batched=zeros,
        escalated=zeros,
        has_text=zeros.astype(bool),
        source_index=zeros.astype(np.int16),
        sources=("reports",),
    )


def entries_of(report, key, time, **columns) -> IpEventTable:
    n = len(report)
    defaults = {
        "family": np.full(n, 4), "space": np.full(n, AddressSpace.PUBLIC), "role": np.full(n, Role.REPORTED_USER),
        "event": np.zeros(n), "time_source": np.zeros(n), "proxy": np.full(n, Flag.NOT_STATED),
    }  # fmt: skip
    whole = {name: np.asarray(columns.pop(name, value), dtype=np.int8) for name, value in defaults.items()}
    country = np.asarray(columns.pop("country", [b"PH"] * n), dtype="S2")
    assert not columns
    return IpEventTable(
        report=np.asarray(report, dtype=np.int32), address_key=np.asarray(key, dtype="S32"),
        time=np.asarray(time, dtype=np.int64), zone_stated=np.ones(n, dtype=bool), country=country, **whole,
    )  # fmt: skip


def keys_of(numbers, *, salt: int = 0) -> np.ndarray:
    """Pseudonyms as another key would give them: equal numbers, equal keys."""
    return np.array([b"%032x" % ((int(i) * 7_919 + salt * 104_729) % 2**61) for i in numbers], dtype="S32")


def closed_world(*, seed: int = 1, n: int = 1_200, per_year: float = 1.6, foreign: float = 0.2, salt: int = 0):
    """One report for each sighting of ``n`` addresses that are in use all the time; some name a foreign address."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(per_year * 3, n)
    entity = np.repeat(np.arange(n), counts)
    time = rng.integers(FIRST_DAY * 86_400, (LAST_DAY + 1) * 86_400, entity.size)
    order = np.argsort(time, kind="stable")
    entity, time = entity[order], time[order]
    service = rng.choice(2, entity.size, p=[0.6, 0.4])
    abroad = np.flatnonzero(rng.random(entity.size) < foreign)
    report = np.concatenate([np.arange(entity.size), abroad])
    key = np.concatenate([keys_of(entity, salt=salt), keys_of(10**6 + rng.integers(0, 90, abroad.size), salt=salt)])
    country = np.concatenate([np.full(entity.size, b"PH"), rng.choice([b"US", b"GB", b"ZZ"], abroad.size)])
    return reports_of(time, service=service), entries_of(report, key, time[report], country=country)


def options(**changes) -> PrevalenceOptions:
    period = {"period_start": PERIOD[0], "period_end": PERIOD[1]}
    base = PrevalenceOptions(
        selection=SelectionRules(country="PH", collapse_bundle_hours=0, **period),
        windows=WindowRules(**period, step_days=28),
        headline="chao-bc",
        panel=("lincoln-petersen", "chapman", "chao-bc", "M0"),
        panel_step_days=364,
    )
    return replace(base, **changes)
