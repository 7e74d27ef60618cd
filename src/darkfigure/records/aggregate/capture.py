"""Capture tables: who was seen when, reduced to counts that hold no single person or address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import RecordError
from darkfigure.records.aggregate.unit_rows import UnitRows


def _fault(problem: str, allowed: str) -> RecordError:
    return RecordError(
        "E-RECORD-01", where="CaptureTable", problem=problem, allowed=allowed, remedy="Check the counts and try again."
    )


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
        if np.unique(h, axis=0).shape[0] != h.shape[0]:
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
        f = [int(x) for x in frequencies]
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
    ) -> CaptureTable:
        """Make a table from 0/1 histories (rows), with counts or one row a unit; equal histories are added up."""
        h = np.asarray(histories)
        if h.ndim != 2:
            raise _fault("histories are not a table", "an array of shape (rows, occasions)")
        if h.size and not np.isin(h, (0, 1)).all():
            raise _fault("a history holds something other than 0 and 1", "entries 0 or 1")
        c = np.ones(h.shape[0], dtype=np.int64) if counts is None else np.asarray(counts)
        if c.shape != (h.shape[0],) or (c.size and (np.asarray(c, dtype=np.int64) != c).any()):
            raise _fault("counts do not fit the histories", "one whole number for each history")
        seen = h.any(axis=1)
        if (c[~seen] != 0).any():
            raise _fault("units without any capture carry a count", "only units seen at least once")
        rows, inverse = np.unique(h[seen].astype(np.uint8), axis=0, return_inverse=True)
        totals = np.bincount(inverse.ravel(), weights=c[seen].astype(float), minlength=rows.shape[0])
        cell_counts = np.rint(totals).astype(np.int64)
        t = h.shape[1]
        captures = rows.sum(axis=1, dtype=np.int64)
        f = np.bincount(captures, weights=cell_counts, minlength=t + 1)[1:]
        first = rows.argmax(axis=1) if rows.size else np.zeros(0, dtype=np.int64)
        u = np.bincount(first, weights=cell_counts, minlength=t)
        n = (rows * cell_counts[:, None]).sum(axis=0)
        return cls(
            frequencies=tuple(int(x) for x in f),
            n_occasions=t,
            ordered=ordered,
            labels=tuple(labels),
            occasion_totals=tuple(int(x) for x in n),
            first_captures=tuple(int(x) for x in u) if ordered else None,
            cells=CaptureCells(rows, cell_counts),
            unit=unit,
        )
