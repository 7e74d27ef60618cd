"""Which sizes agree with declared limits on how pairs of lists depend? A confidence set by testing sizes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import scipy

from darkfigure.errors import EstimateError
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Interval, Reason

Measure = Literal["odds-ratio", "chance-if-missed"]
_FARTHEST = 1e6
"""Sizes up to this many times what was seen are tried; beyond it the set has no upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLimit:
    """A declared limit on how two lists depend on each other.

    Parameters
    ----------
    first, second : int
        Lists, counted from 1.
    low, high : float
        Range of the measure.
    measure : str
        ``"odds-ratio"``: of being in both; ``"chance-if-missed"``: the chance of being in the second list for a unit
        that is not in the first, between 0 and 1.

    Raises
    ------
    EstimateError (E-EST-66)
        The range is impossible, or a list is paired with itself.

    Examples
    --------
    >>> PairLimit(first=1, second=2, low=0.5, high=2).measure
    'odds-ratio'
    """

    first: int
    second: int
    low: float
    high: float
    measure: Measure = "odds-ratio"

    def __post_init__(self) -> None:
        top = 1.0 if self.measure == "chance-if-missed" else math.inf
        if not (0 <= self.low <= self.high <= top and self.high > 0) or self.first == self.second:
            raise _fault("a declared limit for a pair is impossible", "two lists and 0 <= low <= high, chances up to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseSet:
    """The sizes that no declared limit contradicts.

    Parameters
    ----------
    lower, upper : float
        Without sampling error; ``lower > upper`` when the limits contradict each other and only sampling error
        reconciles them; ``upper`` may be infinite.
    interval : Interval
        The confidence set.
    by_pair : mapping of str to (float, float)
        The confidence set each limit alone would give.
    """

    lower: float
    upper: float
    interval: Interval
    by_pair: Mapping[str, tuple[float, float]]

    def to_dict(self) -> dict[str, object]:
        """All fields as plain values, for JSON; a missing upper end is ``None``."""
        return {
            "lower": self.lower,
            "upper": _finite(self.upper),
            "interval": {
                "lower": self.interval.lower,
                "upper": _finite(self.interval.upper),
                "level": self.interval.level,
                "method": self.interval.method,
            },
            "by_pair": {name: [low, _finite(high)] for name, (low, high) in self.by_pair.items()},
        }


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two lists within a population of unknown size."""

    n1: int
    n2: int
    both: int

    @property
    def seen(self) -> int:
        return self.n1 + self.n2 - self.both


def limits_for_all(table: CaptureTable, *, gamma: float) -> tuple[PairLimit, ...]:
    """The same limit on the odds ratio for every pair of lists.

    Raises
    ------
    EstimateError (E-EST-66)
        ``gamma`` is below 1.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [0, 1, 1]])
    >>> len(limits_for_all(table, gamma=3))
    3
    """
    if not 1 <= gamma < math.inf:
        raise _fault("gamma is below 1", "a number of 1 or more")
    lists = range(1, (table.n_occasions or 0) + 1)
    return tuple(PairLimit(first=i, second=j, low=1 / gamma, high=gamma) for i, j in itertools.combinations(lists, 2))


def pairwise_set(table: CaptureTable, limits: Sequence[PairLimit], *, level: float = 0.95) -> PairwiseSet:
    """Which numbers of units agree with the data and with every declared limit?

    Parameters
    ----------
    table : CaptureTable
        With cells of two lists or more.
    limits : sequence of PairLimit
        One or more; pairs about which nothing is known are left out.
    level : float
        Of the confidence set.

    Returns
    -------
    PairwiseSet

    Raises
    ------
    UnanswerableError
        ``wrong-table``: no cells; ``check-failed``: no size agrees with all limits.
    EstimateError (E-EST-66)
        No limits, or a limit names a list the table does not have.

    Notes
    -----
    A size ``N`` is rejected by a limit when the overlap found is farther than ``c`` standard errors from what the
    nearest end of the limit makes of it: at odds ratio ``t``, the overlap ``x`` solves
    ``x (N - n_1 - n_2 + x) = t (n_1 - x)(n_2 - x)`` and has variance ``1 / sum(1 / cell)``; for a chance ``p`` if
    missed, units only in the second list are binomial ``(N - n_1, p)``. With ``J`` limits ``c`` is the normal quantile
    at ``1 - (1 - level) / (2 J)`` (Bonferroni), so the set holds the true size with at least the level. Each limit is
    judged inside the whole population, so lists outside the pair are not assumed anything of.

    Source
    ------
    Idea: Sun, Van Baelen, Plettinckx and Crawford, partial identification and dependence-robust confidence intervals
    for capture-recapture surveys (2023), Journal of Survey Statistics and Methodology. The test used is Cornfield's
    (1956) for the odds ratio.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1700, 1700, 300])
    >>> found = pairwise_set(table, [PairLimit(first=1, second=2, low=0.5, high=2)])
    >>> round(found.lower), round(found.upper)
    (8517, 22967)
    """
    t = table.n_occasions
    if table.cells is None or t is None or t < 2:
        raise UnanswerableError(Reason.WRONG_TABLE, "Limits on pairs of lists need the cells of two lists or more.")
    if not limits or any(not (1 <= x <= t) for limit in limits for x in (limit.first, limit.second)):
        raise _fault("there is no limit, or it names a list the table does not have", f"lists 1 to {t}")
    c = float(scipy.special.ndtri(1 - (1 - level) / (2 * len(limits))))
    floor = float(table.n_observed)
    lower, upper, low, high = floor, math.inf, floor, math.inf
    by_pair: dict[str, tuple[float, float]] = {}
    for limit in limits:
        pair = _pair(table, limit)
        plain = _range(pair, limit, floor, 0.0)
        found = _range(pair, limit, floor, c)
        lower, upper = max(lower, plain[0]), min(upper, plain[1])
        low, high = max(low, found[0]), min(high, found[1])
        name = f"{limit.first}-{limit.second} {limit.measure}"
        by_pair[name] = found
    if low > high:
        raise UnanswerableError(
            Reason.CHECK_FAILED,
            "No number of units agrees with all declared limits: they contradict the data or each other. Wider limits "
            "would be needed.",
            {"lower": low, "upper": high},
        )
    name = "test inversion over pairs of lists"
    return PairwiseSet(lower=lower, upper=upper, interval=Interval(low, high, level, name), by_pair=by_pair)


def _pair(table: CaptureTable, limit: PairLimit) -> _Pair:
    cells = table.cells
    if cells is None:
        return _Pair(0, 0, 0)
    in_first, in_second = cells.histories[:, limit.first - 1] == 1, cells.histories[:, limit.second - 1] == 1
    return _Pair(
        int(cells.counts[in_first].sum()),
        int(cells.counts[in_second].sum()),
        int(cells.counts[in_first & in_second].sum()),
    )


def _range(pair: _Pair, limit: PairLimit, floor: float, c: float) -> tuple[float, float]:
    """Smallest and largest size a limit allows; an impossible one is (infinite, floor)."""
    if limit.measure == "odds-ratio":
        # A high odds ratio expects much overlap: too much found speaks against large sizes, too little against small.
        largest = _edge(lambda n: _overlap_gap(pair, n, limit.high, c, 1.0), floor)
        smallest = _edge(lambda n: _overlap_gap(pair, n, limit.low, c, -1.0), floor, rising=True)
        return smallest, largest
    # A high chance if missed expects many units in the second list only: too few speak against large sizes.
    largest = _edge(lambda n: _missed_gap(pair, n, limit.low, c, 1.0), floor)
    smallest = _edge(lambda n: _missed_gap(pair, n, limit.high, c, -1.0), floor, rising=True)
    return smallest, largest


def _edge(rejects: Callable[[float], float], floor: float, *, rising: bool = False) -> float:
    """Where a gap that grows with the size changes sign: above 0 means rejected (or, rising, accepted)."""
    end = math.log(_FARTHEST * floor)
    start = math.log(floor)

    def gap(u: float) -> float:
        return rejects(math.exp(u))

    if rising:
        if gap(start) >= 0:
            return floor
        if gap(end) < 0:
            return math.inf
    else:
        if gap(start) > 0:
            return floor * (1 - 1e-12) - 1
        if gap(end) <= 0:
            return math.inf
    return math.exp(float(scipy.optimize.brentq(gap, start, end, xtol=1e-13)))


def _overlap_gap(pair: _Pair, size: float, ratio: float, c: float, sign: float) -> float:
    """``sign = 1``: how far the overlap is above what the ratio allows; ``-1``: how far it is not below."""
    rest = size - pair.n1 - pair.n2
    if ratio == 0:
        return math.inf if sign < 0 else pair.both - max(0.0, -rest)
    x = _expected_overlap(pair.n1, pair.n2, size, ratio)
    cells = (x, pair.n1 - x, pair.n2 - x, rest + x)
    error = math.sqrt(1 / sum(1 / k for k in cells)) if min(cells) > 0 else 0.0
    return pair.both - x - c * error if sign > 0 else pair.both - x + c * error


def _expected_overlap(n1: int, n2: int, size: float, ratio: float) -> float:
    """``x`` with ``x (N - n_1 - n_2 + x) = t (n_1 - x)(n_2 - x)``, inside its bounds."""
    if ratio == 1:
        return n1 * n2 / size
    a, b, k = 1 - ratio, size - n1 - n2 + ratio * (n1 + n2), -ratio * n1 * n2
    root = math.sqrt(max(b * b - 4 * a * k, 0.0))
    # Of the two forms of the root, the one without cancellation.
    return -2 * k / (b + root) if b >= 0 else (root - b) / (2 * a)


def _missed_gap(pair: _Pair, size: float, chance: float, c: float, sign: float) -> float:
    trials = max(size - pair.n1, 0.0)
    only_second = pair.n2 - pair.both
    expected, error = trials * chance, math.sqrt(trials * chance * (1 - chance))
    return expected - only_second - c * error if sign > 0 else expected - only_second + c * error


def _finite(x: float) -> float | None:
    return None if math.isinf(x) else x


def _fault(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-66",
        where="declared dependence",
        problem=problem,
        allowed=allowed,
        remedy="Declare for which pairs of lists the dependence is limited, and how far.",
    )
