"""Address delegations of the regional internet registries: which country an IPv4 address was delegated to, and when.

The format is the statistics exchange format (plain and extended): a version line, summary lines, one record a line,
``#`` for comments. A file is a snapshot: it names the registrant's economy, not the place of use, and keeps no history
of transfers.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import IntakeError
from darkfigure.records.aggregate import FileAccount, IntakeAudit, RefusedRow, tally

UNKNOWN = b"ZZ"
"""Country of an address that no accepted range covers."""

NOT_A_COUNTRY = frozenset({"ZZ", "AP", "EU", "A1", "A2", "O1", "AN", "FX", "XK", "UK"})
"""Codes that files carry and that name no country; such ranges are accepted and resolve to unknown."""

_REGISTRIES = frozenset({"afrinic", "apnic", "arin", "iana", "lacnic", "ripencc"})
_HELD, _FREE = frozenset({"allocated", "assigned"}), frozenset({"available", "reserved"})
_UNDATED = np.iinfo(np.int32).max
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)?\Z", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,10}\Z", re.ASCII)
_COUNTRY = re.compile(r"[A-Z][A-Z0-9]\Z", re.ASCII)
_OCTETS = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\Z", re.ASCII)
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,39}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Delegations:
    """IPv4 ranges by country, sorted and without overlap.

    Parameters
    ----------
    start, end : ndarray of int64
        First address of each range and first address after it.
    country : ndarray of S2
        ISO 3166-1 alpha-2, or ``ZZ``.
    day : ndarray of int32
        Recorded date as a proleptic day number (``date.toordinal``); undated ranges hold the largest number.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    country: NDArray[np.bytes_]
    day: NDArray[np.int32]

    def __post_init__(self) -> None:
        for column in (self.start, self.end, self.country, self.day):
            column.setflags(write=False)

    def country_of(self, addresses: NDArray[np.uint32]) -> NDArray[np.bytes_]:
        """Which country is each address delegated to?

        Parameters
        ----------
        addresses : ndarray of uint32
            IPv4 addresses as numbers.

        Returns
        -------
        ndarray of S2
            Country codes, ``ZZ`` where no range covers the address.

        Examples
        --------
        >>> one = Delegations(np.array([256]), np.array([512]), np.array([b"PH"]), np.array([730000], dtype=np.int32))
        >>> one.country_of(np.array([255, 256, 511, 512], dtype=np.uint32)).tolist()
        [b'ZZ', b'PH', b'PH', b'ZZ']
        """
        wanted = np.asarray(addresses, dtype=np.int64)
        row = np.searchsorted(self.start, wanted, side="right") - 1
        if not self.start.size:
            return np.full(wanted.shape, UNKNOWN, dtype="S2")
        inside = (row >= 0) & (wanted < self.end[row])
        return np.where(inside, self.country[row], UNKNOWN).astype("S2")

    def total(self, country: str, at: date) -> int:
        """How many IPv4 addresses had been delegated to a country by a day, by recorded date?

        Undated ranges are not counted: nobody recorded that they were delegated by then.
        """
        chosen = (self.country == country.encode("ascii")) & (self.day <= at.toordinal())
        return int((self.end - self.start)[chosen].sum())

    def countries(self) -> tuple[str, ...]:
        """Countries that hold a range, sorted."""
        return tuple(c.decode("ascii") for c in np.unique(self.country).tolist() if c != UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Range:
    row: int
    start: int
    end: int
    country: str
    day: int


def read_delegations(path: Path, *, source: str) -> tuple[Delegations, IntakeAudit]:
    """Which ranges does a delegation file hold, and which lines had to be refused?

    Ranges may stand in any order. Of two overlapping ranges the one further down the file is refused.

    Parameters
    ----------
    path : Path
    source : str
        Name of the declared source.

    Returns
    -------
    tuple of Delegations and IntakeAudit
        One account in delegation rows (version, summary, comment and empty lines are none).

    Raises
    ------
    IntakeError (E-INTAKE-70)
        The file cannot be opened, is not ASCII text or holds a NUL.
    IntakeError (E-INTAKE-71)
        The version line is missing or damaged.
    IntakeError (E-INTAKE-72)
        The number of records differs from the number the version line states.
    IntakeError (E-INTAKE-73)
        No IPv4 range could be accepted.
    """
    lines, digest = _lines(path, source)
    stated = _stated_records(lines, source)
    records = [(n, line) for n, line in lines[1:] if "|summary" not in line or not line.endswith("|summary")]
    if len(records) != stated:
        raise IntakeError(
            "E-INTAKE-72", where=f"source {source}", problem="records are missing or added against the version line",
            allowed="as many records as the version line states", remedy="Fetch the file again; it may be cut short.",
        )  # fmt: skip
    ranges: list[_Range] = []
    refused: list[RefusedRow] = []
    for number, line in records:
        outcome = _record(number, line.split("|"))
        if isinstance(outcome, _Range):
            ranges.append(outcome)
        elif outcome is not None:
            refused.append(RefusedRow(source, path.name, number, *outcome))
    kept, overlapping = _without_overlaps(ranges)
    refused += [RefusedRow(source, path.name, r.row, "start", "range-overlaps") for r in overlapping]
    refused.sort(key=lambda r: r.row)
    if not kept:
        raise IntakeError(
            "E-INTAKE-73", where=f"source {source}", problem="no IPv4 range could be accepted",
            allowed="at least one allocated or assigned ipv4 record", remedy="Check that this is a delegation file.",
        )  # fmt: skip
    account = FileAccount(
        source=source, file=path.name, unit="delegation rows", rows_in=len(records),
        rows_accepted=len(records) - len(refused), rows_refused=len(refused), refusals=tally(refused), sha256=digest,
    )  # fmt: skip
    return _columns(kept), IntakeAudit((account,), tuple(refused))


def _lines(path: Path, source: str) -> tuple[list[tuple[int, str]], str]:
    """Lines with their numbers, without comments and empty lines, and the file's digest."""
    try:
        raw = path.read_bytes()
        text = raw.decode("ascii")
    except (OSError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:
        raise IntakeError(
            "E-INTAKE-70", where=f"source {source}", problem="the file cannot be read as text",
            allowed="an ASCII text file without NUL characters", remedy="Check the path, or fetch the file again.",
        )  # fmt: skip
    numbered = enumerate((line.rstrip("\r") for line in text.split("\n")), start=1)
    kept = [(n, line) for n, line in numbered if line.strip() and not line.startswith("#")]
    return kept, hashlib.sha256(raw).hexdigest()


def _stated_records(lines: list[tuple[int, str]], source: str) -> int:
    fields = lines[0][1].split("|") if lines else []
    if len(fields) == 7 and _VERSION.match(fields[0]) and _DIGITS.match(fields[3]):
        return int(fields[3])
    raise IntakeError(
        "E-INTAKE-71", where=f"source {source}", problem="the version line is missing or damaged",
        allowed="version|registry|serial|records|startdate|enddate|UTCoffset before all records",
        remedy="Fetch the file again.",
    )  # fmt: skip


def _record(number: int, fields: list[str]) -> _Range | tuple[str, str] | None:
    """A range of a country, the field and rule that refuse the line, or nothing for a line that is fine but unused."""
    if len(fields) < 7:
        return "record", "too-few-fields"
    registry, country, kind, start, value, day, status = fields[:7]
    free = status in _FREE
    checks = (
        ("registry", "registry-unknown", registry in _REGISTRIES),
        ("type", "type-unknown", kind in ("ipv4", "ipv6", "asn")),
        ("status", "status-unknown", free or status in _HELD),
        ("cc", "country-malformed", bool(_COUNTRY.match(country)) or (free and not country)),
        ("value", "value-malformed", bool(_DIGITS.match(value)) and int(value) > 0),
        ("date", "date-malformed", day in ("", "00000000") or _ordinal(day) is not None),
    )
    broken = next(((field, rule) for field, rule, fine in checks if not fine), None)
    if broken:
        return broken
    if kind != "ipv4":
        fine = _DIGITS.match(start) if kind == "asn" else (_IPV6.match(start) and int(value) <= 128)
        return None if fine else ("start", "start-malformed")
    first = _ipv4_number(start)
    if first is None:
        return "start", "start-malformed"
    if first + int(value) > 1 << 32:
        return "value", "range-too-long"
    known = country if country not in NOT_A_COUNTRY else UNKNOWN.decode("ascii")
    return None if free else _Range(number, first, first + int(value), known, _ordinal(day) or _UNDATED)


def _ordinal(day: str) -> int | None:
    if not re.match(r"[0-9]{8}\Z", day, re.ASCII):
        return None
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
    except ValueError:
        return None


def _ipv4_number(text: str) -> int | None:
    match = _OCTETS.match(text)
    octets = [int(part) for part in match.groups()] if match else [256]
    if max(octets) > 255:
        return None
    return (octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3]


def _without_overlaps(ranges: list[_Range]) -> tuple[list[_Range], list[_Range]]:
    """Sorted ranges without overlap, and those refused: of two that overlap, the one further down the file."""
    kept: list[_Range] = []
    refused: list[_Range] = []
    for r in sorted(ranges, key=lambda r: (r.start, r.row)):
        while kept and r.start < kept[-1].end and r.row < kept[-1].row:
            refused.append(kept.pop())
        if kept and r.start < kept[-1].end:
            refused.append(r)
        else:
            kept.append(r)
    return kept, refused


def _columns(ranges: list[_Range]) -> Delegations:
    return Delegations(
        np.array([r.start for r in ranges], dtype=np.int64),
        np.array([r.end for r in ranges], dtype=np.int64),
        np.array([r.country.encode("ascii") for r in ranges], dtype="S2"),
        np.array([r.day for r in ranges], dtype=np.int32),
    )
