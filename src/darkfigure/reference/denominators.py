"""How many addresses does a country have? Dated counts of its address space, each with its own source."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal, Protocol

DenominatorRole = Literal["declared", "year-matched", "alternative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominator:
    """A count of addresses to divide by.

    Parameters
    ----------
    name : str
        What a reader sees, such as ``"recorded by 31 December 2015"``.
    role : {"declared", "year-matched", "alternative"}
        The one the study declares for every year; the count at the end of a window; any other.
    as_of : date
        Day the count speaks about.
    addresses : int
        IPv4 addresses allocated or assigned to the country: allocated, not active.
    basis : str
        How the count was made.
    source : str
        Where it comes from.
    """

    name: str
    role: DenominatorRole
    as_of: date
    addresses: int
    basis: str
    source: str


class AddressSpaceOverTime(Protocol):
    """Anything that knows a country's address space at a date, such as a register of delegations."""

    def total(self, country: str, at: date) -> int:
        """Count the addresses recorded for a country by a date."""
        ...


def in_words(day: date) -> str:
    """How is a date written in a report?

    Examples
    --------
    >>> in_words(date(2015, 12, 31))
    '31 December 2015'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@cache
def philippine_address_space() -> tuple[Denominator, ...]:
    """How large was the Philippine IPv4 space in dated public files?

    Returns
    -------
    tuple of Denominator
        All of role ``"alternative"``, in order of date.

    Notes
    -----
    Cumulative counts by recorded allocation date come from one late file and differ from what a file of that day says,
    since transferred blocks are dated back; the snapshots are files of their day.

    Examples
    --------
    >>> [d.addresses for d in philippine_address_space() if d.as_of == date(2015, 12, 31)]
    [5484800]
    """
    text = (resources.files("darkfigure.reference") / "data" / "ph-ipv4-allocated.csv").read_text(encoding="utf-8")
    found = [
        Denominator(
            name=f"{in_words(date.fromisoformat(row['as_of']))}, {row['source']}", role="alternative",
            as_of=date.fromisoformat(row["as_of"]), addresses=int(row["ipv4_addresses"]),
            basis=row["basis"], source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda d: (d.as_of, d.basis)))


def delegated_denominators(
    space: AddressSpaceOverTime, *, country: str, declared: date, window_ends: Sequence[date], source: str
) -> tuple[Denominator, ...]:
    """What does the study's own delegation file give, at the declared date and at the end of each window?

    Parameters
    ----------
    space : AddressSpaceOverTime
        The study's register of delegations.
    country : str
        Two-letter code.
    declared : date
        Day of the one count that all years are divided by.
    window_ends : sequence of date
        Days of the year-matched counts.
    source : str
        Name of the declared source.

    Returns
    -------
    tuple of Denominator
        The declared one first.
    """
    basis = "cumulative by recorded allocation date"
    days = [("declared", declared), *(("year-matched", day) for day in sorted(set(window_ends)))]
    return tuple(
        Denominator(
            name=f"recorded by {in_words(day)}" + (", the declared count" if role == "declared" else ""),
            role="declared" if role == "declared" else "year-matched",
            as_of=day, addresses=space.total(country, day), basis=basis, source=source,
        )
        for role, day in days
    )  # fmt: skip
