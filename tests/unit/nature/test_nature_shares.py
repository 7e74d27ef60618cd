"""Denominator rules: what divides a share, and what the unknown could change."""

import pytest

from darkfigure.nature.options import NatureOptions, UnknownConvention, in_words
from darkfigure.nature.shares import by_case, share_of
from darkfigure.nature.units import Numbers, Units, numbers_of, units_of

INCLUDE, EXCLUDE = UnknownConvention.INCLUDE, UnknownConvention.EXCLUDE
# 89 parents, 91 other relatives, 37 not related, 164 unknown of 381, in cases of three.
RELATION = Units(
    tuple(i // 3 for i in range(381)), ("parent",) * 89 + ("relative",) * 91 + ("not",) * 37 + (None,) * 164
)


def test_excluding_the_unknown_divides_by_the_known():
    share = share_of(RELATION, {"parent"}, convention=EXCLUDE, level=0.95)
    assert (share.count, share.base, share.known, share.unknown, share.denominator) == (89, 381, 217, 164, 217)
    assert share.value == pytest.approx(89 / 217) == share.of_known
    assert share.of_all == pytest.approx(89 / 381)


def test_including_the_unknown_divides_by_all():
    share = share_of(RELATION, {"parent"}, convention=INCLUDE, level=0.95)
    assert share.denominator == 381
    assert share.value == pytest.approx(89 / 381) == share.of_all
    assert share.of_known == pytest.approx(89 / 217)


def test_bounds_are_those_of_the_design_notes():
    one = share_of(RELATION, {"parent"}, convention=EXCLUDE, level=0.95).bounds
    any_relative = share_of(RELATION, {"parent", "relative"}, convention=EXCLUDE, level=0.95).bounds
    assert one == pytest.approx((89 / 381, (89 + 164) / 381))
    assert any_relative == pytest.approx((180 / 381, 344 / 381))


def test_the_interval_belongs_to_the_stated_share():
    for convention in UnknownConvention:
        share = share_of(RELATION, {"parent"}, convention=convention, level=0.95)
        assert share.interval.lower < share.value < share.interval.upper
    assert share.case_base == 127
    assert share_of(RELATION, {"parent"}, convention=EXCLUDE, level=0.95).case_base == 73


def test_contributors_are_the_cases_with_the_property():
    share = share_of(Units((1, 1, 2, 3), ("a", "a", "b", "a")), {"a"}, convention=EXCLUDE, level=0.95)
    assert (share.count, share.contributors) == (3, 2)


def test_a_share_of_nothing_has_no_value():
    share = share_of(Units((1, 2), (None, None)), {"a"}, convention=EXCLUDE, level=0.95)
    assert (share.value, share.interval, share.of_all) == (None, None, 0.0)
    assert share.bounds == (0.0, 1.0)
    assert share_of(Units((), ()), {"a"}, convention=INCLUDE, level=0.95).bounds is None


def test_unknown_codes_become_none_and_numbers_keep_zero():
    assert units_of([(1, "unknown"), (2, None), (3, "x")], case=lambda r: r[0], code=lambda r: r[1]).known == 1
    numbers = numbers_of([(1, 0), (2, None)], case=lambda r: r[0], value=lambda r: r[1])
    assert (numbers.known.values, numbers.behind(), numbers.behind(0), numbers.behind(5)) == ((0,), 1, 1, 0)


def test_sums_by_case_follow_case_numbers():
    sums, sizes = by_case([9, 2, 9], [1.0, 5.0, 2.0])
    assert (sums.tolist(), sizes.tolist()) == ([5.0, 3.0], [1.0, 2.0])


def test_records_do_not_print_their_rows():
    assert "parent" not in repr(RELATION)
    assert "11" not in repr(Numbers((5,), (11,)))


def test_small_numbers_stand_in_words_and_others_in_digits():
    assert [in_words(n) for n in (0, 12, 18, 21, 40)] == ["zero", "twelve", "eighteen", "twenty-one", "40"]


def test_default_conventions_are_those_of_the_study():
    options = NatureOptions()
    assert (options.relation_unknowns, options.group_relation_unknowns) == (EXCLUDE, INCLUDE)
