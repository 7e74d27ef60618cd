"""The reporting interface's XML shape: elements in the order that its schema enforces.

The interface's documents say neither the report's number nor when it was received: the receiver's answer does. A
document here is therefore a ``submission``: ``receipt`` (``reportId``, ``dateReceived``, ``espName``, ``bundleId``),
then the ``report`` as sent, then a ``fileDetails`` for each file. ``report`` and ``fileDetails`` are as in the
interface.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from darkfigure.errors import RecordError
from darkfigure.records.restricted import Flag, IncidentType, Role
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_wire import EVENTS, INCIDENT_TYPES, WITHHELD, capture_time, one_line, utc, writable_address

_FLAGS = {Flag.YES: "true", Flag.NO: "false"}
_BATCHED = '<batchedReport reason="VIRAL_POTENTIAL_MEME"/>'
_CONTACT = "<reporter><reportingPerson><email>reports@service.invalid</email></reportingPerson></reporter>"
_DETAILS = f"<internetDetails><webPageIncident><url>{WITHHELD}</url></webPageIncident></internetDetails>"


def xml_document(report: SyntheticReport) -> bytes:
    """Write one report as one XML document.

    Raises
    ------
    RecordError (E-RECORD-06)
        A batched report holds an address or text, or is escalated: the interface has no place for it.
    """
    if report.batched is Flag.YES and (report.captures or report.text or report.escalated is Flag.YES):
        raise RecordError(
            "E-RECORD-06", where="synthetic report", problem="a batched report holds an address, text or an escalation",
            allowed="batched reports without them", remedy="Report this as a fault in darkfigure.",
        )  # fmt: skip
    bundle = "" if report.bundle_id is None else _element("bundleId", str(report.bundle_id))
    parts = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<submission><receipt>',
        _element("reportId", str(report.report_id)),
        _element("dateReceived", utc(report.received)),
        _element("espName", report.service),
        bundle,
        "</receipt>",
        _report(report),
        *_file_details(report),
        "</submission>\n",
    )
    return "".join(parts).encode()


def _report(report: SyntheticReport) -> str:
    batched = report.batched is Flag.YES
    users = _batched_users(report) if batched else _user(report)
    return "".join(
        (
            "<report>",
            _BATCHED if batched else "",
            _summary(report),
            "" if batched else _DETAILS,
            _CONTACT,
            users,
            _others(report, Role.RECIPIENT, "intendedRecipient", "intendedRecipientPerson"),
            _others(report, Role.VICTIM, "victim", "victimPerson"),
            _element("additionalInfo", one_line(report.text)) if report.text else "",
            "</report>",
        )
    )


def _summary(report: SyntheticReport) -> str:
    escalated = _element("escalateToHighPriority", WITHHELD) if report.escalated is Flag.YES else ""
    return (
        "<incidentSummary>"
        + _element("incidentType", INCIDENT_TYPES[report.incident_type])
        + escalated
        + _element("incidentDateTime", utc(report.incident))
        + "</incidentSummary>"
    )


def _user(report: SyntheticReport) -> str:
    screen_name = _element("screenName", report.screen_name) if report.screen_name else ""
    return (
        "<personOrUserReported>"
        + _element("espIdentifier", f"synthetic-{report.report_id}")
        + _element("espService", report.service)
        + screen_name
        + "".join(_event(c) for c in report.captures if c.role is Role.REPORTED_USER)
        + "</personOrUserReported>"
    )


def _batched_users(report: SyntheticReport) -> str:
    return "".join(
        "<personOrUserReported>"
        + _element("espIdentifier", f"synthetic-{report.report_id}-{number}")
        + "</personOrUserReported>"
        for number in (1, 2, 3)
    )


def _others(report: SyntheticReport, role: Role, element: str, person: str) -> str:
    events = "".join(_event(c) for c in report.captures if c.role is role)
    return f"<{element}><{person}/>{events}</{element}>" if events else ""


def _file_details(report: SyntheticReport) -> Iterable[str]:
    groups: list[Sequence[SyntheticCapture]] = [[c] for c in report.captures if c.role is Role.FILE]
    if not groups and report.incident_type is IncidentType.MATERIAL and report.batched is not Flag.YES:
        groups = [[]]
    for number, group in enumerate(groups, start=1):
        yield (
            "<fileDetails>"
            + _element("reportId", str(report.report_id))
            + _element("fileId", f"{report.report_id}-{number}")
            + _element("fileName", WITHHELD)
            + '<originalFileHash hashType="MD5">'
            + f"{WITHHELD}</originalFileHash>"
            + "".join(map(_event, group))
            + _element("additionalInfo", "Text about a file, to be dropped.")
            + "</fileDetails>"
        )


def _event(capture: SyntheticCapture) -> str:
    time = capture_time(capture)
    return (
        "<ipCaptureEvent>"
        + _element("ipAddress", writable_address(capture.address))
        + _element("eventName", EVENTS[capture.event])
        + (_element("dateTime", time) if time else "")
        + (_element("possibleProxy", _FLAGS[capture.proxy]) if capture.proxy in _FLAGS else "")
        + "</ipCaptureEvent>"
    )


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{html.escape(text, quote=False)}</{tag}>"
