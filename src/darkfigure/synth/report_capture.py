"""Detection: which service captured which address in use, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from darkfigure.synth.report_services import rates
from darkfigure.synth.report_use import AddressUse, day_number

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Captures:
    """One row for each detection of an address by a service, in order of time.

    Parameters
    ----------
    address : ndarray of int64
        IPv4 address as a number.
    time : ndarray of int64
        Seconds since 1970 UTC.
    service : ndarray of int64
        Row of the service.
    """

    address: NDArray[np.int64]
    time: NDArray[np.int64]
    service: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Captures:
        """The chosen rows."""
        return Captures(address=self.address[rows], time=self.time[rows], service=self.service[rows])


def simulate_captures(use: AddressUse, *, expected: float, seed: int) -> Captures:
    """Which detections does the process give?

    Parameters
    ----------
    use : AddressUse
    expected : float
        Detections to expect in all; scales every service alike.
    seed : int

    Returns
    -------
    Captures
        A Poisson process for each address while it is in use, its rate the product of the address's activity and the
        services' monthly rates, which vary by chance from month to month.
    """
    rng = np.random.default_rng([seed, 43])
    begin = np.array([day_number(date(y, m, 1)) for y in range(2009, 2019) for m in range(1, 13)][:109])
    months = begin.size - 1
    by_service = rates(2009 + (np.arange(months) + 0.5) / 12)
    noise = rng.lognormal(0, 0.08, months) * rng.lognormal(0, 0.15, by_service.shape)
    by_service *= noise / 365.25
    exposure = [_exposure(use, int(begin[m]), int(begin[m + 1])) for m in range(months)]
    total = float(sum(e.sum() * r for e, r in zip(exposure, by_service.sum(axis=0), strict=True)))
    parts = [
        _month(use, exposure[m], by_service[:, m] * expected / total, (int(begin[m]), int(begin[m + 1])), rng)
        for m in range(months)
    ]
    joined = Captures(
        address=np.concatenate([p.address for p in parts]),
        time=np.concatenate([p.time for p in parts]),
        service=np.concatenate([p.service for p in parts]),
    )
    return joined.take(np.argsort(joined.time, kind="stable"))


def _exposure(use: AddressUse, begin: int, end: int) -> NDArray[np.float64]:
    days = np.minimum(use.last_day + 1, end) - np.maximum(use.first_day, begin)
    return np.asarray(np.maximum(days, 0) * use.activity, dtype=np.float64)


def _month(
    use: AddressUse,
    exposure: NDArray[np.float64],
    rate: NDArray[np.float64],
    bounds: tuple[int, int],
    rng: np.random.Generator,
) -> Captures:
    count = rng.poisson(rate * exposure.sum())
    n = int(count.sum())
    cumulative = np.cumsum(exposure)
    who = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
    first = np.maximum(use.first_day[who], bounds[0])
    last = np.minimum(use.last_day[who] + 1, bounds[1])
    day = first + (rng.random(n) * (last - first)).astype(np.int64)
    service = rng.permutation(np.repeat(np.arange(rate.size), count))
    return Captures(address=use.address[who], time=day * DAY + _second_of_day(n, rng), service=service)


def _second_of_day(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Evening in Manila is the peak (13:00 UTC), with a flat floor."""
    peak = (13 * 3600 + rng.normal(0, 4 * 3600, n)) % DAY
    return np.where(rng.random(n) < 0.7, peak, rng.random(n) * DAY).astype(np.int64)
