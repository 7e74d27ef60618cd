"""Chao-Lee, ACE and the improved lower bound: by hand, by expectation, and by what must hold on any table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.estimate import estimate
from darkfigure.estimate.closed import lower_bounds
from darkfigure.estimate.closed.coverage_of_counts import METHODS
from darkfigure.estimate.closed.frequency_variance import unseen_with_variance
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason

CHAO_LEE, ACE = METHODS
IMPROVED = next(m for m in lower_bounds.METHODS if m.name == "chao-improved")
quick = settings(max_examples=40, deadline=None, derandomize=True)
frequencies = st.lists(st.integers(0, 60), min_size=5, max_size=12)


def number(method: object, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)  # type: ignore[arg-type]
    assert isinstance(result, PopulationEstimate), result
    return result


def test_chao_lee_without_a_limit_by_hand() -> None:
    """f = 40, 10, 5, 5: S = 95, C = 55/95; n/C = 103.636, pairs 110, g^2 = 103.636 * 110 / (95 * 94) - 1."""
    n, s, coverage = 60, 95, 55 / 95
    g2 = n / coverage * (2 * 10 + 6 * 5 + 12 * 5) / (s * (s - 1)) - 1
    result = number(CHAO_LEE, CaptureTable.from_frequencies([40, 10, 5, 5]))
    assert g2 > 0
    assert result.n_total == pytest.approx(n / coverage + 40 / coverage * g2)
    assert result.diagnostics["coverage"] == pytest.approx(coverage)
    assert result.diagnostics["cv"] == pytest.approx(math.sqrt(g2))


def test_chao_lee_with_occasions_by_hand() -> None:
    n, s, t = 60, 95, 8
    coverage = 1 - 40 / 95 * (7 * 40) / (7 * 40 + 2 * 10)
    g2 = n / coverage * t * (2 * 10 + 6 * 5 + 12 * 5) / ((t - 1) * s**2) - 1
    result = number(CHAO_LEE, CaptureTable.from_frequencies([40, 10, 5, 5], n_occasions=t))
    assert result.n_total == pytest.approx(n / coverage + 40 / coverage * g2)


@pytest.mark.parametrize("t", [3, 6, 20])
@pytest.mark.parametrize("p", [0.1, 0.3, 0.6])
def test_coverage_with_occasions_is_exact_when_all_units_are_alike(t: int, p: float) -> None:
    """Frequencies as expected, in large numbers: the estimate is the truth."""
    size = 10**9
    f = [round(size * math.comb(t, j) * p**j * (1 - p) ** (t - j)) for j in range(1, t + 1)]
    result = number(CHAO_LEE, CaptureTable.from_frequencies(f, n_occasions=t))
    assert result.diagnostics["coverage"] == pytest.approx(1 - (1 - p) ** t, abs=1e-7)
    assert result.n_total == pytest.approx(size, rel=1e-6)


def test_chao_lee_without_a_limit_is_exact_for_poisson_captures() -> None:
    size, rate = 10**9, 1.3
    f = [round(size * math.exp(-rate) * rate**j / math.factorial(j)) for j in range(1, 25)]
    for method in METHODS:
        assert number(method, CaptureTable.from_frequencies(f)).n_total == pytest.approx(size, rel=1e-6)


def test_ace_by_hand() -> None:
    """Rare: f = 6, 2, 1 (S = 13, C = 7/13, pairs 10); three units seen twelve times stand apart."""
    f = [6, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    g2 = 9 * 13 / 7 * 10 / (13 * 12) - 1
    assert number(ACE, CaptureTable.from_frequencies(f)).n_total == pytest.approx(3 + 9 * 13 / 7 + 6 * 13 / 7 * g2)
    ice = 9 * 13 / 7 * 20 / 19 * 10 / 13**2 - 1
    with_occasions = number(ACE, CaptureTable.from_frequencies(f, n_occasions=20))
    assert with_occasions.n_total == pytest.approx(3 + 9 * 13 / 7 + 6 * 13 / 7 * ice)


def test_ace_leaves_out_how_often_the_often_seen_were_seen() -> None:
    first = [30, 12, 6, 3, 2, 1, 1, 0, 1, 1, 4]
    one = number(ACE, CaptureTable.from_frequencies(first))
    other = number(ACE, CaptureTable.from_frequencies([*first[:10], 0, 0, 0, 0, 4]))
    assert other.n_total == one.n_total
    assert (
        number(CHAO_LEE, CaptureTable.from_frequencies([*first[:10], 0, 0, 0, 0, 4])).n_total
        != number(CHAO_LEE, CaptureTable.from_frequencies(first)).n_total
    )


def test_improved_bound_by_hand() -> None:
    f1, f2, f3, f4 = 60, 20, 12, 6
    free = number(IMPROVED, CaptureTable.from_frequencies([f1, f2, f3, f4, 1]))
    assert free.n_unseen == pytest.approx(f1**2 / (2 * f2) + f3 / (4 * f4) * (f1 - f2 * f3 / (2 * f4)))
    t = 9
    bound = number(IMPROVED, CaptureTable.from_frequencies([f1, f2, f3, f4, 1], n_occasions=t))
    more = f1 - (t - 3) / (2 * (t - 1)) * f2 * f3 / f4
    assert bound.n_unseen == pytest.approx((t - 1) / t * f1**2 / (2 * f2) + (t - 3) / (4 * t) * f3 / f4 * more)
    without = number(IMPROVED, CaptureTable.from_frequencies([10, 0, 4]))
    assert without.n_unseen == pytest.approx(45 + 4 / 4 * 10)


@quick
@given(f=frequencies, t=st.sampled_from([None, 12]))
def test_improved_bound_is_never_below_the_classic_one(f: list[int], t: int | None) -> None:
    table = CaptureTable.from_frequencies(f, n_occasions=t)
    classic, improved = estimate("chao", table), estimate(IMPROVED, table)
    if isinstance(classic, PopulationEstimate) and isinstance(improved, PopulationEstimate):
        assert improved.n_total >= classic.n_total


def test_derived_variance_is_chaos_published_one() -> None:
    for f1, f2 in ((60, 20), (7, 30), (25, 22)):
        r = f1 / f2
        _, variance = unseen_with_variance(lambda f: f[0] * f[0] / (2 * f[1]), (f1, f2, 5))
        assert variance == pytest.approx(f2 * (r**2 / 2 + r**3 + r**4 / 4))


@pytest.mark.parametrize("method", [*METHODS, IMPROVED])
@pytest.mark.parametrize("t", [None, 7])
def test_errors_agree_with_derivatives_by_differences(method: object, t: int | None) -> None:
    """The variance once more: derivatives by moving each frequency by a small share, covariance as a matrix."""
    f = np.array([400_000, 180_000, 110_000, 50_000, 20_000, 6_000, 1_000])
    base = number(method, CaptureTable.from_frequencies(f.tolist(), n_occasions=t))
    slopes = []
    for j in range(7):
        step = f[j] // 1000
        moved = [f + step * (np.arange(7) == j) * sign for sign in (1, -1)]
        up, down = (number(method, CaptureTable.from_frequencies(m.tolist(), n_occasions=t)).n_total for m in moved)
        slopes.append((up - down) / (2 * step))
    covariance = np.diag(f.astype(float)) - np.outer(f, f) / base.n_total
    by_differences = float(np.array(slopes) @ covariance @ np.array(slopes))
    assert base.standard_error == pytest.approx(math.sqrt(by_differences), rel=1e-3)


@pytest.mark.parametrize("method", [*METHODS, IMPROVED], ids=lambda m: m.name)
@quick
@given(f=frequencies, t=st.sampled_from([None, 12]))
def test_it_is_the_number_seen_only_without_units_seen_once(method: object, f: list[int], t: int | None) -> None:
    result = estimate(method, CaptureTable.from_frequencies(f, n_occasions=t))  # type: ignore[arg-type]
    if isinstance(result, NotEstimable):
        assert result.reason in (Reason.NO_OVERLAP, Reason.NO_DATA, Reason.DIVERGED, Reason.DOES_NOT_EXIST)
        return
    if method is IMPROVED and f[1] == 0:
        assert (result.n_total == result.n_observed) == (f[0] == 0 or (f[0] == 1 and f[2] == 0))
    else:
        assert (result.n_total == result.n_observed) == (f[0] == 0)


@pytest.mark.parametrize("method", [*METHODS, IMPROVED], ids=lambda m: m.name)
@quick
@given(f=st.lists(st.integers(1, 60), min_size=5, max_size=12), more=st.integers(1, 20), t=st.sampled_from([None, 12]))
def test_it_grows_with_units_seen_once(method: object, f: list[int], more: int, t: int | None) -> None:
    one = estimate(method, CaptureTable.from_frequencies(f, n_occasions=t))  # type: ignore[arg-type]
    raised = CaptureTable.from_frequencies([f[0] + more, *f[1:]], n_occasions=t)
    other = estimate(method, raised)  # type: ignore[arg-type]
    if isinstance(one, PopulationEstimate) and isinstance(other, PopulationEstimate):
        assert other.n_total > one.n_total


@pytest.mark.parametrize("method", [*METHODS, IMPROVED], ids=lambda m: m.name)
def test_with_occasions_four_times_the_data_is_four_times_the_number(method: object) -> None:
    f = [60, 25, 14, 7, 2, 1]
    one = number(method, CaptureTable.from_frequencies(f, n_occasions=9))
    four = number(method, CaptureTable.from_frequencies([4 * x for x in f], n_occasions=9))
    assert four.n_total == pytest.approx(4 * one.n_total)
    assert four.standard_error == pytest.approx(2 * (one.standard_error or 0))


def test_coverage_of_the_interval_when_all_units_are_alike() -> None:
    rng = np.random.default_rng(2)
    size, t, hits, totals = 400, 6, {m.name: 0 for m in (CHAO_LEE, IMPROVED)}, []
    for _ in range(300):
        f = np.bincount(rng.binomial(t, 0.25, size), minlength=t + 1)[1:]
        table = CaptureTable.from_frequencies(f.tolist(), n_occasions=t)
        for method in (CHAO_LEE, IMPROVED):
            result = number(method, table)
            assert result.interval is not None
            hits[method.name] += result.interval.lower <= size <= result.interval.upper
            if method is CHAO_LEE:
                totals.append(result.n_total)
    assert np.mean(totals) == pytest.approx(size, rel=0.01)
    assert all(0.90 <= hit / 300 <= 0.98 for hit in hits.values()), hits


def test_refusals() -> None:
    cases = [
        (CHAO_LEE, CaptureTable.from_frequencies([9], n_occasions=1), Reason.TOO_FEW_LISTS),
        (ACE, CaptureTable.from_frequencies([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]), Reason.DOES_NOT_EXIST),
        (ACE, CaptureTable.from_frequencies([9, 0, 0]), Reason.NO_OVERLAP),
        (IMPROVED, CaptureTable.from_frequencies([9, 4, 1], n_occasions=3), Reason.TOO_FEW_LISTS),
    ]
    for method, table, reason in cases:
        result = estimate(method, table)
        assert isinstance(result, NotEstimable), method.name
        assert result.reason is reason
