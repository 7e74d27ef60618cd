"""What open-population models read of a table: who was seen when, in order of time, reduced to exposures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.outcomes import UnanswerableError, require_occasions, require_overlap
from darkfigure.records.aggregate import CaptureTable, Reason

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Exposures of groups of units that share their covariates: all the likelihood of an open model needs.

    Parameters
    ----------
    alive : ndarray, shape (groups, t - 1)
        Units known to be present at both ends of an interval.
    seen, missed : ndarray, shape (groups, t)
        Units seen again on an occasion, and units known to be present then and not seen.
    last : ndarray, shape (groups, t)
        Units by the occasion on which they were last seen.
    first : ndarray, shape (groups, t)
        Units by the occasion on which they were first seen.
    columns : mapping of str to ndarray, shape (groups,)
        Covariates of the groups: text or numbers.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 1], [1, 0, 0]], [5, 3], ordered=True)
    >>> made = sightings(table, ())
    >>> made.alive.tolist(), made.missed.tolist(), made.last.tolist()
    ([[5.0, 5.0]], [[0.0, 5.0, 0.0]], [[3.0, 0.0, 5.0]])
    """

    alive: Array
    seen: Array
    missed: Array
    last: Array
    first: Array
    columns: Mapping[str, NDArray[Any]]

    @property
    def n_occasions(self) -> int:
        """Occasions ``t``."""
        return int(self.last.shape[1])

    @property
    def n_units(self) -> Array:
        """Units of each group."""
        return np.asarray(self.first.sum(axis=1))


def require_open(table: CaptureTable, at_least: int = 3) -> int:
    """Occasions of a table that an open model can read: ordered, with histories, enough of them, with recaptures.

    Raises
    ------
    UnanswerableError
        Reasons ``unordered-lists``, ``wrong-table``, ``too-few-lists`` or ``no-overlap``.

    Examples
    --------
    >>> require_open(CaptureTable.from_histories([[1, 0, 1]], [5], ordered=True))
    3
    """
    if not table.ordered:
        raise UnanswerableError(
            Reason.UNORDERED_LISTS,
            "Staying and leaving are questions about time, and these lists have no order in time.",
        )
    t = require_occasions(table, at_least)
    if table.cells is None and (table.rows is None or table.rows.histories is None):
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "This model reads who was seen when; the table holds totals and frequencies only.",
        )
    require_overlap(table)
    return t


def covariate_names(table: CaptureTable) -> tuple[str, ...]:
    """Covariates of the table, of which ``group`` (all text covariates together) is one.

    Examples
    --------
    >>> covariate_names(CaptureTable.from_histories([[1, 0, 1]], [5], ordered=True))
    ('group',)
    """
    own = () if table.rows is None else tuple(table.rows.covariates)
    return own if "group" in own else (*own, "group")


def sightings(table: CaptureTable, columns: Sequence[str]) -> Sightings:
    """Which exposures has each group of units with the same covariates?

    Parameters
    ----------
    table : CaptureTable
        With an order in time and histories.
    columns : sequence of str
        Covariates to keep apart: names of the table's columns, ``"group"`` (all text columns together) or ``"cohort"``
        (the occasion of the first capture).

    Returns
    -------
    Sightings
        One row a group, sorted by its covariates; it does not depend on the order of the table's rows.

    Raises
    ------
    EstimateError (E-EST-10)
        The table does not have a column.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 1], [0, 1, 0]], [5, 3], ordered=True)
    >>> sightings(table, ("cohort",)).columns["cohort"].tolist()
    ['1', '2']
    """
    histories, counts, values = _rows(table, columns)
    t = histories.shape[1]
    seen = histories.astype(bool)
    first, last = seen.argmax(axis=1), t - 1 - seen[:, ::-1].argmax(axis=1)
    if "cohort" in columns:
        values["cohort"] = occasion_labels(t)[first]
    kept = {name: values[name] for name in columns}
    group, chosen = _groups(kept, len(counts))
    after = np.arange(t)[None, :] > first[:, None]
    known = after & (np.arange(t)[None, :] <= last[:, None])
    at = np.arange(t)[None, :]

    def total(marks: NDArray[np.bool_]) -> Array:
        out = np.zeros((chosen.size, marks.shape[1]))
        np.add.at(out, group, marks * counts[:, None])
        return out

    return Sightings(
        alive=total(known[:, 1:]),
        seen=total(known & seen),
        missed=total(known & ~seen),
        last=total(at == last[:, None]),
        first=total(at == first[:, None]),
        columns={name: column[chosen] for name, column in kept.items()},
    )


def occasion_labels(t: int) -> NDArray[np.str_]:
    """Numbers of occasions as text that sorts in time.

    Examples
    --------
    >>> occasion_labels(10)[[0, 9]].tolist()
    ['01', '10']
    """
    return np.array([str(i + 1).zfill(len(str(t))) for i in range(t)])


def _rows(
    table: CaptureTable, columns: Sequence[str]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], dict[str, NDArray[Any]]]:
    rows, cells = table.rows, table.cells
    wanted = [name for name in columns if name != "cohort"]
    if rows is None or rows.histories is None or not wanted:
        if any(name != "group" for name in wanted):
            raise _unknown()
        if cells is not None:
            histories, counts = cells.histories, cells.counts
        elif rows is not None and rows.histories is not None:
            histories, counts = rows.histories, rows.counts
        else:
            raise TypeError("require_open has refused tables without histories")
        return histories, counts, {name: np.full(len(counts), "all") for name in wanted}
    values: dict[str, NDArray[Any]] = dict(rows.covariates)
    if "group" in wanted and "group" not in values:
        text = [c for c in values.values() if c.dtype.kind == "U"]
        values["group"] = np.array([" ".join(parts) for parts in zip(*text, strict=True)] or ["all"] * len(rows.counts))
    if any(name not in values for name in wanted):
        raise _unknown()
    return rows.histories, rows.counts, values


def _groups(columns: Mapping[str, NDArray[Any]], n_rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Group of each row, and one row of each group, in the order of the covariates."""
    if not columns:
        return np.zeros(n_rows, dtype=np.intp), np.zeros(1, dtype=np.intp)
    codes = np.stack([np.unique(c, return_inverse=True)[1].ravel() for c in columns.values()], axis=1)
    _, chosen, group = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    return group.ravel(), chosen


def _unknown() -> EstimateError:
    return EstimateError(
        "E-EST-10",
        where="formula",
        problem="the formula names a column that the table does not have",
        allowed="time, Time, cohort, group, or a covariate of the table",
        remedy="Read the table with its covariates, or leave the column out of the formula.",
    )
