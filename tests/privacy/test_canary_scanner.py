"""A search that finds nothing proves nothing until it has found a planted marker in every form it claims to read."""

import base64
import binascii
import bz2
import gzip
import hashlib
import io
import json
import lzma
import struct
import urllib.parse
import zipfile
import zlib

import openpyxl
import pytest
from canary_marks import Canary, Marks
from canary_scan import Scanner

NAME = "Ñandúzqbcdfghjklmé"
WORD = "zqwrtplkjhgf"
ADDRESS = "240.17.203.99"
ADDRESS_6 = "2001:db8:77:3::1f"
MARKERS = (NAME, WORD, ADDRESS, ADDRESS_6)
NOISE = b"<p>Between 2014 and 2017 the number of addresses rose from 23,333 to 81,723.</p>" * 40


@pytest.fixture(scope="module")
def scanner():
    return Scanner(Canary(text, "test", text) for text in MARKERS)


def deflated(text):
    return zlib.compress(text.encode())


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", f"some text {text} more")
    return out.getvalue()


def named_in_zip(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{text}.txt", "nothing")
    return out.getvalue()


def workbook(text):
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["a", text])
    book.save(out)
    return out.getvalue()


def png(kind, body):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(kind, body) + chunk(b"IEND", b"")


def pdf(text):
    content = b"BT /F1 12 Tf (" + text.encode() + b") Tj ET"
    return b"%PDF-1.7\n1 0 obj\n<</Length 9>>\nstream\n" + zlib.compress(content) + b"\nendstream\nendobj\n"


def as_base64(data, shift=0):
    return base64.b64encode(b"\0" * shift + data)


FORMS = {
    "plain": lambda t: t.encode(),
    "upper case": lambda t: t.upper().encode(),
    "lower case": lambda t: t.lower().encode(),
    "utf-16 little": lambda t: b"\xff\xfe" + t.encode("utf-16-le"),
    "utf-16 big": lambda t: b"\xfe\xff" + t.encode("utf-16-be"),
    "latin-1": lambda t: t.encode("latin-1"),
    "hexadecimal": lambda t: binascii.hexlify(t.encode()),
    "hexadecimal in capitals": lambda t: binascii.hexlify(t.encode()).upper(),
    "url-encoded": lambda t: urllib.parse.quote(t, safe="").encode(),
    "fully url-encoded": lambda t: "".join(f"%{byte:02X}" for byte in t.encode()).encode(),
    "html-escaped": lambda t: "".join(f"&#{ord(c)};" for c in t).encode(),
    "json-escaped": lambda t: json.dumps("".join(t)).encode(),
    "fully json-escaped": lambda t: "".join(f"\\u{ord(c):04x}" for c in t).encode(),
    "base64": lambda t: as_base64(b"a text with " + t.encode() + b" in it"),
    "base64, one on": lambda t: as_base64(t.encode(), 1),
    "base64, two on": lambda t: as_base64(t.encode(), 2),
    "url-safe base64": lambda t: base64.urlsafe_b64encode(b"?>" + t.encode() + b"~~~~"),
    "data URI of a picture": lambda t: b'<img src="data:image/png;base64,%b">' % as_base64(png(b"tEXt", t.encode())),
    "gzip": lambda t: gzip.compress(t.encode()),
    "bzip2": lambda t: bz2.compress(t.encode()),
    "xz": lambda t: lzma.compress(t.encode()),
    "zlib": deflated,
    "zip": zipped,
    "name of a zip member": named_in_zip,
    "zip in a zip": lambda t: zipped(zipped(t).hex()),
    "workbook": workbook,
    "png text": lambda t: png(b"tEXt", b"Comment\0" + t.encode("latin-1")),
    "png packed text": lambda t: png(b"zTXt", b"Comment\0\0" + deflated(t)),
    "png international text": lambda t: png(b"iTXt", b"Comment\0\1\0\0\0" + deflated(t)),
    "pdf stream": pdf,
    "split by tags": lambda t: f"<tspan>{t[:4]}</tspan>\n<tspan x='3'>{t[4:9]}</tspan><b>{t[9:]}</b>".encode(),
    "broken over lines": lambda t: f"{t[:6]}-\n   {t[6:]}".encode(),
    "spaced out": lambda t: " ".join(t).encode(),
    "quoted-printable": lambda t: binascii.b2a_qp(("x" * 70 + t).encode()) + b"=3D",
    "md5": lambda t: hashlib.md5(t.encode()).hexdigest().encode(),
    "sha-1": lambda t: hashlib.sha1(t.encode()).hexdigest().upper().encode(),
    "sha-256": lambda t: hashlib.sha256(t.encode()).hexdigest().encode(),
}


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_planted_marker_is_found_in_every_form(scanner, form, marker):
    written = FORMS[form](marker)
    data = written if form in BARE else NOISE + b" " + written + b" " + NOISE
    assert marker in {hit.place for hit in scanner.scan_bytes(data, file="a")}, form


BARE = {"gzip", "bzip2", "xz", "zlib", "zip", "name of a zip member", "zip in a zip", "workbook", "pdf stream"} | {
    form for form in FORMS if form.startswith("png")
}
"""Forms whose first bytes say what they are."""


def test_nothing_is_found_where_nothing_was_planted(scanner):
    assert not scanner.scan_bytes(NOISE, file="a")
    assert not scanner.scan_bytes(ADDRESS[:-1].encode() + b" " + WORD[:-1].encode() + NOISE, file="a")
    for pack in (deflated, zipped, pdf):
        assert not scanner.scan_bytes(pack(NOISE.decode()), file="a")


def test_files_and_their_names_are_searched_and_chosen_folders_left_out(tmp_path, scanner):
    for folder, name in (("input", "a.txt"), ("release", "b.txt"), ("release", f"{WORD}.txt")):
        (tmp_path / folder / "deep").mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "deep" / name).write_text(ADDRESS)
    hits = scanner.scan_files(tmp_path, leave_out=["input"])
    assert {(hit.file, hit.place) for hit in hits} == {
        ("release/deep/b.txt", ADDRESS),
        (f"release/deep/{WORD}.txt", ADDRESS),
        (f"name of release/deep/{WORD}.txt", WORD),
    }


def test_ten_thousand_markers_are_told_apart():
    marks = Marks(3)
    texts = [marks.word("name", str(i)) for i in range(10_000)]
    scanner = Scanner(marks.all)
    wanted = texts[::997]
    found = {canary.text for canary, _ in scanner.find((" ".join(wanted) + NOISE.decode()).encode())}
    assert found == set(wanted)
