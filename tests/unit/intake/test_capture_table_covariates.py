"""What the reader keeps beside the counts: covariates, their kinds, and what is left out and said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.capture_table import read_capture_table

TABLES = Path(__file__).parents[3] / "src/darkfigure/reference/data/capture-tables"


def write(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_dippers_by_sex() -> None:
    table = read_capture_table(TABLES / "dipper.csv", ordered=True)
    assert table.rows is not None
    sex = table.rows.covariates["sex"]
    assert int(table.rows.counts[sex == "Female"].sum()) == 153
    assert int(table.rows.counts[sex == "Male"].sum()) == 141
    assert table.rows.histories is not None
    assert table.rows.histories.shape[1] == 7


def test_immigrants_with_four_covariates() -> None:
    table = read_capture_table(TABLES / "netherlands_immigrants.csv", occasions="inf")
    assert table.rows is not None
    assert list(table.rows.covariates) == ["gender", "age", "reason", "nation"]
    assert table.rows.n_observed == table.n_observed == 1880
    assert int((table.rows.captures * table.rows.counts).sum()) == table.n_captures
    assert int(table.rows.counts[table.rows.captures == 1].sum()) == table.frequencies[0]


def test_tables_without_further_columns_have_no_rows() -> None:
    assert read_capture_table(TABLES / "kosovo.csv").rows is None


@pytest.mark.parametrize("name", ["history", "ch", "capture_history"])
def test_names_of_a_history(tmp_path: Path, name: str) -> None:
    table = read_capture_table(write(tmp_path, f"{name},male,count\n10,0,5\n01,1,3\n11,1,2\n"))
    assert table.occasion_totals == (7, 5)
    assert table.rows is not None
    assert table.rows.covariates["male"].dtype.kind == "f", "0 and 1 beside a history are a quantity, not a list"


def test_two_histories_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="E-INTAKE-61"):
        read_capture_table(write(tmp_path, "history,ch,count\n10,10,5\n"))


def test_a_bad_history_is_named_by_its_column(tmp_path: Path) -> None:
    with pytest.raises(IntakeError) as caught:
        read_capture_table(write(tmp_path, "ch,count\n10,5\n1x,3\n"))
    assert (caught.value.code, caught.value.where) == ("E-INTAKE-64", "table.csv row 3 field ch")


def test_text_numbers_and_groups(tmp_path: Path) -> None:
    text = "A,B,sex,age,group,count\n1,0,f,31,1,5\n0,1,m,40.5,2,3\n1,1,m,28,2,2\n"
    table = read_capture_table(write(tmp_path, text))
    assert table.labels == ("A", "B")
    assert table.rows is not None
    assert {n: c.dtype.kind for n, c in table.rows.covariates.items()} == {"sex": "U", "age": "f", "group": "U"}
    assert table.operations == ()


def test_numbers_with_gaps_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    text = "A,B,sex,age,note,count\n1,0,f,31,,5\n0,1,m,NA,,3\n1,1,,28,,2\n"
    table = read_capture_table(write(tmp_path, text))
    assert table.rows is not None
    assert list(table.rows.covariates) == ["sex"]
    assert table.operations == ("column age has gaps and is no covariate", "column note has gaps and is no covariate")


def test_identifiers_are_not_carried_along(tmp_path: Path) -> None:
    lines = [f"{i},user{i},{1 + i % 3},{'fm'[i % 2]},{i / 7}" for i in range(30)]
    table = read_capture_table(write(tmp_path, "\n".join(["number,name,captures,sex,weight", *lines])))
    assert table.rows is not None
    assert list(table.rows.covariates) == ["sex", "weight"]
    assert table.operations == (
        "column number tells units apart one by one and is no covariate",
        "column name tells units apart one by one and is no covariate",
    )
    assert "user7" not in repr(table)


@pytest.mark.parametrize("text", ["captures,sex\n1,f\n3,m\n1,m\n", "captures,units,sex\n1,1,f\n3,1,m\n1,1,m\n"])
def test_captures_with_covariates_have_no_limit_unless_told(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert read_capture_table(path).n_occasions is None
    assert read_capture_table(path).frequencies == (2, 0, 1)
    assert read_capture_table(path, occasions=4).frequencies == (2, 0, 1, 0)


@pytest.mark.parametrize("text", ["captures,units\n1,5\n", "captures\n1\n2\n"])
def test_other_tables_of_captures_must_say_their_occasions(tmp_path: Path, text: str) -> None:
    with pytest.raises(IntakeError, match="E-INTAKE-66"):
        read_capture_table(write(tmp_path, text))
