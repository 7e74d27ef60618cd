"""Looks for planted markers in bytes, in whatever form they may have been written.

Data are unpacked (zip, gzip, PDF streams and text, PNG text, base64, escapes) and each marker is looked for in every
spelling (UTF-8, UTF-16, Latin-1, hexadecimal, base64, an unkeyed digest), upper and lower case alike.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import hashlib
import html
import io
import json
import lzma
import re
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from canary_marks import Canary
from pypdf import PdfReader

DEEPEST = 5
_LONG_RUN = 256
_WINDOW = 8
_TABLE_BITS = 22
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_GAPS = re.compile(rb"(?:<[^<>]{0,400}>|[\s\xad\\'\"+-])+")
_DIGESTS: tuple[Callable[[bytes], str], ...] = tuple(
    lambda data, name=name: hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256", "blake2b")
)


@dataclass(frozen=True)
class Hit:
    """A marker that was found: which one, in which file and how it was written there."""

    marker: str
    file: str
    kind: str
    place: str
    form: str


class Scanner:
    """Finds any of many markers in bytes in one pass over each form of them."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._by_start: dict[int, list[tuple[bytes, Canary, str]]] = {}
        for canary in canaries:
            for form, spelling in spellings(canary.text):
                folded = spelling.lower()
                start = int.from_bytes(folded[:_WINDOW], "little")
                self._by_start.setdefault(start, []).append((folded, canary, form))
        starts = np.fromiter(self._by_start, dtype=np.uint64, count=len(self._by_start))
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._table[_slot(starts)] = True

    def find(self, data: bytes) -> set[tuple[Canary, str]]:
        """Which markers stand in these bytes as they are, case apart?"""
        folded = data.lower()
        if len(folded) < _WINDOW:
            return set()
        raw = np.frombuffer(folded, dtype=np.uint8)
        size = raw.size - _WINDOW + 1
        keys = np.zeros(size, dtype=np.uint64)
        for offset in range(_WINDOW):
            keys |= raw[offset : offset + size].astype(np.uint64) << np.uint64(8 * offset)
        near = np.flatnonzero(self._table[_slot(keys)])
        return {
            (canary, form)
            for place in near.tolist()
            for spelling, canary, form in self._by_start.get(int(keys[place]), ())
            if folded.startswith(spelling, place)
        }

    def scan_bytes(self, data: bytes, *, file: str) -> set[Hit]:
        """Which markers stand in these bytes, unpacked and decoded in every way known here?"""
        hits: set[Hit] = set()
        seen: set[bytes] = set()
        waiting: list[tuple[str, bytes, int]] = [("plain", data, 0)]
        while waiting:
            name, content, depth = waiting.pop()
            mark = hashlib.blake2b(content, digest_size=16).digest()
            if mark in seen:
                continue
            seen.add(mark)
            for form, view in ((name, content), (f"{name}, squeezed", _GAPS.sub(b"", content))):
                hits |= {Hit(c.text, file, c.kind, c.place, f"{form}, {spelled}") for c, spelled in self.find(view)}
            if depth < DEEPEST:
                waiting += [(f"{name}, {form}", inner, depth + 1) for form, inner in unpack(content)]
        return hits

    def scan_files(self, root: Path, *, leave_out: Iterable[str] = ()) -> set[Hit]:
        """Which markers stand in the files below ``root``, or in their names?"""
        out = tuple(leave_out)
        hits: set[Hit] = set()
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if inside.parts[0] in out:
                continue
            hits |= self.scan_bytes(str(inside).encode(errors="surrogateescape"), file=f"name of {inside}")
            if path.is_file() and not path.is_symlink():
                hits |= self.scan_bytes(path.read_bytes(), file=str(inside))
        return hits


def _slot(keys: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        mixed = keys * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)


def spellings(text: str) -> Iterator[tuple[str, bytes]]:
    """In which bytes could this text be written? Names of the forms, and the bytes."""
    # The search folds ASCII letters; for other letters each spelling is one of its own.
    other = {text, unicodedata.normalize("NFD", text), text.lower(), text.casefold(), text.upper()}
    for shown in [text] if text.isascii() else sorted(other):
        yield "utf-8", shown.encode()
        yield "utf-16", shown.encode("utf-16-le")
        yield "utf-16", shown.encode("utf-16-be")[1:]
        try:
            yield "latin-1", shown.encode("latin-1")
        except UnicodeEncodeError:
            continue
    squeezed = text.encode().replace(b"-", b"")
    yield "utf-8", squeezed
    yield "hexadecimal", binascii.hexlify(text.encode())
    yield "reversed", text[::-1].encode()
    for shift in range(3):
        # The characters that depend on what stands beside the marker are left out.
        whole = base64.b64encode(b"\0" * shift + text.encode())
        middle = whole[(0, 2, 3)[shift] : len(whole.rstrip(b"=")) - 1]
        if len(middle) >= _WINDOW + 2:
            yield "base64", middle
    for digest in _DIGESTS:
        yield "unkeyed digest", digest(text.encode()).encode()


def unpack(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What do these bytes hold, if they are a container or an encoded text?"""
    if data.startswith(b"PK"):
        yield from _unzip(data)
    elif data.startswith(b"%PDF"):
        yield from _unpack_pdf(data)
    elif data.startswith(b"\x89PNG"):
        yield from _unpack_png(data)
    elif data.startswith(b"\x1f\x8b"):
        yield from _try("gzip", lambda: gzip.decompress(data))
    elif data.startswith(b"BZh"):
        yield from _try("bzip2", lambda: bz2.decompress(data))
    elif data.startswith(b"\xfd7zXZ"):
        yield from _try("xz", lambda: lzma.decompress(data))
    else:
        yield from _try("zlib", lambda: zlib.decompress(data))
        yield from _unescape(data)


def _try(name: str, decode: Callable[[], bytes]) -> Iterator[tuple[str, bytes]]:
    try:
        yield name, decode()
    except (ValueError, LookupError, OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
        return


def _unzip(data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                yield "zip member name", info.filename.encode()
                yield from _try("zip member", lambda info=info: archive.read(info))
    except (zipfile.BadZipFile, OSError, ValueError):
        return


def _unpack_pdf(data: bytes) -> Iterator[tuple[str, bytes]]:
    for stream in _PDF_STREAM.findall(data):
        yield "pdf stream", stream
        yield from _try("pdf stream, inflated", lambda stream=stream: zlib.decompressobj().decompress(stream))
    try:
        document = PdfReader(io.BytesIO(data))
        texts = [page.extract_text() for page in document.pages]
        texts += [str(value) for value in (document.metadata or {}).values()]
    except Exception:  # a damaged document: the library raises whatever it meets
        return
    yield "pdf text", "\n".join(texts).encode(errors="surrogatepass")


def _unpack_png(data: bytes) -> Iterator[tuple[str, bytes]]:
    place = 8
    while place + 8 <= len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        chunk = data[place + 8 : place + 8 + length]
        place += 12 + length
        if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"):
            yield f"png {kind.decode()}", chunk
            _, _, rest = chunk.partition(b"\0")
            yield from _try("png text, inflated", lambda rest=rest: zlib.decompress(rest[1:]))
            tail = rest[2:].split(b"\0", 2)[-1]
            yield from _try("png text, inflated", lambda tail=tail: zlib.decompress(tail))


def _unescape(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield from _decode_runs("base64", _BASE64.findall(data), _from_base64)
    yield from _decode_runs("hexadecimal", _HEX.findall(data), binascii.unhexlify)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    if "%" in text:
        yield "url-encoded", urllib.parse.unquote_to_bytes(text.replace("+", " "))
    if "&" in text:
        yield "html-escaped", html.unescape(text).encode(errors="surrogatepass")
    if "\\" in text:
        yield "json-escaped", _JSON_ESCAPE.sub(_character, text).encode(errors="surrogatepass")
    if "=\n" in text or "=3D" in text:
        yield from _try("quoted-printable", lambda: binascii.a2b_qp(data))


def _decode_runs(name: str, runs: list[bytes], decode: Callable[[bytes], bytes]) -> Iterator[tuple[str, bytes]]:
    """Decode runs of characters: a long one may be a file and stands alone, the short ones are put together."""
    short = []
    for run in runs:
        if len(run) >= _LONG_RUN:
            yield name, decode(run)
        else:
            short.append(decode(run))
    if short:
        yield name, b"\n".join(short)


def _from_base64(run: bytes) -> bytes:
    bare = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    return base64.b64decode(bare + b"=" * (-len(bare) % 4))


def _character(match: re.Match[str]) -> str:
    return str(json.loads(f'"{match.group(0)}"'))
