"""Numbers that are not known exactly: declared ranges, estimates, samples, and how they pass through a formula."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import PopulationEstimate

Array = NDArray[np.float64]
Kind = Literal["known", "range", "size", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """A number with the way in which it is uncertain; made by ``known``, ``between``, ``estimated`` and their kin.

    Parameters
    ----------
    kind : str
        ``"known"``; ``"range"``: anything from ``low`` to ``high`` with no chances attached; ``"size"``: ``low`` plus a
        log-normal amount; ``"share"``: a beta variable of ``hits`` and ``misses``, Jeffreys prior.
    value : float
        The best single value.
    low, high : float
        Ends of a range; for a size, ``low`` is the floor.
    standard_error : float
        Of an estimate.
    hits, misses : float
        Of a share.

    Examples
    --------
    >>> between(7, 30).words()
    'between 7 and 30'
    """

    kind: Kind
    value: float
    low: float = 0.0
    high: float = math.inf
    standard_error: float = 0.0
    hits: float = 0.0
    misses: float = 0.0

    @property
    def ends(self) -> tuple[float, ...]:
        """Both ends of a declared range, once each; nothing for other kinds."""
        return tuple(dict.fromkeys((self.low, self.high))) if self.kind == "range" else ()

    def at(self, chance: Array) -> Array:
        """Quantiles of an estimate or a share at these probabilities; the best value for what has no chances."""
        if self.kind == "share":
            return np.asarray(scipy.special.betaincinv(self.hits + 0.5, self.misses + 0.5, chance), dtype=float)
        amount = self.value - self.low
        if self.kind != "size" or amount <= 0 or self.standard_error == 0:
            return np.full(chance.shape, self.value)
        spread = math.sqrt(math.log1p((self.standard_error / amount) ** 2))
        return np.asarray(self.low + amount * np.exp(spread * scipy.special.ndtri(chance)), dtype=float)

    def words(self) -> str:
        """The number as a reader should see it."""
        if self.kind == "range":
            return f"between {self.low:g} and {self.high:g}"
        if self.standard_error > 0:
            return f"{self.value:,.6g} (standard error {self.standard_error:,.3g})"
        return f"{self.value:,.6g}"


def known(value: float) -> Uncertain:
    """A number taken as exact.

    Raises
    ------
    EstimateError (E-EST-62)
        It is negative or not a number; it may be infinite.

    Examples
    --------
    >>> known(365).words()
    '365'
    """
    if not value >= 0:
        raise _fault("a number is negative or missing", "a number of 0 or more")
    return Uncertain(kind="known", value=float(value), low=float(value), high=float(value))


def between(low: float, high: float, *, best: float | None = None) -> Uncertain:
    """A declared range: any value in it is possible, and no value is more likely than another.

    Parameters
    ----------
    low, high : float
        Ends, both included.
    best : float or None
        The value for a single answer; ``None``: the geometric middle, or the plain middle when ``low`` is 0.

    Raises
    ------
    EstimateError (E-EST-62)
        The ends are out of order, negative or not finite, or ``best`` lies outside them.

    Examples
    --------
    >>> between(4, 9).value
    6.0
    """
    if not (0 <= low <= high < math.inf):
        raise _fault("the ends of a range are impossible", "0 <= low <= high, both finite")
    middle = (math.sqrt(low * high) if low > 0 else high / 2) if best is None else best
    middle = min(max(middle, low), high) if best is None else middle
    if not low <= middle <= high:
        raise _fault("the best value lies outside its range", "low <= best <= high")
    return Uncertain(kind="range", value=float(middle), low=float(low), high=float(high))


def estimated(value: float, standard_error: float, *, at_least: float = 0.0) -> Uncertain:
    """An estimate of an amount with its standard error; it errs like ``at_least`` plus a log-normal variable.

    Raises
    ------
    EstimateError (E-EST-62)
        A number is negative or not finite, or the value is below ``at_least``.

    Examples
    --------
    >>> estimated(573, 202, at_least=92).standard_error
    202.0
    """
    if not (0 <= at_least <= value < math.inf and 0 <= standard_error < math.inf):
        raise _fault("an estimate or its standard error is impossible", "0 <= at_least <= value, standard error >= 0")
    return Uncertain(kind="size", value=float(value), low=float(at_least), standard_error=float(standard_error))


def of_sample(hits: int, misses: int) -> Uncertain:
    """A share judged from a sample in which it was counted; it errs like a beta variable.

    Parameters
    ----------
    hits, misses : int
        Units of the sample that have the property, and that do not.

    Raises
    ------
    EstimateError (E-EST-62)
        A count is negative or not whole, or the sample is empty.

    Examples
    --------
    >>> of_sample(90, 10).value
    0.9
    """
    if min(hits, misses) < 0 or hits + misses == 0 or hits != int(hits) or misses != int(misses):
        raise _fault("the counts of a sample are impossible", "whole counts of 0 or more, not both 0")
    total = hits + misses
    # The Jeffreys spread stays above 0 when every unit of the sample is a hit; the plain one does not.
    spread = math.sqrt((hits + 0.5) * (misses + 0.5) / ((total + 1) ** 2 * (total + 2)))
    return Uncertain(
        kind="share",
        value=hits / total,
        low=0.0,
        high=1.0,
        standard_error=spread,
        hits=float(hits),
        misses=float(misses),
    )


def of_share(value: float, standard_error: float) -> Uncertain:
    """A share estimated elsewhere with a standard error; it errs like a beta variable of that mean and spread.

    Raises
    ------
    EstimateError (E-EST-62)
        The share is not between 0 and 1, or the standard error is impossible for it.

    Examples
    --------
    >>> round(of_share(0.9, 0.03).hits, 1)
    88.6
    """
    room = value * (1 - value)
    if not (0 <= value <= 1 and standard_error >= 0) or standard_error**2 >= max(room, 1e-300) > 1e-300:
        raise _fault("a share or its standard error is impossible", "a share from 0 to 1 with a small standard error")
    if standard_error == 0 or room == 0:
        return known(value)
    size = room / standard_error**2 - 1
    return Uncertain(
        kind="share",
        value=value,
        low=0.0,
        high=1.0,
        standard_error=standard_error,
        hits=max(value * size - 0.5, -0.49),
        misses=max((1 - value) * size - 0.5, -0.49),
    )


def of_estimate(result: PopulationEstimate) -> Uncertain:
    """A population estimate as an uncertain amount: what was seen, plus an unseen number that errs log-normally.

    Examples
    --------
    >>> of_estimate(PopulationEstimate(method="chapman", n_observed=92, n_total=573.0, standard_error=202.0)).low
    92.0
    """
    return estimated(result.n_total, result.standard_error or 0.0, at_least=min(result.n_observed, result.n_total))


Number = float | Uncertain


def as_uncertain(number: Number) -> Uncertain:
    """A plain number is taken as exact."""
    return number if isinstance(number, Uncertain) else known(number)


def require_share(number: Number, name: str) -> Uncertain:
    """An uncertain number that must lie between 0 and 1.

    Raises
    ------
    EstimateError (E-EST-62)
        It does not.
    """
    made = as_uncertain(number)
    top = max(made.value, *made.ends) if made.ends else made.value
    if not top <= 1:
        raise EstimateError(
            "E-EST-62",
            where=name,
            problem="a probability is above 1",
            allowed="a number or a range between 0 and 1",
            remedy="Give shares as proportions, not percentages.",
        )
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What became of uncertain numbers in a formula.

    Parameters
    ----------
    value : float
        At the best values.
    lower, upper : float
        Union over the corners of the declared ranges of the sampling intervals there.
    """

    value: float
    lower: float
    upper: float


def propagate(
    formula: Callable[..., Array], *inputs: Uncertain, level: float, draws: int = 4000, seed: int = 1
) -> Passed:
    """How far can a formula be off, given how far its inputs can be off?

    A declared range carries no chances, so it is not averaged over: the interval is the union of the sampling intervals
    at every corner of the ranges (enough for a formula that rises or falls in each of them). Estimates are drawn.

    Parameters
    ----------
    formula : callable
        Takes one array for each input, all of shape (draws,), and gives an array of that shape.
    *inputs : Uncertain
    level : float
        Of the interval.
    draws : int
        Draws of the estimates, the same at each corner.
    seed : int
        Same seed, same numbers.

    Returns
    -------
    Passed

    Examples
    --------
    >>> found = propagate(lambda a, b: a / b, known(100), between(4, 25), level=0.95)
    >>> found.value, found.lower, found.upper
    (10.0, 4.0, 25.0)
    """
    best = float(formula(*(np.array([i.value]) for i in inputs))[0])
    random = any(i.kind in ("size", "share") and i.standard_error > 0 for i in inputs)
    n = draws if random else 1
    rng = np.random.default_rng(seed)
    drawn = [i.at(rng.random(n)) for i in inputs]
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    lows, highs = [best], [best]
    for corner in itertools.product(*(i.ends or (None,) for i in inputs)):
        columns = [d if c is None else np.full(n, c) for d, c in zip(drawn, corner, strict=True)]
        low, high = _quantiles(formula(*columns), tails)
        lows.append(low)
        highs.append(high)
    return Passed(value=best, lower=min(lows), upper=max(highs))


def _quantiles(values: Array, tails: Array) -> tuple[float, float]:
    """Tails of draws of which some may be infinite (interpolation between infinities is not a number)."""
    ordered = np.sort(values)
    places = np.clip(np.round(tails * (ordered.size - 1)).astype(int), 0, ordered.size - 1)
    return float(ordered[places[0]]), float(ordered[places[1]])


def words_of(inputs: Sequence[tuple[str, Uncertain]]) -> dict[str, str]:
    """Named inputs in words, in order."""
    return {name: number.words() for name, number in inputs}


def _fault(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-62",
        where="uncertain number",
        problem=problem,
        allowed=allowed,
        remedy="Check the declared number, range or sample.",
    )
