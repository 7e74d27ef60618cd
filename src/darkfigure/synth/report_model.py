"""A synthetic report as the world knows it, before a partner writes it down in one of three shapes."""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.records.restricted import AddressEvent, Flag, IncidentType, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticCapture:
    """One address entry of a report.

    Parameters
    ----------
    address : str
        As the service wrote it: dotted IPv4, IPv6 in any spelling, v4-mapped v6, private, or malformed. Synthetic
        public IPv4 addresses come from 240.0.0.0/4 (never assigned to anybody), IPv6 ones from 2001:db8::/32.
    role : Role
    event : AddressEvent
    time : int or None
        Seconds since 1970 UTC; ``None`` when the service gave no time.
    zone_stated : bool
        Whether the written time carries its zone (otherwise it is written without one, in UTC).
    proxy : Flag
        Possible proxy, as the service says; may be not stated.
    """

    address: str
    role: Role
    event: AddressEvent
    time: int | None
    zone_stated: bool
    proxy: Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticReport:
    """One report, the common content that each shape can carry.

    Parameters
    ----------
    report_id : int
    received, incident : int
        Seconds since 1970 UTC.
    incident_type : IncidentType
    service : str
        Name of the reporting service ("Service A").
    bundle_id : int or None
        Reports on one incident share it.
    batched, escalated : Flag
        ``YES`` or ``NO``.
    captures : tuple of SyntheticCapture
    text : str
        Free text of the reporting service: mostly empty or boilerplate, short, clinical.
    screen_name : str
        A synthetic account handle, so that readers have something to drop.
    """

    report_id: int
    received: int
    incident: int
    incident_type: IncidentType
    service: str
    bundle_id: int | None
    batched: Flag
    escalated: Flag
    captures: tuple[SyntheticCapture, ...]
    text: str
    screen_name: str
