"""What a report says before the gate, in whatever shape it came, and the checks of its single fields.

A field's check gives a value or the name of a rule, never an exception with the text in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from darkfigure.records.restricted import AddressEvent, Flag, IncidentType, Role

MAX_TEXT_CHARACTERS: Final = 100_000
NOT_STATED_SERVICE: Final = "not stated"

_INCIDENT_TYPES: Final = {
    "child pornography (possession, manufacture, and distribution)": IncidentType.MATERIAL,
    "child sex trafficking": IncidentType.TRAFFICKING,
    "child prostitution": IncidentType.TRAFFICKING,
    "child sex tourism": IncidentType.TRAVEL,
    "child sexual molestation": IncidentType.MOLESTATION,
    "child sexual molestation (not by family member)": IncidentType.MOLESTATION,
    "misleading domain name": IncidentType.MISLEADING_DOMAIN,
    "misleading words or digital images on the internet": IncidentType.MISLEADING_WORDS,
    "online enticement of children for sexual acts": IncidentType.ENTICEMENT,
    "unsolicited obscene material sent to a child": IncidentType.UNSOLICITED_MATERIAL,
}
"""Wire values of the reporting interface, with older names of two of them. Compared, never shown."""

_EVENTS: Final = {
    "": AddressEvent.UNKNOWN,
    "unknown": AddressEvent.UNKNOWN,
    "login": AddressEvent.LOGIN,
    "registration": AddressEvent.REGISTRATION,
    "purchase": AddressEvent.PURCHASE,
    "upload": AddressEvent.UPLOAD,
    "other": AddressEvent.OTHER,
}
_FLAGS: Final = {
    "": Flag.NOT_STATED,
    "true": Flag.YES,
    "y": Flag.YES,
    "yes": Flag.YES,
    "1": Flag.YES,
    "false": Flag.NO,
    "n": Flag.NO,
    "no": Flag.NO,
    "0": Flag.NO,
}
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z| UTC|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)
_NUMBER_ID: Final = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_SERVICE: Final = re.compile(r"[^\W\d_][\w .,&'()+/!-]{0,99}")
_LONG_NUMBER: Final = re.compile(r"\d{5}|\d+\.\d+\.\d+", re.ASCII)
_UNCLEAN: Final = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_FIRST_YEAR, _LAST_YEAR = 1990, 2099


@dataclass(frozen=True, slots=True, repr=False)
class RawCapture:
    """One address entry as written: text of the source, not yet checked.

    ``row`` is the row of the file, or the member of the archive, to which a refusal points.
    """

    row: int
    role: Role | None
    address: str
    event: str
    time: str
    proxy: str

    def __repr__(self) -> str:
        return "RawCapture(<restricted>)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RawReport:
    """One report as written, on the allow-list of fields: text of the source, not yet checked.

    ``unknown`` counts elements the reader does not know.
    """

    row: int
    report_id: str
    received: str
    incident: str
    incident_type: str
    service: str
    bundle_id: str
    batched: str
    escalated: str
    text: str
    captures: list[RawCapture] = field(default_factory=list)
    unknown: int = 0

    def __repr__(self) -> str:
        return "RawReport(<restricted>)"


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds since 1970 UTC, and whether the source stated the zone (UTC is assumed otherwise)."""

    seconds: int
    zone_stated: bool


def incident_type_of(text: str) -> IncidentType | None:
    """Look up the type of incident of a wire value, current or older; None when it is none of them."""
    return _INCIDENT_TYPES.get(text.strip().lower())


def event_of(text: str) -> AddressEvent | None:
    """Look up what the address was recorded for; None when the source uses a name we do not know."""
    return _EVENTS.get(text.strip().lower())


def flag_of(text: str) -> Flag | None:
    """Read a yes-or-no field; blank is not stated, None is neither yes nor no."""
    return _FLAGS.get(text.strip().lower())


def number_id_of(text: str) -> int | None:
    """Read a report or bundle number; None when it is not a plain positive number without leading zeros."""
    stripped = text.strip()
    return int(stripped) if _NUMBER_ID.fullmatch(stripped) else None


def service_of(text: str) -> str | None:
    """Read the name of a reporting service; None when it does not look like the name of an organisation.

    An e-mail address, a number of five digits or an address in its place may belong to a person.
    """
    name = " ".join(text.split())
    if not name:
        return NOT_STATED_SERVICE
    return name if _SERVICE.fullmatch(name) and not _LONG_NUMBER.search(name) else None


def time_of(text: str) -> Time | None:
    """Read an ISO 8601 date and time, with or without zone; None when it is none or lies outside 1990-2099.

    Examples
    --------
    >>> time_of("2016-03-04T05:06:07+08:00"), time_of("2016-03-03 21:06:07")
    (Time(seconds=1457039167, zone_stated=True), Time(seconds=1457039167, zone_stated=False))
    >>> time_of("2016-02-30T00:00:00Z") is None
    True
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    day, clock, zone = match.groups()
    midnight = _midnight(day)
    hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:])
    if midnight is None or hour > 23 or minute > 59 or second > 59:
        return None
    offset = 0
    if zone is not None and zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[4:])
        if hours > 14 or minutes > 59:
            return None
        offset = (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
    return Time(midnight + hour * 3600 + minute * 60 + second - offset, zone is not None)


@lru_cache(maxsize=16_384)
def _midnight(day: str) -> int | None:
    try:
        moment = datetime(int(day[:4]), int(day[5:7]), int(day[8:]), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def clean_text(text: str) -> str:
    """Bring free text to one line: runs of white space and control characters become one space."""
    return _UNCLEAN.sub(" ", text[:MAX_TEXT_CHARACTERS]).strip()
