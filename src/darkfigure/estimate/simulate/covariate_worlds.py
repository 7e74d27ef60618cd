"""Worlds in which something is known of each unit: strata, and quantities that drive who is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.simulate.drawing import World, check, check_size, rows_of, table_of
from darkfigure.records.aggregate import CaptureTable, UnitRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """Several worlds side by side, each with its name as a covariate of its units.

    Parameters
    ----------
    parts : tuple of (str, World)
        Level and world; all with histories of equally many lists, or all with frequencies only.
    covariate : str
        Name of the covariate.

    Raises
    ------
    EstimateError (E-EST-45)
        No part, a level twice, or (when drawn) parts of different kinds.

    Examples
    --------
    >>> from darkfigure.estimate.simulate import Homogeneous
    >>> one = Homogeneous(n_total=20, n_occasions=2, chance=1.0)
    >>> table = Strata(parts=(("a", one), ("b", one))).draw(np.random.default_rng(1))
    >>> table.n_observed, table.rows
    (40, UnitRows(2 rows, 40 units, covariates: group))
    """

    parts: tuple[tuple[str, World], ...]
    covariate: str = "group"

    def __post_init__(self) -> None:
        levels = [level for level, _ in self.parts]
        check(levels, where="parts", problem="no part", allowed="one or more")
        check(len(set(levels)) == len(levels), where="parts", problem="a level twice", allowed="each level once")

    @property
    def n_total(self) -> int:
        """Units of all parts."""
        return sum(world.n_total for _, world in self.parts)

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table, parts drawn in their order."""
        tables = [(level, world.draw(rng)) for level, world in self.parts]
        kinds = {(table.n_occasions, table.cells is None, table.ordered, table.labels) for _, table in tables}
        check(len(kinds) == 1, where="parts", problem="parts of different kinds", allowed="tables of one kind")
        pieces = [(level, _rows(table)) for level, table in tables]
        captures = np.concatenate([rows.captures for _, rows in pieces])
        counts = np.concatenate([rows.counts for _, rows in pieces])
        levels = np.repeat(np.array([level for level, _ in pieces]), [len(rows.captures) for _, rows in pieces])
        shared = set.intersection(*(set(rows.covariates) for _, rows in pieces))
        covariates: dict[str, NDArray[np.generic]] = {
            name: np.concatenate([rows.covariates[name] for _, rows in pieces]) for name in sorted(shared)
        }
        histories = [rows.histories for _, rows in pieces if rows.histories is not None]
        joined = np.concatenate(histories) if histories else None
        rows = UnitRows(
            captures=captures, counts=counts, covariates={**covariates, self.covariate: levels}, histories=joined
        )
        first = tables[0][1]
        if joined is not None:
            table = CaptureTable.from_histories(joined, counts, labels=first.labels, ordered=first.ordered)
        else:
            f = np.bincount(captures, weights=counts.astype(float), minlength=2)[1:]
            table = CaptureTable.from_frequencies([round(x) for x in f], n_occasions=first.n_occasions)
        return replace(table, rows=rows)


def _rows(table: CaptureTable) -> UnitRows:
    if table.rows is not None:
        return table.rows
    if table.cells is not None:
        histories = table.cells.histories
        return UnitRows(
            captures=histories.sum(axis=1, dtype=np.int64),
            counts=table.cells.counts,
            covariates={},
            histories=histories,
        )
    times = np.flatnonzero(np.array(table.frequencies) > 0)
    counts = np.array(table.frequencies, dtype=np.int64)[times]
    return UnitRows(captures=times.astype(np.int64) + 1, counts=counts, covariates={})


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateDriven:
    """Quantities known of each unit drive its chance on every list; given them, the lists are independent.

    Parameters
    ----------
    n_total : int
        Units.
    effects : tuple of float
        Log odds of each list for a unit whose covariates are 0.
    slopes : tuple of tuple of float
        For each list, the change of its log odds with each covariate; covariates are standard normal and independent.
    names : tuple of str
        Of the covariates.
    recorded : tuple of str or None
        Which of them the table shows; ``None`` for all.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Examples
    --------
    >>> world = CovariateDriven(n_total=90, effects=(0.0, 0.0), slopes=((1.0,), (1.0,)), names=("age",))
    >>> world.draw(np.random.default_rng(1)).rows.covariates["age"].dtype.kind
    'f'
    """

    n_total: int
    effects: tuple[float, ...]
    slopes: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    recorded: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_size(self.n_total)
        shaped = len(self.slopes) == len(self.effects) and all(len(s) == len(self.names) for s in self.slopes)
        check(shaped, where="slopes", problem="shapes differ", allowed="a slope for each list and covariate")
        numbers = (*self.effects, *(x for s in self.slopes for x in s))
        check(all(math.isfinite(x) for x in numbers), where="slopes", problem="not finite", allowed="numbers")
        known = self.recorded is None or set(self.recorded) <= set(self.names)
        check(known, where="recorded", problem="an unknown covariate", allowed="names of covariates")

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table with a row for each unit seen."""
        x = rng.normal(size=(self.n_total, len(self.names)))
        chances = scipy.special.expit(np.array(self.effects) + x @ np.array(self.slopes).T)
        seen = rng.random(chances.shape) < chances
        shown = self.names if self.recorded is None else self.recorded
        covariates: dict[str, NDArray[np.generic]] = {
            name: x[:, i].copy() for i, name in enumerate(self.names) if name in shown
        }
        return replace(table_of(seen, ordered=False), rows=rows_of(seen, covariates))
