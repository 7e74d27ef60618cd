"""Words and spellings that the three report shapes share: wire values, times, and text that a file can hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from darkfigure.records.restricted import AddressEvent, IncidentType
from darkfigure.synth.report_model import SyntheticCapture

INCIDENT_TYPES: Final = {
    IncidentType.MATERIAL: "Child Pornography (possession, manufacture, and distribution)",
    IncidentType.TRAFFICKING: "Child Sex Trafficking",
    IncidentType.TRAVEL: "Child Sex Tourism",
    IncidentType.MOLESTATION: "Child Sexual Molestation",
    IncidentType.MISLEADING_DOMAIN: "Misleading Domain Name",
    IncidentType.MISLEADING_WORDS: "Misleading Words or Digital Images on the Internet",
    IncidentType.ENTICEMENT: "Online Enticement of Children for Sexual Acts",
    IncidentType.UNSOLICITED_MATERIAL: "Unsolicited Obscene Material Sent to a Child",
}
"""Values on the wire; never shown to a reader."""

EVENTS: Final = {
    AddressEvent.UNKNOWN: "Unknown",
    AddressEvent.LOGIN: "Login",
    AddressEvent.REGISTRATION: "Registration",
    AddressEvent.PURCHASE: "Purchase",
    AddressEvent.UPLOAD: "Upload",
    AddressEvent.OTHER: "Other",
}
WITHHELD: Final = "withheld"
"""Stands where a partner's file would hold a name, a hash or a page."""

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SPACE: Final = re.compile("[\\s\u2028\u2029]+")


def utc(seconds: int) -> str:
    """Spell a time in ISO 8601, UTC.

    Examples
    --------
    >>> utc(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + "Z"


def capture_time(capture: SyntheticCapture) -> str:
    """Spell the time of an address entry as its service did: with ``Z``, without a zone, or not at all."""
    if capture.time is None:
        return ""
    return utc(capture.time) if capture.zone_stated else utc(capture.time)[:-1]


def one_line(text: str) -> str:
    """Bring text to one line without control characters, as every shape can hold it."""
    return _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()


def writable_address(text: str) -> str:
    """Replace what no file can hold in an address entry; spaces around it stay."""
    return _CONTROL.sub("?", text).replace("\n", "?").replace("\r", "?")
