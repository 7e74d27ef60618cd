"""Read one CyberTipline report in the JSON shape that law-enforcement agencies download.

There is no public schema; the tree is the one that two open analysis tools read. Every wrapper object repeats its own
name and may be null. Only the fields named here are looked at: names, accounts, hashes, file names, addresses of
pages, messages and metadata of files are left where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from darkfigure.intake.json_safety import DocumentRefusal, parse_json
from darkfigure.intake.report_fields import RawCapture, RawReport
from darkfigure.records.restricted import Role

_KEY_WORDS: Final = """
    reportId dateReceived bundleId batchedReport reason reportedInformation reportingEsp espName lastName firstName
    middleName incidentSummary incidentType incidentDateTime incidentDateTimeDescription escalateToHighPriority platform
    incidentDetails webpageIncident emailIncident chatImIncident onlineGamingIncident cellPhoneIncident
    newsgroupIncident nonInternetIncident peer2peerIncident contents content url urls reportedPeople reportedPersons
    dateOfBirth approximateAge gender screenName displayName espService espUserId emails phones addresses verified
    street1 street2 city state postalCode country relationshipToChildVictim accessToChildVictim accessToChildren
    convictedSexOffender ipAddress sourceInformation sourceCaptures captureType value eventName dateTime port
    possibleProxy intendedRecipients victims uploadedFiles filename originalFilename submittalId verificationHash
    viewedByEsp industryClassification ncmecTags groups tags espMetadata metadatas name additionalInformations
"""
_KNOWN_KEYS: Final = frozenset(_KEY_WORDS.split())
"""Every key of the tree, read or dropped: anything else is counted as unknown."""

_CAPTURE_TYPES: Final = frozenset(("IP Address", "URL", "Profile URL"))
_ROLES: Final = (
    ("reportedPeople", "reportedPersons", Role.REPORTED_USER),
    ("intendedRecipients", "intendedRecipients", Role.RECIPIENT),
    ("victims", "victims", Role.VICTIM),
    ("uploadedFiles", "uploadedFiles", Role.FILE),
)


class _ShapeError(Exception):
    """A value is not of the kind the tree has at this place; carries the field name only."""


def read_json_report(content: bytes, *, row: int) -> RawReport | DocumentRefusal:
    """Take the allowed fields out of one JSON document.

    Parameters
    ----------
    content : bytes
        The document.
    row : int
        Its number among the documents of its file.

    Returns
    -------
    RawReport | DocumentRefusal
        Rules: those of ``parse_json``, and ``json-shape`` when a value is of the wrong kind.

    Examples
    --------
    >>> read_json_report(b"[]", row=1)
    DocumentRefusal(rule='json-shape', field='(document)')
    """
    parsed = parse_json(content)
    if isinstance(parsed, DocumentRefusal):
        return parsed
    try:
        return _report(parsed.root, row=row)
    except _ShapeError as error:
        return DocumentRefusal("json-shape", str(error))


def _report(root: object, *, row: int) -> RawReport:
    if not isinstance(root, dict):
        raise _ShapeError("(document)")
    information = _object(root, "reportedInformation")
    summary = _object(information, "incidentSummary")
    captures, unknown = _captures(information, row=row)
    return RawReport(
        row=row,
        report_id=_scalar(root, "reportId"),
        received=_scalar(root, "dateReceived"),
        incident=_scalar(summary, "incidentDateTime"),
        incident_type=_scalar(summary, "incidentType"),
        service=_scalar(_object(information, "reportingEsp"), "espName"),
        bundle_id=_scalar(root, "bundleId"),
        batched=_presence(root, "batchedReport"),
        escalated=_presence(summary, "escalateToHighPriority"),
        text=" ".join(_scalar(item, "value") for item in _list(information, "additionalInformations")),
        captures=captures,
        unknown=unknown + _count_unknown(root),
    )


def _captures(information: dict[str, object], *, row: int) -> tuple[list[RawCapture], int]:
    captures: list[RawCapture] = []
    unknown = 0
    for wrapper, inner, role in _ROLES:
        for holder in _list(_object(information, wrapper), inner):
            alone = _scalar(holder, "ipAddress")
            if alone:
                captures.append(RawCapture(row, role, alone, "", "", ""))
            for capture in _list(_object(holder, "sourceInformation"), "sourceCaptures"):
                kind = _scalar(capture, "captureType")
                if kind == "IP Address":
                    captures.append(_capture(capture, role=role, row=row))
                elif kind not in _CAPTURE_TYPES:
                    unknown += 1
    return captures, unknown


def _capture(capture: dict[str, object], *, role: Role, row: int) -> RawCapture:
    return RawCapture(
        row,
        role,
        _scalar(capture, "value"),
        _scalar(capture, "eventName"),
        _scalar(capture, "dateTime"),
        _scalar(capture, "possibleProxy"),
    )


def _object(holder: dict[str, object], key: str) -> dict[str, object]:
    """Give the object under ``key``; one that is null or left out is empty."""
    value = holder.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise _ShapeError(key)


def _list(holder: dict[str, object], key: str) -> Iterator[dict[str, object]]:
    value = holder.get(key)
    if value is None:
        return
    if not isinstance(value, list):
        raise _ShapeError(key)
    for item in value:
        if isinstance(item, dict):
            yield item
        elif item is not None:
            raise _ShapeError(key)


def _scalar(holder: dict[str, object], key: str) -> str:
    value = holder.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise _ShapeError(key)


def _presence(holder: dict[str, object], key: str) -> str:
    """Read a flag given by presence: a value is yes, null is no, and a key left out is not stated."""
    if key not in holder:
        return ""
    value = holder[key]
    return "false" if value is None or value is False else "true"


def _count_unknown(root: dict[str, object]) -> int:
    unknown = 0
    waiting: list[object] = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if not value.keys() <= _KNOWN_KEYS:
                unknown += len(value.keys() - _KNOWN_KEYS)
            waiting.extend(child for child in value.values() if child.__class__ in (dict, list))
        elif isinstance(value, list):
            waiting.extend(value)
    return unknown
