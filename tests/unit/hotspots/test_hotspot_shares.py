from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkfigure.hotspots.shares import goodman_intervals, ranks, ratio_interval


def test_goodman_agrees_with_published_example() -> None:
    # Counts of the example of Sison and Glaz (1995); bounds as R's MultinomCI and statsmodels print them.
    expected = [
        (0.085, 0.166), (0.115, 0.204), (0.116, 0.207), (0.091, 0.173), (0.096, 0.181), (0.143, 0.239), (0.089, 0.171)
    ]  # fmt: skip
    found = goodman_intervals([56, 72, 73, 59, 62, 87, 58], level=0.95)
    for interval, (lower, upper) in zip(found, expected, strict=True):
        assert interval.lower == pytest.approx(lower, abs=6e-4)
        assert interval.upper == pytest.approx(upper, abs=6e-4)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=9).filter(lambda counts: sum(counts) > 0))
def test_intervals_hold_the_share_and_stay_in_range(counts: list[int]) -> None:
    total = sum(counts)
    for n, interval in zip(counts, goodman_intervals(counts, level=0.95), strict=True):
        assert 0 <= interval.lower <= n / total <= interval.upper <= 1


def test_intervals_of_all_shares_hold_together_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    p = np.array([0.7, 0.12, 0.1, 0.08])
    held = 0
    for counts in rng.multinomial(313, p, size=400):
        intervals = goodman_intervals([int(n) for n in counts], level=0.95)
        held += all(i.lower <= share <= i.upper for i, share in zip(intervals, p, strict=True))
    assert 0.92 <= held / 400 <= 0.995


def test_ratio_interval_holds_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(12)
    draws = rng.multinomial(313, [0.757, 0.086, 0.157], size=600)
    intervals = [ratio_interval(int(a), int(b), level=0.95) for a, b, _ in draws]
    held = sum(i.lower <= 0.757 / 0.086 <= i.upper for i in intervals)
    assert 0.92 <= held / 600 <= 0.98


def test_ranks_of_ties() -> None:
    assert ranks([3, 7, 7, 1]) == (3, 1, 1, 4)
