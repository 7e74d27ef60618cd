"""Other addresses in the reports: foreign ones that share a report with a Philippine one, IPv6, local, malformed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.synth.delegation_file import COUNTRY_WEIGHTS, SyntheticDelegations
from darkfigure.synth.report_assembly import ReportColumns
from darkfigure.synth.report_services import SERVICES
from darkfigure.synth.report_spelling import local_addresses, malformed_addresses, spell_ipv4, spell_ipv6

MALFORMED_SHARE = 0.003
"""Share of all address entries that are no address."""

LOCAL_SHARE = 0.008
"""Share of all address entries that are private, shared by a carrier, link-local or loopback."""

IPV6_SHARE = 0.018
"""Share of all address entries that are IPv6."""

_POOL = 450.0
_IPV6_SITES = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class ExtraEntries:
    """Address entries beside the Philippine IPv4 ones.

    Parameters
    ----------
    report : ndarray of int64
    address : list of str
        As written.
    foreign : ndarray of bool
        Whether it is an address of another country.
    """

    report: NDArray[np.int64]
    address: list[str]
    foreign: NDArray[np.bool_]


def add_entries(
    columns: ReportColumns, *, count: int, entries: int, delegations: SyntheticDelegations, seed: int, share: float
) -> ExtraEntries:
    """Which other addresses stand in the reports?

    Parameters
    ----------
    columns : ReportColumns
        Reports so far; only those that hold a Philippine address get others.
    count : int
        Entries to add.
    entries : int
        Address entries in all.
    delegations : SyntheticDelegations
    seed : int
    share : float
        Size of the world (1 is full): scales the pools that addresses recur from.

    Returns
    -------
    ExtraEntries
        Exactly ``count`` entries, no address twice in a report.
    """
    rng = np.random.default_rng([seed, 45])
    open_reports = np.unique(columns.entry_report)
    malformed, local, v6 = (round(part * entries) for part in (MALFORMED_SHARE, LOCAL_SHARE, IPV6_SHARE))
    foreign = count - malformed - local - v6
    report, address = _foreign(columns, open_reports, foreign, delegations, rng, share)
    # Few against the number of reports: one for each report, so that none stands twice in a report.
    single = rng.choice(open_reports, malformed + local + v6, replace=False)
    return ExtraEntries(
        np.concatenate((report, single)),
        [
            *spell_ipv4(address, rng=rng),
            *malformed_addresses(malformed, rng=rng),
            *local_addresses(local, rng=rng),
            *_ipv6(v6, rng, share),
        ],
        np.arange(count) < foreign,
    )


def _foreign(
    columns: ReportColumns,
    open_reports: NDArray[np.int64],
    count: int,
    delegations: SyntheticDelegations,
    rng: np.random.Generator,
    share: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pool, chance = _foreign_pool(delegations, rng, share)
    tendency = np.array([s.foreign for s in SERVICES])[columns.service[open_reports]]
    weight = np.cumsum(tendency * rng.gamma(0.35, 1, open_reports.size))
    key = np.zeros(0, dtype=np.int64)
    while key.size < count:
        lacking = count - key.size
        report = open_reports[np.searchsorted(weight, rng.random(lacking) * weight[-1], side="right")]
        who = np.searchsorted(chance, rng.random(lacking) * chance[-1], side="right")
        key = np.unique(np.concatenate((key, report * pool.size + who)))
    key = rng.permutation(key)
    return key // pool.size, pool[key % pool.size]


def _foreign_pool(
    delegations: SyntheticDelegations, rng: np.random.Generator, share: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Addresses of other countries in use, and their cumulative weights: some recur in many reports."""
    parts = []
    for country, weight in COUNTRY_WEIGHTS.items():
        ranges = delegations.addresses(country, before=2018)
        wanted = max(3, round(_POOL * weight * share))
        parts.append(ranges.at(np.unique(rng.integers(0, ranges.size, wanted))))
    pool = np.concatenate(parts)
    return pool, np.cumsum(rng.gamma(0.6, 1, pool.size))


def _ipv6(count: int, rng: np.random.Generator, share: float) -> list[str]:
    """Addresses in the documentation range; two in five in the part delegated to the Philippines."""
    holder = np.where(rng.random(count) < 0.4, 0, rng.integers(1, len(COUNTRY_WEIGHTS) + 1, count))
    site = rng.integers(0, max(8, round(_IPV6_SITES * share)), count)
    return [
        spell_ipv6((0x20010DB8 << 96) | (h << 88) | (s << 64) | (1 + s % 7), rng=rng)
        for h, s in zip(holder.tolist(), site.tolist(), strict=True)
    ]
