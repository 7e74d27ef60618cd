"""Rates by formula: one linear predictor over units and occasions, kept as two thin matrices."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.formulas import design
from darkfigure.estimate.open_populations.sightings import occasion_labels

Array = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

IN_TIME = ("time", "Time", "primary")
"""Columns of occasions; all others are columns of units."""


@dataclass(frozen=True, slots=True, eq=False)
class RateDesign:
    """Columns of a linear predictor over groups of units and occasions.

    Every column of a formula is a product of a part of the units and a part of the occasions, so the predictor is
    ``(units * beta) @ occasions.T`` and the full table of units by occasions is never built.

    Parameters
    ----------
    units : ndarray, shape (groups, q)
        Part of the units.
    occasions : ndarray, shape (k, q)
        Part of the occasions.
    names : tuple of str
        Of the columns, such as ``"(Intercept)"`` or ``"time=2"``.
    rates : tuple of Rate
        The different rates this formula has, one for each combination of its factors.
    """

    units: Array
    occasions: Array
    names: tuple[str, ...]
    rates: tuple[Rate, ...]

    def predictor(self, beta: NDArray[Any]) -> NDArray[Any]:
        """Linear predictor, shape (groups, k)."""
        return np.asarray((self.units * beta) @ self.occasions.T)

    def pull_back(self, slope: NDArray[Any]) -> NDArray[Any]:
        """Slope with respect to ``beta`` from the slope with respect to the predictor."""
        return np.asarray(((slope @ self.occasions) * self.units).sum(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """One rate of a formula.

    Parameters
    ----------
    name : str
        Such as ``"Phi"``, ``"p[3]"`` or ``"Phi[2, sex=m]"``.
    row : ndarray, shape (q,)
        Its row of the design; covariates that are numbers stand at their mean.
    where : ndarray of bool, shape (groups, k), or None
        Entries of the predictor that are this rate; ``None`` when numbers make them differ.
    """

    name: str
    row: Array
    where: NDArray[np.bool_] | None


def columns_used(formula: str) -> tuple[str, ...]:
    """Names in a formula, in order.

    Examples
    --------
    >>> columns_used("~ time + sex:time")
    ('time', 'sex')
    """
    return tuple(dict.fromkeys(re.findall(r"[^\W\d][\w.]*", formula)))


def occasion_columns(t: int, start: int, stop: int) -> dict[str, NDArray[Any]]:
    """Columns ``time`` (factor) and ``Time`` (number, from 0) of the occasions ``start..stop-1``, counted from 0.

    Examples
    --------
    >>> occasion_columns(4, 1, 4)["time"].tolist()
    ['2', '3', '4']
    """
    return {"time": occasion_labels(t)[start:stop], "Time": np.arange(stop - start, dtype=float)}


def rate_design(
    formula: str,
    *,
    symbol: str,
    units: Columns,
    weights: Array,
    occasions: Columns,
    at_risk: NDArray[np.bool_] | None = None,
) -> RateDesign:
    """Which columns, and which different rates, does this formula make of these units and occasions?

    Parameters
    ----------
    formula : str
        In the notation of ``darkfigure.estimate.formulas.design``.
    symbol : str
        Of the rate, such as ``"Phi"``.
    units : mapping of str to ndarray, shape (groups,)
        Covariates of groups of units.
    weights : ndarray, shape (groups,)
        Units of each group, for means of numbers.
    occasions : mapping of str to ndarray, shape (k,)
        Columns of the occasions.
    at_risk : ndarray of bool, shape (groups, k), optional
        Where a rate can act at all.

    Returns
    -------
    RateDesign
        Columns in the order of ``design``.

    Raises
    ------
    EstimateError (E-EST-10)
        The formula cannot be read, or names a column that is not there.

    Examples
    --------
    >>> made = rate_design("~ time", symbol="p", units={}, weights=np.ones(1), occasions=occasion_columns(3, 1, 3))
    >>> made.names, [rate.name for rate in made.rates]
    (('(Intercept)', 'time=3'), ['p[2]', 'p[3]'])
    """
    used = [name for name in columns_used(formula) if name in units or name in occasions]
    codes = {name: _Coded(units[name] if name in units else occasions[name]) for name in used}
    size = max([1, *(len(c.levels) for c in codes.values())])
    sample = {name: coded.sample(size) for name, coded in codes.items()}
    made = design(formula, sample, n_rows=size)
    parts = [name.split(":") for name in made.names]
    k = len(next(iter(occasions.values())))

    def block(columns: Columns, n: int) -> Array:
        out = np.ones((n, len(parts)))
        for index, pieces in enumerate(parts):
            for piece in pieces:
                name = piece.split("=")[0]
                if name in columns and name in codes:
                    out[:, index] *= codes[name].column(piece, columns[name])
        return out

    names = tuple(
        ":".join(codes[p.split("=")[0]].shown(p) if p != "(Intercept)" else p for p in pieces) for pieces in parts
    )
    in_units = {name: units[name] for name in used if name in units}
    in_time = {name: occasions[name] for name in used if name in occasions}
    unit_part, occasion_part = block(in_units, len(weights)), block(in_time, k)
    typical = {
        name: column if column.dtype.kind == "U" else np.full(len(weights), np.average(column, weights=weights))
        for name, column in in_units.items()
    }
    exact = all(column.dtype.kind == "U" for column in in_units.values())
    rates = _rates(
        symbol,
        typical,
        None if not in_time else occasions["primary" if set(in_time) == {"primary"} else "time"],
        block(typical, len(weights)),
        occasion_part,
        at_risk=np.ones((len(weights), k), dtype=bool) if at_risk is None else at_risk,
        exact=exact,
    )
    return RateDesign(unit_part, occasion_part, names, rates)


class _Coded:
    """A column with its levels replaced by numbers of equal length, so that no level can be mistaken for syntax."""

    def __init__(self, column: NDArray[Any]) -> None:
        self.is_text = column.dtype.kind == "U"
        self.levels = np.unique(column) if self.is_text else np.zeros(0)

    def sample(self, size: int) -> NDArray[Any]:
        if not self.is_text:
            return np.zeros(size)
        return np.array([f"{i % len(self.levels):06d}" for i in range(size)])

    def column(self, piece: str, values: NDArray[Any]) -> Array:
        if not self.is_text:
            return np.asarray(values, dtype=float)
        return np.asarray(values == self.levels[int(piece.split("=")[1])], dtype=float)

    def shown(self, piece: str) -> str:
        if not self.is_text:
            return piece
        name, code = piece.split("=")
        return f"{name}={self.levels[int(code)]}"


def _rates(
    symbol: str,
    units: Columns,
    times: NDArray[np.str_] | None,
    unit_part: Array,
    occasion_part: Array,
    *,
    at_risk: NDArray[np.bool_],
    exact: bool,
) -> tuple[Rate, ...]:
    factors = {name: column for name, column in units.items() if column.dtype.kind == "U"}
    combinations = list(dict.fromkeys(zip(*factors.values(), strict=True))) if factors else [()]
    levels: Sequence[str | None] = [None] if times is None else list(dict.fromkeys(times.tolist()))
    found = []
    for combination, level in itertools.product(combinations, levels):
        rows = np.ones(len(unit_part), dtype=bool)
        for column, value in zip(factors.values(), combination, strict=True):
            rows &= column == value
        cols = np.ones(len(occasion_part), dtype=bool) if level is None or times is None else times == level
        where = rows[:, None] & cols[None, :] & at_risk
        if not where.any():
            continue
        labels = [] if level is None else [level.lstrip("0") or "0"]
        labels += [f"{name}={value}" for name, value in zip(factors, combination, strict=True)]
        name = f"{symbol}[{', '.join(labels)}]" if labels else symbol
        row = unit_part[rows.argmax()] * occasion_part[cols.argmax()]
        found.append(Rate(name, row, where if exact else None))
    return tuple(found)
