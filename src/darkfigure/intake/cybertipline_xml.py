"""Read one CyberTipline report in the XML shape in which reporting services send it.

The interface gives a report neither its number nor its date of receipt: both come with the receiver's answer. So a
document is a ``submission``: a ``receipt`` (report number, date received, reporting service, bundle), the ``report`` as
sent, and a ``fileDetails`` for each file whose upload was recorded. Whose address it is follows from the parent of the
``ipCaptureEvent``. Names, accounts, hashes, file names, pages and messages are never looked at.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from darkfigure.intake.json_safety import DocumentRefusal
from darkfigure.intake.report_fields import RawCapture, RawReport
from darkfigure.intake.xml_safety import parse_xml
from darkfigure.records.restricted import Role

_TAG_WORDS: Final = """
    submission receipt reportId dateReceived espName bundleId report fileDetails
    batchedReport incidentSummary incidentType platform escalateToHighPriority reportAnnotations sextortion
    csamSolicitation minorToMinorInteraction spam sadisticOnlineExploitation informational incidentDateTime
    incidentDateTimeDescription internetDetails webPageIncident url additionalInfo emailIncident emailAddress content
    newsgroupIncident name chatImIncident chatClient chatRoomName onlineGamingIncident gameName console
    cellPhoneIncident phoneNumber latitude longitude nonInternetIncident locationName incidentAddress peer2peerIncident
    client ipCaptureEvent fileNames ipAddress eventName dateTime possibleProxy port lawEnforcement agencyName caseNumber
    officerContact reportedToLe servedLegalProcessDomestic servedLegalProcessInternational reporter reportingPerson
    contactPerson companyTemplate termsOfService legalURL personOrUserReported personOrUserReportedPerson
    vehicleDescription espIdentifier espService compromisedAccount screenName displayName profileUrl profileBio deviceId
    idType idValue thirdPartyUserReported priorCTReports priorCTReport groupIdentifier accountTemporarilyDisabled
    accountPermanentlyDisabled estimatedLocation city region countryCode allEmailsReported associatedAccount
    intendedRecipient intendedRecipientPerson victim victimPerson schoolName firstName lastName phone email address age
    dateOfBirth fileId fileName originalFileName locationOfFile uploadedToEspTimestamp fileViewedByEsp exifViewedByEsp
    publiclyAvailable fileRelevance potentialMeme fileAnnotations viral possibleSelfProduction liveStreaming
    generativeAi industryClassification originalFileHash details nameValuePair value type
"""
_KNOWN_TAGS: Final = frozenset(_TAG_WORDS.split())
"""Every element of the interface, read or dropped: anything else is counted as unknown."""

_ROLES: Final = {
    "personOrUserReported": Role.REPORTED_USER,
    "associatedAccount": Role.REPORTED_USER,
    "peer2peerIncident": Role.REPORTED_USER,
    "intendedRecipient": Role.RECIPIENT,
    "victim": Role.VICTIM,
    "fileDetails": Role.FILE,
}


class _ShapeError(Exception):
    """An element stands twice or holds elements where the interface has text; carries its name only."""


def read_xml_report(content: bytes, *, row: int) -> RawReport | DocumentRefusal:
    """Take the allowed fields out of one XML document.

    Parameters
    ----------
    content : bytes
        The document.
    row : int
        Its number among the documents of its file.

    Returns
    -------
    RawReport | DocumentRefusal
        Rules: those of ``parse_xml``; ``xml-root`` when the root is no ``submission`` or ``report``; ``xml-shape``
        when an element stands twice or holds elements where the interface has text.

    Examples
    --------
    >>> read_xml_report(b"<html/>", row=1)
    DocumentRefusal(rule='xml-root', field='(document)')
    """
    root = parse_xml(content)
    if isinstance(root, DocumentRefusal):
        return root
    if root.tag not in ("submission", "report"):
        return DocumentRefusal("xml-root")
    try:
        return _report(root, row=row)
    except _ShapeError as error:
        return DocumentRefusal("xml-shape", str(error))


def _report(root: etree._Element, *, row: int) -> RawReport:
    empty = etree.Element("missing")
    receipt = _only(root, "receipt", empty)
    report = root if root.tag == "report" else _only(root, "report", empty)
    summary = _only(report, "incidentSummary", empty)
    captures, unknown = _walk(root, row=row)
    return RawReport(
        row=row,
        report_id=_text(receipt, "reportId"),
        received=_text(receipt, "dateReceived"),
        incident=_text(summary, "incidentDateTime"),
        incident_type=_text(summary, "incidentType"),
        service=_text(receipt, "espName"),
        bundle_id=_text(receipt, "bundleId"),
        batched="false" if report.find("batchedReport") is None else "true",
        escalated="false" if summary.find("escalateToHighPriority") is None else "true",
        text=_text(report, "additionalInfo"),
        captures=captures,
        unknown=unknown,
    )


def _walk(root: etree._Element, *, row: int) -> tuple[list[RawCapture], int]:
    captures: list[RawCapture] = []
    unknown = 0
    for element in root.iter():
        tag = element.tag
        if tag not in _KNOWN_TAGS:
            unknown += 1
        elif tag == "ipCaptureEvent":
            parent = element.getparent()
            role = None if parent is None else _ROLES.get(str(parent.tag))
            captures.append(_capture(element, role=role, row=row))
    return captures, unknown


def _capture(element: etree._Element, *, role: Role | None, row: int) -> RawCapture:
    return RawCapture(
        row,
        role,
        _text(element, "ipAddress"),
        _text(element, "eventName"),
        _text(element, "dateTime"),
        _text(element, "possibleProxy"),
    )


def _only(parent: etree._Element, tag: str, default: etree._Element) -> etree._Element:
    found = parent.findall(tag)
    if len(found) > 1:
        raise _ShapeError(tag)
    return found[0] if found else default


def _text(parent: etree._Element, tag: str) -> str:
    found = parent.findall(tag)
    if not found:
        return ""
    if len(found) > 1 or len(found[0]):
        raise _ShapeError(tag)
    return found[0].text or ""
