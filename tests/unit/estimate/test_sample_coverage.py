"""Sample coverage for lists: the published hepatitis A answers, by hand, by symmetry and by simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.closed.canonical_lists import in_canonical_order
from darkfigure.estimate.closed.coverage_of_counts import METHODS as OF_COUNTS
from darkfigure.estimate.closed.sample_coverage import METHODS, sample_coverage
from darkfigure.estimate.compare.families import is_lower_bound
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason

CHOSEN, HIGH, ONE_STEP = METHODS
CHAO_LEE = OF_COUNTS[0]
HEPATITIS = CaptureTable.from_array([[[0, 63], [55, 18]], [[69, 17], [21, 28]]], labels=("P", "Q", "E"))


def number(method: object, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)  # type: ignore[arg-type]
    assert isinstance(result, PopulationEstimate), result
    return result


def test_hepatitis_a_in_taiwan_as_published() -> None:
    """Chao, Tsay, Lin, Shau and Chao (2001): 271 cases seen, coverage 51.3%, 407 if independent, 971, one step 508."""
    assert HEPATITIS.n_observed == 271
    chosen, high = number(CHOSEN, HEPATITIS), number(HIGH, HEPATITIS)
    assert round(chosen.diagnostics["coverage"], 3) == 0.513
    assert round(chosen.diagnostics["n_total_independent"]) == 407
    assert round(high.n_total) == 971
    assert round(chosen.n_total) == 508
    assert chosen.n_total == number(ONE_STEP, HEPATITIS).n_total, "coverage below 0.55 takes the one-step form"
    assert "C-LOW-COVERAGE" in {c.code for c in chosen.cautions}


def test_hepatitis_a_by_the_printed_formula_for_three_lists() -> None:
    z = {(1, 0, 0): 69, (0, 1, 0): 55, (0, 0, 1): 63, (1, 1, 0): 21, (1, 0, 1): 17, (0, 1, 1): 18, (1, 1, 1): 28}
    n = [sum(v for k, v in z.items() if k[j]) for j in range(3)]
    coverage = 1 - (69 / n[0] + 55 / n[1] + 63 / n[2]) / 3
    z12, z13, z23 = 21 + 28, 17 + 28, 18 + 28
    right = (
        (69 + 21 + 55 + 21) * z12 / (n[0] * n[1])
        + (69 + 17 + 63 + 17) * z13 / (n[0] * n[2])
        + (63 + 18 + 55 + 18) * z23 / (n[1] * n[2])
    ) / (3 * coverage)
    expected = (z12 + z13 + z23) / (3 * coverage) / (1 - right)
    assert number(HIGH, HEPATITIS).n_total == pytest.approx(expected)


def test_the_high_coverage_answer_solves_its_equation() -> None:
    """With five lists and unequal pairs: N = D/C + sum B (N n_jk / (n_j n_k) - 1) / (t C), by counting units."""
    rng = np.random.default_rng(8)
    x = (rng.random((900, 5)) < [0.5, 0.4, 0.6, 0.45, 0.3]).astype(int)
    x = x[x.any(axis=1)]
    total = number(HIGH, CaptureTable.from_histories(x)).n_total
    t, captures = 5, x.sum(axis=1)
    alone = [int(((captures == 1) & (x[:, j] == 1)).sum()) for j in range(t)]
    size = x.sum(axis=0)
    coverage = 1 - sum(a / s for a, s in zip(alone, size, strict=True)) / t
    right = (len(x) - sum(alone) / t) / coverage
    for j, k in itertools.combinations(range(t), 2):
        others = np.delete(x, [j, k], axis=1).sum(axis=1)
        b = int(((x[:, j] == 1) & (others == 0)).sum() + ((x[:, k] == 1) & (others == 0)).sum())
        both = int((x[:, j] & x[:, k]).sum())
        right += b * (total * both / (size[j] * size[k]) - 1) / (t * coverage)
    assert total == pytest.approx(right)


def test_error_is_the_spread_of_the_bootstrap_it_describes() -> None:
    """Drawn here once more, with other random numbers and many more samples, one table at a time."""
    chosen = number(ONE_STEP, HEPATITIS)
    assert HEPATITIS.cells is not None
    rng = np.random.default_rng(99)
    chances = np.append(HEPATITIS.cells.counts, chosen.n_unseen) / chosen.n_total
    quick = sample_coverage(form="one-step", replicates=50)
    drawn = [
        number(quick, CaptureTable.from_histories(HEPATITIS.cells.histories, row[:-1])).n_total
        for row in rng.multinomial(round(chosen.n_total), chances, size=600)
    ]
    assert chosen.standard_error == pytest.approx(np.std(drawn), rel=4 / np.sqrt(2 * 600))


def test_seed_and_replicates_are_options() -> None:
    again = number(sample_coverage(form="one-step"), HEPATITIS)
    assert again.standard_error == number(ONE_STEP, HEPATITIS).standard_error
    other = number(sample_coverage(form="one-step", seed=1), HEPATITIS)
    assert other.n_total == again.n_total
    assert other.standard_error != again.standard_error


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_lists_changes_no_digit(order: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    x = (rng.random((300, 4)) < 0.4).astype(int)
    table = CaptureTable.from_histories(x[x.any(axis=1)])
    assert table.cells is not None
    moved = CaptureTable.from_histories(table.cells.histories[:, list(order)], table.cells.counts)
    assert number(ONE_STEP, moved).standard_error == number(ONE_STEP, table).standard_error


def test_canonical_order_tells_lists_apart_that_have_equal_sizes() -> None:
    h = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.uint8)
    counts = np.array([3, 3, 2, 4, 4])
    made = {
        tuple(a.tobytes() for a in in_canonical_order(h[:, list(order)], counts))
        for order in itertools.permutations(range(4))
    }
    assert len(made) == 1


@pytest.mark.parametrize("dependent", [False, True])
def test_bias_and_coverage_on_simulated_lists(dependent: bool) -> None:
    """Coverage about 0.75; with dependence a unit in list 1 is in list 2 with chance 0.7 in place of 0.37."""
    rng = np.random.default_rng(12)
    size, found, hits = 600, [], 0
    for _ in range(120):
        x = rng.random((size, 3)) < [0.4, 0.5, 0.45]
        if dependent:
            x[:, 1] = rng.random(size) < np.where(x[:, 0], 0.7, 0.22 / 0.6)
        table = CaptureTable.from_histories(x[x.any(axis=1)].astype(int))
        result = number(sample_coverage(form="high-coverage", replicates=200), table)
        assert result.interval is not None
        found.append(result.n_total)
        hits += result.interval.lower <= size <= result.interval.upper
    assert np.mean(found) == pytest.approx(size, rel=0.03)
    assert hits / 120 >= 0.88


def test_without_lists_it_is_the_form_of_chao_and_lee() -> None:
    table = CaptureTable.from_frequencies([60, 25, 14, 7, 2, 1], n_occasions=9)
    assert number(CHOSEN, table).n_total == number(CHAO_LEE, table).n_total


def test_a_list_that_holds_nobody_changes_nothing() -> None:
    assert HEPATITIS.cells is not None
    wider = np.column_stack([HEPATITIS.cells.histories, np.zeros(len(HEPATITIS.cells.counts), np.uint8)])
    more = number(ONE_STEP, CaptureTable.from_histories(wider, HEPATITIS.cells.counts))
    assert more.n_total == number(ONE_STEP, HEPATITIS).n_total


def refused(method: object, table: CaptureTable) -> Reason:
    result = estimate(method, table)  # type: ignore[arg-type]
    assert isinstance(result, NotEstimable), result
    return result.reason


def test_refusals() -> None:
    two = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    assert refused(CHOSEN, two) is Reason.TOO_FEW_LISTS
    assert refused(HIGH, CaptureTable.from_frequencies([9, 4, 1])) is Reason.WRONG_TABLE
    many = CaptureTable.from_histories(np.vstack([np.eye(17, dtype=int), np.ones((1, 17), dtype=int)]))
    assert refused(HIGH, many) is Reason.WRONG_TABLE
    apart = CaptureTable.from_histories(np.eye(3, dtype=int), [10, 10, 10])
    assert refused(CHOSEN, apart) is Reason.NO_OVERLAP
    together = CaptureTable.from_array([[[0, 39], [28, 3]], [[29, 0], [4, 6]]])
    assert refused(HIGH, together) is Reason.DOES_NOT_EXIST
    loose = CaptureTable.from_array([[[0, 28], [21, 4]], [[11, 12], [2, 7]]])
    assert refused(HIGH, loose) is Reason.NOT_IDENTIFIED
    avoiding = CaptureTable.from_array([[[0, 21], [19, 49]], [[0, 43], [62, 62]]])
    assert refused(HIGH, avoiding) is Reason.BOUNDARY


@pytest.mark.parametrize("options", [{"form": "low"}, {"replicates": 10}])
def test_impossible_options_are_errors(options: dict[str, object]) -> None:
    with pytest.raises(EstimateError, match="E-EST-31"):
        sample_coverage(**options)  # type: ignore[arg-type]


def test_only_the_one_step_form_is_marked_as_a_lower_bound() -> None:
    assert [m.name for m in METHODS if is_lower_bound(m)] == ["sample-coverage-one-step"]


@pytest.mark.parametrize("seed", range(6))
def test_the_one_step_form_stops_between_independence_and_the_solution(seed: int) -> None:
    """Where lists support each other it lies below the solution; where they avoid each other it lies above."""
    rng = np.random.default_rng(seed)
    ease = rng.gamma(4.0, 0.25, 2000)
    seen = rng.random((2000, 3)) < 1 - np.exp(-np.outer(ease, [0.5, 0.7, 0.6]))
    table = CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int))
    found = number(ONE_STEP, table).diagnostics
    independent, step, solution = (found[f"n_total_{k}"] for k in ("independent", "one_step", "high_coverage"))
    assert independent < step < solution
