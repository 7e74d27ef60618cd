import pytest

from darkfigure.intake.report_fields import (
    clean_text,
    event_of,
    flag_of,
    incident_type_of,
    number_id_of,
    service_of,
    time_of,
)
from darkfigure.records.restricted import AddressEvent, Flag, IncidentType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Child Pornography (possession, manufacture, and distribution)", IncidentType.MATERIAL),
        ("Child Sex Trafficking", IncidentType.TRAFFICKING),
        ("Child Prostitution", IncidentType.TRAFFICKING),
        ("Child Sex Tourism", IncidentType.TRAVEL),
        ("Child Sexual Molestation", IncidentType.MOLESTATION),
        ("Child Sexual Molestation (not by family member)", IncidentType.MOLESTATION),
        ("Misleading Domain Name", IncidentType.MISLEADING_DOMAIN),
        ("Misleading Words or Digital Images on the Internet", IncidentType.MISLEADING_WORDS),
        (" online enticement of children for sexual acts ", IncidentType.ENTICEMENT),
        ("Unsolicited Obscene Material Sent to a Child", IncidentType.UNSOLICITED_MATERIAL),
        ("Child Pornography", None),
        ("", None),
    ],
)
def test_wire_values_of_incident_types(text, expected):
    assert incident_type_of(text) is expected


@pytest.mark.parametrize(
    ("text", "seconds", "zone"),
    [
        ("1990-01-01T00:00:00Z", 631152000, True),
        ("2016-03-04t05:06:07z", 1457067967, True),
        ("2016-03-04T05:06:07", 1457067967, False),
        ("2016-03-04 05:06:07 UTC", 1457067967, True),
        ("2016-03-04T05:06:07.999Z", 1457067967, True),
        ("2016-03-04T13:06:07+08:00", 1457067967, True),
        ("2016-03-03T23:36:07-05:30", 1457067967, True),
        (" 2016-02-29T00:00:00Z ", 1456704000, True),
    ],
)
def test_times_become_seconds(text, seconds, zone):
    assert (time_of(text).seconds, time_of(text).zone_stated) == (seconds, zone)


@pytest.mark.parametrize(
    "text",
    [
        "", "2016-03-04", "20160304T050607Z", "2016-W10-5T05:06:07Z", "2015-02-29T00:00:00Z", "2016-13-01T00:00:00Z",
        "2016-03-04T24:00:00Z", "2016-03-04T05:60:00Z", "2016-03-04T05:06:60Z", "2016-03-04T05:06:07+15:00",
        "2016-03-04T05:06:07+08:60", "1989-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "2016-03-04T05:06:07Zx", "٢016-03-04T05:06:07Z", "03/04/2016 05:06", "1457067967", "2016-03-04T05:06Z",
    ],
)  # fmt: skip
def test_other_times_are_refused(text):
    assert time_of(text) is None


def test_numbers_flags_events_and_services():
    assert [number_id_of(t) for t in (" 12 ", "012", "0", "-1", "1e3", "١", "", "9" * 19)] == [12] + [None] * 7
    assert [flag_of(t) for t in ("", "Y", "no", "TRUE", "0", "maybe")] == [
        Flag.NOT_STATED, Flag.YES, Flag.NO, Flag.YES, Flag.NO, None,
    ]  # fmt: skip
    assert [event_of(t) for t in ("", "UPLOAD", "Login", "Unknown", "Chat")] == [
        AddressEvent.UNKNOWN, AddressEvent.UPLOAD, AddressEvent.LOGIN, AddressEvent.UNKNOWN, None,
    ]  # fmt: skip
    assert service_of(" Service  A ") == "Service A"
    assert service_of("") == "not stated"
    for personal in ("maria@example.org", "Service 639171234567", "240.1.2.3", "<b>", "x" * 101, "=A1", "12"):
        assert service_of(personal) is None


def test_text_becomes_one_clean_line():
    assert clean_text(" a\r\n\tb\x00\u2028\ud800c ") == "a b c"
    assert len(clean_text("x" * 200_000)) == 100_000
