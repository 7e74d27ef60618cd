"""The jackknife against its printed formulas, against leaving occasions out, and against simulated units."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.closed.jackknife import METHODS, jackknife, jackknife_weights
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason

FIRST, SECOND, CHOSEN = METHODS
CABS = [142, 81, 49, 7, 3, 1]
quick = settings(max_examples=40, deadline=None, derandomize=True)


def number(method: object, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)  # type: ignore[arg-type]
    assert isinstance(result, PopulationEstimate), result
    return result


@pytest.mark.parametrize("t", [5, 10, 365])
def test_weights_are_those_printed_by_burnham_and_overton(t: int) -> None:
    two, three, four = t * (t - 1), t * (t - 1) * (t - 2), t * (t - 1) * (t - 2) * (t - 3)
    assert jackknife_weights(1, t) == pytest.approx([1 + (t - 1) / t])
    assert jackknife_weights(2, t) == pytest.approx([1 + (2 * t - 3) / t, 1 - (t - 2) ** 2 / two])
    assert jackknife_weights(3, t) == pytest.approx(
        [1 + (3 * t - 6) / t, 1 - (3 * t**2 - 15 * t + 19) / two, 1 + (t - 3) ** 3 / three]
    )
    assert jackknife_weights(4, t) == pytest.approx(
        [
            1 + (4 * t - 10) / t,
            1 - (6 * t**2 - 36 * t + 55) / two,
            1 + (4 * t**3 - 42 * t**2 + 148 * t - 175) / three,
            1 - (t - 4) ** 4 / four,
        ]
    )


def test_weights_tend_to_those_without_a_limit() -> None:
    for order in range(1, 6):
        assert jackknife_weights(order, 10**7) == pytest.approx(jackknife_weights(order, None), abs=1e-4)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_it_is_the_number_seen_with_occasions_left_out(order: int) -> None:
    """By its definition: all ways to leave out j occasions, none of the formula's counting."""
    rng = np.random.default_rng(5)
    histories = (rng.random((40, 5)) < 0.3).astype(int)
    histories = histories[histories.any(axis=1)]
    t = 5
    seen = [
        np.mean([np.delete(histories, left, axis=1).any(axis=1).sum() for left in itertools.combinations(range(t), j)])
        for j in range(order + 1)
    ]
    signed = sum((-1) ** j * math.comb(order, j) * (t - j) ** order * seen[j] for j in range(order + 1))
    expected = signed / math.factorial(order)
    assert number(jackknife(order=order), CaptureTable.from_histories(histories)).n_total == pytest.approx(expected)


def test_numbers_and_errors_by_hand() -> None:
    table = CaptureTable.from_frequencies(CABS, n_occasions=10, unit="cabs")
    first, second = number(FIRST, table), number(SECOND, table)
    assert first.n_total == pytest.approx(283 + 0.9 * 142)
    assert first.standard_error == pytest.approx(math.sqrt(1.9**2 * 142 + (283 - 142) - first.n_total))
    assert second.n_total == pytest.approx(283 + 1.7 * 142 - 64 / 90 * 81)
    by_hand = 2.7**2 * 142 + (1 - 64 / 90) ** 2 * 81 + (283 - 142 - 81) - second.n_total
    assert second.standard_error == pytest.approx(math.sqrt(by_hand))
    spread = math.exp(1.959963984540054 * math.sqrt(math.log(1 + by_hand / (second.n_total - 283) ** 2)))
    assert second.interval is not None
    assert second.interval.upper == pytest.approx(283 + (second.n_total - 283) * spread)


def test_without_a_limit_to_the_captures() -> None:
    table = CaptureTable.from_frequencies(CABS)
    assert number(FIRST, table).n_total == 283 + 142
    assert number(SECOND, table).n_total == 283 + 2 * 142 - 81


def test_the_order_is_the_one_the_test_chooses() -> None:
    """By hand for the cabs: order 3 differs from 2 (p 0.04), 4 does not from 3 (p 0.18); 5% lies between 2 and 3."""
    table = CaptureTable.from_frequencies(CABS, n_occasions=10)
    f = np.array([*CABS, 0, 0, 0, 0], float)
    weights = []
    for order in range(1, 6):
        w = np.ones(10)
        w[:order] = jackknife_weights(order, 10)
        weights.append(w)
    p = []
    for low, high in itertools.pairwise(weights):
        b = high - low
        variance = 283 / 282 * (np.sum(b**2 * f) - np.sum(b * f) ** 2 / 283)
        p.append(math.erfc(abs(np.sum(b * f)) / math.sqrt(2 * variance)))
    k = next(i for i, x in enumerate(p) if x > 0.05)
    assert k > 0
    share = (0.05 - p[k - 1]) / (p[k] - p[k - 1])
    expected = (share * weights[k] + (1 - share) * weights[k - 1]) @ f
    chosen = number(CHOSEN, table)
    assert chosen.n_total == pytest.approx(expected)
    assert chosen.diagnostics["order"] == pytest.approx(k + share)
    settled = CaptureTable.from_frequencies([20, 40, 60, 40, 20, 5], n_occasions=6)
    assert number(CHOSEN, settled).n_total == number(FIRST, settled).n_total


@quick
@given(st.lists(st.integers(0, 60), min_size=4, max_size=8), st.integers(1, 20))
def test_it_grows_with_units_seen_once_and_is_n_only_without_them(f: list[int], more: int) -> None:
    table = CaptureTable.from_frequencies(f, n_occasions=8)
    raised = CaptureTable.from_frequencies([f[0] + more, *f[1:]], n_occasions=8)
    one, other = estimate(FIRST, table), estimate(FIRST, raised)
    if isinstance(one, NotEstimable):
        assert one.reason in (Reason.NO_OVERLAP, Reason.NO_DATA)
        return
    assert isinstance(other, PopulationEstimate)
    assert other.n_total > one.n_total
    assert (one.n_total == one.n_observed) == (f[0] == 0)


@pytest.mark.parametrize("method", [FIRST, SECOND])
def test_twice_the_data_is_twice_the_number(method: object) -> None:
    one = number(method, CaptureTable.from_frequencies(CABS, n_occasions=10))
    four = number(method, CaptureTable.from_frequencies([4 * x for x in CABS], n_occasions=10))
    assert four.n_total == pytest.approx(4 * one.n_total)
    assert four.standard_error == pytest.approx(2 * (one.standard_error or 0))


def test_the_first_order_meets_its_own_expectation() -> None:
    """Its error says how far it strays: over many samples, the mean error is the standard deviation."""
    rng = np.random.default_rng(11)
    t, answers = 6, []
    for _ in range(400):
        captures = rng.binomial(t, rng.beta(2, 4, size=300))
        f = np.bincount(captures, minlength=t + 1)[1:]
        answers.append(number(FIRST, CaptureTable.from_frequencies(f.tolist(), n_occasions=t)))
    totals = np.array([a.n_total for a in answers])
    errors = np.array([a.standard_error for a in answers])
    p = np.linspace(0, 1, 20001)[1:-1]
    density = p * (1 - p) ** 3
    density /= density.sum()
    expected = 300 * float(density @ (1 - (1 - p) ** t + (t - 1) * p * (1 - p) ** (t - 1)))
    assert totals.mean() == pytest.approx(expected, abs=4 * totals.std() / 20)
    assert errors.mean() == pytest.approx(totals.std(), rel=0.15)


def test_refusals() -> None:
    below = estimate(SECOND, CaptureTable.from_frequencies([2, 80, 5], n_occasions=10))
    assert isinstance(below, NotEstimable)
    assert below.reason is Reason.BOUNDARY
    few = estimate(SECOND, CaptureTable.from_frequencies([20, 8], n_occasions=2))
    assert isinstance(few, NotEstimable)
    assert few.reason is Reason.TOO_FEW_LISTS
    for method in METHODS:
        alone = estimate(method, CaptureTable.from_frequencies([20, 0, 0], n_occasions=3))
        assert isinstance(alone, NotEstimable)
        assert alone.reason is Reason.NO_OVERLAP


@pytest.mark.parametrize("options", [{"order": 0}, {"order": 6}, {"significance": 0.0}, {"significance": 1.0}])
def test_impossible_options_are_errors(options: dict[str, float]) -> None:
    with pytest.raises(EstimateError, match="E-EST-30"):
        jackknife(**options)  # type: ignore[arg-type]
