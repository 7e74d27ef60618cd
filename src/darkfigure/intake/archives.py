"""Zip archives opened without trust: limits are checked before a byte is unpacked, names are never used.

An archive that breaks a rule of safety as a whole is refused; a damaged member is refused alone and the rest is read.
Members are known by their number, because a member's name may hold a person's.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from darkfigure.errors import IntakeError

MAX_MEMBERS: Final = 10_000
MAX_DOCUMENT_MEMBERS: Final = 100_000
"""Limit for archives that hold one document a report."""

MAX_EXPANDED_BYTES: Final = 1 << 30
MAX_RATIO: Final = 100
MAX_DOCUMENT_BYTES: Final = 8 << 20

_NESTED = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".jar")
_LOCAL_HEADER = b"PK\x03\x04"
_LOCAL_HEADER_BYTES = 30


@dataclass(frozen=True, slots=True, repr=False)
class ArchiveMember:
    """One member: its number in the archive (from 1), and its content or the rule it broke."""

    number: int
    content: bytes | None
    rule: str = ""

    def __repr__(self) -> str:
        return f"ArchiveMember({self.number}, {self.rule or '<restricted content>'})"


def inspect_archive(path: Path, *, where: str, max_members: int = MAX_MEMBERS) -> tuple[zipfile.ZipInfo, ...]:
    """List the members of an archive that keeps every safety limit; unpack nothing.

    Parameters
    ----------
    path : Path
        The archive.
    where : str
        Source and file, for messages.
    max_members : int
        Largest number of members allowed.

    Returns
    -------
    tuple of ZipInfo
        Files in the order of the archive's directory; folders are left out.

    Raises
    ------
    IntakeError (E-INTAKE-20)
        The file is no zip archive or its directory is damaged.
    IntakeError (E-INTAKE-21)
        Too many members, more than 1 GiB unpacked, or a ratio above 100.
    IntakeError (E-INTAKE-22)
        A member's name is absolute, climbs out of the folder, repeats another, is a link or a nested archive.
    IntakeError (E-INTAKE-23)
        A member is encrypted, overlaps another or uses another compression than deflate.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            directory_start = archive.start_dir
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        raise IntakeError(
            "E-INTAKE-20", where=where, problem="the file is no zip archive or its directory is damaged",
            allowed="a complete zip archive", remedy="Ask the partner to send the archive again.",
        ) from None  # fmt: skip
    _check_sizes(infos, where=where, max_members=max_members)
    _check_names(infos, where=where)
    _check_layout(infos, directory_start=directory_start, where=where)
    return tuple(info for info in infos if not info.is_dir())


def read_members(
    path: Path,
    *,
    where: str,
    suffixes: Sequence[str],
    max_members: int = MAX_DOCUMENT_MEMBERS,
    max_bytes: int = MAX_DOCUMENT_BYTES,
) -> Iterator[ArchiveMember]:
    """Read an archive's members one after the other, in the order of its directory.

    Parameters
    ----------
    path : Path
        The archive.
    where : str
        Source and file, for messages.
    suffixes : sequence of str
        Endings of the names of documents, such as ``(".json",)``; other members are refused (``member-unexpected``).
    max_members : int
        Largest number of members allowed.
    max_bytes : int
        Largest unpacked size of one member.

    Yields
    ------
    ArchiveMember
        With content, or with a rule: ``member-unexpected``, ``document-too-big``, ``member-damaged``.

    Raises
    ------
    IntakeError (E-INTAKE-20 to E-INTAKE-23)
        As ``inspect_archive``, before the first member is read.
    """
    infos = inspect_archive(path, where=where, max_members=max_members)
    with path.open("rb") as stream:
        for number, info in enumerate(infos, start=1):
            if not info.filename.lower().endswith(tuple(suffixes)):
                yield ArchiveMember(number, None, "member-unexpected")
            elif info.file_size > max_bytes:
                yield ArchiveMember(number, None, "document-too-big")
            else:
                content = _unpack(stream, info)
                yield ArchiveMember(number, content, "member-damaged" if content is None else "")


def _unpack(stream: BinaryIO, info: zipfile.ZipInfo) -> bytes | None:
    """Unpack one member, or give None when its bytes contradict the directory."""
    stream.seek(info.header_offset)
    header = stream.read(_LOCAL_HEADER_BYTES)
    if len(header) != _LOCAL_HEADER_BYTES or not header.startswith(_LOCAL_HEADER):
        return None
    skip = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    stream.seek(skip, 1)
    data = stream.read(info.compress_size)
    if info.compress_type == zipfile.ZIP_DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            # The limit is one above the declared size, so that a lying directory cannot make us unpack more.
            data = inflater.decompress(data, info.file_size + 1)
        except zlib.error:
            return None
    if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
        return None
    return data


def _check_sizes(infos: Sequence[zipfile.ZipInfo], *, where: str, max_members: int) -> None:
    expanded = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    greedy = any(info.file_size > MAX_RATIO * max(info.compress_size, 1) for info in infos)
    if len(infos) > max_members or expanded > MAX_EXPANDED_BYTES or greedy or expanded > MAX_RATIO * max(packed, 1):
        raise IntakeError(
            "E-INTAKE-21", where=where, problem="the archive has too many members or unpacks to too much",
            allowed=f"at most {max_members} members, 1 GiB unpacked and a ratio of {MAX_RATIO}",
            remedy="Ask the partner for smaller archives.",
        )  # fmt: skip


def _check_names(infos: Sequence[zipfile.ZipInfo], *, where: str) -> None:
    names = [info.filename for info in infos]
    unsafe = len({name.casefold() for name in names}) != len(names) or any(map(_is_unsafe, infos))
    if unsafe:
        raise IntakeError(
            "E-INTAKE-22", where=where, problem="a member's name is absolute, climbs, repeats, links or nests",
            allowed="plain files with relative names that differ", remedy="Ask the partner to pack the files again.",
        )  # fmt: skip


def _is_unsafe(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    return (
        not name
        or name.startswith(("/", "\\"))
        or "\\" in info.orig_filename
        or "\0" in info.orig_filename
        or name[1:2] == ":"
        or ".." in name.split("/")
        or name.lower().endswith(_NESTED)
        or stat.S_ISLNK(info.external_attr >> 16)
    )


def _check_layout(infos: Sequence[zipfile.ZipInfo], *, directory_start: int, where: str) -> None:
    end = 0
    wrong = any(info.flag_bits & 0x1 or info.compress_type not in (0, 8) for info in infos)
    for info in sorted(infos, key=lambda info: info.header_offset):
        wrong = wrong or info.header_offset < end
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
    if wrong or end > directory_start:
        raise IntakeError(
            "E-INTAKE-23", where=where, problem="a member is encrypted, overlaps another or is packed in a rare way",
            allowed="members packed with deflate or not at all, one after the other",
            remedy="Ask the partner to pack the files again without a password.",
        )  # fmt: skip
