"""A synthetic file of address delegations, in the statistics exchange format of the regional internet registries.

Every IPv4 range lies in 240.0.0.0/4, which is reserved and was never assigned to anybody, so no synthetic address can
be a real one. Philippine ranges add up, by recorded date, to the year-end series of the public reference table, so that
the denominators of a rate come out of the file and not out of a constant.
"""

from __future__ import annotations

import csv
import ipaddress
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FIRST_ADDRESS = 240 << 24
"""First address of the reserved space that synthetic ranges are cut from."""

_SNAPSHOT = date(2018, 10, 13)
_SERIES_BASIS = "cumulative by recorded allocation date"
_REGISTRIES = {
    "arin": "US CA JM",
    "lacnic": "BR MX AR CO CL PE",
    "afrinic": "ZA NG EG KE",
    "ripencc": "GB SE DE NL FR IT ES NO DK FI CH AT BE IE PL RO CZ PT SA AE QA KW IL TR RU",
    "apnic": "PH AU JP SG HK KR TW MY TH ID VN IN CN NZ KH",
}
COUNTRY_WEIGHTS = {
    "US": 30.0, "AU": 9.5, "GB": 8.5, "CA": 6.5, "SE": 4.0, "DE": 4.0, "NL": 3.2, "JP": 2.6, "SG": 2.6, "SA": 2.4,
    "NO": 2.0, "AE": 2.0, "FR": 1.8, "HK": 1.6, "KR": 1.5, "IT": 1.2, "DK": 1.1, "NZ": 1.1, "CH": 1.0, "MY": 1.0,
    "TW": 0.9, "BE": 0.8, "ES": 0.8, "IN": 0.8, "QA": 0.8, "KW": 0.7, "IE": 0.7, "TH": 0.7, "ID": 0.6, "FI": 0.6,
    "AT": 0.6, "BR": 0.5, "MX": 0.5, "RU": 0.5, "CN": 0.5, "VN": 0.4, "IL": 0.4, "PL": 0.4, "TR": 0.3, "ZA": 0.3,
    "RO": 0.25, "CZ": 0.2, "PT": 0.2, "KH": 0.2, "AR": 0.15, "NG": 0.15, "CO": 0.1, "KE": 0.1, "CL": 0.1, "EG": 0.1,
    "PE": 0.05, "JM": 0.05,
}  # fmt: skip
"""How often a report with a Philippine address holds an address of another country (relative weights)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticDelegations:
    """The ranges of one synthetic delegation file, and its text.

    Parameters
    ----------
    text : str
        The file, lines ended by a line feed.
    country : ndarray of S2
        Country of each IPv4 range, in order of address.
    start, size : ndarray of int64
        First address and number of addresses.
    year : ndarray of int64
        Year of the recorded date.
    """

    text: str
    country: NDArray[np.bytes_]
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    year: NDArray[np.int64]

    def addresses(self, country: str, *, before: int) -> AddressPool:
        """Which addresses were delegated to a country before a year?"""
        chosen = (self.country == country.encode("ascii")) & (self.year < before)
        order = np.argsort(self.year[chosen], kind="stable")
        return AddressPool(self.start[chosen][order], np.cumsum(self.size[chosen][order]))


@dataclass(frozen=True, slots=True, eq=False)
class AddressPool:
    """Ranges seen as one numbered pool; a pool of an earlier year is the beginning of a later one.

    Parameters
    ----------
    start : ndarray of int64
        First address of each range.
    cumulative : ndarray of int64
        Addresses up to and with each range.
    """

    start: NDArray[np.int64]
    cumulative: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Addresses in the pool."""
        return int(self.cumulative[-1])

    def at(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Addresses at positions ``0 .. size - 1``."""
        block = np.searchsorted(self.cumulative, position, side="right")
        before = np.concatenate(([0], self.cumulative[:-1]))
        return np.asarray(self.start[block] + position - before[block], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Range:
    registry: str
    country: str
    size: int
    day: date | None
    status: str


def simulate_delegations(*, seed: int) -> SyntheticDelegations:
    """Which address ranges does each country of the synthetic world hold?

    Parameters
    ----------
    seed : int

    Returns
    -------
    SyntheticDelegations
        Philippine IPv4 ranges add up to the reference series at the end of each year 2008 to 2017.

    Examples
    --------
    >>> world = simulate_delegations(seed=1)
    >>> int(world.size[(world.country == b"PH") & (world.year <= 2015)].sum())
    5484800
    """
    rng = np.random.default_rng([seed, 41])
    ranges = _philippine_ranges(rng) + _foreign_ranges(rng) + _unheld_ranges(rng)
    ranges = [ranges[i] for i in rng.permutation(len(ranges))]
    start = FIRST_ADDRESS + np.concatenate(
        ([0], np.cumsum([r.size + 256 * int(g) for r, g in zip(ranges, rng.integers(0, 64, len(ranges)), strict=True)]))
    )
    held = [(r, int(s)) for r, s in zip(ranges, start[:-1], strict=True) if r.country and r.day]
    return SyntheticDelegations(
        text=_text(ranges, start, rng),
        country=np.array([r.country.encode("ascii") for r, _ in held], dtype="S2"),
        start=np.array([s for _, s in held], dtype=np.int64),
        size=np.array([r.size for r, _ in held], dtype=np.int64),
        year=np.array([r.day.year for r, _ in held if r.day], dtype=np.int64),
    )


def _series() -> list[tuple[date, int]]:
    text = files("darkfigure.reference").joinpath("data/ph-ipv4-allocated.csv").read_text("utf-8")
    rows = [r for r in csv.DictReader(text.splitlines()) if r["basis"] == _SERIES_BASIS]
    return sorted((date.fromisoformat(r["as_of"]), int(r["ipv4_addresses"])) for r in rows)


def _sizes(total: int, rng: np.random.Generator) -> list[int]:
    """Cut a total (a multiple of 256) into ranges as registries hand them out; some are no power of two."""
    powers = 256 * 2 ** np.arange(11)
    sizes: list[int] = []
    left = total
    while left > 0:
        size = int(rng.choice(powers, p=_SIZE_WEIGHTS))
        if rng.random() < 0.08:
            size = 256 * int(rng.integers(3, 40))
        size = min(size, left)
        sizes.append(size)
        left -= size
    return sizes


_SIZE_WEIGHTS = np.array([22, 8, 12, 10, 12, 9, 9, 8, 7, 2, 1]) / 100


def _day_in(year: int, rng: np.random.Generator) -> date:
    return date(year, 1, 1) + timedelta(days=int(rng.integers(0, 365)))


def _philippine_ranges(rng: np.random.Generator) -> list[_Range]:
    series = _series()
    ranges: list[_Range] = []
    for (_, before), (until, total) in pairwise([(date.min, 0), *series]):
        for size in _sizes(total - before, rng):
            year = until.year if before else int(rng.integers(1994, until.year + 1))
            status = "assigned" if size <= 1024 and rng.random() < 0.4 else "allocated"
            ranges.append(_Range("apnic", "PH", size, _day_in(year, rng), status))
    return ranges


def _registry_of(country: str) -> str:
    return next(registry for registry, countries in _REGISTRIES.items() if country in countries.split())


def _foreign_ranges(rng: np.random.Generator) -> list[_Range]:
    ranges: list[_Range] = []
    for country, weight in COUNTRY_WEIGHTS.items():
        for size in _sizes(256 * int(2000 + 2400 * weight), rng):
            ranges.append(_Range(_registry_of(country), country, size, _day_in(int(rng.integers(1991, 2010)), rng),
                                 "allocated"))  # fmt: skip
    return ranges


def _unheld_ranges(rng: np.random.Generator) -> list[_Range]:
    return [
        _Range(str(rng.choice(list(_REGISTRIES))), "", 256 * int(rng.integers(1, 200)), None,
               str(rng.choice(["available", "reserved"])))
        for _ in range(120)
    ]  # fmt: skip


def _text(ranges: list[_Range], start: NDArray[np.int64], rng: np.random.Generator) -> str:
    rows: dict[str, list[str]] = {"asn": [], "ipv4": [], "ipv6": []}
    for r, first in zip(ranges, start[:-1], strict=True):
        day = r.day.strftime("%Y%m%d") if r.day else ""
        holder = f"S{int(rng.integers(0, 16**7)):07X}" if r.day else ""
        address = ipaddress.IPv4Address(int(first))
        rows["ipv4"].append(f"{r.registry}|{r.country}|ipv4|{address}|{r.size}|{day}|{r.status}|{holder}")
    for number, country in enumerate(("PH", *COUNTRY_WEIGHTS)):
        registry, day = _registry_of(country), _day_in(int(rng.integers(2003, 2018)), rng).strftime("%Y%m%d")
        rows["asn"].append(f"{registry}|{country}|asn|{4_200_000_000 + 64 * number}|{1 + number % 5}|{day}|allocated|")
        rows["ipv6"].append(f"{registry}|{country}|ipv6|2001:db8:{number:x}00::|40|{day}|allocated|")
    order = ("asn", "ipv4", "ipv6")
    total = sum(len(rows[kind]) for kind in order)
    first_day = min(r.day for r in ranges if r.day).strftime("%Y%m%d")
    head = [
        "# Synthetic delegations. All IPv4 ranges lie in 240.0.0.0/4, which was never assigned.",
        "#",
        f"2.3|nro|{_SNAPSHOT:%Y%m%d}|{total}|{first_day}|{_SNAPSHOT:%Y%m%d}|+0000",
        *(f"nro|*|{kind}|*|{len(rows[kind])}|summary" for kind in order),
    ]
    body = [row for kind in order for row in rows[kind]]
    body.insert(len(rows["asn"]), "# IPv4 ranges: value is the number of addresses")
    return "\n".join([*head, *body, ""])
