import io
import stat
import struct
import zipfile

import numpy as np
import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.archives import inspect_archive, read_members


def pack(tmp_path, members, *, compression=zipfile.ZIP_DEFLATED):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def read(path, **options):
    return list(read_members(path, where="w", suffixes=(".json",), **options))


def refused_with(path, **options):
    with pytest.raises(IntakeError) as caught:
        read(path, **options)
    return caught.value.code


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_members_come_in_the_order_of_the_directory(tmp_path, compression):
    path = pack(tmp_path, [("b.json", b"1"), ("folder/", b""), ("a.JSON", b"2" * 50)], compression=compression)
    assert [(m.number, m.content, m.rule) for m in read(path)] == [(1, b"1", ""), (2, b"2" * 50, "")]


def test_other_members_and_big_documents_are_refused_alone(tmp_path):
    path = pack(tmp_path, [("a.json", b"1" * 30), ("notes.txt", b"x"), ("b.json", b"1")])
    assert [m.rule for m in read(path, max_bytes=20)] == ["document-too-big", "member-unexpected", ""]


@pytest.mark.parametrize(
    "name", ["/a.json", "../a.json", "x/../../a.json", "C:a.json", "a\\b.json", "inner.zip", "inner.tar.GZ", "\\\\h\\a"]
)
def test_unsafe_names_are_refused(tmp_path, name):
    assert refused_with(pack(tmp_path, [("ok.json", b"1"), (name, b"1")])) == "E-INTAKE-22"


def test_repeated_names_and_links_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = pack(tmp_path, [("a.json", b"1"), ("a.json", b"2")])
    assert refused_with(path) == "E-INTAKE-22"
    assert refused_with(pack(tmp_path, [("a.json", b"1"), ("A.json", b"2")])) == "E-INTAKE-22"
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refused_with(pack(tmp_path, [(link, b"target")])) == "E-INTAKE-22"


def test_one_bomb_among_honest_members_is_refused(tmp_path):
    honest = np.random.default_rng(1).bytes(200_000)
    assert refused_with(pack(tmp_path, [("a.json", b"0" * 1_000_000), ("b.json", honest)])) == "E-INTAKE-21"


def test_bombs_and_crowds_are_refused_before_unpacking(tmp_path, monkeypatch):
    assert refused_with(pack(tmp_path, [("a.json", b"0" * 1_000_000)])) == "E-INTAKE-21"
    many = pack(tmp_path, [(f"{n}.json", b"1") for n in range(5)])
    assert refused_with(many, max_members=4) == "E-INTAKE-21"
    monkeypatch.setattr("darkfigure.intake.archives.MAX_EXPANDED_BYTES", 4)
    assert refused_with(many) == "E-INTAKE-21"


@pytest.mark.parametrize("damage", ["empty", "text", "half", "no-end"])
def test_what_is_no_archive_is_refused(tmp_path, damage):
    path = pack(tmp_path, [("a.json", b"1" * 100)])
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "text": b"hello", "half": whole[: len(whole) // 2], "no-end": whole[:-22]}[damage])
    assert refused_with(path) == "E-INTAKE-20"


def patched(path, *, signature, offset, value):
    content = bytearray(path.read_bytes())
    start = content.index(signature) + offset
    content[start : start + len(value)] = value
    path.write_bytes(bytes(content))
    return path


def test_encrypted_and_rarely_packed_members_are_refused(tmp_path):
    path = pack(tmp_path, [("a.json", b"1")])
    assert refused_with(patched(path, signature=b"PK\x01\x02", offset=8, value=b"\x01\x00")) == "E-INTAKE-23"
    path = pack(tmp_path, [("a.json", b"1")], compression=zipfile.ZIP_BZIP2)
    assert refused_with(path) == "E-INTAKE-23"


def test_overlapping_members_are_refused(tmp_path):
    path = pack(tmp_path, [("a.json", b"1" * 40), ("b.json", b"2" * 40)], compression=zipfile.ZIP_STORED)
    content = path.read_bytes()
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    overlapped = bytearray(content)
    overlapped[second + 42 : second + 46] = struct.pack("<I", 0)
    path.write_bytes(bytes(overlapped))
    assert refused_with(path) == "E-INTAKE-23"


def test_damaged_members_are_refused_and_the_rest_is_read(tmp_path):
    path = pack(tmp_path, [("a.json", b"abcdefgh"), ("b.json", b"12345678")], compression=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"abcdefgh", b"abcdefgH"))
    assert [(m.content, m.rule) for m in read(path)] == [(None, "member-damaged"), (b"12345678", "")]


def test_a_directory_that_lies_about_the_size_gives_no_more_than_it_says(tmp_path):
    path = pack(tmp_path, [("a.json", b"0123456789" * 10)])
    lying = patched(path, signature=b"PK\x01\x02", offset=24, value=struct.pack("<I", 7))
    assert [m.rule for m in read(lying)] == ["member-damaged"]


@pytest.mark.parametrize("junk", [b"\x00" * 5, b"\xff" * 5])
def test_broken_deflate_and_headers_are_damage(tmp_path, junk):
    path = pack(tmp_path, [("a.json", b"0123456789abcdef" * 3)])
    assert [m.rule for m in read(patched(path, signature=b"PK\x03\x04", offset=36, value=junk))] == ["member-damaged"]
    path = pack(tmp_path, [("a.json", b"1")])
    assert [m.rule for m in read(patched(path, signature=b"PK\x03\x04", offset=0, value=b"XX"))] == ["member-damaged"]


def test_no_name_of_a_member_is_shown(tmp_path):
    path = pack(tmp_path, [("maria-santos.json", b"marker")])
    infos = inspect_archive(path, where="w")
    assert len(infos) == 1
    assert repr(read(path)) == "[ArchiveMember(1, <restricted content>)]"
    with pytest.raises(IntakeError) as caught:
        inspect_archive(pack(tmp_path, [("../maria.json", b"1")]), where="w")
    assert "maria" not in str(caught.value)


def test_bytes_before_the_archive_do_not_move_members(tmp_path):
    buffer = io.BytesIO(b"#!prefix\n")
    buffer.seek(0, 2)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("a.json", b"1")
    path = tmp_path / "p.zip"
    path.write_bytes(buffer.getvalue())
    assert [m.content for m in read(path)] == [b"1"]
