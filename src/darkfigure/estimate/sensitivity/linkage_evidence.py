"""How well are identifiers matched: missed and false links from a checked sample, from leases, or declared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.sensitivity.uncertain import Number, Uncertain, known, of_sample, of_share, require_share
from darkfigure.records.aggregate import Interval, LaggedEstimate, LeaseDecay

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageErrors:
    """How often links are right.

    Parameters
    ----------
    gamma : Uncertain
        Chance that a true link is found.
    beta : Uncertain
        Chance that a unit without a true link gets a false one.
    source : str
        Where the two come from, in words.

    Raises
    ------
    EstimateError (E-EST-62)
        One of them is above 1.

    Examples
    --------
    >>> LinkageErrors(gamma=known(0.9), beta=known(0.02), source="declared").gamma.value
    0.9
    """

    gamma: Uncertain
    beta: Uncertain
    source: str

    def __post_init__(self) -> None:
        require_share(self.gamma, "gamma")
        require_share(self.beta, "beta")


def declared_errors(*, gamma: Number, beta: Number = 0.0) -> LinkageErrors:
    """What if links are found and go wrong that often?

    Parameters
    ----------
    gamma, beta : float or Uncertain
        Exact, or ranges made by ``between``.

    Raises
    ------
    EstimateError (E-EST-62)
        One of them is no probability.

    Examples
    --------
    >>> declared_errors(gamma=0.9, beta=0.02).beta.value
    0.02
    """
    return LinkageErrors(gamma=require_share(gamma, "gamma"), beta=require_share(beta, "beta"), source="declared")


def checked_sample(
    *, true_linked: int, true_missed: int, unmatched_linked: int, unmatched_unlinked: int
) -> LinkageErrors:
    """How often are links missed and false, judging by a sample that somebody checked?

    Parameters
    ----------
    true_linked, true_missed : int
        Units of the first list that truly stand in the second, linked and not linked there.
    unmatched_linked, unmatched_unlinked : int
        Units of the first list that do not stand in the second, linked all the same and not linked.

    Returns
    -------
    LinkageErrors
        Shares with beta errors (Jeffreys prior). A unit linked to the wrong one counts as missed, and as linked falsely
        only if it has no true partner.

    Raises
    ------
    EstimateError (E-EST-62)
        A count is impossible, or one of the two groups is empty.

    Examples
    --------
    >>> errors = checked_sample(true_linked=180, true_missed=20, unmatched_linked=6, unmatched_unlinked=294)
    >>> errors.gamma.value, errors.beta.value
    (0.9, 0.02)
    """
    return LinkageErrors(
        gamma=of_sample(true_linked, true_missed),
        beta=of_sample(unmatched_linked, unmatched_unlinked),
        source="a checked sample",
    )


def lease_errors(
    lease: LaggedEstimate | LeaseDecay, *, lag_days: float | Sequence[float], floor: float | None = None, n_second: int
) -> LinkageErrors:
    """How often do addresses that change hands break links, and how often does sharing make false ones?

    Parameters
    ----------
    lease : LaggedEstimate or LeaseDecay
        What lagged identification found. A decay alone needs the shape ``"exponential"``, ``"fixed"`` or ``"none"``; an
        estimate may have any shape, read off its fitted curve.
    lag_days : float or sequence of float
        Time between the two sightings of a unit; several values are averaged over, so give the lags that occur.
    floor : float or None
        Chance ``b`` that two unrelated sightings share an address; ``None``: that of the estimate.
    n_second : int
        Units in the second list, any of which can be matched falsely.

    Returns
    -------
    LinkageErrors
        ``gamma = mean S(lag)``, with a standard error from the interval of the mean lease;
        ``beta = 1 - (1 - b)^n_second``.

    Raises
    ------
    EstimateError (E-EST-64)
        The shape needs a fitted curve, a lag is negative or beyond it, or no floor is given.

    Notes
    -----
    A change of address is a missed link with known physics: ``gamma`` is the survival ``S`` of the lease.

    Examples
    --------
    >>> errors = lease_errors(LeaseDecay("exponential", 30.0), lag_days=30, floor=1e-6, n_second=2000)
    >>> round(errors.gamma.value, 4), round(errors.beta.value, 4)
    (0.3679, 0.002)
    """
    lags = np.atleast_1d(np.asarray(lag_days, dtype=float))
    if not lags.size or not np.isfinite(lags).all() or lags.min() < 0:
        raise _fault("lag_days", "a lag is negative or missing", "lags of 0 or more, in days")
    decay = lease.decay if isinstance(lease, LaggedEstimate) else lease
    chance = lease.floor if floor is None and isinstance(lease, LaggedEstimate) else floor
    if chance is None or not 0 <= chance <= 1:
        raise _fault("floor", "the chance of sharing an address is missing or impossible", "a probability")
    if n_second < 0:
        raise _fault("n_second", "the second list has an impossible size", "0 or more units")
    gamma = float(_survival(lease, decay, lags).mean())
    beta = -math.expm1(n_second * math.log1p(-chance)) if chance < 1 else 1.0
    return LinkageErrors(
        gamma=_with_error(lease, decay, lags, gamma), beta=known(beta), source=f"leases ({decay.shape})"
    )


def _with_error(lease: LaggedEstimate | LeaseDecay, decay: LeaseDecay, lags: Array, gamma: float) -> Uncertain:
    spread = decay.interval
    if spread is None or decay.mean_days is None or not _usable(spread):
        return known(min(gamma, 1.0))
    # A lease twice as long at a lag is the same lease at half the lag, whatever its shape.
    ends = [
        float(_survival(lease, decay, lags * (decay.mean_days / end)).mean()) for end in (spread.lower, spread.upper)
    ]
    error = (ends[1] - ends[0]) / (2 * float(scipy.special.ndtri((1 + spread.level) / 2)))
    room = gamma * (1 - gamma)
    return of_share(gamma, min(error, math.sqrt(0.99 * room))) if room > 0 else known(min(gamma, 1.0))


def _usable(spread: Interval) -> bool:
    return spread.lower > 0 and math.isfinite(spread.upper)


def _survival(lease: LaggedEstimate | LeaseDecay, decay: LeaseDecay, lags: Array) -> Array:
    """``S(lag)``: in closed form where the mean says it all, otherwise read off the fitted curve."""
    mean = decay.mean_days
    if decay.shape == "none" or mean is None:
        return np.ones(lags.shape)
    if decay.shape == "exponential":
        return np.asarray(np.exp(-lags / mean), dtype=float)
    if decay.shape == "fixed":
        return np.asarray(np.maximum(0.0, 1 - lags / mean), dtype=float)
    if not isinstance(lease, LaggedEstimate) or not lease.curve:
        raise _fault("lease", "this shape of leases needs its fitted curve", "a LaggedEstimate with its curve")
    at = np.array([0.0, *(p.lag_days for p in lease.curve if p.pairs > 0)])
    s = [(p.fitted / p.pairs - lease.floor) * lease.n_active for p in lease.curve if p.pairs > 0]
    return np.asarray(np.interp(lags, at, np.clip([1.0, *s], 0.0, 1.0)), dtype=float)


def _fault(where: str, problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-64",
        where=where,
        problem=problem,
        allowed=allowed,
        remedy="Give the lease fit, the lags between sightings and the size of the second list.",
    )
