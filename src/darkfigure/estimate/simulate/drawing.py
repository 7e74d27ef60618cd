"""Worlds of known size: what they promise, and how a table is drawn from one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import CaptureTable, UnitRows

Array = NDArray[np.float64]


class World(Protocol):
    """A population of known size and a way of being seen.

    Examples
    --------
    >>> from darkfigure.estimate.simulate import Homogeneous
    >>> world: World = Homogeneous(n_total=200, n_occasions=4, chance=0.3)
    >>> world.n_total
    200
    """

    @property
    def n_total(self) -> int:
        """The truth: units in all, seen and unseen."""

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """What the records show of them, once."""


def draw(world: World, rng: np.random.Generator | int) -> CaptureTable:
    """What would the records show of a population of known size?

    Parameters
    ----------
    world : World
        A frozen description; ``world.n_total`` is the truth.
    rng : numpy.random.Generator or int
        Randomness, or a seed for it: the same seed gives the same table.

    Returns
    -------
    CaptureTable
        Units seen at least once.

    Examples
    --------
    >>> from darkfigure.estimate.simulate import Homogeneous
    >>> table = draw(Homogeneous(n_total=200, n_occasions=4, chance=0.3), 7)
    >>> table.n_occasions, table.n_observed < 200
    (4, True)
    """
    return world.draw(np.random.default_rng(rng) if isinstance(rng, int) else rng)


def check_size(n_total: int) -> None:
    """Refuse a population that is not a positive whole number."""
    if n_total < 1:
        raise _fault("n_total", "a population has less than one unit", "a whole number of 1 or more")


def check_chances(chances: Sequence[float] | Array, *, where: str) -> None:
    """Refuse chances outside 0 to 1, or none at all."""
    values = np.asarray(chances, dtype=float)
    if values.size == 0 or not ((values >= 0) & (values <= 1)).all():
        raise _fault(where, "a chance is missing or impossible", "one or more numbers from 0 to 1")


def check(holds: object, *, where: str, problem: str, allowed: str) -> None:
    """Refuse a description that cannot be drawn from.

    Parameters
    ----------
    holds : object
        Whether the description is possible.
    where, problem, allowed : str
        The option, what is wrong, what it may be.

    Raises
    ------
    EstimateError (E-EST-45)
        It does not hold.

    Examples
    --------
    >>> check(True, where="spread", problem="it is negative", allowed="0 or more")
    """
    if not holds:
        raise _fault(where, problem, allowed)


def table_of(seen: NDArray[np.bool_], *, ordered: bool = True, labels: Sequence[str] = ()) -> CaptureTable:
    """Who was seen when, without the units that never were.

    Parameters
    ----------
    seen : ndarray of bool, shape (units, occasions)
        One row a unit of the population.
    ordered : bool
        Whether occasions have an order in time.
    labels : sequence of str
        Names of lists or occasions.

    Returns
    -------
    CaptureTable
        With cells.

    Examples
    --------
    >>> table_of(np.array([[True, False], [False, False]])).n_observed
    1
    """
    met = seen[seen.any(axis=1)].astype(np.uint8)
    return CaptureTable.from_histories(met, ordered=ordered, labels=labels)


def rows_of(seen: NDArray[np.bool_], covariates: dict[str, NDArray[np.generic]]) -> UnitRows:
    """Histories and covariates of the units seen, one row a unit.

    Parameters
    ----------
    seen : ndarray of bool, shape (units, occasions)
        One row a unit of the population.
    covariates : dict of str to ndarray, shape (units,)
        Text or numbers.

    Returns
    -------
    UnitRows
        Without the units never seen.

    Examples
    --------
    >>> rows_of(np.array([[True, False], [False, False]]), {"x": np.array([1.0, 2.0])}).n_observed
    1
    """
    met = seen.any(axis=1)
    histories = seen[met].astype(np.uint8)
    return UnitRows(
        captures=histories.sum(axis=1, dtype=np.int64),
        counts=np.ones(int(met.sum()), dtype=np.int64),
        covariates={name: column[met] for name, column in covariates.items()},
        histories=histories,
    )


def _fault(where: str, problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-45",
        where=where,
        problem=problem,
        allowed=allowed,
        remedy="Correct the description of the world.",
    )
