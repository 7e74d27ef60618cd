"""Row-level tables made from CyberTipline reports. Restricted: they never leave ``work/`` and have no readable repr."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import RecordError

NO_TIME = -(2**62)
"""Value of a time column where the source states no time (seconds since 1970 are far above it)."""

UNKNOWN_COUNTRY = "ZZ"
"""ISO 3166 user-assigned code for an address whose country no source resolves."""


class Role(IntEnum):
    """Whose address it is; the source says so and later stages may select."""

    REPORTED_USER = 0
    RECIPIENT = 1
    VICTIM = 2
    FILE = 3


class AddressEvent(IntEnum):
    """What the reporting service recorded the address for."""

    UNKNOWN = 0
    LOGIN = 1
    REGISTRATION = 2
    PURCHASE = 3
    UPLOAD = 4
    OTHER = 5


class TimeSource(IntEnum):
    """Where the time of an address event comes from: its own capture, else the incident, else receipt of the report."""

    CAPTURE = 0
    INCIDENT = 1
    RECEIVED = 2


class Flag(IntEnum):
    """A yes-or-no field that a source may leave out."""

    NOT_STATED = -1
    NO = 0
    YES = 1


class AddressSpace(IntEnum):
    """What kind of address it is, by the address alone."""

    PUBLIC = 0
    PRIVATE = 1
    RESERVED = 2
    LOOPBACK = 3
    LINK_LOCAL = 4
    MULTICAST = 5
    SHARED_NAT = 6


class IncidentType(IntEnum):
    """Incident types of the reporting interface, in its own order; wire values are mapped at the gate and not shown."""

    MATERIAL = 1
    TRAFFICKING = 2
    TRAVEL = 3
    MOLESTATION = 4
    MISLEADING_DOMAIN = 5
    MISLEADING_WORDS = 6
    ENTICEMENT = 7
    UNSOLICITED_MATERIAL = 8


def _check_lengths(table: object, name: str) -> None:
    arrays = [getattr(table, f.name) for f in fields(table) if isinstance(getattr(table, f.name), np.ndarray)]  # type: ignore[arg-type]
    if len({a.shape for a in arrays}) > 1 or any(a.ndim != 1 for a in arrays):
        raise RecordError(
            "E-RECORD-05", where=name, problem="columns differ in length", allowed="columns of one length",
            remedy="Report this as a fault in darkfigure.",
        )  # fmt: skip
    for a in arrays:
        a.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ReportTable:
    """One row a report, in the order read.

    Parameters
    ----------
    report_key : ndarray of S32
        Keyed pseudonym of the report id (hexadecimal).
    received : ndarray of int64
        Seconds since 1970 UTC.
    incident : ndarray of int64
        Seconds since 1970 UTC of the incident, or ``NO_TIME``. Often the time of detection, not of the act.
    incident_type : ndarray of int8
        ``IncidentType`` code.
    service : ndarray of int16
        Index into ``services``.
    services : tuple of str
        Names of reporting services (organisations, not people), sorted.
    bundle_key : ndarray of S32
        Keyed pseudonym of the bundle the report belongs to, or empty.
    batched : ndarray of int8
        ``Flag``: a batched report of widely shared material; holds many users and no addresses.
    escalated : ndarray of int8
        ``Flag``.
    has_text : ndarray of bool
        Whether a free-text field was filled (the text itself is elsewhere, for the classifier alone).
    source_index : ndarray of int16
        Index into ``sources``.
    sources : tuple of str
        Names of the declared sources the rows come from.
    """

    report_key: NDArray[np.bytes_]
    received: NDArray[np.int64]
    incident: NDArray[np.int64]
    incident_type: NDArray[np.int8]
    service: NDArray[np.int16]
    services: tuple[str, ...]
    bundle_key: NDArray[np.bytes_]
    batched: NDArray[np.int8]
    escalated: NDArray[np.int8]
    has_text: NDArray[np.bool_]
    source_index: NDArray[np.int16]
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_lengths(self, "ReportTable")

    def __len__(self) -> int:
        return int(self.report_key.shape[0])

    def __repr__(self) -> str:
        return f"ReportTable(<{len(self)} restricted rows>)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class IpEventTable:
    """One row for each (report, address) pair, the address already replaced by a keyed pseudonym.

    Parameters
    ----------
    report : ndarray of int32
        Row of the report in ``ReportTable``.
    address_key : ndarray of S32
        Keyed pseudonym of the canonical address (hexadecimal). Equal addresses, however written, have equal keys.
    family : ndarray of int8
        4 or 6 (a v4-mapped v6 address is 4).
    space : ndarray of int8
        ``AddressSpace``.
    role : ndarray of int8
        ``Role``.
    event : ndarray of int8
        ``AddressEvent``.
    time : ndarray of int64
        Seconds since 1970 UTC.
    time_source : ndarray of int8
        ``TimeSource``.
    zone_stated : ndarray of bool
        Whether the source gave a time zone (otherwise UTC was assumed).
    proxy : ndarray of int8
        ``Flag``: the service thought it a possible proxy.
    country : ndarray of S2
        ISO 3166-1 alpha-2 from the declared address-to-country source, or ``ZZ``.
    """

    report: NDArray[np.int32]
    address_key: NDArray[np.bytes_]
    family: NDArray[np.int8]
    space: NDArray[np.int8]
    role: NDArray[np.int8]
    event: NDArray[np.int8]
    time: NDArray[np.int64]
    time_source: NDArray[np.int8]
    zone_stated: NDArray[np.bool_]
    proxy: NDArray[np.int8]
    country: NDArray[np.bytes_]

    def __post_init__(self) -> None:
        _check_lengths(self, "IpEventTable")

    def __len__(self) -> int:
        return int(self.report.shape[0])

    def __repr__(self) -> str:
        return f"IpEventTable(<{len(self)} restricted rows>)"


@dataclass(frozen=True, slots=True, repr=False)
class ReportText:
    """Free text of one report, kept for the classifier's own store and for nothing else."""

    report: int
    text: str

    def __repr__(self) -> str:
        return "ReportText(<restricted>)"
