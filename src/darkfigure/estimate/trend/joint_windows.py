"""Entities in windows that may overlap: what each of them adds to the estimate of each window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import Reason

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Estimator = Literal["chapman", "chao"]
_BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class Window:
    """Occasions from ``start`` up to, not including, ``end``.

    Raises
    ------
    EstimateError (E-EST-74)
        It holds fewer than two occasions, begins before occasion 0, or its ends are no whole numbers.

    Examples
    --------
    >>> Window(0, 52).middle
    26
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        whole = all(isinstance(e, int | np.integer) and not isinstance(e, bool) for e in (self.start, self.end))
        if not whole or self.start < 0 or self.end - self.start < 2:
            raise EstimateError(
                "E-EST-74",
                where="window",
                problem="a window holds fewer than two occasions, begins before the first, or ends within an occasion",
                allowed="whole numbers with 0 <= start and start + 2 <= end, counted in occasions",
                remedy="Number the occasions from 0 and give windows of at least two.",
            )

    @property
    def middle(self) -> int:
        """First occasion of the second half."""
        return (self.start + self.end) // 2


def checked_sightings(entity: Integers, occasion: Integers) -> tuple[Integers, Integers]:
    """Entities numbered from 0, and their occasions, each pair once.

    Raises
    ------
    EstimateError (E-EST-73)
        The columns differ in length, are empty, hold missing entities, or occasions are no whole numbers from 0.

    Examples
    --------
    >>> checked_sightings(np.array([7, 7, 9]), np.array([1, 1, 0]))
    (array([0, 1]), array([1, 0]))
    """
    entity, occasion = np.asarray(entity), np.asarray(occasion)
    if (
        entity.shape != occasion.shape
        or entity.ndim != 1
        or entity.size == 0
        or occasion.dtype.kind not in "iu"
        or int(occasion.min()) < 0
        or missing(entity)
    ):
        raise EstimateError(
            "E-EST-73",
            where="sightings",
            problem="the columns of entities and occasions do not belong together, or entities are missing",
            allowed="two columns of one length, at least one row, an entity in each, occasions numbered from 0",
            remedy="Give one row a sighting; leave out sightings of nobody known; number weeks or months from 0.",
        )
    _, number = np.unique(entity, return_inverse=True)
    width = int(occasion.max()) + 1
    key = np.unique(number.astype(np.int64) * width + occasion)
    return key // width, key % width


def missing(entity: NDArray[Any]) -> bool:
    """Whether some sightings are of no known entity: all of these would count as one.

    Examples
    --------
    >>> missing(np.array([1.0, np.nan])), missing(np.array(["a", "b"]))
    (True, False)
    """
    if entity.dtype.kind == "O":
        return not all(isinstance(e, str) for e in entity)
    if entity.dtype.kind in "iuUS":
        return False
    return entity.dtype.kind != "f" or not bool(np.isfinite(entity).all())


def checked_estimator(estimator: str) -> None:
    """Is there an estimator of this name for windows?

    Raises
    ------
    EstimateError (E-EST-74)
        There is none.

    Examples
    --------
    >>> checked_estimator("chao")
    """
    if estimator not in get_args(Estimator):
        raise EstimateError(
            "E-EST-74",
            where="estimator",
            problem="windows have no estimator of this name",
            allowed=" or ".join(get_args(Estimator)),
            remedy="Give one of these names.",
        )


def states(
    entity: Integers, occasion: Integers, windows: tuple[Window, ...], estimator: Estimator
) -> Iterator[Integers]:
    """State of each entity in each window, block by block.

    Parameters
    ----------
    entity, occasion : ndarray of int
        As ``checked_sightings`` gives them: sorted, each pair once.
    windows : tuple of Window
    estimator : str
        ``"chapman"``: 1 seen in the first half only, 2 in the second only, 3 in both, 0 in none.
        ``"chao"``: occasions on which it was seen, 3 for three or more.

    Yields
    ------
    ndarray of int, shape (entities of the block, windows)

    Examples
    --------
    >>> e, o = checked_sightings(np.array([0, 0, 1]), np.array([0, 3, 2]))
    >>> next(states(e, o, (Window(0, 4), Window(2, 4)), "chapman")).tolist()
    [[3, 2], [2, 1]]
    """
    n, width = int(entity[-1]) + 1, max(int(occasion.max()) + 1, max(w.end for w in windows))
    starts = np.array([w.start for w in windows])
    middles, ends = np.array([w.middle for w in windows]), np.array([w.end for w in windows])
    for first in range(0, n, _BLOCK):
        rows = slice(*np.searchsorted(entity, [first, first + _BLOCK]))
        size = min(_BLOCK, n - first)
        seen = np.zeros((size, width + 1), dtype=np.int32)
        seen[entity[rows] - first, occasion[rows] + 1] = 1
        total = np.cumsum(seen, axis=1)
        early, late = total[:, middles] - total[:, starts], total[:, ends] - total[:, middles]
        if estimator == "chapman":
            yield ((early > 0) + 2 * (late > 0)).astype(np.int64)
        else:
            yield np.minimum(early + late, 3).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class WindowSize:
    """The estimate of one window and what one entity in each state adds to it.

    Parameters
    ----------
    n : float
        Estimated entities, seen and unseen; not finite when refused.
    influence : ndarray, shape (4,)
        Derivative of ``log n`` with respect to the number of entities in each state; 0 for state 0.
    refusal : Reason or None
        Why there is no number.
    repeats : int
        Entities that speak for the unseen: seen in both halves, or exactly twice.
    """

    n: float
    influence: Floats
    refusal: Reason | None
    repeats: int


def window_size(counts: Floats, estimator: Estimator, *, n_occasions: int | None = None) -> WindowSize:
    """How many entities are there, judging by the number in each state?

    Parameters
    ----------
    counts : ndarray, shape (4,)
        Entities in states 0 (ignored) to 3.
    estimator : str
        As in ``states``.
    n_occasions : int, optional
        Of the window; Chao's factor ``(t - 1) / t``, 1 when not given.

    Returns
    -------
    WindowSize

    Notes
    -----
    Chapman ``N = (n_1 + 1)(n_2 + 1) / (m + 1) - 1``; Chao
    ``N = D + A f_1 (f_1 - 1) / (2 (f_2 + 1))``, ``A = (t - 1) / t``.

    Source
    ------
    Chapman (1951), University of California Publications in Statistics 1, 131; Chao (1987), Biometrics 43, 783,
    doi 10.2307/2531532.

    Examples
    --------
    >>> window_size(np.array([0.0, 37.0, 52.0, 3.0]), "chapman").n
    573.0
    """
    one, two, three = (float(c) for c in counts[1:])
    if estimator == "chapman":
        a, b, m = one + three + 1, two + three + 1, three + 1
        n = a * b / m - 1
        g = np.array([0.0, b / m, a / m, b / m + a / m - a * b / m**2])
        repeats = three
    else:
        factor = 1.0 if n_occasions is None else (n_occasions - 1) / n_occasions
        n = one + two + three + factor * one * (one - 1) / (2 * (two + 1))
        g = np.array(
            [
                0.0,
                1 + factor * (2 * one - 1) / (2 * (two + 1)),
                1 - factor * one * (one - 1) / (2 * (two + 1) ** 2),
                1.0,
            ]
        )
        repeats = two
    if repeats == 0 or one + two == 0:
        reason = Reason.NO_OVERLAP if repeats == 0 else Reason.BOUNDARY
        return WindowSize(float("nan"), np.zeros(4), reason, int(repeats))
    return WindowSize(n, g / n, None, int(repeats))
