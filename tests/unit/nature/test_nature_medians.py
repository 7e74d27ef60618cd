"""Medians with an interval that knows about cases."""

import numpy as np
from scipy.stats import binom

from darkfigure.nature.medians import median_interval, median_of
from darkfigure.nature.units import Numbers


def test_median_leaves_the_unknown_out():
    assert median_of(Numbers((1, 2, 3), (4, None, 8))) == 6.0
    assert median_of(Numbers((1,), (None,))) is None


def test_interval_of_single_units_is_that_of_order_statistics():
    found = median_interval(Numbers(tuple(range(200)), tuple(range(1, 201))), level=0.95)
    # Exact order statistics at 95%: the coverage of (x_lower, x_upper) under the binomial with one half.
    coverage = binom.cdf(found.upper - 1, 200, 0.5) - binom.cdf(found.lower - 1, 200, 0.5)
    assert 0.94 < coverage < 0.98


def test_interval_needs_two_cases():
    assert median_interval(Numbers((1, 1, 1), (3, 5, 9)), level=0.95) is None
    assert median_interval(Numbers((1, 2), (None, 3)), level=0.95) is None


def test_ends_are_observed_values():
    found = median_interval(Numbers((1, 1, 2, 3, 4), (2, 2, 40, 41, 7)), level=0.95)
    assert {found.lower, found.upper} <= {2.0, 7.0, 40.0, 41.0}


def test_people_of_one_case_who_are_alike_widen_the_interval_and_it_covers():
    rng = np.random.default_rng(3)
    cases = tuple(int(c) for c in np.repeat(np.arange(60), 8))
    covered, naive_covered, width, naive_width = 0, 0, 0.0, 0.0
    runs = 400
    for _ in range(runs):
        middle = rng.normal(0, 80, size=60).repeat(8)
        values = tuple(int(v) for v in np.round(500 + middle + rng.normal(0, 10, size=480)))
        found = median_interval(Numbers(cases, values), level=0.95)
        naive = median_interval(Numbers(tuple(range(480)), values), level=0.95)
        covered += found.lower <= 500 <= found.upper
        naive_covered += naive.lower <= 500 <= naive.upper
        width += found.upper - found.lower
        naive_width += naive.upper - naive.lower
    assert covered / runs >= 0.925
    assert naive_covered / runs < 0.8
    assert width > 1.5 * naive_width
