"""The gate between partners' reports and the study's tables: fields are checked, identifiers become pseudonyms.

A report that breaks a rule is refused with its addresses; an address that breaks a rule is refused alone. Rows keep
the order in which reports were read, which no pseudonym decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from darkfigure.intake.addresses import AddressRefusal, CanonicalAddress, canonical_address
from darkfigure.intake.json_safety import DocumentRefusal
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.report_fields import (
    RawCapture,
    RawReport,
    Time,
    clean_text,
    event_of,
    flag_of,
    incident_type_of,
    number_id_of,
    service_of,
    time_of,
)
from darkfigure.records.aggregate import FileAccount, RefusedRow, tally
from darkfigure.records.restricted import (
    NO_TIME,
    UNKNOWN_COUNTRY,
    AddressEvent,
    AddressSpace,
    Flag,
    IpEventTable,
    ReportTable,
    ReportText,
    TimeSource,
)


class CountrySource(Protocol):
    """A declared source that says in which country an IPv4 address is registered."""

    def country_of(self, addresses: NDArray[np.uint32]) -> NDArray[np.bytes_]:
        """Give ISO 3166-1 alpha-2 codes, ``b"ZZ"`` where the source has none, in the order of ``addresses``."""
        ...


@dataclass(slots=True, kw_only=True, repr=False)
class FileTally:
    """Counts of one file while it is read.

    ``reports_in`` and ``addresses_in`` count what the file holds; the refusals say what became of the difference.
    """

    source: str
    file: str
    reports_in: int = 0
    addresses_in: int = 0
    refused_reports: list[RefusedRow] = field(default_factory=list)
    refused_addresses: list[RefusedRow] = field(default_factory=list)
    unknown_elements: int = 0
    sha256: str = ""

    def refuse_report(self, row: int, *, field: str, rule: str) -> None:
        """Count one report as refused; call after adding it to ``reports_in``."""
        self.refused_reports.append(RefusedRow(self.source, self.file, row, field, rule))

    def refuse_address(self, row: int, *, field: str, rule: str) -> None:
        """Count one address as refused; call after adding it to ``addresses_in``."""
        self.refused_addresses.append(RefusedRow(self.source, self.file, row, field, rule))

    def accounts(self) -> tuple[FileAccount, FileAccount]:
        """Give the balanced accounts of the file's reports and of its addresses."""
        kinds = (
            ("reports", self.reports_in, self.refused_reports, self.unknown_elements),
            ("addresses", self.addresses_in, self.refused_addresses, 0),
        )
        reports, addresses = (
            FileAccount(
                source=self.source, file=self.file, unit=unit, rows_in=rows, rows_accepted=rows - len(refused),
                rows_refused=len(refused), refusals=tally(refused), unknown_elements=unknown, sha256=self.sha256,
            )
            for unit, rows, refused, unknown in kinds
        )  # fmt: skip
        return reports, addresses


@dataclass(frozen=True, slots=True, repr=False)
class _Report:
    number: int
    received: Time
    incident: Time | None
    incident_type: int
    service: str
    bundle: int | None
    batched: Flag
    escalated: Flag


@dataclass(frozen=True, slots=True, repr=False)
class _Event:
    address: CanonicalAddress
    event: AddressEvent
    time: Time
    time_source: TimeSource
    proxy: Flag


class ReportGate:
    """Collects reports of all sources and makes the two tables of them.

    Parameters
    ----------
    pseudonymiser : Pseudonymiser
        Domains ``"report"``, ``"bundle"`` (decimal number) and ``"address"`` (canonical spelling).
    sources : tuple of str
        Names of the declared sources, in the order read.
    synthetic_space : str or None
        As ``canonical_address``.
    """

    def __init__(self, pseudonymiser: Pseudonymiser, *, sources: tuple[str, ...], synthetic_space: str | None) -> None:
        self._pseudonymiser = pseudonymiser
        self._sources = sources
        self._synthetic_space = synthetic_space
        self._seen: set[int] = set()
        self._reports: list[tuple[bytes, int, int, int, str, bytes, int, int, bool, int]] = []
        self._events: list[tuple[int, bytes, int, int, int, int, int, int, bool, int, int]] = []
        self._texts: list[ReportText] = []

    def __repr__(self) -> str:
        return f"ReportGate(<{len(self._reports)} restricted reports>)"

    def add(self, raw: RawReport | DocumentRefusal, *, row: int, source: int, tally: FileTally) -> None:
        """Take one report in, or refuse it, and account for it and for each of its addresses.

        Parameters
        ----------
        raw : RawReport | DocumentRefusal
            What the reader of its shape made of it.
        row : int
            Its place in the file.
        source : int
            Index into ``sources``.
        tally : FileTally
            Counts of its file.
        """
        tally.reports_in += 1
        if isinstance(raw, DocumentRefusal):
            tally.refuse_report(row, field=raw.field, rule=raw.rule)
            return
        tally.unknown_elements += raw.unknown
        tally.addresses_in += len(raw.captures)
        checked = _check_report(raw)
        if isinstance(checked, _Report) and checked.number in self._seen:
            checked = DocumentRefusal("duplicate-report", "report_id")
        if isinstance(checked, DocumentRefusal):
            tally.refuse_report(row, field=checked.field, rule=checked.rule)
            for capture in raw.captures:
                tally.refuse_address(capture.row, field="report", rule="report-refused")
            return
        self._seen.add(checked.number)
        index = len(self._reports)
        text = clean_text(raw.text)
        if text:
            self._texts.append(ReportText(index, text))
        self._keep_report(checked, has_text=bool(text), source=source)
        self._add_captures(raw.captures, checked, index=index, tally=tally)

    def _keep_report(self, report: _Report, *, has_text: bool, source: int) -> None:
        of = self._pseudonymiser.of
        self._reports.append(
            (
                of("report", str(report.number)).encode(),
                report.received.seconds,
                NO_TIME if report.incident is None else report.incident.seconds,
                report.incident_type,
                report.service,
                b"" if report.bundle is None else of("bundle", str(report.bundle)).encode(),
                report.batched,
                report.escalated,
                has_text,
                source,
            )
        )

    def _add_captures(self, captures: list[RawCapture], report: _Report, *, index: int, tally: FileTally) -> None:
        seen: set[bytes] = set()
        # By role, so that the three shapes, which group addresses differently, give the same order and keep the same
        # one of a repeated address.
        for capture in sorted(captures, key=lambda c: -1 if c.role is None else c.role):
            event = _check_capture(capture, report, synthetic_space=self._synthetic_space)
            if isinstance(event, _Event) and event.address.packed in seen:
                event = DocumentRefusal("repeated-address", "ip_address")
            if isinstance(event, DocumentRefusal):
                tally.refuse_address(capture.row, field=event.field, rule=event.rule)
                continue
            if capture.role is None:
                tally.refuse_address(capture.row, field="ip_role", rule="role-unknown")
                continue
            if event_of(capture.event) is None:
                tally.unknown_elements += 1
            seen.add(event.address.packed)
            key = self._pseudonymiser.of("address", event.address.text).encode()
            self._events.append(
                (
                    index,
                    key,
                    event.address.family,
                    event.address.space,
                    capture.role,
                    event.event,
                    event.time.seconds,
                    event.time_source,
                    event.time.zone_stated,
                    event.proxy,
                    event.address.number,
                )
            )

    def tables(self, countries: CountrySource) -> tuple[ReportTable, IpEventTable, tuple[ReportText, ...]]:
        """Make the tables of all reports taken in.

        Parameters
        ----------
        countries : CountrySource
            Asked once for all public IPv4 addresses; all others are ``ZZ``.

        Returns
        -------
        tuple of (ReportTable, IpEventTable, tuple of ReportText)
        """
        return self._report_table(), self._event_table(countries), tuple(self._texts)

    def _report_table(self) -> ReportTable:
        columns = list(zip(*self._reports, strict=True)) or [()] * 10
        services = tuple(sorted(set(columns[4])))
        places = {service: place for place, service in enumerate(services)}
        return ReportTable(
            report_key=np.array(columns[0], dtype="S32"),
            received=np.array(columns[1], dtype=np.int64),
            incident=np.array(columns[2], dtype=np.int64),
            incident_type=np.array(columns[3], dtype=np.int8),
            service=np.array([places[service] for service in columns[4]], dtype=np.int16),
            services=services,
            bundle_key=np.array(columns[5], dtype="S32"),
            batched=np.array(columns[6], dtype=np.int8),
            escalated=np.array(columns[7], dtype=np.int8),
            has_text=np.array(columns[8], dtype=np.bool_),
            source_index=np.array(columns[9], dtype=np.int16),
            sources=self._sources,
        )

    def _event_table(self, countries: CountrySource) -> IpEventTable:
        columns = list(zip(*self._events, strict=True)) or [()] * 11
        family = np.array(columns[2], dtype=np.int8)
        space = np.array(columns[3], dtype=np.int8)
        country = np.full(family.shape, UNKNOWN_COUNTRY.encode(), dtype="S2")
        known = np.flatnonzero((family == 4) & (space == AddressSpace.PUBLIC))
        country[known] = countries.country_of(np.array(columns[10], dtype=np.uint32)[known])
        return IpEventTable(
            report=np.array(columns[0], dtype=np.int32),
            address_key=np.array(columns[1], dtype="S32"),
            family=family,
            space=space,
            role=np.array(columns[4], dtype=np.int8),
            event=np.array(columns[5], dtype=np.int8),
            time=np.array(columns[6], dtype=np.int64),
            time_source=np.array(columns[7], dtype=np.int8),
            zone_stated=np.array(columns[8], dtype=np.bool_),
            proxy=np.array(columns[9], dtype=np.int8),
            country=country,
        )


def _check_report(raw: RawReport) -> _Report | DocumentRefusal:
    """Check the fields of a report in the order of the format; the first rule broken refuses it."""
    number = number_id_of(raw.report_id)
    received = time_of(raw.received)
    incident = time_of(raw.incident) if raw.incident.strip() else None
    incident_type = incident_type_of(raw.incident_type)
    service = service_of(raw.service)
    bundle = number_id_of(raw.bundle_id) if raw.bundle_id.strip() else None
    batched, escalated = flag_of(raw.batched), flag_of(raw.escalated)
    if number is None:
        return DocumentRefusal("report-id-malformed" if raw.report_id.strip() else "report-id-missing", "report_id")
    if received is None:
        return DocumentRefusal("time-malformed" if raw.received.strip() else "time-missing", "date_received")
    if raw.incident.strip() and incident is None:
        return DocumentRefusal("time-malformed", "incident_date_time")
    if incident_type is None:
        missing = not raw.incident_type.strip()
        return DocumentRefusal("incident-type-missing" if missing else "incident-type-unknown", "incident_type")
    if service is None:
        return DocumentRefusal("service-malformed", "reporting_esp")
    if raw.bundle_id.strip() and bundle is None:
        return DocumentRefusal("bundle-id-malformed", "bundle_id")
    if batched is None:
        return DocumentRefusal("flag-malformed", "batched")
    if escalated is None:
        return DocumentRefusal("flag-malformed", "escalated")
    return _Report(number, received, incident, incident_type, service, bundle, batched, escalated)


def _check_capture(capture: RawCapture, report: _Report, *, synthetic_space: str | None) -> _Event | DocumentRefusal:
    address = canonical_address(capture.address, synthetic_space=synthetic_space)
    if isinstance(address, AddressRefusal):
        return DocumentRefusal(address.rule, "ip_address")
    time: Time | None
    if capture.time.strip():
        time, time_source = time_of(capture.time), TimeSource.CAPTURE
    elif report.incident is not None:
        time, time_source = report.incident, TimeSource.INCIDENT
    else:
        time, time_source = report.received, TimeSource.RECEIVED
    if time is None:
        return DocumentRefusal("time-malformed", "ip_date_time")
    proxy = flag_of(capture.proxy)
    if proxy is None:
        return DocumentRefusal("flag-malformed", "ip_possible_proxy")
    event = event_of(capture.event)
    return _Event(address, AddressEvent.OTHER if event is None else event, time, time_source, proxy)
