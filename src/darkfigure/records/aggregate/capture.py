"""Capture tables: who was seen when, reduced to counts that hold no single person or address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkfigure.records.aggregate.capture_building import (
    LARGEST_CAPTURES,
    ColumnSource,
    columns_of,
    factor_of,
    histories_of_array,
    histories_of_strings,
    unit_rows,
    whole_numbers,
)
from darkfigure.records.aggregate.capture_building import table_fault as _fault
from darkfigure.records.aggregate.unit_rows import UnitRows


@dataclass(frozen=True, slots=True)
class TwoSamples:
    """Units seen in the first sample, in the second, and in both.

    Parameters
    ----------
    n_first, n_second : int
        Units seen in each sample.
    n_both : int
        Units seen in both samples (the overlap, ``m``).

    Raises
    ------
    RecordError (E-RECORD-01)
        A count is negative or the overlap exceeds a sample.

    Examples
    --------
    >>> TwoSamples(40, 55, 3).n_observed
    92
    """

    n_first: int
    n_second: int
    n_both: int

    def __post_init__(self) -> None:
        if min(self.n_first, self.n_second, self.n_both) < 0 or self.n_both > min(self.n_first, self.n_second):
            raise _fault("the overlap of two samples is impossible", "0 <= overlap <= each sample")

    @property
    def n_observed(self) -> int:
        """Distinct units seen in either sample."""
        return self.n_first + self.n_second - self.n_both


@dataclass(frozen=True, slots=True, eq=False)
class CaptureCells:
    """Distinct capture histories and how many units have each.

    Parameters
    ----------
    histories : ndarray of uint8, shape (n_cells, n_occasions)
        One row for each distinct history, entries 0 or 1, no all-zero row, no row twice.
    counts : ndarray of int64, shape (n_cells,)
        Units with that history, at least 0.

    Raises
    ------
    RecordError (E-RECORD-01)
        Shapes differ, an entry is not 0 or 1, a history repeats or is all zero, or a count is negative.
    """

    histories: NDArray[np.uint8]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        h, c = self.histories, self.counts
        if h.ndim != 2 or c.shape != (h.shape[0],):
            raise _fault("histories and counts differ in shape", "histories (cells, occasions) and counts (cells,)")
        if h.size and (h.max() > 1 or not h.any(axis=1).all()):
            raise _fault("a history is not made of 0 and 1, or holds no capture", "rows of 0 and 1 with at least one 1")
        if (c < 0).any():
            raise _fault("a count is negative", "counts of 0 or more")
        packed = np.packbits(np.ascontiguousarray(h, dtype=np.uint8), axis=1)
        if h.size and np.unique(packed.view(f"S{packed.shape[1]}")).size != h.shape[0]:
            raise _fault("a history stands twice", "each history once, its counts added up")
        h.setflags(write=False)
        c.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaptureTable:
    """Everything an estimator may know about who was seen when.

    A table always has the frequencies ``f_1, f_2, ...``. It has the cells when there are few lists, and the sufficient
    statistics (totals by occasion, two halves) when there are many occasions, where the cells are never built.

    Parameters
    ----------
    frequencies : tuple of int
        ``frequencies[j-1]`` units were captured exactly ``j`` times (``f_j``); length
        ``n_occasions`` when that is known.
    n_occasions : int or None
        Lists or occasions ``t``; ``None`` when the number of captures has no upper limit.
    ordered : bool
        Whether occasions have an order in time (models with behaviour need one; lists have none).
    labels : tuple of str
        Names of lists or occasions; empty when unknown.
    occasion_totals : tuple of int or None
        ``n_i``, units captured on occasion ``i``.
    first_captures : tuple of int or None
        ``u_i``, units captured for the first time on occasion ``i``.
    cells : CaptureCells or None
        Distinct histories with counts.
    halves : TwoSamples or None
        The period split in two samples.
    unit : str
        What is counted, in the plural.
    rows : UnitRows or None
        The same units by covariates, for models that use them.
    operations : tuple of str
        What was done to the lists before (merged, dropped), in the order it was done, in words.

    Raises
    ------
    RecordError (E-RECORD-01)
        Totals that must agree do not.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([6, 4, 5, 2, 0, 2], n_occasions=11, unit="birds")
    >>> table.n_observed, table.n_captures
    (19, 49)
    """

    frequencies: tuple[int, ...]
    n_occasions: int | None
    ordered: bool = False
    labels: tuple[str, ...] = ()
    occasion_totals: tuple[int, ...] | None = None
    first_captures: tuple[int, ...] | None = None
    cells: CaptureCells | None = None
    halves: TwoSamples | None = None
    unit: str = "units"
    rows: UnitRows | None = None
    operations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(f < 0 for f in self.frequencies):
            raise _fault("a frequency is negative", "frequencies of 0 or more")
        t = self.n_occasions
        if t is not None and len(self.frequencies) != t:
            raise _fault("frequencies and occasions differ in number", "one frequency for each number of captures 1..t")
        if self.labels and t is not None and len(self.labels) != t:
            raise _fault("labels and occasions differ in number", "one label for each occasion")
        if self.occasion_totals is not None and sum(self.occasion_totals) != self.n_captures:
            raise _fault("totals by occasion do not add up to the captures", "sum of n_i equal to the sum of j * f_j")
        if self.first_captures is not None and sum(self.first_captures) != self.n_observed:
            raise _fault("first captures do not add up to the units seen", "sum of u_i equal to the sum of f_j")
        if self.cells is not None and int(self.cells.counts.sum()) != self.n_observed:
            raise _fault("cells do not add up to the units seen", "sum of the cells equal to the sum of f_j")
        if self.halves is not None and self.halves.n_observed != self.n_observed:
            raise _fault("two halves do not add up to the units seen", "n1 + n2 - m equal to the sum of f_j")
        if self.rows is not None and self.rows.n_observed != self.n_observed:
            raise _fault(
                "rows with covariates do not add up to the units seen", "sum of counts equal to the sum of f_j"
            )

    @property
    def n_observed(self) -> int:
        """Distinct units seen at least once (``D`` or ``n``)."""
        return sum(self.frequencies)

    @property
    def n_captures(self) -> int:
        """All captures, ``sum of j * f_j``."""
        return sum(j * f for j, f in enumerate(self.frequencies, start=1))

    @classmethod
    def from_frequencies(
        cls, frequencies: Sequence[int], *, n_occasions: int | None = None, unit: str = "units"
    ) -> CaptureTable:
        """Make a table from capture frequencies alone (``f_1, f_2, ...``), padded with zeros up to ``n_occasions``."""
        f = whole_numbers(frequencies, rows=len(frequencies), what="frequencies").tolist()
        if n_occasions is not None:
            if len(f) > n_occasions and any(f[n_occasions:]):
                raise _fault("a unit has more captures than there are occasions", "captures between 1 and n_occasions")
            f = (f + [0] * n_occasions)[:n_occasions]
        return cls(frequencies=tuple(f), n_occasions=n_occasions, unit=unit)

    @classmethod
    def from_histories(
        cls,
        histories: NDArray[np.integer] | Sequence[Sequence[int]],
        counts: NDArray[np.integer] | Sequence[int] | None = None,
        *,
        labels: Sequence[str] = (),
        ordered: bool = False,
        unit: str = "units",
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> CaptureTable:
        """Make a table from 0/1 histories (rows), with counts or one row a unit; equal histories are added up.

        Columns of ``covariates`` (text: factors; numbers: quantities) fill ``rows``; the counts are the same without.
        """
        h = np.asarray(histories)
        if h.ndim != 2:
            raise _fault("histories are not a table", "an array of shape (rows, occasions)")
        if h.size and not ((h == 0) | (h == 1)).all():
            raise _fault("a history holds something other than 0 and 1", "entries 0 or 1")
        n_rows = h.shape[0]
        c = np.ones(n_rows, dtype=np.int64) if counts is None else whole_numbers(counts, rows=n_rows, what="counts")
        seen = h.any(axis=1)
        if (c[~seen] != 0).any():
            raise _fault("units without any capture carry a count", "only units seen at least once")
        # Histories are compared as packed bits, which keep their order and are an eighth of the bytes to sort.
        kept = np.ascontiguousarray(h[seen], dtype=np.uint8)
        packed = np.packbits(kept, axis=1)
        keys = packed.view(f"S{packed.shape[1]}").ravel() if packed.size else np.zeros(0, dtype="S1")
        _, index, inverse = np.unique(keys, return_index=True, return_inverse=True)
        rows = kept[index]
        totals = np.bincount(inverse.ravel(), weights=c[seen].astype(float), minlength=rows.shape[0])
        cell_counts = np.rint(totals).astype(np.int64)
        t = h.shape[1]
        captures = rows.sum(axis=1, dtype=np.int64)
        f = np.bincount(captures, weights=cell_counts, minlength=t + 1)[1:]
        first = rows.argmax(axis=1) if rows.size else np.zeros(0, dtype=np.int64)
        u = np.bincount(first, weights=cell_counts, minlength=t)
        n = np.rint(cell_counts.astype(float) @ rows)
        return cls(
            frequencies=tuple(int(x) for x in f),
            n_occasions=t,
            ordered=ordered,
            labels=tuple(labels),
            occasion_totals=tuple(int(x) for x in n),
            first_captures=tuple(int(x) for x in u) if ordered else None,
            cells=CaptureCells(rows, cell_counts),
            unit=unit,
            rows=None if covariates is None else _rows_of(h.astype(np.uint8), c, covariates),
        )

    @classmethod
    def from_strings(
        cls,
        strings: ArrayLike,
        counts: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
        labels: Sequence[str] = (),
        ordered: bool = True,
        unit: str = "units",
    ) -> CaptureTable:
        """Make a table from capture histories written as strings (``ch`` of marked and MARK), in order of time.

        Parameters
        ----------
        strings : array-like of str, shape (rows,)
            ``"0110"``: seen on occasions 2 and 3; all of one length.
        counts : array-like of int, shape (rows,), or None
            Units with that history; ``None``: one row a unit.
        groups : array-like, shape (rows,), or None
            A factor; it becomes the covariate ``group``, whether written as text or as numbers.
        covariates : mapping of str to array-like, shape (rows,), or None
            Further factors (text) and quantities (numbers).
        labels, ordered, unit
            As in the table; occasions have an order in time unless told otherwise.

        Raises
        ------
        RecordError (E-RECORD-01)
            A history is not text of 0 and 1 or differs in length, a count is not a whole number, or a column has
            another length.

        Examples
        --------
        >>> table = CaptureTable.from_strings(["0110", "1000"], [3, 5], groups=["f", "m"])
        >>> table.frequencies, table.rows
        ((5, 3, 0, 0), UnitRows(2 rows, 8 units, covariates: group))
        """
        columns = dict(covariates or {})
        if groups is not None:
            columns["group"] = factor_of(groups)
        return cls.from_histories(
            histories_of_strings(strings),
            None if counts is None else np.asarray(counts),
            labels=labels,
            ordered=ordered,
            unit=unit,
            covariates=columns or None,
        )

    @classmethod
    def from_array(
        cls, counts: ArrayLike, *, labels: Sequence[str] = (), ordered: bool = False, unit: str = "units"
    ) -> CaptureTable:
        """Make a table from an array with one axis of length 2 for each list, as dga takes it.

        Parameters
        ----------
        counts : array-like, shape (2,) * k
            ``counts[1, 0, 1]``: units in lists 1 and 3 and not in 2. The first cell, of units in no list, is 0 or NaN.
        labels, ordered, unit
            As in the table.

        Raises
        ------
        RecordError (E-RECORD-01)
            Another shape, a cell that is not a whole number of 0 or more, or units in the cell nobody saw.

        Examples
        --------
        >>> CaptureTable.from_array([[0, 52], [37, 3]], labels=("A", "B")).occasion_totals
        (40, 55)
        """
        histories, units = histories_of_array(counts)
        return cls.from_histories(histories, units, labels=labels, ordered=ordered, unit=unit)

    @classmethod
    def from_captures(
        cls,
        captures: ArrayLike,
        counts: ArrayLike | None = None,
        *,
        covariates: Mapping[str, ArrayLike] | None = None,
        n_occasions: int | None = None,
        unit: str = "units",
    ) -> CaptureTable:
        """Make a table from how often each unit was seen, with covariates: one list, repeated counts.

        Parameters
        ----------
        captures : array-like of int, shape (rows,)
            Times seen, 1 or more.
        counts : array-like of int, shape (rows,), or None
            Units of the row; ``None``: one row a unit.
        covariates : mapping of str to array-like, shape (rows,), or None
            Factors (text) and quantities (numbers); they fill ``rows``.
        n_occasions : int or None
            ``t``; ``None`` when a unit could be seen any number of times.
        unit : str
            What is counted, in the plural.

        Raises
        ------
        RecordError (E-RECORD-01)
            A number of captures is not a whole number from 1 to ``n_occasions``, or a column has another length.

        Examples
        --------
        >>> table = CaptureTable.from_captures([1, 3, 1], covariates={"sex": ["f", "m", "m"]})
        >>> table.frequencies, table.rows
        ((2, 0, 1), UnitRows(3 rows, 3 units, covariates: sex))
        """
        size = np.size(captures)
        times = whole_numbers(captures, rows=size, what="numbers of captures")
        units = np.ones(size, dtype=np.int64) if counts is None else whole_numbers(counts, rows=size, what="counts")
        if (times[units > 0] < 1).any() or (times > (LARGEST_CAPTURES if n_occasions is None else n_occasions)).any():
            raise _fault("a number of captures is impossible", "1 up to the number of occasions")
        f = np.rint(np.bincount(times, weights=units)[1:]).astype(np.int64)
        table = cls.from_frequencies(f.tolist(), n_occasions=n_occasions, unit=unit)
        return replace(table, rows=unit_rows(captures=times, counts=units, covariates=covariates or {}))

    @classmethod
    def from_columns(
        cls,
        frame: ColumnSource,
        *,
        lists: Sequence[str] = (),
        history: str | None = None,
        captures: str | None = None,
        count: str | None = None,
        covariates: Sequence[str] = (),
        n_occasions: int | None = None,
        ordered: bool = False,
        unit: str = "units",
    ) -> CaptureTable:
        """Make a table from named columns: a mapping of arrays, or a data frame of any library.

        Parameters
        ----------
        frame : mapping of str to array-like, or a data frame
            Read column by column, by name; never changed.
        lists : sequence of str
            Columns of 0 and 1, one for each list; or
        history : str or None
            the column of history strings; or
        captures : str or None
            the column that says how often a unit was seen. One of the three.
        count : str or None
            Column with the units of each row; ``None``: one row a unit.
        covariates : sequence of str
            Columns to keep beside: text (factors) or numbers (quantities).
        n_occasions : int or None
            With ``captures`` only, as in ``from_captures``.
        ordered, unit
            As in the table.

        Raises
        ------
        RecordError (E-RECORD-01)
            A column is missing, differs in length or holds what its use forbids; or not exactly one of ``lists``,
            ``history`` and ``captures`` was given.

        Examples
        --------
        >>> frame = {"A": [1, 0, 1], "B": [0, 1, 1], "sex": ["f", "m", "m"], "n": [37, 52, 3]}
        >>> table = CaptureTable.from_columns(frame, lists=["A", "B"], count="n", covariates=["sex"])
        >>> table.labels, table.n_observed, table.rows
        (('A', 'B'), 92, UnitRows(3 rows, 92 units, covariates: sex))
        """
        if (bool(lists) + (history is not None) + (captures is not None)) != 1 or (n_occasions and captures is None):
            raise _fault(
                "a frame was given no form, or two",
                "one of lists, history and captures; n_occasions only with captures",
            )
        seen = list(lists) or [history or captures or ""]
        names = [*seen, *covariates, *([] if count is None else [count])]
        columns = dict(zip(names, columns_of(frame, names), strict=True))
        units = None if count is None else columns[count]
        beside = {name: columns[name] for name in covariates} or None
        if captures is not None:
            return cls.from_captures(columns[captures], units, covariates=beside, n_occasions=n_occasions, unit=unit)
        if history is not None:
            return cls.from_strings(columns[history], units, covariates=beside, ordered=ordered, unit=unit)
        matrix = np.column_stack(
            [whole_numbers(columns[name], rows=len(columns[name]), what="lists") for name in lists]
        )
        return cls.from_histories(matrix, units, labels=lists, ordered=ordered, unit=unit, covariates=beside)


def _rows_of(histories: NDArray[np.uint8], counts: NDArray[np.int64], covariates: Mapping[str, ArrayLike]) -> UnitRows:
    return unit_rows(
        captures=histories.sum(axis=1, dtype=np.int64), counts=counts, covariates=covariates, histories=histories
    )
