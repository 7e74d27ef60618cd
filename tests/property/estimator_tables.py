"""Tables for the battery of all estimators: drawn ones of every kind, extreme ones, and the same units written anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from darkfigure.estimate import REGISTRY, Method
from darkfigure.estimate.covariates import METHODS as COVARIATE_METHODS
from darkfigure.estimate.open_populations import METHODS as OPEN_METHODS
from darkfigure.records.aggregate import CaptureTable, TwoSamples

ALL_METHODS: dict[str, Method] = {m.name: m for m in (*OPEN_METHODS, *COVARIATE_METHODS)} | dict(REGISTRY)
"""Every method of the registry, and the families with several answers whether or not they are listed there."""


def all_histories(t: int) -> np.ndarray:
    """Every history of ``t`` lists with a capture, one a row."""
    return np.array([[(i >> j) & 1 for j in range(t)] for i in range(1, 2**t)])


@st.composite
def list_tables(draw: st.DrawFn, *, fewest: int = 2, most: int = 5, least: int = 0) -> CaptureTable:
    """Two to five lists, sparse or dense: short histories are drawn from larger counts, as they are in life."""
    t = draw(st.integers(fewest, most))
    histories = all_histories(t)
    largest = draw(st.sampled_from([3, 12, 40, 200]))
    thinning = draw(st.sampled_from([1, 2, 4]))
    tops = [max(1, largest // thinning ** (int(h.sum()) - 1)) for h in histories]
    counts = [draw(st.integers(least, max(least, top))) for top in tops]
    return CaptureTable.from_histories(histories, counts)


@st.composite
def occasion_tables(draw: st.DrawFn, *, most: int = 8, fewest: int = 5) -> CaptureTable:
    """Three to eight occasions in order of time; some units come late, some leave."""
    t = draw(st.integers(3, most))
    units = draw(st.integers(fewest, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    rate = draw(st.sampled_from([0.1, 0.25, 0.5]))
    comes, stays = draw(st.sampled_from([(1.0, 1.0), (0.5, 0.8), (1.0, 0.7), (0.6, 1.0)]))
    here = np.cumsum(rng.random((units, t)) < comes, axis=1) > 0
    here &= np.cumprod(np.column_stack([np.ones(units), rng.random((units, t - 1)) < stays]), axis=1) > 0
    seen = (rng.random((units, t)) < rate * rng.uniform(0.5, 1.5, t)) & here
    seen = seen[seen.any(axis=1)]
    return CaptureTable.from_histories(seen.astype(int), ordered=True)


@st.composite
def frequency_tables(draw: st.DrawFn) -> CaptureTable:
    """Only how often units were seen, with the number of occasions known or not."""
    top = draw(st.sampled_from([5, 40, 400]))
    length = draw(st.integers(1, 8))
    f = [draw(st.integers(0, max(1, top // (j + 1) ** draw(st.sampled_from([0, 1, 2]))))) for j in range(length)]
    known = draw(st.sampled_from([None, length, length + 3]))
    return CaptureTable.from_frequencies(f, n_occasions=known)


@st.composite
def row_tables(draw: st.DrawFn) -> CaptureTable:
    """Units with a factor and a quantity: histories of two to four lists, or numbers of captures alone."""
    units = draw(st.integers(8, 150))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    levels = draw(st.integers(1, 3))
    kind = rng.choice(["a", "b", "c"][:levels], units)
    dose = np.round(rng.normal(0, 1, units), draw(st.sampled_from([0, 1])))
    pull = draw(st.sampled_from([0.0, 0.5]))
    rate = draw(st.sampled_from([0.2, 0.5])) * np.exp(pull * dose + 0.3 * (kind == "b"))
    form = draw(st.sampled_from(["captures", "lists", "occasions"]))
    beside: dict[str, Any] = {"kind": kind, "dose": dose}
    if form == "captures":
        times = rng.poisson(2 * rate)
        kept = times > 0
        return CaptureTable.from_captures(times[kept], covariates={k: v[kept] for k, v in beside.items()})
    t = draw(st.integers(2, 4))
    seen = rng.random((units, t)) < np.minimum(rate, 0.95)[:, None]
    kept = seen.any(axis=1)
    return CaptureTable.from_histories(
        seen[kept].astype(int), ordered=form == "occasions", covariates={k: v[kept] for k, v in beside.items()}
    )


KINDS: dict[str, Callable[[], st.SearchStrategy[CaptureTable]]] = {
    "lists": list_tables,
    "occasions": occasion_tables,
    "frequencies": frequency_tables,
    "rows": row_tables,
}


def written_anew(table: CaptureTable, seed: int) -> CaptureTable:
    """The same units: rows in another order, counts split over several rows, rows of no units between them."""
    rng = np.random.default_rng(seed)
    if table.rows is not None:
        rows = table.rows
        columns: Mapping[str, np.ndarray] | None = rows.covariates
        histories, counts, captures = rows.histories, rows.counts, rows.captures
    elif table.cells is not None:
        columns, captures = None, np.zeros(len(table.cells.counts), int)
        histories, counts = table.cells.histories, table.cells.counts
    else:
        return table
    if len(counts) == 0:
        return table
    part = rng.integers(0, counts + 1)
    which = np.concatenate([np.arange(len(counts))] * 2)
    amounts = np.concatenate([part, counts - part])
    order = rng.permutation(len(which))
    which, amounts = which[order], amounts[order]
    beside = None if columns is None else {name: column[which] for name, column in columns.items()}
    if histories is None:
        return CaptureTable.from_captures(captures[which], amounts, covariates=beside, n_occasions=table.n_occasions)
    return CaptureTable.from_histories(histories[which], amounts, ordered=table.ordered, covariates=beside)


def lists_permuted(table: CaptureTable, seed: int) -> CaptureTable:
    """The same table with its lists in another order and other names."""
    rows, t = table.rows, table.n_occasions
    source = rows if rows is not None and rows.histories is not None else table.cells
    if source is None or t is None:
        return table
    order = np.random.default_rng(seed).permutation(t)
    assert source.histories is not None
    return CaptureTable.from_histories(
        source.histories[:, order],
        source.counts,
        labels=[f"list {chr(ord('z') - i)}" for i in range(t)],
        ordered=table.ordered,
        covariates=None if rows is None else rows.covariates,
    )


def multiplied(table: CaptureTable, by: int) -> CaptureTable:
    """Every count of the table that many times."""
    rows = table.rows
    if rows is not None:
        if rows.histories is None:
            return CaptureTable.from_captures(
                rows.captures, rows.counts * by, covariates=rows.covariates, n_occasions=table.n_occasions
            )
        return CaptureTable.from_histories(
            rows.histories, rows.counts * by, ordered=table.ordered, covariates=rows.covariates
        )
    if table.cells is not None:
        return CaptureTable.from_histories(table.cells.histories, table.cells.counts * by, ordered=table.ordered)
    return CaptureTable.from_frequencies([f * by for f in table.frequencies], n_occasions=table.n_occasions)


def with_the_order_forgotten(table: CaptureTable) -> CaptureTable:
    """The same table as lists without an order in time."""
    source = table.cells
    assert source is not None
    return CaptureTable.from_histories(source.histories, source.counts)


def fingerprint(table: CaptureTable) -> tuple[object, ...]:
    """Everything an estimator could have changed."""
    cells, rows = table.cells, table.rows
    return (
        table.frequencies,
        table.occasion_totals,
        table.first_captures,
        table.labels,
        table.operations,
        None if cells is None else (cells.histories.tobytes(), cells.counts.tobytes()),
        None
        if rows is None
        else (rows.counts.tobytes(), *(f"{name}{column.tobytes()!r}" for name, column in rows.covariates.items())),
    )


def _of_histories(rows: list[list[int]], counts: list[int]) -> CaptureTable:
    return CaptureTable.from_histories(rows, counts, ordered=True)


def _many_occasions() -> CaptureTable:
    """52 weeks from sufficient statistics; the histories themselves are not kept."""
    rng = np.random.default_rng(52)
    seen = rng.random((3000, 52)) < 0.02
    whole = CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int), ordered=True)
    return CaptureTable(
        frequencies=whole.frequencies,
        n_occasions=52,
        ordered=True,
        occasion_totals=whole.occasion_totals,
        first_captures=whole.first_captures,
    )


def _two_halves() -> CaptureTable:
    return CaptureTable(frequencies=(60, 15), n_occasions=2, halves=TwoSamples(45, 45, 15))


def _rows_alike() -> CaptureTable:
    """Covariates that say nothing: one level, one dose."""
    return CaptureTable.from_captures([1, 2, 3], [30, 12, 4], covariates={"kind": ["a"] * 3, "dose": [1.5, 1.5, 1.5]})


def _rows_separated() -> CaptureTable:
    """A level whose units were all seen by one list only, and one whose units all stand in both."""
    return CaptureTable.from_histories(
        [[1, 0, 0], [0, 1, 1], [1, 1, 1]], [20, 20, 20], covariates={"kind": ["a", "b", "b"], "dose": [0.0, 1.0, 2.0]}
    )


EXTREMES: dict[str, Callable[[], CaptureTable]] = {
    "no unit": lambda: CaptureTable.from_histories(np.zeros((0, 3), int), ordered=True),
    "one unit once": lambda: _of_histories([[1, 0, 0]], [1]),
    "one unit always": lambda: _of_histories([[1, 1, 1]], [1]),
    "two units, one repeat": lambda: _of_histories([[1, 1], [0, 1]], [1, 1]),
    "no overlap, two lists": lambda: _of_histories([[1, 0], [0, 1]], [40, 30]),
    "no overlap, four lists": lambda: CaptureTable.from_histories(np.eye(4, dtype=int), [40, 30, 20, 10], ordered=True),
    "full overlap": lambda: _of_histories([[1, 1, 1, 1]], [50]),
    "one list in another": lambda: _of_histories([[1, 0], [1, 1]], [40, 25]),
    "identical lists": lambda: _of_histories([[1, 1]], [25]),
    "one empty list": lambda: _of_histories([[1, 0, 0], [0, 1, 0], [1, 1, 0]], [40, 30, 12]),
    "one list only": lambda: _of_histories([[1]], [40]),
    "a pair that shares nobody": lambda: _of_histories(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1]], [40, 30, 50, 12, 9]
    ),
    "millions": lambda: CaptureTable.from_histories(
        all_histories(3), [4_000_000, 3_000_000, 600_000, 2_500_000, 500_000, 400_000, 90_000], ordered=True
    ),
    "half a billion once, few twice": lambda: CaptureTable.from_frequencies([500_000_000, 1_000, 1]),
    "52 occasions in sums": _many_occasions,
    "two halves": _two_halves,
    "only once, unknown occasions": lambda: CaptureTable.from_frequencies([80]),
    "once and twice, unknown occasions": lambda: CaptureTable.from_frequencies([80, 20]),
    "a gap at one": lambda: CaptureTable.from_frequencies([0, 20, 7, 2]),
    "one unit seen very often": lambda: CaptureTable.from_frequencies([60, 12, 3, *([0] * 300), 1]),
    "covariates that say nothing": _rows_alike,
    "covariates that separate": _rows_separated,
}
