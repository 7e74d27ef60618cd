"""Merging, dropping and splitting keep the totals they must keep, and say what they did."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.errors import RecordError
from darkfigure.records.aggregate import CaptureTable, TwoSamples
from darkfigure.records.aggregate.capture_operations import drop_list, merge_lists, restrict, split_by

quick = settings(max_examples=50, deadline=None, derandomize=True)
LABELS = ("A", "B", "C", "D")
HISTORIES = np.array([h for h in itertools.product((0, 1), repeat=4) if any(h)])
N_CELLS = len(HISTORIES)


@st.composite
def tables(draw: st.DrawFn) -> CaptureTable:
    """Four lists with a factor and a quantity; each history stands there twice."""
    counts = draw(st.lists(st.integers(0, 12), min_size=2 * N_CELLS, max_size=2 * N_CELLS))
    sex = draw(st.lists(st.sampled_from("fm"), min_size=2 * N_CELLS, max_size=2 * N_CELLS))
    age = draw(st.lists(st.integers(1, 3), min_size=2 * N_CELLS, max_size=2 * N_CELLS))
    twice = np.concatenate([HISTORIES, HISTORIES])
    return CaptureTable.from_histories(twice, counts, labels=LABELS, covariates={"sex": sex, "age": age})


def count(table: CaptureTable, inside: set[str], outside: set[str]) -> int:
    """Units in all lists of the first set and none of the second."""
    assert table.cells is not None
    h = table.cells.histories
    chosen = np.ones(len(h), dtype=bool)
    for name in inside:
        chosen &= h[:, table.labels.index(name)] == 1
    for name in outside:
        chosen &= h[:, table.labels.index(name)] == 0
    return int(table.cells.counts[chosen].sum())


@quick
@given(table=tables(), names=st.permutations(LABELS), size=st.integers(2, 4))
def test_merging_keeps_every_unit_and_joins_the_lists(table: CaptureTable, names: list[str], size: int) -> None:
    chosen = names[:size]
    merged = merge_lists(table, chosen, into="X")
    assert merged.n_observed == table.n_observed
    assert merged.occasion_totals is not None
    assert merged.labels == tuple(
        "X" if name == min(chosen) else name for name in LABELS if name == min(chosen) or name not in chosen
    )
    assert count(merged, {"X"}, set()) == table.n_observed - count(table, set(), set(chosen))
    for other in set(LABELS) - set(chosen):
        assert count(merged, {other}, set()) == count(table, {other}, set())
        assert count(merged, {other}, {"X"}) == count(table, {other}, set(chosen))
    assert merged.rows is not None
    assert merged.rows.n_observed == table.n_observed
    assert merged.operations == (f"lists {', '.join(chosen[:-1])} and {chosen[-1]} merged into X",)


@quick
@given(table=tables(), name=st.sampled_from(LABELS))
def test_dropping_loses_the_units_seen_only_there_and_no_other(table: CaptureTable, name: str) -> None:
    only_there = count(table, {name}, set(LABELS) - {name})
    dropped = drop_list(table, name)
    assert dropped.n_observed == table.n_observed - only_there
    for other in set(LABELS) - {name}:
        assert count(dropped, {other}, set()) == count(table, {other}, set())
    assert dropped.rows is not None
    assert dropped.rows.n_observed == dropped.n_observed
    assert dropped.operations == (f"list {name} dropped: {only_there} units seen only there leave the table",)


@quick
@given(table=tables())
def test_merging_two_pairs_in_either_order_is_the_same(table: CaptureTable) -> None:
    one = merge_lists(merge_lists(table, ["A", "C"], into="AC"), ["B", "D"], into="BD")
    other = merge_lists(merge_lists(table, ["B", "D"], into="BD"), ["A", "C"], into="AC")
    assert (one.labels, one.frequencies, one.occasion_totals) == (
        other.labels,
        other.frequencies,
        other.occasion_totals,
    )
    assert len(one.operations) == 2


@quick
@given(table=tables(), covariate=st.sampled_from(["sex", "age"]))
def test_groups_add_up_to_the_table(table: CaptureTable, covariate: str) -> None:
    parts = split_by(table, covariate)
    assert sum(part.n_observed for part in parts.values()) == table.n_observed
    assert table.occasion_totals is not None
    summed = np.sum([part.occasion_totals for part in parts.values()], axis=0) if parts else np.zeros(4)
    assert summed.tolist() == list(table.occasion_totals)
    for level, part in parts.items():
        assert part.labels == LABELS
        assert part.rows is not None
        assert set(part.rows.covariates) == {"sex", "age"} - {covariate}
        alone = restrict(table, covariate, level=level)
        assert alone.frequencies == part.frequencies
        assert part.operations == (f"only units whose {covariate} is {level}",)


def test_groups_of_numbers_of_captures() -> None:
    table = CaptureTable.from_captures([1, 2, 1, 4], [8, 3, 5, 1], covariates={"age": [1, 1, 2, 2]}, n_occasions=4)
    parts = split_by(table, "age")
    assert {level: part.frequencies for level, part in parts.items()} == {"1": (8, 3, 0, 0), "2": (5, 0, 0, 1)}
    assert restrict(table, "age", level=2).frequencies == (5, 0, 0, 1)
    assert all(part.n_occasions == 4 for part in parts.values())


def test_operations_stand_in_the_order_they_were_done() -> None:
    table = CaptureTable.from_histories(HISTORIES, labels=LABELS, unit="people")
    made = drop_list(merge_lists(table, ["A", "B"], into="AB"), "C")
    assert made.operations == (
        "lists A and B merged into AB", "list C dropped: 1 people seen only there leave the table",
    )  # fmt: skip
    assert table.operations == ()


def test_two_halves_of_a_period_survive_merging_only() -> None:
    histories = [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    table = CaptureTable.from_histories(histories, [5, 2, 4], labels=("A", "B", "C"))
    halves = CaptureTable(
        frequencies=table.frequencies, n_occasions=3, labels=table.labels, occasion_totals=table.occasion_totals,
        cells=table.cells, halves=TwoSamples(7, 6, 2),
    )  # fmt: skip
    assert merge_lists(halves, ["A", "B"], into="AB").halves == TwoSamples(7, 6, 2)
    assert drop_list(halves, "A").halves is None


def test_neighbouring_occasions_may_be_merged_and_others_may_not() -> None:
    table = CaptureTable.from_histories(HISTORIES, labels=LABELS, ordered=True)
    merged = merge_lists(table, ["C", "B"], into="BC")
    assert merged.labels == ("A", "BC", "D")
    assert merged.ordered
    assert merged.first_captures is not None
    assert sum(merged.first_captures) == merged.n_observed
    with pytest.raises(RecordError, match="E-RECORD-07"):
        merge_lists(table, ["A", "C"], into="AC")


TABLE = CaptureTable.from_histories(HISTORIES, labels=LABELS, covariates={"age": np.arange(N_CELLS) / 2})
BAD = {
    "an unknown list": lambda: merge_lists(TABLE, ["A", "Z"], into="X"),
    "one list": lambda: merge_lists(TABLE, ["A"], into="X"),
    "a list twice": lambda: merge_lists(TABLE, ["A", "A"], into="X"),
    "a name in use": lambda: merge_lists(TABLE, ["A", "B"], into="C"),
    "dropping an unknown list": lambda: drop_list(TABLE, "Z"),
    "dropping the only list": lambda: drop_list(CaptureTable.from_histories([[1]], labels=("A",)), "A"),
    "no histories": lambda: drop_list(
        CaptureTable(frequencies=(3, 1), n_occasions=2, labels=("A", "B")), "A"
    ),
    "an unknown covariate": lambda: split_by(TABLE, "sex"),
    "no covariates": lambda: split_by(CaptureTable.from_frequencies([3, 1]), "sex"),
    "an unknown level": lambda: restrict(TABLE, "age", level=99),
    "a quantity with fractions": lambda: split_by(TABLE, "age"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_done_is_refused(case: str) -> None:
    with pytest.raises(RecordError) as caught:
        BAD[case]()
    assert caught.value.code == "E-RECORD-07"
