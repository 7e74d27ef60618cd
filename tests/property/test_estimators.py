"""What every estimator must do on any table: one battery of laws over all methods and all kinds of tables."""

from __future__ import annotations

import math
import re
from typing import Literal

import numpy as np
import pytest
from estimator_tables import (
    ALL_METHODS,
    EXTREMES,
    KINDS,
    all_histories,
    fingerprint,
    list_tables,
    lists_permuted,
    multiplied,
    occasion_tables,
    with_the_order_forgotten,
    written_anew,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from darkfigure.estimate import REGISTRY, Method, answer, estimate
from darkfigure.estimate.plausibility import carrying_limit
from darkfigure.records.aggregate import (
    CaptureTable,
    NotEstimable,
    PopulationEstimate,
    Reason,
    SurvivalEstimate,
    TwoSamples,
)

Result = PopulationEstimate | SurvivalEstimate | NotEstimable
NAMES = list(ALL_METHODS)
PERMUTED = "lists in another order"
PAIR_BY_PLACE = {"doubly-robust"}
"""They compare the first two lists unless another pair is declared, so among three lists places matter."""
DEAR = frozenset({"loglinear-bic-bca", "lcmcr", "jolly-seber", "popan", "robust-design"})
"""Methods that take a tenth of a second or more on fifteen cells."""
MODERATE = frozenset(
    {
        "cjs-time",
        "Mth-chao",
        "Mth-poisson2",
        "Mth-darroch",
        "Mth-gamma3.5",
        "Mh-normal",
        "Mth-normal",
        "Mtb",
        "loglinear-stepwise",
        "dga",
        "loglinear-stepwise-bca",
        "loglinear-bayes-threshold",
        "doubly-robust",
        "stratified-Mt",
        "zt-oneinflated-poisson",
        "zt-oneinflated-geometric",
        "oneinflated-zt-poisson",
        "oneinflated-zt-geometric",
    }
)
"""Methods that take a few milliseconds or more."""
PLAIN_LISTS = CaptureTable.from_histories(all_histories(4), [40, 30, 9, 20, 5, 3, 1, 25, 6, 2, 2, 4, 1, 2, 1])
"""CPU seconds of one answer below which a method is tried on many tables, and above which on very few."""


def _close(a: float | None, b: float | None, rel: float, least: float = 1e-9) -> bool:
    if a is None or b is None:
        return a is b
    return a == b or abs(a - b) <= rel * max(abs(a), abs(b)) + least


def same(a: Result, b: Result, law: str) -> None:
    """Two answers agree to within the accuracy of a search for a maximum."""
    assert type(a) is type(b), (law, a, b)
    if isinstance(a, NotEstimable) and isinstance(b, NotEstimable):
        assert a.reason == b.reason, (law, a, b)
        return
    assert not isinstance(a, NotEstimable)
    assert not isinstance(b, NotEstimable)
    assert _close(a.n_total, b.n_total, 1e-6), (law, a.n_total, b.n_total)
    if isinstance(a, PopulationEstimate) and isinstance(b, PopulationEstimate):
        assert _close(a.standard_error, b.standard_error, 1e-4), (law, a.standard_error, b.standard_error)
        ends = [(i.lower, i.upper) for i in (a.interval, b.interval) if i is not None]
        assert len(ends) != 1, (law, a.interval, b.interval)
        assert not ends or all(_close(x, y, 1e-4) for x, y in zip(*ends, strict=True)), (law, ends)
    assert len(a.quantities) == len(b.quantities), law
    if law == PERMUTED:
        return  # Rates and coefficients belong to single lists.
    assert [q.name for q in a.quantities] == [q.name for q in b.quantities], law
    for q, r in zip(a.quantities, b.quantities, strict=True):
        assert _close(q.value, r.value, 1e-4, 1e-5), (law, q, r)


def sane(result: Result, name: str, table: CaptureTable) -> None:
    """An answer within what the data can carry, or a refusal with words."""
    assert result.method == name
    assert result.n_observed == table.n_observed
    if isinstance(result, NotEstimable):
        assert isinstance(result.reason, Reason)
        assert len(result.explanation) > 20
        assert result.explanation.rstrip().endswith((".", ")"))
        assert all(math.isfinite(x) for x in result.diagnostics.values())
        return
    assert result.assumptions
    numbers = [*result.parameters.values(), *result.diagnostics.values()]
    numbers += [q.standard_error for q in result.quantities if q.standard_error is not None]
    assert not any(math.isnan(x) for x in numbers), numbers
    for q in result.quantities:
        assert (q.value is None) == bool(q.confounded_with) or q.value is None, q
        if q.interval is not None and q.value is not None:
            assert q.interval.lower <= q.value <= q.interval.upper, q
    if isinstance(result, PopulationEstimate):
        assert math.isfinite(result.n_total)
        assert result.n_total >= table.n_observed
        assert result.n_total <= carrying_limit(table)
        assert result.standard_error is not None
        assert result.standard_error >= 0
        assert math.isfinite(result.standard_error)
        assert result.interval is not None
        slack = 1e-6 * result.n_total
        assert table.n_observed - slack <= result.interval.lower
        assert result.interval.lower - slack <= result.n_total <= result.interval.upper + slack, (
            "the interval leaves the estimate out",
            result.n_total,
            result.interval,
        )


def _an_interval_shrinks(method: Method, table: CaptureTable, first: Result) -> None:
    if not isinstance(first, PopulationEstimate) or first.interval is None:
        return
    second = answer(method, table, level=0.8)
    assert isinstance(second, PopulationEstimate)
    if second.interval is None:
        # A range shifted for bias can leave the estimate out at a lower level; then there is none, and it is said.
        assert "C-NO-INTERVAL" in [caution.code for caution in second.cautions], "lower level, no range"
        return
    slack = 1e-6 * first.n_total
    assert _close(first.n_total, second.n_total, 1e-9), "the level moves the estimate"
    assert second.interval.level == 0.8
    assert second.interval.lower >= first.interval.lower - slack, "lower level, wider range"
    assert second.interval.upper <= first.interval.upper + slack, "lower level, wider range"


def _order_needed_or_ignored(method: Method, table: CaptureTable, first: Result) -> None:
    """Without their order the same lists give the same answer, or the reason that an order is needed."""
    if table.cells is None or table.rows is not None or not table.ordered:
        return
    second = answer(method, with_the_order_forgotten(table))
    if isinstance(second, NotEstimable) and second.reason is Reason.UNORDERED_LISTS:
        assert "order" in second.explanation
        return
    same(first, second, "order forgotten")


def battery(method: Method, table: CaptureTable, seed: int) -> Result:
    """Every law that one table can show."""
    before = fingerprint(table)
    first = answer(method, table)
    assert fingerprint(table) == before, "the table was changed"
    sane(first, method.name, table)
    assert repr(answer(method, table)) == repr(first), "two equal calls differ"
    same(first, answer(method, written_anew(table, seed)), "written anew")
    if not table.ordered and not (method.name in PAIR_BY_PLACE and (table.n_occasions or 0) > 2):
        same(first, answer(method, lists_permuted(table, seed)), PERMUTED)
    _an_interval_shrinks(method, table, first)
    _order_needed_or_ignored(method, table, first)
    return first


def cost(name: str) -> Literal["cheap", "moderate", "dear"]:
    """Declared, not measured, so that every machine tries the same tables."""
    if name in DEAR:
        return "dear"
    return "moderate" if name in MODERATE or name.endswith(("negbin", "-covariates")) else "cheap"


def examples(name: str) -> int:
    """Tables to try in the quick run."""
    return {"cheap": 8, "moderate": 3, "dear": 2}[cost(name)]


def run(name: str, tables: st.SearchStrategy[CaptureTable], most: int) -> None:
    # Without shrinking in the search of a dear method a failure would take minutes to report.
    @settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if most > 3 else [Phase.generate],
    )
    @given(table=tables, seed=st.integers(0, 99))
    def every_law_holds(table: CaptureTable, seed: int) -> None:
        battery(ALL_METHODS[name], table, seed)

    every_law_holds()


def _tables(kind: str, name: str) -> st.SearchStrategy[CaptureTable]:
    """Small tables, yet such as can be answered, for methods whose cost grows steeply with the number of lists."""
    if kind == "lists" and cost(name) == "dear":
        return list_tables(fewest=3, most=3, least=1)
    if kind == "occasions" and cost(name) != "cheap":
        return occasion_tables(most=4, fewest=20)
    return occasion_tables(fewest=20) if kind == "occasions" else KINDS[kind]()


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("name", NAMES)
def test_every_law_holds_on_drawn_tables(name: str, kind: str) -> None:
    run(name, _tables(kind, name), examples(name))


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("name", NAMES)
def test_every_law_holds_on_many_tables(name: str, kind: str) -> None:
    most = examples(name)
    run(name, _tables(kind, name) if most < 8 else KINDS[kind](), {8: 150, 3: 40, 2: 8}[most])


@pytest.mark.parametrize("name", NAMES)
def test_extreme_tables_are_answered_sanely_or_refused(name: str) -> None:
    """Dear methods see the extreme tables that are small; the sizes of the others would cost them minutes."""
    for what, made in EXTREMES.items():
        table = made()
        if table.n_observed > {"cheap": math.inf, "moderate": 100_000, "dear": 100}[cost(name)]:
            continue
        result = answer(ALL_METHODS[name], table)
        sane(result, name, table)
        if table.n_captures == table.n_observed:
            assert isinstance(result, NotEstimable), what
        if what == "no unit":
            assert isinstance(result, NotEstimable)
            assert result.reason is Reason.NO_DATA


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("history", [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
def test_a_table_of_one_cell_never_gives_unseen_units(name: str, history: list[int]) -> None:
    result = estimate(ALL_METHODS[name], CaptureTable.from_histories([history], [25], ordered=True))
    assert isinstance(result, NotEstimable) or result.n_unseen == 0


def test_methods_that_need_an_order_say_so_and_the_others_do_not() -> None:
    """The methods that refuse unordered lists are those whose needs speak of time or order."""
    refused, told = set(), set()
    for name, method in ALL_METHODS.items():
        result = answer(method, PLAIN_LISTS)
        if isinstance(result, NotEstimable) and result.reason is Reason.UNORDERED_LISTS:
            refused.add(name)
        if "order of time" in method.needs or "in time order" in method.needs:
            told.add(name)
    assert {"Mb", "Mbh", "Mtb", "cjs", "popan"} <= refused
    assert refused == told


_EVEN = {"lists": [400, 300, 90, 350, 100, 80, 25], "occasions": [400, 300, 130, 200, 90, 60, 45]}


def _even(kind: str) -> CaptureTable:
    """Dense tables on which nearly every method has an answer."""
    if kind == "frequencies":
        return CaptureTable.from_frequencies([470, 230, 90, 34, 13, 4, 2])
    if kind == "rows":
        rows = np.repeat(all_histories(3), 2, axis=0)
        counts = [200, 200, 150, 150, 45, 45, 175, 175, 50, 50, 40, 40, 12, 13]
        columns = {"kind": np.tile(["a", "b"], 7), "dose": np.sin(np.arange(14.0))}
        return CaptureTable.from_histories(rows, counts, covariates=columns)
    return CaptureTable.from_histories(all_histories(3), _EVEN[kind], ordered=kind == "occasions")


CHOOSERS = re.compile(r"jackknife$|loglinear-(stepwise|bic|bayes)|dga|lcmcr")
"""They choose or weigh models by the data, and more data choose other models: scaling says nothing of them."""
LIKELIHOOD = re.compile(
    r"(M0|Mt|M[bh]|Mtb|Mth|zt-|zot-|oneinflated-|hurdle-|loglinear-|huggins|zelterman|chao$)(?!.*-bc)"
)
"""Functions of degree one in the counts, exactly."""


@pytest.mark.parametrize("name", [n for n in NAMES if not CHOOSERS.match(n)])
def test_numbers_and_errors_scale_with_the_counts(name: str) -> None:
    """Ten times the data: ten times the number, sqrt(ten) times the error; corrections for few units fade."""
    for kind in KINDS:
        one = answer(ALL_METHODS[name], multiplied(_even(kind), 5))
        many = answer(ALL_METHODS[name], multiplied(_even(kind), 50))
        if not isinstance(one, PopulationEstimate):
            continue
        assert isinstance(many, PopulationEstimate), kind
        assert one.standard_error is not None
        assert many.standard_error is not None
        degree_one = 1e-6 if LIKELIHOOD.match(name) else 0.02
        assert many.n_total == pytest.approx(10 * one.n_total, rel=degree_one), kind
        assert many.standard_error == pytest.approx(math.sqrt(10) * one.standard_error, rel=0.1), kind


quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@quick
@given(n1=st.integers(1, 300), n2=st.integers(1, 300), share=st.floats(0.05, 0.95))
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


def test_the_battery_holds_every_registered_method() -> None:
    assert set(REGISTRY) <= set(ALL_METHODS)
    assert all(method is ALL_METHODS[name] for name, method in REGISTRY.items())


def test_costs_are_declared_of_methods_there_are() -> None:
    assert set(NAMES) >= DEAR | MODERATE
