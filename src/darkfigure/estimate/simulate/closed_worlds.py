"""Closed populations: alike, by time, changed by capture, and different from each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.simulate.drawing import check, check_chances, check_size, table_of
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]
Spread = Literal["logit-normal", "beta", "gamma", "two-point"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Homogeneous:
    """All units alike, all occasions alike (the world of ``M0``).

    Parameters
    ----------
    n_total : int
        Units.
    n_occasions : int
        ``t``.
    chance : float
        Of being seen on any one occasion.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Examples
    --------
    >>> Homogeneous(n_total=50, n_occasions=3, chance=1.0).draw(np.random.default_rng(1)).frequencies
    (0, 0, 50)
    """

    n_total: int
    n_occasions: int
    chance: float

    def __post_init__(self) -> None:
        check_size(self.n_total)
        check_chances([self.chance], where="chance")
        check(self.n_occasions >= 1, where="n_occasions", problem="no occasion", allowed="1 or more")

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table."""
        return table_of(rng.random((self.n_total, self.n_occasions)) < self.chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeVarying:
    """All units alike, occasions or lists differ (the world of ``Mt``).

    Parameters
    ----------
    n_total : int
        Units.
    chances : tuple of float
        Of being seen on each occasion.
    ordered : bool
        Whether the occasions have an order in time.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Examples
    --------
    >>> TimeVarying(n_total=50, chances=(1.0, 0.0)).draw(np.random.default_rng(1)).occasion_totals
    (50, 0)
    """

    n_total: int
    chances: tuple[float, ...]
    ordered: bool = True

    def __post_init__(self) -> None:
        check_size(self.n_total)
        check_chances(self.chances, where="chances")

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table."""
        seen = rng.random((self.n_total, len(self.chances))) < np.array(self.chances)
        return table_of(seen, ordered=self.ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapResponse:
    """A first capture changes the chance of later ones (the worlds of ``Mb`` and ``Mtb``).

    Parameters
    ----------
    n_total : int
        Units.
    chances : tuple of float
        Of units not yet seen, by occasion.
    shift : float
        Added to the log odds after the first capture; negative for shyness.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Examples
    --------
    >>> shy = TrapResponse(n_total=50, chances=(0.5, 0.5, 0.5), shift=-30.0)
    >>> shy.draw(np.random.default_rng(1)).frequencies[1:]
    (0, 0)
    """

    n_total: int
    chances: tuple[float, ...]
    shift: float

    def __post_init__(self) -> None:
        check_size(self.n_total)
        check_chances(self.chances, where="chances")
        check(math.isfinite(self.shift), where="shift", problem="it is not finite", allowed="a finite number")

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table."""
        before = np.array(self.chances)
        after = scipy.special.expit(scipy.special.logit(before) + self.shift)
        seen = np.zeros((self.n_total, len(before)), dtype=bool)
        met = np.zeros(self.n_total, dtype=bool)
        for j, chance in enumerate(before):
            seen[:, j] = rng.random(self.n_total) < np.where(met, after[j], chance)
            met |= seen[:, j]
        return table_of(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneous:
    """Units differ in how easily they are seen; occasions may differ too (worlds of ``Mh`` and ``Mth``).

    Parameters
    ----------
    n_total : int
        Units.
    chances : tuple of float
        Of a middling unit, by occasion, each above 0 and below 1.
    spread : {"logit-normal", "beta", "gamma", "two-point"}
        How units differ. ``"logit-normal"``: log odds plus a normal variable of standard deviation ``size``.
        ``"two-point"``: log odds plus or minus ``size``, half of the units each. ``"gamma"``: odds times a gamma
        variable of mean 1 and coefficient of variation ``size``. ``"beta"``: the chance itself is a beta variable with
        mean ``chances[j]`` and coefficient of variation of about ``size``, the same quantile of a unit at all
        occasions.
    size : float
        How much, at least 0.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible, such as a beta variable with so much spread.

    Examples
    --------
    >>> world = Heterogeneous(n_total=50, chances=(0.5, 0.5), spread="two-point", size=30.0)
    >>> world.draw(np.random.default_rng(1)).frequencies[0]
    0
    """

    n_total: int
    chances: tuple[float, ...]
    spread: Spread
    size: float

    def __post_init__(self) -> None:
        check_size(self.n_total)
        check_chances(self.chances, where="chances")
        inside = min(self.chances) > 0 and max(self.chances) < 1
        check(inside, where="chances", problem="a chance is 0 or 1", allowed="numbers above 0 and below 1")
        known = self.spread in ("logit-normal", "beta", "gamma", "two-point")
        check(known, where="spread", problem="unknown", allowed="logit-normal, beta, gamma or two-point")
        check(0 <= self.size < math.inf, where="size", problem="it is below 0 or not finite", allowed="0 or more")
        if self.spread == "beta" and self.size > 0:
            narrow = all(self.size**2 < (1 - p) / p for p in self.chances)
            check(narrow, where="size", problem="no beta variable spreads so far", allowed="below sqrt((1 - p) / p)")

    def unit_chances(self, rng: np.random.Generator) -> Array:
        """Chance of each unit on each occasion, shape (units, occasions)."""
        p = np.array(self.chances)
        if self.size == 0:
            return np.broadcast_to(p, (self.n_total, len(p)))
        if self.spread == "beta":
            both = (1 - p) / (p * self.size**2) - 1
            rank = rng.random(self.n_total)
            made: Array = scipy.special.betaincinv((p * both)[None, :], ((1 - p) * both)[None, :], rank[:, None])
            return made
        odds = scipy.special.logit(p)[None, :] + self._shifts(rng)[:, None]
        chances: Array = scipy.special.expit(odds)
        return chances

    def _shifts(self, rng: np.random.Generator) -> Array:
        if self.spread == "logit-normal":
            return rng.normal(0.0, self.size, self.n_total)
        if self.spread == "two-point":
            return np.where(rng.random(self.n_total) < 0.5, -self.size, self.size)
        shape = 1 / self.size**2
        return np.log(np.maximum(rng.gamma(shape, 1 / shape, self.n_total), 1e-300))

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table."""
        chances = self.unit_chances(rng)
        return table_of(rng.random(chances.shape) < chances)
