"""Agreement coefficients against published worked examples and by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate.agreement import cohen_kappa, gwet_ac1, krippendorff_alpha

_ = None
# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section D: four observers, twelve units.
FOUR_CODERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3),
    (_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _),
)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def expand(table: dict[tuple[str, str], int]) -> tuple[list[str], list[str]]:
    pairs = [pair for pair, n in table.items() for _ in range(n)]
    return [a for a, _ in pairs], [b for _, b in pairs]


@pytest.mark.parametrize(
    ("cells", "kappa"),
    [
        ((20, 5, 10, 15), 0.4),
        ((45, 15, 25, 15), 0.1304),
        ((25, 35, 5, 35), 0.2593),
        ((118, 5, 2, 0), -0.0234),
    ],
)
def test_kappa_of_published_two_by_two_tables(cells, kappa):
    a, b = expand(dict(zip([("y", "y"), ("y", "n"), ("n", "y"), ("n", "n")], cells, strict=True)))
    assert cohen_kappa(a, b, rng=rng()).value == pytest.approx(kappa, abs=5e-5)


def test_alpha_of_published_examples():
    a, b = list("aabbdcccedda"), list("babbbccceddd")
    assert krippendorff_alpha(a, b, rng=rng()).value == pytest.approx(0.692, abs=5e-4)
    assert krippendorff_alpha(*FOUR_CODERS, rng=rng()).value == pytest.approx(0.743, abs=5e-4)


def test_ac1_of_published_examples():
    a, b = expand({("+", "+"): 118, ("+", "-"): 5, ("-", "+"): 2})
    assert gwet_ac1(a, b, rng=rng()).value == pytest.approx(0.9408, abs=5e-5)
    four = gwet_ac1(*FOUR_CODERS, rng=rng())
    assert (four.value, four.observed, four.expected) == pytest.approx((0.77544, 0.81818, 0.19029), abs=5e-5)
    assert four.n_units == 11


def test_alpha_equals_its_definition_by_pairs():
    codes = np.random.default_rng(3).integers(0, 3, (40, 3)).tolist()
    pairs = [(u[i], u[j]) for u in codes for i, j in product(range(3), repeat=2) if i != j]
    differ = sum(a != b for a, b in pairs) / len(pairs)
    values = [v for u in codes for v in u]
    expected = sum(values[i] != values[j] for i, j in product(range(len(values)), repeat=2) if i != j) / (
        len(values) * (len(values) - 1)
    )
    got = krippendorff_alpha(*zip(*codes, strict=True), rng=rng()).value
    assert got == pytest.approx(1 - differ / expected, rel=1e-12)


def test_kappa_collapses_and_ac1_does_not_when_one_category_dominates():
    a, b = expand({("n", "n"): 196, ("y", "n"): 2, ("n", "y"): 2})
    assert cohen_kappa(a, b, rng=rng()).value < 0
    assert krippendorff_alpha(a, b, rng=rng()).value < 0
    assert gwet_ac1(a, b, rng=rng()).value > 0.95


def test_one_category_throughout_is_undefined_for_kappa_and_alpha():
    same = ["n"] * 10
    for result in (cohen_kappa(same, same, rng=rng()), krippendorff_alpha(same, same, rng=rng())):
        assert result.value is None
        assert result.interval is None
    assert gwet_ac1(same, same, categories=["n", "y"], rng=rng()).value == 1


def test_unused_categories_of_the_codebook_count_for_ac1():
    a, b = expand({("x", "x"): 10, ("y", "y"): 5, ("x", "y"): 5})
    two = gwet_ac1(a, b, rng=rng()).value
    assert gwet_ac1(a, b, categories=["x", "y", "z"], rng=rng()).value > two


def test_missing_codes_leave_units_out():
    full = cohen_kappa(["a", "b", "a", "b"], ["a", "b", "b", "b"], rng=rng())
    holed = cohen_kappa(["a", "b", "a", "b", None, "a"], ["a", "b", "b", "b", "a", None], rng=rng())
    assert (holed.value, holed.n_units) == (full.value, 4)


def test_fewer_than_two_units_give_no_value():
    assert cohen_kappa(["a"], ["a"], rng=rng()).value is None
    assert krippendorff_alpha([None, "a"], ["b", None], rng=rng()).value is None


def test_full_agreement_has_an_interval_below_one():
    a = ["x", "y"] * 10
    interval = cohen_kappa(a, a, rng=rng()).interval
    # (0.025) ** (1 / 20) agreement at least; chance agreement one half.
    assert interval.lower == pytest.approx((0.025 ** (1 / 20) - 0.5) / 0.5)
    assert interval.upper == 1


@pytest.mark.parametrize("coefficient", [cohen_kappa, krippendorff_alpha, gwet_ac1])
def test_interval_covers_the_value_of_the_population(coefficient):
    """Coders who err independently: the interval covers the coefficient of a very large sample about as stated."""
    source = np.random.default_rng(11)

    def codes(n: int) -> tuple[list[int], list[int]]:
        truth = source.random(n) < 0.3
        flips = source.random((2, n)) < 0.1
        return (truth ^ flips[0]).astype(int).tolist(), (truth ^ flips[1]).astype(int).tolist()

    target = coefficient(*codes(200_000), rng=rng(), replicates=1).value
    inside = 0
    for _ in range(100):
        interval = coefficient(*codes(150), rng=rng(), replicates=400).interval
        inside += interval.lower <= target <= interval.upper
    assert 88 <= inside <= 99


def test_whole_clusters_are_resampled():
    a, b = expand({("x", "x"): 30, ("y", "y"): 30, ("x", "y"): 20})
    alone = cohen_kappa(a, b, rng=rng()).interval
    clustered = cohen_kappa(a, b, rng=rng(), clusters=[i // 10 for i in range(80)]).interval
    assert clustered.upper - clustered.lower > 1.5 * (alone.upper - alone.lower)


def test_relabelling_and_reordering_change_nothing():
    a, b = expand({("x", "x"): 30, ("y", "y"): 30, ("x", "y"): 20, ("z", "x"): 4})
    names = {"x": "k", "y": "l", "z": "m"}
    for coefficient in (cohen_kappa, krippendorff_alpha, gwet_ac1):
        value = coefficient(a, b, rng=rng()).value
        assert coefficient([names[x] for x in a], [names[x] for x in b], rng=rng()).value == pytest.approx(value)
        assert coefficient(a[::-1], b[::-1], rng=rng()).value == pytest.approx(value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: cohen_kappa(["a"], ["a", "b"], rng=rng()),
        lambda: krippendorff_alpha(["a"], rng=rng()),
        lambda: gwet_ac1(["a", "b"], ["a", "b"], categories=["a"], rng=rng()),
        lambda: cohen_kappa(["a", "b"], ["a", "b"], clusters=[1], rng=rng()),
        lambda: cohen_kappa(["a", "b"], ["a", "b"], level=1.0, rng=rng()),
    ],
)
def test_impossible_calls_are_refused(call):
    with pytest.raises(EstimateError) as caught:
        call()
    assert caught.value.code == "E-EST-90"
