import pytest

from darkfigure.intake.cybertipline_xml import read_xml_report
from darkfigure.intake.json_safety import DocumentRefusal
from darkfigure.intake.xml_safety import parse_xml
from darkfigure.records.restricted import Role

EVENT = "<ipCaptureEvent><ipAddress>{}</ipAddress><eventName>Login</eventName><dateTime>t</dateTime></ipCaptureEvent>"
RECEIPT = "<receipt><reportId>7</reportId><dateReceived>r</dateReceived><espName>Service A</espName></receipt>"
SUMMARY = "<incidentSummary><incidentType>k</incidentType><incidentDateTime>i</incidentDateTime></incidentSummary>"


def submission(*, receipt=RECEIPT, summary=SUMMARY, rest="", after=""):
    return f"<submission>{receipt}<report>{summary}{rest}</report>{after}</submission>"


def read(text):
    return read_xml_report(text.encode(), row=3)


def test_only_allowed_elements_are_taken():
    rest = (
        "<reporter><reportingPerson><firstName>dropped</firstName></reportingPerson></reporter>"
        "<personOrUserReported><espIdentifier>dropped</espIdentifier><screenName>dropped</screenName>"
        f"{EVENT.format('u')}<associatedAccount>{EVENT.format('a')}</associatedAccount></personOrUserReported>"
        f"<intendedRecipient>{EVENT.format('r')}</intendedRecipient><victim><victimPerson/>{EVENT.format('v')}</victim>"
        "<additionalInfo>kept</additionalInfo>"
    )
    details = "<internetDetails><peer2peerIncident>" + EVENT.format("p") + "</peer2peerIncident></internetDetails>"
    after = (
        f"<fileDetails><reportId>7</reportId><fileName>dropped</fileName>{EVENT.format('f')}"
        "<additionalInfo>dropped</additionalInfo></fileDetails>"
    )
    found = read(submission(rest=details + rest, after=after))
    assert (found.report_id, found.received, found.incident, found.incident_type) == ("7", "r", "i", "k")
    assert (found.service, found.bundle_id, found.text, found.unknown) == ("Service A", "", "kept", 0)
    assert [(c.address, c.role) for c in found.captures] == [
        ("p", Role.REPORTED_USER), ("u", Role.REPORTED_USER), ("a", Role.REPORTED_USER), ("r", Role.RECIPIENT),
        ("v", Role.VICTIM), ("f", Role.FILE),
    ]  # fmt: skip
    assert {(c.event, c.time, c.proxy) for c in found.captures} == {("Login", "t", "")}
    slots = str([getattr(found, n) for n in found.__slots__])
    slots += str([getattr(c, n) for c in found.captures for n in c.__slots__])
    assert "dropped" not in slots


def test_flags_by_presence():
    assert (read(submission()).batched, read(submission()).escalated) == ("false", "false")
    summary = SUMMARY.replace(
        "<incidentDateTime>", "<escalateToHighPriority>why</escalateToHighPriority><incidentDateTime>"
    )
    found = read(submission(summary='<batchedReport reason="VIRAL_POTENTIAL_MEME"/>' + summary))
    assert (found.batched, found.escalated) == ("true", "true")


def test_a_bare_report_has_no_number_and_other_roots_are_refused():
    assert read(f"<report>{SUMMARY}</report>").report_id == ""
    assert read("<reports/>") == DocumentRefusal("xml-root")


def test_unknown_elements_are_counted_and_their_content_is_not_taken():
    rest = "<novel><deeper>x</deeper></novel>" + EVENT.format("lost").replace("ipCaptureEvent", "ipCaptureEvents")
    found = read(submission(rest=rest))
    assert (found.unknown, found.captures) == (3, [])


def test_an_address_in_an_unknown_place_has_no_role():
    assert read(submission(rest=f"<lawEnforcement>{EVENT.format('x')}</lawEnforcement>")).captures[0].role is None


def test_comments_and_character_data_do_not_cut_text():
    rest = "<additionalInfo>one <!-- no -->two <![CDATA[<three>]]><?x y?></additionalInfo>"
    assert read(submission(rest=rest)).text == "one two <three>"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (submission(receipt=RECEIPT + RECEIPT), "receipt"),
        (submission(receipt=RECEIPT.replace("7", "7<b/>")), "reportId"),
        (submission(receipt=RECEIPT.replace("</receipt>", "<reportId>8</reportId></receipt>")), "reportId"),
        (submission(summary=SUMMARY + SUMMARY), "incidentSummary"),
        (submission(summary=SUMMARY.replace("k<", "k<!-- --><b>j</b><")), "incidentType"),
        (submission(after="<report/>"), "report"),
        (submission(rest="<victim>" + EVENT.format("1</ipAddress><ipAddress>2") + "</victim>"), "ipAddress"),
        (submission(rest="<victim>" + EVENT.format("1.2.3.4<b/>5") + "</victim>"), "ipAddress"),
    ],
)
def test_repeated_and_nested_elements_refuse_the_document(document, field):
    assert read(document) == DocumentRefusal("xml-shape", field)


BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><submission>&y;</submission>'


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<!DOCTYPE submission><submission/>", "xml-doctype"),
        (b"<?xml version='1.0'?>\n<!doctype submission><submission/>", "xml-doctype"),
        (b'<!DOCTYPE s SYSTEM "file:///etc/passwd"><s/>', "xml-doctype"),
        (b'<!DOCTYPE s PUBLIC "x" "http://example.invalid/x.dtd"><s/>', "xml-doctype"),
        (b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><s>&x;</s>', "xml-doctype"),
        (b'<!DOCTYPE s [<!ENTITY % x SYSTEM "http://example.invalid/">%x;]><s/>', "xml-doctype"),
        (b'<s><!ENTITY x "y"></s>', "xml-doctype"),
        (b'\xef\xbb\xbf<!DOCTYPE s [<!ATTLIST s a CDATA "x">]><s/>', "xml-doctype"),
        (BOMB.encode(), "xml-doctype"),
        (BOMB.encode("utf-16"), "document-encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE s+AD4-<s/>', "document-encoding"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><s>\xe9</s>', "document-encoding"),
        (b"<s>\xe9</s>", "document-encoding"),
        (b"<s>\x00</s>", "document-encoding"),
        (b"", "xml-malformed"),
        (b"<s>", "xml-malformed"),
        (b"<s></t>", "xml-malformed"),
        (b"<s/><s/>", "xml-malformed"),
        (b"<s>&undeclared;</s>", "xml-malformed"),
        (b"<s>\x01</s>", "xml-malformed"),
        (b"<a:s/>", "xml-malformed"),
        (b"<a>" * 101 + b"</a>" * 101, "document-too-deep"),
        (b"<a>" * 300 + b"</a>" * 300, "xml-malformed"),
        (b"<a>" * 300_000, "xml-malformed"),
    ],
)
def test_unsafe_xml_is_refused_by_rule(content, rule):
    assert parse_xml(content) == DocumentRefusal(rule)


def test_limits_are_not_too_tight(monkeypatch):
    assert parse_xml(b"<a>" * 100 + b"</a>" * 100).tag == "a"
    assert parse_xml(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a>&lt;&#233;</a>').text == "<é"
    monkeypatch.setattr("darkfigure.intake.xml_safety.MAX_DOCUMENT_BYTES", 5)
    assert parse_xml(b"<a></a>") == DocumentRefusal("document-too-big")
