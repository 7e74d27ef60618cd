"""Two-sample estimators and frequency bounds, by hand."""

from __future__ import annotations

import math

import pytest

from darkfigure.estimate import estimate
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason, TwoSamples


def halves(n1: int, n2: int, m: int) -> CaptureTable:
    only_once = n1 + n2 - 2 * m
    return CaptureTable(frequencies=(only_once, m), n_occasions=2, halves=TwoSamples(n1, n2, m))


def number(method: str, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)
    assert isinstance(result, PopulationEstimate), result
    return result


def test_lincoln_petersen_by_hand() -> None:
    result = number("lincoln-petersen", halves(200, 150, 50))
    assert result.n_total == 600
    assert result.standard_error == pytest.approx(math.sqrt(200 * 150 * 150 * 100 / 50**3))


def test_chapman_by_hand() -> None:
    result = number("chapman", halves(200, 150, 50))
    assert result.n_total == pytest.approx(201 * 151 / 51 - 1)
    assert result.standard_error == pytest.approx(math.sqrt(201 * 151 * 150 * 100 / (51**2 * 52)))


def test_halves_come_before_lists() -> None:
    table = CaptureTable(frequencies=(20, 10), n_occasions=2, occasion_totals=(20, 20), halves=TwoSamples(25, 15, 10))
    assert number("lincoln-petersen", table).n_total == pytest.approx(37.5)


def test_few_shared_units_are_said_to_be_few() -> None:
    assert [c.code for c in number("chapman", halves(20, 15, 6)).cautions] == ["C-SMALL-OVERLAP"]
    assert number("chapman", halves(200, 150, 7)).cautions == ()


NESTED = CaptureTable.from_histories([[1, 0], [1, 1]], [150, 50], labels=("police", "clinic"))


@pytest.mark.parametrize("method", ["lincoln-petersen", "chapman"])
def test_a_list_inside_the_other_is_refused_and_both_are_named(method: str) -> None:
    """The number would be that of the larger list, with a range of no width."""
    result = estimate(method, NESTED)
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.BOUNDARY
    assert result.explanation.startswith("Everyone on clinic is also on police: chance does not do that")
    turned = CaptureTable.from_histories([[0, 1], [1, 1]], [150, 50], labels=("clinic", "police"))
    again = estimate(method, turned)
    assert isinstance(again, NotEstimable)
    assert again.explanation == result.explanation
    one_more = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [150, 1, 50])
    assert isinstance(estimate(method, one_more), PopulationEstimate)


def test_a_half_inside_the_other_indicates_no_unseen_units() -> None:
    """Neither half of a period is made from the other: units that stay in sight are in both."""
    result = number("chapman", halves(200, 50, 50))
    assert result.n_total == 200
    assert result.interval is not None
    assert (result.interval.lower, result.interval.upper) == (200, 200)
    assert "C-NESTED" in {c.code for c in result.cautions}


def test_identical_lists_are_refused_as_such() -> None:
    result = estimate("chapman", CaptureTable.from_histories([[1, 1]], [40], labels=("police", "clinic")))
    assert isinstance(result, NotEstimable)
    assert result.explanation.startswith("Exactly the same units are on police and on clinic")


def test_a_tiny_list_inside_the_other_may_be_chance_and_is_refused_all_the_same() -> None:
    result = estimate("chapman", CaptureTable.from_histories([[1, 0], [1, 1]], [7, 2]))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.BOUNDARY
    assert "may be chance" in result.explanation


def test_a_list_inside_another_of_several_is_named_beside_every_number() -> None:
    rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [1, 1, 1]]
    inside = CaptureTable.from_histories(rows[:1] + rows[2:], [60, 70, 20, 15, 6], labels=("A", "B", "C"))
    apart = CaptureTable.from_histories(rows, [60, 1, 70, 20, 15, 6], labels=("A", "B", "C"))
    for method in ("Mt", "M0", "chao"):
        texts = {c.code: c.text for c in number(method, inside).cautions}
        assert "everyone on B is also on A" in texts["C-NESTED"]
        assert "C-NESTED" not in {c.code for c in number(method, apart).cautions}


def test_a_short_list_inside_a_long_one_by_chance_is_not_called_nested() -> None:
    rows = [[1, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 0]]
    few = CaptureTable.from_histories(rows, [60, 10, 10, 3])
    many = CaptureTable.from_histories(rows, [60, 10, 10, 40])
    assert "C-NESTED" not in {c.code for c in number("M0", few).cautions}
    assert "C-NESTED" in {c.code for c in number("M0", many).cautions}


@pytest.mark.parametrize("method", ["lincoln-petersen", "chapman"])
def test_samples_that_share_nobody_are_refused(method: str) -> None:
    table = CaptureTable(frequencies=(30, 10), n_occasions=2, halves=TwoSamples(25, 15, 0))
    result = estimate(method, table)
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NO_OVERLAP


def test_three_lists_are_the_wrong_table_for_two_samples() -> None:
    result = estimate("chapman", CaptureTable.from_frequencies([5, 3, 1], n_occasions=3))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.WRONG_TABLE


def test_one_list_is_too_few() -> None:
    for method in ("chapman", "M0", "Mh-chao"):
        table = CaptureTable.from_histories([[1]], [20])
        result = estimate(method, table)
        assert isinstance(result, NotEstimable)
        assert result.reason in {Reason.TOO_FEW_LISTS, Reason.NO_OVERLAP}


@pytest.mark.parametrize(("t", "factor"), [(6, 5 / 6), (52, 51 / 52), (None, 1.0)])
def test_chao_has_the_factor_of_its_occasions(t: int | None, factor: float) -> None:
    table = CaptureTable.from_frequencies([60, 20, 5], n_occasions=t)
    r = 3.0
    classic = number("chao", table)
    assert classic.n_unseen == pytest.approx(factor * 90)
    variance = 20 * (factor / 2 * r**2 + factor**2 * r**3 + factor**2 / 4 * r**4)
    assert classic.standard_error == pytest.approx(math.sqrt(variance))
    assert number("chao-bc", table).n_unseen == pytest.approx(factor * 60 * 59 / (2 * 21))
    assert classic.diagnostics["occasion_factor"] == pytest.approx(factor)


def test_chaos_interval_is_the_published_one_and_not_that_of_the_defect_in_other_software() -> None:
    """The spread uses the square of the unseen number; with the plain number the interval is far too wide."""
    result = number("chao", CaptureTable.from_frequencies([60, 20, 5]))
    unseen, variance = 90.0, 20 * (4.5 + 27 + 81 / 4)
    c = math.exp(1.959963984540054 * math.sqrt(math.log(1 + variance / unseen**2)))
    assert result.interval is not None
    assert result.interval.lower == pytest.approx(85 + unseen / c)
    assert result.interval.upper == pytest.approx(85 + unseen * c)


def test_chao_without_pairs_refuses_and_its_corrected_form_answers() -> None:
    table = CaptureTable.from_frequencies([10, 0, 4], n_occasions=5)
    classic = estimate("chao", table)
    assert isinstance(classic, NotEstimable)
    assert classic.reason is Reason.DOES_NOT_EXIST
    assert number("chao-bc", table).n_unseen == pytest.approx(0.8 * 45)


def test_nothing_seen_only_once_means_nothing_unseen() -> None:
    for method in ("chao", "chao-bc"):
        result = number(method, CaptureTable.from_frequencies([0, 10, 4], n_occasions=5))
        assert result.n_unseen == 0
        assert "C-NO-SINGLES" in {c.code for c in result.cautions}


def test_zelterman_by_hand() -> None:
    result = number("zelterman", CaptureTable.from_frequencies([60, 20, 5]))
    rate = 2 / 3
    assert result.n_total == pytest.approx(85 / (1 - math.exp(-rate)))
    g = math.exp(-rate) / (1 - math.exp(-rate)) ** 2
    variance = 85 * g * (1 + 85 * g * rate**2 * (1 / 60 + 1 / 20))
    assert result.standard_error == pytest.approx(math.sqrt(variance))


def test_variance_of_the_corrected_bound_by_hand() -> None:
    a, f1, f2 = 5 / 6, 25, 22
    unseen = a * f1 * (f1 - 1) / (2 * (f2 + 1))
    variance = unseen + a**2 * f1 * 49**2 / (4 * 23**2) + a**2 * f1**2 * f2 * 24**2 / (4 * 23**4)
    result = number("chao-bc", CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))
    assert result.standard_error == pytest.approx(math.sqrt(variance), rel=1e-12)
    alone = number("chao-bc", CaptureTable.from_frequencies([10, 0, 4], n_occasions=5))
    by_hand = 36 + 0.64 * 10 * 19**2 / 4 - 0.64 * 10**4 / (4 * 50)
    assert alone.standard_error == pytest.approx(math.sqrt(by_hand), rel=1e-12)
