"""The likelihood of a super-population: units that were ever present, by when they came, stayed, left and were seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.open_populations.never_again import never_again, pull_back
from darkfigure.estimate.open_populations.sightings import Sightings

Complex = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """Rates of groups of units, real or complex.

    Parameters
    ----------
    stays, leaves : ndarray, shape (groups, t - 1)
        ``phi`` and ``1 - phi``.
    seen, missed : ndarray, shape (groups, t)
        ``p`` and ``1 - p``.
    enters : ndarray, shape (groups, t)
        Share of all units ever present that is first present on an occasion, ``b``; rows add up to one.
    unseen : ndarray, shape (groups,)
        Units never seen, ``f_0``.
    """

    stays: Complex
    leaves: Complex
    seen: Complex
    missed: Complex
    enters: Complex
    unseen: Complex


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Derivatives of the log-likelihood with respect to each part of ``Chances`` (``p`` for both seen and missed)."""

    stays: Complex
    seen: Complex
    enters: Complex
    unseen: Complex


def entry_likelihood(data: Sightings, at: Chances, *, given_n: bool = False) -> tuple[Any, Slopes]:
    """How likely are these histories in a population that units enter and leave?

    Parameters
    ----------
    data : Sightings
        Exposures of the groups.
    at : Chances
        Rates.
    given_n : bool
        Whether to condition on the number of units seen; ``f_0`` then plays no part.

    Returns
    -------
    tuple of float and Slopes
        The multinomial log-likelihood of first captures with its constants, plus that of later sightings without.

    Notes
    -----
    ``ln L = ln N! - ln (N-n)! - sum_i ln u_i! + (N-n) ln P_0 + sum_i u_i ln(psi_i p_i) + ln L_after_first``, with
    ``psi_1 = b_1``, ``psi_(i+1) = psi_i (1-p_i) phi_i + b_(i+1)`` the chance to be present and not yet seen,
    ``P_0 = sum_i b_i (1-p_i) chi_i`` the chance never to be seen, and ``N - n = f_0``.

    Source
    ------
    Schwarz and Arnason (1996), Biometrics 52, 860, doi 10.2307/2533048.

    Examples
    --------
    >>> from darkfigure.estimate.open_populations.sightings import sightings
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> data = sightings(CaptureTable.from_histories([[1, 1], [0, 1]], [2, 1], ordered=True), ())
    >>> half, one = np.full((1, 2), 0.5), np.full((1, 1), 0.5)
    >>> value, _ = entry_likelihood(data, Chances(one, one, half, half, half, np.zeros(1)))
    >>> round(float(np.exp(value)), 8)  # 3 (1/16)^2 (1/16 + 1/4)
    0.00366211
    """
    n = data.n_units
    chances = never_again(at.stays, at.leaves, at.missed[:, 1:])
    waiting = _not_yet_seen(at)
    never = (at.enters * at.missed * chances).sum(axis=1)
    if given_n:
        total = -n * np.log(1 - never)
        by_never, unseen = (n / (1 - never))[:, None], 0 * never
    else:
        total = scipy.special.loggamma(n + at.unseen + 1) - scipy.special.loggamma(at.unseen + 1)
        total = total - scipy.special.gammaln(data.first + 1).sum(axis=1) + at.unseen * np.log(never)
        by_never = (at.unseen / never)[:, None]
        unseen = scipy.special.digamma(n + at.unseen + 1) - scipy.special.digamma(at.unseen + 1) + np.log(never)
    value = total.sum()
    safe = np.where(data.first > 0, waiting, 1.0)
    value += (data.first * (np.log(safe) + np.log(at.seen))).sum()
    value += (data.alive * np.log(at.stays)).sum() + (data.seen * np.log(at.seen)).sum()
    value += (data.missed * np.log(at.missed)).sum() + (data.last * np.log(chances)).sum()
    by_chances = data.last / chances + by_never * at.enters * at.missed
    by_stays, by_missed = pull_back(by_chances, at.stays, at.missed[:, 1:], chances)
    stays = data.alive / at.stays + by_stays
    seen = (data.first + data.seen) / at.seen - data.missed / at.missed - by_never * at.enters * chances
    seen[:, 1:] -= by_missed
    enters = by_never * at.missed * chances
    _pull_back_waiting(data.first / safe, at, waiting, stays=stays, seen=seen, enters=enters)
    return value, Slopes(stays, seen, enters, unseen)


def _not_yet_seen(at: Chances) -> Complex:
    waiting = np.array(at.enters, dtype=np.result_type(at.enters, at.missed, at.stays))
    for i in range(waiting.shape[1] - 1):
        waiting[:, i + 1] = waiting[:, i] * at.missed[:, i] * at.stays[:, i] + at.enters[:, i + 1]
    return waiting


def _pull_back_waiting(
    slope: Complex, at: Chances, waiting: Complex, *, stays: Complex, seen: Complex, enters: Complex
) -> None:
    """Add to the slopes what ``psi`` contributes, from the last occasion back."""
    carried = slope[:, -1]
    enters[:, -1] += carried
    for i in range(waiting.shape[1] - 2, -1, -1):
        stays[:, i] += carried * waiting[:, i] * at.missed[:, i]
        seen[:, i] -= carried * waiting[:, i] * at.stays[:, i]
        carried = slope[:, i] + carried * at.missed[:, i] * at.stays[:, i]
        enters[:, i] += carried


def sizes(at: Chances, n_units: NDArray[np.float64]) -> tuple[Complex, Complex]:
    """Units present on each occasion and units that join before it, both of shape (groups, t).

    Examples
    --------
    >>> half, one = np.full((1, 2), 0.5), np.full((1, 1), 0.5)
    >>> [x.tolist() for x in sizes(Chances(one, one, half, half, half, np.array([4.0])), np.array([6.0]))]
    [[[5.0, 7.5]], [[5.0, 5.0]]]
    """
    joining = at.enters * (n_units + at.unseen)[:, None]
    present = joining.copy()
    for i in range(present.shape[1] - 1):
        present[:, i + 1] = present[:, i] * at.stays[:, i] + joining[:, i + 1]
    return present, joining


def chance_never_seen(at: Chances) -> Complex:
    """``P_0`` of each group.

    Examples
    --------
    >>> half, one = np.full((1, 2), 0.5), np.full((1, 1), 0.5)
    >>> chance_never_seen(Chances(one, one, half, half, half, np.zeros(1))).tolist()
    [0.4375]
    """
    return np.asarray((at.enters * at.missed * never_again(at.stays, at.leaves, at.missed[:, 1:])).sum(axis=1))


def expected_sightings(at: Chances, n_units: NDArray[np.float64]) -> Sightings:
    """The exposures these rates lead one to expect of so many units seen.

    Parameters
    ----------
    at : Chances
        Real rates.
    n_units : ndarray, shape (groups,)
        Units seen of each group.

    Returns
    -------
    Sightings
        Not whole numbers.

    Examples
    --------
    >>> half, one = np.full((1, 2), 0.5), np.full((1, 1), 0.5)
    >>> made = expected_sightings(Chances(one, one, half, half, half, np.zeros(1)), np.array([9.0]))
    >>> made.first.tolist(), made.seen.tolist()
    ([[4.0, 5.0]], [[0.0, 1.0]])
    """
    groups, t = at.seen.shape
    first = _not_yet_seen(at) * at.seen
    first = first / first.sum(axis=1, keepdims=True) * n_units[:, None]
    alive, seen, missed = np.zeros((groups, t - 1)), np.zeros((groups, t)), np.zeros((groups, t))
    last = np.zeros((groups, t))
    chances = never_again(at.stays, at.leaves, at.missed[:, 1:])
    for i in range(t):
        released = first[:, i] + seen[:, i]
        last[:, i] = released * chances[:, i]
        for j in range(i + 1, t):
            released = released * at.stays[:, j - 1]
            again = released * at.seen[:, j]
            alive[:, i:j] += again[:, None]
            missed[:, i + 1 : j] += again[:, None]
            seen[:, j] += again
            released = released * at.missed[:, j]
    return Sightings(alive, seen, missed, last, first, {})
