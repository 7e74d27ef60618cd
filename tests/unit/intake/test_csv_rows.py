import hashlib

import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.csv_rows import CsvRow, read_csv_rows


def read(tmp_path, content, **options):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    return read_csv_rows(path, source="s", required=("a", "b"), unit="rows", **options)


def rules(found):
    return [(row.row, row.field, row.rule) for row in found.refused]


def test_rows_carry_line_numbers_known_columns_and_a_digest(tmp_path):
    content = b'\xef\xbb\xbfa,x,b\r\n1,secret,"2, and ""3"""\r\n4,secret,5'
    found = read(tmp_path, content)
    assert found.rows == (CsvRow(2, {"a": "1", "b": '2, and "3"'}), CsvRow(3, {"a": "4", "b": "5"}))
    assert (found.rows_in, found.unknown_columns, found.refused) == (2, 1, ())
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (b"", "E-INTAKE-05", None),
        (b"\n1,2\n", "E-INTAKE-05", None),
        (b"a,c\n1,2\n", "E-INTAKE-05", None),
        (b"a,b,a\n1,2,3\n", "E-INTAKE-06", None),
        (b"a,b\n1,2\n3,\xff\n", "E-INTAKE-03", 3),
        ("a,b\n1,2\n".encode("utf-16"), "E-INTAKE-03", 1),
        ("a,b\n1,ñ\n".encode("cp1252"), "E-INTAKE-03", 2),
        (b"a,b\n1,2\x00\n", "E-INTAKE-04", 2),
        (b"a,b\n1,2\n3,4\r5,6\n", "E-INTAKE-04", 3),
        (b"a,b\n1,2\r\r\n", "E-INTAKE-04", 2),
        (b'a,b\n1,"2\n3,4\n', "E-INTAKE-07", 2),
        (b'a,b\n1,"2\n3",4\n', "E-INTAKE-07", 2),
        (b'a,b\n1,2\n3,"4', "E-INTAKE-07", 3),
        (b'a,b\n1,"2\n3,4"x\n', "E-INTAKE-07", 2),
        (b'"a,b\n1,2\n', "E-INTAKE-07", 1),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_with_its_row(tmp_path, content, code, row):
    with pytest.raises(IntakeError) as caught:
        read(tmp_path, content)
    assert caught.value.code == code
    assert caught.value.where == "source s, file rows.csv" + (f", row {row}" if row else "")


def test_an_open_quote_in_the_middle_loses_no_row_silently(tmp_path):
    rows = [b"1,2"] * 1000 + [b'1,"2'] + [b"1,2"] * 1000
    with pytest.raises(IntakeError, match="row 1002"):
        read(tmp_path, b"a,b\n" + b"\n".join(rows))


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (b"", "blank-row"),
        (b",", "blank-row"),
        (b"1", "too-few-fields"),
        (b"1,2,3", "too-many-fields"),
        (b'1,"2"3', "quote-malformed"),
        (b"1," + b"x" * 140_000, "row-too-long"),
        (b'1,"' + b"x" * 140_000 + b'"', "row-too-long"),
    ],
)
def test_a_broken_row_is_refused_alone(tmp_path, line, refusal):
    found = read(tmp_path, b"a,b\n1,2\n" + line + b"\n3,4\n")
    assert [row.number for row in found.rows] == [2, 4]
    assert rules(found) == [(3, "(row)", refusal)]
    assert found.rows_in == 3


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"])
def test_formula_like_cells_are_refused(tmp_path, start):
    found = read(tmp_path, f"a,b,c\n1,{start}x,\n2,ok,{start}x\n".encode(), optional=("c",))
    assert rules(found) == [(2, "b", "formula"), (3, "c", "formula")]


def test_signed_numbers_pass_only_in_numeric_columns(tmp_path):
    content = b"a,b\n-1,x\n+2.5e3,x\n-1+2,x\n1,-1\n"
    found = read(tmp_path, content, numeric=("a",))
    assert [row.number for row in found.rows] == [2, 3]
    assert rules(found) == [(4, "a", "formula"), (5, "b", "formula")]


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\u2028", "\t"])
def test_control_characters_are_refused_and_do_not_split_rows(tmp_path, character):
    found = read(tmp_path, f"a,b\n1,x{character}y\n3,4\n".encode())
    assert rules(found) == [(2, "b", "control-character")]
    assert found.rows_in == 2


def test_columns_checked_by_the_caller_are_left_alone(tmp_path):
    found = read(tmp_path, b"a,b\n=1,2\n", checked_by_caller=("a",))
    assert found.rows[0].values == {"a": "=1", "b": "2"}


def test_other_delimiters_encodings_and_bytes_already_read(tmp_path):
    found = read(tmp_path, "a;b\n1;ñ\n".encode("cp1252"), delimiter=";", encoding="cp1252")
    assert found.rows[0].values == {"a": "1", "b": "ñ"}
    again = read_csv_rows(
        tmp_path / "nowhere", source="s", required=("a",), unit="rows", content=b"a\n1\n", file="member 1"
    )
    assert again.rows_in == 1
    with pytest.raises(IntakeError, match="E-INTAKE-03"):
        read(tmp_path, b"a,b\n", encoding="utf-7")


def test_missing_files_folders_and_huge_files_are_refused(tmp_path, monkeypatch):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(IntakeError, match="E-INTAKE-01"):
            read_csv_rows(path, source="s", required=("a",), unit="rows")
    monkeypatch.setattr("darkfigure.intake.csv_rows.MAX_FILE_BYTES", 5)
    with pytest.raises(IntakeError, match="E-INTAKE-02"):
        read(tmp_path, b"a,b\n1,2\n")


def test_a_disagreement_with_the_line_count_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("darkfigure.intake.csv_rows._count_line_ends", lambda content: 7)
    with pytest.raises(IntakeError, match="E-INTAKE-08"):
        read(tmp_path, b"a,b\n1,2\n")


def test_nothing_readable_shows_in_repr(tmp_path):
    found = read(tmp_path, b"a,b\nmarker-77,2\n=marker-78,1\n")
    assert "marker" not in repr(found) + repr(found.rows) + repr(found.refused)
