import json

import pytest

from darkfigure.intake.cybertipline_json import read_json_report
from darkfigure.intake.json_safety import DocumentRefusal, parse_json
from darkfigure.records.restricted import Role


def capture(address, **more):
    return {"captureType": "IP Address", "value": address, "eventName": "UPLOAD", "dateTime": None, "port": 80, **more}


def tree():
    return {
        "reportId": 7,
        "dateReceived": "2016-01-02T03:04:05Z",
        "bundleId": None,
        "batchedReport": None,
        "reportedInformation": {
            "reportingEsp": {"espName": "Service A", "lastName": "dropped"},
            "incidentSummary": {"incidentType": "Child Sex Trafficking", "incidentDateTime": "2016-01-01T00:00:00Z"},
            "incidentDetails": {"webpageIncident": [{"url": "dropped"}], "emailIncident": None},
            "reportedPeople": {
                "reportedPersons": [
                    {
                        "firstName": "dropped",
                        "ipAddress": "240.0.0.9",
                        "screenName": {"value": "dropped"},
                        "sourceInformation": {
                            "sourceCaptures": [
                                {"captureType": "URL", "value": "dropped"},
                                capture("240.0.0.1", possibleProxy=True),
                                None,
                            ]
                        },
                    }
                ]
            },
            "intendedRecipients": {"intendedRecipients": [{"sourceInformation": {"sourceCaptures": [capture("r")]}}]},
            "victims": {"victims": [{"sourceInformation": {"sourceCaptures": [capture("v")]}}]},
            "uploadedFiles": {
                "uploadedFiles": [
                    {
                        "verificationHash": "dropped",
                        "sourceInformation": {"sourceCaptures": [capture("f")]},
                        "additionalInformations": [{"value": "dropped"}],
                    },
                    {"filename": "dropped", "sourceInformation": None},
                ]
            },
            "additionalInformations": [{"value": "kept"}, {"value": "text"}],
        },
    }


def read(document):
    return read_json_report(json.dumps(document).encode(), row=3)


def test_only_allowed_fields_are_taken():
    found = read(tree())
    assert (found.report_id, found.received, found.incident) == ("7", "2016-01-02T03:04:05Z", "2016-01-01T00:00:00Z")
    assert (found.service, found.bundle_id, found.text) == ("Service A", "", "kept text")
    assert [(c.address, c.role) for c in found.captures] == [
        ("240.0.0.9", Role.REPORTED_USER), ("240.0.0.1", Role.REPORTED_USER), ("r", Role.RECIPIENT),
        ("v", Role.VICTIM), ("f", Role.FILE),
    ]  # fmt: skip
    assert [c.event for c in found.captures] == ["", "UPLOAD", "UPLOAD", "UPLOAD", "UPLOAD"]
    assert [c.proxy for c in found.captures] == ["", "true", "", "", ""]
    assert found.unknown == 0
    slots = [getattr(found, name) for name in found.__slots__]
    slots += [getattr(c, name) for c in found.captures for name in c.__slots__]
    assert "dropped" not in slots
    assert "dropped" not in str(slots)


def test_flags_by_presence():
    document = tree()
    assert (read(document).batched, read(document).escalated) == ("false", "")
    document["batchedReport"] = {"reason": "VIRAL_POTENTIAL_MEME"}
    document["reportedInformation"]["incidentSummary"]["escalateToHighPriority"] = None
    assert (read(document).batched, read(document).escalated) == ("true", "false")


def test_wrappers_may_be_null_or_left_out():
    document = tree()
    for key in ("reportedPeople", "intendedRecipients", "uploadedFiles", "additionalInformations", "reportingEsp"):
        document["reportedInformation"][key] = None
    del document["reportedInformation"]["victims"]
    assert read(document).captures == []
    assert read({"reportId": None}).report_id == ""


def test_unknown_keys_and_capture_types_are_counted_at_any_depth():
    document = tree()
    document["novel"] = {"deeper": 1}
    document["reportedInformation"]["incidentSummary"]["alsoNovel"] = None
    people = document["reportedInformation"]["reportedPeople"]["reportedPersons"]
    people[0]["sourceInformation"]["sourceCaptures"].append({"captureType": "Novel", "value": "dropped"})
    assert read(document).unknown == 4


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("reportedInformation",), [], "reportedInformation"),
        (("reportedInformation", "incidentSummary"), "x", "incidentSummary"),
        (("reportedInformation", "reportedPeople"), [1], "reportedPeople"),
        (("reportedInformation", "reportedPeople", "reportedPersons"), {"a": 1}, "reportedPersons"),
        (("reportedInformation", "additionalInformations"), ["x"], "additionalInformations"),
        (("reportId",), 1.5, "reportId"),
        (("reportId",), {"a": 1}, "reportId"),
        (("dateReceived",), ["x"], "dateReceived"),
    ],
)
def test_values_of_the_wrong_kind_refuse_the_document(path, value, field):
    document = holder = tree()
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    assert read(document) == DocumentRefusal("json-shape", field)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "json-malformed"),
        (b"{", "json-malformed"),
        (b'{"a":1}x', "json-malformed"),
        (b'{"a":1,}', "json-malformed"),
        (b'{"a":"\x01"}', "json-malformed"),
        (b'{"a":' + b"9" * 5000 + b"}", "json-malformed"),
        (b'{"a":1,"a":1}', "json-repeated-key"),
        (b'[{"b":{"a":1,"a":1}}]', "json-repeated-key"),
        (b'{"a":NaN}', "json-not-a-number"),
        (b'{"a":-Infinity}', "json-not-a-number"),
        (b'{"a":1e999}', "json-not-a-number"),
        (b'{"a":"\xe9"}', "document-encoding"),
        ('{"a":1}'.encode("utf-16"), "document-encoding"),
        (b"[" * 101 + b"]" * 101, "document-too-deep"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "document-too-deep"),
        (b"[" * 200_000 + b"]" * 200_000, "document-too-deep"),
        (b"[" * 200_000, "document-too-deep"),
    ],
)
def test_unsafe_json_is_refused_by_rule(content, rule):
    assert parse_json(content) == DocumentRefusal(rule)


def test_limits_are_not_too_tight(monkeypatch):
    assert parse_json(b"\xef\xbb\xbf" + b"[" * 100 + b"]" * 100).root
    assert parse_json(b"[" + b"[1]," * 500 + b"1]").root
    monkeypatch.setattr("darkfigure.intake.json_safety.MAX_DOCUMENT_BYTES", 5)
    assert parse_json(b"[1]").root == [1]
    assert parse_json(b"[1,2,3]") == DocumentRefusal("document-too-big")
