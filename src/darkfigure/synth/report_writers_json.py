"""The law-enforcement JSON shape: one document a report, wrapper objects that repeat their name, and many nulls.

Three places are ours, because the tree that the open tools read has none for them: ``bundleId`` and ``batchedReport``
beside ``reportId``, ``victims`` beside ``intendedRecipients``, and ``possibleProxy`` in a capture.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from darkfigure.records.restricted import Flag, IncidentType, Role
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_wire import EVENTS, INCIDENT_TYPES, WITHHELD, capture_time, utc, writable_address

Tree = dict[str, object]

_FLAGS = {Flag.YES: True, Flag.NO: False, Flag.NOT_STATED: None}


def json_document(report: SyntheticReport) -> bytes:
    """Write one report as one JSON document."""
    tree: Tree = {
        "reportId": report.report_id,
        "dateReceived": utc(report.received),
        "bundleId": report.bundle_id,
        **_batched(report.batched),
        "reportedInformation": _information(report),
    }
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def _batched(flag: Flag) -> Tree:
    if flag is Flag.NOT_STATED:
        return {}
    return {"batchedReport": {"reason": "VIRAL_POTENTIAL_MEME"} if flag is Flag.YES else None}


def _information(report: SyntheticReport) -> Tree:
    by_role = {role: [c for c in report.captures if c.role is role] for role in Role}
    return {
        "reportingEsp": {"espName": report.service, "lastName": None},
        "incidentSummary": {
            "incidentType": INCIDENT_TYPES[report.incident_type],
            "incidentDateTime": utc(report.incident),
            "incidentDateTimeDescription": None,
            **_escalated(report.escalated),
        },
        "incidentDetails": {"webpageIncident": [{"url": WITHHELD}], "emailIncident": None},
        "reportedPeople": {"reportedPersons": [_person(report, by_role[Role.REPORTED_USER])]},
        "intendedRecipients": _people("intendedRecipients", by_role[Role.RECIPIENT]),
        "victims": _people("victims", by_role[Role.VICTIM]),
        "uploadedFiles": _files(report, by_role[Role.FILE]),
        "additionalInformations": [{"value": report.text}] if report.text else None,
    }


def _escalated(flag: Flag) -> Tree:
    if flag is Flag.NOT_STATED:
        return {}
    return {"escalateToHighPriority": WITHHELD if flag is Flag.YES else None}


def _person(report: SyntheticReport, captures: Sequence[SyntheticCapture]) -> Tree:
    return {
        "firstName": None,
        "lastName": None,
        "dateOfBirth": None,
        "screenName": {"value": report.screen_name} if report.screen_name else None,
        "espService": report.service,
        "espUserId": f"synthetic-{report.report_id}",
        "emails": None,
        "phones": None,
        "sourceInformation": _source(captures),
    }


def _people(name: str, captures: Sequence[SyntheticCapture]) -> Tree | None:
    if not captures:
        return None
    return {name: [{"firstName": None, "screenName": None, "sourceInformation": _source(captures)}]}


def _files(report: SyntheticReport, captures: Sequence[SyntheticCapture]) -> Tree | None:
    groups: list[Sequence[SyntheticCapture]] = [[capture] for capture in captures]
    if not groups and report.incident_type is IncidentType.MATERIAL:
        groups = [[]]
    if not groups:
        return None
    return {
        "uploadedFiles": [
            {
                "filename": WITHHELD,
                "originalFilename": None,
                "submittalId": f"{report.report_id}-{number}",
                "verificationHash": WITHHELD,
                "viewedByEsp": None,
                "industryClassification": None,
                "sourceInformation": _source(group),
                "additionalInformations": [{"value": "Text about a file, to be dropped."}],
            }
            for number, group in enumerate(groups, start=1)
        ]
    }


def _source(captures: Sequence[SyntheticCapture]) -> Tree | None:
    if not captures:
        return None
    return {
        "sourceCaptures": [
            {
                "captureType": "IP Address",
                "value": writable_address(capture.address),
                "eventName": EVENTS[capture.event].upper(),
                "dateTime": capture_time(capture) or None,
                "port": None,
                "possibleProxy": _FLAGS[capture.proxy],
            }
            for capture in captures
        ]
    }
