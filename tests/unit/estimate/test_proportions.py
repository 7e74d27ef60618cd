"""Intervals for people who come in cases: hand-checked values, edges, and coverage by simulation."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student_t

from darkfigure.estimate.proportions import (
    CLUSTERED_WILSON,
    WILSON,
    clustered_mean_interval,
    clustered_share_interval,
    design_effect,
    effective_size,
    intraclass_correlation,
    wilson_interval,
)

# Sizes like the study's: 90 cases, 370 people, ten cases of ten or more.
STUDY_SIZES = np.array(
    [1] * 20 + [2] * 18 + [3] * 16 + [4] * 14 + [5] * 6 + [6] * 4 + [7, 8, 10, 11, 12, 12, 13, 14, 15, 16, 18, 20],
    dtype=float,
)
FEW_SIZES = np.array([1] * 8 + [2] * 4 + [3] * 3 + [4] * 2 + [5, 5], dtype=float)


def test_wilson_gives_the_textbook_interval_of_four_of_forty_four():
    found = wilson_interval(4 / 44, 44, level=0.95)
    assert (found.lower, found.upper) == pytest.approx((0.03592, 0.21159), abs=5e-6)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_wilson_at_the_ends_is_one_sided(share):
    found = wilson_interval(share, 20, level=0.95)
    z2 = norm.ppf(0.975) ** 2
    assert {found.lower, found.upper} & {share}
    assert found.upper - found.lower == pytest.approx(z2 / (20 + z2))


def test_one_unit_a_case_is_plain_wilson():
    hits = np.array([1.0] * 4 + [0.0] * 40)
    found = clustered_share_interval(hits, np.ones(44), level=0.95)
    assert found == wilson_interval(4 / 44, 44, level=0.95)
    assert found.method == WILSON


def test_design_effect_of_four_like_cases_by_hand():
    # Two cases wholly with, two wholly without, three units each: p = 1/2, v = 3/4 * 4 * (1.5 / 9)^2 = 1/12.
    hits, sizes = np.array([3.0, 0.0, 3.0, 0.0]), np.full(4, 3.0)
    assert intraclass_correlation(hits, sizes) == 1.0
    assert design_effect(hits, sizes) == pytest.approx((1 / 12) * 12 / 0.25)
    penalty = (student_t.ppf(0.975, 11) / student_t.ppf(0.975, 3)) ** 2
    assert effective_size(hits, sizes, level=0.95) == pytest.approx(12 / 4 * penalty)


def test_model_part_carries_when_the_jackknife_is_too_small():
    # Cases of unlike size, all units with the property in one small case: the jackknife sees little, the model more.
    hits = np.array([2.0] + [0.0] * 9)
    sizes = np.array([2.0] + [12.0] * 9)
    share = hits.sum() / sizes.sum()
    left_out = (hits - share * sizes) / (sizes.sum() - sizes)
    jackknife = 0.9 * (left_out**2).sum() * sizes.sum() / (share * (1 - share))
    assert jackknife < 3
    assert design_effect(hits, sizes) == pytest.approx(
        1 + intraclass_correlation(hits, sizes) * ((sizes**2).sum() / sizes.sum() - 1)
    )


def test_all_units_alike_count_as_little_more_than_their_cases():
    sizes = np.array([10.0, 10.0, 10.0, 10.0])
    found = clustered_share_interval(sizes, sizes, level=0.95)
    penalty = (student_t.ppf(0.975, 39) / student_t.ppf(0.975, 3)) ** 2
    assert found.upper == 1.0
    assert found.lower == pytest.approx(wilson_interval(1.0, 4 * penalty, level=0.95).lower)


def test_intraclass_correlation_of_unlike_units_is_not_negative():
    assert intraclass_correlation(np.array([1.0, 1.0, 1.0]), np.full(3, 2.0)) == 0.0


def test_one_case_gives_no_interval():
    assert clustered_share_interval(np.array([2.0]), np.array([5.0]), level=0.95) is None
    assert clustered_mean_interval(np.array([20.0]), np.array([5.0]), level=0.95) is None


def test_mean_of_single_units_is_the_t_interval():
    values = np.array([3.0, 8.0, 4.0, 9.0, 1.0])
    found = clustered_mean_interval(values, np.ones(5), level=0.9)
    half = student_t.ppf(0.95, 4) * values.std(ddof=1) / np.sqrt(5)
    assert (found.lower, found.upper) == pytest.approx((values.mean() - half, values.mean() + half))


def test_a_mean_is_never_below_zero():
    assert clustered_mean_interval(np.array([0.0, 0.0, 30.0]), np.ones(3), level=0.95).lower == 0.0


def _coverage(sizes, share, likeness, *, seed, runs=500):
    rng = np.random.default_rng(seed)
    a, b = share * (1 - likeness) / likeness, (1 - share) * (1 - likeness) / likeness
    clustered, naive = 0, 0
    for _ in range(runs):
        hits = rng.binomial(sizes.astype(int), rng.beta(a, b, size=len(sizes))).astype(float)
        found = clustered_share_interval(hits, sizes, level=0.95)
        plain = wilson_interval(hits.sum() / sizes.sum(), sizes.sum(), level=0.95)
        clustered += found.lower <= share <= found.upper
        naive += plain.lower <= share <= plain.upper
    return clustered / runs, naive / runs


@pytest.mark.parametrize(
    ("sizes", "share", "likeness"),
    [(STUDY_SIZES, 0.41, 0.3), (STUDY_SIZES, 0.14, 0.3), (STUDY_SIZES, 0.05, 0.8), (FEW_SIZES, 0.14, 0.8)],
)
def test_clustered_interval_covers_where_the_naive_one_does_not(sizes, share, likeness):
    clustered, naive = _coverage(sizes, share, likeness, seed=7)
    # Monte Carlo error at 500 runs is about 1 point, so 92.5% stands for a true 95% with 2.5 standard errors.
    assert clustered >= 0.925
    assert naive < 0.85
    assert clustered_share_interval(np.minimum(sizes, 1), sizes, level=0.95).method == CLUSTERED_WILSON


def test_interval_is_not_wastefully_wide_when_cases_do_not_matter():
    clustered, _ = _coverage(STUDY_SIZES, 0.41, 1e-6, seed=11)
    assert clustered <= 0.99
