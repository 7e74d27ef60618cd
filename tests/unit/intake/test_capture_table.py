"""Capture tables from CSV: every shape, the published totals, and every refusal with its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.capture_table import read_capture_table

TABLES = Path(__file__).parents[3] / "src/darkfigure/reference/data/capture-tables"
TOTALS = {
    "hare": (68, 6), "lesbian": (2185, 4), "eider_ducks_open": (896, 6), "uk_modern_slavery_5": (2744, 5),
    "new_orleans_5": (185, 5), "new_orleans_8": (185, 8), "kosovo": (4400, 4), "dipper": (294, 7),
    "netherlands_immigrants": (1880, None), "cbird_frequencies": (19, None),
}  # fmt: skip
MARKER = "zq7marker"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("name", TOTALS)
def test_every_reference_table_has_its_published_total(name: str) -> None:
    occasions = "inf" if TOTALS[name][1] is None else None
    table = read_capture_table(TABLES / f"{name}.csv", occasions=occasions)
    assert (table.n_observed, table.n_occasions) == TOTALS[name]


def test_every_reference_table_is_tested() -> None:
    assert {p.stem for p in TABLES.glob("*.csv")} == set(TOTALS)


def test_hare_is_read_cell_by_cell() -> None:
    table = read_capture_table(TABLES / "hare.csv", ordered=True)
    assert table.frequencies == (25, 22, 13, 5, 1, 2)
    assert table.occasion_totals == (16, 28, 20, 26, 23, 32)
    assert table.first_captures == (16, 24, 9, 9, 6, 4)


def test_four_shapes_of_one_table_agree(tmp_path: Path) -> None:
    columns = read_capture_table(write(tmp_path, "A,B,count\n1,0,5\n0,1,3\n1,1,2\n"))
    history = read_capture_table(write(tmp_path, "history,count\n10,5\n01,3\n11,2\n"))
    captures = read_capture_table(write(tmp_path, "captures,units\n1,8\n2,2\n"), occasions=2)
    units = read_capture_table(write(tmp_path, "captures,age\n" + "1,a\n" * 8 + "2,b\n" * 2), occasions=2)
    assert columns.labels == ("A", "B")
    assert columns.occasion_totals == history.occasion_totals == (7, 5)
    assert columns.frequencies == history.frequencies == captures.frequencies == units.frequencies == (8, 2)


def test_labels_and_groups_are_summed_over(tmp_path: Path) -> None:
    text = "sex,A,B,year,count\nf,1,0,2019,5\nm,1,0,2020,4\nf,0,1,2019,3\nm,1,1,2020,2\n"
    table = read_capture_table(write(tmp_path, text))
    assert table.labels == ("A", "B")
    assert table.frequencies == (12, 2)
    grouped = read_capture_table(write(tmp_path, "history,sex,count\n10,f,5\n10,m,4\n01,f,3\n11,m,2\n"))
    assert grouped.frequencies == (12, 2)


def test_rows_without_a_count_are_one_unit_each(tmp_path: Path) -> None:
    assert read_capture_table(write(tmp_path, "A,B\n1,0\n1,0\n0,1\n1,1\n")).n_observed == 4
    assert read_capture_table(write(tmp_path, "history\n10\n10\n01\n")).n_observed == 3


def test_a_byte_order_mark_and_quotes_do_no_harm(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbf"A","B","count"\r\n"1","0","5"\r\n"1","1","2"\r\n'
    assert read_capture_table(write(tmp_path, text)).n_observed == 7


def test_captures_without_limit_have_no_number_of_occasions(tmp_path: Path) -> None:
    table = read_capture_table(write(tmp_path, "captures,units\n1,8\n7,2\n0,0\n"), occasions="inf", unit="people")
    assert table.n_occasions is None
    assert table.frequencies == (8, 0, 0, 0, 0, 0, 2)
    assert table.unit == "people"


BAD = [
    ("E-INTAKE-60", b"A,B,count\n1,0,\xff\xfe\n", None),
    ("E-INTAKE-60", "", None),
    ("E-INTAKE-60", "A,B,count\n1,0,\x005\n", None),
    ("E-INTAKE-60", f'A,B,count\n1,0,"{MARKER}\n', None),
    ("E-INTAKE-61", f"A,A,{MARKER},count\n1,0,x,5\n", None),
    ("E-INTAKE-61", "A,,count\n1,0,5\n", None),
    ("E-INTAKE-61", "A,count\n1,5\n", None),
    ("E-INTAKE-61", "A,B,count,units\n1,0,5,5\n", None),
    ("E-INTAKE-61", "history,captures,count\n10,1,5\n", None),
    ("E-INTAKE-62", f"A,B,count\n1,0,5,{MARKER}\n", None),
    ("E-INTAKE-62", "A,B,count\n1,0\n", None),
    ("E-INTAKE-62", f'A,B,sex,count\n1,0,"{MARKER}\nx",5\n', None),
    ("E-INTAKE-63", f"A,B,count\n1,0,{MARKER}\n", None),
    ("E-INTAKE-63", "A,B,count\n1,0,-5\n", None),
    ("E-INTAKE-63", "A,B,count\n1,0,2.5\n", None),
    ("E-INTAKE-63", "A,B,count\n1,0,NaN\n", None),
    ("E-INTAKE-63", "A,B,count\n1,0,1e3\n", None),
    ("E-INTAKE-63", "A,B,count\n1,0,\n", None),
    ("E-INTAKE-63", "A,B,count\n1,0,٣\n", None),
    ("E-INTAKE-64", f"history,count\n10,5\n1{MARKER},2\n", None),
    ("E-INTAKE-64", "history,count\n10,5\n1,2\n", None),
    ("E-INTAKE-64", "history,count\n00,5\n11,2\n", None),
    ("E-INTAKE-64", "A,B,count\n0,0,5\n1,0,2\n", None),
    ("E-INTAKE-64", "A,B,C,count\n1,0,1,5\n1,1,NaN,2\n", None),
    ("E-INTAKE-64", "A,B,C,count\n1,0,1,5\n1,1,-1,2\n", None),
    ("E-INTAKE-65", f"captures,units\n{MARKER},5\n", "inf"),
    ("E-INTAKE-65", "captures,units\n4,5\n", 3),
    ("E-INTAKE-65", "captures,units\n0,5\n", 3),
    ("E-INTAKE-65", "captures,units\n1.5,5\n", 3),
    ("E-INTAKE-66", "captures,units\n1,5\n", None),
    ("E-INTAKE-66", "captures,units\n1,5\n", 0),
    ("E-INTAKE-66", "A,B,count\n1,0,5\n", 3),
    ("E-INTAKE-66", "A,B,count\n1,0,5\n", "inf"),
    ("E-INTAKE-67", f"A,B,sex,count\n1,0,=cmd({MARKER}),5\n", None),
    ("E-INTAKE-67", "A,B,sex,count\n1,0,@SUM(A1),5\n", None),
    ("E-INTAKE-68", "A,B,count\n", None),
]


@pytest.mark.parametrize(("code", "text", "occasions"), BAD)
def test_a_bad_table_is_refused_without_showing_a_value(
    tmp_path: Path, code: str, text: str | bytes, occasions: object
) -> None:
    with pytest.raises(IntakeError) as caught:
        read_capture_table(write(tmp_path, text), occasions=occasions)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert MARKER not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="E-INTAKE-60"):
        read_capture_table(tmp_path / "absent.csv")


def test_the_row_and_field_at_fault_are_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError) as caught:
        read_capture_table(write(tmp_path, "A,B,count\n1,0,5\n0,1,x\n"))
    assert caught.value.where == "table.csv row 3 field count"
