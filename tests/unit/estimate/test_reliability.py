"""The reliability kit against tables made by hand and against leaving units out one by one."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import cells, estimate
from darkfigure.estimate.compare import (
    CellInfluence,
    consistency,
    examine,
    influence,
    jackknife_error,
    merging,
    omission,
    trajectory,
)
from darkfigure.estimate.compare.list_changes import labels_of, units_of_list, with_counts
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate

THREE = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
COUNTS = [60, 49, 4, 24, 11, 14, 12]
TABLE = CaptureTable.from_histories(THREE, COUNTS, labels=("A", "B", "C"))
FREQUENCIES = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)


def size(result: object) -> float:
    assert isinstance(result, PopulationEstimate), result
    return result.n_total


def independent(n_total: int, chances: tuple[float, ...]) -> CaptureTable:
    """Expected counts, rounded, of lists that know nothing of each other."""
    histories = cells.all_histories(len(chances))
    p = np.prod(np.where(histories == 1, chances, 1 - np.asarray(chances)), axis=1)
    return CaptureTable.from_histories(histories.astype(int), np.rint(n_total * p).astype(int))


def test_leaving_out_a_list_is_the_table_without_it() -> None:
    without = omission(TABLE, "Mt")
    # Without A: 49 + 24 by B only, 4 + 11 by C only, 14 + 12 by both; and so on. Two lists: n1 n2 / m.
    assert [v.change for v in without] == ["without A", "without B", "without C"]
    assert [v.n_observed for v in without] == [114, 125, 170]
    expected = [99 * 41 / 26, 107 * 41 / 23, 107 * 99 / 36]
    assert [v.n_total for v in without] == pytest.approx(expected, rel=1e-6)


def test_joining_a_pair_is_the_table_of_their_union() -> None:
    joined = merging(TABLE, "Mt")
    # A or B: 60 + 49 + 24 without C and 11 + 14 + 12 with it; C has 41.
    assert joined[0].change == "A and B joined"
    assert joined[0].n_observed == TABLE.n_observed
    assert joined[0].n_total == pytest.approx(170 * 41 / 37, rel=1e-6)
    assert [v.change for v in joined] == ["A and B joined", "A and C joined", "B and C joined"]


def test_only_neighbours_in_time_are_joined() -> None:
    ordered = CaptureTable.from_histories(THREE, COUNTS, ordered=True)
    assert [v.change for v in merging(ordered, "Mt")] == [
        "occasion 1 and occasion 2 joined",
        "occasion 2 and occasion 3 joined",
    ]


def test_lists_come_in_by_size_and_occasions_in_order() -> None:
    small_first = CaptureTable.from_histories(np.array(THREE)[:, ::-1], COUNTS, labels=("a", "b", "z"))
    changes = [v.change for v in trajectory(small_first, "Mt")]
    assert changes == ["z, b", "z, b, a"]
    assert [v.n_total for v in trajectory(small_first, "Mt")] == pytest.approx(
        [v.n_total for v in trajectory(TABLE, "Mt")], rel=1e-9
    )
    ordered = CaptureTable.from_histories(np.array(THREE)[:, ::-1], COUNTS, ordered=True)
    first, last = trajectory(ordered, "Mt")
    assert (first.change, last.change) == ("occasion 1 to occasion 2", "occasion 1 to occasion 3")
    assert first.n_total == pytest.approx(99 * 41 / 26, rel=1e-6)
    assert last.n_total == size(estimate("Mt", ordered))


def test_units_come_in_at_random_and_are_scaled_up() -> None:
    large = independent(20_000, (0.3, 0.25, 0.2))
    steps = trajectory(large, "Mt", by="units", seed=5)
    assert [v.share for v in steps] == [k / 10 for k in range(1, 11)]
    assert [v.n_observed for v in steps] == [round(v.share * large.n_observed) for v in steps]
    assert all(v.n_total == pytest.approx(20_000, rel=0.12) for v in steps)
    assert steps[-1].n_total == size(estimate("Mt", large))
    assert trajectory(large, "Mt", by="units", seed=5) == steps
    assert trajectory(large, "Mt", by="units", seed=6)[:-1] != steps[:-1]


def test_a_hidden_list_is_told_from_the_others() -> None:
    hidden = consistency(TABLE, "lincoln-petersen")
    # Of the 41 units of C, A saw 11 + 12, B saw 14 + 12, both 12.
    (c,) = (h for h in hidden if h.label == "C")
    assert (c.size, c.seen_by_others) == (41, 37)
    assert size(c.result) == pytest.approx(23 * 26 / 12)
    assert c.ratio == pytest.approx(23 * 26 / 12 / 41)
    assert c.covered is False  # 49.8, and the range ends above 41: A and B avoid each other within C


def test_the_sizes_of_independent_lists_are_told_right() -> None:
    large = independent(50_000, (0.3, 0.2, 0.25, 0.15))
    for h in consistency(large, "Mt"):
        assert h.ratio == pytest.approx(1, abs=0.01)
        assert h.covered


def test_dependent_lists_are_found_out() -> None:
    # A third of the units is on no list but A; within A the lists B and C go together.
    counts = [900, 300, 300, 20, 20, 300, 80]
    hidden = consistency(CaptureTable.from_histories(THREE, counts, labels=("A", "B", "C")), "Mt")
    (a,) = (h for h in hidden if h.label == "A")
    assert a.size == 1020
    assert a.ratio is not None and a.ratio < 0.2 and a.covered is False


def test_influence_is_leaving_out_one_unit() -> None:
    found = {c.cell: c for c in influence(TABLE, "Mt")}
    assert set(found) == {"A", "B", "C", "A+B", "A+C", "B+C", "A+B+C"}
    for k, history in enumerate(THREE):
        less = list(COUNTS)
        less[k] -= 1
        by_hand = size(estimate("Mt", CaptureTable.from_histories(THREE, less)))
        cell = found["+".join(n for n, s in zip("ABC", history, strict=True) if s)]
        assert cell.units == COUNTS[k]
        assert cell.change == pytest.approx(size(estimate("Mt", TABLE)) - by_hand, rel=1e-9)


def test_the_largest_influence_stands_first_and_a_refusal_before_it() -> None:
    changes = [abs(c.change) for c in influence(TABLE, "Mt") if c.change is not None]
    assert changes == sorted(changes, reverse=True)
    edge = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 1], labels=("A", "B"))
    first, *_ = influence(edge, "lincoln-petersen")
    assert (first.cell, first.change) == ("A+B", None)
    assert jackknife_error(influence(edge, "lincoln-petersen")) is None


def test_the_jackknife_error_is_that_of_all_units_left_out_in_turn() -> None:
    units = np.repeat(np.array(THREE), COUNTS, axis=0)
    without = []
    for i in (0, 60, 109, 113, 137, 148, 162):  # One of each cell; equal units give equal numbers.
        without.append(size(estimate("Mt", CaptureTable.from_histories(np.delete(units, i, axis=0)))))
    all_units = np.repeat(without, COUNTS)
    n = len(units)
    expected = math.sqrt((n - 1) / n * float(((all_units - all_units.mean()) ** 2).sum()))
    assert jackknife_error(influence(TABLE, "Mt")) == pytest.approx(expected, rel=1e-9)


def test_numbers_of_captures_are_enough_for_influence_and_units() -> None:
    cell = {c.cell: c for c in influence(FREQUENCIES, "chao")}["seen once"]
    by_hand = size(estimate("chao", FREQUENCIES)) - size(
        estimate("chao", CaptureTable.from_frequencies([24, 22, 13, 5, 1, 2], n_occasions=6))
    )
    assert cell.units == 25 and cell.change == pytest.approx(by_hand)
    assert len(trajectory(FREQUENCIES, "chao", by="units")) == 10


@pytest.mark.parametrize("check", [omission, merging, trajectory, consistency])
def test_lists_cannot_be_changed_without_histories(check: object) -> None:
    with pytest.raises(EstimateError, match="E-EST-82") as caught:
        check(FREQUENCIES, "chao")  # type: ignore[operator]
    assert caught.value.exit_code == 40


def test_all_checks_together_say_what_they_found() -> None:
    heard: list[str] = []
    found = examine(TABLE, "Mt", progress=lambda what, done, total: heard.append(what))
    whole = size(estimate("Mt", TABLE))
    low, high = 99 * 41 / 26, 107 * 99 / 36
    assert found.sentences()[0] == f"From the whole table Mt says {whole:,.0f}."
    assert found.sentences()[1] == (
        f"Without one list it says {low:,.0f} (without A) to {high:,.0f} (without C), {low / whole:.2f} to "
        f"{high / whole:.2f} times as many."
    )
    assert "ranges hold the truth" in found.sentences()[3]
    assert set(heard) == {"leaving out lists", "joining lists", "adding lists", "adding units", "hiding lists",
                          "leaving out units"}  # fmt: skip
    assert all(len(line) <= 80 and line == line.rstrip() for line in found.summary().splitlines())
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [row["change"] for row in told["omission"]] == ["without A", "without B", "without C"]
    assert told["consistency"][2]["size"] == 41
    assert told["jackknife_error"] == jackknife_error(found.influences)


def test_refusals_are_told_and_counted() -> None:
    sparse = CaptureTable.from_histories(THREE, [20, 20, 20, 0, 3, 0, 0], labels=("A", "B", "C"))
    found = examine(sparse, "Mt")
    assert [isinstance(v.result, NotEstimable) for v in found.omitted] == [True, False, True]
    assert any(
        s.startswith("Without one list it refuses 2 of 3 times (without A: no-overlap") for s in found.sentences()
    )
    refused = examine(CaptureTable.from_frequencies([5, 0], n_occasions=2), "M0")
    assert refused.sentences()[0] == "From the whole table M0 refuses to answer: no-overlap."
    assert refused.omitted == refused.hidden == ()


def test_changed_tables_remember_what_was_done_and_keep_the_truth() -> None:
    hidden = units_of_list(TABLE, 0)
    assert hidden.labels == ("B", "C") and hidden.operations == ("units of A only",)
    assert hidden.n_observed == 24 + 11 + 12
    assert labels_of(CaptureTable.from_histories([[1, 0], [1, 1]])) == ("list 1", "list 2")
    same = with_counts(TABLE, np.asarray(TABLE.cells.counts))  # type: ignore[union-attr]
    assert same.frequencies == TABLE.frequencies
    assert TABLE.operations == ()


def test_a_jackknife_of_nothing_is_nothing() -> None:
    assert jackknife_error(()) is None
    assert jackknife_error([CellInfluence(cell="A", units=1, change=1.0)]) is None
