"""The true process: when each synthetic Philippine address comes into use for exploitation and when it goes out of use.

An address is *in use* on every day (UTC) from its first to its last day, both included; it comes into use once. Most
addresses come into use in the first months of a calendar year and few go out of use, most of them in the last days of a
year, when providers renumber. Windows that end in December are therefore nearly closed; windows that end in spring or
summer hold addresses that left and others that had not yet come, and closed models fit them less well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from darkfigure.synth.delegation_file import SyntheticDelegations
from darkfigure.synth.report_targets import ReportTargets

EPOCH = date(1970, 1, 1)
WINDOW_DAYS = 365
"""Length of the window that the truth is stated for."""

START_MEAN_DAYS = 28.0
"""Mean days from 1 January to the first day of use, for addresses new in a year."""

EXIT_YEAR_END = 0.024
"""Share of the addresses in use that go out of use in the last week of a year."""

EXIT_ANY_DAY = 0.006
"""Share of the addresses in use that go out of use on any other day of a year."""

ACTIVITY_CV2 = 0.003
"""Squared coefficient of variation of how exposed an address is to detection."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AddressUse:
    """One row for each address that was ever in use.

    Parameters
    ----------
    address : ndarray of int64
        IPv4 address as a number; each once.
    first_day, last_day : ndarray of int64
        Days since 1970, inclusive.
    activity : ndarray of float64
        Relative exposure to detection, mean 1.
    """

    address: NDArray[np.int64]
    first_day: NDArray[np.int64]
    last_day: NDArray[np.int64]
    activity: NDArray[np.float64]

    def in_window(self, end_day: NDArray[np.int64], *, days: int = WINDOW_DAYS) -> NDArray[np.int64]:
        """How many distinct addresses were in use on at least one of the ``days`` days ending on ``end_day``?"""
        begun = np.searchsorted(np.sort(self.first_day), end_day, side="right")
        ended = np.searchsorted(np.sort(self.last_day), end_day - days + 1, side="left")
        return np.asarray(begun - ended, dtype=np.int64)


def day_number(day: date) -> int:
    """Days since 1970.

    Examples
    --------
    >>> day_number(date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days


def simulate_use(targets: ReportTargets, *, delegations: SyntheticDelegations, seed: int) -> AddressUse:
    """When is each address in use?

    Parameters
    ----------
    targets : ReportTargets
        Addresses in use in each calendar year, reached exactly.
    delegations : SyntheticDelegations
        Philippine ranges the addresses are drawn from (those recorded before the year of first use).
    seed : int

    Returns
    -------
    AddressUse
    """
    rng = np.random.default_rng([seed, 42])
    first, last = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    addresses: list[NDArray[np.int64]] = []
    taken: set[int] = set()
    for year, wanted in sorted(targets.in_use.items()):
        new_year, year_end = day_number(date(year, 1, 1)), day_number(date(year, 12, 31))
        fresh = wanted - int((last >= new_year).sum())
        first = np.concatenate((first, new_year + _start_offsets(fresh, rng)))
        last = np.concatenate((last, np.full(fresh, _NEVER)))
        addresses.append(_draw_addresses(delegations, year, fresh, taken, rng))
        last = _exits(first, last, new_year, year_end, rng)
    return AddressUse(
        address=np.concatenate(addresses),
        first_day=first,
        last_day=last,
        activity=rng.gamma(1 / ACTIVITY_CV2, ACTIVITY_CV2, first.size),
    )


_NEVER = day_number(date(2100, 1, 1))


def _start_offsets(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Days after 1 January, exponential and cut at the year's end."""
    share = -np.expm1(-WINDOW_DAYS / START_MEAN_DAYS)
    return np.asarray(-START_MEAN_DAYS * np.log1p(-share * rng.random(count)), dtype=np.int64)


def _exits(
    first: NDArray[np.int64], last: NDArray[np.int64], new_year: int, year_end: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    using = last == _NEVER
    draw, place = rng.random(first.size), rng.random(first.size)
    at_end = using & (draw < EXIT_YEAR_END)
    any_day = using & ~at_end & (draw < EXIT_YEAR_END + EXIT_ANY_DAY)
    late = year_end - (place * 7).astype(np.int64)
    some = new_year + 2 + (place * (year_end - new_year - 2)).astype(np.int64)
    out = np.where(at_end, late, np.where(any_day, some, last))
    return np.where(at_end | any_day, np.maximum(out, first), last)


def _draw_addresses(
    delegations: SyntheticDelegations, year: int, count: int, taken: set[int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Positions in the pool of the year, none twice; a pool of an earlier year is the beginning of a later one."""
    pool = delegations.addresses("PH", before=year)
    positions: list[int] = []
    while len(positions) < count:
        for p in rng.integers(0, pool.size, count - len(positions)).tolist():
            if p not in taken:
                taken.add(p)
                positions.append(p)
    return pool.at(np.array(positions, dtype=np.int64))
