"""What every estimator of the registry must do on any table."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darkfigure.estimate import REGISTRY, estimate
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason, TwoSamples

ORDER_MATTERS = {"Mb", "Mbh", "Mtb"}
NAMES = list(REGISTRY)
# Two-list methods read the first two samples; on other tables they refuse, which the battery checks too.
quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@st.composite
def tables(draw: st.DrawFn) -> CaptureTable:
    """Small tables of two to four lists, sparse or dense, with some empty cells."""
    t = draw(st.integers(2, 4))
    histories = np.array([[(i >> j) & 1 for j in range(t)] for i in range(1, 2**t)])
    counts = draw(st.lists(st.integers(0, 40), min_size=len(histories), max_size=len(histories)))
    return CaptureTable.from_histories(histories, counts, ordered=True)


def fingerprint(table: CaptureTable) -> tuple[object, ...]:
    assert table.cells is not None
    return (
        table.frequencies,
        table.occasion_totals,
        table.first_captures,
        table.cells.histories.tobytes(),
        table.cells.counts.tobytes(),
    )


def same(a: PopulationEstimate | NotEstimable, b: PopulationEstimate | NotEstimable) -> None:
    assert type(a) is type(b), (a, b)
    if isinstance(a, NotEstimable):
        assert isinstance(b, NotEstimable)
        assert a.reason == b.reason
        return
    assert isinstance(b, PopulationEstimate)
    assert a.n_total == pytest.approx(b.n_total, rel=1e-6)
    if a.standard_error is not None:
        assert a.standard_error == pytest.approx(b.standard_error, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
@quick
@given(table=tables())
def test_an_answer_is_sane_or_a_refusal_with_words(name: str, table: CaptureTable) -> None:
    before = copy.deepcopy(fingerprint(table))
    result = estimate(name, table)
    assert fingerprint(table) == before
    assert result.method == name
    assert result.n_observed == table.n_observed
    if isinstance(result, NotEstimable):
        assert isinstance(result.reason, Reason)
        assert len(result.explanation) > 20
        return
    assert result.n_total >= table.n_observed
    assert result.standard_error is not None
    assert result.standard_error >= 0
    assert result.assumptions
    if result.interval is not None:
        assert result.interval.lower >= table.n_observed - 1e-9
        assert result.interval.lower <= result.n_total * (1 + 1e-6) or result.interval.method.startswith("profile")
        assert result.interval.upper >= result.interval.lower
    repeats = table.n_captures - table.n_observed
    assert repeats > 0
    assert result.n_total <= 20 * max(table.n_captures**2 / (2 * repeats), table.n_observed)


@pytest.mark.parametrize("name", NAMES)
@quick
@given(table=tables())
def test_the_same_table_gives_the_same_bits(name: str, table: CaptureTable) -> None:
    assert repr(estimate(name, table)) == repr(estimate(name, table))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ORDER_MATTERS])
@quick
@given(table=tables(), seed=st.integers(0, 99))
def test_names_and_order_of_lists_do_not_matter(name: str, table: CaptureTable, seed: int) -> None:
    assert table.cells is not None
    order = np.random.default_rng(seed).permutation(table.cells.histories.shape[1])
    other = CaptureTable.from_histories(table.cells.histories[:, order], table.cells.counts)
    same(estimate(name, table), estimate(name, other))


@pytest.mark.parametrize("name", NAMES)
@quick
@given(table=tables(), seed=st.integers(0, 99))
def test_order_of_units_does_not_matter(name: str, table: CaptureTable, seed: int) -> None:
    assert table.cells is not None
    units = np.repeat(table.cells.histories, table.cells.counts, axis=0)
    shuffled = np.random.default_rng(seed).permutation(units)
    if len(shuffled) == 0:
        return
    same(estimate(name, table), estimate(name, CaptureTable.from_histories(shuffled, ordered=True)))


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_table_is_refused(name: str) -> None:
    result = estimate(name, CaptureTable.from_histories(np.zeros((0, 3), int), ordered=True))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NO_DATA


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("history", [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
def test_a_table_of_one_cell_never_gives_unseen_units(name: str, history: list[int]) -> None:
    result = estimate(name, CaptureTable.from_histories([history], [25], ordered=True))
    assert isinstance(result, NotEstimable) or result.n_unseen == 0


@pytest.mark.parametrize("name", NAMES)
def test_units_that_were_all_seen_once_set_no_limit(name: str) -> None:
    two = CaptureTable.from_histories(np.eye(2, dtype=int), [40, 30], ordered=True)
    four = CaptureTable.from_histories(np.eye(4, dtype=int), [40, 30, 20, 10], ordered=True)
    for table in (two, four):
        result = estimate(name, table)
        assert isinstance(result, NotEstimable)
    assert result.reason in {Reason.NO_OVERLAP, Reason.WRONG_TABLE}


@quick
@given(
    n1=st.integers(1, 300),
    n2=st.integers(1, 300),
    share=st.floats(0.05, 0.95),
)
def test_two_independent_lists_give_the_product_over_the_overlap(n1: int, n2: int, share: float) -> None:
    both = max(1, math.floor(min(n1, n2) * share))
    table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [n1 - both, n2 - both, both])
    halves = CaptureTable(frequencies=table.frequencies, n_occasions=2, halves=TwoSamples(n1, n2, both), unit="units")
    expected = n1 * n2 / both
    for name, source in (("lincoln-petersen", table), ("lincoln-petersen", halves), ("Mt", table)):
        result = estimate(name, source)
        if isinstance(result, NotEstimable):
            assert result.reason is Reason.BOUNDARY
            assert both in (n1, n2)
            continue
        assert result.n_total == pytest.approx(expected, rel=1e-9)


@quick
@given(scale=st.integers(2, 50))
def test_more_of_the_same_data_scales_the_number_and_narrows_the_range(scale: int) -> None:
    f = [25, 22, 13, 5, 1, 2]
    for name in ("chao", "zelterman", "M0", "Mh-chao", "Mh-darroch"):
        one = estimate(name, CaptureTable.from_frequencies(f, n_occasions=6))
        many = estimate(name, CaptureTable.from_frequencies([scale * x for x in f], n_occasions=6))
        assert isinstance(one, PopulationEstimate)
        assert isinstance(many, PopulationEstimate)
        assert many.n_total == pytest.approx(scale * one.n_total, rel=1e-6)
        assert many.standard_error is not None
        assert one.standard_error is not None
        assert many.standard_error == pytest.approx(math.sqrt(scale) * one.standard_error, rel=1e-3)
