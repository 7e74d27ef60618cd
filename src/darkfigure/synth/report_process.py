"""The synthetic report world: a true process of address use, and what reporting services saw and sent of it.

The order is that of reality: addresses come into use and go out of use (``report_use``); services detect them
(``report_capture``); detections become reports with delays, bundles and repeat uploads (``report_assembly``); reports
hold other addresses (``report_extras``) in many spellings (``report_spelling``) and free text (``report_text``). Only
margins that the published study states as facts of its data, the number of reports and of address entries and the
true addresses in use in two windows, are reached exactly; everything later computed from the reports is an estimate.

An address is in use on every day, in UTC, from its first to its last day, both included. The truth of a window is the
number of distinct Philippine IPv4 addresses in use on at least one of its 365 days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.records.restricted import AddressEvent, Flag, IncidentType, Role
from darkfigure.synth.delegation_file import simulate_delegations
from darkfigure.synth.report_assembly import NO_BUNDLE, ReportColumns, assemble_reports
from darkfigure.synth.report_capture import simulate_captures
from darkfigure.synth.report_extras import ExtraEntries, add_entries
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_services import SERVICES
from darkfigure.synth.report_spelling import spell_ipv4
from darkfigure.synth.report_targets import ReportTargets, Size, report_targets
from darkfigure.synth.report_text import TextKind, write_texts
from darkfigure.synth.report_use import WINDOW_DAYS, AddressUse, day_number, simulate_use

CAPTURES_PER_ENTRY = 0.65
"""Detections to expect, as a share of the address entries; follow-ups and other addresses make up the rest."""

_FIRST_WINDOW, _LAST_WINDOW = date(2010, 12, 31), date(2017, 12, 31)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ReportWorld:
    """Synthetic reports with the truth behind them.

    Parameters
    ----------
    reports : tuple of SyntheticReport
        In order of receipt.
    delegations_text : str
        The address-delegation file of this world.
    truth : dict
        True addresses in use in each window, totals, and what the free text holds; plain values for JSON.
    text_truth : tuple of str
        For each report, what its text lets a reader determine: ``osec``, ``other`` or ``not_determinable``.
    kind_truth : tuple of str
        For each report, the kind of activity behind it: ``osec`` or ``other``.
    """

    reports: tuple[SyntheticReport, ...]
    delegations_text: str
    truth: dict[str, Any]
    text_truth: tuple[TextKind, ...]
    kind_truth: tuple[TextKind, ...]


def simulate_reports(*, seed: int, size: Size) -> ReportWorld:
    """Which reports would partners hold about a known number of addresses in use?

    Parameters
    ----------
    seed : int
    size : {"full", "small"}
        ``small`` is about a hundredth, for tests.

    Returns
    -------
    ReportWorld
        The same seed gives the same world.

    Examples
    --------
    >>> world = simulate_reports(seed=1, size="small")
    >>> len(world.reports), sum(len(r.captures) for r in world.reports)
    (1250, 1934)
    >>> world.truth["windows"]["2017-12-31"]
    817
    """
    targets = report_targets(size)
    delegations = simulate_delegations(seed=seed)
    use = simulate_use(targets, delegations=delegations, seed=seed)
    captures = simulate_captures(use, expected=CAPTURES_PER_ENTRY * targets.entries, seed=seed)
    columns = assemble_reports(captures, targets=targets, seed=seed)
    extras = add_entries(
        columns, count=targets.entries - columns.entry_report.size, entries=targets.entries, delegations=delegations,
        seed=seed, share=targets.share,
    )  # fmt: skip
    texts, readable, kinds = write_texts(columns.service, silent=columns.batched, seed=seed)
    order = np.argsort(columns.received, kind="stable")
    entries = _entries(columns, extras, seed)
    reports = _reports(columns, entries, texts, order, seed)
    readable, kinds = ([values[i] for i in order.tolist()] for values in (readable, kinds))
    truth = _truth(use, targets, seed=seed, size=size) | _observed(columns, extras, readable, kinds)
    return ReportWorld(reports, delegations.text, truth, tuple(readable), tuple(kinds))


def _truth(use: AddressUse, targets: ReportTargets, *, seed: int, size: Size) -> dict[str, Any]:
    days = np.arange(day_number(_FIRST_WINDOW), day_number(_LAST_WINDOW) + 1)
    counts = use.in_window(days).tolist()
    dates = [_FIRST_WINDOW + timedelta(days=i) for i in range(days.size)]
    return {
        "seed": seed,
        "size": size,
        "estimand": "distinct Philippine IPv4 addresses in use on at least one day of the window",
        "window_days": WINDOW_DAYS,
        "windows": {d.isoformat(): n for d, n in zip(dates, counts, strict=True)},
        "reports": targets.reports,
        "address_entries": targets.entries,
    }


def _observed(
    columns: ReportColumns, extras: ExtraEntries, readable: list[TextKind], kinds: list[TextKind]
) -> dict[str, Any]:
    services = np.bincount(columns.service, minlength=len(SERVICES)).tolist()
    return {
        "philippine_ipv4_entries": int(columns.entry_report.size),
        "foreign_ipv4_entries": int(extras.foreign.sum()),
        "philippine_ipv4_addresses_reported": int(np.unique(columns.entry_address).size),
        "reports_by_service": {s.name: n for s, n in zip(SERVICES, services, strict=True)},
        "reports_bundled": int((columns.bundle != NO_BUNDLE).sum()),
        "reports_batched": int(columns.batched.sum()),
        "text": dict(sorted(Counter(readable).items())),
        "kind": dict(sorted(Counter(kinds).items())),
        "live_video_texts": 0,
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Captures sorted by report, and where each report's begin."""

    captures: list[SyntheticCapture]
    begin: NDArray[np.int64]


_EVENTS = tuple(AddressEvent)
_ROLES = tuple(Role)
_EVENT_WEIGHTS = np.cumsum([0.06, 0.38, 0.12, 0.01, 0.38, 0.05])
_HOME_ROLES = np.cumsum([0.84, 0.04, 0.02, 0.10])
_ABROAD_ROLES = np.cumsum([0.38, 0.50, 0.02, 0.10])


def _pick(weights: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.asarray(np.searchsorted(weights, rng.random(count) * weights[-1], side="right"), dtype=np.int64)


def _entries(columns: ReportColumns, extras: ExtraEntries, seed: int) -> _Entries:
    rng = np.random.default_rng([seed, 47])
    report = np.concatenate((columns.entry_report, extras.report))
    home, n = columns.entry_report.size, report.size
    text = spell_ipv4(columns.entry_address, rng=rng) + extras.address
    abroad = np.concatenate((np.zeros(home, dtype=np.bool_), extras.foreign))
    service = columns.service[report]
    traits = np.array([(s.states_time, s.states_zone, s.states_proxy) for s in SERVICES])[service]
    drawn = rng.random((n, 3))
    drawn[:home] = drawn[columns.entry_like]
    stated = drawn < traits
    time = columns.incident[report] - (rng.exponential(1.0, n) * 86_400).astype(np.int64)
    time[:home] = columns.entry_time
    role = np.where(abroad, _pick(_ABROAD_ROLES, n, rng), _pick(_HOME_ROLES, n, rng))
    event = _pick(_EVENT_WEIGHTS, n, rng)
    suspected = rng.random(n) < np.where(abroad, 0.12, 0.006)
    proxy = np.where(suspected, Flag.YES, np.where(stated[:, 2], Flag.NO, Flag.NOT_STATED))
    order = np.lexsort((rng.random(n), report))
    rows = zip(order.tolist(), role[order].tolist(), event[order].tolist(), time[order].tolist(),
               stated[order, 0].tolist(), stated[order, 1].tolist(), proxy[order].tolist(), strict=True)  # fmt: skip
    made = [
        SyntheticCapture(address=text[i], role=_ROLES[r], event=_EVENTS[e], time=t if has else None,
                         zone_stated=zone or not has, proxy=Flag(p))
        for i, r, e, t, has, zone, p in rows
    ]  # fmt: skip
    return _Entries(made, np.searchsorted(report[order], np.arange(columns.service.size + 1)))


_TYPES = tuple(IncidentType)
_TYPE_WEIGHTS = np.cumsum([0.925, 0.008, 0.002, 0.006, 0.002, 0.004, 0.045, 0.008])


def _reports(
    columns: ReportColumns, entries: _Entries, texts: list[str], order: NDArray[np.int64], seed: int
) -> tuple[SyntheticReport, ...]:
    rng = np.random.default_rng([seed, 48])
    n = order.size
    kind = np.where(columns.batched[order], 0, _pick(_TYPE_WEIGHTS, n, rng))
    escalated = (rng.random(n) < 0.015) & ~columns.batched[order]
    number = 1_000_000 + np.cumsum(rng.integers(1, 90, n))
    handle = rng.integers(0, 16**6, n)
    names = [s.name for s in SERVICES]
    rows = zip(order.tolist(), kind.tolist(), escalated.tolist(), number.tolist(), handle.tolist(),
               columns.received[order].tolist(), columns.incident[order].tolist(), columns.service[order].tolist(),
               columns.bundle[order].tolist(), columns.batched[order].tolist(), strict=True)  # fmt: skip
    begin = entries.begin.tolist()
    return tuple(
        SyntheticReport(
            report_id=r, received=t, incident=u, incident_type=_TYPES[k], service=names[s],
            bundle_id=None if b == NO_BUNDLE else 500_000 + b, batched=Flag.YES if batched else Flag.NO,
            escalated=Flag.YES if e else Flag.NO, captures=tuple(entries.captures[begin[i] : begin[i + 1]]),
            text=texts[i], screen_name=f"user_{h:06x}",
        )
        for i, k, e, r, h, t, u, s, b, batched in rows
    )  # fmt: skip
