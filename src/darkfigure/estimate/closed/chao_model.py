"""Chao's lower bound as a log-linear model: a convex profile over the number of captures, found by an active set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.closed.heterogeneity import hinge
from darkfigure.estimate.log_linear_family import Family, Maximum, maximise
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]
Build = Callable[[tuple[int, ...]], Family]


def constrained_fit(
    build: Build, start: Array, frequencies: Array, *, knots: tuple[int, ...] = (), unseen: float | None = None
) -> tuple[tuple[int, ...], Maximum]:
    """Which kinks ``eta_3, eta_4, ... >= 0`` does the data's excess of many captures call for?

    Parameters
    ----------
    build : callable
        Gives the family with the kinks at given numbers of captures.
    start : ndarray
        Coefficients to start from; those of the kinks come last and are zero or above.
    frequencies : ndarray, shape (rows,)
        ``f_k`` for each number of captures of the family.
    knots : tuple of int
        Kinks to begin with; a good guess saves time.
    unseen : float, optional
        Units with no capture, when their cell takes part.

    Returns
    -------
    tuple of int, Maximum
        The kinks above zero, and the fit with them. All others are zero, as the likelihood with all of them
        restricted to zero or above asks for.

    Notes
    -----
    Maximum likelihood under ``eta >= 0`` by the active-set scheme of Lawson and Hanson (1974), chapter 23, with a
    Poisson likelihood in the place of least squares.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, section 3, doi 10.1111/j.1541-0420.2007.00779.x.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> f = (25, 22, 13, 5, 1, 2)
    >>> k = np.arange(1.0, 7)
    >>> build = lambda knots: CaptureCounts.of(f, n_occasions=6, columns=[(str(c), hinge(k, c)) for c in knots])
    >>> knots, fit = constrained_fit(build, np.array([2.0, -0.75]), np.array(f, float))
    >>> knots, round(float(np.exp(fit.theta[0])), 3)
    ((3, 4, 6), 11.837)
    """
    try:
        return _active_set(build, start, frequencies, knots, unseen)
    except UnanswerableError:
        # A choice of kinks on the way may have no best value although the restricted problem has one.
        safe, theta = _bounded_start(build, start[: len(start) - len(knots)], frequencies, unseen)
        return _active_set(build, theta, frequencies, safe, unseen)


def _active_set(
    build: Build, start: Array, frequencies: Array, knots: tuple[int, ...], unseen: float | None
) -> tuple[tuple[int, ...], Maximum]:
    captures = np.arange(1.0, len(frequencies) + 1)
    last = int(np.flatnonzero(frequencies)[-1]) + 1
    hinges = np.column_stack([np.zeros((len(frequencies), 0)), *(hinge(captures, k) for k in range(3, last + 1))])
    theta = settled = start
    for _ in range(20 + 6 * last):
        family = build(knots)
        q = len(knots)
        # A kink far below zero runs off to minus infinity where a choice of kinks has no best value: stop before.
        floor = np.concatenate([np.full(len(theta) - q, -np.inf), np.full(q, -3.0)])
        fit = maximise(family, theta, unseen=unseen, tolerance=1e-19 if unseen is None else 1e-15, floor=floor)
        if q and fit.theta[-q:].min() < 0:
            knots, theta = _to_the_boundary(knots, settled, fit.theta)
            settled = theta
            continue
        settled = fit.theta
        expected = family.levels(fit.theta)
        entering = _most_wanted(frequencies - expected, expected, hinges)
        if entering is None or entering in knots:
            return knots, fit
        position = sum(k < entering for k in knots)
        theta = np.insert(fit.theta, len(fit.theta) - q + position, 0.0)
        knots, settled = (*knots[:position], entering, *knots[position:]), theta
    raise UnanswerableError(Reason.NOT_CONVERGED, "The search for the shape of the lower bound did not settle.")


def _bounded_start(
    build: Build, plain: Array, frequencies: Array, unseen: float | None
) -> tuple[tuple[int, ...], Array]:
    """Kinks and coefficients by a search that never leaves the restriction, with all kinks at once."""
    knots = tuple(range(3, int(np.flatnonzero(frequencies)[-1]) + 2))
    family = build(knots)
    target = family.statistics.copy()
    if unseen is not None:
        target[0] += unseen
    n = float(target[0])

    def loss(theta: Array) -> tuple[float, Array]:
        moments = family.moments(theta)
        zero = 0.0 if unseen is None else float(np.exp(min(theta[0], 700.0)))
        gradient = moments.means - target
        gradient[0] += zero
        return (moments.total + zero - float(theta @ target)) / n, gradient / n

    start = np.concatenate([plain, np.zeros(len(knots))])
    bounds = [(-60.0, 60.0)] * len(plain) + [(0.0, 60.0)] * len(knots)
    options = {"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        theta = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    kept = np.concatenate([np.ones(len(plain), dtype=bool), theta[len(plain) :] > 1e-4])
    return tuple(int(k) for k in np.array(knots)[kept[len(plain) :]]), theta[kept]


def starting_kinks(frequencies: Array, offset: Array) -> tuple[tuple[int, ...], Array]:
    """A first guess of the kinks and coefficients, by least squares on the logarithms of the frequencies.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> family = CaptureCounts.of((25, 22, 13, 5, 1, 2), n_occasions=6, columns=())
    >>> starting_kinks(family.counts, family.offset)[0]
    (3, 4, 6)
    """
    present = np.flatnonzero(frequencies)
    k = present + 1.0
    knots = np.arange(3, int(present[-1]) + 2)
    plain = np.column_stack([np.ones(len(k)), k])
    kinks = np.maximum(k[:, None] - (knots - 1), 0.0)
    root = np.sqrt(frequencies[present])
    design = np.column_stack([plain, -plain, kinks]) * root[:, None]
    solution, _ = scipy.optimize.nnls(design, (np.log(frequencies[present]) - offset[present]) * root)
    etas = solution[4:]
    keep = etas > 1e-9
    return tuple(int(x) for x in knots[keep]), np.concatenate([solution[:2] - solution[2:4], etas[keep]])


class ConstrainedRefit:
    """Refits with a given number of unseen units; the kinks are chosen anew each time, starting from the last ones.

    Parameters
    ----------
    build : callable
        Gives the family with the kinks at given numbers of captures.
    frequencies : ndarray
        ``f_k`` for each number of captures of the family.
    knots : tuple of int
        Kinks of the Poisson fit.

    Examples
    --------
    >>> from darkfigure.estimate.closed.capture_counts import CaptureCounts
    >>> f, k = (25, 22, 13, 5, 1, 2), np.arange(1.0, 7)
    >>> build = lambda knots: CaptureCounts.of(f, n_occasions=6, columns=[(str(c), hinge(k, c)) for c in knots])
    >>> refit = ConstrainedRefit(build, np.array(f, float), ())
    >>> len(refit(np.array([2.0, -0.75]), 27.0).theta)
    4
    """

    def __init__(self, build: Build, frequencies: Array, knots: tuple[int, ...]) -> None:
        self._build, self._frequencies, self._knots = build, frequencies, knots

    def __call__(self, start: Array, unseen: float) -> Maximum:
        """Fit at ``f_0 = unseen`` from coefficients that belong to the last kinks."""
        q = len(self._knots)
        begin = start.copy()
        if q:
            begin[-q:] = np.maximum(begin[-q:], 0.0)
        self._knots, fit = constrained_fit(self._build, begin, self._frequencies, knots=self._knots, unseen=unseen)
        return fit


def _to_the_boundary(knots: tuple[int, ...], inside: Array, beyond: Array) -> tuple[tuple[int, ...], Array]:
    """Go from admissible coefficients towards the free maximum until a kink reaches zero, and drop it."""
    q = len(knots)
    old, new = inside[-q:], beyond[-q:]
    negative = new < 0
    reach = np.full(q, np.inf)
    reach[negative] = np.maximum(old[negative], 0.0) / (np.maximum(old[negative], 0.0) - new[negative])
    leaving = int(np.argmin(reach))
    theta = inside + reach[leaving] * (beyond - inside)
    position = len(theta) - q + leaving
    return knots[:leaving] + knots[leaving + 1 :], np.delete(theta, position)


def _most_wanted(residual: Array, expected: Array, hinges: Array) -> int | None:
    """Kink with the largest standardised slope of the likelihood, or ``None`` when none would raise it."""
    slopes = residual @ hinges / np.sqrt(np.maximum(expected @ hinges**2, 1e-12))
    best = int(np.argmax(slopes)) if slopes.size else 0
    return best + 3 if slopes.size and slopes[best] > 1e-6 else None
