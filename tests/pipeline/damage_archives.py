"""Damages of zip archives of reports: of the archive, of a member, of a document in it."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from damage_kinds import Damage, of_bytes

Members = list[tuple[str, bytes]]
FIXED_DATE = (1980, 1, 1, 0, 0, 0)
DIRECTORY_ENTRY = b"PK\x01\x02"


def read_members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def write_members(path: Path, members: Members, *, mode: int = 0) -> None:
    """Write these members in this order; names may repeat."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo("placeholder", date_time=FIXED_DATE)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            # The library warns of a repeated name; here it is the point.
            archive.NameToInfo.pop(name, None)
            archive.writestr(info, content)
    path.write_bytes(out.getvalue())


def of_members(name: str, change: Callable[[Members, random.Random], Members], *, same: bool = False) -> Damage:
    """A damage that changes the list of members."""

    def apply(path: Path, rng: random.Random) -> None:
        write_members(path, change(read_members(path), rng))

    return Damage(name, apply, same)


def of_document(name: str, change: Callable[[bytes, random.Random], bytes], *, same: bool = False) -> Damage:
    """A damage that changes the content of one member."""

    def edit(members: Members, rng: random.Random) -> Members:
        place = rng.randrange(len(members))
        old, content = members[place]
        return [*members[:place], (old, change(content, rng)), *members[place + 1 :]]

    return of_members(name, edit, same=same)


def _one(members: Members, rng: random.Random) -> tuple[str, bytes]:
    return members[rng.randrange(len(members))]


def _without_one(members: Members, rng: random.Random) -> Members:
    place = rng.randrange(len(members))
    return members[:place] + members[place + 1 :]


def _shuffled(members: Members, rng: random.Random) -> Members:
    return rng.sample(members, len(members))


def _with(name: str, content: bytes | None = None) -> Callable[[Members, random.Random], Members]:
    def change(members: Members, rng: random.Random) -> Members:
        return [*members, (name, _one(members, rng)[1] if content is None else content)]

    return change


def _nested() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.json", "{}")
    return out.getvalue()


def _as_links(path: Path, rng: random.Random) -> None:
    write_members(path, read_members(path), mode=0o120777)


def _patch_directory(offset: int, value: int, size: str) -> Callable[[bytes, random.Random], bytes]:
    """Change a field of one entry of the central directory."""

    def change(data: bytes, rng: random.Random) -> bytes:
        entries = [match.start() for match in re.finditer(re.escape(DIRECTORY_ENTRY), data)]
        place = rng.choice(entries) + offset
        return data[:place] + struct.pack(size, value) + data[place + struct.calcsize(size) :]

    return change


def _bomb(members: Members, rng: random.Random) -> Members:
    return [*members, ("bomb.json", b" " * 3_000_000), ("bomb.xml", b" " * 3_000_000)]


ARCHIVE = (
    of_members("a member deleted", _without_one),
    of_members("half the members deleted", lambda members, rng: members[: len(members) // 2]),
    of_members("no member left", lambda members, rng: []),
    of_members(
        "a member again under another name",
        lambda members, rng: [*members, (f"copy{Path((m := _one(members, rng))[0]).suffix}", m[1])],
    ),
    of_members("a member again under its name", lambda members, rng: [*members, _one(members, rng)]),
    of_members("every member twice", lambda members, rng: [*members, *((f"x{n}", c) for n, c in members)]),
    of_members("members in another order", _shuffled, same=True),
    of_members("members reversed", lambda members, rng: members[::-1], same=True),
    of_members("members renamed", lambda members, rng: [(f"q{n}", c) for n, c in members], same=True),
    of_members("a name that climbs", _with("../../climb.json")),
    of_members("an absolute name", _with("/etc/absolute.xml")),
    of_members("a name of Windows", _with("C:\\windows.json")),
    of_members("a nested archive", lambda members, rng: [*members, ("nested.zip", _nested())]),
    of_members("an archive under another ending", lambda members, rng: [*members, ("nested.json", _nested())]),
    of_members("a member of another kind", _with("readme.txt", b"zz")),
    of_members("a picture", _with("thumbs.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 99)),
    of_members("an empty member", _with("empty.json", b"")),
    of_members("a small bomb", _bomb),
    Damage("members are links", _as_links),
    of_bytes("a member said to be encrypted", _patch_directory(8, 1, "<H")),
    of_bytes("a size that lies upward", _patch_directory(24, 1 << 20, "<I")),
    of_bytes("a size that lies downward", _patch_directory(24, 10, "<I")),
    of_bytes("a check sum that lies", _patch_directory(16, 12345, "<I")),
    of_bytes("a place that lies", _patch_directory(42, 7, "<I")),
    of_bytes("a rare packing", _patch_directory(10, 12, "<H")),
    of_bytes("text instead of an archive", lambda data, rng: b"Access denied.\n"),
)
"""Damages of a zip archive with one document a report."""


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(1, len(content) - 1)]


def _flip_character(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << rng.randrange(7))]) + content[place + 1 :]


DOCUMENT = (
    of_document("a document cut", _cut),
    of_document("an empty document", lambda content, rng: b""),
    of_document("a character changed", _flip_character),
    of_document("a document twice in a member", lambda content, rng: content + content),
    of_document("a document in UTF-16", lambda content, rng: content.decode().encode("utf-16")),
    of_document("a document in Latin-1", lambda content, rng: content.decode().encode("latin-1", "replace")),
    of_document("a byte order mark in a document", lambda content, rng: b"\xef\xbb\xbf" + content, same=True),
    of_document("a NUL in a document", lambda content, rng: content[:99] + b"\0" + content[99:]),
    of_document("a document of 9 MiB", lambda content, rng: content + bytes(rng.choices(b" \n\t", k=9 << 20))),
)


def _json(name: str, old: str, new: str, *, same: bool = False) -> Damage:
    """Replace a pattern in one JSON document that has it."""
    return _replace(name, old, new, same=same)


def _replace(name: str, old: str, new: str, *, same: bool = False) -> Damage:
    pattern = re.compile(old.encode())

    def change(members: Members, rng: random.Random) -> Members:
        having = [i for i, (_, content) in enumerate(members) if pattern.search(content)]
        if not having:
            raise LookupError(f"no document to damage: {name}")
        place = rng.choice(having)
        member, content = members[place]
        changed = pattern.sub(new.encode(), content, count=1)
        return [*members[:place], (member, changed), *members[place + 1 :]]

    return of_members(name, change, same=same)


_CAPTURE = r'("captureType":"IP Address","value":)"[^"]*"'
JSON = (
    _json("a key twice", r'^\{"reportId":', r'{"reportId":1,"reportId":'),
    _json("NaN", r'"port":null', r'"port":NaN'),
    _json("infinity by size", r'"port":null', r'"port":1e999'),
    _json("a number of 6,000 digits", r'"reportId":\d+', '"reportId":' + "9" * 6_000),
    _json("deep nesting", r'"port":null', '"port":' + "[" * 500 + "]" * 500),
    _json("nesting without end", r'"port":null', '"port":' + "[" * 100_000),
    _json("a list for an object", r'"reportedInformation":\{', '"reportedInformation":[{'),
    _json("a string for a list", r'"reportedPersons":\[\{', '"reportedPersons":["x",{'),
    _json("an object for a string", _CAPTURE, r'\1{"a":1}'),
    _json("no report number", r'"reportId":\d+,', ""),
    _json("a report number of letters", r'"reportId":\d+', '"reportId":"12a"'),
    _json("a report number with zeros", r'"reportId":(\d+)', r'"reportId":"0\1"'),
    _json("an address with leading zeros", _CAPTURE, r'\1"240.010.1.1"'),
    _json("an address above 255", _CAPTURE, r'\1"240.256.1.1"'),
    _json("an address as a number", _CAPTURE, r"\g<1>4026531841"),
    _json("no address", _CAPTURE, r'\1""'),
    _json("a date that is none", r'"dateReceived":"[^"]*"', '"dateReceived":"2015-02-30T00:00:00Z"'),
    _json("a date without zone", r'("dateReceived":"[^"Z]*)Z"', r'\1"'),
    _json("a date with another zone", r'("dateReceived":"[^"Z]*)Z"', r'\1+25:00"'),
    _json("an unknown kind of incident", r'"incidentType":"[^"]*"', '"incidentType":"Other"'),
    _json("white space between", r'"bundleId":', ' \n\t"bundleId" : ', same=True),
    _json("text in escapes", r'"dateReceived"', r'"dateR\\u0065ceived"', same=True),
    _json("half a pair of surrogates", r'"port":null', r'"port":"\\ud83d"'),
)


def _xml(name: str, old: str, new: str, *, same: bool = False) -> Damage:
    return _replace(name, old, new, same=same)


XML = (
    _xml("a document type", r"<submission>", "<!DOCTYPE submission><submission>"),
    _xml(
        "an entity of the file system",
        r"<submission>",
        '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hostname">]><submission>&x;',
    ),
    _xml(
        "entities that multiply",
        r"<submission>",
        '<!DOCTYPE s [<!ENTITY a "zz"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><submission>&b;',
    ),
    _xml("an entity nobody declared", r"<report>", "<report>&who;"),
    _xml("a reference to NUL", r"<report>", "<report>&#0;"),
    _xml("another encoding declared", r"encoding=.UTF-8.", "encoding='UTF-16'"),
    _xml("an encoding of mainframes", r"encoding=.UTF-8.", "encoding='cp037'"),
    _xml("deep nesting", r"<report>", "<a>" * 300 + "</a>" * 300 + "<report>"),
    _xml("nesting without end", r"<report>", "<a>" * 20_000 + "<report>"),
    _xml("an open element", r"</report>", ""),
    _xml("two receipts", r"<receipt>", "<receipt/><receipt>"),
    _xml("two numbers", r"<reportId>", "<reportId>1</reportId><reportId>"),
    _xml("an element where text should be", r"<dateReceived>", "<dateReceived><b/>"),
    _xml("another root", r"<submission>(.*)</submission>", r"<html>\1</html>"),
    _xml("a namespace", r"<submission>", '<submission xmlns="urn:x">'),
    _xml("no receipt", r"<receipt>.*</receipt>", ""),
    _xml("an address with leading zeros", r"<ipAddress>[^<]*", "<ipAddress>240.010.1.1"),
    _xml("an address above 255", r"<ipAddress>[^<]*", "<ipAddress>240.1.1.256"),
    _xml("an address twice", r"(<ipAddress>[^<]*</ipAddress>)", r"\1\1"),
    _xml("no address", r"<ipAddress>[^<]*</ipAddress>", ""),
    _xml("a date that is none", r"<dateReceived>[^<]*", "<dateReceived>2017-13-01T00:00:00Z"),
    _xml("a date without zone", r"(<dateReceived>[^<Z]*)Z", r"\1"),
    _xml("an unknown kind of incident", r"<incidentType>[^<]*", "<incidentType>Other"),
    _xml("text as character data", r"<espName>([^<]*)", r"<espName><![CDATA[\1]]>", same=True),
    _xml("a comment", r"<report>", "<report><!-- zz -->", same=True),
    _xml("an instruction", r"<report>", "<?php exit?><report>", same=True),
)
