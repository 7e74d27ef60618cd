"""Pairs of days on which one address was seen: what its return says about the addresses in use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.histories import Window
from darkfigure.records.restricted import Sightings

Days = NDArray[np.int64]
Chosen = NDArray[np.bool_]

STRATUM_DAYS = 7
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DayPairs:
    """All pairs of days of a window on which the same address was seen.

    Parameters
    ----------
    earlier, later : ndarray of int64, shape (pairs,)
        Day of the window, from 0.
    owner : ndarray of int64, shape (pairs,)
        Which address; numbers without meaning.
    share : ndarray of float64, shape (pairs,)
        One over the pairs of its address: every address counts once, however often it was seen.
    seen : ndarray of float64, shape (days,)
        Distinct addresses seen on each day.
    """

    earlier: Days
    later: Days
    owner: Days
    share: NDArray[np.float64]
    seen: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """Two groups of pairs of days, compared within weeks of the earlier or of the later day.

    Parameters
    ----------
    group : ndarray of int8, shape (days, days)
        1 for the group whose total is divided, 0 for the group it is divided by, -1 for neither.
    places : tuple of ndarray
        Flat places of groups 0 and 1.
    strata : tuple of ndarray
        Their strata.
    same : str
        ``"earlier"`` or ``"later"``.
    """

    group: NDArray[np.int8]
    places: tuple[Days, Days]
    strata: tuple[Days, Days]
    same: Literal["earlier", "later"]

    @classmethod
    def of(cls, over: Chosen, under: Chosen, *, same: Literal["earlier", "later"]) -> Comparison:
        """Compare the pairs of days in ``over`` with those in ``under``; shapes (days, days)."""
        group = np.full(over.shape, -1, dtype=np.int8)
        group[under], group[over] = 0, 1
        places = np.flatnonzero(group == 0), np.flatnonzero(group == 1)
        days = len(group)
        first, second = ((p // days if same == "earlier" else p % days) // STRATUM_DAYS for p in places)
        return cls(group, places, (first, second), same)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Totals that two groups of recaptures imply, one over the other.

    Parameters
    ----------
    ratio : float
        Total implied by the first group over that implied by the second.
    log_error : float
        Standard error of its logarithm, addresses resampled whole.
    again : (int, int)
        Addresses seen again in each group.
    """

    ratio: float
    log_error: float
    again: tuple[int, int]

    @property
    def lower(self) -> float:
        """Lower end of the 95% interval."""
        return self.ratio * math.exp(-Z95 * self.log_error)

    @property
    def upper(self) -> float:
        """Upper end of the 95% interval."""
        return self.ratio * math.exp(Z95 * self.log_error)


def day_pairs(sightings: Sightings, window: Window) -> DayPairs:
    """On which pairs of days of a window was the same address seen?

    Parameters
    ----------
    sightings : Sightings
        Restricted rows; an address counts once a day.
    window : Window

    Returns
    -------
    DayPairs

    Examples
    --------
    >>> from datetime import date
    >>> seen = Sightings(entity=np.array([0, 0, 1], dtype=np.int32), day=np.array([0, 7, 1], dtype=np.int32),
    ...                  service=np.zeros(3, dtype=np.int16), services=("Service A",), n_entities=2)
    >>> pairs = day_pairs(seen, Window(date(1970, 1, 14), 14))
    >>> pairs.earlier.tolist(), pairs.later.tolist()
    ([0], [7])
    """
    inside = (sightings.day >= window.start_day) & (sightings.day <= window.end_day)
    day = sightings.day[inside].astype(np.int64) - window.start_day
    keys = np.unique(sightings.entity[inside].astype(np.int64) * window.days + day)
    owner, day = keys // window.days, keys % window.days
    nothing = np.zeros(0, dtype=np.int64)
    found = [(nothing, nothing, nothing)]
    # The d-th next day of the same address, for every d that occurs: never all pairs of sightings.
    for d in range(1, min(window.days, owner.size)):
        same = np.flatnonzero(owner[d:] == owner[:-d])
        if not same.size:
            break
        found.append((day[same], day[same + d], owner[same]))
    earlier, later, who = (np.concatenate(column) for column in zip(*found, strict=True))
    share = 1 / np.maximum(np.bincount(who), 1)[who] if who.size else np.zeros(0)
    return DayPairs(earlier, later, who, share, np.bincount(day, minlength=window.days).astype(np.float64))


def compare_groups(pairs: DayPairs, comparison: Comparison) -> Compared | None:
    """Do two groups of recaptures imply the same number of addresses in use?

    Parameters
    ----------
    pairs : DayPairs
    comparison : Comparison
        Of the same number of days.

    Returns
    -------
    Compared or None
        ``None`` where one group holds no chance of a recapture, or neither holds a recapture.

    Notes
    -----
    Mantel-Haenszel ratio of two rates over strata ``s``: with ``a`` recaptures out of ``p`` pairs of sightings,
    ``sum a_0s p_1s / p_s`` over ``sum a_1s p_0s / p_s``, the ratio of the implied totals, group 1 over group 0. Half a
    recapture of mean weight is added to each sum, so that no recapture at all still gives a number. The variance of the
    logarithm is the sum over addresses of the squared influence, and never below the Poisson one.

    In a closed population the days on which an address was seen follow reporting effort alone, whatever their number;
    counting each address once therefore leaves the ratio at 1, however unequal addresses are.

    Source
    ------
    Greenland and Robins (1985), Biometrics 41, 55, doi 10.2307/2530643, for the ratio of rates.
    """
    days = pairs.seen.size
    strata = (days - 1) // STRATUM_DAYS + 1
    chances = np.outer(pairs.seen, pairs.seen).ravel()
    below, above = (
        np.bincount(s, chances[p], strata) for p, s in zip(comparison.places, comparison.strata, strict=True)
    )
    both = (below > 0) & (above > 0)
    stratum = (pairs.earlier if comparison.same == "earlier" else pairs.later) // STRATUM_DAYS
    of_pair = np.where(both[stratum], comparison.group[pairs.earlier, pairs.later], -1)
    all_chances = np.maximum(below + above, 1.0)
    under = _weighed(pairs, of_pair == 0, (above / all_chances)[stratum])
    over = _weighed(pairs, of_pair == 1, (below / all_chances)[stratum])
    if not both.any() or not (under.addresses + over.addresses):
        return None
    shared = float((below * above / all_chances)[both].sum())
    total_under = under.total + 0.5 * shared / float(below[both].sum())
    total_over = over.total + 0.5 * shared / float(above[both].sum())
    influence = under.by_address / total_under - over.by_address / total_over
    chance = 1 / (under.addresses + 0.5) + 1 / (over.addresses + 0.5)
    return Compared(
        ratio=total_under / total_over,
        log_error=math.sqrt(max(_total(influence**2), chance)),
        again=(over.addresses, under.addresses),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    total: float
    by_address: NDArray[np.float64]
    addresses: int


def _weighed(pairs: DayPairs, wanted: Chosen, weight: NDArray[np.float64]) -> _Sum:
    size = int(pairs.owner.max(initial=-1)) + 1
    by_address = np.bincount(pairs.owner[wanted], (weight * pairs.share)[wanted], size).astype(np.float64)
    return _Sum(_total(by_address), by_address, int((by_address > 0).sum()))


def _total(values: NDArray[np.float64]) -> float:
    """Sum in an order that does not depend on how addresses happen to be numbered."""
    return float(np.sort(values[values != 0]).sum())
