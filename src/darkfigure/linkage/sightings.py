"""Which addresses were seen when: selects address entries by declared rules, and says what every rule kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import LinkageError
from darkfigure.linkage.bundles import NO_BUNDLE, first_appearance_codes, first_in_bundle, first_in_session
from darkfigure.records.restricted import (
    AddressSpace,
    Flag,
    IncidentType,
    IpEventTable,
    ReportTable,
    Role,
    SelectionStep,
    Sightings,
)

SECONDS_A_DAY = 86_400
EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """How many days after 1970-01-01 is this day?

    Examples
    --------
    >>> day_number(date(1970, 1, 4))
    3
    """
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRules:
    """Which address entries count as sightings of an address in use.

    Parameters
    ----------
    country : str
        ISO 3166-1 alpha-2 code; only addresses resolved to it stay.
    period_start, period_end : date
        Both included; the report must be received, and the sighting must fall, within them (UTC days).
    families : tuple of int
        Address families, 4 or 6. IPv6 has no denominator that could be shared with IPv4.
    spaces : tuple of AddressSpace
        Kinds of address; private and reserved ones name no place.
    roles : tuple of Role
        Whose address it is. A victim's address is not one used against children.
    exclude_proxies : bool
        Drop addresses the service thought a possible proxy.
    incident_types : tuple of IncidentType
        Incident types; empty for all.
    clock : {"event", "received"}
        Which time dates a sighting: the address event's own time where the source states one (else the incident, else
        receipt), or the receipt of the report.
    collapse_bundle_hours : float
        One sighting for an address in a bundle, and one for a run of reports by the same service no further apart than
        this. 0 turns both off.

    Raises
    ------
    LinkageError (E-LINK-20)
        The rules cannot select anything or contradict each other.
    """

    country: str
    period_start: date
    period_end: date
    families: tuple[int, ...] = (4,)
    spaces: tuple[AddressSpace, ...] = (AddressSpace.PUBLIC,)
    roles: tuple[Role, ...] = (Role.REPORTED_USER, Role.RECIPIENT, Role.FILE)
    exclude_proxies: bool = True
    incident_types: tuple[IncidentType, ...] = ()
    clock: Literal["event", "received"] = "event"
    collapse_bundle_hours: float = 24.0

    def __post_init__(self) -> None:
        problems = (
            (self.period_end < self.period_start, "period_end", "the period ends before it starts"),
            (len(self.country) != 2 or not self.country.isascii(), "country", "it is not a two-letter code"),
            (not set(self.families) or not set(self.families) <= {4, 6}, "families", "a family is neither 4 nor 6"),
            (not self.spaces, "spaces", "no kind of address is left"),
            (not self.roles, "roles", "no role is left"),
            (not self.collapse_bundle_hours >= 0, "collapse_bundle_hours", "it is negative"),
        )
        for broken, option, problem in problems:
            if broken:
                raise LinkageError(
                    "E-LINK-20", where=f"selection rule {option}", problem=problem,
                    allowed="see SelectionRules in the reference", remedy="Mend the rule in study.toml.",
                )  # fmt: skip


def select_sightings(reports: ReportTable, events: IpEventTable, *, rules: SelectionRules) -> Sightings:
    """Which addresses were seen on which days, under the declared rules?

    Parameters
    ----------
    reports : ReportTable
        One row a report.
    events : IpEventTable
        One row for each address entry of a report.
    rules : SelectionRules
        What stays. The filters run in a fixed order, each logged with rows in and out.

    Returns
    -------
    Sightings
        Rows in the order of ``events``; addresses numbered by first appearance among the rows that stay.

    Raises
    ------
    LinkageError (E-LINK-21)
        An address entry names a report that is not in ``reports``.

    Notes
    -----
    Repeats are dropped last, since a repeat of an entry that is not selected is no repeat.
    """
    if len(events) and not 0 <= int(events.report.min()) <= int(events.report.max()) < len(reports):
        raise LinkageError(
            "E-LINK-21", where="address entries", problem="an entry names a report that was not read",
            allowed="report rows of the same intake", remedy="Read reports and their addresses together.",
        )  # fmt: skip
    log: list[SelectionStep] = []
    rows = np.arange(len(events), dtype=np.int64)
    for rule, text, keep in _filters(reports, events, rules):
        kept = rows[keep[rows]]
        log.append(SelectionStep(rule, text, int(rows.size), int(kept.size)))
        rows = kept
    time = _clock(reports, events, rules)
    rows = _collapse(reports, events, rules, rows=rows, time=time, log=log)
    entity, n_entities = first_appearance_codes(events.address_key[rows])
    return Sightings(
        entity=entity,
        day=(time[rows] // SECONDS_A_DAY).astype(np.int32),
        service=reports.service[events.report[rows]].astype(np.int16),
        services=reports.services,
        n_entities=n_entities,
        steps=tuple(log),
    )


def _clock(reports: ReportTable, events: IpEventTable, rules: SelectionRules) -> NDArray[np.int64]:
    return events.time if rules.clock == "event" else reports.received[events.report]


def _filters(
    reports: ReportTable, events: IpEventTable, rules: SelectionRules
) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """List the filters in the order they run: name, words, and which entries each keeps."""
    report = events.report
    start, end = day_number(rules.period_start), day_number(rules.period_end)
    received = reports.received[report] // SECONDS_A_DAY
    seen = _clock(reports, events, rules) // SECONDS_A_DAY
    everything = np.ones(len(events), dtype=bool)
    proxy = events.proxy != Flag.YES if rules.exclude_proxies else everything
    types = np.isin(reports.incident_type[report], rules.incident_types) if rules.incident_types else everything
    return [
        ("received", "in reports received in the study period", (received >= start) & (received <= end)),
        ("country", "resolved to the study country", events.country == rules.country.upper().encode("ascii")),
        ("family", "of the address family counted", np.isin(events.family, rules.families)),
        ("space", "public addresses", np.isin(events.space, rules.spaces)),
        ("role", "of a role counted", np.isin(events.role, rules.roles)),
        ("proxy", "not marked as a possible proxy", proxy),
        ("incident-type", "in reports of an incident type counted", types),
        ("seen", "seen in the study period", (seen >= start) & (seen <= end)),
    ]


def _collapse(
    reports: ReportTable,
    events: IpEventTable,
    rules: SelectionRules,
    *,
    rows: NDArray[np.int64],
    time: NDArray[np.int64],
    log: list[SelectionStep],
) -> NDArray[np.int64]:
    """Drop repeats within bundles, then within sessions of one service; both are logged."""
    report = events.report[rows]
    keys = reports.bundle_key[report]
    codes, _ = first_appearance_codes(keys)
    bundle = np.where(keys == b"", np.int32(NO_BUNDLE), codes)
    entity, _ = first_appearance_codes(events.address_key[rows])
    active = rules.collapse_bundle_hours > 0
    keep = first_in_bundle(entity, bundle, time[rows]) if active else np.ones(rows.size, dtype=bool)
    log.append(SelectionStep("bundle", "once in a bundle of reports", int(rows.size), int(keep.sum())))
    rows, entity, report = rows[keep], entity[keep], report[keep]
    keep = first_in_session(entity, reports.service[report], time[rows], hours=rules.collapse_bundle_hours)
    log.append(SelectionStep("session", "once in a run of reports by one service", int(rows.size), int(keep.sum())))
    return rows[keep]
