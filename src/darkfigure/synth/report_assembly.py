"""How services turn detections into reports: bundles, repeat uploads, and reports without an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from darkfigure.synth.report_capture import DAY, Captures
from darkfigure.synth.report_services import SERVICES
from darkfigure.synth.report_targets import ReportTargets

PERIOD = (int(datetime(2010, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2018, 1, 1, tzinfo=UTC).timestamp()))
"""Reports are received from the first second to before the second one."""

PAIR_SHARE = 0.10
"""Share of detections reported together with another address, of the same service and a few days apart at most."""

QUIET_SHARE = 0.03
"""Share of reports without any address; half of them are batched."""

FOLLOW_UP_LEAST = 0.04
"""Least share of reports that are follow-ups; detections are thinned evenly when they would leave less."""

BUNDLED_SHARE = 0.55
"""Share of follow-ups that the service bundles with the first report; the others are repeat uploads."""

NO_BUNDLE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportColumns:
    """Reports and the Philippine addresses in them, in columns.

    Parameters
    ----------
    service, incident, received, bundle : ndarray of int64
        One entry for each report; ``NO_BUNDLE`` where it belongs to none.
    batched : ndarray of bool
    entry_report, entry_address, entry_time : ndarray of int64
        One entry for each (report, address).
    entry_like : ndarray of int64
        Entry that this one repeats (itself, when none): the same system writes both in the same way.
    """

    service: NDArray[np.int64]
    incident: NDArray[np.int64]
    received: NDArray[np.int64]
    bundle: NDArray[np.int64]
    batched: NDArray[np.bool_]
    entry_report: NDArray[np.int64]
    entry_address: NDArray[np.int64]
    entry_time: NDArray[np.int64]
    entry_like: NDArray[np.int64]


def assemble_reports(captures: Captures, *, targets: ReportTargets, seed: int) -> ReportColumns:
    """Which reports do services send about the detections?

    Parameters
    ----------
    captures : Captures
    targets : ReportTargets
        The number of reports is reached exactly: follow-ups make up what detections leave.
    seed : int

    Returns
    -------
    ReportColumns
        Detections first, then follow-ups, then reports without an address; not yet in order of receipt.
    """
    rng = np.random.default_rng([seed, 44])
    quiet = round(QUIET_SHARE * targets.reports)
    core = _core(captures, targets, rng)
    most = targets.reports - quiet - round(FOLLOW_UP_LEAST * targets.reports)
    if core.service.size > most:
        core = _keep(core, np.sort(rng.permutation(core.service.size)[:most]))
    core = _follow_up(core, targets.reports - quiet - core.service.size, rng)
    return _quiet(core, quiet, rng)


def delays(service: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Seconds from incident to receipt: days to weeks with a long tail."""
    median = np.array([s.delay_days for s in SERVICES])[service]
    return np.asarray(np.minimum(median * rng.lognormal(0, 0.9, service.size), 300) * DAY, dtype=np.int64)


def _core(captures: Captures, targets: ReportTargets, rng: np.random.Generator) -> ReportColumns:
    c = captures.take(np.lexsort((captures.time, captures.service)))
    gap = min(3 / targets.share, 20.0) * DAY
    near = (c.service[1:] == c.service[:-1]) & (c.time[1:] - c.time[:-1] < gap) & (c.address[1:] != c.address[:-1])
    joined = np.concatenate(([False], near & (rng.random(near.size) < PAIR_SHARE / (1 - PAIR_SHARE))))
    joined[1:] &= ~joined[:-1]
    report = np.cumsum(~joined) - 1
    first = np.flatnonzero(~joined)
    service = c.service[first]
    latest = np.zeros(service.size, dtype=np.int64)
    np.maximum.at(latest, report, c.time)
    incident = latest + (rng.lognormal(np.log(6 * 3600), 1.2, service.size)).astype(np.int64)
    received = incident + delays(service, rng)
    columns = ReportColumns(
        service=service, incident=incident, received=received, bundle=np.full(service.size, NO_BUNDLE),
        batched=np.zeros(service.size, dtype=np.bool_), entry_report=report, entry_address=c.address,
        entry_time=c.time, entry_like=np.arange(c.time.size),
    )  # fmt: skip
    return _keep(columns, np.flatnonzero((received >= PERIOD[0]) & (received < PERIOD[1])))


def _keep(columns: ReportColumns, rows: NDArray[np.int64]) -> ReportColumns:
    place = np.full(columns.service.size, -1)
    place[rows] = np.arange(rows.size)
    entry = place[columns.entry_report] >= 0
    return ReportColumns(
        service=columns.service[rows], incident=columns.incident[rows], received=columns.received[rows],
        bundle=columns.bundle[rows], batched=columns.batched[rows],
        entry_report=place[columns.entry_report[entry]], entry_address=columns.entry_address[entry],
        entry_time=columns.entry_time[entry], entry_like=np.arange(int(entry.sum())),
    )  # fmt: skip


def _follow_up(core: ReportColumns, count: int, rng: np.random.Generator) -> ReportColumns:
    """Later reports about the same address: bundled (hours apart) or uploaded again (hours or days apart)."""
    able = np.flatnonzero(core.received < PERIOD[1] - 12 * DAY)
    bundled = round(BUNDLED_SHARE * count)
    sizes = np.minimum(rng.geometric(0.6, bundled), 4)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), bundled)) + 1]
    sizes[-1] -= sizes.sum() - bundled
    parents = rng.choice(able, sizes.size + count - bundled, replace=False)
    bundle = core.bundle.copy()
    bundle[parents[: sizes.size]] = np.arange(sizes.size)
    parent = np.concatenate((np.repeat(parents[: sizes.size], sizes), parents[sizes.size :]))
    hours = rng.exponential(3.0, count)
    hours[bundled:] = np.where(rng.random(count - bundled) < 0.9, hours[bundled:] * 2, hours[bundled:] * 12)
    shift = (np.minimum(hours, 240) * 3600).astype(np.int64) + 60
    first_entry = np.unique(core.entry_report, return_index=True)[1][parent]
    n = core.service.size
    return ReportColumns(
        service=np.concatenate((core.service, core.service[parent])),
        incident=np.concatenate((core.incident, core.incident[parent] + shift)),
        received=np.concatenate((core.received, core.received[parent] + shift)),
        bundle=np.concatenate((bundle, bundle[parent])),
        batched=np.zeros(n + count, dtype=np.bool_),
        entry_report=np.concatenate((core.entry_report, n + np.arange(count))),
        entry_address=np.concatenate((core.entry_address, core.entry_address[first_entry])),
        entry_time=np.concatenate((core.entry_time, core.entry_time[first_entry] + shift)),
        entry_like=np.concatenate((core.entry_like, first_entry)),
    )


def _quiet(columns: ReportColumns, count: int, rng: np.random.Generator) -> ReportColumns:
    """Reports that hold no address; half are batched reports of widely shared material."""
    like = rng.choice(columns.service.size, count, replace=False)
    shift = (rng.normal(0, 10 * DAY, count)).astype(np.int64)
    received = np.clip(columns.received[like] + shift, PERIOD[0] + 2 * DAY, PERIOD[1] - 1)
    n = columns.service.size
    return ReportColumns(
        service=np.concatenate((columns.service, columns.service[like])),
        incident=np.concatenate((columns.incident, received - np.minimum(delays(columns.service[like], rng), DAY))),
        received=np.concatenate((columns.received, received)),
        bundle=np.concatenate((columns.bundle, np.full(count, NO_BUNDLE))),
        batched=np.concatenate((np.zeros(n, dtype=np.bool_), np.arange(count) % 2 == 0)),
        entry_report=columns.entry_report, entry_address=columns.entry_address, entry_time=columns.entry_time,
        entry_like=columns.entry_like,
    )  # fmt: skip
