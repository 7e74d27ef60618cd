"""How likely an address is still with its source a lag later: the shapes of lease survival."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]


SHORTEST_FITTED_DAYS = 0.01
"""Shortest time scale a fit may take; sessions are looked for down to it."""
_LOG_RATIO = (0.7, 6.0)
"""Of the two time scales of a mixture: from twice to four hundred times."""
_LOGIT_SHARE = (-2.2, 2.2)
"""Of the share of its first part: from a tenth to nine tenths."""
_LOG_GAMMA = (-1.0, 2.5)
"""Of the gamma law's shape: coefficients of variation from 1.6 down to 0.3."""


@dataclass(frozen=True, slots=True)
class LeaseShape:
    """One family of survival curves.

    Parameters
    ----------
    name : str
        Key of ``SHAPES``.
    prior : float
        How credible the family is before the data are seen; those of ``SHAPES`` add up to one.
    scales : tuple of str
        Of each parameter: ``"time"`` (log of a time in days), ``"ratio"`` (log of the second time over the first),
        ``"share"`` (logit), ``"form"`` (log of the gamma law's shape).
    survival : callable
        ``survival(theta, lags)`` with ``theta`` of shape (fits, parameters) and ``lags`` of shape (points,); gives
        (fits, points), convex and falling from one.
    mean_days : callable
        ``mean_days(theta)``: the mean time an identifier stays, shape (fits,).
    shortest_days : callable
        ``shortest_days(theta)``: the time scale of the fastest part of the curve, shape (fits,).
    """

    name: str
    prior: float
    scales: tuple[str, ...]
    survival: Callable[[Array, Array], Array]
    mean_days: Callable[[Array], Array]
    shortest_days: Callable[[Array], Array]

    @property
    def n_parameters(self) -> int:
        """Free parameters of the curve."""
        return len(self.scales)

    def box(self, *, shortest: float, longest: float) -> tuple[Array, Array]:
        """Lowest and highest parameters for time scales between two limits, in days; the fitted scale is uniform."""
        limits = {
            "time": (np.log(shortest), np.log(longest)),
            "ratio": _LOG_RATIO,
            "share": _LOGIT_SHARE,
            "form": _LOG_GAMMA,
        }
        low, high = zip(*(limits[scale] for scale in self.scales), strict=True)
        return np.array(low), np.array(high)


def blurred(shape: LeaseShape, resolution_days: float) -> LeaseShape:
    """The same curve for times known only to a grid: averaged over the true lags behind a recorded one.

    Notes
    -----
    The difference of two times cut down to multiples of ``r`` errs by ``r`` times a triangular variable on (-1, 1).
    """
    if resolution_days <= 0:
        return shape
    nodes = np.linspace(-0.875, 0.875, 8)
    weights = (1 - np.abs(nodes)) / (1 - np.abs(nodes)).sum()

    def survival(theta: Array, lags: Array) -> Array:
        points = np.abs(lags[None, :] + resolution_days * nodes[:, None]).ravel()
        curves = shape.survival(theta, points).reshape(theta.shape[0], nodes.size, lags.size)
        return np.asarray(np.einsum("fnb,n->fb", curves, weights), dtype=float)

    return replace(shape, survival=survival)


def _exponential(theta: Array, lags: Array) -> Array:
    return np.exp(-lags[None, :] / np.exp(theta[:, :1]))


def _fixed(theta: Array, lags: Array) -> Array:
    return np.maximum(0.0, 1 - lags[None, :] / np.exp(theta[:, :1]))


def _gamma(theta: Array, lags: Array) -> Array:
    scaled = lags[None, :] / np.exp(theta[:, :1])
    k = np.exp(theta[:, 1:2])
    x = k * scaled
    return np.asarray(
        np.maximum(0.0, scipy.special.gammaincc(k + 1, x) - scaled * scipy.special.gammaincc(k, x)), dtype=float
    )


def _fixed_with_exit(theta: Array, lags: Array) -> Array:
    return _fixed(theta, lags) * np.exp(-lags[None, :] / np.exp(theta[:, 1:2]))


def _share(theta: Array) -> Array:
    return 1 / (1 + np.exp(-theta[:, 2:3]))


def _second(theta: Array) -> Array:
    return theta[:, :1] + theta[:, 1:2]


def _two(first: Callable[[Array, Array], Array], second: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def survival(theta: Array, lags: Array) -> Array:
        share = _share(theta)
        return share * first(theta[:, :1], lags) + (1 - share) * second(_second(theta), lags)

    return survival


def _first(theta: Array) -> Array:
    return np.exp(theta[:, 0])


def _two_mean(theta: Array) -> Array:
    share = _share(theta)[:, 0]
    return np.asarray(share * np.exp(theta[:, 0]) + (1 - share) * np.exp(_second(theta)[:, 0]), dtype=float)


def _exit_mean(theta: Array) -> Array:
    """Time until either ends, as if both ended at any moment with the same chance."""
    return np.asarray(1 / (np.exp(-theta[:, 0]) + np.exp(-theta[:, 1])), dtype=float)


def _gamma_shortest(theta: Array) -> Array:
    return np.asarray(np.exp(theta[:, 0] + np.minimum(theta[:, 1], 0.0)), dtype=float)


_TWO = ("time", "ratio", "share")


SHAPES: MappingProxyType[str, LeaseShape] = MappingProxyType(
    {
        shape.name: shape
        for shape in (
            LeaseShape("exponential", 0.25, ("time",), _exponential, _first, _first),
            LeaseShape("fixed", 0.25, ("time",), _fixed, _first, _first),
            LeaseShape("gamma", 0.15, ("time", "form"), _gamma, _first, _gamma_shortest),
            LeaseShape("fixed-with-exit", 0.10, ("time", "time"), _fixed_with_exit, _exit_mean, _exit_mean),
            LeaseShape("mixture", 0.15, _TWO, _two(_exponential, _exponential), _two_mean, _first),
            LeaseShape("fixed-mixture", 0.10, _TWO, _two(_fixed, _fixed), _two_mean, _first),
        )
    }
)
"""Survival curves in order of simplicity.

A lease drawn from a law with survival ``G`` and mean ``m``, met at a random time, lasts a further ``tau`` with
probability ``S(tau) = (1 / m) * integral from tau of G`` (Cox 1962, Renewal Theory, chapter 5): exponential leases keep
their law, fixed ones give ``max(0, 1 - tau / m)``, gamma leases lie between and beyond; every law gives a convex curve
with ``S(0) = 1``. An exit of the source at rate ``d`` multiplies ``S`` by ``exp(-d tau)``, which no exponential lease
can be told apart from.
"""
