"""Reading sightings: every form accepted, every fault refused with its row and field and without its value."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from darkfigure.errors import IntakeError
from darkfigure.intake.events_table import read_events_table

SECRET = "10.99.88.77"


def written(folder: Path, text: str | bytes, name: str = "events.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (("2020-01-01", "2020-01-03"), 2.0),
        (("2020-01-01T00:00:00Z", "2020-01-01T18:00:00+06:00"), 0.5),
        (("2020-01-01 00:00Z", "2020-01-02T06:00:00.5Z"), 1.25 + 0.5 / 86400),
        (("2020-01-01T00:00:00", "2020-01-01 12:00:00.250000000"), 0.5 + 0.25 / 86400),
        (("3.5", "4e0"), 0.5),
        (("-1", "1"), 2.0),
    ],
)
def test_times_in_their_forms(tmp_path: Path, times: tuple[str, str], days: float) -> None:
    table = read_events_table(written(tmp_path, f"time,port,entity\r\n{times[0]},1,a\r\n{times[1]},2,b\r\n"))
    assert table.days[1] - table.days[0] == pytest.approx(days, abs=1e-9)
    assert table.entity.tolist() == [0, 1]


def test_identifiers_keep_their_identity(tmp_path: Path) -> None:
    table = read_events_table(written(tmp_path, '\ufeffentity,time\n"a, b",1\nx,2\n"a, b",3\n'))
    assert table.entity.tolist() == [0, 1, 0]
    assert SECRET not in repr(table)


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (b"entity,time\n\xff\xfe,1\n", "E-INTAKE-84", "events.csv"),
        ("identifier,time\nx,1\n", "E-INTAKE-85", "row 1"),
        ("entity,time,time\nx,1,2\n", "E-INTAKE-85", "row 1"),
        (f"entity,time\nx,1\n{SECRET}\n", "E-INTAKE-86", "row 3"),
        (f"entity,time\n{SECRET},1,2\n", "E-INTAKE-86", "row 2"),
        ("entity,time\n,1\n", "E-INTAKE-86", "row 2 field entity"),
        (f"entity,time\n=HYPERLINK({SECRET}),1\n", "E-INTAKE-86", "row 2 field entity"),
        (f'entity,time\n"{SECRET}\nx",1\n', "E-INTAKE-86", "row 2"),
        (f'entity,time\n"{SECRET},1\nx,2\n', "E-INTAKE-86", "row 2"),
        (f"entity,time\nx,1\r{SECRET},2\n", "E-INTAKE-86", "row 2"),
        ("entity,time\nx,1\n\ny,2\n", "E-INTAKE-86", "row 3"),
        (f"entity,time\nx,{SECRET}\n", "E-INTAKE-87", "row 2 field time"),
        ("entity,time\nx,2020-01-01\ny,44000\n", "E-INTAKE-87", "row 3 field time"),
        ("entity,time\nx,2020-02-30\n", "E-INTAKE-87", "row 2 field time"),
        ("entity,time\nx,2020-01-01T10:00:00Z\ny,2020-01-01T10:00:00\n", "E-INTAKE-87", "row 3 field time"),
        ("entity,time\nx,1577836800\n", "E-INTAKE-87", "row 2 field time"),
        ("entity,time\nx,nan\n", "E-INTAKE-87", "row 2 field time"),
        ("entity,time\nx,1e300\n", "E-INTAKE-87", "row 2 field time"),
        ("entity,time\n", "E-INTAKE-89", "events.csv"),
    ],
)
def test_faults_are_refused_by_place_and_without_value(
    tmp_path: Path, text: str | bytes, code: str, where: str
) -> None:
    with pytest.raises(IntakeError) as refused:
        read_events_table(written(tmp_path, text))
    assert refused.value.code == code
    assert where in refused.value.where
    assert SECRET not in str(refused.value)


def test_missing_files_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(IntakeError) as refused:
            read_events_table(path)
        assert refused.value.code == "E-INTAKE-84"


def test_parquet_without_its_package_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(IntakeError) as refused:
        read_events_table(written(tmp_path, b"PAR1", "events.parquet"))
    assert refused.value.code == "E-INTAKE-88"
    assert "pip install pyarrow" in refused.value.remedy


def parquet_of(folder: Path, entity: object, time: object) -> Path:
    path = folder / "events.parquet"
    parquet.write_table(pyarrow.table({"entity": entity, "port": pyarrow.array([1, 2, 3]), "time": time}), path)
    return path


@pytest.mark.parametrize(
    ("entity", "time", "days"),
    [
        (["a", "b", "a"], [1.0, 2.5, 4.0], [0.0, 1.5, 3.0]),
        ([7, 9, 7], [10, 11, 13], [0.0, 1.0, 3.0]),
        (["a", "b", "a"], [date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 4)], [0.0, 1.0, 3.0]),
        (["a", "b", "a"], [datetime(2020, 1, 1), datetime(2020, 1, 1, 12), datetime(2020, 1, 4)], [0.0, 0.5, 3.0]),
        (
            ["a", "b", "a"],
            [datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, 12, tzinfo=UTC), datetime(2020, 1, 4, tzinfo=UTC)],
            [0.0, 0.5, 3.0],
        ),
        (["a", "b", "a"], ["2020-01-01T00:00Z", "2020-01-01T12:00Z", "2020-01-04T00:00Z"], [0.0, 0.5, 3.0]),
    ],
)
def test_parquet_reads_like_csv(tmp_path: Path, entity: list[object], time: list[object], days: list[float]) -> None:
    table = read_events_table(parquet_of(tmp_path, pyarrow.array(entity), pyarrow.array(time)))
    assert table.entity.tolist() == [0, 1, 0]
    assert (table.days - table.days[0]).tolist() == pytest.approx(days)


def test_parquet_in_pieces_and_dictionaries(tmp_path: Path) -> None:
    entity = pyarrow.chunked_array([pyarrow.array(["b"]), pyarrow.array(["a", "b"])])
    table = read_events_table(parquet_of(tmp_path, entity, pyarrow.array([1.0, 2.0, 3.0])))
    assert table.entity.tolist() == [0, 1, 0]
    again = read_events_table(parquet_of(tmp_path, entity.dictionary_encode(), pyarrow.array([1.0, 2.0, 3.0])))
    assert again.entity.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("entity", "time", "code", "where"),
    [
        (["a", None, "a"], [1.0, 2.0, 3.0], "E-INTAKE-86", "row 2 field entity"),
        (["a", "b", "a"], [1.0, None, 3.0], "E-INTAKE-87", "row 2 field time"),
        (["a", "b", "a"], [1.0, 2.0, float("nan")], "E-INTAKE-87", "row 3 field time"),
        (["a", "b", "a"], [True, False, True], "E-INTAKE-87", "row 1 field time"),
        (["a", "b", "a"], ["2020-01-01", SECRET, "2020-01-02"], "E-INTAKE-87", "row 2 field time"),
    ],
)
def test_faults_of_parquet_are_refused_without_value(
    tmp_path: Path, entity: list[object], time: list[object], code: str, where: str
) -> None:
    with pytest.raises(IntakeError) as refused:
        read_events_table(parquet_of(tmp_path, pyarrow.array(entity), pyarrow.array(time)))
    assert (refused.value.code, SECRET in str(refused.value)) == (code, False)
    assert where in refused.value.where


def test_what_is_not_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeError) as refused:
        read_events_table(written(tmp_path, f"PAR1{SECRET}", "events.parquet"))
    assert refused.value.code == "E-INTAKE-84"
    path = tmp_path / "other.parquet"
    parquet.write_table(pyarrow.table({"identifier": ["a"], "time": [1.0]}), path)
    with pytest.raises(IntakeError) as refused:
        read_events_table(path)
    assert refused.value.code == "E-INTAKE-85"
