"""The flat CSV shape: one row for each report and address; a report without an address has one row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from darkfigure.records.restricted import Flag, Role
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_wire import EVENTS, INCIDENT_TYPES, WITHHELD, capture_time, one_line, utc, writable_address

HEADER: Final = (
    "report_id",
    "date_received",
    "incident_date_time",
    "incident_type",
    "reporting_esp",
    "bundle_id",
    "batched",
    "escalated",
    "screen_name",
    "file_name",
    "file_hash",
    "ip_address",
    "ip_role",
    "ip_event",
    "ip_date_time",
    "ip_possible_proxy",
    "additional_information",
)
_FLAGS: Final = {Flag.YES: "Y", Flag.NO: "N", Flag.NOT_STATED: ""}
_ROLES: Final = {
    Role.REPORTED_USER: "Reported User",
    Role.RECIPIENT: "Intended Recipient",
    Role.VICTIM: "Victim",
    Role.FILE: "File",
}


def csv_file(reports: Iterable[SyntheticReport]) -> bytes:
    """Write reports as one CSV file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(HEADER)
    for report in reports:
        before = _before(report)
        text = one_line(report.text)
        for capture in report.captures:
            writer.writerow((*before, *_address(capture), text))
        if not report.captures:
            writer.writerow((*before, "", "", "", "", "", text))
    return stream.getvalue().encode()


def _before(report: SyntheticReport) -> tuple[str, ...]:
    return (
        str(report.report_id),
        utc(report.received),
        utc(report.incident),
        INCIDENT_TYPES[report.incident_type],
        report.service,
        "" if report.bundle_id is None else str(report.bundle_id),
        _FLAGS[report.batched],
        _FLAGS[report.escalated],
        report.screen_name,
        WITHHELD,
        WITHHELD,
    )


def _address(capture: SyntheticCapture) -> tuple[str, ...]:
    return (
        writable_address(capture.address),
        _ROLES[capture.role],
        EVENTS[capture.event],
        capture_time(capture),
        _FLAGS[capture.proxy],
    )
