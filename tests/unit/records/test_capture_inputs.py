"""Every way into a capture table gives the same table, keeps labels and totals, and repeats no value in an error."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.errors import RecordError
from darkfigure.records.aggregate import CaptureTable

MARKER = "zq7marker"
quick = settings(max_examples=40, deadline=None, derandomize=True)


def cells_of(table: CaptureTable) -> dict[str, int]:
    assert table.cells is not None
    pairs = zip(table.cells.histories.tolist(), table.cells.counts.tolist(), strict=True)
    return {"".join(map(str, history)): count for history, count in pairs if count}


def rows_of(table: CaptureTable) -> list[tuple[object, ...]]:
    assert table.rows is not None
    columns = [c.tolist() for c in table.rows.covariates.values()]
    return sorted(zip(table.rows.captures.tolist(), table.rows.counts.tolist(), *columns, strict=True))


class OtherFrame:
    """A data frame of a library nobody knows: columns by name, and nothing else."""

    def __init__(self, columns: dict[str, object]) -> None:
        self._columns = columns

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> object:
        return self._columns[name]

    def __iter__(self) -> object:
        raise AssertionError("only named columns may be read")


@quick
@given(st.integers(1, 4).flatmap(lambda k: st.tuples(st.just(k), st.lists(st.integers(0, 9), min_size=2**k - 1))))
def test_four_ways_in_agree(drawn: tuple[int, list[int]]) -> None:
    k, counts = drawn[0], drawn[1][: 2 ** drawn[0] - 1]
    histories = [h for h in itertools.product((0, 1), repeat=k) if any(h)]
    labels = tuple("ABCD"[:k])
    whole = CaptureTable.from_histories(histories, counts, labels=labels)
    array = CaptureTable.from_array(np.array([0, *counts]).reshape((2,) * k), labels=labels)
    strings = CaptureTable.from_strings(["".join(map(str, h)) for h in histories], counts, labels=labels, ordered=False)
    frame = {name: [h[j] for h in histories] for j, name in enumerate(labels)} | {"n": counts}
    columns = CaptureTable.from_columns(OtherFrame(frame), lists=labels, count="n")
    assert whole.n_observed == sum(counts)
    for other in (array, strings, columns):
        assert cells_of(other) == cells_of(whole)
        assert other.labels == labels
        assert other.frequencies == whole.frequencies
        assert other.occasion_totals == whole.occasion_totals


@quick
@given(
    st.lists(
        st.tuples(st.sampled_from(["01", "10", "11"]), st.integers(0, 5), st.sampled_from("fm"), st.integers(1, 3))
    )
)
def test_covariates_change_no_count_and_lose_no_unit(drawn: list[tuple[str, int, str, int]]) -> None:
    histories, counts = [d[0] for d in drawn], [d[1] for d in drawn]
    sexes, ages = [d[2] for d in drawn], [d[3] for d in drawn]
    if not drawn:
        return
    plain = CaptureTable.from_strings(histories, counts)
    full = CaptureTable.from_strings(histories, counts, groups=sexes, covariates={"age": ages})
    assert cells_of(full) == cells_of(plain)
    assert full.rows is not None
    assert full.rows.histories is not None
    assert full.rows.n_observed == full.n_observed == sum(counts)
    expected: dict[tuple[object, ...], int] = {}
    for history, count, sex, age in drawn:
        key = (history, float(age), sex)
        expected[key] = expected.get(key, 0) + count
    found = {
        ("".join(map(str, h)), age, sex): n
        for h, n, age, sex in zip(
            full.rows.histories.tolist(), full.rows.counts.tolist(), full.rows.covariates["age"].tolist(),
            full.rows.covariates["group"].tolist(), strict=True,
        )
    }  # fmt: skip
    assert found == {key: n for key, n in expected.items() if n}


def test_an_array_counts_who_is_in_which_list() -> None:
    table = CaptureTable.from_array([[[np.nan, 63], [55, 18]], [[69, 17], [21, 28]]], labels=("P", "Q", "E"))
    assert table.n_observed == 271
    assert table.occasion_totals == (135, 122, 126)
    assert table.frequencies == (187, 56, 28)


def test_numbers_of_captures_with_and_without_occasions() -> None:
    free = CaptureTable.from_captures([1, 3, 1, 0], [4, 2, 3, 0], covariates={"sex": ["f", "m", "m", "x"]})
    assert (free.frequencies, free.n_occasions) == ((7, 0, 2), None)
    assert rows_of(free) == [(1, 3, "m"), (1, 4, "f"), (3, 2, "m")]
    bound = CaptureTable.from_captures([1, 3, 1], n_occasions=5)
    assert (bound.frequencies, bound.n_occasions) == ((2, 0, 1, 0, 0), 5)


def test_a_group_is_a_factor_even_when_it_is_a_number() -> None:
    table = CaptureTable.from_strings(["10", "01", "11"], groups=[2019, 2020.0, 2019])
    assert table.rows is not None
    assert sorted(set(table.rows.covariates["group"].tolist())) == ["2019", "2020"]
    assert table.ordered


def test_text_is_a_factor_and_numbers_are_a_quantity() -> None:
    columns = {
        "text": np.array(["a", "b"], dtype=object),
        "number": np.array([1, 2.5], dtype=object),
        "flag": [True, False],
        "whole": np.array([3, 4], dtype=np.int8),
    }
    table = CaptureTable.from_captures([1, 2], covariates=columns)
    assert table.rows is not None
    assert {n: c.dtype.kind for n, c in table.rows.covariates.items()} == {
        "text": "U", "number": "f", "flag": "f", "whole": "f",
    }  # fmt: skip


def test_frames_of_histories_and_of_captures() -> None:
    frame = {"ch": ["10", "01", "11"], "seen": [1, 1, 2], "n": [5, 3, 2], "sex": ["f", "m", "m"]}
    strings = CaptureTable.from_columns(frame, history="ch", count="n", covariates=["sex"], ordered=True)
    assert strings.occasion_totals == (7, 5)
    captures = CaptureTable.from_columns(frame, captures="seen", count="n", covariates=["sex"], n_occasions=2)
    assert captures.frequencies == strings.frequencies == (8, 2)
    assert rows_of(captures) == rows_of(strings) == [(1, 3, "m"), (1, 5, "f"), (2, 2, "m")]


HISTORIES = [[1, 0], [0, 1]]
BAD = {
    "a string among counts": lambda: CaptureTable.from_histories(HISTORIES, [1, MARKER]),
    "a missing count": lambda: CaptureTable.from_histories(HISTORIES, [1, None]),
    "a count that is no number": lambda: CaptureTable.from_histories(HISTORIES, [1, float("nan")]),
    "an infinite count": lambda: CaptureTable.from_histories(HISTORIES, [1, float("inf")]),
    "a negative count": lambda: CaptureTable.from_histories(HISTORIES, [1, -1]),
    "a fraction of a unit": lambda: CaptureTable.from_histories(HISTORIES, [1, 1.5]),
    "a count too few": lambda: CaptureTable.from_histories(HISTORIES, [1]),
    "ragged counts": lambda: CaptureTable.from_histories(HISTORIES, [[1], [1, 2]]),  # type: ignore[list-item]
    "a fraction of a frequency": lambda: CaptureTable.from_frequencies([3, 1.5]),  # type: ignore[list-item]
    "text among frequencies": lambda: CaptureTable.from_frequencies([3, MARKER]),  # type: ignore[list-item]
    "strings of two lengths": lambda: CaptureTable.from_strings(["10", "1"]),
    "a string of something else": lambda: CaptureTable.from_strings(["10", MARKER[:2]]),
    "histories that lost their zeros": lambda: CaptureTable.from_strings([10, 1]),
    "a missing history": lambda: CaptureTable.from_strings(["10", None]),  # type: ignore[list-item]
    "a unit nobody saw": lambda: CaptureTable.from_strings(["10", "00"]),
    "units in no list": lambda: CaptureTable.from_array([[5, 1], [2, 3]]),
    "a gap within the array": lambda: CaptureTable.from_array([[0, np.nan], [2, 3]]),
    "an array of another shape": lambda: CaptureTable.from_array([0, 1, 2]),
    "labels too few": lambda: CaptureTable.from_array([[0, 1], [2, 3]], labels=("A",)),
    "no capture": lambda: CaptureTable.from_captures([0, 1]),
    "more captures than occasions": lambda: CaptureTable.from_captures([3, 1], n_occasions=2),
    "identifiers in place of captures": lambda: CaptureTable.from_captures([10**9, 1]),
    "a covariate too short": lambda: CaptureTable.from_captures([1, 2], covariates={"a": [MARKER]}),
    "a covariate too short beside histories": lambda: CaptureTable.from_histories(HISTORIES, covariates={"a": [1]}),
    "a covariate with gaps": lambda: CaptureTable.from_captures([1, 2], covariates={"a": [1.0, None]}),
    "a factor with gaps": lambda: CaptureTable.from_captures([1, 2], covariates={"a": [MARKER, None]}),
    "a quantity with gaps": lambda: CaptureTable.from_captures([1, 2], covariates={"a": [1.0, float("nan")]}),
    "text among numbers": lambda: CaptureTable.from_captures([1, 2], covariates={"a": np.array([1, MARKER], object)}),
    "a day": lambda: CaptureTable.from_captures([1, 2], covariates={"a": np.array(["2020-01-01"] * 2, "M8[D]")}),
    "a column that is not there": lambda: CaptureTable.from_columns({"A": [1]}, lists=["A", MARKER]),
    "no form": lambda: CaptureTable.from_columns({"A": [1]}),
    "two forms": lambda: CaptureTable.from_columns({"A": [1]}, lists=["A"], captures="A"),
    "occasions of lists": lambda: CaptureTable.from_columns({"A": [1], "B": [1]}, lists=["A", "B"], n_occasions=2),
    "columns of two lengths": lambda: CaptureTable.from_columns({"A": [1], "B": [1, 0]}, lists=["A", "B"]),
    "a list that is not 0 and 1": lambda: CaptureTable.from_columns({"A": [1], "B": [2]}, lists=["A", "B"]),
    "text in a list": lambda: CaptureTable.from_columns({"A": ["1"], "B": [MARKER]}, lists=["A", "B"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_input_is_refused_without_showing_a_value(case: str) -> None:
    with pytest.raises(RecordError) as caught:
        BAD[case]()
    assert caught.value.code == "E-RECORD-01"
    assert MARKER not in str(caught.value)
    assert caught.value.__cause__ is None
    context = caught.value.__context__
    assert context is None or MARKER not in str(context)


def test_the_text_of_a_table_shows_no_covariate() -> None:
    table = CaptureTable.from_captures([1, 2], covariates={"name": [MARKER, "x"]})
    assert MARKER not in repr(table)
